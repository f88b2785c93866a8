"""A channel has a good token again."""

from django.db import transaction
from django.utils import timezone

from crm.encrypted_fields import Unreadable
from crm.models import Channel
from messaging.channels.outbound import Reason
from messaging.lookups.errands import token_of
from messaging.models import LeadFormAnswer, OwnReaction
from messaging.tokens.asking import News


def release(channel: Channel) -> None:
    """Let a channel go on that was held back for its token; the caller saves it.

    What waits for the token is asked for at once.
    """
    channel.token_refused_at = channel.paused_until = None
    for waiting in (LeadFormAnswer, OwnReaction):
        waiting.objects.filter(channel_id=channel.pk, finished_at=None, reason=Reason.TOKEN.value).update(
            next_attempt_at=timezone.now()
        )


@transaction.atomic
def take_over(*, channel_id: int, token: str, news: News) -> bool:
    """Keep what the platform said of a token, and its successor if there is one; say whether it was still in use.

    Somebody may have typed in another meanwhile, which then stays as it is.
    """
    channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
    if isinstance(channel.credentials, Unreadable) or token_of(channel) != token:
        return False
    fields = {"updated_at"}
    if news.expiry_known:
        channel.token_expires_at = news.expires_at
        fields.add("token_expires_at")
    if news.renewed and news.renewed != token:
        older = [value for value in channel.credentials.get("access_token", []) if value not in (token, news.renewed)]
        channel.credentials = {**channel.credentials, "access_token": [news.renewed, *older]}
        fields.add("credentials")
    if news.renewed or channel.token_refused_at:
        release(channel)
        fields |= {"token_refused_at", "paused_until"}
    channel.save(update_fields=sorted(fields))
    return True
