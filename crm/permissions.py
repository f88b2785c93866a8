"""What a colleague may do, read by one query."""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.db import connection

EVERY = """
    SELECT kind.app_label, permission.codename
    FROM auth_permission AS permission JOIN django_content_type AS kind ON kind.id = permission.content_type_id
"""
GIVEN = f"""{EVERY}
    WHERE permission.id IN (
        SELECT of_group.permission_id FROM auth_group_permissions AS of_group
        JOIN crm_user_groups AS membership ON membership.group_id = of_group.group_id WHERE membership.user_id = %(user)s
        UNION ALL SELECT permission_id FROM crm_user_user_permissions WHERE user_id = %(user)s
    )
"""  # noqa: S608 - our own constant


class PermissionsBackend(BaseBackend):
    """Stands before Django's own backend, which reads a user's and their groups' permissions by a query each.

    It is asked in every request, so the statement stands here as the database reads it, spared the making of it.

    Both keep them in `_perm_cache` of the user object, so that the other asks no more.
    """

    def get_user(self, user_id: Any) -> Any:
        return ModelBackend().get_user(user_id)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(EVERY if user_obj.is_superuser else GIVEN, {"user": user_obj.pk})
                user_obj._perm_cache = {f"{app}.{codename}" for app, codename in cursor.fetchall()}
        kept: set[str] = user_obj._perm_cache
        return kept

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.partition(".")[0] == app_label for name in self.get_all_permissions(user_obj))
