"""How the stand-in behaves, and how it misbehaves when it is told to."""

from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from messaging.simulation.stand_in.exchange import Answer

#: What can go wrong before the platform takes a message, and what afterwards.
BEFORE = ("throttle", "fail", "stall", "hang_up")
AFTER = ("die", "late", "swallow", "usage")
KINDS = (*BEFORE, *AFTER)


@dataclass(slots=True)
class Trouble:
    """Something that goes wrong with the sends that it fits.

    Before a message is taken: `throttle`, `fail` (with `code`, as `613` or `10/2018278`, and `status`), `stall` (no answer for
    `seconds`, then a closed connection), `hang_up`. After it was taken: `die` (closes without an answer), `swallow` (no answer for
    `seconds`, then a closed connection), `late` (answers after `seconds`), `usage` (`per_cent` of the allowance is used).
    `times`: after so many it is over; `share`: of how many it befalls. `seconds` of `throttle` is how long it asks to wait. `on`
    names what it befalls other than sends: `upload`, `read`, or one kind of sends.
    """

    kind: str
    platform: str = ""
    channel: str = ""
    recipient: str = ""
    on: str = ""
    code: str = ""
    status: int = 0
    seconds: float = 0.0
    per_cent: float = 0.0
    times: int | None = None
    share: float = 1.0

    def fits(self, answer: Answer) -> bool:
        """Say whether it is about a request that would be answered like this."""
        sending = answer.sending
        account = sending.account if sending else answer.account
        kind = sending.kind if sending else answer.kind
        return (
            account is not None
            and self.platform in ("", account.platform)
            and self.channel in ("", account.slug)
            and self.recipient in ("", sending.recipient if sending else "")
            and (self.on == kind if self.on else sending is not None)
        )


@dataclass(slots=True)
class Manners:
    """`early`: the share of sends that are reported on before they are answered. `reports`: `send` them, `hold` or `drop` them.

    `soonest` and `latest`: seconds until a report. `pace`: seconds that each answer takes.
    """

    early: float = 0.1
    reports: str = "send"
    soonest: float = 0.02
    latest: float = 0.4
    pace: float = 0.0
    troubles: list[Trouble] = field(default_factory=list)
    chance: Random = field(default_factory=Random)

    def change(self, values: dict[str, Any]) -> None:
        """Set what is named.

        Raises:
            ValueError: there is no such thing.
        """
        for name, value in values.items():
            if name not in ("early", "reports", "soonest", "latest", "pace"):
                raise ValueError(name)
            setattr(self, name, value)

    def add(self, values: dict[str, Any]) -> None:
        """Let something go wrong from now on.

        Raises:
            ValueError: nobody knows such a trouble.
        """
        if values.get("kind") not in KINDS:
            raise ValueError(f"one of {', '.join(KINDS)}")
        try:
            self.troubles.append(Trouble(**values))
        except TypeError as error:
            raise ValueError(str(error)) from None

    def befallen(self, kinds: tuple[str, ...], answer: Answer) -> Trouble | None:
        """Return the first trouble of these kinds that befalls a request, and count it."""
        for trouble in self.troubles:
            if trouble.kind not in kinds or not trouble.fits(answer) or trouble.times == 0:
                continue
            if self.chance.random() >= trouble.share:
                continue
            if trouble.times is not None:
                trouble.times -= 1
            return trouble
        return None

    def as_json(self) -> dict[str, Any]:
        """Return it all."""
        return {
            "early": self.early,
            "reports": self.reports,
            "pace": self.pace,
            "troubles": [asdict(one) for one in self.troubles],
        }
