"""What went wrong, as `application/problem+json`: a title, a sentence, a code for programs, and more where there is more.

https://www.rfc-editor.org/rfc/rfc9457
"""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import Error as DatabaseError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from crm.database_errors import is_outage
from crm.log_format import describe

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """A request that cannot be done; `code` is for programs, `detail` for people, `more` goes along."""

    status_code = HTTPStatus.CONFLICT

    def __init__(self, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail, code)
        self.more = more


class Conflict(Problem):
    """The request is sound, but not as things are now."""


class Unprocessable(Problem):
    """The request can never be done as it is."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY


class BadRequest(Problem):
    """The request cannot be read."""

    status_code = HTTPStatus.BAD_REQUEST


class TooLarge(Problem):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unavailable(Problem):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to what a view raised; None for a defect of ours, which is logged and answered with 500."""
    error = _as_problem(error)
    answer = exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    status = HTTPStatus(answer.status_code)
    answer.data = {"type": "about:blank", "title": status.phrase, "status": status.value, **_told(error)}
    answer.content_type = MEDIA_TYPE
    return answer


def _as_problem(error: Exception) -> Exception:
    if isinstance(error, RequestDataTooBig):
        return TooLarge("too_large", _("The body is too large."))
    if isinstance(error, DatabaseError) and is_outage(error):
        logger.error("The API without its database: %s", describe(error))
        return Unavailable("unavailable", _("The database is away. Try again in a moment."))
    return error


def _told(error: Exception) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return {"code": "invalid", "detail": _first_of(error.detail), "errors": error.detail}
    if isinstance(error, Http404):
        return {"code": "not_found", "detail": _("There is no such thing, or not for this token.")}
    if isinstance(error, PermissionDenied):
        return {"code": "permission_denied", "detail": _("This token may not do that.")}
    assert isinstance(error, exceptions.APIException)  # noqa: S101 - the handler of the framework knows no others
    more = error.more if isinstance(error, Problem) else {}
    code = getattr(error.detail, "code", error.default_code)
    return {"code": code, "detail": str(error.detail), **more}


def _first_of(detail: Any, name: str = "") -> str:
    """Return the first of the sentences that tell what is wrong, and of what."""
    if isinstance(detail, dict) and detail:
        key = next(iter(detail))
        return _first_of(detail[key], "" if key == "non_field_errors" else str(key))
    if isinstance(detail, list) and detail:
        return _first_of(next((one for one in detail if one), detail[0]), name)
    return f"{name}: {detail}" if name else str(detail)
