"""Setting up our accounts on the platforms, and telling what is wrong with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import runtime_settings
from crm.encrypted_fields import Unreadable
from crm.models import Channel
from crm.models.channel import Platform
from messaging.channels import adapter_for
from messaging.lookups.errands import TOKENS as FOR_ASKING
from messaging.models import WebhookDelivery
from messaging.tokens.renewal import release

#: Secrets that only sending needs; every other one is needed to receive.
FOR_SENDING = frozenset({"access_token", "bot_token", "account_sid"})
#: What a channel works without. The app's id lets its token be looked after; the business account's is learned from webhooks.
OPTIONAL = frozenset({"app_id", "waba_id"})
#: A new one of these lets a channel go on whose token was refused.
TOKENS = frozenset({"access_token", "bot_token", "account_sid", "auth_token"})
#: Platforms whose webhooks do not name our account, so that a channel may do without its id.
WITHOUT_ACCOUNT_ID = frozenset({Platform.TELEGRAM})
TWILIO_PREFIXES = ("whatsapp:", "sms:")

_META_STEP = gettext_lazy(
    "In the app's dashboard open Webhooks, choose %(product)s, enter this address and the verify token, and subscribe "
    "to: %(fields)s."
)
_TELEGRAM_STEP = gettext_lazy(
    "Tell the bot where to deliver: call its method setWebhook with this address as url and the secret token as "
    "secret_token."
)
_TWILIO_STEP = gettext_lazy(
    "In Twilio's console open the number or WhatsApp sender and enter this address for incoming messages and for "
    "status callbacks, both as HTTP POST."
)
_NEXT_STEPS = {
    Platform.MESSENGER: (
        _META_STEP,
        "Page",
        "messages, message_edits, messaging_postbacks, messaging_referrals, message_reactions, message_echoes, "
        "message_deliveries, message_reads, feed, leadgen",
    ),
    Platform.INSTAGRAM: (
        _META_STEP,
        "Instagram",
        "messages, messaging_postbacks, messaging_referral, messaging_seen, message_reactions, comments, live_comments",
    ),
    Platform.WHATSAPP: (_META_STEP, "WhatsApp Business Account", "messages, smb_message_echoes, user_preferences"),
    Platform.TELEGRAM: (_TELEGRAM_STEP, "", ""),
    Platform.TWILIO: (_TWILIO_STEP, "", ""),
}


class ChannelRefused(ValueError):
    """A channel cannot be set up like this; the message says what to do and holds no secret."""


@dataclass(frozen=True)
class ChannelReport:
    """What is wrong with a channel, and what is merely worth knowing, in sentences."""

    channel: Channel
    problems: list[str]
    notes: list[str]
    last_delivery: datetime | None


def save_channel(
    *,
    platform: str,
    slug: str,
    name: str = "",
    external_id: str = "",
    secrets: Mapping[str, str],
    forget_older: bool = False,
    keeps_media: bool | None = None,
) -> tuple[Channel, bool]:
    """Add a channel, or change the one with this slug; return it and whether it is new.

    What is left empty stays as it is. A secret becomes the newest of its name, older ones go on being accepted unless
    `forget_older`.

    Raises:
        ChannelRefused: it contradicts what is there or what the platform knows.
    """
    refuse_unknown_secrets(platform, secrets)
    if empty := sorted(name for name, value in secrets.items() if not value.strip()):
        raise ChannelRefused(_("The secret %(name)s is empty.") % {"name": ", ".join(empty)})
    with transaction.atomic():
        channel = Channel.objects.select_for_update().filter(slug=slug).first()
        added = channel is None
        channel = channel or Channel(platform=platform, slug=slug, name=slug, credentials={})
        if channel.platform != platform:
            raise ChannelRefused(
                _("%(slug)s is a channel of %(platform)s. Give the new channel another slug.")
                % {"slug": slug, "platform": channel.platform_name}
            )
        channel.name = name or channel.name
        channel.external_id = _own_id(platform, external_id, secrets) or channel.external_id
        channel.keeps_media = channel.keeps_media if keeps_media is None else keeps_media
        channel.credentials = _with_newest(channel, secrets, forget_older)
        if TOKENS & secrets.keys() and not added:
            release(channel)  # what waits is tried with the new ones at once
            channel.token_expires_at = _unless_of_the_old_one(channel.token_expires_at)
        try:
            channel.full_clean(exclude=["credentials"])
        except ValidationError as error:
            raise ChannelRefused(" ".join(error.messages)) from None
        channel.save()
    return channel, added


def refuse_unknown_secrets(platform: str, names: Iterable[str]) -> None:
    """Check the names of secrets. What was typed is not repeated: it may be the secret itself.

    Raises:
        ChannelRefused: the platform has no such secret.
    """
    known = adapter_for(platform).SECRETS
    if not set(names) <= set(known):
        raise ChannelRefused(
            _("No secret has that name. Those of a %(platform)s channel are %(known)s.")
            % {"platform": Platform(platform).label, "known": ", ".join(known)}
        )


def _own_id(platform: str, external_id: str, secrets: Mapping[str, str]) -> str:
    """Return the id by which the platform's webhooks call us."""
    external_id = external_id.strip()
    if platform == Platform.TELEGRAM and not external_id:
        return secrets.get("bot_token", "").strip().partition(":")[0]  # a bot's token begins with its id
    if platform == Platform.TWILIO:
        for prefix in TWILIO_PREFIXES:
            external_id = external_id.removeprefix(prefix)
    if platform == Platform.WHATSAPP and external_id.startswith("+"):
        raise ChannelRefused(_("Give the phone number id that the app's dashboard shows, not the number itself."))
    return external_id


