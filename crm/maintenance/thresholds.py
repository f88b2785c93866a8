"""From when an index is worth building anew: settings that administrators change."""

from django.utils.translation import gettext_lazy as _

from crm.runtime_settings import Declared, declare

MEGABYTES, PERCENT = "maintenance.index_megabytes", "maintenance.index_percent"

declare(
    Declared(
        key=MEGABYTES,
        kind="whole number",
        default=10,
        minimum=1,
        maximum=1_000_000,
        title=_("Smaller indexes are left alone (megabytes)"),
        help=_("The weekly maintenance neither builds them anew nor names them as unused."),
        category=_("Maintenance"),
    ),
    Declared(
        key=PERCENT,
        kind="whole number",
        default=50,
        minimum=10,
        maximum=95,
        title=_("An index is built anew when so much of it is empty (percent)"),
        help=_("As estimated from the database's statistics, or measured where the extension pgstattuple is there."),
        category=_("Maintenance"),
    ),
)
