"""Where somebody lives is read from what they write, and not from what only sounds like it."""

import pytest

from crm.folding import fold
from crm.governorates import Governorate
from crm.phrases import Phrases, outermost
from crm.words import words_of
from leads.reading.egypt import PLACES
from leads.reading.places import Place, place_in, place_phrases

PHRASES = Phrases(place_phrases(), bare=False)
G = Governorate

# Each governorate in both scripts, and cities of it in either.
NAMES: dict[Governorate, tuple[str, str, dict[str, str]]] = {
    G.ALEXANDRIA: ("الإسكندرية", "Alexandria", {"سموحة": "Smouha", "sidi bishr": "Sidi Bishr"}),
    G.ASWAN: ("أسوان", "Aswan", {"كوم أمبو": "Kom Ombo", "edfu": "Edfu"}),
    G.ASYUT: ("أسيوط", "Assiut", {"منفلوط": "Manfalut", "dairut": "Dairut"}),
    G.BEHEIRA: ("البحيرة", "Beheira", {"دمنهور": "Damanhour", "kafr el dawwar": "Kafr El Dawwar"}),
    G.BENI_SUEF: ("بني سويف", "Beni Suef", {"الفشن": "El Fashn", "el wasta": "El Wasta"}),
    G.CAIRO: ("القاهرة", "Cairo", {"مدينة نصر": "Nasr City", "maadi": "Maadi"}),
    G.DAKAHLIA: ("الدقهلية", "Dakahlia", {"المنصورة": "Mansoura", "mit ghamr": "Mit Ghamr"}),
    G.DAMIETTA: ("دمياط", "Damietta", {"رأس البر": "Ras El Bar", "faraskur": "Faraskur"}),
    G.FAYOUM: ("الفيوم", "Fayoum", {"سنورس": "Sinnuris", "ibsheway": "Ibsheway"}),
    G.GHARBIA: ("الغربية", "Gharbia", {"طنطا": "Tanta", "el mahalla": "El Mahalla"}),
    G.GIZA: ("الجيزة", "Giza", {"الدقي": "Dokki", "sheikh zayed": "Sheikh Zayed"}),
    G.ISMAILIA: ("الإسماعيلية", "Ismailia", {"القنطرة": "El Qantara", "tell el kebir": "Tell El Kebir"}),
    G.SOUTH_SINAI: ("جنوب سيناء", "South Sinai", {"شرم الشيخ": "Sharm El Sheikh", "nuweiba": "Nuweiba"}),
    G.QALYUBIA: ("القليوبية", "Qalyubia", {"بنها": "Banha", "shubra el kheima": "Shubra El Kheima"}),
    G.KAFR_EL_SHEIKH: ("كفر الشيخ", "Kafr El Sheikh", {"دسوق": "Desouk", "baltim": "Baltim"}),
    G.QENA: ("قنا", "Qena", {"نجع حمادي": "Nag Hammadi", "dishna": "Dishna"}),
    G.LUXOR: ("الأقصر", "Luxor", {"إسنا": "Esna", "armant": "Armant"}),
    G.MINYA: ("المنيا", "Minya", {"ملوي": "Mallawi", "maghagha": "Maghagha"}),
    G.MONUFIA: ("المنوفية", "Menoufia", {"شبين الكوم": "Shebin El Kom", "ashmoun": "Ashmoun"}),
    G.MATROUH: ("مطروح", "Matrouh", {"العلمين": "El Alamein", "siwa": "Siwa"}),
    G.PORT_SAID: ("بورسعيد", "Port Said", {"بور فؤاد": "Port Fouad", "el manakh": "El Manakh"}),
    G.SOHAG: ("سوهاج", "Sohag", {"أخميم": "Akhmim", "tahta": "Tahta"}),
    G.SHARQIA: ("الشرقية", "Sharqia", {"الزقازيق": "Zagazig", "belbeis": "Belbeis"}),
    G.NORTH_SINAI: ("شمال سيناء", "North Sinai", {"العريش": "El Arish", "rafah": "Rafah"}),
    G.SUEZ: ("السويس", "Suez", {"العين السخنة": "Ain Sokhna", "el arbaeen": "El Arbaeen"}),
    G.NEW_VALLEY: ("الوادي الجديد", "New Valley", {"الخارجة": "Kharga", "farafra": "Farafra"}),
    G.RED_SEA: ("البحر الأحمر", "Red Sea", {"الغردقة": "Hurghada", "safaga": "Safaga"}),
}