def _with_newest(channel: Channel, secrets: Mapping[str, str], forget_older: bool) -> dict[str, list[str]]:
    known = channel.credentials
    if isinstance(known, Unreadable):
        if not (forget_older and secrets):
            raise ChannelRefused(
                _(
                    "The secrets of %(slug)s cannot be decrypted with the keys in force; nothing was changed. Put the "
                    "right key back, or replace them all with --forget-older."
                )
                % {"slug": channel.slug}
            )
        known = {}
    found = {name: list(values) for name, values in known.items()}
    for name, given in secrets.items():
        newest = given.strip()
        older = [] if forget_older else [value for value in found.get(name, []) if value != newest]
        found[name] = [newest, *older]
    return found


def next_step(channel: Channel) -> str:
    """Return what is left to do on the platform's side once the channel is here."""
    sentence, product, fields = _NEXT_STEPS[Platform(channel.platform)]
    return str(sentence) % {"product": product, "fields": fields}


def report_on(channel: Channel) -> ChannelReport:
    """Look for what keeps a channel from receiving."""
    newest = WebhookDelivery.objects.filter(channel=channel).order_by("-received_at")
    last_delivery = newest.values_list("received_at", flat=True).first()
    problems, notes = _setup_findings(channel)
    if channel.last_rejected_at:
        sentence = ngettext(
            "%(count)d request had a wrong signature, on %(when)s.",
            "%(count)d requests had a wrong signature, the last one on %(when)s.",
            channel.rejected_signatures,
        ) % {"count": channel.rejected_signatures, "when": _moment(channel.last_rejected_at)}
        if last_delivery is None or channel.last_rejected_at > last_delivery:
            problems.append(f"{sentence} {_('Nothing was accepted since: compare the secret with the platform.')}")
        else:
            notes.append(sentence)
    if failed := WebhookDelivery.objects.failed().filter(channel=channel).count():
        sentence = ngettext(
            "%(count)d delivery could not be read: look at it in the admin, then replay it.",
            "%(count)d deliveries could not be read: look at them in the admin, then replay them.",
            failed,
        )
        problems.append(sentence % {"count": failed})
    notes.append(
        _("Last delivery: %(when)s.") % {"when": _moment(last_delivery)}
        if last_delivery
        else _("Nothing received yet.")
    )
    return ChannelReport(channel, problems, notes, last_delivery)


def _setup_findings(channel: Channel) -> tuple[list[str], list[str]]:
    problems, notes = _secret_findings(channel)
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        problems.append(
            _("PUBLIC_BASE_URL is %(url)s; platforms deliver to https only.") % {"url": settings.PUBLIC_BASE_URL}
        )
    if not channel.external_id and channel.platform not in WITHOUT_ACCOUNT_ID:
        problems.append(_("Its id on the platform is missing, so that no event finds its way to it (--external-id)."))
    problems += _token_findings(channel)
    if not channel.is_active:
        notes.append(_("It is not active: what arrives is kept and not read."))
    return problems, notes


def _token_findings(channel: Channel) -> list[str]:
    now, expires = timezone.now(), channel.token_expires_at
    soon = now + timedelta(days=runtime_settings.value_of("channels.token_warning_days"))
    if channel.token_refused_at:
        sentence = _("The platform refuses its token since %(when)s: make a new one and add it (--secret %(name)s).")
        name = FOR_ASKING[channel.platform]
        return [sentence % {"when": _moment(channel.token_refused_at), "name": name}]
    if expires and expires <= now:
        return [_("Its token expired on %(when)s.") % {"when": _moment(expires)}]
    if expires and expires <= soon:
        return [_("Its token expires on %(when)s: make a new one and add it.") % {"when": _moment(expires)}]
    return []


def _unless_of_the_old_one(expires: datetime | None) -> datetime | None:
    """Forget when the token before expired: of the new one nobody knows yet."""
    soon = timezone.now() + timedelta(days=runtime_settings.value_of("channels.token_warning_days"))
    return None if expires and expires <= soon else expires


def _secret_findings(channel: Channel) -> tuple[list[str], list[str]]:
    if isinstance(channel.credentials, Unreadable):
        return [_("Its secrets cannot be decrypted with the keys in force.")], []
    wanted = [name for name in adapter_for(channel.platform).SECRETS if name not in OPTIONAL]
    missing = [name for name in wanted if not any(channel.credentials.get(name, []))]
    problems = [
        _("The secret %(name)s is missing (--secret %(name)s).") % {"name": name}
        for name in missing
        if name not in FOR_SENDING
    ]
    notes = [
        _("Nothing can be sent before %(name)s is set (--secret %(name)s).") % {"name": name}
        for name in missing
        if name in FOR_SENDING
    ]
    return problems, notes


def _moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")
