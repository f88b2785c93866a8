"""What every view of the API does the same way."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, ClassVar, TypeVar

import pghistory
from django.db import OperationalError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from crm.api.authentication import TokenAuthentication, token_of
from crm.api.bodies import StrictJSONParser
from crm.api.idempotency import answer_once, fingerprint_of, key_of
from crm.api.paging import PARAMETERS, KeyPagination
from crm.api.problems import BadRequest, Unavailable, answer_problem
from crm.api.throttling import TokenThrottle
from crm.database_errors import is_deadlock
from crm.models import User
from crm.visibility import sight

DEADLOCK_RETRIES = 5
Row = TypeVar("Row", bound=Model)


class AlwaysJSON(BaseContentNegotiation):
    """There is one form of answer, whatever a program says it takes."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((one for one in parsers if _media_type(request) == one.media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def _media_type(request: Request) -> str:
    return str(request.content_type or "").partition(";")[0].strip().lower()


class MayDo(BasePermission):
    """The colleague has the permission that the view names for what is asked; what it does not name, nobody may."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.user, User):
            return False
        wanted = view.permissions.get(view.action)
        return wanted is not None and request.user.has_perm(wanted)


class ApiViewSet(GenericViewSet[Any]):
    """Rows of `model` that the token's colleague sees. `permissions` names the permission for each action.

    A write is one transaction, done once for an `Idempotency-Key`, and noted in the history as the colleague's.
    """

    authentication_classes = (TokenAuthentication,)
    permission_classes = (MayDo,)
    throttle_classes = (TokenThrottle,)
    parser_classes = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJSON
    pagination_class: type[KeyPagination] | None = KeyPagination
    lookup_value_converter = "int"
    model: ClassVar[type[Model]]
    permissions: ClassVar[Mapping[str, str]] = {}
    related: ClassVar[tuple[str, ...]] = ()
    deferred: ClassVar[tuple[str, ...]] = ()

    def get_exception_handler(self) -> Any:
        return answer_problem

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As the framework does, but times are UTC's and writes go through `_write`."""
        with timezone.override(UTC):
            return self._dispatch(request, *args, **kwargs)

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        asked = self.initialize_request(request, *args, **kwargs)
        self.request, self.headers = asked, self.default_response_headers
        answer: HttpResponseBase
        try:
            self.initial(asked, *args, **kwargs)
            handler = getattr(self, (asked.method or "").lower(), self.http_method_not_allowed)
            if asked.method in SAFE_METHODS:
                answer = handler(asked, *args, **kwargs)
            else:
                answer = self._write(asked, lambda: handler(asked, *args, **kwargs))
        except Exception as error:
            answer = self.handle_exception(error)
        self.response = self.finalize_response(asked, answer, *args, **kwargs)  # type: ignore[arg-type]  # also Django's own
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a verb that there is none of before asking who may use it."""
        if not hasattr(self, str(request.method).lower()):
            if not isinstance(request.user, User):
                raise NotAuthenticated
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def _write(self, request: Request, handler: Callable[[], Response]) -> HttpResponse:
        key, fingerprint = key_of(request), fingerprint_of(request)
        token = token_of(request)
        for _attempt in range(DEADLOCK_RETRIES):
            try:
                with transaction.atomic(), pghistory.context(user=token.user_id, token=token.name):
                    if key:
                        return answer_once(token=token, key=key, fingerprint=fingerprint, write=handler)
                    return handler()
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
        raise Unavailable("unavailable", _("Others are changing the same. Try again in a moment."))

    @property
    def user(self) -> User:
        """The colleague that the program acts for."""
        assert isinstance(self.request.user, User)  # noqa: S101 - `MayDo` lets nobody else in
        return self.request.user

    def get_queryset(self) -> QuerySet[Any]:
        found = self.model._default_manager.filter(sight(self.user, self.model))
        return found.select_related(*self.related).defer(*self.deferred)

    def asked(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return what the address asks for, by a serializer of its parameters.

        Raises:
            BadRequest: a parameter that there is none of, or a value that it cannot have.
        """
        given = {name: text for name, text in self.request.query_params.items() if name not in PARAMETERS}
        reader = serializer(data=given)
        if unknown := sorted(set(given) - set(reader.fields)):
            raise BadRequest("invalid", _("There is no parameter %(name)s.") % {"name": unknown[0][:50]})
        if not reader.is_valid():
            name, words = next(iter(reader.errors.items()))
            raise BadRequest("invalid", f"{name}: {words[0]}", errors=reader.errors)
        found: dict[str, Any] = reader.validated_data
        return found

    def given(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return what the body holds.

        Raises:
            rest_framework.exceptions.ValidationError: it is not what the serializer takes.
        """
        reader = serializer(data=self.request.data, context=self.get_serializer_context())
        unknown = sorted(set(self.request.data) - set(reader.fields))
        if unknown:
            raise serializers.ValidationError({name[:100]: [_("There is no such field.")] for name in unknown})
        reader.is_valid(raise_exception=True)
        found: dict[str, Any] = reader.validated_data
        return found

    def page(self, rows: QuerySet[Any], serializer: type[serializers.BaseSerializer[Any]] | None = None) -> Response:
        """Answer with a page of rows."""
        shown = self.paginate_queryset(rows)
        return self.get_paginated_response((serializer or self.get_serializer_class())(shown, many=True).data)

    def row(self) -> Any:
        """Return the row that the address names, where the colleague sees it; else the answer is 404."""
        return self.get_object()


class NothingHere(APIView):
    """Whatever address of the API there is none of."""

    authentication_classes = permission_classes = ()
    parser_classes = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = AlwaysJSON
    schema = None

    def get_exception_handler(self) -> Any:
        return answer_problem

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(_("There is no such address. Each ends with a slash."))
