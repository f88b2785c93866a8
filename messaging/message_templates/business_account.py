"""The id of the WhatsApp Business Account that a number belongs to, which its templates are asked for by."""

from django.db import transaction

from crm.encrypted_fields import Unreadable
from crm.models import Channel
from crm.models.channel import Platform
from messaging.channels.contract import MalformedPayload
from messaging.channels.reading import load_object, object_of, objects_of, text_of
from messaging.models import WebhookDelivery

NAME = "waba_id"
LOOK_AT = 50  # newest deliveries; any webhook about messages names it


def known_waba_id(channel: Channel) -> str:
    """Return the id that was entered or learned before; empty: none."""
    if isinstance(channel.credentials, Unreadable):
        return ""
    return next(filter(None, channel.credentials.get(NAME, [])), "")


def learn_waba_id(channel: Channel) -> str:
    """Return the id that the number's own webhooks carry as `entry.id`, and keep it; empty where none came yet."""
    newest = WebhookDelivery.objects.filter(channel__platform=Platform.WHATSAPP).order_by("-pk")[:LOOK_AT]
    found = next(filter(None, (_named_in(delivery, channel.external_id) for delivery in newest)), "")
    if found:
        _keep(channel.pk, found)
    return found


def _named_in(delivery: WebhookDelivery, phone_number_id: str) -> str:
    if isinstance(delivery.body, Unreadable):
        return ""
    try:
        body = load_object(bytes(delivery.body))
    except MalformedPayload:
        return ""
    for entry in objects_of(body.get("entry")):
        for change in objects_of(entry.get("changes")):
            metadata = object_of(object_of(change.get("value")).get("metadata"))
            if phone_number_id and text_of(metadata.get("phone_number_id")) == phone_number_id:
                return text_of(entry.get("id"))
    return ""


@transaction.atomic
def _keep(channel_id: int, waba_id: str) -> None:
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    if not isinstance(channel.credentials, Unreadable) and not known_waba_id(channel):
        channel.credentials = {**channel.credentials, NAME: [waba_id]}
        channel.save(update_fields=["credentials", "updated_at"])
