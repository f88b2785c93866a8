"""Taking a person out of the webhooks as they came, which are kept for a while.

A delivery may tell of several people. Of one in JSON only those items of its lists go that name the person, so that what others
wrote can be read once more from it; any other is emptied. Its digest stays: a platform that repeats it is answered as before.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.utils.translation import ngettext

from crm.claiming import LOOK_BACK
from crm.contact_details import canonical_phone
from crm.encrypted_fields import Unreadable
from crm.encryption import Undecryptable, encrypt
from crm.erasure.person import Person
from crm.erasure.refusals import ErasureRefused
from crm.erasure.steps import Count
from crm.models import Channel, Customer, Identity, IdentityKey
from messaging.ingest import spool
from messaging.models import Message, WebhookDelivery
from messaging.models.delivery import BODY_LABEL

BATCH = 200  # of up to 1 MiB each
#: They were received before anything was made of them, by clocks that may differ.
MARGIN = timedelta(days=1)
SHORTEST_IN_TEXT = 6
_PREFIX = re.compile(r"^(?:[a-z]+:)?\+?")  # as in `whatsapp:+20…`

EMPTY = """
    UPDATE messaging_webhookdelivery SET body = %(body)s, query = '', headers = '{}', error = '',
        status = CASE WHEN %(is_empty)s THEN 'ignored' ELSE status END,
        processed_at = CASE WHEN %(is_empty)s THEN COALESCE(processed_at, now()) ELSE processed_at END
    WHERE id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A delivery that names the person, and what stays of its body."""

    id: int
    uid: UUID
    channel: int
    digest: str
    rest: bytes


class Deliveries:
    """Those of one person: looked for before anything is locked, and again, among what came since, once all is."""

    def __init__(self) -> None:
        self.found: dict[int, Found] = {}
        self.last = 0
        self.names: frozenset[str] = frozenset()

    def search(self, person: Person, count: Count) -> None:
        """Look through all that may be theirs, beyond what was looked through before; `count` is told of each batch.

        One that commits late has a smaller id than others seen before it.
        """
        self.names, self.last = names_of(person), max(0, self.last - LOOK_BACK)
        candidates = _since_their_first(person) if self.names else WebhookDelivery.objects.none()
        while rows := list(candidates.filter(pk__gt=self.last).order_by("pk")[:BATCH]):
            self.last = rows[-1].pk
            for row in rows:
                body = row.body
                if not isinstance(body, Unreadable) and (rest := without(body, row.query, self.names)) is not None:
                    self.found[row.pk] = Found(row.pk, row.uid, row.channel_id, bytes(row.digest).hex(), rest)
            count(len(rows))

    def check(self, person: Person) -> None:
        """Look once more, and refuse where any of theirs is not read yet.

        Raises:
            ErasureRefused: some are not.
        """
        self.search(person, lambda rows: None)
        waiting = WebhookDelivery.objects.pending().filter(pk__in=self.found).count() + _spooled(self.names)
        if waiting:
            words = ngettext(
                "%(count)d delivery of theirs waits to be read. Try again in a moment.",
                "%(count)d deliveries of theirs wait to be read. Try again in a moment.",
                waiting,
            )
            raise ErasureRefused(words % {"count": waiting})

    def digests(self) -> list[tuple[int, str]]:
        """Return channel and digest of each."""
        return [(one.channel, one.digest) for one in self.found.values()]

    def empty(self) -> None:
        """Keep of each only what tells of others."""
        for one in self.found.values():
            _write(one.id, one.uid, one.rest)


def names_of(person: Person) -> frozenset[str]:
    """Return all that platforms call somebody and their messages, as `plain` makes it."""
    keys = IdentityKey.objects.filter(identity__in=person.identities)
    names = {plain(key.value) for key in keys if not isinstance(key.value, Unreadable)}
    for customer in Customer.objects.filter(pk__in=person.customers):
        if customer.phone_key and not isinstance(customer.phone, Unreadable):
            names |= {"".join(filter(str.isdigit, customer.phone)), canonical_phone(customer.phone)}
    messages = Message.objects.filter(conversation__identity__in=person.identities).exclude(external_id="")
    names |= set(map(plain, messages.values_list("external_id", flat=True).iterator()))
    return frozenset(names - set(Channel.objects.values_list("external_id", flat=True)) - {""})


def plain(value: str) -> str:
    """Return an id without what stands before it in some places."""
    return _PREFIX.sub("", value.strip(), count=1)


def without(body: bytes, query: str, names: frozenset[str]) -> bytes | None:
    """Return what stays of a body that names somebody; None where it does not name them."""
    try:
        content = orjson.loads(body)
    except ValueError:
        return b"" if _is_named_in_text(body, query, names) else None
    rest = _pruned(content, names)
    if rest == content:
        return None
    return b"" if rest is GONE else orjson.dumps(rest)


def _is_named_in_text(body: bytes, query: str, names: frozenset[str]) -> bool:
    text = body.decode(errors="replace")
    fields = [*parse_qsl(text, keep_blank_values=True), *parse_qsl(query)]
    if any(plain(value) in names for _, value in fields):
        return True
    return len(fields) < 2 and any(name in text for name in names if len(name) >= SHORTEST_IN_TEXT)


GONE = object()


def _pruned(node: Any, names: frozenset[str]) -> Any:
    """Return JSON without those items of its lists that hold a name; `GONE` where one stands outside of any list."""
    if isinstance(node, dict):
        rest = {key: _pruned(value, names) for key, value in node.items()}
        return GONE if any(value is GONE for value in rest.values()) else rest
    if isinstance(node, list):
        return [rest for item in node if (rest := _pruned(item, names)) is not GONE]
    return GONE if isinstance(node, str | int) and plain(str(node)) in names else node


def _since_their_first(person: Person) -> "QuerySet[WebhookDelivery]":
    """Return deliveries of their platforms since they were first heard of: one address may take in those of several channels."""
    identities = Identity.objects.filter(pk__in=person.identities)
    messages = Message.objects.filter(conversation__identity__in=person.identities)
    firsts = [
        identities.aggregate(at=Min("created_at"))["at"],
        messages.aggregate(at=Min("received_at"))["at"],
    ]
    since = min(filter(None, firsts), default=None)
    platforms = set(identities.values_list("channel__platform", flat=True))
    received = Q(received_at__gte=since - MARGIN) if since else Q()
    return WebhookDelivery.objects.filter(received, channel__platform__in=platforms)


def _spooled(names: frozenset[str]) -> int:
    """Return how many files on this machine's disk name somebody and wait for the database."""
    count = 0
    for path in spool.waiting():
        try:
            received = spool.read(path).received
        except (Undecryptable, FileNotFoundError):
            continue
        count += without(received.body, received.url.partition("?")[2], names) is not None
    return count


def empty_noted(digests: list[tuple[int, str]]) -> None:
    """Empty, in a restored database, deliveries that were noted and in which nothing was known to be theirs when it was saved."""
    for channel, digest in digests:
        for row in WebhookDelivery.objects.filter(channel=channel, digest=bytes.fromhex(digest)):
            _write(row.pk, row.uid, b"")


def _write(number: int, uid: UUID, rest: bytes) -> None:
    values: dict[str, Any] = {"id": number, "body": encrypt(BODY_LABEL, uid, rest), "is_empty": not rest}
    with connection.cursor() as cursor:
        cursor.execute(EMPTY, values)
