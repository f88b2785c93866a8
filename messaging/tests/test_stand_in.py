"""The stand-in of the platforms: it takes what the documentation allows, and says no to the rest as the platform would."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from crm.processes.procfile import ROOT
from crm.tests.factories import make_channel
from messaging.simulation.stand_in.cast import active_channels
from messaging.simulation.stand_in.running import running_beside
from messaging.simulation.stand_in.server import StandIn
from messaging.tests.installation import Installation, free_port, wait_until
from messaging.tests.sending_world import ACCOUNTS, SECRETS, Control, players

MESSENGER, INSTAGRAM = ACCOUNTS["messenger"], ACCOUNTS["instagram"]
WHATSAPP, SID = ACCOUNTS["whatsapp"], SECRETS["twilio"]["account_sid"][0]
BOT = SECRETS["telegram"]["bot_token"][0]


@pytest.fixture
def stand_in() -> Iterator[Control]:
    with running_beside(StandIn("http://127.0.0.1:1", reader=players), free_port()) as url:
        control = Control(url)
        control.manners(reports="drop")
        yield control


def ask(
    control: Control, path: str, values: Any = None, *, token: str = ""
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Call a platform and return status, what it said, and its headers."""
    headers = {"Content-Type": "application/json"}
    data = json.dumps(values).encode() if isinstance(values, dict) else None
    if isinstance(values, str):
        data, headers = values.encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if token:
        headers["Authorization"] = token
    method = "GET" if data is None else "POST"
    answer = urllib3.request(method, f"{control.url}{path}", body=data, headers=headers, retries=False, timeout=30)
    return answer.status, answer.json(), dict(answer.headers)


def fetched(url: str) -> bytes:
    return urllib3.request("GET", url, retries=False, timeout=5).data


def graph(control: Control, platform: str, **values: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    return ask(control, f"/v26.0/{ACCOUNTS[platform]}/messages", values, token=f"Bearer {platform}-token")


def twilio(control: Control, token: str = "twilio-token", **form: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    basic = f"Basic {base64.b64encode(f'{SID}:{token}'.encode()).decode()}"
    return ask(control, f"/2010-04-01/Accounts/{SID}/Messages.json", urlencode(form), token=basic)


TEXT = {"recipient": {"id": "77"}, "message": {"text": "Hello"}}
TO = {"messaging_product": "whatsapp", "to": "201000000001"}
BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}


def interactive(**action: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": "button", "body": {"text": "?"}, "action": action}}


GRAPH_REFUSALS: list[tuple[str, dict[str, Any], int]] = [
    ("messenger", {"message": {"text": "Hello"}}, 100),
    ("messenger", {"recipient": {"id": "77"}}, 100),
    ("messenger", TEXT | {"message": {"text": "x" * 2001}}, 100),
    ("messenger", TEXT | {"messaging_type": "ADVERT"}, 100),
    ("messenger", TEXT | {"messaging_type": "MESSAGE_TAG"}, 100),
    ("messenger", TEXT | {"message": {"text": "x", "quick_replies": [{"title": "A"}]}}, 100),
    ("messenger", TEXT | {"message": {"attachment": {"type": "image", "payload": {"url": "http://x"}}}}, 100),
    ("instagram", TEXT | {"message": {"text": "ء" * 501}}, 100),
    ("instagram", {"recipient": {"id": "77"}, "sender_action": "react", "payload": {}}, 100),
    ("whatsapp", {"to": "201000000001", "type": "text", "text": {"body": "x"}}, 131008),
    ("whatsapp", {"messaging_product": "whatsapp", "type": "text", "text": {"body": "x"}}, 131008),
    ("whatsapp", TO | {"type": "text"}, 131008),
    ("whatsapp", TO | {"to": "nobody", "type": "text", "text": {"body": "x"}}, 131009),
    ("whatsapp", TO | {"type": "text", "text": {"body": "x" * 4097}}, 100),
    ("whatsapp", TO | {"type": "image", "image": {"id": "1"}}, 131053),
    ("whatsapp", TO | {"type": "poll", "poll": {"x": 1}}, 131051),
    ("whatsapp", TO | {"type": "template", "template": {"name": "x"}}, 131008),
    ("whatsapp", TO | interactive(buttons=[BUTTON] * 4), 131009),
    ("whatsapp", TO | {"type": "reaction", "reaction": {"emoji": "x"}}, 131008),
]


@pytest.mark.parametrize(("platform", "values", "code"), GRAPH_REFUSALS)
def test_the_graph_api_refuses_what_it_would(
    stand_in: Control, platform: str, values: dict[str, Any], code: int
) -> None:
    status, said, _ = graph(stand_in, platform, **values)
    assert (status, said["error"]["code"]) == (400, code)
    assert stand_in.sends() == []


@pytest.mark.parametrize(
    ("method", "values", "words"),
    [
        ("sendMessage", {"chat_id": 7}, "message text is empty"),
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": "nobody", "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": 7, "text": "x" * 4097}, "message is too long"),
        ("sendPhoto", {"chat_id": 7}, "there is no photo in the request"),
        ("sendVenue", {"chat_id": 7, "latitude": 1, "longitude": 2}, "title and address are required"),
    ],
)
def test_telegram_refuses_what_it_would(stand_in: Control, method: str, values: dict[str, Any], words: str) -> None:
    status, said, _ = ask(stand_in, f"/bot{BOT}/{method}", values)
    assert (status, said["ok"], said["description"]) == (400, False, f"Bad Request: {words}")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": "+201000000001", "Body": "x"}, 21606),
        ({"From": ACCOUNTS["twilio"], "Body": "x"}, 21604),
        ({"From": ACCOUNTS["twilio"], "To": "nobody", "Body": "x"}, 21211),
        ({"From": ACCOUNTS["twilio"], "To": "+201000000001"}, 21619),
        ({"From": ACCOUNTS["twilio"], "To": "whatsapp:+201000000001", "Body": "x"}, 63007),
        ({"From": ACCOUNTS["twilio"], "To": "+201000000001", "Body": "x" * 1601}, 21617),
    ],
)
def test_twilio_refuses_what_it_would(stand_in: Control, form: dict[str, str], code: int) -> None:
    status, said, _ = twilio(stand_in, **form)
    assert (status, said["code"], said["status"]) == (400, code, 400)


