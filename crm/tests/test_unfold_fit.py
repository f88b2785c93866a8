"""What we fill and replace of django-unfold is there in the version that is pinned; look again when it changes."""

from importlib.metadata import version
from pathlib import Path

import pytest
import unfold
from django.template.loader import get_template

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
        ("admin/base_site.html", "phone_bar"),
    ):
        assert (UNFOLD / replaced).exists()
        assert ours in get_template(replaced).template.source  # type: ignore[attr-defined]  # of Django's engine
