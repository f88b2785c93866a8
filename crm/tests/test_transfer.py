"""Customers in from files and out to files."""

import csv
import io
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from crm.models import Customer, ImportFile, Note, Tag, User
from crm.tests.factories import make_customer, make_user
from crm.tests.staff import logged_in, member
from crm.transfer import files, workbooks
from crm.transfer.cells import incoming, outgoing
from crm.transfer.columns import guess
from crm.transfer.customers import CustomerResource
from crm.transfer.exporting import cells_of, columns_for, csv_lines
from crm.transfer.files import read_table
from crm.transfer.importing import Outcome, import_table
from crm.transfer.refused import FileRefused

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x.example","y")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1",
]


def book(*rows: list[Any]) -> bytes:
    """Return an XLSX file."""
    made = Workbook()
    sheet: Any = made.active
    for row in rows:
        sheet.append(row)
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


OF_SHEETS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


SHARED_STRINGS = (
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def sheet_xml(rows: str) -> str:
    return f"<worksheet {OF_SHEETS}><sheetData>{rows}</sheetData></worksheet>"


def sheet_of(xml: str, **more: str) -> bytes:
    """Return an XLSX file whose sheet is this XML, and its `styles` or `sharedStrings` these."""
    parts = {"xl/worksheets/sheet1.xml": xml} | {f"xl/{name}.xml": text for name, text in more.items()}
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(["name"], ["Ana"]))) as old,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in dict.fromkeys((*old.namelist(), *parts)):
            text = parts[name] if name in parts else old.read(name).decode()
            if "sharedStrings" in more:
                text = text.replace("</Types>", f"{SHARED_STRINGS}</Types>")
            new.writestr(name, text)
    return kept.getvalue()


@contextmanager
def peak_of_memory() -> Iterator[list[int]]:
    """Yield a list that afterwards holds how many bytes Python took at most."""
    peak: list[int] = []
    tracemalloc.start()
    try:
        yield peak
        peak.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


