"""Rules that hold whatever code or SQL writes the rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import F

from crm.contact_details import identity_key
from crm.models import (
    ApiToken,
    Backup,
    Channel,
    Consent,
    Customer,
    CustomerMerge,
    DailyMetric,
    DuplicateDismissed,
    Heartbeat,
    IdempotencyKey,
    IdentityKey,
    Incident,
    IncidentNotice,
    Notification,
    Restoration,
    SavedView,
    Setting,
    Tag,
    Tally,
    Team,
    User,
)  # fmt: skip
from crm.tests.constraints import broken_by, constraints_of
from crm.tests.factories import make_channel, make_customer, make_identity, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def unknown_platform() -> None:
    make_channel()
    Channel.objects.update(platform="pigeon")


def account_twice() -> None:
    make_channel("whatsapp", external_id="1")
    make_channel("whatsapp", external_id="1")


def slug_twice() -> None:
    make_channel(slug="shop")
    make_channel("telegram", slug="shop")


def merged_into_itself() -> None:
    make_customer()
    Customer.objects.update(merged_into=F("id"))


def key_twice() -> None:
    channel = make_channel()
    for _ in range(2):
        make_identity(channel, key=("psid", "7"))


def consent_twice() -> None:
    identity = make_identity()
    for _ in range(2):
        Consent.objects.create(customer=identity.customer, identity=identity, granted=False, source="message", at=NOON)


def address_in_another_case() -> None:
    User.objects.create(email="boss@shop.example")
    User.objects.bulk_create([User(email="Boss@Shop.example")])


def address_twice() -> None:
    User.objects.create(email="boss@shop.example")
    User.objects.bulk_create([User(email="boss@shop.example")])


def team_twice() -> None:
    Team.objects.bulk_create([Team(name="Sales"), Team(name="Sales")])


def tag_twice() -> None:
    Tag.objects.bulk_create([Tag(name="vip"), Tag(name="vip")])


def setting_twice() -> None:
    for value in (1, 2):
        Setting.objects.create(key="a", value=value)


def merged_twice() -> None:
    merged = make_customer()
    CustomerMerge.objects.bulk_create([CustomerMerge(kept=make_customer(), merged=merged) for _ in range(2)])


def merge_of_one() -> None:
    customer = make_customer()
    CustomerMerge.objects.create(kept=customer, merged=customer)


def dismissed_twice() -> None:
    first, second = make_customer(), make_customer()
    DuplicateDismissed.objects.bulk_create([DuplicateDismissed(first=first, second=second) for _ in range(2)])


def dismissed_backwards() -> None:
    first, second = make_customer(), make_customer()
    DuplicateDismissed.objects.create(first=second, second=first)


def told_twice() -> None:
    user = make_user()
    Notification.objects.bulk_create([Notification(user=user, kind="waiting", key="a", text="b") for _ in range(2)])


def view_twice() -> None:
    user = make_user()
    SavedView.objects.bulk_create([SavedView(owner=user, screen="leads.lead", name="Mine") for _ in range(2)])


def _token(**fields: Any) -> ApiToken:
    return ApiToken(**{"user": make_user(), "name": "bot", "digest": b"1", **fields})


def token_of_that_name() -> None:
    ApiToken.objects.bulk_create([_token(), _token(digest=b"2")])


def token_twice() -> None:
    ApiToken.objects.bulk_create([_token(), _token(name="other")])


def key_used_twice() -> None:
    token = _token()
    token.save()
    IdempotencyKey.objects.bulk_create([IdempotencyKey(token=token, key="a", fingerprint=b"") for _ in range(2)])


def counted_twice() -> None:
    DailyMetric.objects.bulk_create([DailyMetric(day=date(2026, 4, 24), name="leads") for _ in range(2)])


def backup_in_no_state() -> None:
    Backup.objects.create(state="lost", trigger="button")


def backup_without_its_file() -> None:
    Backup.objects.create(state="complete", trigger="button", name="a.age")


def backup_of_that_name() -> None:
    Backup.objects.bulk_create([Backup(state="failed", trigger="button", name="a.age") for _ in range(2)])


def kept_twice() -> None:
    Restoration.objects.bulk_create(
        [Restoration(backup_name="a.age", snapshot_at=NOON, old_database="before") for _ in range(2)]
    )


def seen_as_two() -> None:
    beat = {"name": "beat", "host": "shop", "pid": 7, "started_at": NOON, "seen_at": NOON}
    Heartbeat.objects.bulk_create([Heartbeat(**beat) for _ in range(2)])


def _incident(**fields: Any) -> Incident:
    return Incident(**{"key": "disk", "severity": 1, "first_seen_at": NOON, "last_seen_at": NOON, **fields})


def open_twice() -> None:
    Incident.objects.bulk_create([_incident(), _incident()])


def incident_that_is_well() -> None:
    _incident(severity=0).save()


def told_of_twice() -> None:
    incident = _incident()
    incident.save()
    notice = {"incident": incident, "event": "opened", "way": "mail", "next_attempt_at": NOON}
    IncidentNotice.objects.bulk_create([IncidentNotice(**notice) for _ in range(2)])


def tally_twice() -> None:
    Tally.objects.bulk_create([Tally(name="messages", last_id=0) for _ in range(2)])


#: By the name in the models: what breaks it, and the name in the database where that is another.
ATTEMPTS: dict[str, tuple[Callable[[], None], str]] = {
    "channel_platform_known": (unknown_platform, ""),
    "channel_external_id_once": (account_twice, ""),
    "customer_not_merged_into_itself": (merged_into_itself, ""),
    "customer_merge_once": (merged_twice, ""),
    "customer_merge_of_two": (merge_of_one, ""),
    "duplicate_dismissed_once": (dismissed_twice, ""),
    "duplicate_dismissed_in_order": (dismissed_backwards, ""),
    "notification_once": (told_twice, ""),
    "saved_view_once": (view_twice, ""),
    "idempotency_key_once": (key_used_twice, ""),
    "daily_metric_once": (counted_twice, ""),
    "crm_apitoken.name": (token_of_that_name, "crm_apitoken_name_key"),
    "crm_apitoken.digest": (token_twice, "crm_apitoken_digest_key"),
    "identity_key_once": (key_twice, ""),
    "consent_once": (consent_twice, ""),
    "user_email_any_case": (address_in_another_case, ""),
    "crm_user.email": (address_twice, "crm_user_email_key"),
    "crm_channel.slug": (slug_twice, "crm_channel_slug_key"),
    "crm_team.name": (team_twice, "crm_team_name_key"),
    "crm_tag.name": (tag_twice, "crm_tag_name_key"),
    "backup_state_known": (backup_in_no_state, ""),
    "backup_made_has_file": (backup_without_its_file, ""),
    "backup_name_once": (backup_of_that_name, ""),
    "crm_restoration.old_database": (kept_twice, "crm_restoration_old_database_key"),
    "heartbeat_once": (seen_as_two, ""),
    "incident_open_once": (open_twice, ""),
    "incident_severity_known": (incident_that_is_well, ""),
    "incident_notice_once": (told_of_twice, ""),
    "crm_tally.name": (tally_twice, "crm_tally_name_key"),
    "crm_setting.key": (setting_twice, "crm_setting_key_key"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_database_refuses(name: str) -> None:
    attempt, known_as = ATTEMPTS[name]
    assert broken_by(attempt) == (known_as or name)


def test_every_constraint_is_tried() -> None:
    assert constraints_of("crm") == set(ATTEMPTS)


class TestWhatIsAllowed:
    def test_channels_without_an_account_id(self) -> None:
        for _ in range(2):
            make_channel("telegram", external_id="")
        assert list(Channel.objects.values_list("platform", "external_id")) == [("telegram", "")] * 2

    def test_one_account_on_two_platforms(self) -> None:
        for platform in ("messenger", "instagram"):
            make_channel(platform, external_id="1")
        accounts = Channel.objects.order_by("platform").values_list("platform", "external_id")
        assert list(accounts) == [("instagram", "1"), ("messenger", "1")]

    def test_the_same_id_on_two_channels_and_of_two_kinds(self) -> None:
        identity = make_identity(key=("psid", "7"))
        other = make_identity(key=("psid", "7"))
        IdentityKey.objects.create(
            identity=identity, channel=identity.channel, kind="phone", value="7", key=identity_key("psid", "7")
        )
        stored = [(key.channel_id, key.kind, key.value) for key in IdentityKey.objects.order_by("pk")]
        first, second = identity.channel_id, other.channel_id
        assert stored == [(first, "psid", "7"), (second, "psid", "7"), (first, "phone", "7")]
        assert len({bytes(key.key) for key in IdentityKey.objects.all()}) == 1

    def test_a_customer_merged_into_another(self) -> None:
        gone, kept = make_customer(), make_customer()
        Customer.objects.filter(pk=gone.pk).update(merged_into=kept)
        assert set(Customer.objects.values_list("pk", "merged_into")) == {(gone.pk, kept.pk), (kept.pk, None)}

    def test_consent_noted_by_staff_twice_and_taken_back_at_once(self) -> None:
        identity = make_identity()
        customer = identity.customer
        for granted in (True, False):
            Consent.objects.create(customer=customer, identity=identity, granted=granted, source="message", at=NOON)
            Consent.objects.create(customer=customer, granted=True, source="staff", at=NOON)
        assert customer.consents.count() == 4
