"""Leads in the API: list, read, and change of stage, value and owner."""

from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.people import ColleagueField
from crm.api.problems import Conflict, Unprocessable
from crm.api.views import ApiViewSet
from leads.activities import Cause
from leads.models import Lead, LostReason, Stage
from leads.runtime_settings import check_currency
from leads.services.owners import assign_lead
from leads.services.stages import MovedMeanwhile, MoveRefused, move_lead
from leads.services.values import set_value

READ, CHANGE = "leads.view_lead", "leads.change_lead"
STAGE_FIELDS = ("stage", "expected_stage", "lost_reason", "lost_note")


class StageSerializer(serializers.ModelSerializer[Stage]):
    """A stage; of its `kind` (open, won or lost) it depends whether a lead in it is closed."""

    class Meta:
        model = Stage
        fields = ("slug", "name", "kind", "order")


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """A lead. `customer` is an id of `/customers/`; `first_message` one of `/messages/`."""

    stage = serializers.CharField(source="stage.slug")

    class Meta:
        model = Lead
        fields = (
            "id", "customer", "stage", "stage_changed_at", "score", "priority", "owner", "team", "value", "currency",
            "next_step", "next_follow_up_at", "opened_at", "closed_at", "outcome", "lost_reason", "lost_note",
            "first_message", "first_source", "first_post", "first_ad", "last_source", "last_post", "last_ad",
            "merged_into", "updated_at",
        )  # fmt: skip


@extend_schema_field(OpenApiTypes.STR)
class StageField(serializers.SlugRelatedField[Stage]):
    """A stage, by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", **kwargs)

    def get_queryset(self) -> QuerySet[Stage]:
        return Stage.objects.all()


class LeadChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is.

    `expected_stage` is the stage that the program saw the lead in: where it is in another by now, nothing is changed. A lost stage
    wants a `lost_reason`. `reason` is kept in the lead's history.
    """

    stage = StageField(required=False)
    expected_stage = StageField(required=False)
    lost_reason = serializers.ChoiceField(LostReason.choices, required=False)
    lost_note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    value = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False, allow_null=True)
    currency = serializers.CharField(max_length=3, required=False)
    owner = ColleagueField(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate_currency(self, text: str) -> str:
        try:
            check_currency(text)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None
        return text

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, needed in (("currency", "value"), ("expected_stage", "stage"), ("lost_reason", "stage")):
            if name in attrs and needed not in attrs:
                raise serializers.ValidationError(
                    {name: gettext_lazy("Only along with %(field)s.") % {"field": needed}}
                )
        return attrs


class LeadsAsked(serializers.Serializer[Any]):
    """What a list of leads is narrowed down by. `owner`: an id, `me` or `none`."""

    stage = serializers.SlugField(required=False, max_length=50)
    owner = serializers.RegexField(r"^(me|none|[0-9]{1,18})$", required=False)
    customer = serializers.IntegerField(required=False)
    open = serializers.BooleanField(required=False)
    changed_since = serializers.DateTimeField(required=False)


class LeadViewSet(ApiViewSet):
    """Leads that the token's colleague sees."""

    model = Lead
    serializer_class = LeadSerializer
    related = ("stage",)
    deferred = ("profile",)
    permissions = MappingProxyType({"list": READ, "retrieve": READ, "partial_update": CHANGE})

    @extend_schema(parameters=[LeadsAsked])
    def list(self, request: Request) -> Response:
        """List leads; one that was merged into another is not among them."""
        rows = self.get_queryset().filter(merged_into=None)
        return self.page(_narrowed(rows, self.asked(LeadsAsked), self.user.pk))

    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a lead."""
        return Response(LeadSerializer(self.row()).data)

    @extend_schema(request=LeadChangeSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change stage, value or owner of a lead, all of it or nothing; rules leave the stage alone from then on."""
        lead = self.row()
        values = self.given(LeadChangeSerializer)
        cause = Cause.api(self.user, values.pop("reason"))
        try:
            change_lead(lead, values, cause)
        except MovedMeanwhile as moved:
            stage = Lead.objects.values_list("stage__slug", flat=True).get(pk=lead.pk)
            raise Conflict("moved_meanwhile", str(moved), stage=stage) from None
        except MoveRefused as refused:
            raise Conflict("not_allowed", str(refused)) from None
        return Response(LeadSerializer(Lead.objects.select_related("stage").get(pk=lead.pk)).data)


@transaction.atomic
def change_lead(lead: Lead, values: dict[str, Any], cause: Cause) -> None:
    """Change a lead by the services that colleagues use.

    Raises:
        MoveRefused: it cannot go to that stage now, or was merged into another.
    """
    if lead.merged_into_id:
        raise MoveRefused(_("This lead was merged into another; go on there."))
    # The owner comes first, since giving a lead locks conversations, which come before leads.
    if "owner" in values:
        assign_lead(lead_id=lead.pk, owner=values["owner"], cause=cause)
    if "stage" in values:
        stage = values["stage"]
        if stage.kind == Stage.Kind.LOST and lead.stage_id != stage.pk and "lost_reason" not in values:
            raise Unprocessable("invalid", _("Say why the lead is lost."), errors={"lost_reason": [_("Required.")]})
        move_lead(
            lead_id=lead.pk,
            to=stage,
            cause=cause,
            expected=values.get("expected_stage"),
            lost_reason=values.get("lost_reason", ""),
            lost_note=values.get("lost_note", ""),
        )
    if "value" in values:
        set_value(lead_id=lead.pk, value=values["value"], currency=values.get("currency", ""), cause=cause)


def _narrowed(rows: QuerySet[Lead], asked: dict[str, Any], user_id: int) -> QuerySet[Lead]:
    for name, lookup in (("stage", "stage__slug"), ("customer", "customer"), ("changed_since", "updated_at__gt")):
        if name in asked:
            rows = rows.filter(**{lookup: asked[name]})
    if "owner" in asked:
        rows = rows.filter(owner={"me": user_id, "none": None}.get(asked["owner"], asked["owner"]))
    return rows.filter(closed_at__isnull=asked["open"]) if "open" in asked else rows


class StageViewSet(ApiViewSet):
    """The stages of leads."""

    model = Stage
    serializer_class = StageSerializer
    pagination_class = None
    permissions = MappingProxyType({"list": "leads.view_stage"})

    @extend_schema(operation_id="stages_list")
    def list(self, request: Request) -> Response:
        """List the stages in their order."""
        self.asked(serializers.Serializer)
        return Response(StageSerializer(self.get_queryset().order_by("order", "pk"), many=True).data)
