"""Two customers that turned out to be one."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.rows import TimestampedModel


class CustomerMerge(TimestampedModel):
    """One merge, with all that is needed to undo it.

    `moved` lists in order which rows went to another: `{"column": "crm.note.customer", "from": id, "to": id, "rows": [ids]}`.
    `before` holds what changed on rows that stayed, by model, row and column: `{"crm.customer": {id: {column: [old, new]}}}`;
    phone numbers and e-mail addresses never stand here, only whether one was taken over, as its blind index.
    """

    kept = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("stays"), related_name="merges_into")
    merged = models.ForeignKey(Customer, models.PROTECT, verbose_name=_("goes"), related_name="merges_from")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), null=True, related_name="+", db_index=False
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    moved = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("undone by"),
        null=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("merge of customers")
        verbose_name_plural = _("merges of customers")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="customer_merge_once"),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="customer_merge_of_two"),
        )

    def __str__(self) -> str:
        return f"{self.merged} → {self.kept}"


class DuplicateDismissed(TimestampedModel):
    """A colleague said that two customers are not one; they are suggested no more."""

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("by"), null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("dismissed duplicate")
        verbose_name_plural = _("dismissed duplicates")
        constraints = (
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_dismissed_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_dismissed_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.first} ≠ {self.second}"
