"""Telling administrators that something is wrong with the backups."""

from django.db.models import Q
from django.urls import reverse

from crm.models import Notification, User
from crm.notices import tell


def alert(key: str, text: str) -> int:
    """Tell all who look after backups, once for each `key`; return how many notices that made."""
    known = set(Notification.objects.filter(key=_key(key)).values_list("user_id", flat=True))
    url = reverse("admin:crm_backup_changelist")
    return sum(
        tell(user, kind=Notification.Kind.BACKUP, key=_key(key), text=text, url=url)
        for user in keepers()
        if user.pk not in known
    )


def keepers() -> list[User]:
    """Return who works here and may make backups."""
    allowed = {"codename": "add_backup", "content_type__app_label": "crm"}
    in_group = Q(**{f"groups__permissions__{name}": value for name, value in allowed.items()})
    oneself = Q(**{f"user_permissions__{name}": value for name, value in allowed.items()})
    return list(User.objects.filter(Q(is_superuser=True) | in_group | oneself, is_active=True).distinct())


def _key(key: str) -> str:
    return f"backup:{key}"[:100]
