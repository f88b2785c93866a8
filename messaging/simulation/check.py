"""Proving from the database that what was acknowledged is stored, once, with the effects of distinct events."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from crm.contact_details import identity_key
from messaging.keys import message_key
from messaging.simulation.accounts import SimulatedAccount
from messaging.simulation.expectation import Expectation, MessageName
from messaging.simulation.ledger import Ledger

DELIVERIES = """
    SELECT channel_id, digest, id, status FROM messaging_webhookdelivery
    WHERE channel_id = ANY(%s) AND received_at >= %s
"""
MESSAGES = """
    SELECT message.channel_id, message.external_id, message.direction, message.text, message.status, message.source,
           message.deleted_at IS NOT NULL, COALESCE(ad.ad_id, ''), COALESCE(post.external_id, ''), message.delivery_id,
           (SELECT count(*) FROM messaging_attachment AS attachment WHERE attachment.message_id = message.id)
    FROM messaging_message AS message
    LEFT JOIN campaigns_adcampaign AS ad ON ad.id = message.ad_id
    LEFT JOIN campaigns_post AS post ON post.id = message.post_id
    WHERE message.channel_id = ANY(%s) AND message.received_at >= %s
"""
HAPPENINGS = """
    SELECT channel_id, kind, target_key, count(*) FROM messaging_messageevent
    WHERE channel_id = ANY(%s) AND received_at >= %s AND kind IN ('status', 'edit', 'deletion', 'reaction')
    GROUP BY channel_id, kind, target_key
"""
PEOPLE = "SELECT channel_id, kind, key, identity_id FROM crm_identitykey WHERE channel_id = ANY(%s)"
CONSENTS = """
    SELECT identity.id, consent.scope, consent.granted, identity.opted_out
    FROM crm_consent AS consent JOIN crm_identity AS identity ON identity.id = consent.identity_id
    WHERE identity.channel_id = ANY(%s) ORDER BY consent.at, consent.granted DESC
"""
MARK = "mark on the identity"
# Counted from the messages by what the fields are said to mean, whoever wrote them.
CONVERSATIONS = """
    WITH touched AS (
        SELECT DISTINCT conversation_id AS id FROM messaging_message WHERE channel_id = ANY(%s) AND received_at >= %s
    ), answered AS (
        SELECT message.conversation_id, max(message.at) FILTER (WHERE direction = 'out') AS at
        FROM messaging_message AS message JOIN touched ON touched.id = message.conversation_id GROUP BY 1
    ), counted AS (
        SELECT conversation.id, count(*) AS messages,
               max(answered.at) AS answered_at,
               max(message.at) AS last_activity_at,
               count(*) FILTER (
                   WHERE message.direction = 'in' AND message.type <> 'referral'
                   AND message.at > COALESCE(GREATEST(answered.at, conversation.seen_at), '-infinity')
               ) AS unread,
               min(message.at) FILTER (
                   WHERE message.direction = 'in' AND message.type <> 'referral'
                   AND message.at > COALESCE(answered.at, '-infinity')
               ) AS waiting_since
        FROM messaging_conversation AS conversation
        JOIN answered ON answered.conversation_id = conversation.id
        JOIN messaging_message AS message ON message.conversation_id = conversation.id
        GROUP BY conversation.id
    )
    SELECT conversation.id,
           conversation.message_count <> counted.messages,
           conversation.unread_count <> counted.unread,
           conversation.waiting_since IS DISTINCT FROM counted.waiting_since,
           conversation.answered_at IS DISTINCT FROM counted.answered_at,
           conversation.last_activity_at <> counted.last_activity_at
    FROM counted JOIN messaging_conversation AS conversation ON conversation.id = counted.id
    WHERE conversation.message_count <> counted.messages OR conversation.unread_count <> counted.unread
       OR conversation.waiting_since IS DISTINCT FROM counted.waiting_since
       OR conversation.answered_at IS DISTINCT FROM counted.answered_at
       OR conversation.last_activity_at <> counted.last_activity_at
