"""What runs, what was backed up, and what the machine has left."""

import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import runtime_settings
from crm.backups import schedule
from crm.backups.space import shortages
from crm.backups.state import state_of_backups
from crm.erasure.watching import state_of_notes
from crm.log_format import describe
from crm.markup import moment
from crm.models import Backup, Channel, Severity
from crm.monitoring.database import how_far_behind
from crm.monitoring.findings import Check, Finding, why_no_database, within
from crm.monitoring.heartbeats import BEAT, WORKER, silent
from crm.monitoring.reaching import reach
from crm.monitoring.thresholds import by_age, number
from crm.reports_database import REPLICA, has_replica

#: Longer than a socket's own limit, which does not hold while a name is looked up.
ASK_SECONDS, SOCKET_SECONDS = 0.4, 0.3
CRITICAL_SHARE = 3


def drains() -> Iterable[Finding]:
    """Every drain of the settings is at work somewhere."""
    gone = silent(settings.DRAINS, timedelta(seconds=number("silent_seconds")))
    if not gone:
        yield Finding(
            "drains", Severity.OK, _("Drains"), _("All %(count)d are at work.") % {"count": len(settings.DRAINS)}
        )
        return
    times = [at for at in gone.values() if at]
    last = _("last seen on %(when)s") % {"when": moment(max(times))} if times else _("never seen")
    text = _("Not at work: %(names)s (%(last)s).") % {"names": ", ".join(gone), "last": last}
    advice = _(
        "Start the processes ingest, send and leads (make run, or systemctl start migochat.target). Work waits in its table."
    )
    yield Finding("drains", Severity.CRITICAL, _("Drains"), text, advice)


def celery() -> Iterable[Finding]:
    """A worker and beat are at work."""
    gone = silent([WORKER, BEAT], timedelta(seconds=number("silent_seconds")))
    titles = {WORKER: _("Worker"), BEAT: _("Scheduler (beat)")}
    for name, title in titles.items():
        if name not in gone:
            yield Finding(f"celery:{name}", Severity.OK, title, _("At work."))
            continue
        at = gone[name]
        text = _("Last seen on %(when)s.") % {"when": moment(at)} if at else _("Never seen.")
        advice = _("Start the process %(name)s. Until then no backup is made on schedule.") % {"name": name}
        yield Finding(f"celery:{name}", Severity.WARNING, title, text, advice)


def backups() -> Iterable[Finding]:
    """A backup was made, and proven, when it should have been."""
    titles = {
        schedule.BACKUP: _("Backup"),
        schedule.VERIFY: _("Proof of a backup"),
        schedule.DRILL: _("Drill with a backup"),
    }
    for task, last in state_of_backups().last_done.items():
        title = titles[task]
        text = _("Last: %(when)s.") % {"when": moment(last)} if last else _("None yet.")
        due = schedule.due_after(task, last)
        key = f"backups:{task.rpartition('.')[2]}"
        page = "admin:crm_backup_changelist"
        if due is None:
            advice = _("Switch it on in the admin, Schedule.")
            yield Finding(key, Severity.WARNING, title, f"{text} {_('It is switched off.')}", advice, page)
        elif schedule.is_overdue(task, due):
            severity = Severity.CRITICAL if task == schedule.BACKUP else Severity.WARNING
            text = f"{text} {_('It was due on %(when)s.') % {'when': moment(due)}}"
            advice = _(
                "manage.py backup makes one now and says what is wrong; manage.py verify_backup --drill proves it."
            )
            yield Finding(key, severity, title, text, advice, page)
        else:
            yield Finding(key, Severity.OK, title, text, page=page)
    yield from _failed_backup()
    yield from _space()


def _space() -> Iterable[Finding]:
    for folder, text in shortages():
        advice = _("Free space there, or let backups go elsewhere: docs/backups.md.")
        yield Finding(f"backups:space:{folder}", Severity.WARNING, _("Space for backups"), text, advice)


