"""What the shop sells, and who showed interest in it."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from crm.models.rows import TimestampedModel
from leads.models.lead import Lead
from leads.models.searching import folded_texts
from messaging.models import Message


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Product(TimestampedModel):
    """Something for sale, recognised in messages by its name and `keywords` (one a line)."""

    name = models.CharField(_("name"), max_length=200)
    sku = models.CharField(_("article number"), max_length=64, blank=True)
    keywords = models.TextField(_("other names"), blank=True, help_text=_("What customers call it, one a line."))
    folded = folded_texts("name", "sku", "keywords")
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    url = models.URLField(_("link"), max_length=2000, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=["sku"], condition=~Q(sku=""), name="product_sku_once"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0), name="product_price_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ProductInteraction(TimestampedModel):
    """A customer looked at, liked, disliked or compared a product; from a message, or noted by a colleague."""

    class Kind(models.TextChoices):
        VIEW = "view", _("Asked about it")
        LIKE = "like", _("Likes it")
        DISLIKE = "dislike", _("Does not like it")
        COMPARE = "compare", _("Compares it")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="product_interactions", db_index=False)
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="product_interactions")
    product = models.ForeignKey(Product, models.PROTECT, verbose_name=_("product"), related_name="interactions")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="product_interactions")
    feedback = models.TextField(_("feedback"), blank=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("interest in a product")
        verbose_name_plural = _("interest in products")
        constraints = (
            models.UniqueConstraint(
                fields=["product", "message"], condition=Q(message__isnull=False), name="product_interaction_once"
            ),
        )
        indexes = (models.Index("customer", F("at").desc(), name="product_interaction_customer"),)

    def __str__(self) -> str:
        return f"{self.product}: {self.get_kind_display()}"
