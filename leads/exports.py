"""What this app exports."""

from crm.exports import Column, Table
from leads.models import Lead, LeadActivity, Priority, ProductInteraction, Qualification

PRIORITIES = {int(priority): priority.name.lower() for priority in Priority}

LEADS = Table(
    "leads",
    Lead.objects.not_merged,
    "opened_at",
    (
        Column("id"),
        Column("customer_id"),
        Column("customer", "customer__name", personal=True),
        Column("stage", "stage__slug"),
        Column("score"),
        Column("priority", read=PRIORITIES.get),
        Column("owner_id"),
        Column("owner", "owner__email", personal=True),
        Column("team", "team__name"),
        Column("value"),
        Column("currency"),
        Column("first_source"),
        Column("first_post_id", "first_post__external_id"),
        Column("first_ad_id", "first_ad__ad_id"),
        Column("first_campaign", "first_ad__campaign_name"),
        Column("first_touch_at"),
        Column("last_source"),
        Column("last_post_id", "last_post__external_id"),
        Column("last_ad_id", "last_ad__ad_id"),
        Column("last_campaign", "last_ad__campaign_name"),
        Column("last_touch_at"),
        Column("next_step", personal=True),
        Column("next_follow_up_at"),
        Column("opened_at"),
        Column("closed_at"),
        Column("outcome"),
        Column("lost_reason"),
        Column("lost_note", personal=True),
    ),
)
ACTIVITIES = Table(
    "activities",
    LeadActivity.objects.all,
    "at",
    (
        Column("id"),
        Column("at"),
        Column("customer_id"),
        Column("lead_id"),
        Column("kind"),
        Column("old"),
        Column("new"),
        Column("reason", personal=True),
        Column("automated"),
        Column("by"),
        Column("actor_id"),
        Column("actor", "actor__email", personal=True),
        Column("message_id"),
    ),
)
QUALIFICATIONS = Table(
    "qualifications",
    Qualification.objects.all,
    "qualified_at",
    (
        Column("id"),
        Column("lead_id"),
        Column("customer_id", "lead__customer_id"),
        Column("customer", "lead__customer__name", personal=True),
        Column("score"),
        Column("priority", read=PRIORITIES.get),
        Column("summary", personal=True),
        Column("owner_id"),
        Column("owner", "owner__email", personal=True),
        Column("team", "team__name"),
        Column("qualified_at"),
        Column("contacted_at"),
        Column("converted_at"),
    ),
)
INTERESTS = Table(
    "interests",
    ProductInteraction.objects.all,
    "at",
    (
        Column("id"),
        Column("at"),
        Column("customer_id"),
        Column("customer", "customer__name", personal=True),
        Column("lead_id"),
        Column("product_id"),
        Column("product", "product__name"),
        Column("sku", "product__sku"),
        Column("kind"),
        Column("message_id"),
        Column("feedback", personal=True),
    ),
)
TABLES = (LEADS, ACTIVITIES, QUALIFICATIONS, INTERESTS)