class TestReading:
    @pytest.mark.parametrize(
        "content",
        [
            "name,city\nمنى,القاهرة\n".encode(),
            "name,city\r\nمنى,القاهرة\r\n".encode("utf-8-sig"),
            "name;city\nمنى;القاهرة\n".encode("utf-16"),
            "name\tcity\nمنى\tالقاهرة\n".encode("utf-16-le"),
            "name,city\nمنى,القاهرة\n".encode("cp1256"),
            book(["name", "city"], ["منى", "القاهرة"]),
        ],
        ids=["utf-8", "utf-8 marked", "utf-16", "utf-16 unmarked", "cp1256", "xlsx"],
    )
    def test_arabic_in_every_way_it_is_written(self, content: bytes) -> None:
        table = read_table(content)
        assert (table.columns, table.rows) == (["name", "city"], [(2, ["منى", "القاهرة"])])

    def test_portuguese_as_excel_writes_it(self) -> None:
        assert read_table("nome;cidade\nJoão;São Paulo\n".encode("cp1252")).rows == [(2, ["João", "São Paulo"])]

    def test_lines_are_those_of_the_file_and_blank_ones_do_not_count(self) -> None:
        table = read_table(b'name,note\n\n"Ana","two\nlines"\n,,\nMona\n')
        assert table.rows == [(4, ["Ana", "two\nlines"]), (6, ["Mona", ""])]

    def test_cells_beyond_the_headings_are_columns_without_a_name_and_not_lost(self) -> None:
        table = read_table(b"name,note\nMona,Call her, please\nAna,,,\n")
        assert table.columns == ["name", "note", ""]
        assert table.rows == [(2, ["Mona", "Call her", "please"]), (3, ["Ana", "", ""])]
        merged = read_table(
            book(["Customers of 2026", None, None], ["Name", "Phone", "City"], ["Mona", "+201012345678", "Giza"])
        )
        assert merged.columns == ["Customers of 2026", "", ""]
        assert merged.rows[1] == (3, ["Mona", "+201012345678", "Giza"])

    def test_numbers_of_a_workbook_have_no_decimal_point(self) -> None:
        table = read_table(book(["phone", "value"], [201012345678, 12.5], [2.01e11, None]))
        assert [cells for _line, cells in table.rows] == [["201012345678", "12.5"], ["201000000000", ""]]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no rows"),
            (b"\n\n", "no rows"),
            (b"name\n", "no rows"),
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00\x01\x02" * 50, "not a CSV or XLSX"),
            (b"PK\x03\x04 but not a workbook", "cannot be read"),
            (book(["name"], ["Ana"])[:800], "cannot be read"),
            (sheet_of("<nonsense"), "cannot be read"),
            (sheet_of('<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><worksheet>&d;</worksheet>'), r"no rows|cannot be read"),
            (("," * 1_000_000).encode() + b"\nAna\n", "no rows"),
            (("x," * 1_000_000).encode() + b"\nAna\n", "more than 100 columns"),
            (b"name\n" + b"x" * 200_000 + b"\n", "Line 2 cannot be read"),
            (b"\xff\xfe\x00\xd8\x00", "damaged"),
            (b"name\n" + b"Ana\n" * (files.MAX_ROWS + 1), "more than 10,000 rows"),
            (b"x" * (files.MAX_BYTES + 1), "bigger than 10 MB"),
        ],
        ids=[
            "empty", "blank", "headings", "picture", "zip", "cut", "xml", "entities", "commas", "wide", "cell", "utf-16",
            "long", "big",
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_refused_with_a_word_about_why(self, content: bytes, words: str) -> None:
        with pytest.raises(FileRefused, match=words):
            read_table(content)

    def test_a_zip_bomb_is_not_unpacked(self) -> None:
        bomb = sheet_of("<worksheet>" + " " * (workbooks.MAX_UNPACKED + 1) + "</worksheet>")
        assert len(bomb) < 200_000
        with peak_of_memory() as peak, pytest.raises(FileRefused, match="too big once unpacked"):
            read_table(bomb)
        assert peak[0] < 5 * 1024**2

    def test_texts_that_stand_apart_from_the_sheet_as_excel_writes_them(self) -> None:
        texts = f"<sst {OF_SHEETS}><si><t>name</t></si><si><r><t>Mo</t></r><r><t>na</t></r></si></sst>"
        sheet = sheet_xml('<row><c t="s"><v>0</v></c></row><row r="4"><c t="s"><v>1</v></c></row>')
        assert read_table(sheet_of(sheet, sharedStrings=texts)).rows == [(4, ["Mona"])]

    @pytest.mark.parametrize(
        "parts",
        [
            {"xml": sheet_xml("<row>" + "<c/>" * 2_000_000 + "</row>")},
            {"xml": sheet_xml("<row>" + ("<c/>" * 90_000 + "<!-- <row> -->") * 20 + "</row>")},
            {"xml": sheet_xml("<row>" + ("<c/>" * 90_000 + "<?x <row> ?>") * 20 + "</row>")},
            {"xml": sheet_xml("<row/>" * 9_000_000)},
            {"xml": sheet_xml('<row r="99999999999"><c><v>1</v></c></row>')},
            {"xml": sheet_xml(""), "sharedStrings": f"<sst {OF_SHEETS}><si>{'<r><t>a</t></r>' * 300_000}</si></sst>"},
            {"xml": sheet_xml(""), "styles": f"<styleSheet {OF_SHEETS}><cellXfs>{'<xf/>' * 900_000}</cellXfs></styleSheet>"},
        ],
        ids=["cells", "comments", "instructions", "rows", "row number", "texts", "styles"],
    )  # fmt: skip
    def test_a_small_file_that_would_take_minutes_or_gigabytes_is_refused_at_once(self, parts: dict[str, str]) -> None:
        hostile = sheet_of(**parts)
        assert len(hostile) < 200_000
        began = time.process_time()
        with peak_of_memory() as peak, pytest.raises(FileRefused, match=r"too big once unpacked|cannot be read"):
            read_table(hostile)
        assert time.process_time() - began < 10
        assert peak[0] < 200 * 1024**2

    def test_a_sheet_as_full_as_it_may_be_is_read(self) -> None:
        rows = [[f"Person {number}", *range(40)] for number in range(5_000)]
        table = read_table(book(["name", *map(str, range(40))], *rows))
        assert (len(table.rows), table.rows[-1][1][-1]) == (5_000, "39")


class TestCells:
    @pytest.mark.parametrize("text", FORMULAS)
    def test_what_looks_like_a_formula_goes_out_as_text_and_comes_back_as_it_was(self, text: str) -> None:
        assert outgoing(text) == f"'{text}"
        assert incoming(outgoing(text)) == text

    @pytest.mark.parametrize("text", ["+20 10 1234 5678", "+201012345678", "-5", "-5.25", "Ana", "'quoted'", "", "٢٠"])
    def test_what_can_call_nothing_stays_as_it_is(self, text: str) -> None:
        assert outgoing(text) == text
        assert incoming(text) == text

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("x;=cmd|' /C calc'!A0;y", "x;'=cmd|' /C calc'!A0;y"),
            ("x; @SUM(1)", "x; '@SUM(1)"),
            ("two\n=lines", "two\n'=lines"),
            ("  =1+1", "'  =1+1"),
        ],
    )
    def test_where_semicolons_part_cells_the_rest_of_one_is_no_formula_either(self, text: str, written: str) -> None:
        """A spreadsheet set to Arabic or Portuguese opens a file with commas as if semicolons parted its cells."""
        assert outgoing(text) == written
        assert incoming(written) == text.strip()

    def test_what_no_file_keeps_goes(self) -> None:
        assert outgoing("a\x00b\x0bc\ud800") == "abc"


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["Full Name", "Mobile", "E-Mail", "Notes", "Favourite colour"], ["name", "phone", "email", "note", ""]),
        (["الاسم", "رقم الهاتف", "المحافظة", "المدينة"], ["name", "phone", "governorate", "city"]),
        (["Nome", "Telefone", "Cidade"], ["name", "phone", "city"]),
        (["phone", "Mobile", "", "name"], ["phone", "", "", "name"]),
    ],
)
@pytest.mark.django_db
def test_columns_are_guessed_by_their_names(headings: list[str], found: list[str]) -> None:
    assert guess(headings, CustomerResource(make_user()).columns()) == found


