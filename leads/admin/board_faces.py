"""The columns of the board, and the figures over them."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from crm import runtime_settings
from crm.markup import grouped
from leads import markup
from leads.admin.board_cards import Card, Deck
from leads.board.columns import Head, Page, Place
from leads.models import Stage


@dataclass
class HeadFace:
    """The figures over a column: `count` as a number too, for the browser to count on with."""

    number: int
    count: str
    total: str
    others: str
    title: str


@dataclass
class ColumnFace:
    """A column of the board; no cards yet where `is_loaded` is not set."""

    stage: Stage
    tone: str
    head: HeadFace
    cards: list[Card]
    after: Place | None
    is_loaded: bool


def head_face(head: Head) -> HeadFace:
    """Return the figures over a column, money in whole units; the exact sums are its title."""
    own = runtime_settings.value_of("leads.currency")
    others = [f"{markup.amount(total)} {currency}" for currency, total in sorted(head.others.items())]
    exact = [f"{markup.amount(head.total)} {own}"] if head.total is not None else []
    return HeadFace(
        head.count,
        count=grouped(head.count),
        total=f"{markup.amount(_whole(head.total))} {own}" if head.total is not None else "",
        others=(_("+ others") if head.total is not None else _("Other currencies")) if others else "",
        title=" + ".join(exact + others),
    )


def column_face(stage: Stage, head: Head, page: Page | None, deck: Deck) -> ColumnFace:
    """Return a column; without a page it loads its cards when somebody looks at it."""
    return ColumnFace(
        stage,
        tone=markup.STAGE_TONES.get(stage.colour, "neutral"),
        head=head_face(head),
        cards=deck.cards(page.leads) if page else [],
        after=page.after if page else None,
        is_loaded=page is not None,
    )


def _whole(total: Decimal) -> Decimal:
    return total.quantize(Decimal(1), ROUND_HALF_UP)
