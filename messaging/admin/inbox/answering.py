"""What colleagues write in the inbox: answers, notes, and what becomes of answers that did not get through."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.admin.pages import staff_page
from crm.mentions import said_of_untold
from crm.services import add_note
from crm.visibility import user_of, visible
from messaging.admin.inbox.asked import number
from messaging.admin.inbox.composer import LONGEST_NOTE
from messaging.admin.inbox.drafts import Unclear, read_draft, token_of, unix_lines
from messaging.admin.inbox.finding import ANSWERED, CHANGE, VIEW, conversation_of, refuse
from messaging.admin.inbox.talk import bubble_html
from messaging.media.again import fetch_again
from messaging.models import Attachment, Message
from messaging.sending import deciding, queueing
from messaging.sending.refusals import AnsweredMeanwhile, Refused

AGAIN = "again"
DECISIONS = {"keep": deciding.keep_as_sent, "withdraw": deciding.withdraw}


@staff_page("inbox/<int:pk>/send/", name="inbox_send", permission=CHANGE)
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue an answer and show it; 409 with the colleague's where one was faster, 422 with words where it may not be sent."""
    shown = conversation_of(request, pk, CHANGE)
    user = user_of(request)
    try:
        message = queueing.queue_message(
            conversation_id=shown.pk,
            draft=read_draft(request, shown),
            author=user,
            seen_up_to=number(request.POST.get("seen_up_to")),
            token=token_of(request),
        )
    except (Refused, Unclear) as refused:
        return refuse(str(refused))
    except AnsweredMeanwhile as answered:
        theirs = answered.message
        who = theirs.author.get_short_name() if theirs.author else _("Somebody")
        said = _("%(name)s answered while you were writing. Send yours all the same?") % {"name": who}
        html = bubble_html(request, shown, theirs.pk)
        return JsonResponse({"answered": said, "html": html, "id": theirs.pk}, status=ANSWERED)
    shown_anew = [message, *filter(None, [queueing.caption_of(message)])]
    html = "".join(bubble_html(request, shown, one.pk) for one in shown_anew)
    return JsonResponse({"id": message.pk, "html": html})


@staff_page("inbox/<int:pk>/note/", name="inbox_note", permission="crm.add_note")
@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a note about the customer, and show it where it stands in the thread."""
    shown = conversation_of(request, pk, VIEW)
    text = unix_lines(request.POST.get("text", ""))
    if len(text) > LONGEST_NOTE:
        return refuse(_("The note is too long: it may have %(count)d letters.") % {"count": LONGEST_NOTE})
    try:
        added = add_note(customer=shown.identity.customer, author=user_of(request), text=text)
    except ValueError:
        return refuse(_("Write something first."))
    html = render_to_string("migochat/inbox/note.html", {"note": added}, request)
    return JsonResponse({"html": html, "said": said_of_untold(added.untold)})


@staff_page("inbox/message/<int:pk>/<slug:action>/", name="inbox_decide", permission=CHANGE)
@require_POST
def decide(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Send a message again, take it as sent or take it back, and show it as it is then."""
    message = visible(user_of(request), Message).filter(pk=pk).only("conversation").first()
    if message is None or action not in (AGAIN, *DECISIONS):
        raise Http404
    shown = conversation_of(request, message.conversation_id, CHANGE)
    try:
        if action == AGAIN:
            deciding.send_again(message_id=pk, author=user_of(request))
        else:
            DECISIONS[action](message_id=pk)
    except Refused as refused:
        return refuse(str(refused))
    return JsonResponse({"html": bubble_html(request, shown, pk)})


@staff_page("attachments/<int:pk>/again/", name="attachment_again", permission=CHANGE)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the platform once more for a file that could not be fetched, and show its message as it is then."""
    item = visible(user_of(request), Attachment).filter(pk=pk).select_related("message").first()
    if item is None:
        raise Http404
    shown = conversation_of(request, item.message.conversation_id, CHANGE)
    if not fetch_again(attachment_id=pk):
        return refuse(_("This file is here already, is being fetched, or can no longer be asked for."))
    return JsonResponse({"html": bubble_html(request, shown, item.message_id)})
