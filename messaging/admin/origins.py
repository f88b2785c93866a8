"""Narrowing lists down to what came by one ad, campaign, post or source."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.admin.origin_filter import OriginFilter
from campaigns.origins import Origin
from messaging.models import Message

UNKNOWN = {
    Message.Source.AD: gettext_lazy("An ad, not known which"),
    Message.Source.COMMENT: gettext_lazy("A comment, not known under what"),
}


def source_name(source: str) -> str:
    """Say by what something came of which neither ad nor post is known; nothing: no message ever told."""
    if not source:
        return _("Added by hand")
    return str(UNKNOWN.get(Message.Source(source), Message.Source(source).label))


class BroughtByFilter(OriginFilter):
    """For rows that tell a source as well."""

    title = gettext_lazy("came by")

    def name_of(self, origin: Origin) -> str | None:
        match origin.kind:
            case "told":
                return _("Anything it tells of")
            case "comments":
                return _("Comments under %(count)d posts") % {"count": len(origin.key.split("+"))}
            case "source":
                return source_name(origin.key) if origin.key in ("", *Message.Source.values) else None
            case _:
                return super().name_of(origin)
