"""How a channel is doing, in one word and one sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from crm import runtime_settings
from crm.markup import Tone, moment
from crm.models import Channel


@dataclass(frozen=True)
class Health:
    word: str
    tone: Tone
    sentence: str


def health_of(channel: Channel, last_delivery: datetime | None) -> Health:
    """Say what most needs doing about a channel; the first that applies."""
    now = timezone.now()
    warning = timedelta(days=runtime_settings.value_of("channels.token_warning_days"))
    silence = timedelta(hours=runtime_settings.value_of("channels.silent_after_hours"))
    rejected, expires = channel.last_rejected_at, channel.token_expires_at
    if not channel.is_active:
        return Health(_("Inactive"), "neutral", _("What arrives is kept and not read."))
    if rejected and (last_delivery is None or rejected > last_delivery):
        return Health(
            _("Rejecting"),
            "bad",
            _(
                "The signature was wrong on %(when)s and nothing was accepted since: compare the secret with the platform."
            )
            % {"when": moment(rejected)},
        )
    if refused := channel.token_refused_at:
        sentence = _(
            "The platform refuses the token since %(when)s, so nothing can be sent: make a new one and add it below."
        )
        return Health(_("Token refused"), "bad", sentence % {"when": moment(refused)})
    if expires and expires <= now:
        return Health(_("Token expired"), "bad", _("Make a new token on the platform and add it below."))
    if expires and expires - now <= warning:
        sentence = _("It expires on %(when)s: make a new one on the platform and add it below.")
        return Health(_("Token expiring"), "warning", sentence % {"when": moment(expires)})
    if channel.paused_until and channel.paused_until > now:
        sentence = _("The platform asked us to slow down. Sending goes on by itself on %(when)s; nothing is lost.")
        return Health(_("Sending paused"), "warning", sentence % {"when": moment(channel.paused_until)})
    if last_delivery is None:
        return Health(
            _("Nothing received yet"),
            "warning",
            _("Enter the webhook address on the platform, then write to the channel."),
        )
    if now - last_delivery > silence:
        sentence = _("Nothing arrived since %(when)s: is the webhook still subscribed?")
        return Health(_("Silent"), "warning", sentence % {"when": moment(last_delivery)})
    return Health(_("Working"), "good", _("Last delivery: %(when)s") % {"when": moment(last_delivery)})
