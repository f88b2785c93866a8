"""What staff may type into the pages of rules, stages and products."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.folding import fold
from crm.models import Customer
from crm.words import words_of
from leads.models import Aspect, ClassificationRule, Lead, Product, ScoringRule, Stage
from leads.reading.reader import EXCEPTION, NEUTRAL, lines
from messaging.models import Message

Looks = ScoringRule.Looks
SENTIMENTS = ("positive", "negative", NEUTRAL)
#: The values that an aspect of a customer or a message can have; an intent may be any short name.
VALUES: dict[str, tuple[str, ...]] = {
    Aspect.LABEL: tuple(Customer.Label.values),
    Aspect.TRADE: tuple(Customer.Trade.values),
    Aspect.TYPE: tuple(Customer.Type.values),
    Aspect.PERSONA: tuple(Customer.Persona.values),
    Aspect.SENTIMENT: SENTIMENTS,
}
LONGEST = 60_000
PHRASES_HELP = gettext_lazy(
    "One a line, each found as whole words. Case, accents, Arabic letter forms and what Arabic writes in front of a word do not "
    "matter; emoji count as words. A line that begins with ! is an exception: “!no problem” keeps “problem” from counting there."
)


class PhrasesField(forms.CharField):
    """Words and phrases, one a line, tidied: no empty lines, none twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "required": False, **kwargs})

    def clean(self, value: Any) -> str:
        tidied = dict.fromkeys(" ".join(line.split()) for line in lines(super().clean(value) or ""))
        for line in tidied:
            if not words_of(fold(line.removeprefix(EXCEPTION))):
                raise ValidationError(_("“%(line)s” has no word in it.") % {"line": line[:60]})
        return "\n".join(tidied)


