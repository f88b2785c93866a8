"""The examples of docs/api.md, run as they are written."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from crm.api.tokens import add_token
from crm.tests.factories import make_channel, make_customer, make_identity
from crm.tests.staff import member
from leads.models import Lead
from leads.tests.factories import make_lead
from messaging.models import Conversation, Handoff, Outgoing, OwnReaction
from messaging.tests.factories import make_conversation, make_message

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
COMMANDS = re.findall(
    r"^curl .*?(?<!\\)$", "\n".join(re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.S)), re.M | re.S
)


@pytest.mark.django_db(transaction=True)
def test_every_example_works(live_server: Any) -> None:
    assert shutil.which("curl"), "Install the package curl."
    assert len(COMMANDS) > 15
    bot = member("manager")
    _token, secret = add_token(name="Shop bot", user=bot)
    customer = make_customer(name="Mona")
    talk = make_conversation(make_identity(make_channel("telegram"), key=("chat", "1"), customer=customer))
    theirs = make_message(talk)
    environment = {
        "PATH": os.environ["PATH"], "API": f"{live_server.url}/api/v1", "TOKEN": secret, "CONVERSATION": str(talk.pk),
        "CUSTOMER": str(customer.pk), "LEAD": str(make_lead(customer).pk), "MESSAGE": str(theirs.pk),
    }  # fmt: skip
    for command in COMMANDS:
        ran = subprocess.run(
            ["sh", "-c", f"{command} --silent --show-error --fail-with-body"],
            env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
        assert orjson.loads(ran.stdout), command
    talk.refresh_from_db()
    assert (talk.bot_owned, talk.session_state, talk.status) == (True, "choosing_size", Conversation.Status.OPEN)
    assert (Handoff.objects.get().by, Outgoing.objects.get().content) == ("bot", "buttons")
    assert OwnReaction.objects.get(pk=theirs.pk).emoji == "👍"
    lead = Lead.objects.select_related("stage").get()
    assert (lead.stage.slug, str(lead.value), lead.customer.label) == ("qualified", "1200.00", "hot")
