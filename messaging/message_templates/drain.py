"""The drain that keeps templates as their platforms have them."""

from datetime import timedelta

from crm.models import Channel
from crm.models.channel import Platform
from messaging.channels.outbound import SendError
from messaging.lookups.credentials import credentials_of
from messaging.lookups.errands import ErrandDrain
from messaging.message_templates.business_account import known_waba_id, learn_waba_id
from messaging.message_templates.reading import Facts
from messaging.message_templates.storing import store_templates
from messaging.message_templates.twilio import ask_twilio
from messaging.message_templates.whatsapp import ask_whatsapp
from messaging.models import ChannelErrand


class TemplateDrain(ErrandDrain[list[Facts]]):
    """Fetches each channel's templates some times a day, since a platform may approve, pause or reject one at any time."""

    noun = "Templates of channel"
    kind = ChannelErrand.Kind.TEMPLATES
    platforms = (Platform.WHATSAPP, Platform.TWILIO)
    every = timedelta(hours=3)

    def __init__(self) -> None:
        super().__init__()
        self.waba_ids: dict[int, str] = {}

    def ready(self, row: ChannelErrand) -> None:
        self.waba_ids[row.channel_id] = waba_id_of(row.channel)

    def ask(self, row: ChannelErrand) -> list[Facts]:
        return ask_for_templates(row.channel, self.waba_ids.get(row.channel_id, ""))

    def write(self, row: ChannelErrand, found: list[Facts]) -> SendError | None:
        store_templates(channel_id=row.channel_id, facts=found)
        return None


def waba_id_of(channel: Channel) -> str:
    """Return the business account of a WhatsApp number, from what was entered, else from webhooks."""
    if channel.platform != Platform.WHATSAPP:
        return ""
    return known_waba_id(channel) or learn_waba_id(channel)


def ask_for_templates(channel: Channel, waba_id: str) -> list[Facts]:
    """Ask a channel's platform for its templates; without the database.

    Raises:
        SendError: they are not to be had, or not now.
    """
    if channel.platform == Platform.TWILIO:
        return ask_twilio(credentials_of(channel))
    return ask_whatsapp(waba_id, credentials_of(channel))
