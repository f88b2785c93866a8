"""What this app exports."""

from crm.exports.tables import Column, Table
from crm.models import Consent, Customer
from crm.transfer.customers import tag_names

CUSTOMERS = Table(
    "customers",
    Customer.objects.current,
    "created_at",
    (
        Column("id"),
        Column("name", personal=True),
        Column("phone", personal=True),
        Column("email", personal=True),
        Column("governorate"),
        Column("city", personal=True),
        Column("label"),
        Column("trade"),
        Column("type"),
        Column("persona"),
        Column("language"),
        Column("owner_id"),
        Column("owner", "owner__email", personal=True),
        Column("tags", tag_names("pk")),
        Column("is_active"),
        Column("blocked"),
        Column("last_message_at"),
        Column("created_at"),
    ),
)
CONSENTS = Table(
    "consents",
    Consent.objects.all,
    "at",
    (
        Column("id"),
        Column("customer_id"),
        Column("customer", "customer__name", personal=True),
        Column("channel", "identity__channel__slug"),
        Column("granted"),
        Column("scope"),
        Column("source"),
        Column("at"),
    ),
)
TABLES = (CUSTOMERS, CONSENTS)
