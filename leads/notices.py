"""Telling colleagues of leads, in the page and by e-mail if they wish."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.models import Notification, User
from crm.notices import tell
from crm.visibility import visible
from leads.models import Lead

KEY = "lead"


def lead_url(lead: Lead) -> str:
    return _page(lead.pk)


def _page(lead_id: int) -> str:
    return reverse("admin:leads_lead_change", args=[lead_id])


def tell_of_new_lead(lead: Lead, owner: User) -> bool:
    """Tell a seller that a lead is theirs now; say whether they had not been told before."""
    return _tell(lead.pk, owner, Notification.Kind.NEW_LEAD, lead.assigned_at, _("A new lead is yours."))


def tell_of_waiting(lead_id: int, owner: User, since: datetime) -> bool:
    """The same of a customer who has waited too long for an answer."""
    return _tell(lead_id, owner, Notification.Kind.WAITING, since, _("A customer of yours waits for an answer."))


def tell_of_follow_up(lead: Lead, owner: User) -> bool:
    """The same of a follow-up that is due."""
    text = _("A follow-up of yours is due.")
    return _tell(lead.pk, owner, Notification.Kind.FOLLOW_UP, lead.next_follow_up_at, text)


def _tell(lead_id: int, owner: User, kind: Notification.Kind, at: datetime | None, text: str) -> bool:
    key = key_of(lead_id, kind, at)
    return tell(owner, kind=kind, key=key, text=text, url=_page(lead_id))


def key_of(lead_id: int, kind: Notification.Kind, at: datetime | None) -> str:
    """Return what makes telling of one event of a lead twice a no-op."""
    return f"{KEY}:{lead_id}:{kind}:{at.timestamp() if at else ''}"


def subjects_of(user: User, notices: Iterable[Notification]) -> dict[int, str]:
    """Return the names of the customers that notices are about, by the notice's id; those that the user may see.

    Names are looked up when they are shown, so that no notice or e-mail holds one.
    """
    about = {notice.pk: int(notice.key.split(":")[1]) for notice in notices if notice.key.startswith(f"{KEY}:")}
    if not about:
        return {}
    leads = visible(user, Lead).filter(pk__in=set(about.values())).select_related("customer")
    names = {lead.pk: str(lead) for lead in leads}
    return {number: names[lead_id] for number, lead_id in about.items() if lead_id in names}
