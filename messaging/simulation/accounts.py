"""The channels that the simulator posts to, made on first use."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from crm.models import Channel
from messaging.channels import adapter_for
from messaging.channels.contract import Credentials

#: Slug, platform, id on the platform. The two pages belong to one app: they share its secret and now and then a POST.
ACCOUNTS = (
    ("sim-messenger", "messenger", "990100000000001"),
    ("sim-messenger-2", "messenger", "990100000000002"),
    ("sim-instagram", "instagram", "990200000000001"),
    ("sim-whatsapp", "whatsapp", "990300000000001"),
    ("sim-telegram", "telegram", "9904000001"),
    ("sim-twilio", "twilio", "+15005550006"),
)
PLATFORMS = tuple(dict.fromkeys(platform for _, platform, _ in ACCOUNTS))


class AccountMissing(Exception):
    """A channel of the simulator cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """One channel, as the simulated platform knows it; `url` is the public address that Twilio signs."""

    slug: str
    platform: str
    external_id: str
    path: str
    url: str
    channel_id: int
    credentials: Credentials


def simulated_accounts(platforms: tuple[str, ...]) -> list[SimulatedAccount]:
    """Return the accounts of these platforms, with channels and secrets made where they are missing.

    Raises:
        AccountMissing: somebody switched one off, or its secrets do not decrypt.
    """
    shared: dict[str, Credentials] = {platform: _new_secrets(platform) for platform in platforms}
    return [
        _account(slug, platform, external_id, shared)
        for slug, platform, external_id in ACCOUNTS
        if platform in platforms
    ]


def _new_secrets(platform: str) -> dict[str, list[str]]:
    return {name: [secrets.token_hex(16)] for name in adapter_for(platform).SECRETS}


@transaction.atomic
def _account(slug: str, platform: str, external_id: str, shared: dict[str, Credentials]) -> SimulatedAccount:
    """Return one account; accounts of one platform share the secrets of the first."""
    channel, _ = Channel.objects.get_or_create(
        slug=slug,
        defaults={
            "platform": platform,
            "name": f"Simulator: {slug.removeprefix('sim-')}",
            "external_id": external_id,
            "credentials": shared[platform],
        },
    )
    if channel.platform != platform or not channel.is_active or not isinstance(channel.credentials, dict):
        raise AccountMissing(f"The channel {slug} is not active, of another platform, or its secrets do not decrypt.")
    shared[platform] = channel.credentials
    return SimulatedAccount(
        slug, platform, channel.external_id, channel.webhook_path, channel.webhook_url, channel.pk, channel.credentials
    )