"""
COUNTERS = ("message_count", "unread_count", "waiting_since", "answered_at", "last_activity_at")
ROWS_AT_ONCE = 2000


class Difference(NamedTuple):
    """Something that is not as it must be: what, and of which row. Holds no text of anybody's."""

    what: str
    of: str


class Check:
    """Compares one run's ledger with the database. Rows of other runs and other senders are left alone."""

    def __init__(self, ledger: Ledger, accounts: Sequence[SimulatedAccount], since: datetime) -> None:
        self.ledger = ledger
        self.slugs = {account.channel_id: account.slug for account in accounts}
        self.bounds: tuple[Any, ...] = (list(self.slugs), since)
        self.expected = Expectation.of(ledger.facts())
        self.possible = Expectation.of(ledger.uncertain_facts())
        self.ours: set[int] = set()
        self.others: set[int] = set()

    def differences(self) -> list[Difference]:
        """Return everything that is wrong; empty: what was acknowledged is stored, and nothing twice."""
        return [
            *self._deliveries(),
            *self._messages(),
            *self._happenings(),
            *self._people(),
            *self._conversations(),
        ]

    def _rows(self, query: str, *, parameters: Sequence[Any] | None = None) -> Iterator[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, list(self.bounds if parameters is None else parameters))
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield from rows

    def _deliveries(self) -> Iterator[Difference]:
        """Every acknowledged delivery is stored and read, what was refused is not there."""
        ledger, missing = self.ledger, set(self.ledger.acknowledged)
        for channel_id, digest, number, status in self._rows(DELIVERIES):
            key = (self.slugs[channel_id], bytes(digest))
            missing.discard(key)
            if key in ledger.refused:
                yield Difference("refused and yet stored", f"delivery {number}")
            elif key in ledger.acknowledged or key in ledger.uncertain:
                self.ours.add(number)
                wanted = {"failed"} if key in ledger.broken else {"processed", "ignored"}
                if status not in wanted:
                    yield Difference(f"delivery is {status}", f"delivery {number}")
            else:
                self.others.add(number)
        for slug, digest in missing:
            yield Difference("acknowledged and not stored", f"{slug} {digest.hex()}")

    def _messages(self) -> Iterator[Difference]:
        """Every message exists once, with the words, status and origin it must have; and no others do."""
        found: Counter[MessageName] = Counter()
        wordless: Counter[tuple[str, str]] = Counter()
        for channel_id, external_id, *row in self._rows(MESSAGES):
            name, delivery_id = (self.slugs[channel_id], external_id), row[-2]
            found[name] += bool(external_id)
            if name in self.expected.said:
                yield from self._compared(name, row)
            elif name in self.possible.said or delivery_id in self.others:
                continue
            elif external_id:
                yield Difference("message that nobody sent", " ".join(name))
            else:
                wordless[name[0], row[5]] += 1
        for name, times in found.items():
            if times > 1:
                yield Difference(f"message stored {times} times", " ".join(name))
        for name in self.expected.said.keys() - found.keys():
            yield Difference("message is missing", " ".join(name))
        yield from self._arrivals(wordless)

    def _compared(self, name: MessageName, row: list[Any]) -> Iterator[Difference]:
        direction, text, status, source, deleted, ad, post, _, attachments = row
        said = self.expected.said[name]
        facts: dict[str, tuple[Any, Any]] = {
            "direction": (direction, said.direction),
            "source": (source, said.source),
            "ad": (ad, said.ad),
            "post": (post, said.post),
        }
        if name not in self.possible.taken_back and name not in self.possible.edits:
            facts["text"] = (text, self.expected.text_of(name))
            facts["taken back"] = (deleted, name in self.expected.taken_back)
            facts["number of attachments"] = (attachments, self.expected.attachments_of(name))
        wanted_status = self.expected.status_of(name)
        unsure = name in self.possible.became or (said.account, said.person) in self.possible.seen
        if wanted_status is not None and not unsure:
            facts["status"] = (status, wanted_status)
        for what, (is_, must_be) in facts.items():
            if is_ != must_be:
                yield Difference(f"message has another {what}", " ".join(name))

    def _arrivals(self, found: Counter[tuple[str, str]]) -> Iterator[Difference]:
        """People who came by an ad or link without a word: so many as came, from each ad."""
        expected = Counter((came.account, came.ad) for came in self.expected.came)
        unsure = {(came.account, came.ad) for came in self.possible.came}
        for key in (expected.keys() | found.keys()) - unsure:
            if expected[key] != found[key]:
                yield Difference(f"{found[key]} arrivals stored instead of {expected[key]}", " ".join(key))

    def _happenings(self) -> Iterator[Difference]:
        """Every status, edit, unsend and reaction is stored once."""
        keyed: Counter[tuple[str, str, bytes]] = Counter()
        names: dict[tuple[str, str, bytes], str] = {}
        possible = {(account, message_key(name)) for account, _, name in self.possible.happenings()}
        for (account, kind, name), times in self.expected.happenings().items():
            key = (account, kind, message_key(name))
            keyed[key], names[key] = times, name
        for channel_id, kind, target, times in self._rows(HAPPENINGS):
            key = (self.slugs[channel_id], kind, bytes(target))
            if (expected := keyed.pop(key, 0)) and (key[0], key[2]) not in possible and times != expected:
                yield Difference(f"{kind} stored {times} times instead of {expected}", f"{key[0]} {names[key]}")
        for key in keyed:
            yield Difference(f"{key[1]} is missing", f"{key[0]} {names[key]}")

    def _people(self) -> Iterator[Difference]:
        """Each person is one identity, and each identity one person."""
        identities: dict[tuple[str, str, bytes], int] = {}
        for channel_id, kind, key, identity in self._rows(PEOPLE, parameters=[list(self.slugs)]):
            identities[self.slugs[channel_id], kind, bytes(key)] = identity
        unsure = {(known.account, *key) for known in self.possible.known for key in known.keys}
        owners: dict[int, str] = {}
        for account, keys in self.expected.people():
            if any((account, *key) in unsure for key in keys):
                continue
            wanted = {(account, kind, identity_key(kind, value)) for kind, value in keys}
            found = {identities[key] for key in wanted & identities.keys()}
            somebody = f"{account} {next(iter(keys))[1]}"
            if not wanted <= identities.keys():
                yield Difference("person is unknown", somebody)
            if len(found) > 1:
                yield Difference("person is known as several", somebody)
            for identity in found:
                if owners.setdefault(identity, somebody) != somebody:
                    yield Difference("two people are known as one", f"{somebody}, {owners[identity]}")
        yield from self._choices(identities)

    def _choices(self, identities: dict[tuple[str, str, bytes], int]) -> Iterator[Difference]:
        """Who opted out is marked so, and the latest choice is on record."""
        latest: dict[tuple[int, str], bool] = {}
        for identity, scope, granted, opted_out in self._rows(CONSENTS, parameters=[list(self.slugs)]):
            latest[identity, scope] = granted
            latest[identity, MARK] = not opted_out
        keys_of: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for known in self.expected.known:
            keys_of[known.account, known.person] |= set(known.keys)
        for (account, person, scope), chose in self.expected.choices.items():
            if (account, person, scope) in self.possible.choices:
                continue
            for kind, value in keys_of[account, person]:
                identity = identities.get((account, kind, identity_key(kind, value)))
                wanted = {scope, MARK} if scope == "everything" else {scope}
                if identity and any(latest.get((identity, place)) is not (not chose.opted_out) for place in wanted):
                    yield Difference("choice to be written to is wrong", f"{account} {value}")

    def _conversations(self) -> Iterator[Difference]:
        """The counters and times of touched conversations are those that their messages give."""
        for number, *wrong in self._rows(CONVERSATIONS):
            for counter, is_wrong in zip(COUNTERS, wrong, strict=True):
                if is_wrong:
                    yield Difference(f"{counter} does not fit the messages", f"conversation {number}")
