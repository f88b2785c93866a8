"""Every address of the API, asked by everybody who should and should not."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from config.api_urls import patterns
from crm.models import ApiToken, User
from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.staff import member
from leads.models import Lead
from leads.tests.factories import make_lead
from messaging.handoffs import Request, request_handoff, take_over
from messaging.models import Conversation, Handoff, Message
from messaging.tests.factories import make_conversation, make_message

V1 = "/api/v1/"
SAFE = "get"


class Call(NamedTuple):
    """One request that succeeds. `{}` stands for the row that it is about; what it needs before is done by `before`."""

    verb: str
    path: str
    body: Any = None
    status: int = 200
    before: str = ""


CALLS = (
    Call("get", "me/"),
    Call("get", "customers/"),
    Call("get", "customers/{customer}/"),
    Call("patch", "customers/{customer}/", {"name": "Mona"}),
    Call("get", "conversations/"),
    Call("get", "conversations/{conversation}/"),
    Call("post", "conversations/{conversation}/close/"),
    Call("post", "conversations/{conversation}/reopen/"),
    Call("post", "conversations/{conversation}/assign/", {"assignee": None}),
    Call("post", "conversations/{conversation}/hold/"),
    Call("get", "conversations/{conversation}/messages/"),
    Call("post", "conversations/{conversation}/messages/", {"text": "Hello"}, 202),
    Call("get", "conversations/{conversation}/session/"),
    Call("put", "conversations/{conversation}/session/", {"turn": 0, "state": "greeting"}),
    Call("get", "conversations/{conversation}/handoffs/"),
    Call("post", "conversations/{conversation}/handoffs/", {"reason": "asked for"}, 201),
    Call("post", "conversations/{conversation}/answers/", {"understood": False}, before="hold"),
    Call("get", "messages/{message}/"),
    Call("put", "messages/{message}/reaction/", {"emoji": "👍"}),
    Call("get", "handoffs/"),
    Call("get", "handoffs/{handoff}/", before="handoff"),
    Call("post", "handoffs/{handoff}/complete/", {"back_to_bot": True}, before="taken"),
    Call("post", "handoffs/{handoff}/cancel/", before="handoff"),
    Call("post", "handoffs/{handoff}/rate/", {"rating": 5}, before="completed"),
    Call("get", "leads/"),
    Call("get", "leads/{lead}/"),
    Call("patch", "leads/{lead}/", {"stage": "qualified", "value": "12.50"}),
    Call("get", "stages/"),
)
EVERYBODYS = ("me/", "stages/")
pytestmark = [pytest.mark.takes(30), pytest.mark.django_db]
each = pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.verb} {call.path}")


@pytest.fixture
def seller() -> User:
    return member("seller", "North")


def make_rows(seller: User, before: str = "") -> dict[str, int]:
    """Return the ids of rows that are this seller's."""
    customer = make_customer(owner=seller)
    identity = make_identity(make_channel("telegram"), key=("chat", "1"), customer=customer)
    conversation = make_conversation(identity, assignee=seller)
    rows: dict[str, Any] = {
        "customer": customer,
        "conversation": conversation,
        "message": make_message(conversation),
        "lead": make_lead(customer, owner=seller, team=seller.team),
    }
    if before in ("handoff", "taken", "completed"):
        rows["handoff"] = request_handoff(conversation_id=conversation.pk, request=Request(by=Handoff.By.RULE))
    if before in ("taken", "completed"):
        take_over(conversation_id=conversation.pk, user=seller)
    if before == "completed":
        Handoff.objects.update(status="completed", completed_at=timezone.now())
    if before == "hold":
        Conversation.objects.update(bot_owned=True)
    return {name: row.pk for name, row in rows.items()}


def url_of(call: Call, rows: dict[str, int]) -> str:
    return V1 + call.path.format(**rows)


@each
def test_it_answers_who_may(call: Call, seller: User) -> None:
    rows, program = make_rows(seller, call.before), Program(seller)
    answer = program.ask(call.verb, url_of(call, rows), call.body)
    assert answer.status_code == call.status, answer.content
    assert answer["Content-Type"] == "application/json"


