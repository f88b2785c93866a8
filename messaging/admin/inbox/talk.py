"""The chosen conversation: its thread and composer, the customer beside it, and what of it is new."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from crm.admin.pages import staff_page
from messaging.admin import thread
from messaging.admin.inbox.asked import number
from messaging.admin.inbox.composer import composer_context
from messaging.admin.inbox.finding import VIEW, conversation_of
from messaging.admin.inbox.news import forget_who_left
from messaging.admin.inbox.state import state_context
from messaging.models import Conversation


@staff_page("inbox/<int:pk>/", name="inbox_talk", permission=VIEW)
@require_safe
def talk(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a conversation with its customer, `around` one of its messages, or only earlier messages of it."""
    shown = conversation_of(request, pk)
    around = number(request.GET.get("around"))
    part = thread.read_part(shown, before=number(request.GET.get("before")), around=around)
    forget_who_left()
    if request.GET.get("before"):
        return TemplateResponse(request, "migochat/thread_part.html", {"part": part, "conversation": shown})
    context = talk_context(request, shown, part) | {"around": around}
    return TemplateResponse(request, "migochat/inbox/pane.html", context)


@staff_page("inbox/<int:pk>/fresh/", name="inbox_fresh", permission=VIEW)
@require_safe
def fresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the newest messages anew; the browser keeps of them what it has."""
    shown = conversation_of(request, pk)
    part = thread.read_part(shown)
    part.earlier = None
    return TemplateResponse(request, "migochat/inbox/fresh.html", {"part": part, "conversation": shown})


@staff_page("inbox/<int:pk>/head/", name="inbox_head", permission=VIEW)
@require_safe
def head(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the head and what may be written now."""
    return head_of(request, conversation_of(request, pk))


def head_of(request: HttpRequest, shown: Conversation, said: str = "") -> HttpResponse:
    context = {**state_context(request, shown), **composer_context(request, shown), "said": said}
    return TemplateResponse(request, "migochat/inbox/head_and_offer.html", context)


def talk_context(request: HttpRequest, shown: Conversation, part: thread.Part) -> dict[str, Any]:
    """Return all that the pane of a conversation shows."""
    return {
        **thread.beside(request, shown, part),
        **composer_context(request, shown),
        **state_context(request, shown),
        "part": part,
    }


def bubble_html(request: HttpRequest, shown: Conversation, message_id: int) -> str:
    """Return one message as the thread shows it."""
    part = thread.read_part(shown, only=message_id)
    return render_to_string("migochat/thread_part.html", {"part": part, "conversation": shown}, request)
