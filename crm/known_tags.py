"""The tags that lists offer to filter by, kept for some seconds: each list of leads shows them all."""

import time

from crm import runtime_settings
from crm.models import Tag

_kept: tuple[float, dict[str, str]] | None = None


def known_tags(asked: str | None = None) -> dict[str, str]:
    """Return names by number, in order; read anew where that which is asked for is not among them."""
    global _kept
    kept = _kept
    is_old = kept is None or time.monotonic() - kept[0] > runtime_settings.KEPT_SECONDS
    if kept is None or is_old or (asked and asked not in kept[1]):
        kept = _kept = (time.monotonic(), {str(pk): name for pk, name in Tag.objects.values_list("pk", "name")})
    return kept[1]