def read(text: str) -> Place | None:
    folded = fold(text)
    return place_in(outermost(PHRASES.find(folded)), words_of(folded))


def test_every_governorate_is_here() -> None:
    assert set(NAMES) == set(PLACES) == set(Governorate)


@pytest.mark.parametrize(
    ("name", "governorate"),
    [(name, governorate) for governorate, (arabic, latin, _cities) in NAMES.items() for name in (arabic, latin)],
)
def test_a_governorate_is_read_in_both_scripts(name: str, governorate: Governorate) -> None:
    assert read(f"{name}?") == Place(governorate.value)


@pytest.mark.parametrize(
    ("name", "city", "governorate"),
    [(name, city, governorate) for governorate, names in NAMES.items() for name, city in names[2].items()],
)
def test_a_city_is_read_with_its_governorate(name: str, city: str, governorate: Governorate) -> None:
    assert read(f"delivery {name.upper()} !") == Place(governorate.value, city)


@pytest.mark.parametrize(
    ("text", "governorate", "city"),
    [
        ("الشحن لطنطا بكام", G.GHARBIA, "Tanta"),
        ("بالمنصورة", G.DAKAHLIA, "Mansoura"),
        ("وللقاهرة كام", G.CAIRO, ""),
        ("للإسكندرية", G.ALEXANDRIA, ""),
        ("القاهره مدينه نصر شارع عباس", G.CAIRO, "Nasr City"),
        ("بتشحنوا للقاهرة بس ولا إيه؟ أنا من طنطا", G.GHARBIA, "Tanta"),
        ("Cairo only? I live in Tanta", G.GHARBIA, "Tanta"),
        ("أنا من دمياط وباشتغل في القاهرة", G.DAMIETTA, ""),
        ("شبرا الخيمة", G.QALYUBIA, "Shubra El Kheima"),
        ("شبرا", G.CAIRO, "Shubra"),
        ("منيا القمح", G.SHARQIA, "Minya El Qamh"),
        ("ana mn eskendria", G.ALEXANDRIA, ""),
        ("ساكن في أكتوبر", G.GIZA, "6th of October"),
        ("مدينة ٦ أكتوبر", G.GIZA, "6th of October"),
        ("ساكنة في دهب", G.SOUTH_SINAI, "Dahab"),
        ("أنا من الزمالك", G.CAIRO, "Zamalek"),
        ("i am from alex", G.ALEXANDRIA, ""),
        ("شارع فيصل", G.GIZA, "Faisal"),
    ],
)
def test_a_place_within_a_sentence(text: str, governorate: Governorate, city: str) -> None:
    assert read(text) == Place(governorate.value, city)


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "خاتم دهب عيار 21", "سلسلة من دهب", "dahab ring", "يوم 6 أكتوبر", "في شهر أكتوبر",
        "ماتش الزمالك", "السلام عليكم",
        "حرام عليكم", "haram", "thanks Alex", "Faisal", "محمد فيصل", "بضاعة شرقية", "ملابس غربية", "الصف التالت",
        "العاشر",
        "Stanley cup", "قناة السويس", "الشروق", "زايد عليها", "كوباية ستانلي", "رشيد", "ناصر",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_place(text: str) -> None:
    assert read(text) is None


def test_no_name_means_two_places() -> None:
    meanings: dict[tuple[str, ...], set[Place | None]] = {}
    for phrase, place in place_phrases():
        meanings.setdefault(tuple(words_of(fold(phrase))), set()).add(place)
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_every_governorate_has_cities_and_names() -> None:
    for governorate, text in PLACES.items():
        heads = {line.split(":")[0] for line in text.strip().splitlines() if not line.startswith("*")}
        assert len(heads) >= 5, governorate
        assert any(line.startswith("* ") for line in text.strip().splitlines()), governorate
