"""Canned replies: whose they are, what they say, and what the field for an answer is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm import runtime_settings
from crm.models import Team, User
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.staff import logged_in, member
from messaging import canned
from messaging.canned_variables import fill
from messaging.channels.outbound import Content
from messaging.models import CannedReply, Conversation
from messaging.sending.queueing import queue_message
from messaging.tests.factories import make_conversation

pytestmark = pytest.mark.django_db
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture(autouse=True)
def _settings_as_they_were() -> Iterator[None]:
    yield
    runtime_settings.forget()


@pytest.fixture
def talk() -> Conversation:
    customer = make_customer(name="Mona Adel", city="Giza")
    return make_conversation(make_identity(make_channel("telegram"), key=("chat", "1"), customer=customer))


def make_reply(shortcut: str = "hi", text: str = "Hello", **fields: Any) -> CannedReply:
    return CannedReply.objects.create(title=fields.pop("title", shortcut), shortcut=shortcut, text=text, **fields)


def offered(client: Client, talk: Conversation, words: str = "") -> list[dict[str, Any]]:
    answer = client.get(reverse("admin:canned_replies"), {"conversation": str(talk.pk), "q": words})
    assert answer.status_code == 200
    replies: list[dict[str, Any]] = answer.json()["replies"]
    return replies


def shortcuts(client: Client, talk: Conversation, words: str = "") -> list[str]:
    return [reply["shortcut"] for reply in offered(client, talk, words)]


def test_a_reply_names_the_customer_the_seller_and_the_shop(talk: Conversation) -> None:
    seller = member("seller")
    seller.full_name = "Omar Said"
    runtime_settings.change(key="shop.name", value="Nile Shoes", by=seller)
    text = "{customer_name}/{first_name}/{city}/{seller_name}/{seller_first_name}/{shop_name}"
    draft = canned.rendered(make_reply(text=text), talk, seller)
    assert draft.text == "Mona Adel/Mona/Giza/Omar Said/Omar/Nile Shoes"
    assert draft.content == Content.TEXT


def test_what_is_not_known_leaves_no_gap_and_is_told(talk: Conversation) -> None:
    talk.identity.customer.name = ""
    seller = member("seller")
    seller.full_name = ""  # their e-mail address is nobody's outside
    text = "Hello {first_name}, welcome!\n{first_name}\n— {seller_name}"
    assert canned.text_for(make_reply(text=text), talk, seller) == (
        "Hello, welcome!\n\n—",
        ["first_name", "seller_name"],
    )


def test_values_are_not_read_for_variables_and_other_braces_stay() -> None:
    assert fill("{first_name} {x} {", {"first_name": "{city}", "city": "Giza"}) == ("{city} {x} {", [])


def test_a_file_goes_along_and_is_sent(talk: Conversation) -> None:
    reply = make_reply(file=ContentFile(PICTURE, "a"), file_name="sizes.png", mime_type="image/png")
    seller = member("seller")
    message = queue_message(conversation_id=talk.pk, draft=canned.rendered(reply, talk, seller), author=seller)
    sent = message.attachments.get()
    assert (message.type, message.text, sent.name, sent.mime_type) == ("image", "Hello", "sizes.png", "image/png")
    assert sent.file.read() == PICTURE
    assert sent.file.name != reply.file.name
    sent.file.delete()
    assert reply.file.open().read() == PICTURE


def test_one_is_offered_what_is_for_everybody_for_the_team_and_for_oneself(talk: Conversation) -> None:
    seller, mate, other = member("seller", "Shop"), member("seller", "Shop"), member("seller", "Else")
    make_reply("all")
    make_reply("team", team=Team.objects.get(name="Shop"))
    make_reply("elsewhere", team=Team.objects.get(name="Else"))
    make_reply("mine", owner=seller)
    make_reply("mates", owner=mate)
    make_reply("unused", is_active=False)
    assert shortcuts(logged_in(seller), talk) == ["all", "mine", "team"]
    assert shortcuts(logged_in(other), talk) == ["all", "elsewhere"]
    assert shortcuts(logged_in(member("manager")), talk) == ["all"]


def test_arabic_is_found_however_it_is_typed_and_shortcuts_come_first(talk: Conversation) -> None:
    client = logged_in(member("seller"))
    make_reply("price", "السعر ٥٠ جنيه", title="أسعار")
    make_reply("اسعار", "x", title="B")
    make_reply("other", "x", title="C")
    assert shortcuts(client, talk, "أسعَار") == ["اسعار", "price"]
    assert shortcuts(client, talk, "50") == ["price"]
    assert shortcuts(client, talk, "PRI") == ["price"]
    assert shortcuts(client, talk, "%") == []


def test_those_in_the_customers_language_come_first(talk: Conversation) -> None:
    make_reply("a", language="en")
    make_reply("b")
    make_reply("c", language="ar")
    talk.identity.customer.language = "ar"
    talk.identity.customer.save()
    assert shortcuts(logged_in(member("seller")), talk) == ["c", "b", "a"]


def test_the_picker_is_told_the_text_as_it_will_be_sent(talk: Conversation) -> None:
    seller = member("seller")
    reply = make_reply(text="Hi {first_name} of {shop_name}", file="f", file_name="a.png", mime_type="image/png")
    assert offered(logged_in(seller), talk) == [
        {
            "id": reply.pk,
            "title": "hi",
            "shortcut": "hi",
            "text": "Hi Mona of",
            "missing": ["the shop's name"],
            "file": {"name": "a.png", "type": "image/png", "url": reverse("admin:canned_reply_file", args=[reply.pk])},
        }
    ]


@pytest.mark.parametrize("number", ["", "x", "0", "9" * 30, "-1"])
def test_no_conversation_no_replies(number: str) -> None:
    client = logged_in(member("seller"))
    assert client.get(reverse("admin:canned_replies"), {"conversation": number}).status_code == 404


def test_a_conversation_of_others_fills_in_nothing(talk: Conversation) -> None:
    talk.assignee = member("seller", "Shop")
    talk.save()
    answer = logged_in(member("seller", "Else")).get(reverse("admin:canned_replies"), {"conversation": talk.pk})
    assert answer.status_code == 404


def form(**values: Any) -> dict[str, Any]:
    return {"title": "T", "shortcut": "Hi", "text": "Hello {first_name}", "language": "", "is_active": "on", **values}


def test_sellers_write_for_themselves_alone() -> None:
    seller, team = member("seller", "Shop"), Team.objects.get(name="Shop")
    answer = logged_in(seller).post(reverse("admin:messaging_cannedreply_add"), form(team=team.pk, owner=""))
    assert answer.status_code == 302
    reply = CannedReply.objects.get()
    assert (reply.owner, reply.team, reply.shortcut) == (seller, None, "hi")


def test_managers_write_for_teams_and_everybody() -> None:
    client, team = logged_in(member("manager", "Shop")), Team.objects.get(name="Shop")
    url = reverse("admin:messaging_cannedreply_add")
    assert client.post(url, form(team=team.pk)).status_code == 302
    assert client.post(url, form()).status_code == 302
    assert sorted(str(reply.team) for reply in CannedReply.objects.all()) == ["None", "Shop"]


def test_sellers_change_their_own_only() -> None:
    seller = member("seller", "Shop")
    mine, everybodys, mates = (
        make_reply("mine", owner=seller),
        make_reply("all"),
        make_reply("mates", owner=member("seller", "Shop")),
    )
    client = logged_in(seller)

    def posted(reply: CannedReply, page: str = "change") -> int:
        url = reverse(f"admin:messaging_cannedreply_{page}", args=[reply.pk])
        return client.post(url, form(shortcut=reply.shortcut, post="yes", title="New")).status_code

    assert [posted(mine), posted(everybodys), posted(mates)] == [302, 403, 302]
    assert sorted(CannedReply.objects.values_list("title", flat=True)) == ["New", "all", "mates"]
    assert [posted(everybodys, "delete"), posted(mates, "delete"), posted(mine, "delete")] == [403, 302, 302]
    assert CannedReply.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": "Hello {frist_name}"}, "{frist_name} stands for nothing. There are: {customer_name}"),
        ({"shortcut": "two words"}, "One word, without a slash."),
        ({"shortcut": "a/b"}, "One word, without a slash."),
        ({"shortcut": "TAKEN"}, "There is another with this shortcut."),
        ({"upload": SimpleUploadedFile("a.png", b"<html>")}, "Files of this kind cannot be sent."),
        ({"upload": SimpleUploadedFile("a.txt", b"")}, "The submitted file is empty."),
    ],
)
def test_what_cannot_be_saved_is_said(values: dict[str, Any], words: str) -> None:
    seller = member("seller")
    make_reply("taken", owner=seller)
    page = logged_in(seller).post(reverse("admin:messaging_cannedreply_add"), form(**values))
    assert page.status_code == 200
    assert words in page.content.decode().replace("&#x27;", "'")
    assert CannedReply.objects.count() == 1


def test_a_shortcut_is_taken_within_its_scope_only() -> None:
    make_reply("hi")
    make_reply("hi", team=Team.objects.create(name="A"))
    client = logged_in(member("manager"))
    page = client.post(reverse("admin:messaging_cannedreply_add"), form())
    assert "There is another with this shortcut." in page.content.decode()
    assert client.post(reverse("admin:messaging_cannedreply_add"), form(owner=member("seller").pk)).status_code == 302


def test_a_file_is_kept_handed_out_and_taken_off() -> None:
    seller = member("seller")
    client = logged_in(seller)
    file = SimpleUploadedFile("sizes.png", PICTURE, "text/html")
    client.post(reverse("admin:messaging_cannedreply_add"), form(upload=file))
    reply = CannedReply.objects.get()
    answer = client.get(reverse("admin:canned_reply_file", args=[reply.pk]))
    assert b"".join(answer.streaming_content) == PICTURE  # type: ignore[attr-defined]  # a file
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="sizes.png"'
    assert logged_in(member("seller")).get(answer.request["PATH_INFO"]).status_code == 404
    client.post(reverse("admin:messaging_cannedreply_change", args=[reply.pk]), form(remove_file="on"))
    reply.refresh_from_db()
    assert (reply.file.name, reply.file_name, reply.mime_type) == ("", "", "")


def test_a_viewer_has_no_business_there(talk: Conversation) -> None:
    viewer: User = member("viewer")
    answer = logged_in(viewer).get(reverse("admin:canned_replies"), {"conversation": talk.pk})
    assert answer.status_code == 403
