"""Posts and ads are known once by their ids, and what each cost once a day."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.models import AdCampaign, PerformanceMetric, Post
from crm.models import Channel
from crm.tests.constraints import broken_by, constraints_of
from crm.tests.factories import make_channel

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def post(channel: Channel) -> Post:
    return Post.objects.create(channel=channel, external_id="1_2", first_seen_at=NOON)


def ad(channel: Channel) -> AdCampaign:
    return AdCampaign.objects.create(channel=channel, ad_id="120", first_seen_at=NOON)


def metric(**fields: Any) -> PerformanceMetric:
    return PerformanceMetric.objects.create(day=NOON.date(), **fields)


ATTEMPTS: dict[str, Callable[[Channel], object]] = {"post_once": post, "ad_once": ad}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses_a_second(name: str) -> None:
    channel = make_channel()
    ATTEMPTS[name](channel)
    assert broken_by(lambda: ATTEMPTS[name](channel)) == name
    ATTEMPTS[name](make_channel())


METRICS: dict[str, Callable[[AdCampaign, Post], object]] = {
    "metric_of_ad_once": lambda ad, post: [metric(ad=ad), metric(ad=ad)],
    "metric_of_post_once": lambda ad, post: [metric(post=post), metric(post=post)],
    "metric_of_one_thing": lambda ad, post: metric(ad=ad, post=post),
    "metric_spend_not_negative": lambda ad, post: metric(ad=ad, spend=-1),
}


@pytest.mark.parametrize("name", METRICS)
def test_the_database_refuses_a_cost_that_makes_no_sense(name: str) -> None:
    channel = make_channel()
    there = ad(channel), post(channel)
    assert broken_by(lambda: METRICS[name](*there)) == name


def test_every_constraint_is_tried() -> None:
    assert constraints_of("campaigns") == {*ATTEMPTS, *METRICS}
