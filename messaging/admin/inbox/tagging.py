"""The tags of the customer beside a conversation: which they have, which there are, putting one on and taking it off."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import services
from crm.admin.pages import staff_page
from crm.models import Tag
from messaging.admin.inbox.asked import number
from messaging.admin.inbox.finding import VIEW, conversation_of, refuse
from messaging.admin.inbox.state import MAY_MAKE_TAGS, MAY_TAG, tags_context

MOST_OFFERED = 500


@staff_page("inbox/<int:pk>/tags/", name="inbox_tags", permission=MAY_TAG)
@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer the tags that the customer lacks; or put one on them, `off` take it off, and show those that they have then."""
    shown = conversation_of(request, pk, VIEW)
    customer = shown.identity.customer
    if request.method != "POST":
        lacking = Tag.objects.exclude(customers=customer)[:MOST_OFFERED]
        return TemplateResponse(request, "migochat/inbox/tag_choices.html", {"tags": lacking})
    try:
        tag = _wanted(request)
    except ValueError:
        return refuse(_("Choose a tag, or write a name of up to %(count)d letters.") % {"count": services.MOST_OF_TAG})
    services.tag_customer(customer_id=customer.pk, tag=tag, off=request.POST.get("off") == "1")
    context = {"conversation": shown, **tags_context(request, list(customer.tags.values("pk", "name")))}
    return JsonResponse({"html": render_to_string("migochat/inbox/tags.html", context, request)})


def _wanted(request: HttpRequest) -> Tag:
    """Return the tag that was chosen or named; a new one is made only by those who may.

    Raises:
        ValueError: there is none such.
    """
    if name := request.POST.get("name"):
        if not request.user.has_perm(MAY_MAKE_TAGS):
            raise PermissionDenied
        return services.tag_named(name)
    tag = Tag.objects.filter(pk=number(request.POST.get("tag")) or 0).first()
    if tag is None:
        raise ValueError("No such tag.")
    return tag
