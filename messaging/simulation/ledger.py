"""What was answered to what: the promises that the check holds the database to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import orjson

from messaging.keys import delivery_digest
from messaging.simulation.facts import Dispatch, Fact
from messaging.simulation.traffic.stage import ids_of

#: A delivery as the database knows it: slug of its channel, digest.
DeliveryKey = tuple[str, bytes]
ACKNOWLEDGED, REFUSED = 200, 403


class Ledger:
    """Keeps every answer; writes each acknowledgement to a file, a JSON line each, before anything else happens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] = path.open("wb", buffering=0)
        self.acknowledged: dict[DeliveryKey, tuple[Fact, ...]] = {}
        self.broken: set[DeliveryKey] = set()
        self.refused: dict[DeliveryKey, tuple[Fact, ...]] = {}
        self.uncertain: dict[DeliveryKey, tuple[Fact, ...]] = {}
        self.answers: Counter[int] = Counter()
        self.unexpected: Counter[str] = Counter()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def record(self, dispatch: Dispatch, status: int) -> None:
        """Keep the last answer to a post; status 0: none came."""
        key = (dispatch.slug, delivery_digest(dispatch.body, ""))
        self.answers[status] += 1
        if dispatch.flaw in ("forged", "unsigned"):
            self.refused[key] = dispatch.facts
            if status not in (REFUSED, 0):
                self.unexpected[f"{dispatch.flaw} answered {status}"] += 1
        elif status == ACKNOWLEDGED:
            self._acknowledge(key, dispatch)
        else:
            if key not in self.acknowledged:
                self.uncertain[key] = dispatch.facts
            self.unexpected[f"answered {status}" if status else "given up without an answer"] += 1

    def _acknowledge(self, key: DeliveryKey, dispatch: Dispatch) -> None:
        slug, digest = key
        line = {"channel": slug, "digest": digest.hex(), "ids": ids_of(dispatch)}
        self._file.write(orjson.dumps(line) + b"\n")
        self.acknowledged[key] = dispatch.facts
        self.uncertain.pop(key, None)
        if dispatch.flaw == "broken":
            self.broken.add(key)

    def facts(self) -> Iterator[Fact]:
        """Yield what was acknowledged."""
        for facts in self.acknowledged.values():
            yield from facts

    def uncertain_facts(self) -> Iterator[Fact]:
        """Yield what may or may not have got through."""
        for facts in self.uncertain.values():
            yield from facts

    def forged_facts(self) -> Iterator[Fact]:
        """Yield what must have left nothing."""
        for facts in self.refused.values():
            yield from facts
