"""Who asks: the colleague that a program's token acts for."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from crm.api.tokens import digest_of
from crm.models import ApiToken, User

KEYWORD = "bearer"
LONGEST = 200

# Counted where every process sees it, and in the statement that notes the use. A count that a crash loses is no loss, so
# nobody waits for the disk.
USE = """
    WITH hurried AS (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE crm_apitoken SET
        last_used_at = now(),
        minute_count = CASE WHEN minute = date_trunc('minute', now()) THEN minute_count + 1 ELSE 1 END,
        minute = date_trunc('minute', now())
    FROM hurried WHERE digest = %s
    RETURNING id, minute_count, now()
"""


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer migo_…`. Each request counts in the token's minute, see `crm.api.throttling`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the colleague and the token.

        Raises:
            AuthenticationFailed: there is a token that opens nothing.
        """
        keyword, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if not keyword:
            return None
        secret = secret.strip()
        if keyword.lower() != KEYWORD or not secret or len(secret) > LONGEST:
            raise AuthenticationFailed(_("Send the token as: Authorization: Bearer migo_…"))
        token = _use(secret)
        if token is None:
            raise AuthenticationFailed(_("There is no such token."))
        if not token.is_usable:
            raise AuthenticationFailed(_("This token was revoked or has expired."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _use(secret: str) -> ApiToken | None:
    with connection.cursor() as cursor:
        cursor.execute(USE, [digest_of(secret)])
        used: tuple[int, int, datetime] | None = cursor.fetchone()
    if used is None:
        return None
    token = ApiToken.objects.select_related("user").get(pk=used[0])
    token.minute_count, token.last_used_at = used[1], used[2]
    return token


def token_of(request: Any) -> ApiToken:
    """Return the token of an authenticated request."""
    assert isinstance(request.auth, ApiToken)  # noqa: S101 - no view of the API lets anybody else in
    return request.auth
