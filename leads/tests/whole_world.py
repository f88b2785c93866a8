"""One row of every model that the admin shows, those of leads among them, and a seller who may see none of it."""

from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from crm.api.tokens import add_token
from crm.models import CustomerMerge, SavedView, User
from crm.pictures import keep_picture
from crm.tests.factories import make_customer
from leads.activities import Cause, record
from leads.models import (
    ActivityKind,
    ClassificationRule,
    Lead,
    Product,
    ProductInteraction,
    Qualification,
    ScoreEntry,
    ScoringRule,
    TriageFailure,
)
from leads.tests.factories import make_lead, stage
from messaging.models import Attachment, Message
from messaging.tests.admin_world import QUOTES, SCRIPT, colleague, make_world


def make_whole_world() -> dict[str, Any]:
    """Return a row of each model by its label; all that can belong to somebody belongs to the team "The shop"."""
    world = make_world()
    conversation, message = world["messaging.Conversation"], world["messaging.Message"]
    owner = conversation.assignee
    lead = make_lead(
        conversation.identity.customer, owner=owner, team=owner.team, next_step=SCRIPT, first_message=message
    )
    rows = (
        lead,
        stage("intake"),
        record(ActivityKind.OPENED, lead=lead, new=SCRIPT, cause=Cause.rule(SCRIPT, message.pk)),
        ClassificationRule.objects.create(aspect="label", value="hot", keywords=SCRIPT, order=7),
        _scored(lead, message),
        Qualification.objects.create(lead=lead, score=60, summary=SCRIPT, qualified_at=timezone.now(), owner=owner),
        _wanted(lead, message),
        TriageFailure.objects.create(message=message, reason=SCRIPT),
        CustomerMerge.objects.create(
            kept=conversation.identity.customer, merged=make_customer(owner=owner, name=QUOTES), reason=SCRIPT
        ),
    )
    world |= {row._meta.label: row for row in rows}
    world["crm.ApiToken"] = add_token(name=SCRIPT, user=owner)[0]
    picture = b"\x89PNG\r\n\x1a\n"
    keep_picture(customer_id=conversation.identity.customer_id, content=picture, mime_type="image/png")
    world["messaging.Attachment"] = _sent(message, picture)
    world |= {
        row._meta.label: row for row in (world["leads.ScoreEntry"].rule, world["leads.ProductInteraction"].product)
    }
    SavedView.objects.create(
        owner=owner, screen="crm.customer", name=SCRIPT[:60], query="gone=1&label=hot", is_shared=True
    )
    return world


def outsider() -> User:
    """Return a seller of another team."""
    return colleague("seller", team="Elsewhere")


def _scored(lead: Lead, message: Any) -> ScoreEntry:
    rule = ScoringRule.objects.create(name=SCRIPT, looks_for="message", points=5)
    return ScoreEntry.objects.create(
        lead=lead, rule=rule, message=message, points=5, at=timezone.now() - timedelta(days=1)
    )


def _sent(message: Message, picture: bytes) -> Attachment:
    file = {"file": ContentFile(picture, "a.png"), "thumbnail": ContentFile(picture, "media/small")}
    return Attachment.objects.create(message=message, position=9, type="image", name=SCRIPT, **file)


def _wanted(lead: Lead, message: Any) -> ProductInteraction:
    product = Product.objects.create(name=SCRIPT, keywords=SCRIPT, url="https://shop.example/p")
    return ProductInteraction.objects.create(
        customer=lead.customer, lead=lead, product=product, kind="like", message=message, at=timezone.now()
    )
