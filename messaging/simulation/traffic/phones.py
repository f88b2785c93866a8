"""Telephone numbers that belong to nobody we know, in the spellings that platforms use."""

from messaging.simulation.world import Person, World

#: Country code and first digits of mobile numbers, with the number of digits that follow, by language.
RANGES = {
    "ar": (("2010", 8), ("2011", 8), ("2012", 8), ("2015", 8)),
    "en": (("447", 9), ("2547", 8), ("23480", 8)),
    "pt": (("55119", 8), ("55219", 8), ("3519", 8)),
}
STRIDE = 7_919  # spreads one run's numbers over the range; a prime, so that none comes twice


def phone_of(world: World, language: str, serial: int) -> str:
    """Return a number as digits with its country code, the same for the same serial of a run."""
    prefix, digits = RANGES[language][serial % len(RANGES[language])]
    return f"{prefix}{(world.run + serial * STRIDE) % 10**digits:0{digits}d}"


def spelled(world: World, phone: str) -> str:
    """Return the number as a platform may spell it: Brazil's ninth digit is often left out."""
    brazilian = phone.startswith("55") and len(phone) == 13 and phone[4] == "9" and phone[5] in "6789"
    return f"{phone[:4]}{phone[5:]}" if brazilian and world.happens(0.3) else phone


def phone_keys(phone: str) -> tuple[tuple[str, str], ...]:
    return (("phone", phone),)


def own_phone(person: Person) -> str:
    """Return somebody's number, empty where the platform withholds it."""
    return next((value for kind, value in person.keys if kind == "phone"), "")
