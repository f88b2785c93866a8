"""Answer next: everybody who waits for us in one line, and whoever is chosen beside it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from crm.admin.pages import staff_page
from crm.visibility import user_of, visible
from leads import queue, queue_news
from leads.activities import Cause
from leads.admin import lead_origin, lead_page
from leads.admin.answer_next_rows import rows_of, window_chip
from leads.models import Lead, ScoreEntry
from leads.scoring import explain
from leads.services.meanwhile import ChangedMeanwhile
from leads.services.owners import assign_lead
from messaging import services
from messaging.admin import thread
from messaging.admin.inbox import versions
from messaging.admin.inbox.composer import composer_context
from messaging.admin.inbox.words import words as inbox_words
from messaging.models import Conversation
from messaging.window import free_reply_until

TITLES = {
    queue.MINE: gettext_lazy("Mine"),
    queue.UNASSIGNED: gettext_lazy("Unassigned"),
    queue.ALL: gettext_lazy("All"),
}
SHOWN_AT_MOST = 200  # rows that are read anew when something changes
REASONS_SHOWN = 3
NO_NEWS = 204
JOINED = ("stage", "owner", "first_message", "first_post", "first_ad")


@staff_page("leads/answer-next/", name="leads_answer_next", permission="leads.view_lead")
@require_safe
def answer_next(request: HttpRequest) -> HttpResponse:
    """Show the first of the line; whoever `open` names is opened beside it by the browser."""
    tab, words = _asked(request)
    tabs = [(_address(tab=name, q=words), title, name == tab) for name, title in TITLES.items()]
    context = {
        **admin.site.each_context(request),
        "title": _("Answer next"),
        "tabs": tabs,
        "query": _address(tab=tab, q=words).removeprefix("?"),
        "may_change": request.user.has_perm("leads.change_lead"),
        "talk_words": inbox_words(),
        **_rows(request, tab, words, queue.PAGE),
    }
    return TemplateResponse(request, "leads/answer_next.html", context)


@staff_page("leads/answer-next/rows/", name="leads_answer_next_rows", permission="leads.view_lead")
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """Answer with the rows behind a place in the line."""
    after = queue.After.read(request.GET.get("after", ""))
    if after is None:
        raise Http404
    return TemplateResponse(request, "leads/answer_next_rows.html", _rows(request, *_asked(request), queue.PAGE, after))


@staff_page("leads/answer-next/poll/", name="leads_answer_next_poll", permission="leads.view_lead")
@require_safe
def poll(request: HttpRequest) -> HttpResponse:
    """Answer with the rows anew, as many as are shown, or with 204 and what to ask by next where they would be the same."""
    tab, words = _asked(request)
    before = queue_news.Mark.read(request.GET.get("news", ""))
    changed, mark = queue_news.since(before, user_of(request), tab=tab, now=timezone.now())
    if not changed:
        return HttpResponse(status=NO_NEWS, headers={"X-News": str(mark)})
    shown = request.GET.get("shown", "")
    most = min(int(shown), SHOWN_AT_MOST) if shown.isascii() and shown.isdigit() and len(shown) < 6 else 0
    return TemplateResponse(request, "leads/answer_next_rows.html", _rows(request, tab, words, max(most, queue.PAGE)))


@staff_page("leads/answer-next/<int:pk>/", name="leads_answer_next_pane", permission="leads.view_lead")
@require_safe
def pane(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one conversation with its customer and their open lead, or only earlier messages of it."""
    talk = _talk(request, pk)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        part = thread.read_part(talk, before=int(before))
        return TemplateResponse(request, "migochat/thread_part.html", {"part": part, "conversation": talk})
    return _pane(request, talk)


