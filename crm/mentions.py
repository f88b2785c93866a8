"""Colleagues who are named in a note: `@full name`, or `@` and what stands before the `@` of their e-mail address."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.folding import fold
from crm.models import Customer, Note, Notification, User
from crm.notices import tell
from crm.visibility import visible

MOST_WORDS = 8  # of a name
MOST_TOLD = 50
_LETTER = r"[\w\u0300-\u036f\u0640\u064b-\u065f\u0670]"
_WORD = rf"{_LETTER}+(?:['’.+-]{_LETTER}+)*"
_NAMED = re.compile(rf"(?<![\w@.])@({_WORD}(?:[ \t\u00a0]+{_WORD}){{0,{MOST_WORDS - 1}}})")
_WORDS = re.compile(_WORD)


class Mention(NamedTuple):
    """Where in a text somebody is named, the sign included, and who that can be; several where they are called the same."""

    start: int
    end: int
    users: tuple[User, ...]


def mentions_in(text: str, staff: Iterable[User]) -> Iterator[Mention]:
    """Yield who is named in a text, in order; of several names that fit, the longest counts. Letter forms do not matter."""
    if "@" not in text:
        return
    known: dict[str, list[User]] = defaultdict(list)
    for user in staff:
        if user.is_active:
            for key in {_key(user.full_name), _key(user.email.partition("@")[0])} - {""}:
                known[key].append(user)
    for found in _NAMED.finditer(text):
        words = list(_WORDS.finditer(text, found.start(1), found.end(1)))
        for count in range(len(words), 0, -1):
            end = words[count - 1].end()
            if users := known.get(_key(text[found.start(1) : end])):
                yield Mention(found.start(), end, tuple(users))
                break


def _key(name: str) -> str:
    return fold(" ".join(_WORDS.findall(name)))


def handle_of(user: User, staff: Iterable[User]) -> str:
    """Return what names a colleague, and nobody else where that can be; in front of it stands a `@`."""
    for name in (user.full_name.strip(), user.email.partition("@")[0]):
        named = list(mentions_in(f"@{name}", staff))
        if named and named[0].end == len(name) + 1 and named[0].users == (user,):
            return name
    return user.email.partition("@")[0]


def may_see(user: User, customer: Customer) -> bool:
    return user.has_perm("crm.view_note") and visible(user, Customer).filter(pk=customer.pk).exists()


def tell_mentioned(note: Note) -> list[User]:
    """Tell those whom a note names that they are; return those who are not told, since they may not see the customer."""
    if "@" not in note.text:
        return []
    staff = User.objects.filter(is_active=True).order_by("pk")
    named = {user.pk: user for mention in mentions_in(note.text, staff) for user in mention.users}
    named.pop(note.author_id or 0, None)
    untold = []
    for user in list(named.values())[:MOST_TOLD]:
        if not may_see(user, note.customer):
            untold.append(user)
            continue
        tell(
            user,
            kind=Notification.Kind.MENTION,
            key=f"mention:{note.pk}",
            text=_("%(name)s mentioned you in a note.") % {"name": note.author or _("Somebody")},
            url=reverse("admin:crm_customer_change", args=[note.customer_id]),
        )
    return untold


def said_of_untold(untold: Iterable[User]) -> str:
    """Say who of those named was not told, and why; empty where all were."""
    names = ", ".join(str(user) for user in untold)
    return (
        _("Not told, since they may not see this customer: %(names)s. Give it to them or to their team first.")
        % {"names": names}
        if names
        else ""
    )