def _failed_backup() -> Iterable[Finding]:
    newest = Backup.objects.exclude(state__in=[Backup.State.REQUESTED, Backup.State.RUNNING]).first()
    if newest and newest.state == Backup.State.FAILED:
        text = _("The newest failed: %(reason)s") % {"reason": newest.reason[:500]}
        advice = _("Mend what it names, then manage.py backup.")
        page = "admin:crm_backup_changelist"
        yield Finding("backups:failed", Severity.WARNING, _("Backup"), text, advice, page)


def erasures() -> Iterable[Finding]:
    """Every noted erasure was carried out, and every note can be read."""
    title = _("Erasures")
    state = state_of_notes()
    if not state.unreadable and not state.undone:
        yield Finding("erasures", Severity.OK, title, _("%(count)d noted, all carried out.") % {"count": state.count})
    if state.undone:
        text = _("Noted and not carried out: %(names)s.") % {"names": ", ".join(state.undone)}
        yield Finding("erasures:undone", Severity.WARNING, title, text, "manage.py erase_customer --replay")
    if state.unreadable:
        text = _("These notes cannot be used: %(names)s.") % {"names": ", ".join(state.unreadable)}
        advice = _(
            "A restored backup would bring back whom they are about. Put them back from a copy: docs/erasure.md."
        )
        yield Finding("erasures:unreadable", Severity.WARNING, title, text, advice)


def tokens() -> Iterable[Finding]:
    """No access token was refused or runs out soon."""
    page, now = "admin:crm_channel_changelist", timezone.now()
    soon = now + timedelta(days=runtime_settings.value_of("channels.token_warning_days"))
    rows = Channel.objects.active().order_by("slug").values_list("slug", "token_expires_at", "token_refused_at")
    advice = _("Make a new token on the platform and enter it on the channel's page.")
    found = False
    for slug, expires, refused in rows:
        if not refused and (expires is None or expires > soon):
            continue
        found = True
        title = _("Token of %(channel)s") % {"channel": slug}
        if refused or expires is None or expires <= now:
            text = _("The platform refuses it.") if refused else _("It has expired.")
            yield Finding(f"tokens:{slug}", Severity.CRITICAL, title, text, advice, page)
        else:
            text = _("It expires on %(when)s.") % {"when": moment(expires)}
            yield Finding(f"tokens:{slug}", Severity.WARNING, title, text, advice, page)
    if not found:
        yield Finding("tokens", Severity.OK, _("Tokens"), _("None expires soon."), page=page)


def disk() -> Iterable[Finding]:
    """There is room where files, the spool, backups and the embedded database lie."""
    folders = [("files", settings.VAR_DIR), ("backups", settings.BACKUP_DIR)]
    if settings.DATABASES["default"]["ENGINE"] == "crm.embedded_postgres":
        folders.append(("database", settings.EMBEDDED_POSTGRES_DIR))
    seen: set[int] = set()
    for name, folder in folders:
        place = _existing(Path(folder))
        device = os.stat(place).st_dev
        if device in seen:
            continue
        seen.add(device)
        usage = within(ASK_SECONDS, lambda place=place: shutil.disk_usage(place))  # type: ignore[misc]  # bound as it is now
        percent, bound = usage.free * 100 / usage.total, number("disk_free_percent")
        severity = Severity.OK if percent >= bound else Severity.WARNING
        if percent < bound / CRITICAL_SHARE:
            severity = Severity.CRITICAL
        text = _("%(free)s free, %(percent)d percent, at %(folder)s.")
        values = {"free": filesizeformat(usage.free), "percent": percent, "folder": place}
        advice = _(
            "du -xh --max-depth=2 on that folder shows what is large. Free space before the database stops writing."
        )
        yield Finding(f"disk:{name}", severity, _("Disk space"), text % values, advice if severity else "")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def broker() -> Iterable[Finding]:
    """The broker of scheduled work answers, or its folder can be written."""
    url = settings.CELERY_BROKER_URL
    scheme = urlsplit(url).scheme
    title = _("Broker")
    advice = _("No webhook and no answer needs it; backups and figures wait. Start it, or mend CELERY_BROKER_URL.")
    if scheme == "filesystem":
        folder = _existing(Path(settings.CELERY_BROKER_DIR))
        if os.access(folder, os.W_OK):
            yield Finding("broker", Severity.OK, title, _("A folder on this machine takes the tasks."))
        else:
            text = _("The folder %(folder)s cannot be written.") % {"folder": folder}
            yield Finding("broker", Severity.WARNING, title, text, advice)
    elif scheme in ("redis", "rediss"):
        yield from _redis("broker", title, url, advice, is_broker=True)
    else:
        trouble = reach(url, ASK_SECONDS)
        yield Finding(
            "broker",
            Severity.WARNING if trouble else Severity.OK,
            title,
            trouble or _("It answers."),
            trouble and advice,
        )


