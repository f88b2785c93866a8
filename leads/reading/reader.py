"""Reading one message by the rules that staff keep: what is wanted, by whom, from where, and how many points it earns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from crm.folding import fold
from crm.phrases import Hit, Phrases, outermost
from crm.words import forms_of, words_of
from leads.models import Aspect, ClassificationRule, Product, ScoringRule
from leads.reading.contacts import gives_contact
from leads.reading.places import Place, place_in, place_phrases

Looks = ScoringRule.Looks
NEUTRAL = "neutral"
OF_CUSTOMERS = (Aspect.LABEL, Aspect.TRADE, Aspect.TYPE, Aspect.PERSONA)


class Found(NamedTuple):
    """A value that a rule told, and the phrase that made it; no rule: it was known without one."""

    value: str
    rule_id: int | None
    phrase: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message tells. `intent` and `sentiment` are of the message, `aspects` of who wrote it.

    `confidence` (0 to 1) tells how clear the intent is: the share that it has of all intents found, less where one phrase alone
    tells it. `scoring` has (rule id, points) for every rule that matches. `entities` is what to keep of it all as JSON.
    """

    intent: str = ""
    sentiment: str = NEUTRAL
    confidence: float = 0.0
    aspects: Mapping[str, Found] = field(default_factory=dict)
    governorate: str = ""
    city: str = ""
    product_ids: tuple[int, ...] = ()
    gives_contact: bool = False
    scoring: tuple[tuple[int, int], ...] = ()
    entities: dict[str, Any] = field(default_factory=dict)


class Tag(NamedTuple):
    """What a phrase tells: in `group`, which is an aspect or one of the two below, this value by this rule or product.

    An exception tells nothing; it hides phrases within it.
    """

    group: str
    value: str
    id: int
    weight: int = 1
    order: int = 0


SCORED, SOLD = "scored", "sold"
EXCEPTION = "!"

_PLACES: Phrases[Place | None] = Phrases(place_phrases(), bare=False)


@dataclass(frozen=True)
class Reader:
    """The rules as they were when it was made; threads may share it."""

    phrases: Phrases[Tag]
    scoring: tuple[ScoringRule, ...]

    @classmethod
    def load(cls) -> Self:
        """Read the active rules and products from the database, by three queries."""
        return cls.of(
            ClassificationRule.objects.active().defer("folded"),
            ScoringRule.objects.active().defer("folded"),
            Product.objects.active().defer("folded"),
        )

    @classmethod
    def of(
        cls, rules: Iterable[ClassificationRule], scoring: Iterable[ScoringRule], products: Iterable[Product]
    ) -> Self:
        """Make a reader of these rules and products, in any order."""
        scoring = tuple(scoring)
        pairs: list[tuple[str, Tag]] = []
        for rule in rules:
            told = Tag(rule.aspect, rule.value, rule.pk, rule.weight, rule.order)
            pairs += (_tagged(line, told) for line in lines(rule.keywords))
        for points in scoring:
            if points.looks_for == Looks.KEYWORD:
                pairs += (_tagged(line, Tag(SCORED, "", points.pk)) for line in lines(points.keywords))
        for product in products:
            names = (product.name, *lines(product.keywords), product.sku)
            pairs += ((name, Tag(SOLD, "", product.pk)) for name in names if _tells_apart(name))
        return cls(Phrases(pairs), scoring)

    def read(self, text_folded: str, *, source: str, has_media: bool, payload: str = "") -> Reading:
        """Read a message: its text as the database folds it, where it came from, and what a tapped button carries."""
        words = words_of(text_folded)
        if payload:
            words += words_of(fold(payload))
        forms = [forms_of(word) for word in words]
        groups: dict[str, list[Hit[Tag]]] = {}
        for hit in self.phrases.find_in(forms):
            groups.setdefault(hit.tag.group, []).append(hit)
        groups = {group: told for group, hits in groups.items() if (told := _telling(hits))}
        place = place_in(outermost(_PLACES.find_in(forms)), words) or Place("")
        intent, confidence = _winner(groups.get(Aspect.INTENT, []))
        sentiment, _clear = _winner(groups.get(Aspect.SENTIMENT, []))
        aspects = {
            str(aspect): found for aspect in OF_CUSTOMERS if (found := _winner(groups.get(aspect, []))[0]) is not None
        }
        sold = tuple(dict.fromkeys(hit.tag.id for hit in groups.get(SOLD, [])))
        contact = gives_contact(text_folded)
        seen = _Seen(intent.value if intent else "", sentiment.value if sentiment else NEUTRAL, source, contact, has_media,
                     bool(sold), frozenset(hit.tag.id for hit in groups.get(SCORED, [])))  # fmt: skip
        return Reading(
            intent=seen.intent,
            sentiment=seen.sentiment,
            confidence=confidence,
            aspects=aspects,
            governorate=place.governorate,
            city=place.city,
            product_ids=sold,
            gives_contact=contact,
            scoring=tuple((rule.pk, rule.points) for rule in self.scoring if _matches(rule, seen)),
            entities=_entities(
                _deciding(groups, {**aspects, Aspect.INTENT: intent, Aspect.SENTIMENT: sentiment}), place, sold
            ),
        )


