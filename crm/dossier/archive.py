"""Writing a dossier, some rows at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.dossier.parts import Part, shares
from crm.exports.lines import json_line

BYTES_AT_ONCE = 64 * 1024


@dataclass
class Told:
    """What went into a dossier: rows by file and list, names of files, and of those that the storage does not have."""

    customer_ids: list[int]
    rows: dict[Part, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def write_dossier(file: BinaryIO, customer_ids: list[int], count: Callable[[], None]) -> Told:
    """Write all about one person as a ZIP archive, which ends with a README; `count` is called for each row and file."""
    told = Told(customer_ids)
    parts = [part for share in shares() for part in share.parts]
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, of_file in groupby(parts, key=lambda part: part.file):
            _write_lists(archive, name, list(of_file), told, count)
        for name, stored in told.files.items():
            if not _copy(archive, name, stored):
                told.missing.append(name)
            count()
        archive.writestr("README.txt", readme(told))
    return told


def _write_lists(archive: ZipFile, name: str, parts: list[Part], told: Told, count: Callable[[], None]) -> None:
    """Write a JSON object of lists, a row on each line."""
    with archive.open(name, "w", force_zip64=True) as entry:
        for number, part in enumerate(parts):
            entry.write(b",\n" if number else b"{\n")
            entry.write(b'"%s": [' % part.name.encode())
            told.rows[part] = 0
            for row, files in part.described(told.customer_ids):
                entry.write((b",\n" if told.rows[part] else b"\n") + json_line(row).rstrip())
                told.rows[part] += 1
                told.files |= files
                count()
            entry.write(b"\n]")
        entry.write(b"\n}\n")


def _copy(archive: ZipFile, name: str, stored: str) -> bool:
    """Copy a file from our storage; return False where it is not there."""
    try:
        source = default_storage.open(stored)
    except FileNotFoundError:
        return False
    with source, archive.open(name, "w", force_zip64=True) as entry:
        for piece in source.chunks(BYTES_AT_ONCE):
            entry.write(piece)
    return True


def readme(told: Told) -> str:
    """Return what is in a dossier and what is not, for whoever reads it."""
    lines = [
        _("What is stored about customer %(number)d, as of %(time)s.")
        % {"number": told.customer_ids[0], "time": f"{timezone.now():%Y-%m-%d %H:%M} UTC"},
    ]
    if others := told.customer_ids[1:]:
        numbers = ", ".join(map(str, others))
        lines.append(_("Merged into them, and so in here as well: %(numbers)s.") % {"numbers": numbers})
    lines += [
        "",
        _(
            "Each .json file holds lists, with a row on each line. Times are in UTC. Numbers of colleagues, posts, ads and other"
        )
        + " "
        + _("rows are those of our database; of colleagues no more than the number is told."),
        "",
    ]
    for name, of_file in groupby(told.rows, key=lambda part: part.file):
        lines.append(name)
        lines += [f"    {part.name} ({told.rows[part]}): {part.title}" for part in of_file]
    lines += [
        "files/",
        f"    {len(told.files) - len(told.missing)}: {_('files of messages, and pictures of the person')}",
    ]
    if told.missing:
        lines += ["", _("These files are gone from where files are kept:"), *(f"    {name}" for name in told.missing)]
    lines += ["", _("Not in here:")]
    lines += [f"    {why}" for share in shares() for why in dict.fromkeys(share.left_out.values())]
    return "\n".join(map(str, lines)) + "\n"
