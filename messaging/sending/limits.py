"""Whether a text fits into one message of a platform, checked before it is queued and shown while it is written."""

from collections.abc import Iterator

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from crm.models import Channel
from crm.models.channel import Platform
from messaging.channels import ADAPTERS, adapter_for
from messaging.channels.limits import Limit, Unit
from messaging.channels.outbound import Content
from messaging.sending.refusals import Refused

#: What the most generous platform takes; more is not even looked at.
LONGEST_TEXT = max(limit.most for adapter in ADAPTERS.values() for limit in adapter.ABILITIES.limits.values())
FILE_TYPES = ("image", "video", "audio", "file")


class TooLong(Refused):
    """A text does not fit into one message; `str()` says by how much."""


def bears_text(platform: str, file_type: str) -> bool:
    """Tell whether a file of this type can bear a text there; beside others it goes as a message of its own."""
    return file_type in adapter_for(platform).ABILITIES.captions


def limit_for(platform: str, content: Content, file_type: str = "") -> Limit | None:
    """Return how much text a message may have; None where it has none of ours."""
    if content == Content.MEDIA and not bears_text(platform, file_type):
        content = Content.TEXT
    return adapter_for(platform).ABILITIES.limits.get(content)


def limits_of(platform: str) -> dict[str, tuple[int, str]]:
    """Return all limits, as (most, unit) by content, those of files by their type: `media:image`."""
    known = {content.value: limit_for(platform, content) for content in Content if content != Content.MEDIA}
    known |= {f"media:{kind}": limit_for(platform, Content.MEDIA, kind) for kind in FILE_TYPES}
    return {name: (limit.most, limit.unit.value) for name, limit in known.items() if limit}


def refuse_too_long(platform: str, content: Content, text: str, file_type: str = "") -> None:
    """Check a text against what the platform takes.

    Raises:
        TooLong: it does not fit.
    """
    limit = limit_for(platform, content, file_type)
    if limit and limit.length(text) > limit.most:
        words = _("The text is too long: %(bound)s, and this has %(length)s. Send it in parts.")
        raise TooLong(words % {"bound": _bound(platform, limit), "length": number_format(limit.length(text))})


def too_long_for(text: str) -> list[str]:
    """Return in words the bounds of those platforms in use that do not take a text as one message."""
    return [_bound(platform, limit) for platform, limit in _in_use() if limit.length(text) > limit.most]


def _in_use() -> Iterator[tuple[str, Limit]]:
    for platform in sorted(set(Channel.objects.active().values_list("platform", flat=True))):
        if limit := limit_for(platform, Content.TEXT):
            yield platform, limit


def _bound(platform: str, limit: Limit) -> str:
    words = {"platform": Platform(platform).label, "most": number_format(limit.most)}
    if limit.unit == Unit.BYTES:
        return _("%(platform)s takes up to %(most)s bytes (an Arabic letter is two, an emoji four)") % words
    return _("%(platform)s takes up to %(most)s letters") % words