def imported(text: str, user: User | None = None, *, write: bool = True) -> Outcome:
    """Import a CSV text whose headings are our own names."""
    table = read_table(text.encode())
    return import_table(CustomerResource(user or make_user(is_superuser=True)), table, table.columns, write=write)


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    assert outcome.rows == outcome.created + outcome.updated + outcome.unchanged + outcome.refused
    return outcome.created, outcome.updated, outcome.unchanged, outcome.refused


@pytest.mark.django_db
class TestImporting:
    def test_who_is_new_is_added_with_all_that_is_told(self) -> None:
        seller = make_user("omar@shop.example")
        outcome = imported(
            "name,phone,email,governorate,city,label,trade,type,persona,language,owner,tags,note\n"
            "Mona Adel,+20 10 1234 5678,mona@mail.example,Giza,Dokki,HOT,Retail,vip,Loyal,ar,Omar@shop.example,"
            '"blue, sale",Call her\n'
        )
        assert counts(outcome) == (1, 0, 0, 0)
        mona = Customer.objects.get()
        assert (mona.name, mona.phone, mona.email, mona.governorate, mona.city) == (
            "Mona Adel", "+20 10 1234 5678", "mona@mail.example", "EG-GZ", "Dokki",
        )  # fmt: skip
        assert (mona.label, mona.trade, mona.type, mona.persona, mona.owner, mona.name_at) == (
            "hot",
            "retail",
            "vip",
            "loyal",
            seller,
            None,
        )
        assert "by" in mona.read_from["label"]
        assert set(mona.tags.values_list("name", flat=True)) == {"blue", "sale"}
        assert Note.objects.get().text == "Call her"
        assert list(Customer.objects.matching("01012345678")) == [mona]

    def test_who_is_known_is_brought_up_to_date_and_blank_cells_change_nothing(self) -> None:
        make_customer(name="mona_90", phone="01012345678", label="cold", city="Giza", name_at="2026-05-04T12:00Z")
        outcome = imported("name,phone,email,label,city\nMona,+20 10 1234 5678,mona@mail.example,hot,\n")
        assert counts(outcome) == (0, 1, 0, 0)
        mona = Customer.objects.get()
        assert (mona.name, mona.name_at, mona.label, mona.city) == ("Mona", None, "hot", "Giza")
        assert (mona.phone, mona.email) == ("01012345678", "mona@mail.example")

    def test_the_same_file_twice_changes_nothing_more(self) -> None:
        text = "name,phone,label\nMona,+201012345678,hot\nAna,+201012345679,\n"
        assert counts(imported(text)) == (2, 0, 0, 0)
        assert counts(imported(text)) == (0, 0, 2, 0)

    def test_looking_writes_nothing_and_says_the_same(self) -> None:
        make_customer(name="Ana", phone="+201012345679")
        text = "name,phone\nMona,+201012345678\nAnna,+201012345679\nX,12\n"
        with CaptureQueriesContext(connection) as captured:
            seen = imported(text, make_user(is_superuser=True), write=False)
        assert not [q["sql"] for q in captured if q["sql"].startswith(('INSERT INTO "crm_customer', "UPDATE"))]
        assert counts(seen) == counts(imported(text)) == (1, 1, 0, 1)

    def test_each_row_left_out_says_its_line_and_why(self) -> None:
        ana = make_customer(phone="+201000000001")
        make_customer(email="b@mail.example", merged_into=None)
        outcome = imported(
            "name,phone,email,label,owner\n"
            "A,12,,,\nB,,no address,lukewarm,\nC,,,,nobody@shop.example\n,,,,\n,,,hot,\n"
            "D,+201000000009,,,\nD again,0020 1000000009,,,\nE,+201000000001,b@mail.example,,\n" + "n" * 201 + ",,,,\n"
        )
        assert counts(outcome) == (1, 0, 0, 7)
        reasons = dict(outcome.reasons)
        assert list(reasons) == [2, 3, 4, 6, 8, 9, 10]
        assert "“12” is not a phone number" in reasons[2]
        assert "“no address” is not an e-mail address" in reasons[3]
        assert "“lukewarm” is none of: Hot, Warm, Cold" in reasons[3]
        assert "no active colleague has the address “nobody@shop.example”" in reasons[4]
        assert "no name, phone number or e-mail" in reasons[6]
        assert "same person as in line 7" in reasons[8]
        assert "one customer's and the e-mail address another's" in reasons[9]
        assert "longer than 200 letters" in reasons[10]
        ana.refresh_from_db()
        assert ana.name.startswith("Customer")

    def test_a_text_too_long_is_left_out_and_not_cut(self) -> None:
        outcome = imported("name,note\nMona," + "x" * 5001 + "\nAna," + "y" * 5000 + "\n")
        assert counts(outcome) == (1, 0, 0, 1)
        assert "longer than 5000 letters" in outcome.reasons[0][1]

    def test_a_row_left_out_does_not_keep_out_a_later_one_of_the_same_person(self) -> None:
        ana = make_customer(name="Ana", phone="+201000000002")
        outcome = imported(
            "name,phone,label\nMona,+201000000001,lukewarm\nMona,+201000000001,hot\n"
            "Wrong,+201000000002,lukewarm\n,+201000000002,cold\n"
        )
        assert counts(outcome) == (1, 1, 0, 2)
        assert [line for line, _why in outcome.reasons] == [2, 4]
        assert Customer.objects.get(name="Mona").label == "hot"
        ana.refresh_from_db()
        assert (ana.name, ana.label) == ("Ana", "cold")

    def test_what_is_there_already_is_no_change(self) -> None:
        text = 'name,phone,tags,note\nMona,+201012345678,"vip, sale",Call her\n'
        assert counts(imported(text)) == (1, 0, 0, 0)
        assert counts(imported(text)) == (0, 0, 1, 0)
        assert Note.objects.count() == 1
        assert counts(imported('phone,tags,note\n+201012345678,"vip, blue",Call again\n')) == (0, 1, 0, 0)
        assert set(Customer.objects.get().tags.values_list("name", flat=True)) == {"vip", "sale", "blue"}

    def test_formulas_come_in_as_harmless_text(self) -> None:
        rows = "".join(f'"{text.replace(chr(34), chr(34) * 2)}"\n' for text in FORMULAS[:5])
        assert imported("name\n" + rows).created == 5
        assert set(Customer.objects.values_list("name", flat=True)) == set(FORMULAS[:5])

    def test_who_was_merged_stands_for_the_one_who_stays(self) -> None:
        kept = make_customer(phone="+201000000001")
        make_customer(phone="+201000000002", merged_into=kept)
        assert counts(imported("phone,city\n+201000000002,Giza\n")) == (0, 1, 0, 0)
        kept.refresh_from_db()
        assert (kept.city, kept.phone) == ("Giza", "+201000000001")

    def test_two_numbers_of_one_who_was_merged_are_one_person(self) -> None:
        kept = make_customer(phone="+201000000001")
        for number in (2, 3):
            make_customer(phone=f"+20100000000{number}", merged_into=kept)
        outcome = imported("phone,city\n+201000000002,Giza\n+201000000003,Cairo\n")
        assert counts(outcome) == (0, 1, 0, 1)
        assert outcome.reasons == [(3, "The same person as in line 2.")]

    def test_one_who_was_merged_into_a_colleague_s_customer_is_left_alone(self) -> None:
        seller = make_user()
        kept = make_customer(owner=make_user())
        make_customer(phone="+201000000002", owner=seller, merged_into=kept)
        assert counts(imported("phone,city\n+201000000002,Giza\n", seller)) == (0, 0, 0, 1)
        kept.refresh_from_db()
        assert kept.city == ""

    def test_what_belongs_to_a_colleague_is_left_alone(self) -> None:
        make_customer(phone="+201000000001", owner=make_user())
        outcome = imported("phone,city\n+201000000001,Giza\n", make_user())
        assert counts(outcome) == (0, 0, 0, 1)
        assert "belong to a colleague" in outcome.reasons[0][1]
        assert Customer.objects.get().city == ""

    def test_an_error_in_the_middle_leaves_nothing_half_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make_customer(name="Ana", phone="+201000000001")

        def fail(*_args: object, **_fields: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(Note.objects, "bulk_create", fail)
        with pytest.raises(RuntimeError):
            imported("name,phone,tags,note\nMona,+201000000002,new,x\nAnna,+201000000001,,\n")
        assert list(Customer.objects.values_list("name", flat=True)) == ["Ana"]
        assert not Tag.objects.exists()

    def test_ten_thousand_rows_in_reasonable_time(self) -> None:
        rows = "".join(f"Person {number},+2010{number:08},p{number}@mail.example,hot\n" for number in range(10_000))
        text, user = f"name,phone,email,label\n{rows}", make_user(is_superuser=True)
        began = time.process_time()
        with CaptureQueriesContext(connection) as captured:
            assert imported(text, user).created == 10_000
        assert len(captured) < 100
        assert time.process_time() - began < 30
        with CaptureQueriesContext(connection) as captured:
            assert counts(imported(text, user, write=False)) == (0, 0, 10_000, 0)
        assert len(captured) < 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "words"),
    [("40P01", "at the same moment. Nothing was imported"), ("53200", "so many at once"), ("22012", "")],
)
def test_what_the_database_refuses_as_a_whole_is_said_and_writes_nothing(code: str, words: str) -> None:
    class Unlucky(CustomerResource):
        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            super().after_import(dataset, result, **kwargs)
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")

    table = read_table(b"name\nMona\n")
    with pytest.raises(FileRefused if words else DataError, match=words or "no"):
        import_table(Unlucky(make_user()), table, table.columns, write=True)
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_import_the_same_people_at_once_add_them_once() -> None:
    users = [make_user(is_superuser=True) for _number in range(2)]
    text = "name,phone\n" + "".join(f"Person {number},+2010{number:08}\n" for number in range(300))
    together = threading.Barrier(2)

    def one(user: User) -> tuple[int, int, int, int]:
        together.wait()
        try:
            return counts(imported(text, user))
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(one, users))
    assert sorted(done) == [(0, 0, 300, 0), (300, 0, 0, 0)]
    assert Customer.objects.count() == 300


