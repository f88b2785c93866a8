"""This app's share of a dossier."""

from django.utils.translation import gettext_lazy as _

from crm.dossier import Part, Share
from leads.models import Lead, LeadActivity, ProductInteraction, Qualification, ScoreEntry, TriageFailure

FILE = "leads.json"

SHARE = Share(
    parts=(
        Part(
            FILE,
            "leads",
            _("chances of a sale, and what brought them"),
            Lead,
            "customer",
            named=["stage", "first_post", "first_ad", "last_post", "last_ad"],
        ),
        Part(FILE, "activities", _("what was changed, and by whom or what"), LeadActivity, "customer"),
        Part(FILE, "qualifications", _("when they were taken for a likely buyer"), Qualification, "lead__customer"),
        Part(
            FILE,
            "scores",
            _("points for what they wrote, and the rule that gave them"),
            ScoreEntry,
            "lead__customer",
            named=["rule"],
        ),
        Part(
            FILE,
            "interests",
            _("products that they showed interest in"),
            ProductInteraction,
            "customer",
            named=["product"],
        ),
        Part(
            FILE,
            "unread_messages",
            _("messages that our rules could not read"),
            TriageFailure,
            "message__conversation__identity__customer",
        ),
    ),
    left_out={},
)
