from leads.models.activity import ActivityKind, LeadActivity
from leads.models.classification import Aspect, ClassificationRule
from leads.models.lead import Lead, LeadQuerySet, LostReason, Outcome, Priority
from leads.models.product import Product, ProductInteraction
from leads.models.qualification import Qualification
from leads.models.scoring import ScoreEntry, ScoringRule
from leads.models.stage import Stage
from leads.models.triage import TriageFailure

__all__ = [
    "ActivityKind",
    "Aspect",
    "ClassificationRule",
    "Lead",
    "LeadActivity",
    "LeadQuerySet",
    "LostReason",
    "Outcome",
    "Priority",
    "Product",
    "ProductInteraction",
    "Qualification",
    "ScoreEntry",
    "ScoringRule",
    "Stage",
    "TriageFailure",
]
