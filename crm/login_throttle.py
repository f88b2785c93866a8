"""Whom a failed login counts against: the account that was tried, and the address that tried it."""

import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest


def account_of(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Return the e-mail address that was tried, spelt in one way: accounts are found in any.

    Before a login axes names the field as the model does, after one as the login form does.
    """
    given = credentials or request.POST
    return (given.get("email") or given.get("username") or "").strip().lower()[:255]


def address_of(request: HttpRequest) -> str:
    """Return the address that the outermost of our `PROXY_COUNT` proxies saw.

    Each proxy adds to the right of X-Forwarded-For whom it was asked by; what stands further left, anybody may write.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.PROXY_COUNT <= len(hops):
        return direct
    try:
        return str(ipaddress.ip_address(hops[-settings.PROXY_COUNT].strip()))
    except ValueError:
        return direct
