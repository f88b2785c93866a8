"""Who asks and what they may do, read by one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models.expressions import RawSQL

from crm.models import User

#: The names, as "app.codename", of what the user of the statement around it may do.
HELD = """ARRAY(
    SELECT kind.app_label || '.' || permission.codename
    FROM auth_permission AS permission JOIN django_content_type AS kind ON kind.id = permission.content_type_id
    WHERE crm_user.is_superuser OR permission.id IN (
        SELECT of_group.permission_id FROM auth_group_permissions AS of_group
        JOIN crm_user_groups AS membership ON membership.group_id = of_group.group_id WHERE membership.user_id = crm_user.id
        UNION ALL SELECT permission_id FROM crm_user_user_permissions WHERE user_id = crm_user.id
    )
)"""


class PermissionsBackend(ModelBackend):
    """Reads a user along with what they may do, for which Django's own backend takes three queries.

    Every request of a colleague begins with it, so the subquery stands here as the database reads it.
    """

    def get_user(self, user_id: Any) -> User | None:
        """Return an active user, whose permissions ask the database no more; None without one."""
        user = User.objects.annotate(held=RawSQL(HELD, ())).filter(pk=user_id).first()  # noqa: S611 - our own constant
        if user is None or not self.user_can_authenticate(user):
            return None
        fields = vars(user)
        fields["_perm_cache"] = set(fields.pop("held"))
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            held = User.objects.filter(pk=user_obj.pk).values_list(RawSQL(HELD, ()), flat=True)  # noqa: S611
            user_obj._perm_cache = set(held.first() or ())
        kept: set[str] = user_obj._perm_cache
        return kept
