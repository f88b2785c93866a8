"""Rows for tests."""

from itertools import count
from typing import Any

from crm.contact_details import identity_key
from crm.models import Channel, Customer, Identity, IdentityKey, User

_numbers = count(1)

SECRETS: dict[str, dict[str, list[str]]] = {
    "messenger": {"app_secret": ["app-secret"], "verify_token": ["verify-token"]},
    "instagram": {"app_secret": ["app-secret"], "verify_token": ["verify-token"]},
    "whatsapp": {"app_secret": ["app-secret"], "verify_token": ["verify-token"]},
    "telegram": {"secret_token": ["secret-token"], "bot_token": ["1:bot-token"]},
    "twilio": {"account_sid": ["AC0"], "auth_token": ["auth-token"]},
}


def make_user(email: str = "", password: str = "long enough for a test", **fields: Any) -> User:
    return User.objects.create_user(email or f"user{next(_numbers)}@shop.example", password, **fields)


def make_channel(platform: str = "messenger", **fields: Any) -> Channel:
    number = next(_numbers)
    fields = {
        "slug": f"{platform}-{number}",
        "name": f"{platform.title()} {number}",
        "external_id": str(100_000 + number),
        "credentials": SECRETS[platform],
        **fields,
    }
    return Channel.objects.create(platform=platform, **fields)


def make_customer(**fields: Any) -> Customer:
    phone, email = fields.pop("phone", ""), fields.pop("email", "")
    customer = Customer(**{"name": f"Customer {next(_numbers)}", **fields})
    customer.set_phone(phone)
    customer.set_email(email)
    customer.save()
    return customer


def make_identity(channel: Channel | None = None, **fields: Any) -> Identity:
    key = fields.pop("key", ("psid", str(next(_numbers))))
    channel = channel or make_channel()
    customer = fields.pop("customer", None) or make_customer()
    identity = Identity.objects.create(channel=channel, customer=customer, **fields)
    IdentityKey.objects.create(identity=identity, channel=channel, kind=key[0], value=key[1], key=identity_key(*key))
    return identity
