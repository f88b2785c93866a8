"""Colleagues and their teams."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import PROTECT, Count, ManyToManyField, Q, QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from crm import markup
from crm.admin.filters import choice_filter
from crm.admin.staff_admin import StaffAdmin
from crm.markup import column
from crm.models import Team, User
from crm.roles import ROLES

if TYPE_CHECKING:
    _DjangoUserAdmin = DjangoUserAdmin[User]
else:
    _DjangoUserAdmin = DjangoUserAdmin


class NewUserForm(UserCreationForm):  # type: ignore[misc]  # the package has no types
    """An e-mail address, which is the login, and a password typed twice."""

    class Meta:
        model = User
        fields = ("email", "full_name", "team")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


@admin.register(User)
class UserAdmin(_DjangoUserAdmin, StaffAdmin):  # type: ignore[misc]  # the stubs of the two differ in a default
    """Only superusers make or change superusers; others give out roles."""

    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    change_list_template = "migochat/list.html"
    add_form_template = None
    list_display = ("who", "role_names", "team_name", "state", "last_seen")
    list_select_related = ("team",)
    list_filter = (
        choice_filter(
            "active",
            gettext_lazy("state"),
            [("True", gettext_lazy("Active")), ("False", gettext_lazy("Inactive"))],
            "is_active",
        ),
    )
    phone = {"who": "title", "last_seen": "end", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("full_name", "email")
    search_fields = ("email", "full_name")
    search_help_text = gettext_lazy("Name or e-mail")
    filter_horizontal = ()
    readonly_fields = ("last_login",)
    fieldsets = (
        (None, {"fields": ("email", "full_name", "team", "is_available", "password")}),
        (gettext_lazy("What they may do"), {"fields": ("groups", "is_active", "is_superuser")}),
        (gettext_lazy("Last seen"), {"fields": ("last_login",)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "team", "groups", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.is_superuser and not self._superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if self._superuser(request) else (*fields, "is_superuser")

    @staticmethod
    def _superuser(request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_superuser

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "groups":
            return db_field.formfield(
                queryset=Group.objects.order_by("name"),
                widget=CheckboxSelectMultiple(attrs={"class": "mc-ticklist"}),
                label=_("Roles"),
                help_text="",
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @column(gettext_lazy("Name"))
    def who(self, user: User) -> str:
        return markup.person(user, user.email if user.full_name else "")

    @column(gettext_lazy("Roles"))
    def role_names(self, user: User) -> str:
        names = [_("superuser")] if user.is_superuser else []
        return markup.chips([*names, *(group.name for group in user.groups.all())])

    @column(gettext_lazy("Team"))
    def team_name(self, user: User) -> str:
        return markup.words(user.team) if user.team else ""

    @column(gettext_lazy("State"))
    def state(self, user: User) -> str:
        if not user.is_active:
            return markup.chip(_("Inactive"))
        return markup.chip(_("Active"), "good") if user.is_available else markup.chip(_("Away"), "warning")

    @column(gettext_lazy("Last seen"))
    def last_seen(self, user: User) -> str:
        return markup.ago(user.last_login)


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """Permissions on what has a page here, each in a few words."""

    widget = CheckboxSelectMultiple(attrs={"class": "mc-ticklist"})

    def __init__(self, **kwargs: Any) -> None:
        shown = [model for model in admin.site._registry if model is not Group]
        kinds = ContentType.objects.filter(
            reduce(or_, (Q(app_label=model._meta.app_label, model=model._meta.model_name) for model in shown))
        )
        permissions = Permission.objects.filter(content_type__in=kinds).select_related("content_type")
        super().__init__(queryset=permissions.order_by("content_type__model", "pk"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        model = obj.content_type.model_class()
        names = {"add": _("add"), "change": _("change"), "delete": _("delete"), "view": _("see")}
        verb = obj.codename.partition("_")[0]
        return f"{model._meta.verbose_name_plural}: {names.get(verb, obj.name)}"


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(StaffAdmin):
    """The four roles follow their table in the code; groups of other names may be made beside them."""

    list_display = ("name", "kind", "size")
    phone = {"name": "title", "size": "end", "kind": "badge"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name", "permissions")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        found: QuerySet[Group] = super().get_queryset(request).annotate(members_count=Count("user"))
        return found

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (obj is None or obj.name not in ROLES) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete one by one, and none that is a role or that somebody has."""
        if obj is None or obj.name in ROLES or obj.user_set.exists():
            return False
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        return PermissionsField(label=_("May"), required=False)

    @column(gettext_lazy("Kind"))
    def kind(self, group: Group) -> str:
        return markup.chip(_("Role")) if group.name in ROLES else markup.chip(_("Your own"), "accent")

    @column(gettext_lazy("Members"))
    def size(self, group: Any) -> str:
        return markup.grouped(group.members_count)


@admin.register(Team)
class TeamAdmin(StaffAdmin):
    list_display = ("name", "size")
    phone = {"name": "title", "size": "end"}  # noqa: RUF012 - as in StaffAdmin
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name",)
    deletable = True
    empty_icon = "groups"
    empty_title = gettext_lazy("No teams yet")
    empty_hint = gettext_lazy("A team shares conversations.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        found: QuerySet[Team] = super().get_queryset(request).annotate(members_count=Count("members"))
        return found

    @column(gettext_lazy("Members"))
    def size(self, team: Any) -> str:
        return markup.grouped(team.members_count)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes and what stands in the way without walking over thousands of rows."""
        teams = list(objs)
        protected = []
        for relation in Team._meta.related_objects:
            if relation.on_delete is PROTECT and relation.related_model:
                blocking = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": teams})
                if blocking.exists():
                    protected.append(
                        _("%(kind)s of this team") % {"kind": relation.related_model._meta.verbose_name_plural}
                    )
        return [str(team) for team in teams], {_("teams"): len(teams)}, set(), protected
