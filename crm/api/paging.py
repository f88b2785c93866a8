"""Lists in pages that stand still while rows are added: each goes on from the last row of the one before."""

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.problems import BadRequest

USUAL, MOST = 25, 100
NEWEST, OLDEST = ORDERS = ("newest", "oldest")
#: What every list understands beside its filters.
PARAMETERS = ("cursor", "limit", "order")
LARGEST = 2**63 - 1


class KeyPagination(BasePagination):
    """By the row's id, newest first or, with `order=oldest`, the other way.

    `cursor` stands behind the last row even where no more follow: with `order=oldest` a program goes on from it later.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that is asked for.

        Raises:
            BadRequest: there is no such page, size or order.
        """
        asked = request.query_params
        self.request, self.order, self.cursor = request, asked.get("order", NEWEST), asked.get("cursor", "")
        if self.order not in ORDERS:
            raise BadRequest("invalid", _("order: newest or oldest."))
        size = _whole_number(asked.get("limit", str(USUAL)))
        if not 1 <= size <= MOST:
            raise BadRequest("invalid", _("limit: a whole number from 1 to %(most)d.") % {"most": MOST})
        rows = queryset.order_by("pk" if self.order == OLDEST else "-pk")
        if self.cursor:
            behind = "pk__gt" if self.order == OLDEST else "pk__lt"
            rows = rows.filter(**{behind: _decode(self.cursor)})
        found = list(rows[: size + 1])
        self.more = len(found) > size
        page: list[Model] = found[:size]
        if page:
            self.cursor = _encode(page[-1].pk)
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next() if self.more else None, "cursor": self.cursor or None, "results": data})

    def _next(self) -> str:
        query = self.request.query_params.dict() | {"cursor": self.cursor}
        return f"{settings.PUBLIC_BASE_URL}{self.request.path}?{urlencode(query)}"

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        text = {"type": "string", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "cursor", "results"],
            "properties": {"next": {**text, "format": "uri"}, "cursor": text, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        def parameter(name: str, words: str, schema: dict[str, Any]) -> dict[str, Any]:
            return {"name": name, "in": "query", "required": False, "description": words, "schema": schema}

        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        return [
            parameter("cursor", "Go on behind the page that gave this.", {"type": "string"}),
            parameter("limit", "Rows of a page.", size),
            parameter("order", "By age.", {"type": "string", "enum": list(ORDERS), "default": NEWEST}),
        ]


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1


def _encode(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        number = _whole_number(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (ValueError, binascii.Error):
        number = -1
    if not 0 <= number <= LARGEST:
        raise BadRequest("invalid", _("cursor: take it from the page before, as it is."))
    return number
