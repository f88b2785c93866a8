"""What waits between the inbox and the leads."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.monitoring.findings import Check, Finding, backlog
from messaging.health import counted, one

#: Those set aside have a list of their own.
UNTRIAGED = """
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(received_at))::float FROM (
        SELECT received_at FROM messaging_message AS message
        WHERE direction = 'in' AND triaged_at IS NULL
            AND NOT EXISTS (SELECT FROM leads_triagefailure AS failure WHERE failure.message_id = message.id)
        ORDER BY id LIMIT %(most)s) AS waiting
"""


def untriaged() -> Iterable[Finding]:
    """Messages are sorted to leads within moments."""
    count, age = one(UNTRIAGED)
    yield backlog(
        "untriaged",
        _("Messages to be sorted to leads"),
        age,
        "untriaged_seconds",
        text=_("%(count)s wait, the oldest for %(age)d s.") % {"count": counted(count), "age": age or 0},
        advice=_(
            "They are in the inbox already. See whether the drain triage is at work: manage.py drain triage --once"
        ),
        page="admin:leads_triagefailure_changelist",
    )


CHECKS = (Check("untriaged", gettext_lazy("Messages to be sorted to leads"), untriaged),)
