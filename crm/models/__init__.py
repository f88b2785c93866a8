from crm.models.accounts import Team, User
from crm.models.api import ApiToken, IdempotencyKey
from crm.models.backups import Backup, Restoration
from crm.models.channel import Channel
from crm.models.customer import Consent, Customer, Note, Tag
from crm.models.identity import Identity, IdentityKey
from crm.models.importing import ImportFile
from crm.models.installation import KeyCanary, Setting
from crm.models.merging import CustomerMerge, DuplicateDismissed
from crm.models.metrics import DailyMetric
from crm.models.monitoring import Heartbeat, Incident, IncidentNotice, Severity, Tally
from crm.models.schedule import ScheduledTask
from crm.models.working import Notification, SavedView

__all__ = [
    "ApiToken",
    "Backup",
    "Channel",
    "Consent",
    "Customer",
    "CustomerMerge",
    "DailyMetric",
    "DuplicateDismissed",
    "Heartbeat",
    "IdempotencyKey",
    "Identity",
    "IdentityKey",
    "ImportFile",
    "Incident",
    "IncidentNotice",
    "KeyCanary",
    "Note",
    "Notification",
    "Restoration",
    "SavedView",
    "ScheduledTask",
    "Setting",
    "Severity",
    "Tag",
    "Tally",
    "Team",
    "User",
]
