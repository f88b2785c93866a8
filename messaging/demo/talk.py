"""Believable sentences of customers and shop, put together from the phrases of three languages."""

from random import Random
from typing import Protocol

from messaging.demo import arabic, english, portuguese


class Phrases(Protocol):
    """A language module: names, towns (with their governorate), words and sentences with slots for them."""

    FIRST_NAMES: tuple[str, ...]
    LAST_NAMES: tuple[str, ...]
    TOWNS: tuple[tuple[str, str], ...]
    PRODUCTS: tuple[str, ...]
    COLOURS: tuple[str, ...]
    SIZES: tuple[str, ...]
    DAYS: tuple[str, ...]
    CURRENCY: str
    OPENINGS: tuple[str, ...]
    QUESTIONS: tuple[str, ...]
    CLOSINGS: tuple[str, ...]
    FOLLOW_UPS: tuple[str, ...]
    ASIDES: tuple[str, ...]
    ANSWERS: tuple[str, ...]
    COMMENTS: tuple[str, ...]
    COMMENT_ANSWERS: tuple[str, ...]
    POSTS: tuple[str, ...]
    ADS: tuple[str, ...]
    NOTES: tuple[str, ...]


DIFFERENT_QUESTIONS = 3_000  # of each language
IDLE_QUESTIONS = (
    4,
    6,
    11,
    17,
)  # what people ask who are not about to buy, by its place in `QUESTIONS` of each language
LANGUAGES: dict[str, Phrases] = {"ar": arabic, "en": english, "pt": portuguese}


def _begun_with(opening: str, question: str) -> str:
    if not opening.endswith(","):
        question = question[:1].upper() + question[1:]
    return f"{opening} {question}" if opening else question


class Talk:
    """Says things by chance; the same `Random` state says the same things."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._questions: dict[str, list[str]] = {language: [] for language in LANGUAGES}

    def _pick(self, words: tuple[str, ...]) -> str:
        return words[int(self.chance.random() * len(words))]

    def _filled(self, phrases: Phrases, sentence: str) -> str:
        if "{" not in sentence:
            return sentence
        town = phrases.TOWNS[int(self.chance.random() * len(phrases.TOWNS))][0]
        return sentence.format(
            product=self._pick(phrases.PRODUCTS),
            colour=self._pick(phrases.COLOURS),
            size=self._pick(phrases.SIZES),
            day=self._pick(phrases.DAYS),
            price=phrases.CURRENCY.format(amount=5 * int(20 + self.chance.random() * 380)),
            town=town,
        )

    def language(self) -> str:
        """Return a language, Arabic most often."""
        dice = self.chance.random()
        return "ar" if dice < 0.5 else "en" if dice < 0.75 else "pt"

    def name(self, language: str) -> tuple[str, str]:
        """Return a first and a last name."""
        phrases = LANGUAGES[language]
        return self._pick(phrases.FIRST_NAMES), self._pick(phrases.LAST_NAMES)

    def town(self, language: str) -> tuple[str, str]:
        """Return a town and the governorate it lies in, empty outside Egypt."""
        towns = LANGUAGES[language].TOWNS
        return towns[int(self.chance.random() * len(towns))]

    def question(self, language: str) -> str:
        """Return what a customer begins with; after some thousands they repeat each other."""
        known = self._questions[language]
        if len(known) == DIFFERENT_QUESTIONS:
            return self.chance.choice(known)
        phrases = LANGUAGES[language]
        opening, closing = self._pick(phrases.OPENINGS), self._pick(phrases.CLOSINGS)
        question = _begun_with(opening, self._filled(phrases, self._pick(phrases.QUESTIONS)))
        known.append(" ".join(part for part in (question, self._filled(phrases, closing)) if part))
        return known[-1]

    def _said(self, language: str, kind: str) -> str:
        phrases = LANGUAGES[language]
        text = self._filled(phrases, self._pick(getattr(phrases, kind)))
        return text[:1].upper() + text[1:]

    def idle_question(self, language: str) -> str:
        """Return a question of somebody who only looks."""
        phrases = LANGUAGES[language]
        question = self._filled(phrases, phrases.QUESTIONS[self.chance.choice(IDLE_QUESTIONS)])
        return _begun_with(self._pick(phrases.OPENINGS), question)

    def aside(self, language: str) -> str:
        """Return what somebody goes on with who only looks."""
        return self._said(language, "ASIDES")

    def follow_up(self, language: str) -> str:
        """Return what a customer goes on with."""
        return self._said(language, "FOLLOW_UPS")

    def answer(self, language: str) -> str:
        """Return what the shop answers."""
        return self._said(language, "ANSWERS")

    def comment(self, language: str) -> str:
        """Return what somebody writes under a post."""
        return self._said(language, "COMMENTS")

    def comment_answer(self, language: str) -> str:
        """Return what the shop answers under a post."""
        return self._said(language, "COMMENT_ANSWERS")

    def post_title(self, language: str) -> str:
        """Return the first line of a post of the shop."""
        return self._said(language, "POSTS")

    def ad_title(self, language: str) -> str:
        """Return the headline of an ad."""
        return self._said(language, "ADS")

    def note(self, language: str) -> str:
        """Return what a colleague notes about a customer."""
        return self._said(language, "NOTES")
