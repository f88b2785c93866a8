"""Finding messages by their words, however these are typed, with the index of trigrams or without."""

from datetime import datetime

from django.db.models import Q, Value

from crm.folding import Folded, fold
from messaging.models import Message

INDEXED_FROM = 3  # letters; the index is one of trigrams
SEARCHED_SHORT = 10_000
MOST_WORDS = 8


def words_of(text: str) -> list[str]:
    """Return the words that a message has to contain all of; none where nothing is left of them in what is compared."""
    return [word for word in text.split() if fold(word)][:MOST_WORDS]


def too_short(words: list[str]) -> bool:
    """Tell whether the index cannot find any of the words."""
    return all(len(fold(word)) < INDEXED_FROM for word in words)


def oldest_of_the_newest() -> datetime | None:
    """Return how far back messages are searched for what the index cannot find; None: all of them are."""
    newest = Message.objects.order_by("-at", "-pk").values_list("at", flat=True)
    return newest[SEARCHED_SHORT : SEARCHED_SHORT + 1].first()


def having(words: list[str]) -> Q:
    """Return the condition that a message contains all of the words."""
    return Q(*(Q(text_folded__contains=Folded(Value(word))) for word in words))
