"""Fetching a file again that could not be had before."""

from django.db import transaction

from messaging.media.asking import can_be_asked_for
from messaging.media.drain import wanted
from messaging.models import Attachment, MediaFetch


@transaction.atomic
def fetch_again(*, attachment_id: int) -> bool:
    """Put a file back in the line that could not be fetched; say whether it was one, and there is still something to ask for.

    The database's order is the drain's: first the row of the fetch, then its attachment.
    """
    fetch = MediaFetch.objects.select_for_update(no_key=True).filter(pk=attachment_id)
    list(fetch)
    found = Attachment.objects.select_related("message__channel").select_for_update(of=("self",), no_key=True)
    item = found.filter(pk=attachment_id, message__deleted_at=None).first()
    if item is None or item.file or item.state != Attachment.State.FAILED:
        return False
    channel = item.message.channel
    if not (channel.keeps_media and can_be_asked_for(channel.platform, wanted(item))):
        return False
    if not fetch.ask_again():
        MediaFetch.objects.create(attachment=item, channel=channel)
    item.state, item.problem = Attachment.State.WAITING, ""
    item.save(update_fields=["state", "problem"])
    return True
