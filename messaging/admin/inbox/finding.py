"""Finding the conversation that a request of the inbox is about."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse

from crm.visibility import user_of, visible
from messaging.admin import thread
from messaging.models import Conversation

VIEW, CHANGE = "messaging.view_conversation", "messaging.change_conversation"
REFUSED, ANSWERED = 422, 409


def conversation_of(request: HttpRequest, pk: int, permission: str = VIEW) -> Conversation:
    """Return a conversation that this colleague may see, with all that its head shows.

    Raises:
        PermissionDenied: they lack the permission.
        Http404: there is none for them.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found = thread.conversation(visible(user_of(request), Conversation), str(pk))
    if found is None:
        raise Http404
    return found


def refuse(words: str) -> JsonResponse:
    """Answer in words for people why something was not done."""
    return JsonResponse({"refused": words}, status=REFUSED)
