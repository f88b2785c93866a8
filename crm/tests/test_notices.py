"""What colleagues are told: in the page, and by e-mail if they wish."""

import select
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import notices_mail
from crm.drains import run_forever
from crm.models import Notification, User
from crm.notices import tell
from crm.notices_mail import NoticesMailDrain
from crm.roles import SELLER
from crm.tests.factories import make_user
from crm.tests.mail_server import Inbox, mail_server

pytestmark = pytest.mark.django_db
SELECTS_OF_A_REQUEST = 1  # of the user; the session comes from the cache


@pytest.fixture
def seller() -> User:
    user = make_user(full_name="Mona Adel")
    user.groups.add(Group.objects.get(name=SELLER))
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_notice(user: User, **fields: Any) -> Notification:
    fields = {"kind": "mention", "key": f"k{Notification.objects.count()}", "text": "Look at this", **fields}
    return Notification.objects.create(user=user, **fields)


class TestTelling:
    def test_the_same_thing_is_told_once_to_each(self, seller: User) -> None:
        other = make_user(wants_email=True)
        told = [tell(user, kind=Notification.Kind.MENTION, key="a", text="x") for user in (seller, seller, other)]
        assert told == [True, False, True]
        assert set(Notification.objects.values_list("user", "email_due")) == {(seller.pk, False), (other.pk, True)}

    def test_who_left_is_told_nothing(self, seller: User) -> None:
        seller.is_active = False
        assert not tell(seller, kind=Notification.Kind.MENTION, key="a", text="x")
        assert not Notification.objects.exists()

    def test_long_texts_are_cut(self, seller: User) -> None:
        assert tell(seller, kind=Notification.Kind.MENTION, key="a", text="x" * 400, url="/" * 600)


class TestBell:
    def test_it_counts_the_unread_ones_with_one_query(self, seller: User) -> None:
        for _number in range(3):
            make_notice(seller)
        make_notice(seller, read_at=timezone.now())
        make_notice(make_user())
        client = client_of(seller)
        client.get("/admin/bell/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/bell/").json() == {"unread": 3, "available": True}
        assert len(captured) == SELECTS_OF_A_REQUEST + 1, [query["sql"] for query in captured]

    def test_it_stops_counting_at_a_hundred(self, seller: User) -> None:
        Notification.objects.bulk_create(
            Notification(user=seller, kind="mention", key=str(number), text="x") for number in range(150)
        )
        assert client_of(seller).get("/admin/bell/").json()["unread"] == 100

    def test_the_newest_twenty_are_listed_and_no_others(self, seller: User) -> None:
        for number in range(25):
            make_notice(seller, text=f"Number {number}.", read_at=timezone.now() if number == 24 else None)
        make_notice(make_user(), text="Not yours")
        page = client_of(seller).get("/admin/bell/notices/").content.decode()
        assert [f"Number {number}." in page for number in (24, 5, 4)] == [True, True, False]
        assert page.count("mc-notice-new") == 19
        assert "Not yours" not in page

    def test_what_was_told_cannot_break_the_page(self, seller: User) -> None:
        make_notice(seller, text="<script>alert(1)</script>")
        assert b"<script>" not in client_of(seller).get("/admin/bell/notices/").content

    def test_without_any_it_says_so(self, seller: User) -> None:
        assert b"Nothing yet" in client_of(seller).get("/admin/bell/notices/").content

    def test_one_that_is_opened_is_read_and_leads_on(self, seller: User) -> None:
        notice, other = make_notice(seller, url="/admin/crm/customer/"), make_notice(seller)
        answer = client_of(seller).get(f"/admin/bell/notices/{notice.pk}/")
        assert (answer.status_code, answer["Location"]) == (302, "/admin/crm/customer/")
        assert list(Notification.objects.unread()) == [other]

    @pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
    def test_it_never_leads_off_the_site(self, seller: User, url: str) -> None:
        notice = make_notice(seller, url=url)
        assert client_of(seller).get(f"/admin/bell/notices/{notice.pk}/")["Location"] == "/"

    def test_those_of_others_are_not_there(self, seller: User) -> None:
        notice = make_notice(make_user())
        assert client_of(seller).get(f"/admin/bell/notices/{notice.pk}/").status_code == 404
        assert Notification.objects.unread().count() == 1

    def test_all_that_were_shown_are_marked_as_read(self, seller: User) -> None:
        first, second, later = make_notice(seller), make_notice(seller), make_notice(seller)
        foreign = Notification.objects.create(pk=first.pk - 1, user=make_user(), kind="mention", key="f", text="x")
        assert client_of(seller).post("/admin/bell/read/", {"up_to": second.pk}).status_code == 204
        assert set(Notification.objects.unread()) == {later, foreign}

    @pytest.mark.parametrize("up_to", ["", "x", "-1", "9" * 30, "١"])
    def test_nonsense_marks_nothing(self, seller: User, up_to: str) -> None:
        make_notice(seller)
        assert client_of(seller).post("/admin/bell/read/", {"up_to": up_to}).status_code == 404
        assert Notification.objects.unread().count() == 1

    @pytest.mark.parametrize("page", ["", "notices/", "notices/1/", "read/", "availability/"])
    def test_strangers_are_sent_to_the_login(self, page: str) -> None:
        answer = (
            Client().post(f"/admin/bell/{page}")
            if page in ("read/", "availability/")
            else Client().get(f"/admin/bell/{page}")
        )
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")

    @pytest.mark.parametrize("page", ["read/", "availability/"])
    def test_a_link_changes_nothing(self, seller: User, page: str) -> None:
        assert client_of(seller).get(f"/admin/bell/{page}").status_code == 405

    def test_it_is_on_the_pages_and_not_in_popups(self, seller: User) -> None:
        client = client_of(seller)
        assert b'id="mc-bell"' in client.get("/admin/crm/customer/").content
        assert b'id="mc-bell"' not in client.get("/admin/crm/customer/?_popup=1").content


