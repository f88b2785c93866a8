"""Sums in several currencies, which are never added to each other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from crm import runtime_settings


@dataclass(slots=True)
class Money:
    """An amount in each currency. An amount that names none is in the shop's own."""

    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, amount: Decimal | None, currency: str) -> None:
        if amount is not None:
            currency = currency or runtime_settings.value_of("leads.currency")
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount

    def add_all(self, other: "Money") -> None:
        for currency, amount in other.amounts.items():
            self.add(amount, currency)

    def __iter__(self) -> Iterator[tuple[str, Decimal]]:
        """Yield (currency, amount) in the order of the currencies' codes."""
        return iter(sorted(self.amounts.items()))

    def __bool__(self) -> bool:
        return any(self.amounts.values())

    def __getitem__(self, currency: str) -> Decimal:
        return self.amounts.get(currency, Decimal(0))

    def per(self, count: int) -> "Money":
        """Return what it comes to for each of so many; nothing for none."""
        return Money({currency: amount / count for currency, amount in self.amounts.items()}) if count else Money()

    def over(self, spent: "Money") -> dict[str, Decimal]:
        """Return how many times what was spent in a currency came back in it; where nothing was spent, there is none."""
        return {currency: self[currency] / amount for currency, amount in spent if amount}