def upload(client: Client, content: bytes, name: str = "people.csv", kind: str = "customers") -> Any:
    return client.post(reverse("admin:import", args=[kind]), {"file": SimpleUploadedFile(name, content)})


@pytest.mark.django_db
class TestPages:
    def test_from_the_file_to_the_customers(self) -> None:
        client = logged_in(member("manager"))
        assert "CSV or XLSX file" in client.get(reverse("admin:import", args=["customers"])).content.decode()
        answer = upload(client, b"Who,Mobile\nMona,+201012345678\nAna,12\n")
        file = ImportFile.objects.get()
        assert answer.headers["Location"] == reverse("admin:import_file", args=[file.pk])
        assert file.columns == ["", "phone"]
        page = client.get(answer.headers["Location"]).content.decode()
        assert "“12” is not a phone number" in page
        assert not Customer.objects.exists()
        client.post(reverse("admin:import_columns", args=[file.pk]), {"column-0": "name", "column-1": "phone"})
        file.refresh_from_db()
        assert file.columns == ["name", "phone"]
        for _twice in range(2):
            client.post(reverse("admin:import_run", args=[file.pk]))
        assert [(one.name, one.phone) for one in Customer.objects.all()] == [("Mona", "+201012345678")]
        file.refresh_from_db()
        assert (bytes(file.content), file.done_at is None) == (b"", False)
        assert file.outcome is not None
        assert (file.outcome["created"], file.outcome["refused"]) == (1, 1)
        page = client.get(reverse("admin:import_file", args=[file.pk])).content.decode()
        assert "Imported" in page
        assert "is not a phone number" in page

    def test_the_uploaded_file_is_encrypted_at_rest(self) -> None:
        upload(logged_in(member("manager")), b"name,phone\nMona,+201012345678\n")
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM crm_importfile")
            assert b"Mona" not in bytes(cursor.fetchone()[0])
        assert b"Mona" in ImportFile.objects.get().content

    @pytest.mark.parametrize(
        "content",
        [b"", b"\x00\x01\x02" * 99, b"PK\x03\x04oops", ("x," * 999_999).encode(), b"x" * (files.MAX_BYTES + 1)],
    )
    def test_a_hostile_file_gets_a_word_and_no_error(self, content: bytes) -> None:
        answer = upload(logged_in(member("manager")), content, "evil\u202e.xlsx")
        assert answer.status_code == 200
        assert 'role="alert"' in answer.content.decode()
        assert not ImportFile.objects.exists()

    def test_strange_choices_of_columns_are_left_out(self) -> None:
        client = logged_in(member("manager"))
        upload(client, b"a,b,c\n1,2,3\n")
        file = ImportFile.objects.get()
        client.post(
            reverse("admin:import_columns", args=[file.pk]),
            {"column-0": "name", "column-1": "name", "column-2": "password"},
        )
        file.refresh_from_db()
        assert file.columns == ["name", "", ""]

    @pytest.mark.parametrize(
        ("role", "status"), [("administrator", 200), ("manager", 200), ("seller", 403), ("viewer", 403)]
    )
    def test_managers_import_and_nobody_else(self, role: str, status: int) -> None:
        client = logged_in(member(role))
        url = reverse("admin:import", args=["customers"])
        assert client.get(url).status_code == status
        listing = client.get(reverse("admin:crm_customer_changelist")).content.decode()
        assert (url in listing) == (status == 200)
        assert reverse("admin:crm_customer_export_csv") in listing

    def test_a_file_is_its_uploader_s_alone(self) -> None:
        upload(logged_in(member("manager")), b"name\nMona\n")
        other, number = logged_in(member("administrator")), ImportFile.objects.get().pk
        assert other.get(reverse("admin:import_file", args=[number])).status_code == 404
        for page in ("import_columns", "import_run"):
            assert other.post(reverse(f"admin:{page}", args=[number])).status_code == 404
        assert other.get(reverse("admin:import", args=["passwords"])).status_code == 404


