"""Settings of leads that administrators change while the system runs."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from crm.runtime_settings import Declared, declare

LEADS = _("Leads")


class Assignment(StrEnum):
    """To whom leads go that are nobody's."""

    ROUND_ROBIN = "round robin"
    LEAST_LOADED = "least loaded"
    NOBODY = "nobody"


def check_currency(text: str) -> None:
    """Raise `ValueError` for what is no currency code."""
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError(_("Three capital letters, as EGP or USD."))


declare(
    Declared(
        key="leads.qualified_from",
        kind="whole number",
        default=50,
        minimum=1,
        maximum=100,
        title=_("A lead is qualified from score"),
        help=_("When its score first reaches this, a lead is counted as qualified and handed to a seller."),
        category=LEADS,
    ),
    Declared(
        key="leads.currency",
        kind="text",
        default="EGP",
        check=check_currency,
        title=_("Currency"),
        help=_("Three letters, as USD or EGP, for values that say nothing else."),
        category=LEADS,
    ),
    Declared(
        key="leads.assignment",
        kind="text",
        default=Assignment.ROUND_ROBIN,
        choices=(
            (Assignment.ROUND_ROBIN, _("each available seller in turn")),
            (Assignment.LEAST_LOADED, _("whoever has the fewest open leads")),
            (Assignment.NOBODY, _("nobody: they wait until somebody takes them")),
        ),
        title=_("New leads go to"),
        help=_("Within business hours, and only to sellers who are not away."),
        category=LEADS,
    ),
    Declared(
        key="leads.stale_after_days",
        kind="whole number",
        default=7,
        minimum=1,
        maximum=365,
        title=_("A lead is stale after (days)"),
        help=_("Cards that are in one stage for longer show how many days it is."),
        category=LEADS,
    ),
    Declared(
        key="leads.vip_from_sales",
        kind="whole number",
        default=5,
        minimum=1,
        maximum=10_000,
        title=_("A customer is VIP from (sales)"),
        help=_("So many won leads make a customer VIP, unless a colleague chose their type."),
        category=LEADS,
    ),
    Declared(
        key="leads.vip_from_value",
        kind="whole number",
        default=50_000,
        minimum=1,
        maximum=1_000_000_000,
        title=_("A customer is VIP from (worth of sales)"),
        help=_("Won leads of so much together make a customer VIP as well."),
        category=LEADS,
    ),
)
