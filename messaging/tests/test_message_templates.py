"""Templates: fetched as the platform has them, and filled in as it wants."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from crm.models import Channel
from crm.tests.factories import make_channel, make_identity
from messaging.message_templates.drain import TemplateDrain
from messaging.message_templates.filling import fill, preview, templates_for
from messaging.models import ChannelErrand, MessageTemplate, Outgoing
from messaging.sending.claims import Claim
from messaging.sending.parcels import fetch, pack
from messaging.sending.queueing import queue_message
from messaging.sending.refusals import Refused
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import make_conversation
from messaging.tests.http_server import Asked, Server, serving
from messaging.tests.webhooks import receive, whatsapp, whatsapp_text

pytestmark = pytest.mark.django_db(transaction=True)

WABA = "1022"
PATH = f"/v26.0/{WABA}/message_templates"
CONTENTS = "/v1/ContentAndApprovals"
ORDER = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
    {"type": "BODY", "text": "Hello {{1}}, {{2}} is on its way. {{1}}, thank you!", "example": {"body_text": [["a", "b"]]}},
    {"type": "FOOTER", "text": "The shop"},
    {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}, {"type": "URL", "text": "Shop", "url": "https://s.example"}]},
]  # fmt: skip


def template(name: str = "order", components: Any = None, **more: Any) -> dict[str, Any]:
    """A template as WhatsApp tells of it."""
    told = {"id": f"t-{name}", "name": name, "language": "en", "status": "APPROVED", "category": "UTILITY"}
    return told | {"components": ORDER if components is None else components} | more


def body(text: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "BODY", "text": text}, *more]


@pytest.fixture
def api(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.GRAPH_API_URL = settings.TWILIO_CONTENT_URL = server.url
        server.answers[PATH] = (200, {"data": [template()]})
        yield server


def number(**secrets: list[str]) -> Channel:
    secrets = {"app_secret": ["s"], "access_token": ["t"], "waba_id": [WABA], **secrets}
    return make_channel("whatsapp", external_id="200", credentials=secrets)


def sync() -> ChannelErrand:
    ChannelErrand.objects.update(next_attempt_at=timezone.now())
    drain = TemplateDrain()
    while drain.run_batch():
        pass
    drain.finish()
    return ChannelErrand.objects.get()


def test_a_template_is_kept_with_its_parts_and_blanks(api: Server) -> None:
    number()
    sync()
    kept = MessageTemplate.objects.get()
    assert (kept.name, kept.language, kept.category, kept.status) == ("order", "en", "UTILITY", "APPROVED")
    assert (kept.header, kept.footer, kept.external_id) == ("Order {{1}}", "The shop", "t-order")
    assert (kept.header_blanks, kept.body_blanks, kept.obstacle) == (1, 2, "")
    assert kept.buttons == [{"type": "QUICK_REPLY", "text": "Thanks"}, {"type": "URL", "text": "Shop"}]
    assert kept.components == ORDER
    assert api.asked[0].headers["authorization"] == "Bearer t"


def test_all_pages_are_read(api: Server) -> None:
    def page(asked: Asked) -> tuple[int, Any]:
        if "after" in asked.query:
            return 200, {"data": [template("second")], "paging": {"cursors": {"after": "z"}}}
        return 200, {
            "data": [template("first")],
            "paging": {"cursors": {"after": "c"}, "next": "https://evil.example/"},
        }

    api.answers[PATH] = page
    number()
    sync()
    assert [asked.query.get("after") for asked in api.asked] == [None, "c"]
    assert list(MessageTemplate.objects.values_list("name", flat=True)) == ["first", "second"]


def test_what_changed_is_changed_and_what_is_gone_is_deleted(api: Server) -> None:
    api.answers[PATH] = (200, {"data": [template("a"), template("b")]})
    number()
    sync()
    api.answers[PATH] = (200, {"data": [template("a", status="PAUSED")]})
    sync()
    assert dict(MessageTemplate.objects.values_list("name", "status")) == {"a": "PAUSED", "b": "DELETED"}
    api.answers[PATH] = (503, b"")
    row = sync()
    assert row.reason == "try_again"
    assert dict(MessageTemplate.objects.values_list("name", "status")) == {"a": "PAUSED", "b": "DELETED"}


def test_it_is_asked_some_times_a_day(api: Server) -> None:
    number()
    row = sync()
    assert timedelta(hours=2) < row.next_attempt_at - timezone.now() <= timedelta(hours=3)
    TemplateDrain().run_batch()
    assert len(api.asked) == 1


def test_the_business_account_is_learned_from_the_numbers_webhooks(api: Server) -> None:
    channel = number(waba_id=[])
    assert sync().code == "waba_id"
    assert api.asked == []
    webhook = whatsapp(channel, messages=[whatsapp_text("wamid.1", {"from": "201001234567"})])
    webhook["entry"][0]["id"] = WABA
    receive(channel, webhook)
    assert sync().reason == ""
    channel.refresh_from_db()
    assert channel.credentials["waba_id"] == [WABA]


def test_it_is_not_learned_from_another_numbers_webhooks(api: Server) -> None:
    channel = number(waba_id=[])
    webhook = whatsapp(channel, messages=[whatsapp_text("wamid.1", {"from": "201001234567"})])
    webhook["entry"][0]["id"] = "999"
    webhook["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "201"
    receive(channel, webhook)
    assert sync().code == "waba_id"


@pytest.mark.parametrize(
    ("components", "more", "obstacle"),
    [
        (body("Hello {{1}}"), {}, ""),
        (body("Hello {{ 1 }}"), {}, ""),
        (body(" ".join(f"{{{{{number}}}}}" for number in range(11, 0, -1))), {}, ""),
        (body("Hello {{name}}"), {"parameter_format": "NAMED"}, ""),
        (body("Hello {{name}}, {{1}}"), {}, "named"),
        (body("Hello {{a-b}}"), {}, "named"),
        (body("Hello {{2}}"), {}, "named"),
        (body("Hello", {"type": "HEADER", "format": "IMAGE"}), {}, ""),
        (body("Hello", {"type": "HEADER", "format": "LOCATION"}), {}, "media"),
        (body("Hello", {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "a", "url": "https://s/{{1}}"}]}), {}, ""),
        (body("Hello", {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "a", "url": "https://s/{{1}}/{{2}}"}]}), {}, "button"),
        (body("Hello", {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "a"}]}), {}, "special"),
        (body("{{1}} is your code"), {"category": "AUTHENTICATION"}, "special"),
        (body("Hello", {"type": "CAROUSEL", "cards": []}), {}, "special"),
        ([], {}, "special"),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_in_here_is_not_offered(api: Server, components: Any, more: Any, obstacle: str) -> None:
    api.answers[PATH] = (200, {"data": [template(components=components, **more)]})
    number()
    sync()
    kept = MessageTemplate.objects.get()
    assert kept.obstacle == obstacle
    assert kept.is_offered == MessageTemplate.objects.offered().exists() == (not obstacle)
    assert bool(kept.obstacle_text) == bool(obstacle)


@pytest.mark.parametrize("status", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL"])
def test_only_approved_ones_are_offered(api: Server, status: str) -> None:
    api.answers[PATH] = (200, {"data": [template(status=status)]})
    number()
    sync()
    kept = MessageTemplate.objects.get()
    assert not MessageTemplate.objects.offered().exists()
    with pytest.raises(Refused):
        fill(kept, ["a", "b"], ["1"])


def content(sid: str, types: dict[str, Any], status: str = "approved", name: str = "") -> dict[str, Any]:
    approval = {"status": status, "category": "UTILITY", "name": name or sid.lower()}
    return {
        "sid": sid,
        "friendly_name": name or sid.lower(),
        "language": "en",
        "types": types,
        "approval_requests": approval,
    }


def twilio() -> Channel:
    return make_channel("twilio", external_id="+15005550006")


def test_twilios_contents_are_templates_with_all_blanks_in_one_row(api: Server) -> None:
    reply = {"body": "Hi {{1}}, is {{2}} right?", "actions": [{"title": "Yes", "id": "yes"}]}
    card = {
        "header_text": "Sale",
        "body": "{{1}} % off",
        "footer": "Shop",
        "actions": [{"type": "URL", "title": "See", "url": "https://s.example"}],
    }
    pages: Any = [
        (200, {"contents": [content("HX1", {"twilio/quick-reply": reply})], "meta": {"next_page_url": "https://x.example/v1?PageToken=p2&PageSize=100"}}),
        (200, {"contents": [content("HX2", {"whatsapp/card": card}), content("HX3", {"twilio/catalog": {"body": "x"}}),
                            content("HX4", {"twilio/media": {"body": "b {{1}}", "media": ["https://s.example/{{2}}.jpg"]}}),
                            content("HX6", {"whatsapp/card": {"body": "b", "actions": [{"type": "URL", "title": "x", "url": "https://s/{{1}}"}]}}),
                            content("HX7", {"twilio/text": {"body": "Hi {{name}}"}}),
                            content("HX5", {"twilio/text": {"body": "Plain"}}, status="unsubmitted")], "meta": {}}),
    ]  # fmt: skip
    api.answers[CONTENTS] = pages
    channel = twilio()
    sync()
    kept = {row.external_id: row for row in MessageTemplate.objects.filter(channel=channel)}
    assert (kept["HX1"].body_blanks, kept["HX1"].buttons, kept["HX1"].obstacle) == (
        2,
        [{"type": "QUICK_REPLY", "text": "Yes"}],
        "",
    )
    assert (kept["HX2"].header, kept["HX2"].body, kept["HX2"].footer, kept["HX2"].obstacle) == (
        "Sale",
        "{{1}} % off",
        "Shop",
        "",
    )
    assert [kept[sid].obstacle for sid in ("HX3", "HX4", "HX6", "HX7")] == ["special", "special", "special", ""]
    assert kept["HX5"].status == "UNSUBMITTED"
    assert [asked.query for asked in api.asked] == [{"PageSize": "100"}, {"PageToken": "p2", "PageSize": "100"}]
    assert api.asked[0].headers["authorization"].startswith("Basic ")


def test_of_two_contents_by_one_name_the_approved_one_counts(api: Server) -> None:
    text = {"twilio/text": {"body": "Hi"}}
    contents = [
        content("HX9", text, "rejected", "hi"),
        content("HX1", text, "approved", "hi"),
        content("HX2", text, "paused", "hi"),
    ]
    api.answers[CONTENTS] = (200, {"contents": contents})
    twilio()
    sync()
    assert MessageTemplate.objects.get().external_id == "HX1"


def test_a_refused_token_of_twilio_is_noted(api: Server) -> None:
    api.answers[CONTENTS] = (401, {"code": 20003})
    channel = twilio()
    assert sync().reason == "token"
    channel.refresh_from_db()
    assert channel.token_refused_at


def make_template(**fields: Any) -> MessageTemplate:
    fields = {
        "header": "Order {{1}}",
        "body": "Hello {{1}}: {{2}}",
        "footer": "Shop",
        "header_blanks": 1,
        "body_blanks": 2,
        "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}],
        "status": "APPROVED",
        "external_id": "t1",
        **fields,
    }
    channel = fields.pop("channel", None) or number()
    return MessageTemplate.objects.create(
        channel=channel, name="order", language="en", synced_at=timezone.now(), **fields
    )


def test_a_filled_template_is_the_text_of_its_bubble_and_what_is_sent() -> None:
    template = make_template()
    identity = make_identity(template.channel, key=("phone", "201001234567"))
    conversation = make_conversation(identity, last_inbound_at=timezone.now() - timedelta(days=3))
    draft = fill(template, body=[" Mona ", "{{1}} & <b>"], header=["42"])
    message = queue_message(conversation_id=conversation.pk, draft=draft, author=colleague("seller"))
    assert message.text == "Order 42\nHello Mona: {{1}} & <b>\nShop\n[Thanks]"
    row = Outgoing.objects.get()
    claim = Claim(row.pk, row.channel_id, row.conversation_id, row.token, row.content, row.details, 1, timezone.now())
    sent = pack(claim, fetch([claim])).outbound.template
    assert sent is not None
    assert (sent.name, sent.language, sent.body, sent.header, sent.external_id) == (
        "order",
        "en",
        ("Mona", "{{1}} & <b>"),
        ("42",),
        "t1",
    )


@pytest.mark.parametrize(
    ("body_values", "header_values", "words"),
    [
        (["a"], ["1"], "2 blanks; 1"),
        (["a", "b", "c"], ["1"], "2 blanks; 3"),
        (["a", "b"], [], "1 blanks; 0"),
        (["a", "  "], ["1"], "every blank"),
        (["a", "b\nc"], ["1"], "one line"),
        (["a", "b\tc"], ["1"], "one line"),
        (["a", "b     c"], ["1"], "one line"),
        (["a", "b" * 1100], ["1"], "too long"),
        (["a", "b"], ["1" * 80], "too long"),
    ],
)
def test_blanks_are_to_be_filled_as_the_platform_wants(body_values: Any, header_values: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        fill(make_template(), body_values, header_values)


def test_a_preview_keeps_the_blanks_that_are_not_filled_yet() -> None:
    shown = preview(make_template(), ["Mona"])
    assert (shown.header, shown.body, shown.footer, shown.buttons) == (
        "Order {{1}}",
        "Hello Mona: {{2}}",
        "Shop",
        ("Thanks",),
    )


def test_templates_are_for_conversations_that_have_a_window() -> None:
    channel = twilio()
    template = make_template(channel=channel)
    by_sms = make_conversation(make_identity(channel, key=("phone", "1")))
    by_whatsapp = make_conversation(make_identity(channel, key=("phone", "2"), profile={"address": "whatsapp"}))
    assert [list(templates_for(one)) for one in (by_sms, by_whatsapp)] == [[], [template]]


def test_the_command_fetches_now_and_says_what_failed(api: Server) -> None:
    channel = number()
    out = StringIO()
    call_command("sync_templates", stdout=out)
    assert out.getvalue().strip() == "1 template of 1 channel."
    call_command("sync_templates", channel.slug, "--json", stdout=out)
    assert f'{{"templates":{{"{channel.slug}":1}},"failed":{{}}}}' in out.getvalue()
    Channel.objects.filter(pk=channel.pk).delete()
    make_channel("whatsapp", slug="new", credentials={"access_token": ["t"]})
    with pytest.raises(CommandError, match="enter its id"):
        call_command("sync_templates", stdout=out)
    with pytest.raises(CommandError, match="nowhere"):
        call_command("sync_templates", "nowhere", stdout=out)


def test_staff_read_templates_and_change_none() -> None:
    template = make_template(body="<script>Hello {{1}}</script>")
    client = client_of(colleague("seller"))
    assert "order" in client.get(reverse("admin:messaging_messagetemplate_changelist")).content.decode()
    page = client.get(reverse("admin:messaging_messagetemplate_change", args=[template.pk])).content.decode()
    assert "&lt;script&gt;Hello {{1}}&lt;/script&gt;" in page
    assert "Approved" in page
