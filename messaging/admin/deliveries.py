"""Webhook deliveries: what platforms posted, what became of it, and replaying."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import markup
from crm.admin.filters import ChannelFilter, choice_filter
from crm.admin.page_actions import PageActions
from crm.admin.staff_admin import ReadOnly, StaffAdmin
from crm.encrypted_fields import Unreadable
from crm.markup import column
from messaging.models import WebhookDelivery

SHOWN_CHARACTERS = 100_000
REPLAY = "messaging.change_webhookdelivery"
STATE_TONES: dict[str, markup.Tone] = {
    WebhookDelivery.Status.PENDING: "accent",
    WebhookDelivery.Status.PROCESSED: "good",
    WebhookDelivery.Status.IGNORED: "neutral",
    WebhookDelivery.Status.FAILED: "bad",
}


def readable_body(body: bytes) -> str:
    """Lay out a body: JSON indented, a form by its fields, anything else as text. Long ones are cut."""
    try:
        text = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, TypeError):
        text = body.decode("utf-8", "replace")
        fields = parse_qsl(text, keep_blank_values=True) if "=" in text and "\n" not in text else []
        if fields:
            text = "\n".join(f"{name} = {value}" for name, value in fields)
    if len(text) > SHOWN_CHARACTERS:
        return text[:SHOWN_CHARACTERS] + "\n…"
    return text


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(PageActions, ReadOnly, StaffAdmin):
    list_display = ("number", "state", "tries", "received")
    list_select_related = ("channel",)
    list_filter = (choice_filter("status", gettext_lazy("state"), WebhookDelivery.Status.choices), ChannelFilter)
    phone = {"number": "title", "received": "end", "state": "badge"}  # noqa: RUF012 - as in StaffAdmin
    actions = ("replay_selected",)
    page_actions = ("replay",)
    change_form_outer_before_template = "migochat/delivery.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "state",
                    "channel_name",
                    "error",
                    "received_at",
                    "processed_at",
                    "attempts",
                    "next_attempt_at",
                )
            },
        ),
        (gettext_lazy("What came"), {"fields": ("query", "header_lines", "size", "decoded")}),
    )
    empty_icon = "webhook"
    empty_title = gettext_lazy("Nothing received yet")
    empty_hint = gettext_lazy("Add a channel and enter its webhook address on the platform.")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Follow the index at hand: a channel's deliveries lie by time, all of them by id."""
        return ("-received_at", "-pk") if request.GET.get("channel") else ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        found: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return found.defer("body", "channel__credentials")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(REPLAY)

    def may_act(self, request: HttpRequest, row: Any, action: str) -> bool:
        return self.has_replay_permission(request)

    def page_context(self, request: HttpRequest, row: WebhookDelivery) -> dict[str, Any]:
        return {"delivery": row, "may_replay": self.has_replay_permission(request)}

    @admin.action(description=gettext_lazy("Replay the selected deliveries"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        if not self.has_replay_permission(request):
            raise PermissionDenied
        count = WebhookDelivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).replay()
        said = ngettext(
            "%(count)d delivery waits to be read again.", "%(count)d deliveries wait to be read again.", count
        )
        messages.success(request, said % {"count": count})

    def do_replay(self, request: HttpRequest, delivery: WebhookDelivery) -> str:
        WebhookDelivery.objects.filter(pk=delivery.pk).replay()
        return _("It waits to be read again. What it caused already is not made twice.")

    @column(gettext_lazy("Delivery"))
    def number(self, delivery: WebhookDelivery) -> str:
        reason = next(iter(delivery.error.strip().splitlines()), "")[:160]
        return markup.two_lines(f"#{delivery.pk}", " · ".join(filter(None, (delivery.channel.name, reason))))

    @column(gettext_lazy("State"))
    def state(self, delivery: WebhookDelivery) -> str:
        return markup.chip(delivery.get_status_display(), STATE_TONES[delivery.status])

    @column(gettext_lazy("Channel"))
    def channel_name(self, delivery: WebhookDelivery) -> str:
        return markup.chip(delivery.channel)

    @column(gettext_lazy("Attempts"))
    def tries(self, delivery: WebhookDelivery) -> str:
        return markup.grouped(delivery.attempts)

    @column(gettext_lazy("Received"))
    def received(self, delivery: WebhookDelivery) -> str:
        return markup.ago(delivery.received_at)

    @column(gettext_lazy("Headers"))
    def header_lines(self, delivery: WebhookDelivery) -> str:
        lines = [f"{name}: {value}" for name, value in sorted(delivery.headers.items())]
        return markup.code_block("\n".join(lines)) if lines else ""

    @column(gettext_lazy("Size"))
    def size(self, delivery: WebhookDelivery) -> str:
        body = delivery.body
        return "" if isinstance(body, Unreadable) else _("%(count)s bytes") % {"count": markup.grouped(len(body))}

    @column(gettext_lazy("Body"))
    def decoded(self, delivery: WebhookDelivery) -> str:
        body = delivery.body
        if isinstance(body, Unreadable):
            return markup.chip(_("Cannot be decrypted with our keys"), "bad")
        return markup.code_block(readable_body(bytes(body)))
