"""Reading JSON that a stranger may have written."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from crm.api.problems import BadRequest, Unprocessable

NUL = "\x00"


class StrictJSONParser(BaseParser):
    """JSON as the standard has it: no NaN, no half characters, nothing nested without end, no NUL, which no column can keep."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the object that a body holds.

        Raises:
            BadRequest: it is no JSON.
            Unprocessable: it is something else than an object, or holds a NUL.
        """
        try:
            found = orjson.loads(stream.read())
        except orjson.JSONDecodeError:
            raise BadRequest("parse_error", _("The body is not valid JSON.")) from None
        if not isinstance(found, dict):
            raise Unprocessable("invalid", _("The body has to be a JSON object."))
        if _holds_nul(found):
            raise Unprocessable("invalid", _("A text holds the character NUL, which cannot be kept."))
        return found


def _holds_nul(found: Any) -> bool:
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if NUL in one:
                return True
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return False