def downloaded(client: Client, query: str = "", ending: str = "csv") -> Any:
    return client.get(reverse(f"admin:crm_customer_export_{ending}") + query)


def rows_of(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.django_db
class TestExporting:
    def test_the_list_as_filtered_in_a_file_that_comes_back_in(self) -> None:
        manager = member("manager")
        mona = make_customer(
            name="منى",
            phone="+20 10 1234 5678",
            email="m@mail.example",
            governorate="EG-GZ",
            label="hot",
            owner=manager,
        )
        mona.tags.add(Tag.objects.create(name="vip"))
        make_customer(name="Ana", label="cold")
        make_customer(name="Gone", label="hot", merged_into=mona)
        headings, *rows = rows_of(downloaded(logged_in(manager), "?label=hot"))
        assert len(rows) == 1
        row = dict(zip(headings, rows[0], strict=True))
        assert (row["Name"], row["Phone"], row["E-mail"], row["Governorate"], row["Label"], row["Owner (e-mail)"], row["Tags"]) == (
            "منى", "+20 10 1234 5678", "m@mail.example", "Giza", "Hot", manager.email, "vip",
        )  # fmt: skip
        file = b"".join(downloaded(logged_in(manager), "?label=hot").streaming_content)
        table = read_table(file)
        columns = guess(table.columns, CustomerResource(manager).columns())
        assert all(columns)
        assert counts(import_table(CustomerResource(manager), table, columns, write=True)) == (0, 0, 1, 0)
        mona.refresh_from_db()
        assert (mona.name, mona.label, mona.tags.count()) == ("منى", "hot", 1)

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_nothing_in_it_is_run_by_a_spreadsheet(self, ending: str) -> None:
        for text in FORMULAS:
            make_customer(name=text, city=text)
        answer = downloaded(logged_in(member("manager")), ending=ending)
        content = b"".join(answer.streaming_content)
        if ending == "csv":
            cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
        else:
            sheet: Any = load_workbook(io.BytesIO(content)).active
            cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
            assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
        assert sum(cell.startswith("'") for cell in cells) == 2 * len(FORMULAS)
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))]

    def test_sellers_get_theirs_and_no_numbers_or_addresses(self) -> None:
        seller = member("seller")
        make_customer(name="Mine", phone="+201000000001", email="a@mail.example", owner=seller)
        make_customer(name="Theirs", owner=make_user())
        headings, *rows = rows_of(downloaded(logged_in(seller)))
        assert [row[0] for row in rows] == ["Mine"]
        assert "Phone" not in headings
        assert not [cell for row in rows for cell in row if "2010000" in cell or "@mail" in cell]

    def test_who_may_not_see_customers_gets_none(self) -> None:
        assert downloaded(logged_in(make_user())).status_code == 403

    def test_an_unreadable_number_is_marked_and_the_rest_goes_out(self) -> None:
        make_customer(name="Ana", phone="+201000000001")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_customer SET phone = 'tampered'")
        assert "unreadable" in rows_of(downloaded(logged_in(member("manager"))))[1][1]

    def test_few_queries_and_flat_memory_however_many(self) -> None:
        Customer.objects.bulk_create([Customer(name="x" * 150, city="y" * 90) for _number in range(6000)])
        columns = columns_for(CustomerResource, personal=True)
        peaks = []
        for most in (2000, 6000):
            rows = Customer.objects.filter(pk__in=Customer.objects.order_by("pk")[:most].values("pk")).order_by("pk")
            with peak_of_memory() as peak, CaptureQueriesContext(connection) as captured:
                lines = csv_lines(cells_of(CustomerResource, rows, columns))
                size = sum(map(len, lines))
            assert size > most * 200
            assert len(captured) <= 2
            peaks += peak
        assert peaks[1] < peaks[0] * 1.3
