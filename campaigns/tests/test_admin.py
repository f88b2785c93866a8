"""Posts and ads in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import AdCampaign, Post
from crm.models import User
from crm.tests.factories import make_channel

pytestmark = pytest.mark.django_db
SEEN = "2026-05-04T12:00Z"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create(email="root@shop.example", is_superuser=True))
    return client


def make_ad(**fields: Any) -> AdCampaign:
    return AdCampaign.objects.create(channel=make_channel(), ad_id="1", first_seen_at=SEEN, **fields)


def test_only_what_it_is_called_can_be_changed(client: Client) -> None:
    ad = make_ad(title="", body="words")
    url = reverse("admin:campaigns_adcampaign_change", args=[ad.pk])
    client.post(url, {"title": "Blue dress", "campaign_name": "Summer", "ad_set_name": "", "body": "x", "ad_id": "2"})
    ad.refresh_from_db()
    assert (ad.title, ad.campaign_name, ad.body, ad.ad_id) == ("Blue dress", "Summer", "words", "1")


def test_a_link_from_outside_is_followed_only_to_the_web(client: Client) -> None:
    channel = make_channel()
    safe = Post.objects.create(channel=channel, external_id="1", url="https://posts.example/1", first_seen_at=SEEN)
    unsafe = Post.objects.create(channel=channel, external_id="2", url="javascript:alert(1)", first_seen_at=SEEN)
    page = client.get(reverse("admin:campaigns_post_change", args=[safe.pk])).content.decode()
    assert 'href="https://posts.example/1" target="_blank" rel="noopener noreferrer"' in page
    page = client.get(reverse("admin:campaigns_post_change", args=[unsafe.pk])).content.decode()
    assert "javascript:alert" not in page


def test_they_are_found_by_words_of_the_title(client: Client) -> None:
    make_ad(title="Blue dress")
    listing = reverse("admin:campaigns_adcampaign_changelist")
    assert [client.get(listing, {"q": words}).context["cl"].result_count for words in ("dress", "shoes")] == [1, 0]
