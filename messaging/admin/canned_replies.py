"""Canned replies: their pages, and what the field for an answer asks for."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm import markup
from crm.admin.filters import SelectFilter
from crm.admin.pages import staff_page
from crm.admin.staff_admin import StaffAdmin
from crm.folding import Folded, fold
from crm.markup import column
from crm.models import User
from crm.visibility import sees_everyone, user_of, visible
from messaging import canned
from messaging.canned_files import mime_type_of
from messaging.canned_variables import VARIABLES
from messaging.models import CannedReply, Conversation
from messaging.sending.limits import too_long_for

VIEW = "messaging.view_cannedreply"


class CannedReplyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Who sees only their own writes for themselves; the others choose for whom."""

    user: User
    upload = forms.FileField(label=gettext_lazy("file"), required=False)
    remove_file = forms.BooleanField(label=gettext_lazy("take the file off"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            known = ", ".join(f"{{{name}}} ({words})" for name, words in VARIABLES.items())
            self.fields["text"].help_text = _("These are filled in: %(known)s.") % {"known": known}
            for name in ("text", "title", "shortcut"):
                self.fields[name].widget.attrs["dir"] = "auto"
        if not sees_everyone(self.user) and self.instance.pk is None:
            self.instance.owner = self.user

    def clean_shortcut(self) -> str:
        return str(self.cleaned_data["shortcut"]).strip().lower()

    def clean_upload(self) -> Any:
        file = self.cleaned_data["upload"]
        if file:
            try:
                self.instance.mime_type = mime_type_of(file)
            except ValueError as error:
                raise ValidationError(str(error)) from None
            self.instance.file_name = file.name[:200]
        return file

    def clean(self) -> dict[str, Any]:
        """Say that a shortcut is taken also where the form does not ask for whom it is."""
        given = super().clean() or self.cleaned_data
        owner = given.get("owner") if "owner" in self.fields else self.instance.owner
        team = given.get("team") if "team" in self.fields else self.instance.team
        others = CannedReply.objects.filter(owner=owner, team=team, shortcut=given.get("shortcut", ""))
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("shortcut", _("There is another with this shortcut."))
        return given

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data.get("remove_file"):
            self.instance.file, self.instance.file_name, self.instance.mime_type = "", "", ""
        if file := self.cleaned_data.get("upload"):
            self.instance.file = file
        return super().save(commit)


class ForFilter(SelectFilter):
    title = gettext_lazy("for")
    parameter_name = "whose"

    def choices_for(self, request: HttpRequest) -> Any:
        return [("all", gettext_lazy("Everybody")), ("team", gettext_lazy("A team")), ("mine", gettext_lazy("Mine"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {
            "all": Q(owner=None, team=None),
            "team": Q(team__isnull=False),
            "mine": Q(owner=request.user.pk),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(CannedReply)
class CannedReplyAdmin(StaffAdmin):
    form = CannedReplyForm
    list_display = ("named", "short", "for_whom", "spoken", "state")
    list_select_related = ("owner", "team")
    list_filter = (ForFilter,)
    phone = {"named": "title", "short": "end", "for_whom": "line", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    search_fields = ("title",)
    search_help_text = gettext_lazy("Title, shortcut or words")
    readonly_fields = ("file_link",)
    deletable = True
    empty_icon = "quickreply"
    empty_title = gettext_lazy("No canned replies yet")
    empty_hint = gettext_lazy("Write once what you answer often; then type a slash and its shortcut.")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        whose = ("owner", "team") if sees_everyone(user_of(request)) else ()
        file = ("file_link",) if obj is not None and obj.file else ()
        change = self.has_change_permission(request, obj) if obj is not None else True
        editing = ("upload", *(("remove_file",) if file else ())) if change else ()
        return ("title", "shortcut", "text", "language", *whose, *file, *editing, "is_active")

    def save_model(self, request: HttpRequest, obj: CannedReply, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if bounds := too_long_for(obj.text):
            words = _("It is kept, but too long for one message where %(bounds)s.")
            messages.warning(request, words % {"bounds": ", ".join(bounds)})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"user": user_of(request)})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_theirs(request, obj)

    def _is_theirs(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or obj.owner_id == request.user.pk or sees_everyone(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CannedReply], search_term: str
    ) -> tuple[QuerySet[CannedReply], bool]:
        words = fold(search_term.replace("\x00", "").strip())
        if words:
            folded = queryset.annotate(titled=Folded("title"), short=Folded("shortcut"), said=Folded("text"))
            queryset = folded.filter(Q(titled__contains=words) | Q(short__contains=words) | Q(said__contains=words))
        return queryset, False

    @column(gettext_lazy("Reply"))
    def named(self, reply: CannedReply) -> str:
        return markup.two_lines(reply.title, " ".join(reply.text.split())[:90])

    @column(gettext_lazy("Shortcut"))
    def short(self, reply: CannedReply) -> str:
        return markup.words(f"/{reply.shortcut}")

    @column(gettext_lazy("For"))
    def for_whom(self, reply: CannedReply) -> str:
        return markup.words(reply.owner or reply.team or _("Everybody"))

    @column(gettext_lazy("Language"))
    def spoken(self, reply: CannedReply) -> str:
        return str(reply.get_language_display())

    @column(gettext_lazy("State"))
    def state(self, reply: CannedReply) -> str:
        return markup.chip(_("In use"), "good") if reply.is_active else markup.chip(_("Out of use"))

    @column(gettext_lazy("File"))
    def file_link(self, reply: CannedReply) -> str:
        return markup.link(_file_url(reply), reply.file_name) if reply.file else ""


@staff_page("messaging/canned-replies/", name="canned_replies", permission=VIEW)
@require_safe
def canned_replies(request: HttpRequest) -> JsonResponse:
    """Answer with the replies that words find, as they would be sent in a conversation."""
    user, number = user_of(request), request.GET.get("conversation", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    talks = visible(user, Conversation).select_related("identity__customer").defer("identity__customer__phone")
    conversation = talks.filter(pk=number).first()
    if conversation is None or not user.has_perm("messaging.view_conversation"):
        raise Http404
    found = canned.offered(user, conversation, request.GET.get("q", "")[:100])
    return JsonResponse({"replies": [_shown(reply, conversation, user) for reply in found]})


def _shown(reply: CannedReply, conversation: Conversation, user: User) -> dict[str, Any]:
    text, missing = canned.text_for(reply, conversation, user)
    file = {"name": reply.file_name, "type": reply.mime_type, "url": _file_url(reply)} if reply.file else None
    return {
        "id": reply.pk,
        "title": reply.title,
        "shortcut": reply.shortcut,
        "text": text,
        "missing": [str(VARIABLES[name]) for name in missing],
        "file": file,
    }


def _file_url(reply: CannedReply) -> str:
    return reverse("admin:canned_reply_file", args=[reply.pk])


@staff_page("messaging/canned-replies/<int:pk>/file/", name="canned_reply_file", permission=VIEW)
@require_safe
def canned_reply_file(request: HttpRequest, pk: int) -> FileResponse:
    """Hand out the file of a reply, never as something that a browser would run."""
    reply = visible(user_of(request), CannedReply).exclude(file="").filter(pk=pk).first()
    if reply is None:
        raise Http404
    try:
        contents = reply.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(contents, as_attachment=True, filename=reply.file_name, content_type=reply.mime_type)
