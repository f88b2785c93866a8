"""Names and pictures of people, asked for where webhooks leave them out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from crm.models import Channel, Customer, Identity
from crm.tests.factories import make_channel, make_identity
from messaging.ingest.joining import join_identities
from messaging.models import ProfileLookup
from messaging.profiles.drain import ATTEMPTS_WITHOUT_RIGHTS, ProfileDrain
from messaging.tests.http_server import Server, serving
from messaging.tests.webhooks import messenger, receive, text_message

pytestmark = pytest.mark.django_db(transaction=True)

PERSON = "/v26.0/555"
JPEG = b"\xff\xd8\xff" + b"0" * 100
SECRETS = {"app_secret": ["app-secret"], "access_token": ["t"], "bot_token": ["1:bot"]}


@pytest.fixture
def api(settings: Any) -> Iterator[Server]:
    with serving() as server:
        settings.GRAPH_API_URL = settings.INSTAGRAM_API_URL = settings.TELEGRAM_API_URL = server.url
        server.answers["/pic.jpg"] = (200, JPEG)
        yield server


@pytest.fixture
def page() -> Channel:
    return make_channel("messenger", external_id="100", credentials=SECRETS)


def write_to_us(page: Channel) -> Identity:
    """Let somebody write on Messenger, whose webhooks name nobody."""
    receive(page, messenger(page, text_message("m_1", "Hello", at=int(timezone.now().timestamp() * 1000))))
    return Identity.objects.get()


def fetch() -> ProfileLookup:
    drain = ProfileDrain()
    while drain.run_batch():
        pass
    drain.finish()
    return ProfileLookup.objects.get()


def try_now() -> ProfileLookup:
    ProfileLookup.objects.update(next_attempt_at=timezone.now())
    return fetch()


def known(api: Server, **more: Any) -> tuple[int, Any]:
    return 200, {"first_name": "Mona", "last_name": "Adel", "profile_pic": f"{api.url}/pic.jpg", "id": "555", **more}


def picture_of(customer: Customer) -> bytes:
    with default_storage.open(customer.picture) as file:
        content: bytes = file.read()
    return content


def test_somebody_on_messenger_gets_a_name_and_a_picture(api: Server, page: Channel) -> None:
    api.answers[PERSON] = known(api)
    write_to_us(page)
    assert fetch().finished_at
    customer = Customer.objects.get()
    assert (customer.name, Identity.objects.get().name) == ("Mona Adel", "Mona Adel")
    assert picture_of(customer) == JPEG
    assert customer.picture.endswith(".jpg")
    assert api.asked[0].query == {"fields": "first_name,last_name,profile_pic"}


def test_everybody_is_asked_about_once(api: Server, page: Channel) -> None:
    api.answers[PERSON] = known(api)
    write_to_us(page)
    fetch()
    fetch()
    assert api.paths() == [PERSON, "/pic.jpg"]


def test_somebody_on_instagram_gets_both_names(api: Server) -> None:
    channel = make_channel("instagram", credentials=SECRETS)
    make_identity(channel, key=("igsid", "77"), last_inbound_at=timezone.now())
    api.answers["/v26.0/77"] = (200, {"name": "Ana", "username": "ana.s"})
    Customer.objects.update(name="", name_at=timezone.now() - timedelta(days=1))
    fetch()
    identity = Identity.objects.get()
    assert (identity.name, identity.username, identity.customer.name, identity.customer.picture) == (
        "Ana",
        "ana.s",
        "Ana",
        "",
    )


def test_of_telegram_the_smallest_fitting_picture_is_taken(api: Server) -> None:
    channel = make_channel("telegram", credentials=SECRETS)
    make_identity(channel, key=("user_id", "9"), last_inbound_at=timezone.now())
    sizes = [{"file_id": "s", "width": 80}, {"file_id": "l", "width": 640}, {"file_id": "m", "width": 320}]
    api.answers["/bot1:bot/getUserProfilePhotos"] = (200, {"ok": True, "result": {"total_count": 1, "photos": [sizes]}})
    api.answers["/bot1:bot/getFile"] = (200, {"ok": True, "result": {"file_id": "m", "file_path": "photos/1.jpg"}})
    api.answers["/file/bot1:bot/photos/1.jpg"] = (200, JPEG)
    fetch()
    assert b'"m"' in api.asked[1].body
    assert picture_of(Customer.objects.get()) == JPEG


def test_a_name_that_a_colleague_gave_stays(api: Server, page: Channel) -> None:
    api.answers[PERSON] = known(api)
    write_to_us(page)
    Customer.objects.update(name="Mrs. Adel", name_at=None)
    fetch()
    customer = Customer.objects.get()
    assert (customer.name, Identity.objects.get().name) == ("Mrs. Adel", "Mona Adel")
    assert customer.picture


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/",
        "https://example.com/a.jpg",
        "file:///etc/passwd",
        "https://[::ffff:127.0.0.1]/a",
    ],
)
def test_a_picture_elsewhere_is_not_fetched_and_the_name_kept(api: Server, page: Channel, url: str) -> None:
    api.answers[PERSON] = known(api, profile_pic=url)
    write_to_us(page)
    row = fetch()
    assert (row.reason, row.finished_at is None) == ("refused", False)
    customer = Customer.objects.get()
    assert (customer.name, customer.picture) == ("Mona Adel", "")


def test_what_is_no_picture_is_not_kept(api: Server, page: Channel) -> None:
    api.answers["/pic.jpg"] = (200, b"<svg onload='x'>", {"Content-Type": "image/jpeg"})
    api.answers[PERSON] = known(api)
    write_to_us(page)
    assert fetch().reason == ""
    assert Customer.objects.get().picture == ""


def test_a_picture_that_is_not_to_be_had_now_is_fetched_later(api: Server, page: Channel) -> None:
    api.answers["/pic.jpg"] = [(503, b""), (200, JPEG)]
    api.answers[PERSON] = known(api)
    write_to_us(page)
    assert (fetch().reason, Customer.objects.get().name) == ("try_again", "Mona Adel")
    assert try_now().reason == ""
    assert picture_of(Customer.objects.get()) == JPEG


def test_somebody_whom_the_platform_does_not_tell_of_is_left_alone(api: Server, page: Channel) -> None:
    api.answers[PERSON] = (400, {"error": {"code": 100, "error_subcode": 2018218}})
    write_to_us(page)
    row = fetch()
    assert (row.reason, row.code, row.finished_at is None) == ("unreachable", "100/2018218", False)
    assert Customer.objects.get().name == ""


def test_without_the_permission_it_is_not_tried_for_long(api: Server, page: Channel) -> None:
    api.answers[PERSON] = (403, {"error": {"code": 200}})
    write_to_us(page)
    for _attempt in range(ATTEMPTS_WITHOUT_RIGHTS + 2):
        try_now()
    assert len(api.asked) == ATTEMPTS_WITHOUT_RIGHTS


def test_nobody_is_asked_about_who_only_commented_or_wrote_long_ago(api: Server, page: Channel) -> None:
    make_identity(page)
    make_identity(page, last_inbound_at=timezone.now() - timedelta(days=31))
    make_identity(make_channel("messenger"), last_inbound_at=timezone.now())  # and no token
    make_identity(make_channel("whatsapp", credentials=SECRETS), key=("phone", "1"), last_inbound_at=timezone.now())
    ProfileDrain().run_batch()
    assert not ProfileLookup.objects.exists()


def test_somebody_who_commented_first_is_found_once_they_write(api: Server, page: Channel) -> None:
    drain = ProfileDrain()
    identity = make_identity(page, key=("psid", "555"))
    drain.run_batch()
    api.answers[PERSON] = known(api)
    Identity.objects.filter(pk=identity.pk).update(last_inbound_at=timezone.now())
    drain.looked_at = drain.quiet_until = float("-inf")
    drain.run_batch()
    assert ProfileLookup.objects.get().finished_at


def test_an_identity_that_is_asked_about_can_be_joined_to_another(page: Channel) -> None:
    first, second = make_identity(page), make_identity(page)
    for identity in (first, second):
        ProfileLookup.objects.create(identity=identity, channel=page)
    join_identities([(one.pk, one.customer_id) for one in (first, second)])
    assert [row.pk for row in ProfileLookup.objects.all()] == [first.pk]


def test_hostile_names_are_kept_as_words(api: Server, page: Channel) -> None:
    api.answers[PERSON] = known(api, first_name="<b>\0\n" + "x" * 5000, last_name=["a"], profile_pic={"a": 1})
    write_to_us(page)
    assert fetch().reason == ""
    name = Customer.objects.get().name
    assert name.startswith("<b>\ufffd x")
    assert len(name) == 200
