"""Finding, making and keeping the people that events are about."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from crm.contact_details import phone_key
from crm.encryption import encrypt
from messaging.channels.events import PHONE
from messaging.ingest.drafts import ConsentDraft, MessageDraft, Person, PersonKey, later
from messaging.ingest.joining import join_identities
from messaging.ingest.recordset import recordset

FIND = """
    SELECT wanted.channel_id, wanted.kind, wanted.key, key.identity_id, identity.customer_id
    FROM json_to_recordset(%s) AS wanted (channel_id bigint, kind text, key bytea)
    JOIN crm_identitykey AS key ON key.channel_id = wanted.channel_id AND key.kind = wanted.kind AND key.key = wanted.key
    JOIN crm_identity AS identity ON identity.id = key.identity_id
"""
NEXT_IDS = """
    SELECT nextval('crm_customer_id_seq'), nextval('crm_identity_id_seq') FROM generate_series(1, %s)
"""
INSERT_CUSTOMERS = """
    INSERT INTO crm_customer
        (id, uid, created_at, updated_at, name, name_at, phone, phone_key, email, governorate, city, label, trade, type, persona,
         language, is_active, blocked)
    SELECT id, uid, now(), now(), name, name_at, phone, phone_key, email, '', '', '', '', 'new', '', language, true, false
    FROM json_to_recordset(%s) AS new
        (id bigint, uid uuid, name text, name_at timestamptz, phone bytea, phone_key bytea, email bytea, language text)
"""
INSERT_IDENTITIES = """
    INSERT INTO crm_identity
        (id, created_at, updated_at, customer_id, channel_id, username, name, profile, opted_out, is_placeholder)
    SELECT id, now(), now(), customer_id, channel_id, '', '', '{}', false, is_placeholder
    FROM json_to_recordset(%s) AS new (id bigint, customer_id bigint, channel_id bigint, is_placeholder boolean)
"""
INSERT_KEYS = """
    INSERT INTO crm_identitykey (uid, created_at, updated_at, identity_id, channel_id, kind, value, key)
    SELECT uid, now(), now(), identity_id, channel_id, kind, value, key
    FROM json_to_recordset(%s) AS new (uid uuid, identity_id bigint, channel_id bigint, kind text, value bytea, key bytea)
    ON CONFLICT (channel_id, kind, key) DO NOTHING
"""
LOCK = "SELECT id, customer_id, erased_at FROM crm_identity WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
UPDATE_IDENTITIES = """
    UPDATE crm_identity AS identity SET
        first_inbound_at = LEAST(identity.first_inbound_at, new.first_inbound_at),
        last_inbound_at = GREATEST(identity.last_inbound_at, new.last_inbound_at),
        delivered_watermark = GREATEST(identity.delivered_watermark, new.delivered_watermark),
        read_watermark = GREATEST(identity.read_watermark, new.read_watermark),
        name = CASE WHEN newer.profile THEN new.name ELSE identity.name END,
        username = CASE WHEN newer.profile THEN new.username ELSE identity.username END,
        profile = CASE WHEN newer.profile THEN new.profile ELSE identity.profile END,
        profile_at = CASE WHEN newer.profile THEN new.profile_at ELSE identity.profile_at END,
        opted_out = CASE WHEN newer.consent THEN new.opted_out ELSE identity.opted_out END,
        consent_at = CASE WHEN newer.consent THEN new.consent_at ELSE identity.consent_at END,
        updated_at = now()
    FROM json_to_recordset(%s) AS new
        (identity_id bigint, first_inbound_at timestamptz, last_inbound_at timestamptz, delivered_watermark timestamptz,
         read_watermark timestamptz, name text, username text, profile jsonb, profile_at timestamptz, opted_out boolean,
         consent_at timestamptz)
    JOIN crm_identity AS before ON before.id = new.identity_id,
    LATERAL (SELECT
        new.profile_at IS NOT NULL AND (before.profile_at IS NULL OR before.profile_at < new.profile_at
            OR (before.profile_at = new.profile_at AND before.name COLLATE "C" < new.name)) AS profile,
        new.consent_at IS NOT NULL AND (before.consent_at IS NULL OR before.consent_at < new.consent_at
            OR (before.consent_at = new.consent_at AND before.opted_out < new.opted_out)) AS consent
    ) AS newer
    WHERE identity.id = new.identity_id