@staff_page("leads/answer-next/<int:pk>/assign/", name="leads_answer_next_assign", permission="leads.change_lead")
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give conversation and lead to who asks, and show it as it is then."""
    talk, user = _talk(request, pk), user_of(request)
    if not user.has_perm("messaging.change_conversation"):
        raise PermissionDenied
    lead = visible(user, Lead).filter(customer=talk.identity.customer_id, closed_at=None).only("pk").first()
    if lead is not None:
        try:
            assign_lead(lead_id=lead.pk, owner=user, cause=Cause.person(user), seen=request.POST.get("seen"))
        except ChangedMeanwhile as refused:
            return _pane(request, _talk(request, pk), wrong=str(refused))
    services.assign_conversation(conversation_id=talk.pk, assignee=user)
    response = _pane(request, _talk(request, pk), said=_("Yours now."))
    response["HX-Trigger"] = "answer-next"
    return response


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Return whose line is asked for, and the words that it is searched for."""
    tab = request.GET.get("tab", "")
    return tab if tab in queue.TABS else queue.MINE, request.GET.get("q", "").replace("\0", "").strip()[:200]


def _address(**parameters: str) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


def _rows(request: HttpRequest, tab: str, words: str, most: int, after: queue.After | None = None) -> dict[str, Any]:
    """Return what the rows show. What is news is asked first: what changes between the two is shown twice, never missed."""
    user = user_of(request)
    if not user.has_perm("messaging.view_conversation"):
        raise PermissionDenied
    now = timezone.now()
    news = "" if after else str(queue_news.mark(user, tab=tab, now=now))
    places, further = queue.line(user, tab=tab, now=after.now if after else now, words=words, after=after, most=most)
    more = _address(tab=tab, q=words, after=str(further)) if further else ""
    return {
        "rows": rows_of(user, places, now),
        "more": reverse("admin:leads_answer_next_rows") + more if more else "",
        "news": news,
        "tab": tab,
        "words": words,
        "address": _address(tab=tab, q=words),
        "all_address": _address(tab=queue.ALL, q=words),
    }


def _talk(request: HttpRequest, pk: int) -> Conversation:
    if not request.user.has_perm("messaging.view_conversation"):
        raise PermissionDenied
    talk = thread.conversation(visible(user_of(request), Conversation), str(pk))
    if talk is None:
        raise Http404
    return talk


def _pane(request: HttpRequest, talk: Conversation, said: str = "", wrong: str = "") -> HttpResponse:
    user, now = user_of(request), timezone.now()
    lead: Any = _leads(request, talk).first()
    entries: QuerySet[ScoreEntry] = (
        ScoreEntry.objects.filter(lead=lead, superseded_at=None) if lead else ScoreEntry.objects.none()
    )
    mine = talk.assignee_id == user.pk and (lead is None or lead.owner_id == user.pk)
    context = {
        "conversation": talk,
        "customer": talk.identity.customer,
        "part": thread.read_part(talk),
        "state_version": versions.of_state(talk),
        **composer_context(request, talk),
        "window": window_chip(free_reply_until(talk), now),
        "lead": lead,
        "origin": lead_origin.origin_of(request, lead) if lead else [],
        "reasons": explain(entries.select_related("rule"), now)[:REASONS_SHOWN],
        "mine": mine,
        "may_assign": not mine and user.has_perms(["leads.change_lead", "messaging.change_conversation"]),
        "may_see_customer": user.has_perm("crm.view_customer"),
        "said": said,
        "wrong": wrong,
    }
    return TemplateResponse(request, "leads/answer_next_pane.html", context)


def _leads(request: HttpRequest, talk: Conversation) -> QuerySet[Any]:
    """Return the customer's open lead, as the line of its origin wants it."""
    found = visible(user_of(request), Lead).filter(customer=talk.identity.customer_id, closed_at=None)
    unread = [name for name in lead_page.UNREAD if name.startswith("first_message__")]
    first_direct = RawSQL(lead_page.FIRST_DIRECT, (), lead_origin.JSON)  # noqa: S611 - our own constant
    joined: QuerySet[Any] = found.select_related(*JOINED).defer(*unread, "profile")
    with_origin: QuerySet[Any] = joined.annotate(first_direct=first_direct)
    return with_origin
