"""Reactions of ours on a bubble: putting one on, another one, taking it off, and what shows of it."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from crm.admin.pages import staff_page
from crm.visibility import user_of, visible
from messaging.admin.inbox.finding import CHANGE, conversation_of, refuse
from messaging.admin.inbox.talk import bubble_html
from messaging.models import Message
from messaging.sending.reactions import react
from messaging.sending.refusals import Refused


@staff_page("inbox/reaction/<int:pk>/", name="inbox_react", permission=CHANGE)
@require_POST
def reaction(request: HttpRequest, pk: int) -> HttpResponse:
    """Wish for an emoji on a message of theirs, or for none, and show the bubble as it is then."""
    message = visible(user_of(request), Message).filter(pk=pk).only("conversation").first()
    if message is None:
        raise Http404
    shown = conversation_of(request, message.conversation_id, CHANGE)
    try:
        react(message_id=pk, emoji=request.POST.get("emoji", "").strip(), author=user_of(request))
    except Refused as refused:
        return refuse(str(refused))
    return JsonResponse({"html": bubble_html(request, shown, pk)})
