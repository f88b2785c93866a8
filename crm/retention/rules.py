"""What of the lowest app is removed with time."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.retention.days import days_setting
from crm.retention.removing import Rule, delete_batch
from crm.runtime_settings import declare

declare(
    days_setting(
        "retention.notices_days",
        default=90,
        title=_("Notices are removed after (days)"),
        help=_("Those that nobody has read stay twice as long. 0: never."),
    ),
    days_setting(
        "retention.import_files_days",
        default=1,
        title=_("Uploaded files are removed after (days)"),
        help=_("Files that were brought in, or were left lying before that. What they brought stays. 0: never."),
    ),
    days_setting(
        "retention.sessions_days",
        default=1,
        title=_("Logins that have ended are removed after (days)"),
        help=_("Two weeks after somebody was last there a login ends by itself. 0: never."),
    ),
    days_setting(
        "retention.attempts_days",
        default=90,
        title=_("Who logged in, or tried to, is forgotten after (days)"),
        help=_("With the address and the browser that it was done from. 0: never."),
    ),
    days_setting(
        "retention.incidents_days",
        default=365,
        title=_("Incidents that are over are removed after (days)"),
        help=_("Along with what was told of them. 0: never."),
    ),
)

SESSIONS = """
    DELETE FROM django_session WHERE session_key IN (
        SELECT session_key FROM django_session WHERE expire_date < %s LIMIT %s FOR UPDATE SKIP LOCKED
    )
"""


def delete_sessions(before: datetime, after: int, limit: int) -> list[int]:
    """Delete sessions that ended. They have no numbers: as many times 0 are returned."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [before, limit])
        return [0] * cursor.rowcount


RULES = (
    Rule(
        "notices",
        "retention.notices_days",
        delete_batch("crm_notification", "created_at < %(before)s AND read_at IS NOT NULL AND NOT email_due"),
    ),
    Rule(
        "unread notices",
        "retention.notices_days",
        delete_batch("crm_notification", "created_at < %(before)s AND read_at IS NULL AND NOT email_due"),
        times=2,
    ),
    Rule("import files", "retention.import_files_days", delete_batch("crm_importfile", "created_at < %(before)s")),
    Rule("sessions", "retention.sessions_days", delete_sessions),
    *(
        Rule(name, "retention.attempts_days", delete_batch(table, "attempt_time < %(before)s"))
        for name, table in (
            ("logins", "axes_accesslog"),
            ("failed logins", "axes_accessattempt"),
            ("log of failed logins", "axes_accessfailurelog"),
        )
    ),
    Rule(
        "notices of incidents",
        "retention.incidents_days",
        delete_batch("crm_incidentnotice", "incident_id IN (SELECT id FROM crm_incident WHERE closed_at < %(before)s)"),
    ),
    Rule(
        "incidents",
        "retention.incidents_days",
        delete_batch(
            "crm_incident",
            "closed_at < %(before)s AND NOT EXISTS (SELECT FROM crm_incidentnotice WHERE incident_id = crm_incident.id)",
        ),
    ),
)
