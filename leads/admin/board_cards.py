"""The cards of the board. A page has a hundred, so they are put together here: templates take three times as long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import runtime_settings
from crm.markup import initials, since
from leads import markup
from leads.board.columns import Place
from leads.models import Lead, Stage

CARD = (
    '<li class="lb-card" data-lead="{id}" data-rank="{rank}" data-score="{score}" data-value="{value}"'
    ' data-currency="{currency}"><div class="lb-line"><a class="lb-open" href="{url}" tabindex="-1" draggable="false"'
    ' aria-describedby="board-help"><bdi>{name}</bdi></a><span class="lb-score" title="{score_said}">{score}</span></div>'
    '<div class="lb-line lb-facts">{facts}</div>{next}<div class="lb-line lb-foot">{foot}</div></li>'
)
ICON = '<span class="material-symbols-outlined" aria-hidden="true">{}</span>'
NEXT = '<div class="lb-line lb-next{late}">' + ICON.format("{icon}") + "{step}{said}{planned}</div>"
OWNER = '<span class="mc-avatar lb-owner" role="img" title="{name}" aria-label="{said}: {name}">{letters}</span>'
NOBODY = '<span class="mc-sub">{}</span>'
WAITING = (
    '<span class="mc-chip mc-warning lb-waiting" title="{title}">'
    + ICON.format("hourglass_top")
    + '<span class="mc-unseen">{title}</span> {time}</span>'
)
STALE = (
    '<span class="lb-stale" role="img" title="{title}" aria-label="{title}">' + ICON.format("update") + "{days}</span>"
)
MENU = (
    '<button type="button" class="mc-icon-button lb-menu" tabindex="-1" data-board-menu title="{0}" aria-label="{0}">'
    + ICON.format("swap_horiz")
    + "</button>"
)


@dataclass(frozen=True)
class Card:
    """A lead's card as it is sent to the browser."""

    lead_id: int
    stage: str
    html: SafeString


class Deck:
    """Makes cards, with all that is the same for each of them looked up once."""

    def __init__(self, stages: dict[int, Stage], *, may_move: bool) -> None:
        self.stages = stages
        self.now = timezone.now()
        self.url = reverse("admin:leads_lead_change", args=[0])
        self.currency = runtime_settings.value_of("leads.currency")
        self.stale_after = timedelta(days=runtime_settings.value_of("leads.stale_after_days"))
        self.score = _("Score %(score)d of 100")
        self.overdue = format_html('<span class="mc-unseen">{}</span>', _("overdue"))
        self.owner = _("Owner")
        self.owners: dict[int | None, SafeString] = {None: format_html(NOBODY, _("unassigned"))}
        self.waits = _("The customer waits for an answer")
        self.stale = _("In this stage for %(days)s")
        self.menu = format_html(MENU, _("Move")) if may_move else SafeString("")

    def cards(self, leads: Iterable[Lead]) -> list[Card]:
        """Return the cards of leads that come from `leads.board.columns.cards`."""
        return [Card(lead.pk, self.stages[lead.stage_id].slug, self._html(lead)) for lead in leads]

    def _html(self, lead: Any) -> SafeString:
        return format_html(
            CARD,
            id=SafeString(lead.pk),
            rank=SafeString(Place.of(lead).rank),
            score=SafeString(lead.score),
            score_said=self.score % {"score": lead.score},
            value=SafeString("" if lead.value is None else lead.value),
            currency=lead.currency or self.currency,
            url=self.url.replace("/0/", f"/{lead.pk}/"),
            name=lead.customer,
            facts=self._facts(lead),
            next=self._next(lead.next_step, lead.next_follow_up_at),
            foot=self._foot(lead),
        )

    def _facts(self, lead: Lead) -> SafeString:
        worth = SafeString("")
        if lead.value is not None:
            money = markup.money(lead.value, lead.currency or self.currency)
            worth = format_html('<span class="lb-worth">{}</span>', money)
        source = markup.source_chip(lead) if lead.first_source else SafeString("")
        return worth + source + markup.priority_chip(lead)

    def _next(self, step: str, due: datetime | None) -> SafeString:
        if not step and due is None:
            return SafeString("")
        late = due is not None and due < self.now
        return format_html(
            NEXT,
            late=" lb-overdue" if late else "",
            icon="event_busy" if late else "event",
            step=format_html('<span class="lb-step"><bdi>{}</bdi></span>', step) if step else "",
            said=self.overdue if late else "",
            planned=markup.planned(due) if due else "",
        )

    def _foot(self, lead: Any) -> SafeString:
        parts = [self._owner(lead)]
        if self.stages[lead.stage_id].is_open:
            if lead.waiting_since:
                parts.append(format_html(WAITING, title=self.waits, time=since(lead.waiting_since, self.now)))
            parts.append(self._stale(lead.stage_changed_at))
        return SafeString("".join([*parts, self.menu]))

    def _owner(self, lead: Lead) -> SafeString:
        if lead.owner_id not in self.owners:
            name = str(lead.owner)
            self.owners[lead.owner_id] = format_html(OWNER, name=name, said=self.owner, letters=initials(name))
        return self.owners[lead.owner_id]

    def _stale(self, changed_at: datetime) -> SafeString:
        age = self.now - changed_at
        if age < self.stale_after:
            return SafeString("")
        days = ngettext("%(count)d day", "%(count)d days", age.days) % {"count": age.days}
        return format_html(STALE, title=self.stale % {"days": days}, days=days)