def test_it_takes_no_token_but_that_of_the_account(stand_in: Control) -> None:
    path = f"/v26.0/{MESSENGER}/messages"
    for token in ("", "Bearer nonsense", "Bearer instagram-token"):
        status, said, _ = ask(stand_in, path, TEXT, token=token)
        assert status in (400, 401)
        assert said["error"]["code"] == (100 if "instagram" in token else 190)
    assert ask(stand_in, "/bot6604000001:wrong/sendMessage", {"chat_id": 7, "text": "x"})[0] == 401
    assert twilio(stand_in, token="wrong", To="+201000000001", From=ACCOUNTS["twilio"], Body="x")[0] == 401
    assert stand_in.sends() == []


def test_expired_tokens_are_refused_until_there_is_another(stand_in: Control) -> None:
    stand_in.expire(platform="messenger")
    status, said, _ = graph(stand_in, "messenger", **TEXT)
    assert (status, said["error"]["code"]) == (401, 190)
    assert graph(stand_in, "instagram", **TEXT)[0] == 200


def test_it_is_told_what_goes_wrong_how_often_and_for_whom(stand_in: Control) -> None:
    stand_in.trouble("throttle", platform="messenger", seconds=7, times=1)
    stand_in.trouble("fail", platform="whatsapp", code="131047", recipient="201000000002")
    stand_in.trouble("throttle", platform="telegram", seconds=3)
    stand_in.trouble("usage", platform="instagram", per_cent=96)
    status, said, headers = graph(stand_in, "messenger", **TEXT)
    assert (status, said["error"]["code"], headers["Retry-After"]) == (400, 613, "7")
    assert graph(stand_in, "messenger", **TEXT)[0] == 200
    assert graph(stand_in, "whatsapp", **TO, type="text", text={"body": "x"})[0] == 200
    refused = graph(stand_in, "whatsapp", **TO | {"to": "201000000002"}, type="text", text={"body": "x"})
    assert refused[1]["error"]["code"] == 131047
    said = ask(stand_in, f"/bot{BOT}/sendMessage", {"chat_id": 7, "text": "x"})[1]
    assert (said["error_code"], said["parameters"]) == (429, {"retry_after": 3})
    assert '"call_count":96' in graph(stand_in, "instagram", **TEXT)[2]["X-App-Usage"]
    stand_in.calm()
    assert ask(stand_in, f"/bot{BOT}/sendMessage", {"chat_id": 7, "text": "x"})[0] == 200


