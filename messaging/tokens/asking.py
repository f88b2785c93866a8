"""Asking Meta about an access token, and for a newer one.

https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
https://developers.facebook.com/docs/graph-api/reference/debug_token
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from messaging.channels.contract import Credentials
from messaging.channels.http import ask
from messaging.channels.meta_sending import graph, refuse
from messaging.channels.outbound import Reason, SendError
from messaging.channels.reading import object_of, text_of

#: How a token begins that Instagram itself gave out, not Facebook for the page that the account is linked to.
OF_INSTAGRAM = "IG"
#: Instagram renews no token that is younger.
YOUNGEST = timedelta(hours=24)
#: When a token is renewed: with this little left, so that a failure can be retried for weeks before anybody is warned.
LEFT = timedelta(days=30)
LONGEST = timedelta(days=366)
PASSING = frozenset({Reason.TRY_AGAIN, Reason.THROTTLED, Reason.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Token:
    """A token, the time since when we have it, and when it expires as far as we know."""

    value: str = field(repr=False)
    since: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class News:
    """What the platform says of a token: it is good. `expiry_known` tells whether `expires_at` counts; None: never."""

    expires_at: datetime | None = None
    expiry_known: bool = False
    renewed: str = field(default="", repr=False)


def ask_instagram(token: Token, credentials: Credentials, now: datetime) -> News:
    """Renew a token of Instagram's own when it is time, else see whether it is good.

    Raises:
        SendError: it is not, or nobody can say now.
    """
    base_url = settings.INSTAGRAM_TOKEN_URL
    is_old_enough = now - token.since >= YOUNGEST
    is_due = token.expires_at is None or token.expires_at - now <= LEFT
    if not (is_old_enough and is_due):
        return _see(credentials, base_url)
    query = {"grant_type": "ig_refresh_token", "access_token": token.value}
    return _renewed(_get(f"{base_url}/refresh_access_token", query), now)


def ask_facebook(token: Token, credentials: Credentials, now: datetime) -> News:
    """See whether a token of Facebook's is good and until when, and have it exchanged when little is left.

    More than whether it is good is told only to who knows the app's id and secret.

    Raises:
        SendError: it is not, or nobody can say now.
    """
    app = App.of(credentials)
    told = app.describe(token) if app else {}
    if app is None or not told:
        return _see(credentials, settings.GRAPH_API_URL)
    if told.get("is_valid") is not True:
        raise SendError(Reason.TOKEN, text_of(object_of(told.get("error")).get("code")) or "190")
    known = News(_instant(told.get("expires_at")), expiry_known=True)
    if known.expires_at is None or known.expires_at - now > LEFT:
        return known
    found = app.exchange(token, is_system_user=told.get("type") == "SYSTEM_USER", now=now)
    # What is exchanged too early, or is of a kind that is not exchanged, comes back with as little time as before.
    is_newer = found is not None and (found.expires_at is None or found.expires_at > known.expires_at)
    return found if found is not None and is_newer else known


@dataclass(frozen=True, slots=True)
class App:
    """Our app at Meta, which may ask about tokens that were given out to it."""

    app_id: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, credentials: Credentials) -> "App | None":
        """Return a channel's app, where both its id and its secret are known."""
        app_id, secret = (next(filter(None, credentials.get(name, [])), "") for name in ("app_id", "app_secret"))
        return cls(app_id, secret) if app_id and secret else None

    def describe(self, token: Token) -> dict[str, Any]:
        """Return what is known of a token; nothing where the app itself is refused, which says nothing of the token."""
        query = {"input_token": token.value, "access_token": f"{self.app_id}|{self.secret}"}
        try:
            return object_of(_get(f"{_facebook()}/debug_token", query).get("data"))
        except SendError as error:
            if error.reason in PASSING:
                raise
            return {}

    def exchange(self, token: Token, *, is_system_user: bool, now: datetime) -> News | None:
        """Return the token's successor; None where it has none."""
        query = {
            "grant_type": "fb_exchange_token",
            "client_id": self.app_id,
            "client_secret": self.secret,
            "fb_exchange_token": token.value,
            **({"set_token_expires_in_60_days": "true"} if is_system_user else {}),
        }
        try:
            return _renewed(_get(f"{_facebook()}/oauth/access_token", query), now)
        except SendError as error:
            if error.reason in PASSING:
                raise
            return None


def _facebook() -> str:
    return f"{settings.GRAPH_API_URL}/{settings.GRAPH_API_VERSION}"


def _see(credentials: Credentials, base_url: str) -> News:
    graph("GET", "me", credentials, base_url=base_url, query={"fields": "id"})
    return News()


def _get(url: str, query: dict[str, str]) -> dict[str, Any]:
    answer = ask("GET", url, query=query)
    if not answer.ok:
        refuse(answer)
    return answer.data


def _renewed(told: dict[str, Any], now: datetime) -> News:
    token, seconds = text_of(told.get("access_token")), told.get("expires_in")
    if not token:
        raise SendError(Reason.TRY_AGAIN, "no token")
    if not isinstance(seconds, int) or not 0 < seconds <= LONGEST.total_seconds():
        return News(renewed=token, expiry_known=True)
    return News(now + timedelta(seconds=seconds), expiry_known=True, renewed=token)


def _instant(value: object) -> datetime | None:
    if not isinstance(value, int) or not 0 < value < 4_102_444_800:
        return None  # 0: never
    return datetime.fromtimestamp(value, UTC)
