"""What we fill and replace of django-unfold is there in the version that is pinned; look again when it changes."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import unfold
from django.contrib import admin
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import reverse
from django.utils.functional import empty
from unfold.sites import UnfoldAdminSite

from crm import roles
from crm.tests.staff import logged_in, member

UNFOLD = Path(unfold.__file__).parent / "templates"


def test_it_is_the_version_our_templates_were_made_for() -> None:
    assert version("django-unfold") == "0.91.0"


@pytest.mark.parametrize(
    ("template", "blocks"),
    [
        ("admin/change_list.html", ["extrastyle", "extrahead", "bodyclass", "object-tools-items", "content"]),
        ("unfold/layouts/skeleton.html", ["base", "is_fullwidth", "nav-global", "bodyclass"]),
        ("admin/base.html", ["content", "footer"]),
        ("admin/base_site.html", ["title", "branding", "nav-global"]),
    ],
)
def test_the_blocks_that_we_fill_exist(template: str, blocks: list[str]) -> None:
    source = (UNFOLD / template).read_text()
    assert [name for name in blocks if f"{{% block {name} %}}" not in source] == []


def test_what_we_replace_is_still_used() -> None:
    for replaced, ours in (
        ("unfold/helpers/header_title.html", "mc-crumb"),
        ("unfold/helpers/userlinks.html", "migochat/bell.html"),
        ("unfold/helpers/app_list.html", "ours fold nothing"),
        ("unfold/helpers/language_switch.html", "one form for all languages"),
        ("admin/base_site.html", "phone_bar"),
    ):
        assert (UNFOLD / replaced).exists()
        assert ours in get_template(replaced).template.source  # type: ignore[attr-defined]  # of Django's engine


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["admin:crm_customer_changelist", "admin:crm_customer_add", "admin:my_settings"])
@pytest.mark.parametrize("role", roles.ROLES)
def test_our_sidebar_shows_what_theirs_would(role: str, page: str) -> None:
    request = RequestFactory().get(reverse(page))
    request.user = member(role)

    def shown(groups: list[dict[str, Any]]) -> list[Any]:
        return [
            (str(group["title"]), str(line["title"]), line["icon"], str(line["link"]), line["active"])
            for group in groups
            for line in group["items"]
            if line.get("has_permission", True)
        ]

    ours = shown(admin.site.get_sidebar_list(request))  # type: ignore[attr-defined]  # of Unfold's site
    assert ours == shown(UnfoldAdminSite.get_sidebar_list(admin.site, request))
    assert ours


@pytest.mark.django_db
def test_the_sidebar_is_in_the_language_of_who_looks() -> None:
    client = logged_in(member(roles.SELLER))
    for language, title in (("en", "Messages"), ("ar", "الرسائل"), ("pt-br", "Mensagens"), ("en", "Messages")):
        page = client.get(
            reverse("admin:crm_customer_changelist"), headers={"accept-language": language}
        ).content.decode()
        sidebar = page[page.index('id="nav-sidebar-apps"') : page.index('id="main"')]
        assert f"<span>{title}</span>" in sidebar, language


@pytest.mark.django_db
def test_a_page_does_not_look_up_all_models_for_nobody_to_see() -> None:
    apps = logged_in(member(roles.MANAGER)).get(reverse("admin:crm_customer_changelist")).context["available_apps"]
    assert apps._wrapped is empty
    assert "crm" in {app["app_label"] for app in apps}
