"""Reading answers of a form: who filled it in, and what to show of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from crm.contact_details import email_key, phone_key
from crm.folding import fold
from crm.governorates import Governorate
from messaging.lead_forms.asking import Answers
from messaging.models.lead_form import words_of

#: Keys of the platform's own questions, and what the same questions are called in forms of our languages.
NAME = ("full name", "name", "الاسم", "الاسم بالكامل", "الاسم الكامل", "nome", "nome completo")
FIRST_NAME = ("first name", "الاسم الاول", "primeiro nome")
LAST_NAME = ("last name", "اسم العائلة", "الاسم الاخير", "sobrenome")
PHONE = (
    "phone number", "phone", "work phone number", "whatsapp number", "whatsapp", "mobile", "mobile number", "رقم الهاتف", "الهاتف",
    "رقم الموبايل", "الموبايل", "رقم الواتساب", "telefone", "número de telefone", "celular",
)  # fmt: skip
EMAIL = ("email", "e mail", "work email", "email address", "البريد الالكتروني", "الايميل", "e mail comercial")
PLACE = (
    "governorate", "state", "province", "region", "city", "المحافظة", "المدينة", "estado", "província", "cidade",
)  # fmt: skip
CITY = ("city", "town", "المدينة", "cidade")

_A_PHONE = re.compile(r"\+?[\d\s().-]{9,25}")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
_GOVERNORATE_WORDS = re.compile(r"\b(?:governorate|محافظه)\b")
SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Person:
    """Who filled in a form, as far as they told; `governorate` is a code."""

    name: str = ""
    phone: str = ""
    email: str = ""
    governorate: str = ""
    city: str = ""


def person_of(answers: Answers) -> Person:
    """Return who answered. A question of the shop's own is known by its name, else by what its answer looks like."""
    told = {_key(name): values[0] for name, values in answers.fields if values}
    everything = [value for _name, values in answers.fields for value in values]
    names = (_told(told, FIRST_NAME), _told(told, LAST_NAME))
    place = next((code for name in PLACE if (code := governorate_of(told.get(_key(name), "")))), "")
    city = _told(told, CITY)
    return Person(
        name=(_told(told, NAME) or " ".join(filter(None, names)))[:200],
        phone=_first([_told(told, PHONE), *filter(_looks_like_phone, everything)], phone_key)[:40],
        email=_first([_told(told, EMAIL), *everything], email_key)[:254],
        governorate=place,
        city="" if governorate_of(city) else city[:100],
    )


def text_of_answers(answers: Answers) -> str:
    """Return the answers in lines.

    Of numbers and addresses only as much as tells them apart: a message's text is not encrypted.
    """
    lines = []
    for name, values in answers.fields:
        shown = ", ".join(_masked(_key(name), value) for value in values)
        if shown:
            lines.append(f"{words_of(name)}: {shown}")
    return "\n".join(lines)


def governorate_of(text: str) -> str:
    """Return the governorate that goes by a name or code; empty where none does."""
    wanted = " ".join(_GOVERNORATE_WORDS.sub("", fold(text)).split()) if text else ""
    return _GOVERNORATES.get(wanted, "") if wanted else ""


def _masked(key: str, value: str) -> str:
    if key in _EMAILS or email_key(value):
        account, at, host = value.rpartition("@")
        return f"{account[:1]}…{at}{host}" if at else "…"
    if (key in _PHONES and any(map(str.isdigit, value))) or _looks_like_phone(value):
        return f"…{''.join(filter(str.isdigit, value))[-SHOWN_DIGITS:]}"
    return value


def _looks_like_phone(value: str) -> bool:
    return bool(_A_PHONE.fullmatch(value) and not _DATE.fullmatch(value) and phone_key(value))


def _key(name: str) -> str:
    return " ".join(re.sub(r"[_\W]+", " ", fold(name)).split())


def _told(told: dict[str, str], names: tuple[str, ...]) -> str:
    return next((told[key] for name in names if (key := _key(name)) in told), "")


def _first(values: list[str], key_of: Callable[[str], bytes]) -> str:
    return next((value for value in values if value and key_of(value)), "")


_PHONES, _EMAILS = frozenset(map(_key, PHONE)), frozenset(map(_key, EMAIL))
_ARABIC = {
    Governorate.ALEXANDRIA: "الاسكندرية", Governorate.ASWAN: "اسوان", Governorate.ASYUT: "اسيوط", Governorate.BEHEIRA: "البحيرة",
    Governorate.BENI_SUEF: "بني سويف", Governorate.CAIRO: "القاهرة", Governorate.DAKAHLIA: "الدقهلية",
    Governorate.DAMIETTA: "دمياط", Governorate.FAYOUM: "الفيوم", Governorate.GHARBIA: "الغربية", Governorate.GIZA: "الجيزة",
    Governorate.ISMAILIA: "الاسماعيلية", Governorate.SOUTH_SINAI: "جنوب سيناء", Governorate.QALYUBIA: "القليوبية",
    Governorate.KAFR_EL_SHEIKH: "كفر الشيخ", Governorate.QENA: "قنا", Governorate.LUXOR: "الاقصر", Governorate.MINYA: "المنيا",
    Governorate.MONUFIA: "المنوفية", Governorate.MATROUH: "مطروح", Governorate.PORT_SAID: "بورسعيد", Governorate.SOHAG: "سوهاج",
    Governorate.SHARQIA: "الشرقية", Governorate.NORTH_SINAI: "شمال سيناء", Governorate.SUEZ: "السويس",
    Governorate.NEW_VALLEY: "الوادي الجديد", Governorate.RED_SEA: "البحر الاحمر",
}  # fmt: skip
_GOVERNORATES = (
    {fold(str(code.value)): code.value for code in Governorate}
    | {fold(str(code.label)): code.value for code in Governorate}
    | {fold(name): code.value for code, name in _ARABIC.items()}
)
