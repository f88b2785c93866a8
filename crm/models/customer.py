"""The people who write to us, as the shop knows them."""

from collections.abc import Sequence
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from crm.among_these import AmongThese
from crm.contact_details import email_key, phone_key
from crm.encrypted_fields import EncryptedField
from crm.folding import Folded
from crm.governorates import Governorate
from crm.models.accounts import User
from crm.models.rows import SealedModel, TimestampedModel


class Tag(TimestampedModel):
    name = models.CharField(_("name"), max_length=50, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


KEPT_OF = """
    ARRAY(
        WITH RECURSIVE kept AS (
            SELECT merged_into_id AS id FROM crm_customer WHERE {column} = %s AND merged_into_id IS NOT NULL
            UNION
            SELECT customer.merged_into_id FROM crm_customer AS customer JOIN kept ON customer.id = kept.id
            WHERE customer.merged_into_id IS NOT NULL
        ) SELECT id FROM kept
    )
"""


#: The condition that a row stands for a person of its own: neither merged into another nor erased.
CURRENT = Q(merged_into=None, erased_at=None)


class CustomerQuerySet(models.QuerySet["Customer"]):
    def current(self) -> Self:
        return self.filter(CURRENT)

    def matching(self, words: str) -> Self:
        """Find by a part of the name, however it is typed, or by the exact phone number or e-mail address."""
        found = Q(name_folded__contains=Folded(models.Value(words)))
        for name, key in (("phone_key", phone_key(words)), ("email_key", email_key(words))):
            if key:
                # Another number of theirs, from before a merge, or from before the one before.
                kept = RawSQL(KEPT_OF.format(column=name), [key])  # noqa: S611 - the column is one of two of ours
                found |= Q(**{name: key}) | Q(AmongThese(F("pk"), kept))
        return self.filter(found)


@pghistory.track(
    pghistory.UpdateEvent("before", row="OLD"),
    fields=["name", "label", "trade", "type", "persona", "owner", "is_active", "blocked", "merged_into"],
    model_name="CustomerHistory",
)
class Customer(SealedModel):
    """One person or business, whichever channels they come by.

    The name follows the newest profile seen until a person changes it (`name_at` empty: set by a person). `read_from` tells by
    what label, trade, type, persona and governorate were set: `{"label": {"at": time, "message": id, "rule": id}}` where a rule
    did, `{"label": {"by": user id}}` where a person did; rules never change the latter. A governorate read from text is a guess
    until a person confirms it. `picture` is the name of our copy in the storage of files. Of somebody erased (`erased_at`) the row
    stays for the figures that count it, without anything that leads to them.
    """

    class Label(models.TextChoices):
        HOT = "hot", _("Hot")
        WARM = "warm", _("Warm")
        COLD = "cold", _("Cold")

    class Trade(models.TextChoices):
        WHOLESALE = "wholesale", _("Wholesale")
        RETAIL = "retail", _("Retail")

    class Type(models.TextChoices):
        NEW = "new", _("New")
        RETURNING = "returning", _("Returning")
        VIP = "vip", _("VIP")

    class Persona(models.TextChoices):
        SCARCITY = "scarcity", _("Scarcity")
        EMOTIONAL = "emotional", _("Emotional")
        VALUE = "value", _("Value")
        LOYAL = "loyal", _("Loyal")
        LOGICAL = "logical", _("Logical")
        BARGAIN = "bargain", _("Bargain")
        HESITANT = "hesitant", _("Hesitant")

    name = models.CharField(_("name"), max_length=200, blank=True)
    name_at = models.DateTimeField(null=True, editable=False)
    name_folded = models.GeneratedField(expression=Folded("name"), output_field=models.TextField(), db_persist=True)
    phone = EncryptedField("customer.phone", blank=True, verbose_name=_("phone"))
    phone_key = models.BinaryField(null=True, editable=False)
    email = EncryptedField("customer.email", blank=True, verbose_name=_("e-mail"))
    email_key = models.BinaryField(null=True, editable=False)
    governorate = models.CharField(_("governorate"), max_length=30, choices=Governorate, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    label = models.CharField(_("label"), max_length=10, choices=Label, blank=True)
    trade = models.CharField(_("trade"), max_length=10, choices=Trade, blank=True)
    type = models.CharField(_("type"), max_length=10, choices=Type, default=Type.NEW)
    persona = models.CharField(_("persona"), max_length=10, choices=Persona, blank=True)
    read_from = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), editable=False)
    language = models.CharField(_("language"), max_length=10, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        related_name="customers",
        db_index=False,
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True, related_name="customers")
    picture = models.CharField(_("picture"), max_length=200, blank=True, default="", db_default="", editable=False)
    last_message_at = models.DateTimeField(_("last message"), null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    blocked = models.BooleanField(_("blocked"), default=False, help_text=_("Nobody here writes to them."))
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("merged into"), null=True, blank=True, editable=False
    )
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = (
            ("see_everyone", _("May see what belongs to others")),
            ("merge_customer", _("May merge customers and undo that")),
            ("export_customer", _("May export phone numbers and e-mail addresses")),
            ("import_customer", _("May import customers and leads")),
            ("erase_customer", _("May erase a person for good")),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="customer_not_merged_into_itself"),
        )
        indexes = (
            GinIndex(OpClass(F("name_folded"), name="gin_trgm_ops"), name="customer_name_trigrams"),
            models.Index(fields=["phone_key"], name="customer_phone_key", condition=Q(phone_key__isnull=False)),
            models.Index(fields=["email_key"], name="customer_email_key", condition=Q(email_key__isnull=False)),
            models.Index(F("last_message_at").desc(nulls_last=True), F("id").desc(), name="customer_recent"),
            models.Index(fields=["owner", "-last_message_at"], name="customer_of_owner"),
            models.Index(fields=["label", "id"], name="customer_by_label", condition=~Q(label="")),
        )

    def __str__(self) -> str:
        if self.name:
            return self.name
        is_erased = self.__dict__.get("erased_at") is not None  # read from the database for no list's sake
        words = _("Erased person %(number)s") if is_erased else _("Customer %(number)s")
        return words % {"number": self.pk}

    def set_phone(self, text: str) -> None:
        """Keep a phone number along with the key it is found by."""
        self.phone, self.phone_key = text, phone_key(text) or None

    def set_email(self, text: str) -> None:
        """Keep an e-mail address along with the key it is found by."""
        self.email, self.email_key = text, email_key(text) or None


