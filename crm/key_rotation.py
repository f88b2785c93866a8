"""Bringing every encrypted value under the newest of FIELD_ENCRYPTION_KEYS, while everything else goes on working.

No lock is held for long and none is ever waited for, so that no deadlock can come of it: rows that somebody else holds
are left for a later round, and a value that was changed since it was read is not touched. It may be interrupted and
repeated at any time. Blind indexes are under a key of their own and stay as they are.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BinaryField, F, Func, Model, QuerySet, Value
from psycopg import sql

from crm.encrypted_fields import EncryptedField, encrypted_fields
from crm.encryption import HEADER_BYTES, Undecryptable, decrypt, encrypt, is_newest, keyring
from crm.progress import Progress

BATCH = 100  # of up to 1 MiB each, all in memory
ROUNDS = 40
PAUSE_SECONDS = 0.25
NAMED_ROWS = 10

#: A ciphertext is known by its beginning, which holds a nonce that no other has.
REPLACE = """
    WITH free AS (SELECT id FROM {table} WHERE id = ANY(%(ids)s) FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE {table} AS target SET {column} = new.sealed
    FROM free JOIN unnest(%(ids)s::bigint[], %(were)s::bytea[], %(sealed)s::bytea[]) AS new (id, was, sealed) USING (id)
    WHERE target.id = free.id AND substr(target.{column}, 1, %(header)s) = new.was
"""


@dataclass
class Counts:
    """What one reading of a field's values came to; `unreadable_rows` names the first few."""

    older: int = 0
    rotated: int = 0
    unreadable: int = 0
    unreadable_rows: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Rotation:
    """What became of one field's values. `left` are under an older key still, since others held or wrote them."""

    name: str
    rotated: int
    left: int
    unreadable: int
    unreadable_rows: list[int]


def rotate_keys() -> list[Rotation]:
    """Encrypt every value under the newest key, and see that those under it already do open."""
    fields = list(encrypted_fields())
    total = sum(_stored(model, column).count() for model, column in fields)
    with Progress(total, "Rotating keys") as progress:
        return [_rotate(model, column, progress) for model, column in fields]


def _rotate(model: type[Model], column: EncryptedField, progress: Progress) -> Rotation:
    everything = _stored(model, column)
    first = _read_through(everything, column, progress)
    rotated, left = first.rotated, 0
    header = Func(F(column.attname), Value(1), Value(len(keyring().newest_header)), function="substr")
    header.output_field = BinaryField()
    older = everything.alias(header=header).exclude(header=keyring().newest_header)
    for _ in range(ROUNDS):
        again = _read_through(older, column)
        rotated, left = rotated + again.rotated, again.older - again.rotated
        if not again.older:
            break
        time.sleep(PAUSE_SECONDS if left else 0)
    name = f"{model._meta.label}.{column.name}"
    return Rotation(name, rotated, left, first.unreadable, first.unreadable_rows)


def _stored(model: type[Model], column: EncryptedField) -> QuerySet[Any]:
    return model._base_manager.filter(**{f"{column.attname}__isnull": False})


def _read_through(rows: QuerySet[Any], column: EncryptedField, progress: Progress | None = None) -> Counts:
    """Open every value, and write those under an older key anew."""
    counts = Counts()
    for batch in _batches(rows, column):
        renewed = []
        for pk, uid, ciphertext in batch:
            try:
                plaintext = decrypt(column.label, uid, ciphertext)
            except Undecryptable:
                counts.unreadable += 1
                counts.unreadable_rows += [pk][: NAMED_ROWS - len(counts.unreadable_rows)]
                continue
            if not is_newest(ciphertext):
                renewed.append((pk, ciphertext[:HEADER_BYTES], encrypt(column.label, uid, plaintext)))
        counts.older += len(renewed)
        counts.rotated += _replace(rows.model, column, renewed)
        if progress:
            progress.add(len(batch))
    return counts


def _batches(rows: QuerySet[Any], column: EncryptedField) -> Iterator[list[tuple[int, UUID, bytes]]]:
    after = 0
    while True:
        found = rows.filter(pk__gt=after).order_by("pk").values_list("pk", "uid", column.attname)[:BATCH]
        batch = [(pk, uid, sealed.ciphertext) for pk, uid, sealed in found]
        if not batch:
            return
        yield batch
        after = batch[-1][0]


def _replace(model: type[Model], column: EncryptedField, renewed: list[tuple[int, bytes, bytes]]) -> int:
    """Write values anew where nobody holds or has changed the row; return how many it were."""
    if not renewed:
        return 0
    statement = sql.SQL(REPLACE).format(
        table=sql.Identifier(model._meta.db_table), column=sql.Identifier(column.attname)
    )
    ids, were, sealed = zip(*renewed, strict=True)
    values: dict[str, Any] = {"ids": list(ids), "were": list(were), "sealed": list(sealed), "header": HEADER_BYTES}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
