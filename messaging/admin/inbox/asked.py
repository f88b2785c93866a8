"""What the address of the inbox asks for: whose conversations, in which state, by what order and filters."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from crm.people_like import of_people_like
from messaging.models import Conversation, Message, MessageStatus
from messaging.models.conversation import is_put_off

MINE, UNASSIGNED, ALL = TABS = ("mine", "unassigned", "all")
OPEN, SNOOZED, CLOSED = STATES = ("open", "snoozed", "closed")
NEWEST, WAITING = SORTS = ("newest", "waiting")
UNREAD, UNANSWERED, FAILED = NEEDS = ("unread", "unanswered", "failed")
TAB_TITLES = {MINE: _("Mine"), UNASSIGNED: _("Unassigned"), ALL: _("All")}
STATE_TITLES = {OPEN: _("Open"), SNOOZED: _("Snoozed"), CLOSED: _("Closed")}
SORT_TITLES = {NEWEST: _("Newest first"), WAITING: _("Waiting longest first")}
EVERYWHERE, PEOPLE = PLACES = ("", "people")
PLACE_TITLES = {EVERYWHERE: _("Messages"), PEOPLE: _("People")}
NEED_TITLES = {UNREAD: _("Unread"), UNANSWERED: _("Unanswered"), FAILED: _("Answer not delivered")}
MOST_WORDS = 200
FIRST_YEAR, LAST_YEAR = 1971, 9998


@dataclass(frozen=True, slots=True)
class Asked:
    """What is listed. Words look for customers and messages among all conversations, whosesoever and in whatever state.

    `place` says in what they are looked for, `person` and `who` (a name, phone number or e-mail address) whose messages are
    wanted, `since` and `until` of which days.
    """

    tab: str = MINE
    state: str = OPEN
    sort: str = NEWEST
    need: str = ""
    channel: int | None = None
    tag: int | None = None
    words: str = ""
    place: str = EVERYWHERE
    person: int | None = None
    who: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def read(cls, given: QueryDict) -> Self:
        """Read an address; what cannot be read is as if it were not there."""
        return cls(
            tab=_one_of(TABS, given.get("tab"), MINE),
            state=_one_of(STATES, given.get("status"), OPEN),
            sort=_one_of(SORTS, given.get("sort"), NEWEST),
            need=_one_of(NEEDS, given.get("need"), ""),
            channel=number(given.get("channel")),
            tag=number(given.get("tag")),
            words=_words(given.get("q")),
            place=_one_of(PLACES, given.get("in"), EVERYWHERE),
            person=number(given.get("person")),
            who=_words(given.get("who")),
            since=_day(given.get("from")),
            until=_day(given.get("to")),
        )

    @property
    def narrows_messages(self) -> bool:
        """Tell whether only some messages are wanted, whatever they say."""
        return bool(self.person or self.who or self.since or self.until)

    @property
    def searches(self) -> bool:
        """Tell whether something is looked for, by words or in messages of somebody or of some days."""
        return bool(self.words) or self.finds_messages

    @property
    def finds_messages(self) -> bool:
        """Tell whether messages are listed."""
        return self.place == EVERYWHERE and bool(self.words or self.narrows_messages)

    @property
    def finds_people(self) -> bool:
        """Tell whether conversations are listed by who they are with."""
        return bool(self.words) and (self.place == PEOPLE or not self.narrows_messages)

    def without_search(self) -> Self:
        """Return what is listed once nothing is searched any more."""
        return replace(self, words="", place=EVERYWHERE, person=None, who="", since=None, until=None)

    def query(self, **changes: Any) -> str:
        """Return the address of this with changes; what is usual is left out."""
        values = {
            "tab": self.tab,
            "status": self.state,
            "sort": self.sort,
            "need": self.need,
            "channel": self.channel,
            "tag": self.tag,
            "q": self.words,
            "in": self.place,
            "person": self.person,
            "who": self.who,
            "from": self.since,
            "to": self.until,
        } | changes
        usual = {"tab": MINE, "status": OPEN, "sort": NEWEST}
        return "?" + urlencode({name: value for name, value in values.items() if value and value != usual.get(name)})

    def of_tab(self, tab: str, user: Any) -> Q:
        """Return the condition of a tab."""
        if tab == MINE:
            return Q(assignee=user.pk)
        return Q(assignee=None) if tab == UNASSIGNED else Q()

    def of_state(self, now: datetime) -> Q:
        """Return the condition of the state; snoozed is what is open and put off until later."""
        if self.state == CLOSED:
            return Q(status=Conversation.Status.CLOSED)
        later = is_put_off(now)
        return Q(status=Conversation.Status.OPEN) & (later if self.state == SNOOZED else ~later)

    def narrow(self, found: QuerySet[Conversation], user: Any, now: datetime) -> QuerySet[Conversation]:
        """Return of some conversations those that are asked for."""
        if self.words:
            found = found.filter(of_people_like(self.words, "identity__customer"))
        else:
            found = found.filter(self.of_tab(self.tab, user) & self.of_state(now))
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.tag:
            tagged = Customer.tags.through.objects.filter(tag=self.tag).values("customer")
            found = found.filter(identity__customer__in=tagged)
        return found.filter(_of_need(self.need))


def _of_need(need: str) -> Q:
    if need == UNREAD:
        return Q(unread_count__gt=0)
    if need == UNANSWERED:
        return Q(waiting_since__isnull=False)
    return Q(pk__in=undelivered().values("conversation")) if need == FAILED else Q()


def undelivered() -> QuerySet[Message]:
    """Return messages of ours that failed, or may have, and that no later answer came after."""
    lost = Message.objects.filter(
        direction=Message.Direction.OUT, status__in=(MessageStatus.UNKNOWN, MessageStatus.FAILED), deleted_at=None
    )
    return lost.filter(Q(conversation__answered_at=None) | Q(at__gte=F("conversation__answered_at")))


def number(text: str | None) -> int | None:
    """Read a row's number from an address."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _words(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()[:MOST_WORDS]


def _day(text: str | None) -> date | None:
    """Read a day from an address."""
    try:
        day = parse_date(text or "")
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _one_of(known: tuple[str, ...], given: str | None, usual: str) -> str:
    return given if given in known else usual