@pytest.mark.parametrize(("kind", "accepted"), [("die", 1), ("swallow", 1), ("stall", 0), ("hang_up", 0)])
def test_no_answer_comes_of_what_was_taken_or_not(stand_in: Control, kind: str, accepted: int) -> None:
    stand_in.trouble(kind, seconds=0.1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        graph(stand_in, "messenger", **TEXT)
    assert len(stand_in.sends()) == accepted
    assert [send["answered_at"] for send in stand_in.sends()] == [None] * accepted


def test_the_journal_tells_what_was_accepted(stand_in: Control) -> None:
    graph(stand_in, "messenger", **TEXT | {"message": {"text": "Hello", "metadata": "token of ours"}})
    callback = "http://crm.example/webhooks/x/?message=another"
    twilio(stand_in, To="+201000000001", From=ACCOUNTS["twilio"], Body="Hello", StatusCallback=callback)
    first, second = stand_in.sends()
    assert (first["platform"], first["recipient"], first["token"]) == ("messenger", "77", "token of ours")
    assert (second["platform"], second["recipient"], second["token"]) == ("twilio", "+201000000001", "another")
    assert first["digest"] == second["digest"]
    assert first["accepted_at"] <= first["answered_at"]
    assert "messenger-token" not in json.dumps(stand_in.requests())
    stand_in.ask("forget", {})
    assert stand_in.sends() == []


def test_wrong_words_to_its_control_are_told(stand_in: Control) -> None:
    for path, values in (("trouble", {"kind": "flood"}), ("manners", {"mood": 1}), ("dance", {})):
        status, said, _ = ask(stand_in, f"/_stand_in/{path}", values)
        assert status in (400, 404), said


def test_it_can_be_read(stand_in: Control) -> None:
    bearer = "Bearer messenger-token"
    person = ask(stand_in, "/v26.0/4242?fields=first_name,last_name", token=bearer)[1]
    assert person["id"] == "4242"
    assert person["first_name"]
    lead = ask(stand_in, "/v26.0/990011223344?fields=field_data,ad_id", token=bearer)[1]
    assert {field["name"] for field in lead["field_data"]} == {"full_name", "phone_number", "email"}
    whatsapp = "Bearer whatsapp-token"
    found = ask(stand_in, "/v26.0/1234/message_templates", token=whatsapp)[1]["data"]
    assert {template["status"] for template in found} == {"APPROVED"}
    media = ask(stand_in, "/v26.0/888", token=whatsapp)[1]
    assert len(fetched(media["url"])) == media["file_size"]
    file = ask(stand_in, f"/bot{BOT}/getFile", {"file_id": "abc"})[1]["result"]
    assert fetched(f"{stand_in.url}/file/bot{BOT}/{file['file_path']}").startswith(b"\x89PNG")


def test_what_it_plays_for_are_the_channels_in_use(transactional_db: None) -> None:
    make_channel("telegram", slug="in-use")
    make_channel("telegram", slug="switched-off", is_active=False)
    assert [account.slug for account in active_channels()] == ["in-use"]


def test_the_command_serves_until_it_is_stopped() -> None:
    shop, port = Installation(), free_port()
    try:
        words = [sys.executable, "manage.py", "simulate", "--serve", "--port", str(port)]
        with subprocess.Popen(
            words, cwd=ROOT, env=shop.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                control = Control(f"http://127.0.0.1:{port}")
                wait_until(lambda: _answers(control), "the stand-in")
                (token,) = shop.manage(
                    "shell",
                    "-v0",
                    "-c",
                    "from crm.models import Channel as C; "
                    "print(C.objects.get(slug='sim-messenger').credentials['access_token'][0])",
                ).split()
                control.manners(early=1.0)  # and nobody takes that report
                status, _, _ = ask(control, "/v26.0/990100000000001/messages", TEXT, token=f"Bearer {token}")
                assert status == 200
                process.send_signal(signal.SIGTERM)
                printed, _ = process.communicate(timeout=20)
            finally:
                process.kill()  # where it was not stopped, waiting for it would never end
        assert process.returncode == 0, printed
        assert "GRAPH_API_URL=" in printed
        assert token not in printed
    finally:
        shop.close()


def _answers(control: Control) -> bool:
    try:
        control.ask("state")
    except urllib3.exceptions.HTTPError:
        return False
    return True
