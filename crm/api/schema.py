"""The description of the API in the OpenAPI format, at `/api/schema/`."""

from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

MEDIA_TYPE = "application/vnd.oai.openapi+json"
PROBLEMS = {
    "400": "The request cannot be read.",
    "401": "There is no such token, or it was revoked or has expired.",
    "403": "The token's colleague may not do that.",
    "404": "There is no such thing, or not for this token.",
    "409": "Not as things are now.",
    "422": "The body holds what it cannot hold.",
    "429": "Too often: wait for the seconds of Retry-After.",
}
WRITING = ("post", "put", "patch", "delete")
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs."},
        "detail": {"type": "string", "description": "A sentence for people."},
        "errors": {"type": "object", "additionalProperties": True, "description": "What is wrong, by field."},
    },
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request again, within a day, is answered as before and done once.",
    "schema": {"type": "string", "maxLength": 200},
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the package's class is untyped
    """How `crm.api.authentication.TokenAuthentication` is told in the schema."""

    target_class = "crm.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add what every address may answer beside what it is for, and the header that every write takes."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for verbs in result["paths"].values():
        for verb, operation in verbs.items():
            for status, words in PROBLEMS.items():
                if verb in WRITING or status not in ("409", "422"):
                    operation["responses"].setdefault(status, {"description": words, "content": content})
            if verb in WRITING:
                operation.setdefault("parameters", []).append(KEY)
    return result


def schema_view(patterns: list[Any]) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that describes the API under these addresses. It says nothing that is secret, so anybody may read it."""

    @cache
    def described() -> bytes:
        generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]  # the package's class is untyped
        found: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        return orjson.dumps(found, default=str, option=orjson.OPT_NON_STR_KEYS)

    @require_safe
    def schema(request: HttpRequest) -> HttpResponse:
        return HttpResponse(described(), content_type=MEDIA_TYPE)

    return schema
