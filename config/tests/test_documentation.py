"""What the documentation tells people to type can be typed, and where it points to, there is something."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.management import CommandError, get_commands, load_command_class
from django.core.management.base import BaseCommand

ROOT = Path(settings.BASE_DIR)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = set(re.findall(r"^([^\s:=#]+):(?!=)", (ROOT / "Makefile").read_text(), re.M)) - {".PHONY", ".DELETE_ON_ERROR"}
BLOCK = re.compile(r"(?<=\n\n)(?: {4,}[^\n]*\n)+|^```.*?^```", re.M | re.S)
ENDS = {"&&", "||", "|", ";", ">", "<"}


class Typed(NamedTuple):
    """A command line. One in the middle of a sentence may leave out what every use of it needs."""

    words: tuple[str, ...]
    in_sentence: bool


def lines_of(text: str) -> Iterator[tuple[str, bool]]:
    """Return the lines of code blocks, and what stands as code in sentences."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield line, False
    for code in re.findall(r"`([^`]+)`", BLOCK.sub("\n", text)):
        yield " ".join(code.split()), True


def commands_of(text: str) -> Iterator[Typed]:
    """Return what is typed of manage.py and make, without what leads to them."""
    for line, in_sentence in lines_of(text):
        if "manage.py" not in line and not re.search(r"\bmake ", line):
            continue
        words: list[str] = []
        for word in [*shlex.split(line, comments=True), ";"]:
            if word in ENDS:
                if words and (words[0] == "make" or "manage.py" in words):
                    begin = words.index("manage.py") if "manage.py" in words else 0
                    yield Typed(tuple(words[begin:]), in_sentence)
                words = []
            elif word != "…":
                words.append(word)


def trouble(typed: Typed) -> str:
    """Return what is wrong with a command; empty: nothing."""
    program, *words = typed.words
    if program == "make":
        unknown = [word for word in words if "=" not in word and word not in TARGETS]
        return f"no target {unknown}" if unknown else ""
    if not words:
        return ""
    name, *options = words
    if name not in get_commands():
        return f"no command {name}"
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    try:
        command.create_parser("manage.py", name).parse_args(options)
    except CommandError as error:
        leaves_out = "arguments are required" in str(error)
        return "" if leaves_out and typed.in_sentence else str(error)
    return ""


def anchors(page: Path) -> set[str]:
    """Return what can stand behind the # of a link to a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page that lead to no file of ours, or to no heading in it."""
    broken = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        name, _sign, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    text = "[a](docs/api.md) [b](docs/nothing.md) [c](#run-it) [d](docs/operations.md#nothing) [e](https://example.com)"
    assert broken_links(ROOT / "README.md", text) == ["docs/nothing.md", "docs/operations.md#nothing"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_can_be_typed(page: Path) -> None:
    wrong = {" ".join(typed.words): why for typed in commands_of(page.read_text()) if (why := trouble(typed))}
    assert wrong == {}


def test_commands_are_found_wherever_they_stand() -> None:
    text = (
        "Try `manage.py health\n--json`, then `make run PORT=1`.\n\n"
        "    cd x && .venv/bin/python manage.py drain \\\n      --once | cat  # the rest\n\n```\nmake test\n```\n"
    )
    assert set(commands_of(text)) == {
        Typed(("manage.py", "health", "--json"), True),
        Typed(("make", "run", "PORT=1"), True),
        Typed(("manage.py", "drain", "--once"), False),
        Typed(("make", "test"), False),
    }
    assert sum(len(list(commands_of(page.read_text()))) for page in PAGES) > 80


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("manage.py halth", "no command halth"),
        ("manage.py health --jsn", "unrecognized arguments: --jsn"),
        ("manage.py drain nothing", "invalid choice: 'nothing'"),
        ("manage.py channel remove shop", "invalid choice: 'remove'"),
        ("manage.py channel add telegram", "arguments are required: --slug"),
        ("make rnu", "no target ['rnu']"),
    ],
)
def test_what_cannot_be_typed_is_noticed(line: str, why: str) -> None:
    [typed] = commands_of(f"Type:\n\n    {line}\n")
    assert why in trouble(typed)
