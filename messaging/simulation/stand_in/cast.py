"""Whom the stand-in plays for: the channels with their tokens, read again when somebody comes with a token that is new."""

import asyncio
from collections.abc import Callable

from django.db import connections

from crm.models import Channel
from messaging.simulation.accounts import SimulatedAccount

TOKENS = ("access_token", "bot_token", "auth_token")

Reader = Callable[[], list[SimulatedAccount]]


def active_channels() -> list[SimulatedAccount]:
    """Return all channels that are in use and whose secrets can be read."""
    try:
        return [
            SimulatedAccount(
                channel.slug,
                channel.platform,
                channel.external_id,
                channel.webhook_path,
                channel.webhook_url,
                channel.pk,
                channel.credentials,
            )
            for channel in Channel.objects.active().order_by("pk")
            if isinstance(channel.credentials, dict)
        ]
    finally:
        connections.close_all()


def token_of(account: SimulatedAccount) -> str:
    """Return the newest token by which an account may send."""
    known = [account.credentials.get(name) for name in TOKENS]
    return next((value for values in known if isinstance(values, list) for value in values if value), "")


class Cast:
    """The accounts, by what a request names them with. A token that was said to be expired is refused until another is set."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.accounts: list[SimulatedAccount] = []
        self.expired: set[str] = set()

    async def refresh(self) -> None:
        """Read the channels again."""
        self.accounts = await asyncio.to_thread(self.reader)

    def knows(self, token: str) -> bool:
        """Say whether some account has this token now."""
        return any(token == token_of(account) for account in self.accounts)

    def by_token(self, token: str, external_id: str = "", platform: str = "") -> SimulatedAccount | None:
        """Return the account that a token is for: the one with this id, where the token is of several."""
        if not token or token in self.expired:
            return None
        named = (not external_id, not platform)
        return next(
            (
                account
                for account in self.accounts
                if token_of(account) == token
                and (named[0] or account.external_id == external_id)
                and (named[1] or account.platform == platform)
            ),
            None,
        )

    def expire(self, platform: str = "", channel: str = "") -> None:
        """Let the tokens of these accounts be worth nothing any more."""
        self.expired |= {
            token_of(account)
            for account in self.accounts
            if platform in ("", account.platform) and channel in ("", account.slug)
        }
