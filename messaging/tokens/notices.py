"""Telling administrators of tokens that run out or are refused, once each time that it happens."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm import runtime_settings
from crm.models import Channel, Notification, User
from crm.notices import tell


def tell_administrators() -> int:
    """Tell what is wrong with tokens to all who can put it right, and return how many notices that made."""
    wrong = list(_incidents())
    if not wrong:
        return 0
    readers = list(administrators())
    keys = [key for key, _channel, _text in wrong]
    known = set(Notification.objects.filter(user__in=readers, key__in=keys).values_list("user_id", "key"))
    return sum(
        tell(reader, kind=Notification.Kind.CHANNEL, key=key, text=text, url=_page(channel))
        for key, channel, text in wrong
        for reader in readers
        if (reader.pk, key) not in known
    )


def administrators() -> Iterator[User]:
    """Yield who works here and may change channels."""
    allowed = {"codename": "change_channel", "content_type__app_label": "crm"}
    in_group = Q(**{f"groups__permissions__{name}": value for name, value in allowed.items()})
    oneself = Q(**{f"user_permissions__{name}": value for name, value in allowed.items()})
    yield from User.objects.filter(Q(is_superuser=True) | in_group | oneself, is_active=True).distinct()


def _incidents() -> Iterator[tuple[str, Channel, str]]:
    now = timezone.now()
    soon = now + timedelta(days=runtime_settings.value_of("channels.token_warning_days"))
    for channel in Channel.objects.active().filter(Q(token_refused_at__isnull=False) | Q(token_expires_at__lte=soon)):
        if refused := channel.token_refused_at:
            text = _("%(channel)s: the platform refuses the access token, so nothing can be sent.")
            yield f"token:{channel.pk}:refused:{refused.timestamp():.0f}", channel, text % {"channel": channel}
        elif expires := channel.token_expires_at:
            text = _("%(channel)s: the access token has expired.")
            if expires > now:
                text = _("%(channel)s: the access token expires on %(day)s.")
            key = f"token:{channel.pk}:{'expires' if expires > now else 'expired'}:{expires.timestamp():.0f}"
            yield key, channel, text % {"channel": channel, "day": _day(expires)}


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATE_FORMAT")


def _page(channel: Channel) -> str:
    return reverse("admin:crm_channel_change", args=[channel.pk])
