"""The one list of platforms; a new one is a module and a line here."""

from types import MappingProxyType

from messaging.channels import instagram, messenger, telegram, twilio, whatsapp
from messaging.channels.contract import Adapter

ADAPTERS: MappingProxyType[str, Adapter] = MappingProxyType(
    {
        "messenger": messenger,
        "instagram": instagram,
        "whatsapp": whatsapp,
        "telegram": telegram,
        "twilio": twilio,
    }
)


def adapter_for(platform: str) -> Adapter:
    """Return the adapter of a platform.

    Raises:
        KeyError: no such platform.
    """
    return ADAPTERS[platform]
