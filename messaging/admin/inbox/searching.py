"""Searching all messages that a colleague may see: by their words, whose they are, on which channel and of which days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.excerpts import Part, excerpt
from crm.markup import marked
from crm.models import Customer
from crm.people_like import of_people_like
from crm.visibility import visible
from messaging import text_search
from messaging.admin import labels
from messaging.admin.inbox.asked import Asked
from messaging.admin.inbox.listing import After
from messaging.models import Conversation, Message

PAGE = 25
PEOPLE_SHOWN = 3  # above the messages, of those whose names fit
#: So many messages are found in any order first, by whichever index is best. Where there are more, a walk back from the newest
#: soon meets a page of them, and the database, which only guesses how many there are, guesses well.
FEW = 1000
FEW_TALKS = 1000
CUSTOMER = "conversation__identity__customer"
#: What is shown of a message that was found.
COLUMNS = (
    *("conversation", "direction", "type", "text", "at", "deleted_at", "channel__name", "channel__platform"),
    *(f"{CUSTOMER}__{name}" for name in ("name", "picture", "erased_at")),
    *("author__full_name", "author__email"),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, whose it is, the line of it that shows why, and who of us wrote it; empty: they did."""

    message: Message
    customer: Customer
    line: SafeString
    author: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, newest first, and where to go on; `hint` tells where not everything was looked through."""

    hits: list[Hit]
    further: After | None = None
    hint: str = ""


def hits_of(user: Any, asked: Asked, after: After | None = None) -> Found:
    """Return the newest messages that are asked for, or those behind a place.

    It takes up to five queries, and reads no more of a big table than a few thousand rows.
    """
    words = text_search.words_of(asked.words)
    if asked.words and not words:
        return Found([])
    found = Message.objects.filter(_of_days(asked), text_search.having(words))
    if asked.channel:
        found = found.filter(channel=asked.channel)
    whose = _whose(user, asked)
    hint = ""
    if whose is not None:
        found = found.filter(whose)
    elif words and text_search.too_short(words):
        oldest, hint = text_search.oldest_of_the_newest(), labels.searched_short()
        found = found.filter(at__gt=oldest) if oldest else found
    keys = _keys(user, found, after)
    further = After(False, *keys[PAGE - 1]) if len(keys) > PAGE else None
    return Found(_hits([pk for _at, pk in keys[:PAGE]], words), further, hint)


def _keys(user: Any, found: QuerySet[Message], after: After | None) -> list[tuple[datetime, int]]:
    """Return time and number of a page and one more of those that a colleague may see, newest first."""
    few = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    if not few:
        return []
    seen: QuerySet[Message] = visible(user, Message)
    seen = seen.filter(pk__in=few) if len(few) <= FEW else seen & found
    if after:
        seen = seen.filter(at__lte=after.at).filter(Q(at__lt=after.at) | Q(pk__lt=after.pk))
    return list(seen.order_by("-at", "-pk").values_list("at", "pk")[: PAGE + 1])


def _whose(user: Any, asked: Asked) -> Q | None:
    """Return the condition of whose messages are wanted; None: everybody's."""
    if not asked.person and not asked.who:
        return None
    talks: QuerySet[Conversation] = visible(user, Conversation)
    if asked.person:
        talks = talks.filter(identity__customer=asked.person)
    if asked.who:
        talks = talks.filter(of_people_like(asked.who, "identity__customer"))
    few = list(talks.order_by().values_list("pk", flat=True)[: FEW_TALKS + 1])
    return Q(conversation__in=few if len(few) <= FEW_TALKS else talks.values("pk"))


def _of_days(asked: Asked) -> Q:
    condition = Q()
    if asked.since:
        condition &= Q(at__gte=_midnight(asked.since))
    if asked.until:
        condition &= Q(at__lt=_midnight(asked.until + timedelta(days=1)))
    return condition


def _midnight(day: date) -> datetime:
    """Return when a day begins on the clock of the shop."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _hits(ids: list[int], words: list[str]) -> list[Hit]:
    found = Message.objects.filter(pk__in=ids).select_related(CUSTOMER, "channel", "author")
    rows = found.only(*COLUMNS).order_by("-at", "-pk")
    return [Hit(row, row.conversation.identity.customer, _line(row, words), _author(row)) for row in rows]


def _line(message: Message, words: list[str]) -> SafeString:
    return marked(excerpt(message.text, words) if message.text else [Part(labels.snippet(message))])


def _author(message: Message) -> str:
    if message.direction != Message.Direction.OUT:
        return ""
    return message.author.get_short_name() if message.author else _("From us")


def person_of(user: Any, asked: Asked) -> Customer | None:
    """Return whose messages alone are asked for, None where that is nobody whom this colleague may see."""
    if not asked.person:
        return None
    found: Customer | None = visible(user, Customer).filter(pk=asked.person).only("pk", "name").first()
    return found


def said_of_days(asked: Asked) -> str:
    """Say of which days messages are wanted; empty for all."""
    # Isolated, since a date in Arabic has marks of direction within, which would tear it apart among other words.
    since, until = (
        day and f"\u2068{date_format(day, 'SHORT_DATE_FORMAT')}\u2069" for day in (asked.since, asked.until)
    )
    if since and until:
        return since if since == until else f"{since} – {until}"
    if since:
        return _("since %(day)s") % {"day": since}
    return _("until %(day)s") % {"day": until} if until else ""
