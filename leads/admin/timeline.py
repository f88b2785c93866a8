"""All that happened around a lead, newest first: messages, changes, notes and planned steps, paged by key."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.markup import clock, moment
from crm.models import Note
from crm.visibility import user_of, visible
from leads.admin import words
from leads.markup import message_url
from leads.models import ActivityKind, Lead, LeadActivity
from messaging.admin import labels
from messaging.models import Conversation, Message

SHOWN = 40
LINES = 6
LENGTH = 200
#: At the same time a message stands before what it caused.
NOTE, ACTIVITY, MESSAGE = RANKS = (1, 2, 3)
LARGEST = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)

# Each conversation is read by its own index: of a customer who wrote long ago, the newest message of all is far away.
MESSAGES = """
    SELECT message.* FROM unnest(%(conversations)s::bigint[]) AS talk (id)
    CROSS JOIN LATERAL (
        SELECT id, conversation_id, direction, type, left(text, %(length)s) AS text, at, deleted_at
        FROM messaging_message
        WHERE conversation_id = talk.id AND (at, id) < (%(at)s, %(id)s)
        ORDER BY at DESC, id DESC LIMIT %(limit)s
    ) AS message
    ORDER BY message.at DESC, message.id DESC LIMIT %(limit)s
"""
FILTERS: MappingProxyType[str, tuple[Any, tuple[int, ...]]] = MappingProxyType(
    {
        "": (gettext_lazy("Everything"), RANKS),
        "messages": (gettext_lazy("Messages"), (MESSAGE,)),
        "changes": (gettext_lazy("Changes"), (ACTIVITY,)),
        "notes": (gettext_lazy("Notes"), (NOTE,)),
        "steps": (gettext_lazy("Follow-ups"), (ACTIVITY,)),
    }
)


@dataclass(frozen=True)
class Key:
    """Where a part ends: the place of an entry in the order of (time, rank, id)."""

    at: datetime
    rank: int
    pk: int

    @classmethod
    def read(cls, text: str) -> "Key | None":
        """Return what an address holds; None where that is no key."""
        numbers = text.split("-")
        if len(numbers) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in numbers):
            return None
        micros, rank, pk = map(int, numbers)
        if micros > (NEVER - EPOCH) // timedelta(microseconds=1) or pk > LARGEST:
            return None
        return cls(EPOCH + timedelta(microseconds=micros), rank, pk)

    def __str__(self) -> str:
        return f"{max(0, (self.at - EPOCH) // timedelta(microseconds=1))}-{self.rank}-{self.pk}"

    def bound(self, rank: int) -> int:
        """Return below which id entries of a rank come after this one, of those at the same time."""
        return self.pk if rank == self.rank else LARGEST if rank < self.rank else 0


@dataclass
class Line:
    """One message, short."""

    text: str
    ours: bool
    clock: str
    exact: str
    url: str


@dataclass
class Entry:
    """One thing in the timeline, or several messages of one conversation in a row, these oldest first."""

    key: Key
    kind: str
    icon: str
    said: SafeString | str = ""
    why: str = ""
    automated: bool = False
    url: str = ""
    author: str = ""
    text: str = ""
    talk: int = 0
    lines: list[Line] = field(default_factory=list)
    more: int = 0
    day: str = ""

    @property
    def clock(self) -> str:
        return clock(self.key.at)

    @property
    def exact(self) -> str:
        return moment(self.key.at)


def part(request: HttpRequest, lead: Lead) -> HttpResponse:
    """Answer with one part of the timeline: the newest, or what comes after a key."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    after = Key.read(request.GET.get("after", ""))
    entries, last = read(request, lead, chosen, after)
    context = {
        "lead": lead,
        "entries": entries,
        "last": last,
        "chosen": chosen,
        "filters": [(key, title) for key, (title, _ranks) in FILTERS.items()],
        "is_first": after is None,
    }
    return TemplateResponse(request, "leads/timeline.html", context)