@each
def test_it_is_closed_without_a_token_that_is_good(call: Call, seller: User) -> None:
    url, program = url_of(call, make_rows(seller, call.before)), Program(seller)
    before = snapshot()
    assert_problem(Client().generic(call.verb.upper(), url, b"{}", "application/json"), 401, "not_authenticated")
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert_problem(program.ask(call.verb, url, call.body), 401)
    ApiToken.objects.update(expires_at=None, is_active=False)
    assert_problem(program.ask(call.verb, url, call.body), 401)
    assert snapshot() == before


@each
def test_it_shows_and_changes_nothing_of_others(call: Call, seller: User) -> None:
    url, outsider = url_of(call, make_rows(seller, call.before)), Program(member("seller", "South"))
    before = snapshot()
    answer = outsider.ask(call.verb, url, call.body, key="once")
    if "{" in call.path:
        assert_problem(answer, 404, "not_found")
    elif call.path not in EVERYBODYS:
        assert answer.json()["results"] == []
    assert snapshot() == before


@each
def test_who_only_looks_changes_nothing(call: Call, seller: User) -> None:
    url, viewer = url_of(call, make_rows(seller, call.before)), Program(member("viewer"))
    before = snapshot()
    answer = viewer.ask(call.verb, url, call.body)
    if call.verb == SAFE:
        assert answer.status_code == 200
    else:
        assert_problem(answer, 403, "permission_denied")
    assert snapshot() == before


@each
def test_who_may_nothing_sees_nothing(call: Call, seller: User) -> None:
    url, nobody = url_of(call, make_rows(seller, call.before)), Program(User.objects.create(email="no@shop.example"))
    answer = nobody.ask(call.verb, url, call.body)
    if call.path == "me/":
        assert answer.json()["permissions"] == []
    else:
        assert_problem(answer, 403)


@pytest.mark.parametrize("call", [call for call in CALLS if call.verb != SAFE], ids=lambda call: call.path)
def test_a_write_with_a_key_is_done_once(call: Call, seller: User) -> None:
    rows, program = make_rows(seller, call.before), Program(seller)
    first = program.ask(call.verb, url_of(call, rows), call.body, key="once")
    after = snapshot()
    again = program.ask(call.verb, url_of(call, rows), call.body, key="once")
    assert (first.status_code, again.status_code) == (call.status, call.status)
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert snapshot() == after


@pytest.mark.parametrize("call", [call for call in CALLS if call.body], ids=lambda call: call.path)
@pytest.mark.parametrize("value", [[], {}, "x" * 70_000, -1, 2**63, True, None, [[[]]], {"a": {"b": None}}], ids=repr)
def test_no_value_of_a_field_makes_it_fail(call: Call, value: Any, seller: User) -> None:
    rows, program = make_rows(seller, call.before), Program(seller)
    for name in call.body:
        answer = program.ask(call.verb, url_of(call, rows), {**call.body, name: value})
        assert answer.status_code in (200, 201, 202, 409, 422), (name, answer.content)
    assert_problem(program.ask(call.verb, url_of(call, rows), {**call.body, "wat": value}), 422, "invalid")


def snapshot() -> list[Any]:
    models: tuple[Any, ...] = (Conversation, Message, Handoff, Lead)
    return [list(model.objects.order_by("pk").values()) for model in models]


def addresses() -> set[tuple[str, str]]:
    """Return verb and path of everything that the API serves."""

    def flat(found: Any) -> Any:
        for one in found:
            if isinstance(one, URLResolver):
                yield from flat(one.url_patterns)
            elif isinstance(one, URLPattern):
                yield one

    return {
        (verb, str(pattern.pattern).replace("<int:pk>", "{}"))
        for pattern in flat(patterns)
        for verb in pattern.callback.actions
        if verb != "head"
    }


def test_every_address_is_tested_and_described() -> None:
    tested = {(call.verb, re.sub(r"{\w+}", "{}", call.path)) for call in CALLS}
    assert tested == addresses()
    answer = Client().get("/api/schema/")
    described = answer.json()
    validate_schema(described)  # type: ignore[no-untyped-call]  # the package has no types
    told = {
        (verb, path.removeprefix(V1).replace("{id}", "{}"))
        for path, verbs in described["paths"].items()
        for verb in verbs
    }
    assert told == addresses()
    for path, verbs in described["paths"].items():
        for verb, operation in verbs.items():
            assert operation["security"] == [{"token": []}], path
            assert operation["summary" if "summary" in operation else "description"], path
            assert {"401", "403", "404", "429"} <= set(operation["responses"]), path
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in named) is (verb != SAFE), path