class _Seen(NamedTuple):
    """What scoring rules look for."""

    intent: str
    sentiment: str
    source: str
    contact: bool
    media: bool
    product: bool
    by_words: frozenset[int]


def lines(text: str) -> list[str]:
    """Return the words and phrases of a field that has one a line."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def _tagged(line: str, tag: Tag) -> tuple[str, Tag]:
    return (line[1:], tag._replace(id=0)) if line.startswith(EXCEPTION) else (line, tag)


def _telling(hits: list[Hit[Tag]]) -> list[Hit[Tag]]:
    """Leave out what a longer phrase or an exception hides, and all but the closest of a rule's phrases for the same words."""
    told: dict[tuple[int, int, int], Hit[Tag]] = {}
    for hit in outermost(hits):
        if hit.tag.id:
            told.setdefault((hit.tag.id, hit.start, hit.end), hit)
    return list(told.values())


def _tells_apart(name: str) -> bool:
    """Tell whether a product's name is one: two letters or digits alone stand for too much else."""
    return sum(map(str.isalnum, name)) > 2 and not name.isdecimal()


def _winner(hits: list[Hit[Tag]]) -> tuple[Found | None, float]:
    """Return the value with the largest sum of weights and how clear it is. A phrase counts once, however often it is said."""
    sums: dict[str, int] = {}
    best: dict[str, Hit[Tag]] = {}
    phrases: dict[str, int] = {}
    distinct: dict[tuple[int, str], Hit[Tag]] = {}
    for hit in hits:
        distinct.setdefault((hit.tag.id, hit.phrase), hit)
    for hit in distinct.values():
        tag = hit.tag
        sums[tag.value] = sums.get(tag.value, 0) + tag.weight
        phrases[tag.value] = phrases.get(tag.value, 0) + 1
        if tag.value not in best or _rank(tag) < _rank(best[tag.value].tag):
            best[tag.value] = hit
    if not sums:
        return None, 0.0
    value = min(sums, key=lambda value: (-sums[value], *_rank(best[value].tag)))
    share = sums[value] / (sum(sums.values()) or 1)
    chosen = best[value]
    return Found(value, chosen.tag.id, chosen.phrase), round(share * (1 - 0.2 ** phrases[value]), 2)


def _rank(tag: Tag) -> tuple[int, int]:
    return tag.order, tag.id


def _matches(rule: ScoringRule, seen: _Seen) -> bool:
    match rule.looks_for:
        case Looks.INTENT:
            return seen.intent == rule.value if rule.value else bool(seen.intent)
        case Looks.SENTIMENT:
            return seen.sentiment == rule.value if rule.value else seen.sentiment != NEUTRAL
        case Looks.SOURCE:
            return rule.value in ("", seen.source)
        case Looks.KEYWORD:
            return rule.pk in seen.by_words
        case Looks.CONTACT:
            return seen.contact
        case Looks.MEDIA:
            return seen.media
        case Looks.PRODUCT:
            return seen.product
        case _:
            return True


def _deciding(groups: dict[str, list[Hit[Tag]]], winners: Mapping[str, Found | None]) -> dict[str, list[Hit[Tag]]]:
    """Leave out the phrases of values that did not win."""
    values = {aspect: winner.value for aspect, winner in winners.items() if winner}
    return {group: [hit for hit in hits if hit.tag.value == values.get(group, "")] for group, hits in groups.items()}


def _entities(groups: dict[str, list[Hit[Tag]]], place: Place, sold: tuple[int, ...]) -> dict[str, Any]:
    """Return what was found as small JSON: `{"products": [ids], "place": [governorate, city], "phrases": {group: [...]}}`."""
    found: dict[str, Any] = {}
    if sold:
        found["products"] = list(sold)
    if place.governorate:
        found["place"] = [place.governorate, place.city]
    if groups:
        found["phrases"] = {
            group: list(dict.fromkeys(hit.phrase for hit in hits))[:5] for group, hits in groups.items()
        }
    return found
