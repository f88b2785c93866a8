"""The page of a conversation."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AdCampaign
from messaging.admin.thread import SHOWN, read_part
from messaging.models import Attachment, Conversation, MessageStatus
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def seller() -> Client:
    return client_of(colleague("seller"))


def url_of(conversation: Conversation, query: str = "") -> str:
    return reverse("admin:messaging_conversation_change", args=[conversation.pk]) + query


def page_of(client: Client, conversation: Conversation, query: str = "", **headers: Any) -> str:
    response = client.get(url_of(conversation, query), headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def long_conversation(count: int = 130) -> Conversation:
    """Two messages a minute, with ids that a template would write with a comma."""
    conversation = make_conversation()
    for number in range(count):
        make_message(conversation, pk=1_000_000 + number, text=f"message {number}.", at=NOON + number // 2 * MINUTE)
    return conversation


def texts(part: Any) -> list[str]:
    return [bubble.message.text for bubble in part.bubbles]


def test_it_shows_the_newest_messages_oldest_first() -> None:
    part = read_part(long_conversation())
    assert texts(part) == [f"message {number}." for number in range(80, 130)]


def test_paging_back_by_key_meets_every_message_once() -> None:
    conversation = long_conversation()
    part = read_part(conversation)
    met = texts(part)
    while part.earlier:
        part = read_part(conversation, before=part.earlier)
        assert len(part.bubbles) <= SHOWN
        met = texts(part) + met
    assert met == [f"message {number}." for number in range(130)]


def test_it_opens_around_a_message_that_a_search_found() -> None:
    conversation = long_conversation()
    found = conversation.messages.get(text="message 60.")
    part = read_part(conversation, around=found.pk)
    assert texts(part)[-1] == "message 80."
    assert part.later
    newest = conversation.messages.get(text="message 125.")
    part = read_part(conversation, around=newest.pk)
    assert texts(part)[-1] == "message 129."
    assert not part.later


def test_a_message_of_another_conversation_is_no_mark_to_page_from() -> None:
    conversation, other = long_conversation(3), make_message(text="elsewhere")
    assert texts(read_part(conversation, before=other.pk)) == [f"message {number}." for number in range(3)]


def test_earlier_messages_come_without_the_rest_of_the_page(seller: Client) -> None:
    conversation = long_conversation()
    part = read_part(conversation)
    whole = page_of(seller, conversation, f"?before={part.earlier}")
    piece = page_of(seller, conversation, f"?before={part.earlier}", **{"HX-Request": "true"})
    assert f"?before={part.earlier}" in page_of(seller, conversation)
    assert f'id="m{1_000_000 + 79}"' in whole
    assert "message 79." in whole
    assert "message 79." in piece
    assert "<html" in whole
    assert "<html" not in piece


def test_bubbles_tell_sides_days_statuses_and_sources(seller: Client) -> None:
    conversation = make_conversation()
    ad = AdCampaign.objects.create(channel=conversation.channel, ad_id="1", title="Blue dress", first_seen_at=NOON)
    now = timezone.now()
    asked = make_message(conversation, text="How much?", at=now - timedelta(days=1), source="ad", ad=ad)
    make_message(conversation, text="300 pounds", direction="out", at=now - MINUTE, status=MessageStatus.READ,
                 reply_to=asked.external_id, reply_to_key=asked.external_key)  # fmt: skip
    make_message(conversation, text="So much", at=now, edited_at=now, reactions={"aa": "👍"})
    page = page_of(seller, conversation)
    thread = page[page.index('id="thread"') : page.index("mc-talk-side")]
    assert thread.count("mc-theirs") == 2
    assert thread.count("mc-ours") == 1
    assert thread.index("Yesterday") < thread.index("How much?") < thread.index("Today") < thread.index("300 pounds")
    assert reverse("admin:campaigns_adcampaign_change", args=[ad.pk]) in thread
    assert '<blockquote dir="auto">How much?</blockquote>' in thread
    assert 'title="Read"' in thread
    assert "edited" in thread
    assert "👍" in thread


def test_an_unsent_message_keeps_its_place_and_nothing_else(seller: Client) -> None:
    gone = make_message(text="", deleted_at=NOON)
    Attachment.objects.create(message=gone, type="image", url="https://pictures.example/gone.jpg")
    page = page_of(seller, gone.conversation)
    assert "Message unsent" in page
    assert "gone.jpg" not in page


def test_what_lies_elsewhere_is_linked_and_never_loaded(seller: Client) -> None:
    message = make_message()
    for position, url in enumerate(
        ("https://pictures.example/a.jpg", "javascript:alert(1)", "data:text/html,x", "//evil.example")
    ):
        Attachment.objects.create(message=message, position=position, type="image", url=url, name=f"name {position}")
    page = page_of(seller, message.conversation)
    assert 'href="https://pictures.example/a.jpg" target="_blank" rel="noopener noreferrer"' in page
    assert 'src="https://pictures.example' not in page
    assert "javascript:alert" not in page
    assert "data:text/html" not in page
    assert 'href="//evil' not in page
    assert all(f"name {position}" in page for position in range(4))


def test_new_messages_are_marked_until_they_are_read(seller: Client) -> None:
    conversation = make_conversation(unread_count=1, waiting_since=NOON, answered_at=NOON - MINUTE)
    make_message(conversation, text="old", at=NOON - 2 * MINUTE)
    make_message(conversation, text="fresh", at=NOON)
    page = page_of(seller, conversation)
    assert page.index("old") < page.index("mc-new") < page.index("fresh")
    form = {"up_to": NOON.isoformat()}
    assert seller.post(reverse("admin:messaging_conversation_read", args=[conversation.pk]), form).status_code == 302
    page = page_of(seller, conversation)
    assert "mc-new" not in page
    assert "Mark as read" not in page


def test_reading_is_only_noted_by_the_button(seller: Client) -> None:
    conversation = make_conversation(unread_count=1, waiting_since=NOON)
    make_message(conversation)
    page_of(seller, conversation)
    conversation.refresh_from_db()
    assert (conversation.unread_count, conversation.seen_at) == (1, None)


def test_the_buttons_close_reopen_assign_and_hand_back(seller: Client) -> None:
    conversation = make_conversation()
    for action, expected in (("close", "closed"), ("reopen", "open")):
        seller.post(reverse(f"admin:messaging_conversation_{action}", args=[conversation.pk]))
        conversation.refresh_from_db()
        assert conversation.status == expected
    seller.post(reverse("admin:messaging_conversation_assign_to_me", args=[conversation.pk]))
    conversation.refresh_from_db()
    assert str(conversation.assignee).startswith("seller")
    assert "Hand back" in page_of(seller, conversation)
    seller.post(reverse("admin:messaging_conversation_hand_back", args=[conversation.pk]))
    conversation.refresh_from_db()
    assert conversation.assignee is None


def test_reopening_is_refused_in_words_where_a_newer_one_is_open(seller: Client) -> None:
    closed = make_conversation(status="closed", closed_at=NOON)
    make_conversation(closed.identity)
    url = reverse("admin:messaging_conversation_reopen", args=[closed.pk])
    assert "They have a newer open conversation" in seller.post(url, follow=True).content.decode()


def test_a_viewer_reads_and_has_no_buttons() -> None:
    viewer = client_of(colleague("viewer"))
    page = page_of(viewer, make_message(text="Hello there").conversation)
    assert "Hello there" in page
    assert "Assign to me" not in page
    assert "Write a note" not in page


def test_phones_read_from_left_to_right_and_words_in_their_own_direction(seller: Client) -> None:
    message = make_message(text="السلام عليكم")
    customer = message.conversation.identity.customer
    customer.set_phone("+201012345678")
    customer.save()
    page = page_of(seller, message.conversation, **{"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl"' in page
    assert '<bdo dir="ltr">+201012345678</bdo>' in page
    assert '<p class="mc-text" dir="auto">السلام عليكم</p>' in page


def test_the_list_shows_the_newest_words_the_wait_and_the_tabs(seller: Client) -> None:
    conversation = make_conversation(unread_count=120, waiting_since=NOON)
    make_message(conversation, text="first words")
    make_message(conversation, text="newest words", at=NOON + MINUTE, direction="out")
    listing = reverse("admin:messaging_conversation_changelist")
    page = seller.get(listing).content.decode()
    assert "You: newest words" in page
    assert "99+" in page
    assert "mc-late" in page
    for query, seen in (
        ("?assigned=me", 0),
        ("?assigned=nobody", 1),
        ("?status=closed", 0),
        ("?need=answer", 1),
        ("?need=reading", 1),
    ):
        assert seller.get(listing + query).context["cl"].result_count == seen, query
