"""Rows of made-up customers: who they are, and how the platforms know them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

from django.db.models import Model
from psycopg.types.json import Jsonb

from crm.contact_details import email_key, identity_key, phone_key
from crm.encrypted_fields import EncryptedField
from crm.encryption import encrypt
from crm.models import Customer, IdentityKey
from messaging.demo.shop import ShopChannel
from messaging.demo.talk import Talk
from messaging.demo.threads import Thread
from messaging.demo.writing import Writer

LABELS = ("", "", "", *Customer.Label.values)
TRADES = ("", *("retail",) * 7, "wholesale")
PERSONAS = ("", "", *Customer.Persona.values)
OWNED, BLOCKED = 0.95, 0.005
KEY_KINDS = {"messenger": "psid", "instagram": "igsid", "whatsapp": "phone", "telegram": "chat", "twilio": "phone"}
PHONES = {"ar": ("+2010", "+2011", "+2012", "+2015"), "en": ("+4477",), "pt": ("+55119", "+55219", "+55819")}
FIRST_PLATFORM_ID = 10**15  # 16 digits, as many as a page-scoped id has and a Telegram id may have
NOTED, WITH_EMAIL, WITH_PHONE = 0.06, 0.2, 0.35


def _label(model: type[Model], name: str) -> str:
    """Return what ties a value to its encrypted field."""
    return cast(EncryptedField, model._meta.get_field(name)).label


PHONE_LABEL, EMAIL_LABEL, VALUE_LABEL = (
    _label(Customer, "phone"),
    _label(Customer, "email"),
    _label(IdentityKey, "value"),
)


@dataclass(slots=True)
class Somebody:
    """A customer in the making: what their messages and their row both need.

    `questions_left`: how many more things they ask for; then they only say a few polite words. None: no end of them.
    """

    id: int
    language: str
    name: str
    phone: str
    owner_id: int | None
    label: str
    trade: str
    type: str
    persona: str
    blocked: bool
    questions_left: int | None = None


class People:
    """Writes customers and identities. Phone numbers, addresses and ids follow from the customer's own id."""

    def __init__(self, writer: Writer, chance: Random, now: datetime, staff: Sequence[int]) -> None:
        self.writer, self.chance, self.now, self.staff = writer, chance, now, staff
        self.talk = Talk(chance)

    def ago(self, seconds: float | None) -> datetime | None:
        """Return the time so many seconds before now."""
        return None if seconds is None else self.now - timedelta(seconds=seconds)

    def somebody(self) -> Somebody:
        """Return a new person."""
        chance = self.chance
        language = self.talk.language()
        prefix = chance.choice(PHONES[language])
        customer_id = self.writer.next_id("crm_customer")
        digits = f"{customer_id * 7_919 % 10**8:08d}"  # a prime step: no number comes twice
        owner = chance.choice(self.staff) if self.staff and chance.random() < OWNED else None
        name = " ".join(self.talk.name(language))
        return Somebody(
            customer_id, language, name, f"{prefix}{digits}", owner, chance.choice(LABELS), chance.choice(TRADES),
            Customer.Type.NEW, chance.choice(PERSONAS), chance.random() < BLOCKED,
        )  # fmt: skip

    def write_customer(self, person: Somebody, threads: Sequence[Thread], platforms: Sequence[str]) -> None:
        """Add the customer's row, and now and then a note."""
        chance, uid = self.chance, uuid.UUID(int=self.chance.getrandbits(128), version=4)
        town, governorate = self.talk.town(person.language)
        knows_phone = "phone" in {KEY_KINDS[platform] for platform in platforms} or chance.random() < WITH_PHONE
        phone = person.phone if knows_phone else ""
        email = f"customer{person.id}@mail.example" if chance.random() < WITH_EMAIL else ""
        since = self.ago(max(thread.ages[0] for thread in threads))
        self.writer.add(
            "crm_customer",
            person.id, since, self.now, uid, person.name, since,
            encrypt(PHONE_LABEL, uid, phone.encode()), phone_key(phone) or None,
            encrypt(EMAIL_LABEL, uid, email.encode()), email_key(email) or None,
            governorate, town, person.label, person.trade, person.type, person.persona, person.language, person.owner_id,
            self.ago(min(thread.ages[-1] for thread in threads)), True, person.blocked,
        )  # fmt: skip
        if chance.random() < NOTED:
            self.writer.add("crm_note", since, since, person.id, self.talk.note(person.language))

    def write_identity(self, person: Somebody, channel: ShopChannel, threads: Sequence[Thread]) -> int:
        """Add how one channel knows the customer and return the identity's id."""
        identity_id = self.writer.next_id("crm_identity")
        uid = uuid.UUID(int=self.chance.getrandbits(128), version=4)
        kind = KEY_KINDS[channel.platform]
        value = person.phone.removeprefix("+") if kind == "phone" else str(FIRST_PLATFORM_ID + person.id)
        last_private = [age for thread in threads if (age := thread.last_inbound) is not None]
        first_private = [age for thread in threads if (age := thread.first_inbound) is not None]
        first = self.ago(max(thread.ages[0] for thread in threads))
        username = f"{channel.platform[:2]}.{person.id}" if channel.platform in ("instagram", "telegram") else ""
        profile: dict[str, Any] = {"language": person.language} if channel.platform == "telegram" else {}
        self.writer.add(
            "crm_identity",
            identity_id, first, self.now, person.id, channel.id, username, person.name, Jsonb(profile), first,
            self.ago(max(first_private, default=None)), self.ago(min(last_private, default=None)),
            self.chance.random() < 0.01, False,
        )  # fmt: skip
        sealed = encrypt(VALUE_LABEL, uid, value.encode())
        self.writer.add(
            "crm_identitykey", first, self.now, uid, identity_id, channel.id, kind, sealed, identity_key(kind, value)
        )
        return identity_id
