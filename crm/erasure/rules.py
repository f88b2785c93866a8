"""What the erasure of a person does with the rows of the lowest app, in order."""

from django.apps import apps
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from crm.erasure.rule import Rule
from crm.models import Consent, Customer, CustomerMerge, DuplicateDismissed, Identity, IdentityKey, Note

ERASED = Coalesce(F("erased_at"), Now())
OF_CUSTOMER = ("customer",)

RULES = (
    Rule(
        apps.get_model("crm", "CustomerHistory"), customers=("pgh_obj",), despite=("crm.CustomerHistory:append_only",)
    ),
    Rule(Note, customers=OF_CUSTOMER),
    Rule(Customer.tags.through, customers=OF_CUSTOMER),
    Rule(CustomerMerge, customers=("kept", "merged")),
    Rule(DuplicateDismissed, customers=("first", "second")),
    Rule(IdentityKey, identities=("identity",)),
    Rule(
        Consent,
        customers=OF_CUSTOMER,
        identities=("identity",),
        keep={"customer", "identity", "granted", "source", "scope", "at"},
    ),
    Rule(
        Identity,
        identities=("pk",),
        keep={"customer", "channel", "first_inbound_at"},
        instead={"erased_at": ERASED},
    ),
    Rule(
        Customer,
        customers=("pk",),
        keep={"uid", "merged_into"},
        instead={"erased_at": ERASED, "blocked": True, "is_active": False},
        despite=("crm.Customer:before_update",),
    ),
)