class _WithPhrases(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A form whose field `keywords` is one of phrases."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "keywords" in self.fields:
            given = self.fields["keywords"]
            given.widget.attrs |= {"dir": "auto", "rows": 12, "spellcheck": "false"}
            self.fields["keywords"] = PhrasesField(
                label=given.label, required=given.required, widget=given.widget, help_text=given.help_text
            )


class ClassificationRuleForm(_WithPhrases):
    """The value must be one that the aspect has."""

    class Meta:
        model = ClassificationRule
        fields = ("aspect", "value", "language", "keywords", "weight", "order", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "keywords" in self.fields:
            self.fields["keywords"].help_text = PHRASES_HELP
        if "value" in self.fields:
            self.fields["value"].widget.attrs |= {"dir": "ltr", "list": "mc-rule-values", "autocomplete": "off"}
            self.fields["value"].help_text = _values_in_words()

    def clean_weight(self) -> int:
        weight: int = self.cleaned_data["weight"]
        if not 1 <= weight <= 1000:
            raise ValidationError(_("Give a weight from 1 to 1,000. To put a rule out of use, untick “active”."))
        return weight

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        aspect, value = cleaned.get("aspect") or "", (cleaned.get("value") or "").strip().lower()
        if aspect and value:
            cleaned["value"] = value
            self._check(aspect, value)
        return cleaned

    def _check(self, aspect: str, value: str) -> None:
        allowed = VALUES.get(aspect)
        if allowed is None and value != slugify(value):
            self.add_error("value", _("Use small letters, digits and hyphens, such as “order-status”."))
        elif allowed is not None and value not in allowed:
            words = {"aspect": Aspect(aspect).label, "values": ", ".join(allowed)}
            self.add_error("value", _("%(aspect)s is one of these: %(values)s.") % words)


class ScoringRuleForm(_WithPhrases):
    """What a rule looks for decides what else it needs."""

    class Meta:
        model = ScoringRule
        fields = (
            "name", "looks_for", "value", "keywords", "points", "ceiling", "half_life_days", "order", "is_active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "value": _("The intent, sentiment or source it looks for; empty: any. Not for the others."),
            "keywords": _("Only where it looks for words.") + f" {PHRASES_HELP}",
            "points": _("From -100 to 100. They count for each message that matches; a minus takes points away."),
            "ceiling": _("All points of this rule together count no more than this in one lead."),
            "half_life_days": _(
                "After so many days a point counts half, after twice as many a quarter. Empty: for ever."
            ),
        }
        for name, words in helps.items():
            if name in self.fields:
                self.fields[name].help_text = words
        if "value" in self.fields:
            self.fields["value"].widget.attrs |= {"dir": "ltr", "list": "mc-rule-values", "autocomplete": "off"}

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise ValidationError(_("Zero points change nothing. To put a rule out of use, untick “active”."))
        return points

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        looks_for, value = cleaned.get("looks_for"), (cleaned.get("value") or "").strip().lower()
        cleaned["value"] = value
        if looks_for == Looks.KEYWORD and "keywords" in cleaned and not cleaned["keywords"]:
            self.add_error("keywords", _("Say which words it looks for."))
        if looks_for and looks_for != Looks.KEYWORD and cleaned.get("keywords"):
            self.add_error("keywords", _("Only a rule that looks for words has words. Take them out."))
        if looks_for and value:
            self._check(looks_for, value)
        return cleaned

    def _check(self, looks_for: str, value: str) -> None:
        known = {
            Looks.SENTIMENT: SENTIMENTS,
            Looks.SOURCE: tuple(Message.Source.values),
            Looks.INTENT: intents() if looks_for == Looks.INTENT else (),
        }.get(Looks(looks_for))
        if known is None:
            self.add_error("value", _("Leave this empty: it is for intents, sentiments and sources."))
        elif value not in known:
            self.add_error(
                "value", _("There is no “%(value)s”, only: %(known)s.") % {"value": value, "known": ", ".join(known)}
            )


class StageForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A stage that leads are or were in keeps its kind, and one open stage always remains."""

    class Meta:
        model = Stage
        fields = ("name", "kind", "order", "colour", "min_score", "advances")

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        stage = self.instance
        before = Stage.objects.filter(pk=stage.pk).values_list("kind", flat=True).first()
        if before is not None and kind != before:
            if Lead.objects.filter(stage=stage).exists():
                raise ValidationError(
                    _("Leads are in this stage, so it stays “%(kind)s”. Make another stage instead.")
                    % {"kind": Stage.Kind(before).label}
                )
            if is_last_open(stage):
                raise ValidationError(_("It is the only open stage: new leads begin in it."))
        return kind

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("min_score") is not None and cleaned.get("kind") not in (None, Stage.Kind.OPEN):
            self.add_error("min_score", _("A score leads to open stages only. Leave this empty for won and lost ones."))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if not self.instance.slug:
            self.instance.slug = _free_slug(self.instance.name)
        return super().save(commit)


class WebAddressField(forms.URLField):
    """An address that may be typed in without its https."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})


class ProductForm(_WithPhrases):
    class Meta:
        model = Product
        fields = ("name", "sku", "keywords", "price", "currency", "url", "is_active")
        field_classes = {"url": WebAddressField}  # noqa: RUF012 - Django's own style for options

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "keywords" in self.fields:
            self.fields["keywords"].help_text = _(
                "What customers call it in any language, one a line. The name itself and the article number count as well."
            )
        for name in {"sku", "currency", "url"} & set(self.fields):
            self.fields[name].widget.attrs["dir"] = "ltr"

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].strip().upper()
        if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise ValidationError(_("Three letters, as EGP or USD; empty: the shop's own."))
        return currency

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if url and not url.startswith(("http://", "https://")):
            raise ValidationError(_("A link begins with http:// or https://."))
        return url


def intents() -> tuple[str, ...]:
    """Return every intent that a rule tells."""
    told = ClassificationRule.objects.filter(aspect=Aspect.INTENT).order_by("value")
    return tuple(told.values_list("value", flat=True).distinct())


def known_values() -> list[str]:
    """Return what the field of a value offers: all that aspects and sources can be, and the intents there are."""
    offered = [value for values in VALUES.values() for value in values]
    return list(dict.fromkeys([*offered, *Message.Source.values, *intents()]))


def is_last_open(stage: Stage) -> bool:
    return stage.is_open and not Stage.objects.open().exclude(pk=stage.pk).exists()


def _values_in_words() -> str:
    told = "; ".join(f"{Aspect(aspect).label}: {', '.join(values)}" for aspect, values in VALUES.items())
    return _("%(values)s; an intent is any short name, such as “price” or “order-status”.") % {"values": told}


def _free_slug(name: str) -> str:
    wished = slugify(name)[:40] or "stage"
    taken = set(Stage.objects.filter(slug__startswith=wished).values_list("slug", flat=True))
    return (
        wished
        if wished not in taken
        else next(slug for number in range(2, len(taken) + 3) if (slug := f"{wished}-{number}") not in taken)
    )
