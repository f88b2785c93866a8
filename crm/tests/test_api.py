"""What the whole API has in common: tokens, errors, pages, the limit."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from crm import runtime_settings
from crm.api.tokens import PREFIX, digest_of, revoke_token
from crm.models import ApiToken, Customer
from crm.tests.api_client import JSON, Program, assert_problem
from crm.tests.factories import make_customer, make_user
from crm.tests.staff import logged_in, member

pytestmark = pytest.mark.django_db
CUSTOMERS = "/api/v1/customers/"


def test_no_token_and_tokens_that_open_nothing() -> None:
    program = Program(member("seller"))
    assert program.get("/api/v1/me/").json()["user"] == program.user.pk
    answer = program.client.get("/api/v1/me/")
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    for header in ("Bearer", "Bearer x", f"Token {program.secret}", "Bearer " + "x" * 300, "Basic QTpC", "Bearer é"):
        assert_problem(program.get("/api/v1/me/", Authorization=header), 401)


def test_a_token_that_was_revoked_or_expired_or_whose_colleague_left() -> None:
    program = Program(member("seller"), expires_at=timezone.now() + timedelta(minutes=1))
    assert program.get(CUSTOMERS).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    assert_problem(program.get(CUSTOMERS), 401, "authentication_failed")
    ApiToken.objects.update(expires_at=None)
    program.user.is_active = False
    program.user.save()
    assert_problem(program.get(CUSTOMERS), 401)
    program.user.is_active = True
    program.user.save()
    assert program.get(CUSTOMERS).status_code == 200
    revoke_token(name=program.token.name)
    assert_problem(program.get(CUSTOMERS), 401)
    assert list(ApiToken.objects.usable()) == []


def test_only_a_digest_is_kept_and_the_use_is_noted() -> None:
    program = Program(member("seller"))
    row = ApiToken.objects.get()
    assert row.last_used_at is None
    assert program.secret.startswith(PREFIX)
    assert bytes(row.digest) == digest_of(program.secret)
    assert program.secret not in repr(ApiToken.objects.values().get())
    assert program.get(CUSTOMERS).status_code == 200
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_others_rows_are_not_there_and_a_viewer_changes_nothing() -> None:
    other = member("seller", "South")
    theirs = make_customer(owner=other, phone="+201012345678")
    url = f"{CUSTOMERS}{theirs.pk}/"
    seller, viewer = Program(member("seller", "North")), Program(member("viewer"))
    assert seller.get(CUSTOMERS).json()["results"] == []
    assert seller.get(f"{CUSTOMERS}?phone=%2B201012345678").json()["results"] == []
    assert_problem(seller.get(url), 404, "not_found")
    assert_problem(seller.patch(url, {"name": "Mine"}), 404)
    assert viewer.get(url).json()["phone"] == "+201012345678"
    assert_problem(viewer.patch(url, {"name": "Mine"}), 403, "permission_denied")
    assert Program(other).patch(url, {"name": "Mona"}).json()["name"] == "Mona"
    assert_problem(Program(make_user()).get(CUSTOMERS), 403)
    theirs.refresh_from_db()
    assert theirs.name == "Mona"


def test_a_change_of_a_customer_is_kept_like_one_by_hand() -> None:
    program, customer = Program(member("seller")), make_customer()
    values = {"name": "Mona", "phone": "+20 10 1234 5678", "label": "hot", "owner": program.user.pk, "city": "Giza"}
    told = program.patch(f"{CUSTOMERS}{customer.pk}/", values).json()
    assert {name: told[name] for name in values} == values
    found = program.get(f"{CUSTOMERS}?phone=%2B201012345678&label=hot").json()["results"]
    assert [one["id"] for one in found] == [customer.pk]
    assert "phone" not in found[0]
    customer.refresh_from_db()
    assert customer.read_from["label"] == {"by": program.user.pk}
    activity = customer.activities.get(kind="label_change")
    assert (activity.by, activity.actor, activity.automated) == ("api", program.user, False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "12"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"label": "boiling"}, "label"),
        ({"owner": 2**64 - 1}, "owner"),
        ({"owner": 2**63 - 1}, "owner"),
        ({"owner": [1]}, "owner"),
        ({"owner": True}, "owner"),
        ({"name": {"a": 1}}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"id": 5}, "id"),
        ({"merged_into": 5}, "merged_into"),
    ],
)
def test_a_body_that_cannot_be_is_refused_with_the_field(body: Any, field: str) -> None:
    program, customer = Program(member("seller")), make_customer(name="Before")
    told = assert_problem(program.patch(f"{CUSTOMERS}{customer.pk}/", body), 422, "invalid")
    assert field in told["errors"]
    assert Customer.objects.get().name == "Before"


HOSTILE = (
    (b"", 200),
    (b"{", 400),
    (b"null", 422),
    (b"[]", 422),
    (b'"text"', 422),
    (b'{"name": NaN}', 400),
    (b"[" * 100_000, 400),
    (b'{"name": ' * 5_000 + b"1", 400),
    (b'{"name": "\\ud800"}', 400),
    (b'{"name": "a\\u0000b"}', 422),
    (b'{"a\\u0000": 1}', 422),
    (b"\xff\xfe{}", 400),
    (b'{"owner": 1e400}', 400),
    (b'{"owner": 1e300}', 422),
    (b'{"owner": 99999999999999999999999}', 422),
    (b'{"owner": -1}', 422),
    (b'{"name": null}', 422),
    (b'{"is_active": "maybe"}', 422),
    (b'{"name": "' + b"x" * 3_000_000 + b'"}', 413),
)


@pytest.mark.parametrize(("body", "status"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_are_answered_and_change_nothing(body: bytes, status: int) -> None:
    program, customer = Program(member("seller")), make_customer(name="Before")
    for key in ("", "k"):
        answer = program.patch(f"{CUSTOMERS}{customer.pk}/", body, key=key)
        assert answer.status_code == status, answer.content[:200]
        if status != 200:
            assert_problem(answer, status)
    assert Customer.objects.get().name == "Before"


def test_another_form_than_json_is_refused() -> None:
    program, customer = Program(member("seller")), make_customer()
    headers = {"Authorization": f"Bearer {program.secret}"}
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""):
        answer = program.client.generic("PATCH", f"{CUSTOMERS}{customer.pk}/", b"name=x", kind, headers=headers)
        assert_problem(answer, 415)
    assert program.get(CUSTOMERS, Accept="text/html, image/*").headers["Content-Type"] == JSON


@pytest.mark.parametrize(
    "query",
    ["wat=1", "label=boiling", "limit=0", "limit=101", "limit=x", "limit=٣", "order=random", "cursor=%00", "cursor=!!",
     "cursor=LTE", "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "q=%00", "changed_since=yesterday", "owner=x"],
)  # fmt: skip
def test_an_address_that_asks_for_nonsense_is_told_so(query: str) -> None:
    assert_problem(Program(member("seller")).get(f"{CUSTOMERS}?{query}"), 400, "invalid")


def test_addresses_and_verbs_that_there_are_none_of() -> None:
    program, customer = Program(member("seller")), make_customer()
    for url in ("/api/v1/", "/api/v2/customers/", "/api/v1/customers", f"{CUSTOMERS}x/", f"{CUSTOMERS}{2**70}/"):
        assert_problem(program.get(url), 404, "not_found")
    assert_problem(program.ask("delete", f"{CUSTOMERS}{customer.pk}/"), 405)
    assert_problem(program.post(CUSTOMERS, {"name": "x"}), 405)
    assert_problem(program.client.delete(CUSTOMERS), 401)


def test_pages_stand_still_while_rows_are_added() -> None:
    program = Program(member("seller"))
    first = [make_customer().pk for _number in range(7)]
    seen, url = [], f"{CUSTOMERS}?limit=3"
    while url:
        page = program.get(url).json()
        seen += [one["id"] for one in page["results"]]
        make_customer()  # in front of what is read
        url = page["next"] and page["next"].removeprefix("http://localhost:8000")
    assert seen == first[::-1]
    oldest = program.get(f"{CUSTOMERS}?order=oldest&limit=100").json()
    assert oldest["next"] is None
    assert [one["id"] for one in oldest["results"]][:7] == first
    again = f"{CUSTOMERS}?order=oldest&cursor={oldest['cursor']}"
    nothing = program.get(again).json()
    assert (nothing["results"], nothing["cursor"]) == ([], oldest["cursor"])
    late = make_customer()
    assert [one["id"] for one in program.get(again).json()["results"]] == [late.pk]


def test_who_asks_too_often_is_told_to_wait() -> None:
    runtime_settings.change(key="api.requests_per_minute", value=3, by=make_user())
    program, other = Program(member("seller")), Program(member("seller"))
    now = timezone.now()
    answers = [program.get(CUSTOMERS) for _number in range(10)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute of the clock may have ended in between.
    assert len(refused) == 7 or timezone.now().minute != now.minute
    assert_problem(refused[0], 429, "throttled")
    assert 0 < int(refused[0]["Retry-After"]) <= 60
    assert other.get(CUSTOMERS).status_code == 200
    runtime_settings.reset(key="api.requests_per_minute")


def test_the_command_makes_lists_and_revokes(capsys: pytest.CaptureFixture[str]) -> None:
    seller = member("seller")
    call_command("api_token", "add", "Shop bot", user=seller.email.upper(), days=30)
    secret = capsys.readouterr().out.strip()
    token = ApiToken.objects.get()
    assert (token.name, token.user, token.is_bot, bytes(token.digest)) == ("Shop bot", seller, True, digest_of(secret))
    assert token.expires_at is not None
    call_command("api_token", "list")
    listed = capsys.readouterr().out
    assert "Shop bot" in listed
    assert secret not in listed
    call_command("api_token", "revoke", "Shop bot")
    assert not ApiToken.objects.usable().exists()
    for wrong in (
        ["add", "Shop bot", "--user", seller.email],
        ["add", "x", "--user", "no@one.example"],
        ["revoke", "x"],
    ):
        with pytest.raises(CommandError):
            call_command("api_token", *wrong)


def test_the_admin_shows_a_new_token_once() -> None:
    administrator, seller = member("administrator"), member("seller")
    client, values = logged_in(administrator), {"name": "Shop bot", "user": seller.pk, "is_bot": "on"}
    answer = client.post("/admin/crm/apitoken/add/", values)
    shown = re.search(rf"{PREFIX}[\w-]{{43}}", answer.content.decode())
    assert shown is not None
    token = ApiToken.objects.get()
    assert (bytes(token.digest), token.created_by) == (digest_of(shown.group()), administrator)
    assert "no-store" in answer["Cache-Control"]
    assert shown.group() not in str(client.cookies)
    for page in (f"/admin/crm/apitoken/{token.pk}/change/", "/admin/crm/apitoken/"):
        assert shown.group() not in client.get(page).content.decode()
    assert client.post(f"/admin/crm/apitoken/{token.pk}/revoke/").status_code == 302
    assert not ApiToken.objects.usable().exists()


def test_only_a_superuser_makes_or_changes_a_token_for_one() -> None:
    root = make_user(is_superuser=True)
    client, values = logged_in(member("administrator")), {"name": "Shop bot", "user": root.pk, "is_bot": "on"}
    assert client.post("/admin/crm/apitoken/add/", values).status_code == 200
    assert not ApiToken.objects.exists()
    assert logged_in(root).post("/admin/crm/apitoken/add/", values).status_code == 200
    token = ApiToken.objects.get()
    assert client.post(f"/admin/crm/apitoken/{token.pk}/revoke/").status_code == 403
    assert client.post(f"/admin/crm/apitoken/{token.pk}/change/", {"name": "Mine"}).status_code == 403
