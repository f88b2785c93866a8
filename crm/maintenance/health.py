"""What maintenance is there to prevent, and what it could not mend."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.maintenance.indexes import INVALID
from crm.maintenance.limits import TRANSACTION_IDS
from crm.models import Severity
from crm.monitoring.database import rows
from crm.monitoring.findings import Check, Finding

#: Autovacuum begins to freeze at 10 percent, and needs no help by far.
WARNING_PERCENT, CRITICAL_PERCENT = 30, 60


def indexes() -> Iterable[Finding]:
    """No index was left half-built: it costs at every write, and no query uses it."""
    names = [name for _schema, name in rows(INVALID)]
    title = _("Indexes")
    if not names:
        yield Finding("indexes", Severity.OK, title, _("All are valid."))
        return
    text = _("Left half-built: %(names)s.") % {"names": ", ".join(names[:5])}
    advice = _("manage.py maintain weekly builds them anew, or says why that cannot be done.")
    yield Finding("indexes", Severity.WARNING, title, text, advice)


def transaction_ids() -> Iterable[Finding]:
    """PostgreSQL has transaction ids left; without any it takes no writes."""
    [(database, percent)] = rows(TRANSACTION_IDS)
    severity = Severity.OK
    if percent >= WARNING_PERCENT:
        severity = Severity.CRITICAL if percent >= CRITICAL_PERCENT else Severity.WARNING
    text = _("%(percent)d percent are in use, in the database %(name)s; at 100 nothing can be written any more.")
    advice = _(
        "manage.py maintain monthly freezes old rows. If it does not help, an old transaction, replication slot or prepared "
        "transaction holds them: see docs/monitoring.md."
    )
    yield Finding(
        "transaction_ids",
        severity,
        _("Transaction ids"),
        text % {"percent": percent, "name": database},
        advice if severity else "",
    )


CHECKS = (
    Check("indexes", gettext_lazy("Indexes"), indexes),
    Check("transaction_ids", gettext_lazy("Transaction ids"), transaction_ids),
)
