"""Whose customers, conversations and leads a colleague sees: their own, their team's and nobody's.

Who has the permission `crm.see_everyone` sees all. Every list, page, search, autocomplete, export and API goes through here:
each model with such rows says once whose they are (`seen`, `seen_with`), and `StaffAdmin` asks for nothing else.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.module_loading import import_string

from crm.models import Consent, Customer, CustomerMerge, Identity, IdentityKey, Note, User

SEE_EVERYONE = "crm.see_everyone"

Sight = Callable[[Any], Q]
_sights: dict[type[Model], Sight] = {}


def sees_everyone(user: Any) -> bool:
    return bool(user.has_perm(SEE_EVERYONE))


def staff_for(user: Any) -> list[User]:
    """Return all who work here, by e-mail, read once for all that a request shows of them."""
    found: list[User] | None = getattr(user, "_staff", None)
    if found is None:
        found = list(User.objects.order_by("email").only("pk", "email", "full_name", "team_id", "is_active"))
        user._staff = found
    return found


def colleagues_of(user: Any) -> list[int]:
    """Return the ids of a user and of their team."""
    if not user.team_id:
        return [user.pk]
    return [user.pk, *(other.pk for other in staff_for(user) if other.team_id == user.team_id and other.pk != user.pk)]


def ours(user: Any, owner: str = "owner", team: str = "") -> Q:
    """Return the condition that rows are this user's own or their team's, whatever else they may see."""
    condition = Q(**{f"{owner}__in": colleagues_of(user)})
    if team and user.team_id:
        condition |= Q(**{team: user.team_id})
    return condition


def owned(user: Any, owner: str = "owner", team: str = "") -> Q:
    """Return the condition that rows with this column of their owner (and of their team) are for this user to see.

    It is empty for who sees everyone; so never join it to another by OR, which would take their sight away.
    """
    if sees_everyone(user):
        return Q()
    nobody = Q(**{f"{owner}__isnull": True})
    if team:
        nobody &= Q(**{f"{team}__isnull": True})
    return ours(user, owner, team) | nobody


def seen(model: type[Model]) -> Callable[[Sight], Sight]:
    """Register whose rows of a model a colleague sees who does not see everyone's."""

    def register(sight: Sight) -> Sight:
        _sights[model] = sight
        return sight

    return register


def seen_with(model: type[Model], path: str, parent: type[Model]) -> None:
    """Register that rows of a model are seen by whoever sees the row that `path` leads to."""
    seen(model)(lambda user: Q(**{f"{path}__in": visible(user, parent).values("pk")}))


def is_scoped(model: Any) -> bool:
    return model in _sights


def sight(user: Any, model: type[Model]) -> Q:
    """Return the condition for rows of a model that a user may see; empty where that is all of them."""
    if model not in _sights or sees_everyone(user):
        return Q()
    return _sights[model](user)


def visible(user: Any, model: type[Model]) -> QuerySet[Any]:
    """Return the rows of a model that a user may see."""
    return model._default_manager.filter(sight(user, model))


def user_of(request: HttpRequest) -> User:
    """Return the colleague who asks; the admin lets nobody else in."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@seen(Customer)
def _customers(user: Any) -> Q:
    """A customer is also seen by those whom one of their conversations or leads was given to."""
    condition = owned(user)
    for path in settings.CUSTOMERS_ALSO_SEEN:
        condition |= Q(import_string(path)(user))
    return condition


for _model in (Identity, Note, Consent):
    seen_with(_model, "customer", Customer)
seen_with(IdentityKey, "identity", Identity)
seen_with(CustomerMerge, "kept", Customer)
