"""What can be done on the page of a lead, field by field."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import wraps
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm import services as crm_services
from crm.admin.page_actions import ActionRefused, PageActions
from crm.mentions import said_of_untold
from crm.models import Customer, User
from crm.visibility import user_of
from leads.activities import Cause
from leads.admin import lead_page
from leads.admin.words import DONE
from leads.models import Lead, Priority, Product, ProductInteraction, Stage
from leads.services.customers import KINDS, set_aspect
from leads.services.meanwhile import ChangedMeanwhile
from leads.services.owners import assign_lead
from leads.services.products import note_interest
from leads.services.stages import MovedMeanwhile, MoveRefused, move_lead
from leads.services.values import set_follow_up, set_priority, set_value

#: What of the page each action changes: sections that come back with the answer, then parts that load again by themselves.
CHANGES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "move": (("head", "steps", "next", "origin", "facts"), ("timeline", "side")),
        "value": (("facts", "steps"), ("timeline",)),
        "assign": (("head",), ("timeline", "side")),
        "aspect": (("facts", "head"), ("timeline",)),
        "priority": (("facts", "head"), ()),
        "follow_up": (("next",), ("timeline",)),
        "note": (("note",), ("timeline",)),
        "interest": ((), ("side",)),
    }
)
NEEDED = MappingProxyType(
    {"note": "crm.add_note", "interest": "leads.add_productinteraction", "aspect": "crm.change_customer"}
)
VALUE = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
CURRENCY = forms.RegexField(r"^[A-Za-z]{3}$", required=False)
HOUR_OF_TOMORROW = 10


class DialogRefused(ActionRefused):
    """What was entered in a dialog cannot be done; `dialog` opens again with the reason."""

    def __init__(self, text: str, dialog: str) -> None:
        super().__init__(text)
        self.dialog = dialog


Doing = Callable[[Any, HttpRequest, Lead], str]


def _told_of_others(act: Doing) -> Doing:
    """Let an action be refused, with who it was, where a colleague changed meanwhile what it is to change."""

    @wraps(act)
    def acting(actions: Any, request: HttpRequest, lead: Lead) -> str:
        try:
            return act(actions, request, lead)
        except ChangedMeanwhile as refused:
            raise ActionRefused(str(refused)) from None

    return acting


class LeadActions(PageActions):
    """Mixed in before `StaffAdmin`. HTMX gets the sections that changed; a plain form is led back to the page."""

    page_actions = tuple(CHANGES)

    def may_act(self, request: HttpRequest, row: Any, action: str) -> bool:
        if action == "note":
            return self.has_view_permission(request, row) and request.user.has_perm(NEEDED[action])
        return super().may_act(request, row, action) and request.user.has_perm(NEEDED.get(action, "leads.change_lead"))

    def act(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        if not request.headers.get("HX-Request") or request.POST.get("next"):
            return super().act(request, pk, action)
        row = self.get_object(request, str(pk))
        if row is None:
            raise Http404
        if not self.may_act(request, row, action):
            raise PermissionDenied
        answer = lead_page.Answer()
        try:
            answer.said = getattr(self, f"do_{action}")(request, row)
        except ActionRefused as refused:
            answer.wrong = {request.POST.get("aspect") or action: str(refused)}
            answer.reopen = getattr(refused, "dialog", "")
        lead = lead_page.one_lead(self.get_queryset(request), str(pk))
        if lead is None:
            messages.success(request, answer.said)
            return HttpResponse(headers={"HX-Redirect": self._listing()})
        names, parts = CHANGES[action]
        response = HttpResponse(lead_page.sections(self, request, lead, names, answer))
        if parts and not answer.wrong:
            # The form that asked may be gone by then, replaced by an earlier answer.
            response["HX-Trigger-After-Swap"] = ", ".join(f"lead-{part}" for part in parts)
        return response

    def _back(self, request: HttpRequest, row: Any) -> str:
        """Lead back to the page, or to the list from a lead that is no longer for this colleague to see."""
        back = super()._back(request, row)
        if back == self.page_url(row) and not self.get_queryset(request).filter(pk=row.pk).exists():
            return self._listing()
        return back

    @staticmethod
    def _listing() -> str:
        return reverse("admin:leads_lead_changelist")

    def do_move(self, request: HttpRequest, lead: Lead) -> str:
        to = self._chosen_stage(request, "to")
        if to is None:
            raise ActionRefused(_("There is no such stage any more. Open the page again."))
        try:
            moved = move_lead(
                lead_id=lead.pk,
                to=to,
                cause=_by(request),
                expected=self._chosen_stage(request, "expected"),
                lost_reason=request.POST.get("lost_reason", ""),
                lost_note=_plain(request.POST.get("lost_note", "")),
                value=_value(request),
            )
        except MovedMeanwhile as refused:
            raise ActionRefused(str(refused)) from None
        except MoveRefused as refused:
            raise DialogRefused(str(refused), to.kind) from None
        return _("Now in %(stage)s.") % {"stage": moved.stage}

    @staticmethod
    def _chosen_stage(request: HttpRequest, name: str) -> Stage | None:
        found: Stage | None = Stage.objects.filter(pk=lead_page.number(request.POST.get(name, ""))).first()
        return found

    @_told_of_others
    def do_value(self, request: HttpRequest, lead: Lead) -> str:
        try:
            currency = CURRENCY.clean(request.POST.get("currency", "")).upper()
        except ValidationError:
            raise ActionRefused(_("Give the currency in three letters, such as EGP or USD.")) from None
        set_value(lead_id=lead.pk, value=_value(request), currency=currency, cause=_by(request), seen=_seen(request))
        return _("Value saved.")

    @_told_of_others
    def do_assign(self, request: HttpRequest, lead: Lead) -> str:
        wanted = request.POST.get("owner", "")
        owner = User.objects.filter(is_active=True, pk=lead_page.number(wanted)).first()
        if wanted == "me":
            owner = user_of(request)
        elif wanted and owner is None:
            raise ActionRefused(_("Choose a colleague."))
        assign_lead(lead_id=lead.pk, owner=owner, cause=_by(request), seen=_seen(request))
        if owner is None:
            return _("Nobody's now.")
        return _("Yours now.") if owner.pk == request.user.pk else _("Given to %(name)s.") % {"name": owner}

    def do_aspect(self, request: HttpRequest, lead: Lead) -> str:
        aspect, value = request.POST.get("aspect", ""), request.POST.get("value", "")
        if aspect not in KINDS:
            raise ActionRefused(_("Choose one of those offered."))
        field: Any = Customer._meta.get_field(aspect)
        if value not in {key for key, _label in field.choices} and (value or not field.blank):
            raise ActionRefused(_("Choose one of those offered."))
        set_aspect(customer_id=lead.customer_id, aspect=aspect, value=value, cause=_by(request))
        return _("Saved.")

    def do_priority(self, request: HttpRequest, lead: Lead) -> str:
        priority = lead_page.number(request.POST.get("priority", ""))
        if priority not in Priority.values:
            raise ActionRefused(_("Choose one of those offered."))
        set_priority(lead_id=lead.pk, priority=Priority(priority))
        return _("Saved.")

    @_told_of_others
    def do_follow_up(self, request: HttpRequest, lead: Lead) -> str:
        if "done" in request.POST:
            set_follow_up(lead_id=lead.pk, at=None, cause=_by(request, DONE), seen=_seen(request))
            return _("Done. What comes next?")
        if not lead.is_open:
            raise ActionRefused(_("This lead is closed. Move it to an open stage first."))
        step = _plain(request.POST["next_step"]) if "next_step" in request.POST else lead.next_step
        at = _planned(request)
        set_follow_up(lead_id=lead.pk, at=at, next_step=step, cause=_by(request), seen=_seen(request))
        return _("Planned.")

    def do_note(self, request: HttpRequest, lead: Lead) -> str:
        text = request.POST.get("text", "")
        try:
            note = crm_services.add_note(customer=lead.customer, author=user_of(request), text=text)
        except ValueError:
            raise ActionRefused(_("Write something first.")) from None
        return " ".join(filter(None, (_("Noted."), said_of_untold(note.untold))))

    def do_interest(self, request: HttpRequest, lead: Lead) -> str:
        product = Product.objects.active().filter(pk=lead_page.number(request.POST.get("product", ""))).first()
        kind = request.POST.get("kind", "")
        if product is None or kind not in ProductInteraction.Kind.values:
            raise ActionRefused(_("Choose a product, and what they think of it."))
        note_interest(lead=lead, product=product, kind=kind, feedback=request.POST.get("feedback", "")[:2000])
        return _("Noted.")


def _by(request: HttpRequest, reason: str = "") -> Cause:
    return Cause.person(user_of(request), reason)


def _seen(request: HttpRequest) -> str | None:
    """Return what the page showed of what is to change; None where it did not say."""
    return request.POST.get("seen")


def _plain(text: str) -> str:
    """Return text that PostgreSQL keeps, on one line."""
    return " ".join(text.replace("\x00", "").split())


def _value(request: HttpRequest) -> Decimal | None:
    try:
        found: Decimal | None = VALUE.clean(request.POST.get("value", ""))
    except ValidationError as error:
        raise ActionRefused(" ".join(error.messages)) from None
    return found


def _planned(request: HttpRequest) -> datetime:
    """Return the time that was chosen, on the clock of the shop."""
    now = timezone.now()
    local = timezone.localtime(now).replace(tzinfo=None, second=0, microsecond=0)
    quick = {
        "hour": local + timedelta(hours=1),
        "tomorrow": (local + timedelta(days=1)).replace(hour=HOUR_OF_TOMORROW, minute=0),
        "days": local + timedelta(days=3),
    }
    try:
        chosen = quick.get(request.POST.get("quick", "")) or parse_datetime(request.POST.get("at", ""))
    except ValueError:
        chosen = None
    if chosen is None:
        raise ActionRefused(_("Choose a day and time."))
    when = timezone.make_aware(chosen) if timezone.is_naive(chosen) else chosen
    if when < now - timedelta(minutes=1):
        raise ActionRefused(_("That time has passed. Choose one to come."))
    return when
