from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = _("CRM")

    def ready(self) -> None:
        from crm import business_hours, checks, timestamps  # noqa: F401 - declare settings and checks, register a loader
        from crm.maintenance import thresholds as maintenance_thresholds  # noqa: F401 - declares settings
        from crm.metrics import freshness  # noqa: F401 - declares a setting
        from crm.monitoring import thresholds, ways  # noqa: F401 - declare settings
        from crm.retention import rules  # noqa: F401 - declare settings

        if settings.SENTRY_DSN:
            from crm.monitoring.errors import report_errors

            report_errors(settings.SENTRY_DSN)