class Note(TimestampedModel):
    """What a colleague wrote about a customer; never shown to them.

    `untold` are colleagues whom it names and who may not see the customer; known just after it was written.
    """

    untold: "Sequence[User]" = ()

    customer = models.ForeignKey(Customer, models.CASCADE, verbose_name=_("customer"), related_name="notes")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("author"), null=True, editable=False, related_name="+"
    )
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.text[:60]


class Consent(TimestampedModel):
    """A customer allowed or refused to be written to, kept as evidence: rows are added, never changed."""

    class Source(models.TextChoices):
        MESSAGE = "message", _("They wrote it")
        PLATFORM = "platform", _("The platform told us")
        STAFF = "staff", _("A colleague noted it")

    class Scope(models.TextChoices):
        EVERYTHING = "everything", _("All messages")
        MARKETING = "marketing", _("Advertising")

    customer = models.ForeignKey(Customer, models.CASCADE, verbose_name=_("customer"), related_name="consents")
    identity = models.ForeignKey("crm.Identity", models.CASCADE, null=True, blank=True, related_name="consents")
    granted = models.BooleanField(_("allowed"))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    scope = models.CharField(_("what"), max_length=10, choices=Scope, default=Scope.EVERYTHING)
    at = models.DateTimeField(_("when"))
    delivery_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = (
            models.UniqueConstraint(
                fields=["identity", "scope", "at", "granted"], name="consent_once", condition=Q(identity__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return str(_("allowed") if self.granted else _("refused"))
