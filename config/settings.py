"""Settings, all of them, from the environment and `.env`."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config.broker import broker_options, redis_with_limits
from config.screens import (  # noqa: F401 - settings
    CONVERSATION_PANELS,
    CUSTOMER_BULK_ACTIONS,
    CUSTOMER_CHANGES,
    CUSTOMER_COUNTS,
    CUSTOMER_DOSSIER,
    CUSTOMER_IMPORT_STEPS,
    CUSTOMER_MERGE_STEPS,
    CUSTOMER_PANELS,
    CUSTOMERS_ALSO_SEEN,
    DEMO_STORYTELLER,
    ERASURE,
    ERASURE_STEPS,
    EXPORTS,
    GO_KEYS,
    HEALTH_CHECKS,
    HOME_PAGES,
    MESSAGES_BROUGHT,
    METRICS,
    NOTICE_SUBJECTS,
    PHONE_BARS,
    PROMETHEUS_METRICS,
    RETENTION,
    TRANSFERS,
    UNFOLD,
)
from config.storage import backups_storage, files_storage, half_configured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environ.Env().str("VAR_DIR", str(BASE_DIR / "var")))
TESTING = "pytest" in sys.modules

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY")

# The address that platforms and people know. Twilio signs it, so a proxy's own host never takes its place.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", f"http://localhost:{env.int('PORT', 8000)}").rstrip("/")
SERVED_BY_HTTPS = PUBLIC_BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_BASE_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "crm.admin_site.MigochatAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "pghistory",
    "pgtrigger",
    "django_celery_beat",
    "crm",
    "campaigns",
    "messaging",
    "leads",
]

MIDDLEWARE = [
    "crm.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "crm.middleware.StaffHistoryMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database: the embedded server unless DATABASE_URL names one. Each web thread has one connection. ---
WEB_WORKERS = env.int("WEB_WORKERS", 2)
WEB_THREADS = env.int("WEB_THREADS", 4)
EMBEDDED_POSTGRES_DIR = VAR_DIR / "postgres"
if "DATABASE_URL" in env:
    _database: dict[str, Any] = env.db("DATABASE_URL", engine="django.db.backends.postgresql")
else:
    _database = {"ENGINE": "crm.embedded_postgres", "NAME": "migochat"}
if "DATABASE_NAME" in env:  # another database of the same server, as when a restored one is migrated
    _database["NAME"] = env.str("DATABASE_NAME")
DATABASES: dict[str, Any] = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            "connect_timeout": 5,
            "application_name": "migochat",
            **({} if TESTING else {"pool": {"min_size": 0, "max_size": WEB_THREADS, "timeout": 5}}),
        },
    }
}

if "DATABASE_REPLICA_URL" in env:  # reports read from it
    _replica = env.db("DATABASE_REPLICA_URL", engine="django.db.backends.postgresql")
    DATABASES["replica"] = {
        **_replica,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**DATABASES["default"]["OPTIONS"], **_replica.get("OPTIONS", {}), "connect_timeout": 2},
        "TEST": {"MIRROR": "default"},
    }
DATABASE_ROUTERS = ["crm.reports_database.ReportsRouter"]

CACHES: dict[str, Any] = {"default": redis_with_limits(env.cache("CACHE_URL", default="locmemcache://"))}

# --- Accounts ---
AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "crm.permissions.PermissionsBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_BY_HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_TEMPLATE = "migochat/locked_out.html"
AXES_USERNAME_CALLABLE = "crm.login_throttle.account_of"
AXES_CLIENT_IP_CALLABLE = "crm.login_throttle.address_of"
PROXY_COUNT = env.int("PROXY_COUNT", 0)  # proxies of ours in front, whose X-Forwarded headers are to be believed

# --- Transport and browser security ---
SECURE_SSL_REDIRECT = SERVED_BY_HTTPS and env.bool("SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^webhooks/", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 60 * 60 * 24 * 365 if SERVED_BY_HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SERVED_BY_HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/webhooks/"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],  # the Alpine build that Unfold ships evaluates its attributes
        "style-src": [SELF, UNSAFE_INLINE],  # Unfold sets its colours in a style element
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# --- Languages, time ---
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic")), ("pt-br", _("Brazilian Portuguese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = env.str("TIME_ZONE", "Africa/Cairo")

MEDIA_ROOT = VAR_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGE_PROBLEMS = half_configured(env)
BACKUP_DIR = Path(env.str("BACKUP_DIR", "") or VAR_DIR / "backups")
STORAGES = {
    "default": files_storage(env),
    "backups": backups_storage(env, BACKUP_DIR),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING or DEBUG

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Migochat CRM",
    "DESCRIPTION": "Conversations, messages, customers and leads, for bots and other programs. See docs/api.md.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": PUBLIC_BASE_URL}],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"SourceEnum": "messaging.models.Message.Source"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.schema.add_problems",
    ],
}

PGHISTORY_APPEND_ONLY = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # who only reads changes nothing that has a history

# --- E-mail to colleagues who wish it; without EMAIL_URL none is sent ---
vars().update(env.email("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", f"Migochat <noreply@{urlsplit(PUBLIC_BASE_URL).hostname}>"
)

# --- Backups: who can open them, and what is told apps further up when one is restored ---
BACKUP_KEYS_DIR = VAR_DIR / "backup-keys"
BACKUP_MACHINE_KEY = env.str("BACKUP_MACHINE_KEY", "")
BACKUP_RECOVERY_RECIPIENT = env.str("BACKUP_RECOVERY_RECIPIENT", "")
BACKUP_MEDIA = env.bool("BACKUP_MEDIA", True)
RESTORE_STEPS = ["crm.backups.carrying.carry_backups", "messaging.ingest.carrying.carry_deliveries"]

# --- Scheduled and slow work; when it is done stands in the database, seeded once and edited in the admin ---
CELERY_APP = "config.celery.app"
CELERY_BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "") or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL, CELERY_BROKER_DIR)
CELERY_BEAT_SCHEDULER = "crm.monitoring.celery_life:SeenScheduler"
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # there are none to clean up
CELERY_TASK_PUBLISH_RETRY = False  # a task is a hint: the tables tell what is to be done
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# --- Watching: who may read /metrics, and pagers of our own network that alerts may be posted to ---
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
ALERT_WEBHOOK_HOSTS = env.list("ALERT_WEBHOOK_HOSTS", default=[])

# --- Ingest ---
SPOOL_DIR = VAR_DIR / "spool"
WEBHOOK_MAX_BYTES = 1024 * 1024
WEBHOOK_DATABASE_SECONDS = 2.0  # platforms expect an answer well under this; then the disk takes the delivery
WEBHOOK_CHANNEL_CACHE_SECONDS = 3.0
WEBHOOK_BACKLOG_BOUND = env.int("WEBHOOK_BACKLOG_BOUND", 200_000)  # deliveries waiting before new ones are spooled
SPOOL_MAX_BYTES = env.int("SPOOL_MAX_BYTES", 2 * 1024**3)
SPOOL_UNVERIFIED_MAX = env.int("SPOOL_UNVERIFIED_MAX", 10_000)  # files taken in unverified by a cold process

# --- Sending: where the platforms' APIs are; a local stand-in can take their place ---
GRAPH_API_URL = env.str("GRAPH_API_URL", "https://graph.facebook.com").rstrip("/")
INSTAGRAM_API_URL = env.str("INSTAGRAM_API_URL", GRAPH_API_URL).rstrip("/")
# Instagram renews tokens at its own address, also where messages go by Facebook's.
INSTAGRAM_TOKEN_URL = env.str(
    "INSTAGRAM_TOKEN_URL",
    env.str("INSTAGRAM_API_URL", env.str("GRAPH_API_URL", "https://graph.instagram.com")),
).rstrip("/")
TELEGRAM_API_URL = env.str("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
TWILIO_API_URL = env.str("TWILIO_API_URL", "https://api.twilio.com").rstrip("/")
TWILIO_CONTENT_URL = env.str("TWILIO_CONTENT_URL", env.str("TWILIO_API_URL", "https://content.twilio.com")).rstrip("/")
GRAPH_API_VERSION = "v26.0"

# Work found in tables, by name: each a class of the form `crm.drains.Drain`.
DRAINS = {
    "deliveries": "messaging.ingest.drain.DeliveryDrain",
    "spool": "messaging.ingest.spool_drain.SpoolDrain",
    "outgoing": "messaging.sending.drain.OutgoingDrain",
    "reactions": "messaging.sending.reactions.ReactionDrain",
    "away": "messaging.away.AwayDrain",
    "handoffs": "messaging.handoff_words.HandoffDrain",
    "lead_forms": "messaging.lead_forms.drain.LeadFormDrain",
    "profiles": "messaging.profiles.drain.ProfileDrain",
    "media": "messaging.media.drain.MediaDrain",
    "tokens": "messaging.tokens.drain.TokenDrain",
    "templates": "messaging.message_templates.drain.TemplateDrain",
    "triage": "leads.triage.drain.TriageDrain",
    "fading": "leads.rescoring.FadingDrain",
    "assignment": "leads.assignment.AssignmentDrain",
    "reminders": "leads.reminders.RemindersDrain",
    "notices": "crm.notices_mail.NoticesMailDrain",
    "contacts": "leads.contacts.ContactDrain",
    "idempotency": "crm.api.idempotency.IdempotencyDrain",
    "backups": "crm.backups.watching.BackupDrain",
    "figures": "crm.metrics.freshness.FiguresDrain",
    "alerts": "crm.monitoring.drain.AlertsDrain",
}
# A process that runs all drains has a thread for each.
if not TESTING:
    DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = max(WEB_THREADS, len(DRAINS) + 1)

# --- Log lines: for people, or a JSON object each (LOG_FORMAT=json); errors also to Sentry where SENTRY_DSN is set ---
LOG_FORMAT = env.str("LOG_FORMAT", "line")
SENTRY_DSN = env.str("SENTRY_DSN", "")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "crm.log_format.QuietFormatter", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "crm.log_format.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if LOG_FORMAT == "json" else "line"}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},
    },
}
