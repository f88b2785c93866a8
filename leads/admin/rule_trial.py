"""The box on the pages of rules where a text is tried: what the rules, as they are saved, read in it."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.pages import staff_page
from crm.folding import fold
from crm.governorates import Governorate
from crm.models import Customer
from leads.models import Aspect, Product, ScoringRule
from leads.reading.reader import SCORED, Reader, Reading
from messaging.models import Message

MAY_TRY = "leads.view_classificationrule"
SENTIMENTS = {
    "positive": gettext_lazy("Positive"),
    "negative": gettext_lazy("Negative"),
    "neutral": gettext_lazy("Neutral"),
}
OF_CUSTOMERS: dict[str, Any] = {
    Aspect.LABEL: Customer.Label,
    Aspect.TRADE: Customer.Trade,
    Aspect.TYPE: Customer.Type,
    Aspect.PERSONA: Customer.Persona,
}


class TrialForm(forms.Form):
    """A message as it might come in."""

    text = forms.CharField(max_length=4000, required=False, strip=False)
    source = forms.ChoiceField(choices=Message.Source.choices, initial=Message.Source.DIRECT)
    has_media = forms.BooleanField(required=False)


class Line(NamedTuple):
    """One thing that was read, what told it, and more on it."""

    what: Any
    value: str
    words: tuple[str, ...] = ()
    more: str = ""


class Score(NamedTuple):
    rule: ScoringRule
    points: int
    words: tuple[str, ...]


@staff_page("leads/try-rules/", name="leads_try_rules", permission=MAY_TRY)
def try_rules(request: HttpRequest) -> HttpResponse:
    """Show the box and, of a text sent, what is read in it; nothing is kept."""
    form = TrialForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"given": form.data}
    if form.is_bound and form.is_valid():
        context |= {"read": True, **_read(form.cleaned_data)}
    elif form.is_bound:
        context["refused"] = _("This is too long to be one message, or came by no way that there is.")
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "leads/rule_trial_result.html", context)
    return TemplateResponse(
        request,
        "leads/rule_trial_page.html",
        {**admin.site.each_context(request), "title": _("Try the rules"), **context},
    )


def _read(given: dict[str, Any]) -> dict[str, Any]:
    reader = Reader.load()
    folded = fold(given["text"])
    reading = reader.read(folded, source=given["source"], has_media=given["has_media"])
    scores = _scores(reader, reading, folded)
    return {"lines": _lines(reading), "scores": scores, "total": sum(score.points for score in scores)}


def _lines(reading: Reading) -> list[Line]:
    phrases = {group: tuple(found) for group, found in reading.entities.get("phrases", {}).items()}
    sure = _("%(percent)d %% sure") % {"percent": round(reading.confidence * 100)} if reading.intent else ""
    lines = [
        Line(Aspect.INTENT.label, reading.intent, phrases.get(Aspect.INTENT, ()), sure),
        Line(
            Aspect.SENTIMENT.label,
            str(SENTIMENTS.get(reading.sentiment, reading.sentiment)),
            phrases.get(Aspect.SENTIMENT, ()),
        ),
    ]
    for aspect, choices in OF_CUSTOMERS.items():
        found = reading.aspects.get(aspect)
        words = dict(choices.choices)
        value = str(words.get(found.value, found.value)) if found else ""
        lines.append(Line(Aspect(aspect).label, value, phrases.get(aspect, ())))
    place = ", ".join(filter(None, (reading.city, _governorate(reading.governorate))))
    products = Product.objects.in_bulk(reading.product_ids)
    lines += [
        Line(_("Place"), place, more=_("a guess until a colleague confirms it") if place else ""),
        Line(_("Products"), ", ".join(str(products[pk]) for pk in reading.product_ids if pk in products)),
        Line(_("Phone or e-mail"), _("Given") if reading.gives_contact else ""),
    ]
    return lines


def _scores(reader: Reader, reading: Reading, folded: str) -> list[Score]:
    rules = {rule.pk: rule for rule in reader.scoring}
    by_rule: dict[int, list[str]] = {}
    for hit in reader.phrases.find(folded):
        if hit.tag.group == SCORED:
            by_rule.setdefault(hit.tag.id, []).append(hit.phrase)
    phrases = reading.entities.get("phrases", {})
    return [
        Score(
            rules[pk],
            points,
            tuple(dict.fromkeys(by_rule.get(pk) or phrases.get(rules[pk].looks_for, []))),
        )
        for pk, points in reading.scoring
    ]


def _governorate(code: str) -> str:
    return str(Governorate(code).label) if code else ""
