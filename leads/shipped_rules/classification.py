"""The shipped classification rules: which phrases tell what, and how much they weigh."""

from collections.abc import Iterator
from types import ModuleType

from leads.shipped_rules import Shipped, any_language, arabic, english, portuguese

LANGUAGES: tuple[tuple[str, ModuleType], ...] = (
    ("", any_language), ("ar", arabic), ("en", english), ("pt", portuguese),
)  # fmt: skip

#: (aspect, value, weight, order, the phrases by their names in the modules of the languages)
RULES = (
    ("intent", "complaint", 12, 10, "COMPLAINT"),
    ("intent", "cancel", 12, 20, "CANCEL"),
    ("intent", "not-interested", 12, 30, "NOT_INTERESTED"),
    ("intent", "return", 11, 40, "RETURN"),
    ("intent", "order-status", 11, 50, "ORDER_STATUS"),
    ("intent", "wholesale", 11, 60, "WHOLESALE"),
    ("intent", "order", 11, 70, "ORDER"),
    ("intent", "payment", 10, 80, "PAYMENT"),
    ("intent", "delivery", 10, 90, "DELIVERY"),
    ("intent", "discount", 10, 100, "DISCOUNT"),
    ("intent", "price", 10, 110, "PRICE"),
    ("intent", "location", 10, 120, "LOCATION"),
    ("intent", "hours", 10, 130, "HOURS"),
    ("intent", "human", 9, 140, "HUMAN"),
    ("intent", "availability", 9, 150, "AVAILABILITY"),
    ("intent", "details", 8, 160, "DETAILS"),
    ("intent", "thanks", 2, 170, "THANKS"),
    ("intent", "greeting", 1, 180, "GREETING"),
    ("intent", "acknowledge", 1, 190, "ACKNOWLEDGE"),
    ("sentiment", "negative", 3, 10, "NEGATIVE COMPLAINT"),
    ("sentiment", "positive", 2, 20, "POSITIVE"),
    ("label", "cold", 5, 10, "NOT_INTERESTED LATER"),
    ("label", "hot", 3, 20, "ORDER URGENT"),
    ("label", "warm", 1, 30, "INTERESTED PRICE AVAILABILITY DETAILS DELIVERY PAYMENT DISCOUNT"),
    ("trade", "wholesale", 2, 10, "WHOLESALE"),
    ("trade", "retail", 3, 20, "RETAIL"),
    ("type", "vip", 3, 10, "VIP"),
    ("type", "returning", 2, 20, "RETURNING"),
    ("persona", "scarcity", 4, 10, "SCARCITY"),
    ("persona", "hesitant", 3, 20, "HESITANT"),
    ("persona", "loyal", 3, 30, "LOYAL"),
    ("persona", "bargain", 3, 40, "BARGAIN"),
    ("persona", "logical", 2, 50, "LOGICAL"),
    ("persona", "value", 2, 60, "VALUE"),
    ("persona", "emotional", 2, 70, "EMOTIONAL"),
)
#: What words of any language weigh where they tell only a little.
WEIGHTS_OF_ANY = {"order": 4}


def shipped() -> Iterator[Shipped]:
    """Yield every shipped rule."""
    for language, module in LANGUAGES:
        for aspect, value, weight, order, names in RULES:
            if language == "" and aspect == "label":
                continue  # a word that tells a little warms nobody
            phrases = ",".join(getattr(module, name, "") for name in names.split()).strip(",")
            if phrases:
                if language == "":
                    weight = WEIGHTS_OF_ANY.get(value, weight)
                yield Shipped(aspect, value, language, weight, order, phrases)
