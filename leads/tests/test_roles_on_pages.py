"""Role x page x verb: what every address of the admin answers to whom, as the table beside this file says.

A new page has no line there and fails this test, until somebody decided who may open it and who may post to it.
"""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from crm.models import ImportFile, Notification, User
from leads.tests.whole_world import make_whole_world, outsider
from messaging.tests.admin_world import client_of, colleague

pytestmark = pytest.mark.takes(70)

TABLE = Path(__file__).with_name("roles_on_pages.txt")
WHO = ("administrator", "manager", "seller", "viewer", "outsider")
VERBS = ("get", "post")
#: What stands for the parts of an address that are no row's number.
PARTS = {"action": "stage", "key": "channels.silent_after_hours", "app_label": "crm", "slug": "intake"}
#: Whose row an address means that is not named after its model; and what else stands in it.
MEANT: dict[str, tuple[str, dict[str, str]]] = {
    "import": ("", {"kind": "leads"}),
    "import_file": ("crm.ImportFile", {}),
    "import_columns": ("crm.ImportFile", {}),
    "import_run": ("crm.ImportFile", {}),
    "merge_with": ("crm.Customer", {}),
    "erase_customer": ("crm.Customer", {}),
    "customer_picture": ("crm.Customer", {}),
    "attachment_file": ("messaging.Attachment", {}),
    "attachment_thumbnail": ("messaging.Attachment", {}),
    "attachment_again": ("messaging.Attachment", {}),
    "merge_undo": ("crm.CustomerMerge", {}),
    "bell_notice": ("crm.Notification", {}),
    "auth_user_password_change": ("crm.User", {}),
    "canned_reply_file": ("messaging.CannedReply", {}),
    "leads_customer_figures": ("crm.Customer", {}),
    "leads_answer_next_pane": ("messaging.Conversation", {}),
    "leads_answer_next_assign": ("messaging.Conversation", {}),
    **{
        f"inbox_{name}": ("messaging.Conversation", {})
        for name in ("talk", "fresh", "head", "send", "note", "read", "tags")
    },
    "inbox_do": ("messaging.Conversation", {"action": "close"}),
    "inbox_react": ("messaging.Message", {}),
    "inbox_decide": ("messaging.Message", {"action": "keep"}),
    "leads_attribution_chain": ("campaigns.AdCampaign", {"kind": "ad"}),
    "crm_customer_bulk": ("", {"action": "label"}),
    "messaging_conversation_bulk": ("", {"action": "close"}),
}
Answers = dict[tuple[str, str], tuple[str, ...]]


def addresses() -> dict[str, URLPattern]:
    """Return every named address of the admin."""

    def flat(patterns: Any) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from flat(pattern.url_patterns)
            else:
                yield pattern

    return {pattern.name: pattern for pattern in flat(admin.site.get_urls()) if pattern.name}


def read_table() -> Answers:
    """Return from (address, verb) what it answers to each of `WHO`."""
    lines = (line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#"))
    return {(name, verb): tuple(answers) for name, verb, *answers in lines}


def url_of(pattern: URLPattern, rows: dict[str, Any]) -> str:
    """Return an address with the sample row of its model, or of what else its parts stand for, filled in."""
    name = str(pattern.name)
    model, words = MEANT.get(name, (_model_of(name), {}))
    given = {
        part: words.get(part) or PARTS.get(part) or rows[model].pk
        for part in (*pattern.pattern.converters, *pattern.pattern.regex.groupindex)
    }
    return reverse(f"admin:{name}", kwargs=given)


def _model_of(name: str) -> str:
    labels = {f"{model._meta.app_label}_{model._meta.model_name}_": model._meta.label for model in admin.site._registry}
    return next((label for start, label in labels.items() if name.startswith(start)), "")


def sample_rows(user: User) -> dict[str, Any]:
    """Return a row of each model by its label; files to import and notices are the user's own."""
    file = ImportFile.objects.create(by=user, kind="leads", name="leads.csv", content=b"name\nMona\n", columns=["name"])
    notice = Notification.objects.create(user=user, kind="new_lead", key="sample", url="/admin/")
    return {**make_whole_world(), "crm.ImportFile": file, "crm.Notification": notice}


def person(who: str) -> User:
    return outsider() if who == "outsider" else colleague(who)


def answers_of(who: str) -> dict[tuple[str, str], str]:
    """Ask every address as one colleague, each time undoing what that changed."""
    with transaction.atomic():
        user, found, pages = person(who), {}, addresses()
        rows, cookies = sample_rows(user), client_of(user).cookies
        for name, verb in read_table():
            if pattern := pages.get(name):
                url = url_of(pattern, rows)
                with transaction.atomic():
                    client = Client(raise_request_exception=False)
                    client.cookies = SimpleCookie(cookies)
                    found[name, verb] = str(getattr(client, verb)(url).status_code)
                    transaction.set_rollback(True)
        transaction.set_rollback(True)
    return found


def test_every_page_has_a_line_and_every_line_a_page() -> None:
    table = read_table()
    known = {(name, verb) for name in addresses() for verb in VERBS}
    assert {"without a line": known - set(table), "without a page": set(table) - known} == {
        "without a line": set(),
        "without a page": set(),
    }
    assert {len(answers) for answers in table.values()} == {len(WHO)}


@pytest.mark.django_db
@pytest.mark.usefixtures("bare_frame")
@pytest.mark.parametrize("who", WHO)
def test_what_each_page_answers(who: str) -> None:
    table, place = read_table(), WHO.index(who)
    found = answers_of(who)
    wrong = {key: (said, table[key][place]) for key, said in found.items() if said != table[key][place]}
    assert wrong == {}, f"as {who}: (answered, expected)"


def test_no_page_fails_and_who_only_looks_changes_nothing() -> None:
    """The table itself: no 5xx, and no change of a row by a viewer."""
    table = read_table()
    assert not [key for key, answers in table.items() if any(answer.startswith("5") for answer in answers)]
    changes = ("_add", "_change", "_delete", "_bulk")
    posted = {name: answers for (name, verb), answers in table.items() if verb == "post" and name.endswith(changes)}
    open_to_viewers = {name for name, answers in posted.items() if answers[WHO.index("viewer")] not in ("403", "405")}
    # One leads on to the page of its setting, which asks again; one is about oneself.
    assert open_to_viewers == {"crm_setting_change", "password_change"}
