from crm.models.accounts import Team, User
from crm.models.channel import Channel
from crm.models.customer import Consent, Customer, Note, Tag
from crm.models.identity import Identity, IdentityKey
from crm.models.installation import KeyCanary, Setting

__all__ = [
    "Channel",
    "Consent",
    "Customer",
    "Identity",
    "IdentityKey",
    "KeyCanary",
    "Note",
    "Setting",
    "Tag",
    "Team",
    "User",
]