"""
LOCK_CUSTOMERS = "SELECT id FROM crm_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
UPDATE_CUSTOMERS = """
    UPDATE crm_customer AS customer SET
        last_message_at = GREATEST(customer.last_message_at, new.last_message_at),
        name = CASE WHEN newer.name THEN new.name ELSE customer.name END,
        name_at = CASE WHEN newer.name THEN new.name_at ELSE customer.name_at END,
        updated_at = now()
    FROM json_to_recordset(%s) AS new (customer_id bigint, last_message_at timestamptz, name text, name_at timestamptz)
    JOIN crm_customer AS before ON before.id = new.customer_id,
    LATERAL (SELECT new.name <> '' AND before.name_at IS NOT NULL AND (before.name_at < new.name_at
        OR (before.name_at = new.name_at AND before.name COLLATE "C" < new.name)) AS name) AS newer
    WHERE customer.id = new.customer_id AND (newer.name OR customer.last_message_at IS NULL
        OR customer.last_message_at < new.last_message_at)
"""
APPLY_WATERMARKS = """
    UPDATE messaging_message AS message
    SET status = CASE WHEN COALESCE(message.sent_at, message.at) <= identity.read_watermark THEN 7 ELSE 6 END
    FROM crm_identity AS identity JOIN messaging_conversation AS conversation ON conversation.identity_id = identity.id
    WHERE identity.id = ANY(%s) AND message.conversation_id = conversation.id
      AND message.direction = 'out' AND message.status >= 4 AND message.status < 7 AND message.type <> 'comment'
      AND message.external_key IS NOT NULL
      AND (COALESCE(message.sent_at, message.at) <= identity.read_watermark
           OR (COALESCE(message.sent_at, message.at) <= identity.delivered_watermark AND message.status < 6))
"""
APPLY_WATERMARKS_IN = APPLY_WATERMARKS.replace(
    "ANY(%s)", "ANY(ARRAY(SELECT identity_id FROM messaging_conversation WHERE id = ANY(%s)))"
)
INSERT_CONSENTS = """
    INSERT INTO crm_consent (created_at, updated_at, customer_id, identity_id, granted, source, scope, at, delivery_id)
    SELECT now(), now(), customer_id, identity_id, granted, source, scope, at, delivery_id
    FROM json_to_recordset(%s) AS new
        (customer_id bigint, identity_id bigint, granted boolean, source text, scope text, at timestamptz, delivery_id bigint)
    ON CONFLICT (identity_id, scope, at, granted) WHERE identity_id IS NOT NULL DO NOTHING
"""
SET_PHONE = """
    UPDATE crm_customer SET phone = %(phone)s, phone_key = %(key)s, updated_at = now()
    WHERE id = %(id)s AND phone_key IS NULL
