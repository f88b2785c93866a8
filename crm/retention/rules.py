"""What of the lowest app is removed with time."""

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
)

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
)
