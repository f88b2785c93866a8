"""Messages in the admin, and what posts and ads tell of them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from campaigns.models import AdCampaign, Post
from crm.tests.factories import make_channel, make_user
from messaging import text_search
from messaging.admin.on_campaigns import COUNTED_UP_TO, messages_brought
from messaging.models import Message, MessageStatus
from messaging.tests.admin_world import client_of, colleague
from messaging.tests.factories import NOON, make_conversation, make_message

pytestmark = pytest.mark.django_db
LIST = "admin:messaging_message_changelist"


@pytest.fixture
def seller() -> Client:
    return client_of(colleague("seller"))


def found(client: Client, **query: Any) -> list[str]:
    return [row.text for row in client.get(reverse(LIST), query).context["cl"].result_list]


def make_ad() -> AdCampaign:
    return AdCampaign.objects.create(channel=make_channel(), ad_id="1", title="Blue dress", first_seen_at=NOON)


def test_words_are_found_however_typed(seller: Client) -> None:
    make_message(text="بكام الفستان الأزرق؟")
    make_message(text="Qual o preço do vestido?")
    assert found(seller, q="الازرق") == ["بكام الفستان الأزرق؟"]
    assert found(seller, q="PRECO") == ["Qual o preço do vestido?"]
    assert found(seller, q="100%") == []


def test_few_letters_are_looked_for_among_the_newest_only(seller: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = make_conversation()
    for hour in range(3):
        make_message(conversation, text=f"ok {hour}", at=NOON.replace(hour=hour))
    assert len(found(seller, q="ok")) == 3
    monkeypatch.setattr(text_search, "SEARCHED_SHORT", 2)
    assert found(seller, q="ok") == ["ok 2", "ok 1"]
    assert found(seller, q="ok 0") == ["ok 0"]


def test_what_did_not_get_through_is_found_by_its_state(seller: Client) -> None:
    talk = make_conversation()
    for status in (MessageStatus.UNKNOWN, MessageStatus.FAILED, MessageStatus.SENT):
        make_message(talk, text=status.name, direction="out", status=status)
    make_message(talk, text="theirs", status=MessageStatus.UNKNOWN)
    assert found(seller, fate="unknown") == ["UNKNOWN"]
    assert found(seller, fate="failed") == ["FAILED"]


def test_a_row_leads_to_the_message_in_its_conversation(seller: Client) -> None:
    message = make_message(pk=1_234_567, text="Hello")
    thread = reverse("admin:messaging_conversation_change", args=[message.conversation_id])
    assert f'href="{thread}?around=1234567#m1234567"' in seller.get(reverse(LIST)).content.decode()


def test_an_ad_counts_its_messages_and_leads_to_them(seller: Client) -> None:
    ad = make_ad()
    make_message(text="by the ad", source="ad", ad=ad)
    make_message(text="by itself")
    listing = seller.get(reverse("admin:campaigns_adcampaign_changelist")).content.decode()
    url = f"{reverse(LIST)}?ad={ad.pk}"
    assert f'<a class="mc-link" href="{url}">1</a>' in listing
    assert found(seller, ad=ad.pk) == ["by the ad"]


def test_a_count_is_of_what_its_link_shows_to_the_one_who_looks(seller: Client) -> None:
    ad = make_ad()
    post = Post.objects.create(channel=ad.channel, external_id="1", title="New dress", first_seen_at=NOON)
    theirs = make_conversation(assignee=make_user())
    for talk in (theirs, theirs, make_conversation()):
        make_message(talk, text=f"in {talk.pk}", source="ad", ad=ad)
    make_message(theirs, text="under the post", source="comment", post=post)
    for client, by_ad, by_post in ((seller, 1, 0), (client_of(colleague("manager")), 3, 1)):
        for kind, row, brought_by, count in (("adcampaign", ad, "ad", by_ad), ("post", post, "post", by_post)):
            listed = client.get(reverse(f"admin:campaigns_{kind}_changelist")).content.decode()
            url = f"{reverse(LIST)}?{brought_by}={row.pk}"
            assert (f'<a class="mc-link" href="{url}">{count}</a>' in listed) is bool(count)
            assert (url in listed) is bool(count)
            assert len(found(client, **{brought_by: row.pk})) == count


def test_counting_stops_where_it_no_longer_matters() -> None:
    ad, conversation = make_ad(), make_conversation()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_message (channel_id, conversation_id, direction, type, text, status, external_id, "
            "received_at, at, source, ad_id, comment_id, payload, reply_to, automated, standby, hidden, error, intent, "
            "sentiment) SELECT %s, %s, 'in', 'text', '', 0, '', now(), now(), 'ad', %s, '', '', '', false, false, false, "
            "'', '', '' FROM generate_series(1, %s)",
            [conversation.channel_id, conversation.pk, ad.pk, COUNTED_UP_TO + 500],
        )
    assert Message.objects.count() == COUNTED_UP_TO + 500
    quiet = AdCampaign.objects.create(channel=ad.channel, ad_id="2", first_seen_at=NOON)
    for role in ("manager", "seller"):
        counted = AdCampaign.objects.values_list("pk", messages_brought(colleague(role), by="ad"))
        assert dict(counted) == {ad.pk: COUNTED_UP_TO + 1, quiet.pk: 0}


def test_the_page_of_a_message_tells_everything_and_changes_nothing(seller: Client) -> None:
    message = make_message(text="How much?", direction="out", status=5, error="131047", referral={"ref": "summer"})
    url = reverse("admin:messaging_message_change", args=[message.pk])
    text = seller.get(url).content.decode()
    assert all(words in text for words in ("How much?", "Failed", "131047", "summer"))
    assert seller.post(url, {"text": "x"}).status_code == 403
