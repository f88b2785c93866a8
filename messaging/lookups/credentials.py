"""The secrets of a channel, for asking its platform."""

from typing import Any, cast

from crm.encrypted_fields import Unreadable
from crm.models import Channel
from messaging.channels.contract import Credentials
from messaging.channels.outbound import Reason, SendError


def credentials_of(channel: Channel) -> Credentials:
    """Return a channel's secrets.

    Raises:
        SendError: no key of ours opens them.
    """
    known: Any = channel.credentials
    if isinstance(known, Unreadable):
        raise SendError(Reason.SETUP, "credentials")
    return cast("Credentials", known)
