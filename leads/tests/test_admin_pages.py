"""Every page, filter and action of every model, as each role: it opens or answers 403, and never fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from crm.models import User
from leads.tests.whole_world import make_whole_world
from messaging.tests.admin_world import EVERYONE, HOSTILE, SCRIPT, SEARCHES, client_of, colleague

pytestmark = pytest.mark.takes(80)

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LABELS = [model._meta.label for model in MODELS]
REFUSED = 403
#: Who sees all rows, and who sees their own: a filter knows no other difference.
FILTERING = ("manager", "seller", "superuser")


@pytest.fixture(params=EVERYONE)
def role(request: Any) -> str:
    name: str = request.param
    return name


@pytest.fixture
def frame_for_one(request: Any, role: str) -> None:
    """Leave out the frame of the pages, but for one role."""
    if role != "superuser":
        request.getfixturevalue("bare_frame")


def url_of(model: Any, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def allowed(user: User, model: Any, *verbs: str) -> bool:
    names = [f"{model._meta.app_label}.{verb}_{model._meta.model_name}" for verb in verbs]
    return any(user.has_perm(name) for name in names)


def get(client: Client, url: str) -> Any:
    response = client.get(url, follow=True)
    assert response.status_code in (200, REFUSED), (url, response.status_code)
    if response.status_code == 200:
        assert SCRIPT not in response.content.decode(), url
    return response


@pytest.mark.django_db
def test_there_is_a_sample_row_of_every_model() -> None:
    assert set(LABELS) - set(make_whole_world()) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("frame_for_one")
def test_every_page_opens_or_is_refused(role: str) -> None:
    world, user = make_whole_world(), colleague(role)
    client = client_of(user)
    for model in MODELS:
        may_see = allowed(user, model, "view", "change")
        row = world[model._meta.label]
        assert (get(client, url_of(model, "changelist")).status_code == 200) is may_see, (role, model)
        assert (get(client, url_of(model, "change", row.pk)).status_code == 200) is may_see, (role, model)
        assert (get(client, url_of(model, "history", row.pk)).status_code == 200) is may_see, (role, model)
        may_add = admin.site._registry[model].has_add_permission(_request(user))
        assert (get(client, url_of(model, "add")).status_code == 200) is may_add, (role, model)
        assert not may_add or allowed(user, model, "add")
        deleting = get(client, url_of(model, "delete", row.pk)).status_code
        assert deleting == REFUSED or allowed(user, model, "delete"), (role, model)


def _request(user: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.mark.django_db
@pytest.mark.usefixtures("bare_frame")
@pytest.mark.parametrize("role", FILTERING)
def test_every_filter_and_search_opens_or_is_refused(role: str) -> None:
    make_whole_world()
    user = colleague(role)
    client = client_of(user)
    for model in MODELS:
        listing = url_of(model, "changelist")
        response = get(client, listing)
        if response.status_code == REFUSED:
            assert get(client, f"{listing}?q=x&p=2").status_code == REFUSED
            continue
        changelist = response.context.get("cl")
        queries = [choice for spec in _specs(changelist) for choice in spec]
        for query in queries:
            get(client, listing + query)
        for words in HOSTILE:
            assert client.get(listing, {"q": words}, follow=True).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("bare_frame")
def test_nonsense_in_the_address_of_a_list_does_no_harm() -> None:
    make_whole_world()
    client = client_of(colleague("superuser"))
    for model in MODELS:
        listing, model_admin = url_of(model, "changelist"), admin.site._registry[model]
        linked = getattr(model_admin, "linked_lookups", ())
        queries = [f"?{name}={value}" for name in linked for value in ("1", "x", "9" * 30, "%00")]
        queries += [f"?{spec.parameter_name}=%00nonsense" for spec in model_admin.list_filter]  # type: ignore[union-attr]  # all ours are classes
        queries += ["?p=2", "?p=x", "?p=-1", "?p=999999999", "?all=", "?o=1.2.-3", "?o=x", "?_popup=1", "?_facets=True"]
        for query in queries:
            get(client, listing + query)
        for words in (*SEARCHES, "a\x00b"):
            assert client.get(listing, {"q": words}, follow=True).status_code == 200


def _specs(changelist: Any) -> Iterator[list[str]]:
    for spec in changelist.filter_specs if changelist else ():
        yield [choice["query_string"] for choice in spec.choices(changelist)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lookup", ["phone=x", "phone_key=x", "password__startswith=pbkdf2", "body=x", "credentials=x", "uid=x"]
)
def test_a_list_is_not_filtered_by_what_it_does_not_offer(lookup: str) -> None:
    client = client_of(colleague("superuser"))
    for model in MODELS:
        if model._meta.label != "crm.Setting":  # its list is a page of its own that reads no filters
            assert client.get(f"{url_of(model, 'changelist')}?{lookup}").status_code == 400, (model, lookup)


@pytest.mark.django_db
@pytest.mark.usefixtures("bare_frame")
def test_every_action_works_or_is_refused(role: str) -> None:
    world, user = make_whole_world(), colleague(role)
    client, request = client_of(user), _request(user)
    for model in MODELS:
        row, model_admin = world[model._meta.label], admin.site._registry[model]
        if model_admin.has_view_or_change_permission(request) and model._meta.label != "crm.Setting":
            for name in {*model_admin.get_actions(request), "delete_selected", "replay_selected", "nonsense"}:
                body = {"action": name, "_selected_action": [row.pk], "index": 0}
                assert client.post(url_of(model, "changelist"), body).status_code in (200, 302, REFUSED), (model, name)
        for name in getattr(model_admin, "page_actions", ()):
            url = url_of(model, name, row.pk)
            assert client.get(url).status_code == 405
            answer = client.post(url, {"text": SCRIPT, "up_to": "nonsense", "next": "https://elsewhere.example/"})
            assert answer.status_code == (302 if model_admin.may_act(request, row, name) else REFUSED), (role, name)  # type: ignore[attr-defined]  # ours
            assert "elsewhere" not in answer.headers.get("Location", "")
            if answer.status_code == 302:
                assert client.post(url_of(model, name, 10**12), {"text": "x"}).status_code == 404


@pytest.mark.django_db
def test_a_strange_id_leads_back_instead_of_failing() -> None:
    client = client_of(colleague("superuser"))
    for model in MODELS:
        for strange in ("0", "x", "9" * 30, "_00", "²", "-1"):
            for page in ("change", "history", "delete"):
                assert client.get(url_of(model, page, strange)).status_code in (302, 403, 404), (model, strange, page)


@pytest.mark.django_db
def test_nobody_logged_out_sees_anything() -> None:
    for model in MODELS:
        response = Client().get(url_of(model, "changelist"))
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))
