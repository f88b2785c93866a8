"""What is told of the posts and ads that messages came from."""

import pytest

from campaigns.models import AdCampaign, Post
from crm.models import Channel
from crm.tests.factories import make_channel
from messaging.models import Message
from messaging.tests.webhooks import comment, messenger, receive, text_message, whatsapp, whatsapp_text

pytestmark = pytest.mark.django_db(transaction=True)

HEADLINE = {"headline": "New dresses", "body": "From Friday on", "source_url": "https://fb.example/p/1"}


def from_referral(**referral: str) -> None:
    channel = make_channel("whatsapp", external_id="200")
    text = whatsapp_text("wamid.1", {"from": "201001234567"}) | {"referral": HEADLINE | referral}
    receive(channel, whatsapp(channel, messages=[text]))


def test_a_post_without_an_ad_has_the_headline_that_people_saw() -> None:
    from_referral(source_type="post", source_id="9001")
    post = Post.objects.get()
    assert (post.external_id, post.title, post.url) == ("9001", "New dresses", "https://fb.example/p/1")
    assert Message.objects.get().post == post
    assert not AdCampaign.objects.exists()


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", external_id="100")


@pytest.mark.parametrize(("ad_id", "title"), [("6001", ""), ("0", "Summer sale")])
def test_an_ads_words_are_not_those_of_its_post_and_ad_0_is_none(page: Channel, ad_id: str, title: str) -> None:
    told = {"ad_title": "Summer sale", "post_id": "100_5"}
    referral = {"source": "ADS", "type": "OPEN_THREAD", "ad_id": ad_id, "ads_context_data": told}
    receive(page, messenger(page, text_message("m_1", "from the ad", referral=referral)))
    assert list(AdCampaign.objects.values_list("title", flat=True)) == (["Summer sale"] if not title else [])
    assert Post.objects.get().title == title


@pytest.mark.parametrize("link_first", [True, False])
def test_a_comment_tells_where_its_post_is(page: Channel, link_first: bool) -> None:
    link = "https://www.facebook.com/100/posts/9"
    told = {"id": "100_9", "permalink_url": link, "status_type": "mobile_status_update"}
    webhooks = [comment(page, "9_1", "555", post=told), comment(page, "9_2", "556")]
    receive(page, *(webhooks if link_first else reversed(webhooks)))
    assert (Post.objects.get().external_id, Post.objects.get().url) == ("100_9", link)
    assert set(Message.objects.values_list("post__url", flat=True)) == {link}
