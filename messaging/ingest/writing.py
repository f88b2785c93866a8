"""Writing a batch: each step one or a few set-based statements, in one order for all drains.

Locks are taken in this order: message and person keys (advisory), identities, conversations, messages, customers. Everything
commutes (counters add, times are the least or greatest, the newest wins), so drains may run side by side and in any order.
"""

from collections.abc import Iterable

from django.db import connection

from messaging.ingest import attribution, conversations, happenings, messages, own_tokens, people
from messaging.ingest.drafts import Batch

#: Locks on single keys are taken up to this number; beyond it a batch locks all keys at once, to spare the lock table.
MOST_KEY_LOCKS = 2000
ALL_KEYS = 0x4D69676F  # any fixed number that is no one else's

LOCK_SHARED = "SELECT pg_advisory_xact_lock_shared(%s)"
LOCK_ALL = "SELECT pg_advisory_xact_lock(%s)"
LOCK_KEYS = (
    "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) WITH ORDINALITY AS k (key, place) ORDER BY place"
)


def write_batch(batch: Batch) -> None:
    """Write everything a batch holds, within the caller's transaction."""
    persons = batch.people.all()
    unknown = people.find(persons, persons)
    lock_keys([*_keys_of(batch), *(key for *_, key in unknown)])
    claimed = own_tokens.claim(batch.own_tokens)
    people.find_or_create(persons, unknown)
    new = messages.not_yet_stored(list(batch.messages.values()))
    people.lock([person.root for person in persons])
    conversations.assign(new)
    attribution.assign([(touch, draft) for touch, draft in batch.touches if "conversation_id" in draft.row])
    inserted = messages.insert(new)
    touched = happenings.insert(list(batch.events.values()))
    answers = happenings.apply({(draft.channel_id, draft.key) for draft in inserted} | touched | claimed)
    conversations.count(inserted, answers)
    own_tokens.adopt(inserted, answers)
    people.update(persons, inserted)
    people.apply_watermarks(persons, inserted)
    people.record_consents(batch.consents)


def _keys_of(batch: Batch) -> set[bytes]:
    """Return the keys of all messages that a batch writes or speaks of."""
    keys = {key for _, key in batch.messages} | {draft.target_key for draft in batch.events.values()}
    return keys | {draft.row["actor_key"] for draft in batch.events.values() if draft.row["kind"] == "own_comment"}


def lock_keys(keys: Iterable[bytes]) -> None:
    """Wait for whoever writes the same messages, events of them, or new persons.

    Without this, an unsend read while its message's batch was not committed would change nothing, and be lost.
    """
    numbers = sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys})
    with connection.cursor() as cursor:
        if len(numbers) > MOST_KEY_LOCKS:
            cursor.execute(LOCK_ALL, [ALL_KEYS])
        elif numbers:
            cursor.execute(LOCK_SHARED, [ALL_KEYS])
            cursor.execute(LOCK_KEYS, [numbers])
