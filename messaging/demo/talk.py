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
    ANSWERS: tuple[str, ...]
    COMMENTS: tuple[str, ...]
    COMMENT_ANSWERS: tuple[str, ...]
    POSTS: tuple[str, ...]
    ADS: tuple[str, ...]
    NOTES: tuple[str, ...]


LANGUAGES: dict[str, Phrases] = {"ar": arabic, "en": english, "pt": portuguese}


class Talk:
    """Says things by chance; the same `Random` state says the same things."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

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
        """Return what a customer begins with."""
        phrases = LANGUAGES[language]
        opening, closing = self._pick(phrases.OPENINGS), self._pick(phrases.CLOSINGS)
        question = self._filled(phrases, self._pick(phrases.QUESTIONS))
        if not opening.endswith(","):
            question = question[:1].upper() + question[1:]
        return " ".join(part for part in (opening, question, self._filled(phrases, closing)) if part)

    def _said(self, language: str, kind: str) -> str:
        phrases = LANGUAGES[language]
        text = self._filled(phrases, self._pick(getattr(phrases, kind)))
        return text[:1].upper() + text[1:]

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
