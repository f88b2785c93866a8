"""A bot and people taking turns: who may write, and every way to a colleague."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from crm import runtime_settings
from crm.drains import drains_named, run_once
from crm.models import Customer, Notification, Team, User
from crm.tests.api_client import Program, assert_problem
from crm.tests.factories import make_channel, make_identity
from crm.tests.staff import logged_in, member
from messaging import handoffs, services
from messaging.bots import BotHasIt, PersonHasIt, give_to_bot, hold_conversation
from messaging.handoff_words import HandoffDrain
from messaging.models import Conversation, Handoff, HandoffKeywords, Message
from messaging.sending.queueing import Draft, queue_message
from messaging.tests.factories import make_conversation, make_message
from messaging.tests.webhooks import receive

pytestmark = pytest.mark.django_db
By = Handoff.By


@pytest.fixture
def talk() -> Conversation:
    return make_conversation(make_identity(make_channel("telegram"), key=("chat", "1")))


def write(talk: Conversation, author: User | None, *, bot: bool = False) -> Message:
    return queue_message(conversation_id=talk.pk, draft=Draft(text="Hello"), author=author, automated=bot)


def ask(talk: Conversation, **more: Any) -> Handoff:
    return handoffs.request_handoff(conversation_id=talk.pk, request=handoffs.Request(by=By.BOT, **more))


def told() -> set[User]:
    return {notice.user for notice in Notification.objects.filter(kind="handoff").select_related("user")}


def test_a_bots_first_message_makes_the_conversation_its_own(talk: Conversation) -> None:
    bot, seller = member("seller"), member("seller")
    write(talk, bot, bot=True)
    talk.refresh_from_db()
    assert talk.bot_owned
    with pytest.raises(BotHasIt, match="Take it over to write"):
        write(talk, seller)
    write(talk, None, bot=True)  # what a rule sends is nobody's turn
    write(talk, bot, bot=True)
    assert Message.objects.count() == 3


def test_a_bot_writes_nothing_once_a_person_did(talk: Conversation) -> None:
    bot, seller = member("seller"), member("seller")
    write(talk, seller)
    with pytest.raises(PersonHasIt, match="A colleague has this conversation"):
        write(talk, bot, bot=True)
    with pytest.raises(PersonHasIt):
        hold_conversation(conversation_id=talk.pk)
    talk.refresh_from_db()
    assert not talk.bot_owned
    assert Message.objects.count() == 1
    handoffs.give_back(conversation_id=talk.pk)
    write(talk, bot, bot=True)
    with pytest.raises(BotHasIt):
        write(talk, seller)


def test_taking_over_turns_the_table(talk: Conversation) -> None:
    bot, seller = member("seller"), member("seller", "North")
    write(talk, bot, bot=True)
    handoff = ask(talk, reason="asked for a person", context={"order": 7}, user=bot)
    assert handoff.status == "pending"
    write(talk, bot, bot=True)  # the bot may still say that somebody comes
    taken = handoffs.take_over(conversation_id=talk.pk, user=seller)
    assert (taken.pk, taken.status, taken.assignee, taken.team) == (handoff.pk, "assigned", seller, seller.team)
    talk.refresh_from_db()
    assert (talk.bot_owned, talk.assignee, talk.team) == (False, seller, seller.team)
    write(talk, seller)
    with pytest.raises(PersonHasIt):
        write(talk, bot, bot=True)
    again = handoffs.take_over(conversation_id=talk.pk, user=seller)
    assert again.assigned_at == taken.assigned_at
    with pytest.raises(handoffs.HandoffRefused, match="has taken it over"):
        handoffs.take_over(conversation_id=talk.pk, user=bot)


def test_a_person_steps_in_unasked_and_gives_it_back(talk: Conversation) -> None:
    bot, seller = member("seller"), member("seller")
    with pytest.raises(handoffs.HandoffRefused, match="No bot"):
        handoffs.take_over(conversation_id=talk.pk, user=seller)
    write(talk, bot, bot=True)
    handoff = handoffs.take_over(conversation_id=talk.pk, user=seller)
    assert (handoff.by, handoff.requested_by, handoff.status) == ("person", seller, "assigned")
    done = handoffs.complete_handoff(handoff_id=handoff.pk, back_to_bot=True)
    assert (done.status, done.completed_at is None) == ("completed", False)
    talk.refresh_from_db()
    assert talk.bot_owned


def test_one_open_handoff_a_conversation(talk: Conversation) -> None:
    first = ask(talk)
    with pytest.raises(handoffs.AlreadyRequested) as refused:
        ask(talk)
    assert refused.value.handoff == first
    with pytest.raises(IntegrityError, match="handoff_one_open"), transaction.atomic():
        Handoff.objects.create(conversation=talk, by="rule")
    handoffs.cancel_handoff(handoff_id=first.pk)
    assert ask(talk).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_make_one(talk: Conversation) -> None:
    def request(_number: int) -> bool:
        try:
            ask(talk)
        except handoffs.AlreadyRequested:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(request, range(8))) == [False] * 7 + [True]
    assert Handoff.objects.count() == 1


def test_the_end_of_a_handoff(talk: Conversation) -> None:
    seller, handoff = member("seller"), ask(talk)
    with pytest.raises(handoffs.HandoffRefused, match="Nobody has taken it over"):
        handoffs.complete_handoff(handoff_id=handoff.pk)
    with pytest.raises(handoffs.HandoffRefused, match="Only a completed"):
        handoffs.rate_handoff(handoff_id=handoff.pk, rating=5)
    handoffs.assign_handoff(handoff_id=handoff.pk, assignee=seller)
    handoffs.complete_handoff(handoff_id=handoff.pk)
    with pytest.raises(handoffs.HandoffRefused, match="ended"):
        handoffs.assign_handoff(handoff_id=handoff.pk, assignee=seller)
    with pytest.raises(handoffs.HandoffRefused, match="completed already"):
        handoffs.cancel_handoff(handoff_id=handoff.pk)
    for wrong in (0, 6):
        with pytest.raises(ValueError, match="1 to 5"):
            handoffs.rate_handoff(handoff_id=handoff.pk, rating=wrong)
    handoffs.rate_handoff(handoff_id=handoff.pk, rating=4, feedback=" kind\x00 ")
    handoff.refresh_from_db()
    assert (handoff.rating, handoff.feedback) == (4, "kind")


@pytest.mark.parametrize(("taken", "ends"), [(False, "cancelled"), (True, "completed")])
def test_closing_a_conversation_ends_what_is_open(talk: Conversation, taken: bool, ends: str) -> None:
    hold_conversation(conversation_id=talk.pk)
    handoff = ask(talk)
    if taken:
        handoffs.take_over(conversation_id=talk.pk, user=member("seller"))
    services.close_conversation(conversation_id=talk.pk)
    handoff.refresh_from_db()
    talk.refresh_from_db()
    assert (handoff.status, talk.bot_owned) == (ends, False)
    with pytest.raises(handoffs.HandoffRefused, match="closed"):
        ask(talk)
    with pytest.raises(PersonHasIt, match="closed"):
        hold_conversation(conversation_id=talk.pk)


def test_who_is_told(talk: Conversation) -> None:
    north, mate = member("seller", "North"), member("seller", "North")
    south, away = member("seller", "South"), member("seller", "South")
    User.objects.filter(pk=away.pk).update(is_available=False)
    member("viewer", "North")
    team = Team.objects.get(name="North")

    def who(**request: Any) -> set[User]:
        Notification.objects.all().delete()
        handoff = ask(talk, **request)
        found = told()
        handoffs.cancel_handoff(handoff_id=handoff.pk)
        return found

    assert who() == {north, mate, south}  # nobody's: every available seller
    assert who(assignee=away) == {away}
    talk.refresh_from_db()
    assert talk.assignee == away
    assert who(team=team) == set(team.members.all())
    fresh = Conversation.objects.get()
    assert (fresh.assignee, fresh.team) == (None, team)
    Conversation.objects.update(team=None)
    Customer.objects.update(owner=south)
    assert who() == {south}
    notice = Notification.objects.get()
    assert notice.url == f"/admin/messaging/conversation/{talk.pk}/change/"
    assert "asked" not in notice.text


def test_three_failed_answers_in_a_row_ask_for_a_colleague(talk: Conversation) -> None:
    with pytest.raises(handoffs.HandoffRefused, match="No bot"):
        handoffs.note_answer(conversation_id=talk.pk, understood=False)
    hold_conversation(conversation_id=talk.pk)
    for understood, count in ((False, 1), (False, 2), (True, 0), (False, 1), (False, 2)):
        counted, handoff = handoffs.note_answer(conversation_id=talk.pk, understood=understood)
        assert (counted.failed_answers, handoff) == (count, None)
    counted, handoff = handoffs.note_answer(conversation_id=talk.pk, understood=False)
    assert handoff is not None
    assert (handoff.by, handoff.status, "3" in handoff.reason) == ("rule", "pending", True)
    assert handoffs.note_answer(conversation_id=talk.pk, understood=False)[1] == handoff
    handoffs.take_over(conversation_id=talk.pk, user=member("seller"))
    talk.refresh_from_db()
    assert talk.failed_answers == 0


def test_how_many_is_a_setting(talk: Conversation) -> None:
    runtime_settings.change(key="bots.failed_answers", value=1, by=member("administrator"))
    hold_conversation(conversation_id=talk.pk)
    assert handoffs.note_answer(conversation_id=talk.pk, understood=False)[1] is not None
    runtime_settings.reset(key="bots.failed_answers")


KEYWORDS = {"en": "talk to someone\nhuman", "ar": "موظف\nخدمة العملاء", "pt": "atendente"}


def keywords() -> None:
    for language, phrases in KEYWORDS.items():
        HandoffKeywords.objects.update_or_create(language=language, defaults={"phrases": phrases})


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("I want to TALK to someone!", True),
        ("are you a humán?", True),
        ("ممكن اكلم مُوَظَّف لو سمحت", True),
        ("فين الموظف", True),
        ("خدمه العملاء", True),
        ("Quero um ATENDENTE", True),
        ("superhuman prices", False),
        ("how much is it?", False),
        ("", False),
    ],
)
def test_words_ask_for_a_colleague_however_they_are_typed(talk: Conversation, text: str, asks: bool) -> None:
    keywords()
    hold_conversation(conversation_id=talk.pk)
    make_message(talk, text=text)
    Conversation.objects.filter(pk=talk.pk).update(updated_at="2026-05-05T00:00Z")  # as the ingest does
    assert HandoffDrain().run_batch() == 1
    found = Handoff.objects.first()
    assert (found is not None) is asks
    if found is not None:
        assert (found.by, found.status, "They wrote" in found.reason) == ("rule", "pending", True)


def test_only_what_is_new_and_the_bots_is_read(talk: Conversation) -> None:
    keywords()
    make_message(talk, text="human, please")
    make_message(talk, direction="out", text="Here I am")
    other = make_conversation(make_identity(make_channel("telegram"), key=("chat", "2")))
    make_message(other, text="human")
    give_to_bot(talk)
    drain = HandoffDrain()
    assert drain.run_batch() == 1
    assert not Handoff.objects.exists()  # it was answered before the bot came
    drain.looked_at = float("-inf")
    assert drain.run_batch() == 0  # nothing has changed
    make_message(talk, direction="out", text="a human will come")
    handoffs.note_answer(conversation_id=talk.pk, understood=True)
    drain.looked_at = float("-inf")
    assert drain.run_batch() == 1
    assert not Handoff.objects.exists()
    HandoffKeywords.objects.update(is_active=False)
    make_message(talk, text="human")
    handoffs.note_answer(conversation_id=talk.pk, understood=True)
    assert HandoffDrain().run_batch() == 1
    assert not Handoff.objects.exists()


def test_the_message_that_made_the_bot_come_counts(talk: Conversation) -> None:
    keywords()
    make_message(talk, text="a human, please")
    write(talk, member("seller"), bot=True)
    HandoffDrain().run_batch()
    assert Handoff.objects.get().by == "rule"


@pytest.mark.django_db(transaction=True)
def test_a_webhook_leads_to_a_colleague() -> None:
    keywords()
    member("seller")
    channel = make_channel("telegram")
    for number, text in ((1, "hello"), (2, "عايز موظف")):
        update = {
            "update_id": number,
            "message": {
                "message_id": number, "date": 1777896000 + number, "text": text,
                "chat": {"id": 5, "type": "private"}, "from": {"id": 5, "is_bot": False, "first_name": "Mona"},
            },
        }  # fmt: skip
        receive(channel, update)
        if number == 1:
            hold_conversation(conversation_id=Conversation.objects.get().pk)
    run_once(drains_named(["handoffs"]))
    handoff = Handoff.objects.get()
    assert (handoff.conversation.bot_owned, "موظف" in handoff.reason) == (True, True)
    assert Notification.objects.filter(kind="handoff").count() == 1


def test_the_buttons_in_the_admin(talk: Conversation) -> None:
    seller, viewer = member("seller"), member("viewer")
    hold_conversation(conversation_id=talk.pk)
    ask(talk, reason="<b>angry</b>", context={"order": "<i>7</i>"})
    page = f"/admin/messaging/conversation/{talk.pk}/"
    text = logged_in(seller).get(f"{page}change/").content.decode()
    assert "&lt;b&gt;angry" in text
    assert 'data-talk-do="take-over"' in text
    assert 'data-talk-do="take-over"' not in logged_in(viewer).get(f"{page}change/").content.decode()
    assert logged_in(viewer).post(f"{page}take-over/").status_code == 403
    listed = logged_in(seller).get("/admin/messaging/handoff/").content.decode()
    assert "Waiting for a colleague" in listed
    client = logged_in(seller)
    states = []
    for action in ("take-over", "complete-handoff", "give-to-bot", "complete-handoff"):
        assert client.post(f"{page}{action}/").status_code == 302
        talk.refresh_from_db()
        states.append((Handoff.objects.get().status, talk.bot_owned))
    assert states == [("assigned", False), ("completed", False), ("completed", True), ("completed", True)]


def test_a_programs_way(talk: Conversation) -> None:
    bot, person = Program(member("manager")), Program(member("seller"), is_bot=False)
    url = f"/api/v1/conversations/{talk.pk}/"
    assert_problem(person.post(f"{url}hold/"), 409, "not_a_bot")
    assert bot.post(f"{url}hold/").json()["bot_owned"] is True
    assert_problem(person.post(f"{url}messages/", {"text": "Hi"}), 409, "bot_has_it")
    asked = bot.post(f"{url}handoffs/", {"reason": "asked for", "context": {"order": 7}}).json()
    assert (asked["by"], asked["status"], asked["context"]) == ("bot", "pending", {"order": 7})
    refused = assert_problem(person.post(f"{url}handoffs/", {"reason": "x"}), 409, "already_requested")
    assert refused["handoff"]["id"] == asked["id"]
    handoffs.take_over(conversation_id=talk.pk, user=person.user)
    assert_problem(bot.post(f"{url}messages/", {"text": "Hi"}), 409, "person_has_it")
    assert_problem(bot.post(f"{url}answers/", {"understood": True}), 409, "not_now")
    sent = person.post(f"{url}messages/", {"text": "Hi"})
    assert (sent.status_code, sent.json()["automated"], sent.json()["status"]) == (202, False, "queued")
    handoff = f"/api/v1/handoffs/{asked['id']}/"
    assert bot.post(f"{handoff}complete/", {"back_to_bot": True}).json()["status"] == "completed"
    assert bot.post(f"{handoff}rate/", {"rating": 5, "feedback": "شكرا"}).json()["rating"] == 5
    assert_problem(bot.post(f"{handoff}cancel/"), 409, "not_now")
    assert bot.post(f"{url}messages/", {"text": "Back"}).json()["automated"] is True
    assert [one["id"] for one in bot.get("/api/v1/handoffs/?status=completed").json()["results"]] == [asked["id"]]
