"""What ads cost: read from files, kept once a day, shown beside the ad."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from campaigns.models import AdCampaign, PerformanceMetric, Post
from campaigns.spend.importing import Outcome, import_spend
from campaigns.spend.reading import Unreadable
from crm.models import Channel, User
from crm.tests.factories import make_channel

pytestmark = pytest.mark.django_db
SEEN = "2026-05-04T12:00Z"
HEAD = "Ad ID,Day,Spend,Currency,Impressions,Clicks\n"
LIST, UPLOAD = "admin:campaigns_performancemetric_changelist", "admin:campaigns_performancemetric_upload"


def make_ad(ad_id: str = "120", channel: Channel | None = None, **fields: Any) -> AdCampaign:
    return AdCampaign.objects.create(channel=channel or make_channel(), ad_id=ad_id, first_seen_at=SEEN, **fields)


def client_of(role: str) -> Client:
    user = User.objects.create(email=f"{role}@shop.example")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def read(text: str, **more: Any) -> Outcome:
    return import_spend(content=text.encode(), **more)


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.created, outcome.updated, outcome.unchanged, len(outcome.refused)


def days() -> list[tuple[str, str, Decimal, str, int, int]]:
    rows = PerformanceMetric.objects.order_by("ad__ad_id", "day")
    return [(str(m.ad and m.ad.ad_id), m.day.isoformat(), m.spend, m.currency, m.impressions, m.clicks) for m in rows]


def test_a_day_is_added_once_and_a_later_file_changes_it() -> None:
    make_ad()
    first = HEAD + "120,2026-05-01,12.50,EGP,1000,7\n120,2026-05-02,0,EGP,,\n"
    assert counts(read(first)) == (2, 0, 0, 0)
    assert counts(read(first)) == (0, 0, 2, 0)
    assert counts(read(HEAD + "120,2026-05-01,13,EGP,1000,7\n120,2026-05-02,0,EGP,,\n120,2026-05-03,1,EGP,,")) == (
        1,
        1,
        1,
        0,
    )
    assert days() == [
        ("120", "2026-05-01", Decimal(13), "EGP", 1000, 7),
        ("120", "2026-05-02", Decimal(0), "EGP", 0, 0),
        ("120", "2026-05-03", Decimal(1), "EGP", 0, 0),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",2026-05-01,1,EGP,,", "No ad id"),
        ("999,2026-05-01,1,EGP,,", "No ad with the id 999"),
        ("120,01/05/2026,1,EGP,,", "is no day"),
        ("120,2026-02-31,1,EGP,,", "is no day"),
        ("120,,1,EGP,,", "is no day"),
        ("120,2026-05-01,-1,EGP,,", "is no amount"),
        ("120,2026-05-01,free,EGP,,", "is no amount"),
        ("120,2026-05-01,1e9,EGP,,", "is no amount"),
        ("120,2026-05-01,1000000000000,EGP,,", "too much"),
        ("120,2026-05-01,1,pounds,,", "three letters"),
        ("120,2026-05-01,1,,,", "three letters"),
        ("120,2026-05-01,1,EGP,1.5,", "no whole number"),
        ("120,2026-05-01,1,EGP,,-3", "no whole number"),
        ("120,2026-05-01,1,EGP,,99999999999999999999", "no whole number"),
        ("120,2026-05-01,1,EGP," + "9" * 5000 + ",", "no whole number"),
        ("120,2026-05-01," + "9" * 5000 + ",EGP,,", "too much"),
        ("1.2E+17,2026-05-01,1,EGP,,", "rounded"),
        ("120", "three letters"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_kept(line: str, why: str) -> None:
    make_ad()
    outcome = read(HEAD + "120,2026-05-07,1,EGP,,\n" + line + "\n\n120,2026-05-08,2,EGP,,\n")
    assert counts(outcome) == (2, 0, 0, 1)
    number, said = outcome.refused[0]
    assert number == 3
    assert why in said


def test_the_same_ad_and_day_twice_in_a_file_counts_once() -> None:
    make_ad()
    outcome = read(HEAD + "120,2026-05-01,1,EGP,,\n120,2026-05-01,2,EGP,,\n")
    assert counts(outcome) == (1, 0, 0, 1)
    assert outcome.refused == [(3, "The same ad and day as line 2.")]
    assert days()[0][2] == 1


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("1234.5", "1234.50"), ('"1,234.50"', "1234.50"), ('"1,234"', "1234"), ('"12,5"', "12.50"),
        ('"1.234,50"', "1234.50"), ("1 234.50", "1234.50"), ("1\u00a0234", "1234"), ("٣٫٥", "3.50"), ("٣", "3"),
        ("1.234.567", "1234567"), ("5²", None), ("", "0"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(shown: str, kept: str | None) -> None:
    make_ad()
    outcome = read(HEAD + f"120,2026-05-01,{shown},EGP,,\n")
    assert [day[2] for day in days()] == ([] if kept is None else [Decimal(kept)])
    assert len(outcome.refused) == (kept is None)


def test_a_spreadsheets_own_ways_are_understood() -> None:
    make_ad()
    semicolons = "\ufeffAd ID;Reporting starts;Amount spent (BRL);Link clicks\r\n"
    semicolons += "120;2026-05-01;12,50;1.234\r\n120;2026-05-02;1.234;\r\n120;2026-05-02;1,234;\r\n"
    outcome = read(semicolons)
    assert [why for _line, why in outcome.refused] == [
        "“1.234” can be read in two ways; write no sign between thousands.",
        "“1,234” can be read in two ways; write no sign between thousands.",
    ]
    assert days() == [("120", "2026-05-01", Decimal("12.50"), "BRL", 0, 1234)]
    tabs = "ad_id\tday\tspend\n120\t2026-05-03\t4\n"
    assert counts(import_spend(content=tabs.encode("utf-16"), currency="EGP")) == (1, 0, 0, 0)
    quoted = 'campaign,"ad id",day,spend\n"two\nlines",120,2026-05-04,4\n,120,x,4\n'
    assert [line for line, _why in read(quoted, currency="EGP").refused] == [4]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"a,b\n1,2\n",
        b"ad id,day\n1,2026-05-01\n",
        "إعلان".encode("cp1256"),
    ],
)
def test_what_is_no_file_of_spend_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(Unreadable):
        import_spend(content=content)
    assert not PerformanceMetric.objects.exists()


def test_an_ad_that_brought_nobody_is_added_to_the_channel_that_is_named() -> None:
    channel = make_channel()
    text = "ad id,day,spend,ad name,campaign name,ad set id\n555,2026-05-01,9,Blue dress,Summer,77\n"
    outcome = read(text, currency="EGP", channel=channel)
    assert (counts(outcome), outcome.new_ads) == ((1, 0, 0, 0), 1)
    ad = AdCampaign.objects.get()
    assert (ad.channel, ad.ad_id, ad.title, ad.campaign_name, ad.ad_set_id) == (
        channel,
        "555",
        "Blue dress",
        "Summer",
        "77",
    )


def test_names_are_filled_in_and_never_changed() -> None:
    ad = make_ad(title="My own words")
    read("ad id,day,spend,ad name,campaign name\n120,2026-05-01,9,Theirs,Summer\n", currency="EGP")
    ad.refresh_from_db()
    assert (ad.title, ad.campaign_name) == ("My own words", "Summer")


def test_an_ad_on_two_channels_costs_once() -> None:
    first = make_ad(channel=make_channel())
    make_ad(channel=make_channel())
    outcome = read(HEAD + "120,2026-05-01,1,EGP,,\n")
    assert "several channels" in outcome.refused[0][1]
    assert counts(read(HEAD + "120,2026-05-01,1,EGP,,\n", channel=first.channel)) == (1, 0, 0, 0)
    assert PerformanceMetric.objects.get().ad == first


def run(*args: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_spend", *args, stdout=out, stderr=err)
    except SystemExit as left:
        return int(str(left.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_the_command_counts_names_bad_lines_and_fails_if_there_are_any(tmp_path: Path) -> None:
    make_ad()
    file = tmp_path / "spend.csv"
    file.write_text(HEAD + "120,2026-05-01,1,,,\n", encoding="utf-8")
    code, out, _err = run(str(file), "--currency", "egp")
    assert code == 0
    assert out.startswith("1 days added, 0 changed, 0 as they were, 0 lines refused")
    file.write_text(HEAD + "120,2026-05-02,1,EGP,,\nx,2026-05-02,1,EGP,,\n", encoding="utf-8")
    code, out, err = run(str(file))
    assert (code, err.strip()) == (1, "line 3: No ad with the id x is known. Choose a channel to add it to.")
    assert "1 days added" in out
    code, out, _err = run(str(file), "--json")
    assert (code, orjson.loads(out)["unchanged"], orjson.loads(out)["refused"][0]["line"]) == (1, 1, 3)
    for args in ((str(tmp_path / "none.csv"),), (str(file), "--channel", "none")):
        with pytest.raises(CommandError):
            run(*args)


def upload(client: Client, text: str, **more: str) -> Any:
    file = SimpleUploadedFile("spend.csv", text.encode(), "text/csv")
    return client.post(reverse(UPLOAD), {"file": file, **more}, follow=True)


def test_a_file_is_uploaded_on_the_page() -> None:
    make_ad()
    client = client_of("manager")
    page = upload(client, HEAD + "120,2026-05-01,1,EGP,,\n")
    assert page.redirect_chain == [(reverse(LIST), 302)]
    assert "1 days added" in page.content.decode()
    page = upload(client, HEAD + "<script>,2026-05-01,1,EGP,,\n120,2026-05-02,1,EGP,,\n").content.decode()
    assert "Line 2" in page
    assert "&lt;script&gt;" in page
    assert "<script>,2026" not in page
    assert PerformanceMetric.objects.count() == 2
    assert "must name the columns" in upload(client, "a,b\n").content.decode()
    assert "Three letters" in upload(client, HEAD, currency="12").content.decode()


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("viewer", 403), ("seller", 403)])
def test_who_may_upload(role: str, status: int) -> None:
    assert client_of(role).get(reverse(UPLOAD)).status_code == status
    assert client_of_again(role).post(reverse(UPLOAD), {}).status_code == status


def client_of_again(role: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{role}@shop.example"))
    return client


def filled(**fields: Any) -> dict[str, Any]:
    return {
        "ad": "",
        "post": "",
        "day": "2026-05-01",
        "spend": "5",
        "currency": "egp",
        "impressions": "0",
        "clicks": "0",
        **fields,
    }


def test_a_day_is_added_by_hand_for_either_an_ad_or_a_post() -> None:
    ad = make_ad()
    post = Post.objects.create(channel=ad.channel, external_id="1", first_seen_at=SEEN)
    client, add = client_of("manager"), reverse("admin:campaigns_performancemetric_add")
    for wrong, why in (
        (filled(), "Choose either an ad or a post."),
        (filled(ad=ad.pk, post=post.pk), "Choose either an ad or a post."),
        (filled(ad=ad.pk, spend="-1"), "Spend cannot be less than nothing."),
        (filled(ad=ad.pk, currency=""), "Say in which currency."),
    ):
        response = client.post(add, wrong)
        assert why in str(response.context["adminform"].form.errors), why
    assert client.post(add, filled(post=post.pk)).status_code == 302
    assert client.post(add, filled(ad=ad.pk)).status_code == 302
    assert "is in the list already" in str(client.post(add, filled(ad=ad.pk)).context["adminform"].form.errors)
    assert [(m.day, m.spend, m.currency) for m in PerformanceMetric.objects.all()] == [
        (date(2026, 5, 1), Decimal(5), "EGP")
    ] * 2


def test_the_ads_page_says_what_it_cost_so_far_in_each_currency() -> None:
    ad = make_ad()
    for day, spend, currency in ((1, "1000.50", "EGP"), (2, "2", "EGP"), (3, "7", "USD")):
        PerformanceMetric.objects.create(
            ad=ad, day=date(2026, 5, day), spend=spend, currency=currency, impressions=600, clicks=3
        )
    url = reverse("admin:campaigns_adcampaign_change", args=[ad.pk])
    page = client_of("manager").get(url).content.decode()
    assert "1,002.50 <small>EGP</small>" in page
    assert "7 <small>USD</small>" in page
    assert "shown 1,800 times, 9 clicks" in page
    assert f"{reverse(LIST)}?by=ad:{ad.pk}" in page
    assert "Spend so far" not in client_of("seller").get(url).content.decode()


def test_the_list_is_narrowed_down_by_what_reports_link_with() -> None:
    first, second = make_ad("1", campaign_name="Spring"), make_ad("2")
    for ad, day in ((first, 1), (first, 2), (second, 1)):
        PerformanceMetric.objects.create(ad=ad, day=date(2026, 5, day), spend=1, currency="EGP")
    client = client_of("manager")
    for query, count in (
        (f"by=ad:{first.pk}", 2),
        ("by=campaign:Spring", 2),
        ("by=campaign:", 1),
        ("days=2026-05-01..2026-05-01", 2),
        (f"channel={second.channel_id}", 1),
        ("by=nonsense&days=2026-05-09", 3),
    ):
        assert client.get(f"{reverse(LIST)}?{query}").context["cl"].result_count == count, query