def read(
    request: HttpRequest, lead: Lead, chosen: str = "", after: Key | None = None
) -> tuple[list[Entry], Key | None]:
    """Return up to `SHOWN` entries with messages in a row together, and the key to go on from where there are more."""
    start = after or Key(NEVER, MESSAGE + 1, 0)
    sources: dict[int, Callable[[], Iterable[Entry]]] = {
        MESSAGE: lambda: _messages(request, lead, start),
        ACTIVITY: lambda: _activities(lead, start, only_steps=chosen == "steps"),
        NOTE: lambda: _notes(lead, start),
    }
    found = [entry for rank in FILTERS[chosen][1] for entry in sources[rank]()]
    found.sort(key=lambda entry: (entry.key.at, entry.key.rank, entry.key.pk), reverse=True)
    shown = found[:SHOWN]
    last = shown[-1].key if len(found) > SHOWN else None
    return list(_with_days(_together(shown))), last


def _before(key: Key, rank: int, at: str) -> Q:
    return Q(**{f"{at}__lte": key.at}) & (Q(**{f"{at}__lt": key.at}) | Q(pk__lt=key.bound(rank)))


def _messages(request: HttpRequest, lead: Lead, start: Key) -> Iterator[Entry]:
    user = user_of(request)
    if not user.has_perm("messaging.view_conversation"):
        return
    seen = visible(user, Conversation).filter(identity__customer=lead.customer_id)
    channels = dict(seen.values_list("pk", "channel__name"))
    wanted = {
        "conversations": list(channels),
        "length": LENGTH,
        "at": start.at,
        "id": start.bound(MESSAGE),
        "limit": SHOWN + 1,
    }
    for message in Message.objects.raw(MESSAGES, wanted) if channels else ():
        line = Line(
            labels.snippet(message, LENGTH),
            message.direction == Message.Direction.OUT,
            clock(message.at),
            moment(message.at),
            message_url(message.conversation_id, message.pk),
        )
        key = Key(message.at, MESSAGE, message.pk)
        talk = message.conversation_id
        yield Entry(key, "messages", "chat_bubble", said=channels[talk], url=line.url, talk=talk, lines=[line])


def _activities(lead: Lead, start: Key, *, only_steps: bool) -> Iterator[Entry]:
    found: QuerySet[Any] = LeadActivity.objects.filter(
        Q(lead=lead) | Q(lead=None), _before(start, ACTIVITY, "at"), customer=lead.customer_id
    )
    if only_steps:
        found = found.filter(kind=ActivityKind.FOLLOW_UP)
    found = words.with_names(found.select_related("actor", "message").order_by("-at", "-id"))
    for activity in found.defer("message__text", "message__text_folded", "message__referral")[: SHOWN + 1]:
        cause = activity.message
        yield Entry(
            Key(activity.at, ACTIVITY, activity.pk),
            "change",
            words.icon(activity),
            said=words.sentence(activity),
            why=words.reason(activity),
            automated=activity.automated,
            url=message_url(cause.conversation_id, cause.pk) if cause else "",
        )


def _notes(lead: Lead, start: Key) -> Iterator[Entry]:
    found = Note.objects.filter(_before(start, NOTE, "created_at"), customer=lead.customer_id)
    for note in found.select_related("author").order_by("-created_at", "-pk")[: SHOWN + 1]:
        author = str(note.author) if note.author else ""
        yield Entry(Key(note.created_at, NOTE, note.pk), "note", "sticky_note_2", author=author, text=note.text)


def _together(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Join the messages of one conversation and day that nothing stands between."""
    open_one: Entry | None = None
    for entry in entries:
        if open_one and open_one.talk and _same_talk(open_one, entry):
            open_one.lines += entry.lines
            continue
        if open_one:
            yield _closed(open_one)
        open_one = entry
    if open_one:
        yield _closed(open_one)


def _same_talk(one: Entry, other: Entry) -> bool:
    return one.talk == other.talk and timezone.localdate(one.key.at) == timezone.localdate(other.key.at)


def _closed(entry: Entry) -> Entry:
    entry.more = max(0, len(entry.lines) - LINES)
    entry.lines = list(islice(entry.lines, LINES))[::-1]
    return entry


def _with_days(entries: Iterable[Entry]) -> Iterator[Entry]:
    day: date | None = None
    for entry in entries:
        today = timezone.localdate(entry.key.at)
        if today != day:
            day, entry.day = today, _day_name(today)
        yield entry


def _day_name(day: date) -> str:
    days_ago = (timezone.localdate() - day).days
    return {0: _("Today"), 1: _("Yesterday")}.get(days_ago) or date_format(day, "DATE_FORMAT")