"""
UID_OF = "SELECT uid FROM crm_customer WHERE id = %s"


class ErasedMeanwhile(Exception):
    """Somebody was erased between being found and being locked."""


def find(persons: list[Person], batch: list[Person]) -> list[PersonKey]:
    """Tell persons the identities that their keys belong to; return the keys that belong to nobody yet.

    Where keys show identities to be one, whoever of the whole batch was one of them follows.
    """
    found = _owners_of_keys(persons)
    for person in persons:
        belongs_to = sorted({found[key] for key in person.keys if key in found})
        if len(belongs_to) > 1:
            kept = join_identities(belongs_to)
            found |= {key: kept for key, owner in found.items() if owner in belongs_to}
            joined = {identity_id for identity_id, _ in belongs_to}
            for other in batch:
                if other.identity_id in joined:
                    other.identity_id, other.customer_id = kept
        if belongs_to:
            person.identity_id, person.customer_id = belongs_to[0]
    return [key for person in persons for key in person.keys if key not in found]


def _owners_of_keys(persons: list[Person]) -> dict[PersonKey, tuple[int, int]]:
    """Return (identity id, customer id) by the keys that belong to somebody."""
    rows = [{"channel_id": key[0], "kind": key[1], "key": key[2]} for person in persons for key in person.keys]
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [recordset(rows)])
        return {
            (channel_id, kind, bytes(key)): (identity_id, customer_id)
            for channel_id, kind, key, identity_id, customer_id in cursor.fetchall()
        }


def find_or_create(persons: list[Person], unknown: list[PersonKey]) -> None:
    """Give every person an identity; the caller holds the locks of the unknown keys."""
    if unknown:
        missing = set(unknown)
        affected = [person for person in persons if not missing.isdisjoint(person.keys)]
        still_unknown = set(find(affected, persons))
        new = [person for person in affected if not person.identity_id]
        known = [person for person in affected if person.identity_id]
        _create(new)
        _add_keys(affected, still_unknown)
        _add_phones(known, still_unknown)
    _unite(persons)


def _unite(persons: list[Person]) -> None:
    """Make one person of those that turned out to be the same identity."""
    by_identity: dict[int, Person] = {}
    for person in persons:
        known = by_identity.setdefault(person.identity_id, person)
        if known is not person:
            known.absorb(person)


def _create(persons: list[Person]) -> None:
    if not persons:
        return
    customers, identities = [], []
    with connection.cursor() as cursor:
        cursor.execute(NEXT_IDS, [len(persons)])
        for person, (customer_id, identity_id) in zip(persons, cursor.fetchall(), strict=True):
            person.customer_id, person.identity_id = customer_id, identity_id
            customers.append(_customer_row(person))
            identities.append(
                {
                    "id": identity_id,
                    "customer_id": customer_id,
                    "channel_id": person.channel_id,
                    "is_placeholder": person.placeholder,
                }
            )
        cursor.execute(INSERT_CUSTOMERS, [recordset(customers)])
        cursor.execute(INSERT_IDENTITIES, [recordset(identities)])


def _customer_row(person: Person) -> dict[str, Any]:
    uid = uuid.uuid4()
    phone = _phone(person)
    return {
        "id": person.customer_id,
        "uid": uid,
        "name": person.name,
        "name_at": person.profile_at,
        "phone": encrypt("customer.phone", uid, phone.encode()),
        "phone_key": phone_key(phone) or None if phone else None,
        "email": encrypt("customer.email", uid, b""),
        "language": str(person.profile.get("language", ""))[:10],
    }


def _phone(person: Person) -> str:
    number = next((value for (_, kind, _), value in person.keys.items() if kind == PHONE), "")
    return f"+{number.lstrip('+')}" if number else ""


def _add_keys(persons: list[Person], unknown: set[PersonKey]) -> None:
    rows = []
    for person in persons:
        for key in person.keys:
            if key in unknown:
                uid = uuid.uuid4()
                rows.append(
                    {
                        "uid": uid,
                        "identity_id": person.identity_id,
                        "channel_id": key[0],
                        "kind": key[1],
                        "value": encrypt("identity_key.value", uid, person.keys[key].encode()),
                        "key": key[2],
                    }
                )
    with connection.cursor() as cursor:
        cursor.execute(INSERT_KEYS, [recordset(rows)])


def _add_phones(known: list[Person], unknown: set[PersonKey]) -> None:
    """Give customers of before the phone number that came with a new key, unless they have one."""
    with connection.cursor() as cursor:
        for person in known:
            if any(key in unknown and key[1] == PHONE for key in person.keys):
                phone = _phone(person)
                cursor.execute(UID_OF, [person.customer_id])
                (uid,) = cursor.fetchone()
                sealed = encrypt("customer.phone", uid, phone.encode())
                cursor.execute(SET_PHONE, {"phone": sealed, "key": phone_key(phone) or None, "id": person.customer_id})


def lock(persons: list[Person]) -> None:
    """Wait for drains that write to the same people, and learn whose they are by now: a colleague may have merged customers.

    Raises:
        ErasedMeanwhile: somebody was erased since they were found; read once more, they are somebody new.
    """
    if persons:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [sorted({person.identity_id for person in persons})])
            rows = cursor.fetchall()
        if any(erased_at for *_, erased_at in rows):
            raise ErasedMeanwhile
        customers = {identity_id: customer_id for identity_id, customer_id, _ in rows}
        for person in persons:
            person.customer_id = customers.get(person.identity_id, person.customer_id)


def update(persons: list[Person], inserted: Iterable[MessageDraft]) -> None:
    """Keep profiles, consents, windows and last messages up to date."""
    windows: dict[int, list[datetime]] = defaultdict(list)
    last_message_at: dict[int, datetime] = {}
    for draft in inserted:
        person = draft.person.root
        if draft.opens_window:
            windows[person.identity_id].append(draft.row["at"])
        newest = later(last_message_at.get(person.customer_id), draft.row["at"])
        if newest:
            last_message_at[person.customer_id] = newest
    roots = list({id(person.root): person.root for person in persons}.values())
    identities = [row for person in roots if (row := _identity_row(person, windows.get(person.identity_id)))]
    customers = _customer_rows(roots, last_message_at)
    with connection.cursor() as cursor:
        if identities:
            cursor.execute(UPDATE_IDENTITIES, [recordset(identities)])
        if customers:
            cursor.execute(LOCK_CUSTOMERS, [sorted(row["customer_id"] for row in customers)])
            cursor.execute(UPDATE_CUSTOMERS, [recordset(customers)])


def _identity_row(person: Person, window: list[datetime] | None) -> dict[str, Any] | None:
    """Return what changes on an identity, None for nothing."""
    named = bool(person.name or person.username)
    if not (named or window or person.consent_at or person.delivered_watermark or person.read_watermark):
        return None
    return {
        "identity_id": person.identity_id,
        "first_inbound_at": min(window) if window else None,
        "last_inbound_at": max(window) if window else None,
        "delivered_watermark": person.delivered_watermark,
        "read_watermark": person.read_watermark,
        "name": person.name,
        "username": person.username,
        "profile": person.profile,
        "profile_at": person.profile_at if named else None,
        "opted_out": bool(person.opted_out),
        "consent_at": person.consent_at,
    }


def _customer_rows(persons: list[Person], last_message_at: dict[int, datetime]) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    for person in persons:
        newest = last_message_at.get(person.customer_id)
        if not (person.name or newest):
            continue
        row = rows.setdefault(person.customer_id, {"customer_id": person.customer_id, "name": "", "name_at": None})
        row["last_message_at"] = newest
        if person.name and (row["name_at"] is None or (person.profile_at, person.name) > (row["name_at"], row["name"])):
            row |= {"name": person.name, "name_at": person.profile_at}
    return list(rows.values())


def apply_watermarks(persons: list[Person], inserted: Iterable[MessageDraft]) -> None:
    """Raise the status of messages of ours that a receipt covers, whichever of the two came first."""
    affected = {draft.person.root.identity_id for draft in inserted if draft.row["direction"] == "out"}
    affected |= {p.root.identity_id for p in persons if p.delivered_watermark or p.read_watermark}
    if affected:
        with connection.cursor() as cursor:
            cursor.execute(APPLY_WATERMARKS, [sorted(affected)])


def apply_watermarks_in(conversation_ids: list[int]) -> None:
    """Do the same for messages of ours that have just become known to the platform."""
    with connection.cursor() as cursor:
        cursor.execute(APPLY_WATERMARKS_IN, [conversation_ids])


def record_consents(drafts: list[ConsentDraft]) -> None:
    """Keep the evidence of who allowed or refused what, and when."""
    rows = [
        {
            "customer_id": draft.person.root.customer_id,
            "identity_id": draft.person.root.identity_id,
            "granted": draft.granted,
            "source": draft.source,
            "scope": draft.scope,
            "at": draft.at,
            "delivery_id": draft.delivery_id,
        }
        for draft in drafts
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(INSERT_CONSENTS, [recordset(rows)])
