"""Colleagues in the API, and the colleague that a token acts for."""

from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.authentication import token_of
from crm.api.views import ApiViewSet, MayDo
from crm.models import Team, User


@extend_schema_field(OpenApiTypes.INT)
class ColleagueField(serializers.PrimaryKeyRelatedField[User]):
    """A colleague who works here, by id."""

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.select_related("team").filter(is_active=True)


@extend_schema_field(OpenApiTypes.INT)
class TeamField(serializers.PrimaryKeyRelatedField[Team]):
    """A team, by id."""

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.all()


class TokenSerializer(serializers.Serializer[Any]):
    """The token that asks, and for whom."""

    token = serializers.CharField()
    is_bot = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    user = serializers.IntegerField()
    name = serializers.CharField()
    team = serializers.IntegerField(allow_null=True)
    permissions = serializers.ListField(child=serializers.CharField())


class HasToken(MayDo):
    """Whoever has a token may know whose it is."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User)


class MeViewSet(ApiViewSet):
    """What a token is good for."""

    model = User
    permission_classes = (HasToken,)
    permissions = MappingProxyType({"list": ""})
    serializer_class = TokenSerializer
    pagination_class = None

    @extend_schema(operation_id="me_retrieve", responses=TokenSerializer)
    def list(self, request: Request) -> Response:
        """Tell which token this is, for whom it acts and what it may do."""
        token, user = token_of(request), self.user
        told = {
            "token": token.name,
            "is_bot": token.is_bot,
            "expires_at": token.expires_at,
            "user": user.pk,
            "name": user.get_full_name(),
            "team": user.team_id,
            "permissions": sorted(user.get_all_permissions()),
        }
        return Response(TokenSerializer(told).data)
