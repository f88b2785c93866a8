"""Whom a note can name: what the field for a note asks for behind a `@`."""

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from crm.admin.pages import staff_page
from crm.folding import fold
from crm.mentions import handle_of, may_see
from crm.models import Customer, User
from crm.visibility import staff_for, user_of, visible

MOST_OFFERED = 8
NOT_FOUND = 2


@staff_page("colleagues/", name="colleagues", permission="crm.add_note")
@require_safe
def colleagues(request: HttpRequest) -> JsonResponse:
    """Answer with colleagues by a part of their name: what names them in a note, and whether they may see the `customer`."""
    user, number = user_of(request), request.GET.get("customer", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    customer = visible(user, Customer).filter(pk=number).only("pk").first()
    if customer is None:
        raise Http404
    staff = [other for other in staff_for(user) if other.is_active]
    words = fold(request.GET.get("q", "")[:100].strip())
    found = sorted((_rank(other, words), str(other), other.pk) for other in staff if other.pk != user.pk)
    by_number = {other.pk: other for other in staff}
    people = [by_number[pk] for rank, _name, pk in found if rank < NOT_FOUND][:MOST_OFFERED]
    return JsonResponse({"colleagues": [_shown(other, staff, customer) for other in people]})


def _rank(user: User, words: str) -> int:
    """Say how near a colleague is to what was typed: 0 begins with it, 1 a word of theirs does, else `NOT_FOUND`."""
    names = [fold(user.full_name), fold(user.email.partition("@")[0])]
    if any(name.startswith(words) for name in names):
        return 0
    return 1 if any(word.startswith(words) for name in names for word in name.split()) else NOT_FOUND


def _shown(user: User, staff: list[User], customer: Customer) -> dict[str, Any]:
    return {
        "id": user.pk,
        "name": str(user),
        "mention": f"@{handle_of(user, staff)}",
        "may_see": may_see(user, customer),
    }