class TestAvailability:
    def test_a_seller_goes_away_and_comes_back(self, seller: User) -> None:
        client = client_of(seller)
        for available in (False, True):
            assert client.post("/admin/bell/availability/", {"available": int(available)}).status_code == 204
            seller.refresh_from_db()
            assert seller.is_available is available
            assert client.get("/admin/bell/").json()["available"] is available

    def test_who_takes_no_leads_is_not_asked(self) -> None:
        assert client_of(make_user()).get("/admin/bell/").json()["available"] is None
        page = client_of(make_user()).get("/admin/my-settings/").content.decode()
        assert 'name="is_available"' not in page


class TestOwnSettings:
    def test_one_sets_name_availability_and_mail(self, seller: User, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        client = client_of(seller)
        answer = client.post("/admin/my-settings/", {"full_name": "Mona A.", "wants_email": "on", "is_superuser": "on"})
        assert answer["Location"] == "/admin/my-settings/"
        seller.refresh_from_db()
        assert (seller.full_name, seller.is_available, seller.wants_email) == ("Mona A.", False, True)
        assert not seller.is_superuser

    def test_where_no_mail_is_sent_it_cannot_be_asked_for(self, seller: User, settings: Any) -> None:
        settings.EMAIL_BACKEND = notices_mail.NO_MAIL
        client = client_of(seller)
        assert b"EMAIL_URL" in client.get("/admin/my-settings/").content
        client.post("/admin/my-settings/", {"full_name": "Mona", "wants_email": "on"})
        seller.refresh_from_db()
        assert (seller.full_name, seller.wants_email) == ("Mona", False)


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
        settings.PUBLIC_BASE_URL = "https://crm.example.com"
        yield server


def due() -> list[int]:
    return list(Notification.objects.filter(email_due=True).order_by("pk").values_list("pk", flat=True))


class TestMail:
    @pytest.fixture
    def reader(self) -> User:
        return make_user("reader@shop.example", wants_email=True)

    def test_it_says_what_happened_and_where(self, inbox: Inbox, reader: User) -> None:
        make_notice(reader, text="A new lead\nis yours.", url="/admin/leads/lead/7/change/", email_due=True)
        drain = NoticesMailDrain()
        assert (drain.run_batch(), drain.run_batch(), due()) == (1, 0, [])
        (mail,) = inbox.mails
        assert (mail["To"], mail["Subject"]) == ("reader@shop.example", "A new lead is yours.")
        assert mail["Auto-Submitted"] == "auto-generated"
        body = mail.get_content().splitlines()
        assert body[2] == "https://crm.example.com/admin/leads/lead/7/change/"
        assert "https://crm.example.com/admin/my-settings/" in body[4]

    def test_many_go_over_one_connection_in_parts(self, inbox: Inbox, reader: User) -> None:
        for number in range(25):
            make_notice(reader, text=f"Number {number}", email_due=True)
        drain = NoticesMailDrain()
        assert [drain.run_batch(), drain.run_batch(), drain.run_batch()] == [20, 5, 0]
        assert [mail["Subject"] for mail in inbox.mails] == [f"Number {number}" for number in range(25)]

    def test_what_is_read_or_no_longer_wished_is_not_sent(self, inbox: Inbox, reader: User) -> None:
        make_notice(reader, email_due=True, read_at=timezone.now())
        make_notice(make_user(wants_email=False), email_due=True)
        make_notice(make_user(wants_email=True, is_active=False), email_due=True)
        assert (NoticesMailDrain().run_batch(), inbox.mails, due()) == (3, [], [])

    def test_without_a_mail_server_none_is_due_for_ever(self, settings: Any, reader: User) -> None:
        settings.EMAIL_BACKEND = notices_mail.NO_MAIL
        make_notice(reader, email_due=True)
        assert (NoticesMailDrain().run_batch(), due()) == (1, [])

    def test_an_address_refused_for_good_is_given_up_and_the_others_go_on(self, inbox: Inbox, reader: User) -> None:
        inbox.answers["gone@shop.example"] = "550 no such person"
        make_notice(make_user("gone@shop.example", wants_email=True), email_due=True)
        make_notice(reader, email_due=True)
        assert (NoticesMailDrain().run_batch(), len(inbox.mails), due()) == (2, 1, [])

    def test_what_is_not_taken_now_waits_and_the_others_go_on(
        self, inbox: Inbox, reader: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inbox.answers["full@shop.example"] = "452 mailbox full"
        full = make_notice(make_user("full@shop.example", wants_email=True), email_due=True)
        make_notice(reader, email_due=True)
        drain, now = NoticesMailDrain(), time.monotonic()
        assert (drain.run_batch(), drain.run_batch(), due()) == (1, 0, [full.pk])
        inbox.answers.clear()
        monkeypatch.setattr("crm.notices_mail.time.monotonic", lambda later=now + 601: later)
        assert (drain.run_batch(), due()) == (1, [])
        assert [mail["To"] for mail in inbox.mails] == ["reader@shop.example", "full@shop.example"]

    def test_a_text_that_the_server_refuses_is_given_up(self, inbox: Inbox, reader: User) -> None:
        inbox.answers["DATA"] = "554 looks like spam"
        make_notice(reader, email_due=True)
        assert (NoticesMailDrain().run_batch(), due()) == (1, [])

    def test_a_dead_server_loses_nothing_and_is_left_alone_for_a_while(
        self, inbox: Inbox, reader: User, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notice = make_notice(reader, email_due=True)
        settings.EMAIL_PORT = 1
        drain, now = NoticesMailDrain(), time.monotonic()
        for seconds, waits in ((0, 14), (15, 29), (45, 59)):
            monkeypatch.setattr("crm.notices_mail.time.monotonic", lambda at=now + seconds: at)
            with pytest.raises(OSError, match="refused"):
                drain.run_batch()
            monkeypatch.setattr("crm.notices_mail.time.monotonic", lambda at=now + seconds + waits: at)
            assert (drain.run_batch(), due()) == (0, [notice.pk])
        settings.EMAIL_PORT = inbox.port
        monkeypatch.setattr("crm.notices_mail.time.monotonic", lambda: now + 1000)
        assert (drain.run_batch(), len(inbox.mails)) == (1, 1)

    def test_a_server_that_goes_in_the_middle_keeps_the_rest_due(self, inbox: Inbox, reader: User) -> None:
        make_notice(reader, email_due=True)
        second = make_notice(make_user("late@shop.example", wants_email=True), email_due=True)
        inbox.answers["late@shop.example"] = "421 closing"
        with pytest.raises(smtplib.SMTPException):
            NoticesMailDrain().run_batch()
        assert (len(inbox.mails), due()) == (1, [second.pk])


@pytest.mark.django_db(transaction=True)
class TestMailAtOnce:
    def test_two_drains_send_nothing_twice(self, inbox: Inbox) -> None:
        reader = make_user(wants_email=True)
        for number in range(30):
            make_notice(reader, text=f"Number {number:02d}", email_due=True)

        def work() -> None:
            drain = NoticesMailDrain()
            while drain.run_batch():
                pass
            connections.close_all()

        threads = [threading.Thread(target=work) for _place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(mail["Subject"] for mail in inbox.mails) == [f"Number {number:02d}" for number in range(30)]
        assert due() == []

    def test_a_server_that_hangs_holds_up_no_other_drain(self, settings: Any) -> None:
        make_notice(make_user(wants_email=True), email_due=True)
        stop = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
            settings.EMAIL_TIMEOUT = 3
            sending = select.epoll()
            sending.register(silent)
            other = Other(sending, stop)
            begun = time.monotonic()
            run_forever({"notices": NoticesMailDrain(), "other": other}, stop)
        assert (other.batches, len(due())) == (5, 1)
        assert other.took < 2 < time.monotonic() - begun, "the one waited, the other did not"


class Other:
    """Another drain, which has five batches once an e-mail is under way."""

    def __init__(self, sending: select.epoll, stop: threading.Event) -> None:
        self.sending, self.stop, self.batches = sending, stop, 0
        self.first_at = self.took = 0.0

    def run_batch(self) -> int:
        if not self.batches and not self.sending.poll(0):
            return 0
        self.first_at = self.first_at or time.monotonic()
        self.batches += 1
        if self.batches == 5:
            self.took = time.monotonic() - self.first_at
            self.stop.set()
        return 1
