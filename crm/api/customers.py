"""Customers in the API."""

from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.people import ColleagueField
from crm.api.problems import Conflict
from crm.api.views import ApiViewSet
from crm.contact_details import email_key, phone_key
from crm.encrypted_fields import Unreadable
from crm.models import Customer
from crm.models.customer import CURRENT
from crm.services import change_customer

OF_ALL = (
    "id", "name", "label", "trade", "type", "persona", "governorate", "city", "language", "owner", "is_active", "blocked",
    "merged_into", "last_message_at", "created_at", "updated_at",
)  # fmt: skip


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer in a list: without phone number and e-mail address, which are shown one by one."""

    class Meta:
        model = Customer
        fields: tuple[str, ...] = OF_ALL


class CustomerDetailSerializer(CustomerSerializer):
    """`phone` and `email` are null where our keys do not open them."""

    phone = serializers.SerializerMethodField()
    email = serializers.SerializerMethodField()

    class Meta(CustomerSerializer.Meta):
        fields = (*OF_ALL, "phone", "email")

    def get_phone(self, row: Customer) -> str | None:
        return None if isinstance(row.phone, Unreadable) else row.phone

    def get_email(self, row: Customer) -> str | None:
        return None if isinstance(row.email, Unreadable) else row.email


class CustomerChangeSerializer(serializers.ModelSerializer[Customer]):
    """What is left out stays as it is."""

    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    email = serializers.EmailField(required=False, allow_blank=True)
    owner = ColleagueField(required=False, allow_null=True)

    class Meta:
        model = Customer
        fields = (
            "name", "phone", "email", "governorate", "city", "language", "label", "trade", "type", "persona", "owner",
            "is_active",
        )  # fmt: skip
        extra_kwargs = {  # noqa: RUF012 - the framework's own style
            name: {"required": False} for name in ("name", "governorate", "city", "language", "label", "type")
        }

    def validate_phone(self, text: str) -> str:
        if text and not phone_key(text):
            raise serializers.ValidationError(
                _("This is not a phone number. Give 6 to 15 digits, with the country code.")
            )
        return text


class CustomersAsked(serializers.Serializer[Any]):
    """What a list of customers is narrowed down by. `q` is a part of the name."""

    q = serializers.CharField(required=False, max_length=200)
    phone = serializers.CharField(required=False, max_length=40)
    email = serializers.CharField(required=False, max_length=254)
    label = serializers.ChoiceField(Customer.Label.choices, required=False)  # type: ignore[assignment]  # a field's name here
    owner = serializers.IntegerField(required=False)
    changed_since = serializers.DateTimeField(required=False)


class CustomerViewSet(ApiViewSet):
    """Customers whom the token's colleague sees."""

    model = Customer
    serializer_class = CustomerDetailSerializer
    related = ("owner",)
    permissions = MappingProxyType(
        {
            "list": "crm.view_customer",
            "retrieve": "crm.view_customer",
            "partial_update": "crm.change_customer",
        }
    )

    @extend_schema(parameters=[CustomersAsked], responses=CustomerSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List customers; one who was merged into another is not among them."""
        rows = self.get_queryset().filter(CURRENT).defer("phone", "email")
        return self.page(_narrowed(rows, self.asked(CustomersAsked)), CustomerSerializer)

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a customer."""
        return Response(CustomerDetailSerializer(self.row()).data)

    @extend_schema(request=CustomerChangeSerializer, responses=CustomerDetailSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a customer; rules leave alone what was set here."""
        customer = self.row()
        if customer.merged_into_id:
            raise Conflict(
                "merged", str(_("They were merged into another; go on there.")), merged_into=customer.merged_into_id
            )
        if customer.erased_at:
            raise Conflict("erased", str(_("They were erased; nothing is kept of them any more.")))
        values = self.given(CustomerChangeSerializer)
        changed = change_customer(customer=customer, values=values, by=self.user, through_api=True)
        return Response(CustomerDetailSerializer(changed).data)


def _narrowed(rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
    if "q" in asked:
        rows = rows & Customer.objects.matching(asked["q"])
    for name, key in (
        ("phone_key", phone_key(asked.get("phone", ""))),
        ("email_key", email_key(asked.get("email", ""))),
    ):
        if name.partition("_")[0] in asked:
            rows = rows.filter(**{name: key}) if key else rows.none()
    for name in ("label", "owner"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    return rows.filter(updated_at__gt=asked["changed_since"]) if "changed_since" in asked else rows
