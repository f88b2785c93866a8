"""The four roles, as groups, and what each may do.

The groups follow this table at every start. For other rights make a group of another name and give it to people beside
or instead of these.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

ADMINISTRATOR, MANAGER, SELLER, VIEWER = ROLES = ("administrator", "manager", "seller", "viewer")

_ALL = "view add change delete"
_WORK = "view add change"

#: What each role may do with which model; the administrator may do everything there is.
PERMISSIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        MANAGER: {
            "crm.customer": _ALL,
            "crm.identity": _ALL,
            "crm.identitykey": _ALL,
            "crm.consent": "view add",
            "crm.note": _ALL,
            "crm.tag": _ALL,
            "crm.customermerge": "view",
            "crm.team": "view",
            "crm.user": "view",
            "crm.channel": "view",
            "crm.customerhistory": "view",
            "crm.dailymetric": "view",
            "messaging.conversation": _ALL,
            "messaging.conversationhistory": "view",
            "messaging.message": _ALL,
            "messaging.messageevent": "view",
            "messaging.attachment": _ALL,
            "messaging.handoff": "view",
            "messaging.handoffkeywords": _ALL,
            "messaging.messagetemplate": "view",
            "messaging.cannedreply": _ALL,
            "messaging.webhookdelivery": "view",
            "campaigns.post": _ALL,
            "campaigns.adcampaign": _ALL,
            "campaigns.performancemetric": _ALL,
            "leads.lead": _WORK,
            "leads.leadactivity": "view",
            "leads.qualification": "view change",
            "leads.stage": "view add change",
            "leads.classificationrule": _ALL,
            "leads.scoringrule": "view add change",
            "leads.scoreentry": "view",
            "leads.triagefailure": "view",
            "leads.product": "view add change",
            "leads.productinteraction": _WORK,
        },
        SELLER: {
            "crm.customer": _WORK,
            "crm.identity": "view",
            "crm.consent": "view",
            "crm.note": _WORK,
            "crm.tag": "view change",
            "messaging.conversation": "view change",
            "messaging.message": "view",
            "messaging.attachment": "view",
            "messaging.handoff": "view",
            "messaging.messagetemplate": "view",
            "messaging.cannedreply": _ALL,
            "campaigns.post": "view",
            "campaigns.adcampaign": "view",
            "leads.lead": _WORK,
            "leads.leadactivity": "view",
            "leads.qualification": "view",
            "leads.scoreentry": "view",
            "leads.stage": "view",
            "leads.product": "view",
            "leads.productinteraction": _WORK,
        },
        VIEWER: {
            "crm.customer": "view",
            "crm.identity": "view",
            "crm.consent": "view",
            "crm.note": "view",
            "crm.tag": "view",
            "crm.dailymetric": "view",
            "messaging.conversation": "view",
            "messaging.message": "view",
            "messaging.attachment": "view",
            "messaging.handoff": "view",
            "messaging.messagetemplate": "view",
            "campaigns.post": "view",
            "campaigns.adcampaign": "view",
            "campaigns.performancemetric": "view",
            "leads.lead": "view",
            "leads.leadactivity": "view",
            "leads.qualification": "view",
            "leads.scoreentry": "view",
            "leads.stage": "view",
            "leads.product": "view",
            "leads.productinteraction": "view",
        },
    }
)


#: Permissions beside those to view, add, change and delete.
SPECIAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        MANAGER: ("crm.see_everyone", "crm.merge_customer", "crm.export_customer", "crm.import_customer"),
        SELLER: (),
        VIEWER: ("crm.see_everyone",),
    }
)


def names_of(role: str) -> Iterator[tuple[str, str]]:
    """Yield (app label, codename) of every permission in a role's table."""
    for name in SPECIAL[role]:
        app, codename = name.split(".")
        yield app, codename
    for model, actions in PERMISSIONS[role].items():
        app, name = model.split(".")
        for action in actions.split():
            yield app, f"{action}_{name}"


@transaction.atomic
def ensure_roles() -> None:
    """Make the four groups and give each exactly the permissions of the table.

    Raises:
        LookupError: the table names a permission that there is none of.
    """
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(_permissions_of(role))


def _permissions_of(role: str) -> list[Permission]:
    if role == ADMINISTRATOR:
        return list(Permission.objects.all())
    wanted = set(names_of(role))
    condition = Q(pk__in=())
    for app, codename in wanted:
        condition |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(condition).select_related("content_type"))
    missing = wanted - {(permission.content_type.app_label, permission.codename) for permission in found}
    if missing:
        raise LookupError(f"Role {role} names permissions that do not exist: {sorted(missing)}")
    return found
