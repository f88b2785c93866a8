"""What colleagues do with the chosen conversation: give it to somebody, put it off, close it, note that it was read."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.admin.pages import staff_page
from crm.models import Team, User
from crm.visibility import staff_for, user_of
from messaging import handoffs, services, snoozing
from messaging.admin.inbox.asked import number
from messaging.admin.inbox.finding import CHANGE, conversation_of, refuse
from messaging.admin.inbox.talk import head_of
from messaging.models import Conversation, Message


@staff_page("inbox/<int:pk>/do/<slug:action>/", name="inbox_do", permission=CHANGE)
@require_POST
def do(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do one of `ACTIONS` and show the head as it is then; where it cannot be done, say why."""
    shown = conversation_of(request, pk, CHANGE)
    if action not in ACTIONS:
        raise Http404
    try:
        said = ACTIONS[action](request, shown)
    except Impossible as impossible:
        return refuse(str(impossible))
    again = Conversation.objects.select_related("identity__customer__owner", "channel", "assignee", "team")
    return head_of(request, again.defer("channel__credentials").get(pk=pk), said)


@staff_page("inbox/<int:pk>/read/", name="inbox_read", permission=CHANGE)
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a colleague has read up to a message."""
    shown = conversation_of(request, pk, CHANGE)
    newest = number(request.POST.get("up_to")) or 0
    at = Message.objects.filter(conversation=shown, pk=newest).values_list("at", flat=True).first()
    if at is None:
        raise Http404
    services.mark_conversation_read(conversation_id=pk, up_to=at)
    return HttpResponse(status=204)


@staff_page("inbox/colleagues/", name="inbox_colleagues", permission=CHANGE)
@require_safe
def colleagues(request: HttpRequest) -> HttpResponse:
    """Show to whom a conversation can be given."""
    user = user_of(request)
    people = [other for other in staff_for(user) if other.is_active and other.pk != user.pk]
    context = {"people": sorted(people, key=str), "teams": Team.objects.all()}
    return TemplateResponse(request, "migochat/inbox/colleagues.html", context)


class Impossible(Exception):
    """Something that cannot be done; `str()` says why, for people."""


def _close(request: HttpRequest, shown: Conversation) -> str:
    services.close_conversation(conversation_id=shown.pk)
    return _("Closed. Their next message opens a new conversation.")


def _reopen(request: HttpRequest, shown: Conversation) -> str:
    try:
        services.reopen_conversation(conversation_id=shown.pk)
    except services.AnotherIsOpen:
        raise Impossible(_("They have a newer open conversation; go on there.")) from None
    return _("Open again.")


def _assign(request: HttpRequest, shown: Conversation) -> str:
    """Give it to a colleague or to a team; named neither, to who asks."""
    if team_id := number(request.POST.get("team")):
        team = Team.objects.filter(pk=team_id).first()
        if team is None:
            raise Impossible(_("There is no such team."))
        services.give_to_team(conversation_id=shown.pk, team=team)
        return _("Given to %(name)s.") % {"name": team}
    user = user_of(request)
    wanted = number(request.POST.get("assignee")) or user.pk
    colleague = User.objects.filter(pk=wanted, is_active=True).first()
    if colleague is None:
        raise Impossible(_("There is no such colleague."))
    services.assign_conversation(conversation_id=shown.pk, assignee=colleague)
    return _("Assigned to you.") if colleague == user else _("Given to %(name)s.") % {"name": colleague}


def _hand_back(request: HttpRequest, shown: Conversation) -> str:
    services.assign_conversation(conversation_id=shown.pk, assignee=None)
    return _("Nobody's now.")


def _snooze(request: HttpRequest, shown: Conversation) -> str:
    until = _moment(request.POST.get("until", ""))
    services.snooze_conversation(conversation_id=shown.pk, until=until)
    return _("Put off.") if until else _("Back in the list.")


def _moment(text: str) -> datetime | None:
    """Read until when something is put off; empty for no longer."""
    if not text:
        return None
    try:
        until = parse_datetime(text)
    except ValueError:
        until = None
    if until is None:
        raise Impossible(_("Choose a time to come."))
    try:
        snoozing.refuse_impossible(until, timezone.now())
    except ValueError as error:
        raise Impossible(str(error)) from None
    return until


def _take_over(request: HttpRequest, shown: Conversation) -> str:
    try:
        handoffs.take_over(conversation_id=shown.pk, user=user_of(request))
    except handoffs.HandoffRefused as refused:
        raise Impossible(str(refused)) from None
    return _("It is yours now; the bot writes nothing more.")


ACTIONS = {
    "close": _close,
    "reopen": _reopen,
    "assign": _assign,
    "hand-back": _hand_back,
    "snooze": _snooze,
    "take-over": _take_over,
}
