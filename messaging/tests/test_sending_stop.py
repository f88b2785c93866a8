"""Stopping `make run`: what is on its way to a platform is finished, and Ctrl-C is quick where nothing is."""

import signal
import time
from collections.abc import Iterator

import pytest

from crm.tests.running import Run
from messaging.models import MessageStatus
from messaging.tests.installation import Installation, wait_until
from messaging.tests.sending_world import Control
from messaging.tests.stand_in_process import installation_with_stand_in

pytestmark = pytest.mark.takes(30)

LONGER_THAN_OTHERS_MAY_TAKE = 7.0  # seconds
STATUSES = "SELECT message.status FROM messaging_outgoing JOIN messaging_message AS message ON message.id = message_id"
ASK_FOR_FILE = """
from django.utils import timezone
from messaging.models import Attachment, Conversation, Message
talk = Conversation.objects.filter(channel__platform="telegram").first()
now = timezone.now()
message = Message.objects.create(channel=talk.channel, conversation=talk, direction="in", type="image", at=now, received_at=now)
Attachment.objects.create(message=message, type="image", external_id="77")
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Installation, Control]]:
    with installation_with_stand_in() as (found, control):
        control.manners(reports="drop")
        script = "from messaging.simulation.replies import queue_answers; queue_answers(2, people=2, platforms=('telegram',))"
        found.manage("shell", "--verbosity", "0", "-c", script)
        yield found, control
        for run in Run.begun:
            run.process.kill()
            run.wait_until_gone()
        Run.begun.clear()


def test_ctrl_c_waits_for_an_answer_that_is_on_its_way_and_for_nothing_else(shop: tuple[Installation, Control]) -> None:
    installation, control = shop
    control.trouble("late", seconds=LONGER_THAN_OTHERS_MAY_TAKE)
    run = Run(installation.folder, installation.port, TELEGRAM_API_URL=control.url)
    wait_until(lambda: len(control.sends()) == 2, "the sends")
    assert run.stop(signal.SIGINT) == 130, run.output
    assert installation.sql(STATUSES) == [(MessageStatus.SENT,)] * 2
    assert "send finishes what is under way" in run.output

    control.calm()
    control.trouble("stall", on="read", seconds=120)
    installation.manage("shell", "--verbosity", "0", "-c", ASK_FOR_FILE)
    run = Run(installation.folder, installation.port, TELEGRAM_API_URL=control.url)
    run.wait_until_up()
    asked = [f"/bot/{name}" for name in ("getFile", "getUserProfilePhotos")]
    wait_until(lambda: any(one["path"] in asked for one in control.requests()), "a question that nobody answers")
    began = time.monotonic()
    assert run.stop(signal.SIGINT) == 130, run.output
    assert time.monotonic() - began < LONGER_THAN_OTHERS_MAY_TAKE
    assert not [line for line in run.left_over() if " drain " in line]
