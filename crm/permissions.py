"""Who asks and what they may do, read by one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection

from crm.models import User
from crm.prepared import prepared

COLUMNS = [field.attname for field in User._meta.concrete_fields]
#: A user, and last the names, as "app.codename", of what they may do.
WHO = f"""
    SELECT {", ".join(COLUMNS)}, ARRAY(
        SELECT kind.app_label || '.' || permission.codename
        FROM auth_permission AS permission JOIN django_content_type AS kind ON kind.id = permission.content_type_id
        WHERE crm_user.is_superuser OR permission.id IN (
            SELECT of_group.permission_id FROM auth_group_permissions AS of_group
            JOIN crm_user_groups AS membership ON membership.group_id = of_group.group_id WHERE membership.user_id = crm_user.id
            UNION ALL SELECT permission_id FROM crm_user_user_permissions WHERE user_id = crm_user.id
        )
    )
    FROM crm_user WHERE id = %s
"""  # noqa: S608 - put together of our own names


class PermissionsBackend(ModelBackend):
    """Reads a user along with what they may do, for which Django's own backend takes three queries.

    Every request of a colleague begins with it, so the statement stands here as the database reads it, and is planned once: to
    make it of querysets takes longer than all else of it.
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
    with prepared(), connection.cursor() as cursor:
        cursor.execute(WHO, [user_id])
        for *values, held in cursor:
            return User.from_db(connection.alias, COLUMNS, values), set(held)
    return None, set()
