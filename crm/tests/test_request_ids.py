"""Log lines as JSON, with the request, the drain and the row that they are about, and nothing that people wrote."""

import io
import json
import logging
import threading
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils.module_loading import import_string

from crm import drains
from crm.claiming import ClaimingDrain
from crm.log_context import about, noted
from crm.log_format import JsonFormatter

SECRET = "marker-of-a-secret"


class Lines:
    """What a logger writes in the format of the settings."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(import_string(django_settings.LOGGING["formatters"]["json"]["()"])())
        assert isinstance(handler.formatter, JsonFormatter)
        self.handler = handler

    def __enter__(self) -> "Lines":
        logging.getLogger().addHandler(self.handler)
        return self

    def __exit__(self, *args: object) -> None:
        logging.getLogger().removeHandler(self.handler)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


def failing(request: HttpRequest) -> HttpResponse:
    logging.getLogger("shop").warning("Row %d", 7)
    raise LookupError(SECRET)


urlpatterns = [path("failing", failing)]


def test_a_line_is_an_object() -> None:
    with Lines() as lines, noted(delivery=12):
        logging.getLogger("shop").error("Down: %s", "مغلق\nنعم")
    [line] = lines.told
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process") > 0
    assert line == {"level": "ERROR", "logger": "shop", "message": "Down: مغلق\nنعم", "delivery": "12"}
    assert about() == {}


def test_a_line_for_people_says_what_it_is_about_at_its_end() -> None:
    made = django_settings.LOGGING["formatters"]["line"]
    formatter = import_string(made["()"])(made["format"])
    record = logging.makeLogRecord({"msg": "Down", "levelname": "ERROR", "name": "shop"})
    with noted(request_id="abc"), noted(delivery=12):
        assert formatter.format(record).endswith(" ERROR shop: Down [request_id=abc delivery=12]")
    assert formatter.format(record).endswith(" ERROR shop: Down")


@pytest.mark.parametrize("given", ["a1b2c3d4", "0af7651916cd43dd8448eb211c80319c", "a.b-c_d" * 9])
def test_a_sane_id_of_a_proxy_is_kept(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "evil id", "مرحبا بك هنا", '{"a": "bcdefg"}', "a" * 9 + "\n"])
def test_any_other_is_replaced(client: Client, given: str) -> None:
    answers = [client.get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] for _time in range(2)]
    assert all(len(answer) == 32 and answer.isalnum() for answer in answers)
    assert answers[0] != answers[1]


@override_settings(ROOT_URLCONF=__name__)
def test_lines_of_a_request_have_its_id_and_no_words() -> None:
    client = Client(raise_request_exception=False)
    with Lines() as lines:
        answer = client.post("/failing", {"text": SECRET}, headers={"X-Request-ID": "from-the-proxy"})
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (500, "from-the-proxy")
    assert [line["message"] for line in lines.told] == ["Row 7", "Internal Server Error: /failing"]
    assert {line["request_id"] for line in lines.told} == {"from-the-proxy"}
    assert "LookupError, raised at" in lines.told[1]["exception"]
    assert SECRET not in lines.stream.getvalue()
    assert about() == {}


class Poisoned(ClaimingDrain):
    noun = "Delivery"

    def __init__(self, stop: threading.Event) -> None:
        super().__init__(10)
        self.stop = stop

    def prepare(self) -> None:
        pass

    def take(self, after: int, only: int | None) -> list[int]:
        raise LookupError(SECRET)

    def waiting(self, after: int) -> list[int]:
        return [41, 42]

    def set_aside(self, number: int, reason: str) -> None:
        if number == 42:
            self.stop.set()


@pytest.mark.django_db(transaction=True)
def test_lines_of_a_drain_name_it_and_the_delivery() -> None:
    stop = threading.Event()
    with Lines() as lines:
        drains.run_forever({"deliveries": Poisoned(stop)}, stop)
    assert SECRET not in lines.stream.getvalue()
    assert {line["drain"] for line in lines.told} == {"deliveries"}
    failed = [line for line in lines.told if "failed" in line["message"] and "delivery" in line]
    assert [(line["delivery"], line["message"]) for line in failed] == [
        ("41", "Delivery 41 failed"),
        ("42", "Delivery 42 failed"),
    ]
