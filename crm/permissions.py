"""Who asks and what they may do, read by one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from crm.models import User

#: A user, and in `held` the names, as "app.codename", of what they may do.
WHO = """
    SELECT crm_user.*, ARRAY(
        SELECT kind.app_label || '.' || permission.codename
        FROM auth_permission AS permission JOIN django_content_type AS kind ON kind.id = permission.content_type_id
        WHERE crm_user.is_superuser OR permission.id IN (
            SELECT of_group.permission_id FROM auth_group_permissions AS of_group
            JOIN crm_user_groups AS membership ON membership.group_id = of_group.group_id WHERE membership.user_id = crm_user.id
            UNION ALL SELECT permission_id FROM crm_user_user_permissions WHERE user_id = crm_user.id
        )
    ) AS held
    FROM crm_user WHERE crm_user.id = %s
"""


class PermissionsBackend(ModelBackend):
    """Reads a user along with what they may do, for which Django's own backend takes three queries.

    Every request of a colleague begins with it, so the statement stands here as the database reads it: to make it of querysets
    takes longer than all else of it.
    """

    def get_user(self, user_id: Any) -> User | None:
        """Return an active user, whose permissions ask the database no more; None without one."""
        user, held = _read(user_id)
        if user is None or not self.user_can_authenticate(user):
            return None
        vars(user)["_perm_cache"] = held
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            _user, user_obj._perm_cache = _read(user_obj.pk)
        kept: set[str] = user_obj._perm_cache
        return kept


def _read(user_id: Any) -> tuple[User | None, set[str]]:
    """Return a user, None without one, and the names of what they may do."""
    for user in User.objects.raw(WHO, [user_id]):
        return user, set(vars(user).pop("held"))
    return None, set()
