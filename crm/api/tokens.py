"""Making API tokens, and taking them away."""

import hashlib
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.models import ApiToken, User

PREFIX = "migo_"
BYTES = 32
HINT_LENGTH = len(PREFIX) + 4


class NameTaken(Exception):
    """There is a token of that name."""


def digest_of(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(BYTES)


def add_token(
    *,
    name: str,
    user: User,
    is_bot: bool = True,
    expires_at: datetime | None = None,
    created_by: User | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a program; the token itself is returned here and never again.

    Raises:
        NameTaken: another program has that name.
    """
    secret = new_secret()
    token = ApiToken(name=name, user=user, is_bot=is_bot, expires_at=expires_at, created_by=created_by)
    keep_secret(token, secret)
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError:
        raise NameTaken(name) from None
    return token, secret


def keep_secret(token: ApiToken, secret: str) -> None:
    """Note on a token that is not saved yet what is kept of its secret."""
    token.digest, token.hint = digest_of(secret), secret[:HINT_LENGTH]


def revoke_token(*, name: str) -> ApiToken:
    """Let a token open nothing any more. Raises `ApiToken.DoesNotExist`."""
    token = ApiToken.objects.get(name=name)
    ApiToken.objects.filter(pk=token.pk).update(is_active=False, updated_at=timezone.now())
    token.is_active = False
    return token
