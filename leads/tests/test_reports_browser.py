"""Figures in a real browser: the chart is drawn with its numbers, can be read as a table, and nothing leaves the site."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from campaigns.models import AdCampaign, PerformanceMetric
from crm.models import User
from crm.tests.factories import make_channel, make_customer, make_identity
from leads.tests.factories import make_lead
from messaging.tests.admin_world import HOSTILE
from messaging.tests.browser import DESK, PHONE, Browser, member
from messaging.tests.factories import make_conversation, make_message

pytestmark = pytest.mark.django_db(transaction=True)
SOURCES, LOSSES, SELLERS = (f"/admin/leads/figures/{name}/" for name in ("sources", "losses", "sellers"))
#: Looks at every pixel of a canvas for one that has been painted.
PAINTED = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
BARS = """canvas => {
    const chart = Chart.getChart(canvas);
    return chart.data.datasets.map((_, place) => chart.getDatasetMeta(place).data.map(bar => [bar.base, bar.x]));
}"""
COLOUR = "canvas => Chart.getChart(canvas).data.datasets[0].backgroundColor"


@pytest.fixture
def open_page(open_browser: Any) -> Any:
    """Return what opens a page as a colleague of a role."""

    def open_one(
        path: str, window: Any = DESK, language: str = "en-US", dark: bool = False, role: str = "manager"
    ) -> Browser:
        browser: Browser = open_browser(window, language, dark, patience=15_000)
        browser.log_in(member(role))
        browser.open(path)
        return browser

    return open_one


def make_shop() -> AdCampaign:
    """Make ads with names that try to break out of the page, and leads of each outcome that came by them."""
    channel, now = make_channel(), timezone.now()
    ads = [
        AdCampaign.objects.create(channel=channel, ad_id=str(number), title=name, campaign_name=name, first_seen_at=now)
        for number, name in enumerate(("Blue dress", *HOSTILE))
    ]
    seller = User.objects.create(email="seller@shop.example")
    talk = make_conversation(make_identity(channel), assignee=seller, started_at=now - timedelta(hours=1))
    for number, ad in enumerate(ads):
        make_message(talk, at=now - timedelta(hours=1), ad=ad, source="ad")
        for place in range(6 - number):
            outcome = ("won", "lost", "")[place % 3]
            make_lead(
                make_customer(name=ad.title[:200]),
                in_stage={"won": "converted", "lost": "lost"}.get(outcome, "hot"),
                owner=seller, first_ad=ad, first_source="ad", last_ad=ad, last_source="ad", opened_at=now - timedelta(hours=1),
                outcome=outcome, closed_at=now if outcome else None, lost_reason="price" if outcome == "lost" else "",
                value=1234567 if outcome == "won" else None, currency="EGP" if outcome == "won" else "",
            )  # fmt: skip
        PerformanceMetric.objects.create(ad=ad, day=timezone.localdate(), spend=100, currency="EGP")
    return ads[0]


@pytest.mark.parametrize(
    ("window", "language", "dark"),
    [(DESK, "en-US", False), (PHONE, "en-US", True), (DESK, "ar", True), (PHONE, "ar", False)],
    ids=["wide", "phone", "right to left", "phone right to left"],
)
def test_the_pages_are_drawn_and_nothing_breaks_or_leaves_the_site(
    open_page: Any, window: dict[str, int], language: str, dark: bool
) -> None:
    ad = make_shop()
    browser = open_page(SOURCES, window, language, dark)
    page = browser.page
    for path in (SOURCES, LOSSES, f"{SOURCES}?by=campaign&touch=last"):
        browser.open(path)
        canvas = page.locator("figure canvas")
        assert canvas.evaluate(PAINTED), path
        assert browser.overflow() == 0, path
        assert page.locator("#figures").evaluate("box => box.scrollWidth - box.clientWidth") == 0, path
        for bars in canvas.evaluate(BARS):
            # from where the page begins its lines
            assert all((end < base) if language == "ar" else (end > base) for base, end in bars if end != base)
    browser.open(SELLERS)
    expect(page.locator("#figures[aria-busy]")).to_have_count(0)
    expect(page.locator("td[data-title='Not answered']").first).to_have_text("1")
    assert browser.overflow() == 0
    browser.open(f"{SOURCES}ad/{ad.pk}/")
    assert page.locator(".lr-chain li").count() == 7
    assert browser.overflow() == 0
    assert browser.troubles == []


def test_the_chart_has_its_numbers_and_can_be_read_as_a_table(open_page: Any) -> None:
    make_shop()
    browser = open_page(SOURCES)
    page = browser.page
    figure = page.locator("figure")
    expect(figure.locator("h2")).to_contain_text("What brought most leads, and how many were won")
    assert figure.locator("canvas").get_attribute("aria-label")
    light = figure.locator("canvas").evaluate(COLOUR)
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.classList.add('dark')")
    page.wait_for_function(f"light => ({COLOUR})(document.querySelector('figure canvas')) !== light", arg=light)
    figure.get_by_role("button", name="Table").click()
    expect(figure.locator("canvas")).to_be_hidden()
    rows = figure.locator("tbody tr")
    expect(rows.first).to_have_text("Blue dress62")
    page.reload()
    expect(figure.locator("tbody")).to_be_visible()  # as it was chosen
    figure.get_by_role("button", name="Chart").press("Enter")
    expect(figure.locator("canvas")).to_be_visible()
    assert figure.locator("canvas").evaluate(PAINTED)
    assert browser.troubles == []


def test_choices_go_on_change_and_a_figure_leads_to_its_rows(open_page: Any) -> None:
    make_shop()
    browser = open_page(SOURCES)
    page = browser.page
    page.get_by_role("link", name="Last touch").click()
    page.locator("select[name=period]").select_option("7")
    page.wait_for_url("**period=7**")
    assert "touch=last" in page.url
    page.locator("select[name=period]").select_option("days")
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    page.locator("input[name=from]").fill(yesterday)
    page.locator("input[name=to]").fill(timezone.localdate().isoformat())
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**from={yesterday}**")
    row = page.locator("#figures tbody tr", has_text="Blue dress").first
    row.locator("td[data-title=Leads] a").click()
    page.wait_for_url("**/leads/lead/**")
    assert page.locator("#result_list tbody tr").count() == 6
    expect(page.locator("select.mc-set", has_text="Last came by: ")).to_contain_text("Blue dress")
    assert browser.troubles == []


def test_a_customers_figures_come_after_the_page(open_page: Any) -> None:
    customer = make_customer(name="Mona Adel")
    make_message(make_conversation(make_identity(make_channel(), customer=customer)))
    browser = open_page(f"/admin/crm/customer/{customer.pk}/change/")
    panel = browser.page.locator("section", has=browser.page.get_by_text("In figures"))
    expect(panel).not_to_contain_text("…")
    expect(panel.locator("dl > div", has_text="Messages of theirs")).to_contain_text("1")
    assert browser.troubles == []