def cache() -> Iterable[Finding]:
    """The cache answers, where it is a Redis."""
    place: Any = settings.CACHES["default"].get("LOCATION", "")
    url = place[0] if isinstance(place, list) else str(place)
    if urlsplit(url).scheme in ("redis", "rediss"):
        advice = _("Pages and logins are slow without it. Start Redis, or take CACHE_URL away and restart.")
        yield from _redis("cache", _("Cache"), url, advice, options=settings.CACHES["default"].get("OPTIONS", {}))


def replica() -> Iterable[Finding]:
    """The replica answers, and is not far behind."""
    if not has_replica():
        return
    title = _("Replica for reports")
    trouble = why_no_database(REPLICA)
    if trouble:
        advice = _(
            "Reports read from the database itself meanwhile. Start the replica, or take DATABASE_REPLICA_URL away."
        )
        yield Finding("replica", Severity.WARNING, title, trouble, advice)
        return
    is_replica, lag = within(ASK_SECONDS, how_far_behind)
    if not is_replica:
        text = _("DATABASE_REPLICA_URL leads to a server that follows no other.")
        yield Finding("replica", Severity.WARNING, title, text, _("Unless that is meant, name a replica there."))
        return
    severity = by_age(lag or 0, "replica_seconds")
    advice = _("Reports are of that age. See whether the replica or the network is overloaded.")
    text = _("It is %(lag)d s behind.") % {"lag": lag or 0}
    yield Finding("replica", severity, title, text, advice if severity else "")


def _redis(
    key: str,
    title: str,
    url: str,
    advice: str,
    *,
    is_broker: bool = False,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Iterable[Finding]:
    """Ask a Redis; one that may throw tasks away under pressure will not do as a broker."""
    limits: Any = {**options, "socket_connect_timeout": SOCKET_SECONDS, "socket_timeout": SOCKET_SECONDS, "retry": None}

    def ask() -> str:
        with redis.Redis.from_url(url, **limits) as client:
            client.ping()
            return str(client.info("memory").get("maxmemory_policy", "")) if is_broker else ""

    try:
        policy = within(ASK_SECONDS, ask)
    except (redis.RedisError, OSError) as error:  # as TimeoutError is
        text = _("Redis does not answer: %(reason)s.") % {"reason": describe(error)}
        yield Finding(key, Severity.WARNING, title, text, advice)
        return
    if policy not in ("", "noeviction"):
        text = _("Redis answers, but throws tasks away when it is full (maxmemory-policy %(policy)s).") % {
            "policy": policy
        }
        yield Finding(key, Severity.WARNING, title, text, _("redis-cli config set maxmemory-policy noeviction"))
        return
    yield Finding(key, Severity.OK, title, _("Redis answers."))


CHECKS = (
    Check("drains", gettext_lazy("Drains"), drains),
    Check("celery", gettext_lazy("Worker and scheduler"), celery),
    Check("backups", gettext_lazy("Backups"), backups),
    Check("erasures", gettext_lazy("Erasures"), erasures),
    Check("tokens", gettext_lazy("Tokens"), tokens),
    Check("broker", gettext_lazy("Broker"), broker, needs_database=False),
    Check("cache", gettext_lazy("Cache"), cache, needs_database=False),
    Check("replica", gettext_lazy("Replica for reports"), replica, needs_database=False),
    Check("disk", gettext_lazy("Disk space"), disk, needs_database=False),
)
