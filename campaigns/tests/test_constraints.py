"""Posts and ads are known once by their ids."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from campaigns.models import AdCampaign, Post
from crm.models import Channel
from crm.tests.constraints import broken_by, constraints_of
from crm.tests.factories import make_channel

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def post(channel: Channel) -> Post:
    return Post.objects.create(channel=channel, external_id="1_2", first_seen_at=NOON)


def ad(channel: Channel) -> AdCampaign:
    return AdCampaign.objects.create(channel=channel, ad_id="120", first_seen_at=NOON)


ATTEMPTS: dict[str, Callable[[Channel], object]] = {"post_once": post, "ad_once": ad}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses_a_second(name: str) -> None:
    channel = make_channel()
    ATTEMPTS[name](channel)
    assert broken_by(lambda: ATTEMPTS[name](channel)) == name
    ATTEMPTS[name](make_channel())


def test_every_constraint_is_tried() -> None:
    assert constraints_of("campaigns") == set(ATTEMPTS)
