"""Rules that read what customers write."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.rows import TimestampedModel
from leads.models.searching import folded_texts


class Aspect(models.TextChoices):
    """What a rule tells of a customer or, for the last two, of a message."""

    LABEL = "label", _("Label")
    TRADE = "trade", _("Trade")
    TYPE = "type", _("Type")
    PERSONA = "persona", _("Persona")
    INTENT = "intent", _("Intent")
    SENTIMENT = "sentiment", _("Sentiment")


class ClassificationRuleQuerySet(models.QuerySet["ClassificationRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class ClassificationRule(TimestampedModel):
    """Words that tell something of who writes them, or of the message.

    `keywords` are words or phrases, one a line, compared whole and folded (letter forms, digits, case, accents). A phrase within a
    longer one of the same aspect does not count; a line that begins with `!` is an exception, which only hides what is within it. In
    one message the aspect's value with the largest sum of `weight`, once for each phrase, wins, then the rule that comes first by
    (order, id).
    """

    class Language(models.TextChoices):
        ANY = "", _("Any language")
        ARABIC = "ar", _("Arabic")
        ENGLISH = "en", _("English")
        PORTUGUESE = "pt", _("Portuguese")

    aspect = models.CharField(_("tells the"), max_length=10, choices=Aspect)
    value = models.CharField(_("as"), max_length=30)
    language = models.CharField(_("language"), max_length=2, choices=Language, blank=True)
    keywords = models.TextField(_("words and phrases"), help_text=_("One a line. Case and letter forms do not matter."))
    folded = folded_texts("value", "keywords")
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    order = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("active"), default=True)

    objects = ClassificationRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("classification rule")
        verbose_name_plural = _("classification rules")
        ordering = ("aspect", "order", "id")
        constraints = (
            models.UniqueConstraint(fields=["aspect", "value", "language"], name="classification_rule_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_aspect_display()}: {self.value}"
