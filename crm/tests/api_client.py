"""A program that uses the API."""

from typing import Any

import orjson
from django.test import Client

from crm.api.tokens import add_token
from crm.models import ApiToken, User

JSON = "application/json"


class Program:
    """Asks as a colleague; `token` is its row, `secret` what it shows."""

    def __init__(self, user: User, name: str = "", **fields: Any) -> None:
        self.token, self.secret = add_token(name=name or f"program {ApiToken.objects.count() + 1}", user=user, **fields)
        self.user = user
        self.client = Client(raise_request_exception=False)

    def ask(self, verb: str, url: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
        """Return the answer to a request; `body` is sent as JSON, or as it is where it is bytes."""
        sent = {"Authorization": f"Bearer {self.secret}", **headers}
        if key:
            sent["Idempotency-Key"] = key
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return self.client.generic(verb.upper(), url, data, JSON, headers=sent)

    def get(self, url: str, **headers: str) -> Any:
        return self.ask("get", url, **headers)

    def post(self, url: str, body: Any = None, **more: Any) -> Any:
        return self.ask("post", url, body, **more)

    def put(self, url: str, body: Any = None, **more: Any) -> Any:
        return self.ask("put", url, body, **more)

    def patch(self, url: str, body: Any = None, **more: Any) -> Any:
        return self.ask("patch", url, body, **more)


def assert_problem(answer: Any, status: int, code: str = "") -> dict[str, Any]:
    """Check that an answer says what is wrong as every one does, and return what it says."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["detail"]
    if code:
        assert told["code"] == code
    return told
