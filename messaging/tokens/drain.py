"""The drain that looks after access tokens."""

from datetime import timedelta

from django.utils import timezone

from crm.models.channel import Platform
from messaging.channels.outbound import SendError
from messaging.lookups.credentials import credentials_of
from messaging.lookups.errands import ErrandDrain, token_key, token_of
from messaging.models import ChannelErrand
from messaging.tokens.asking import OF_INSTAGRAM, News, Token, ask_facebook, ask_instagram
from messaging.tokens.notices import tell_administrators
from messaging.tokens.renewal import take_over


class TokenDrain(ErrandDrain[tuple[str, News]]):
    """Sees twice a day whether tokens are good, renews them before they expire, and tells administrators what is wrong.

    Tokens of Telegram and Twilio do not expire: a refusal shows when something is sent.
    """

    noun = "Token of channel"
    kind = ChannelErrand.Kind.TOKEN
    platforms = (Platform.MESSENGER, Platform.INSTAGRAM, Platform.WHATSAPP)
    every = timedelta(hours=12)

    def look(self) -> None:
        super().look()
        tell_administrators()

    def ask(self, row: ChannelErrand) -> tuple[str, News]:
        credentials, now = credentials_of(row.channel), timezone.now()
        token = Token(token_of(row.channel), row.token_since or now, row.channel.token_expires_at)
        ask = ask_instagram if token.value.startswith(OF_INSTAGRAM) else ask_facebook
        return token.value, ask(token, credentials, now)

    def write(self, row: ChannelErrand, found: tuple[str, News]) -> SendError | None:
        asked, news = found
        if take_over(channel_id=row.channel_id, token=asked, news=news) and news.renewed:
            key, now = token_key(news.renewed), timezone.now()
            ChannelErrand.objects.filter(channel_id=row.channel_id).update(token_key=key, token_since=now)
        return None
