"""Exports open in a spreadsheet as they were meant, and run nothing."""

import csv
import io
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kylien.core import exports
from kylien.core.exports import csv_lines, filename, safe_cell, sheet_name, write_workbook

AT = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def test_file_begins_with_a_byte_order_mark_and_ends_lines_for_windows():
    data = b"".join(csv_lines(["Họ tên", "Số"], [["Đặng, An", 2]]))
    assert data == '\ufeffHọ tên,Số\r\n"Đặng, An",2\r\n'.encode()


def test_rows_are_asked_for_one_by_one():
    def rows():
        yield ["a"]
        raise AssertionError("asked too early")

    lines = csv_lines(["x"], rows())
    assert [next(lines) for _ in range(3)] == ["\ufeff".encode(), b"x\r\n", b"a\r\n"]


@pytest.mark.parametrize(
    "value",
    ["=1+1", "+84912", "-An", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1", "＝1", "-1+1", "\u00a0=1"],
)
def test_text_that_could_run_gets_an_apostrophe(value):
    assert safe_cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["An", "042090000001", "-5", "-1.234,5", "a=b", "", " An"])
def test_harmless_text_stays(value):
    assert safe_cell(value) == value


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "Có"),
        (False, "Không"),
        (-3, -3),
        (date(2026, 9, 5), "05/09/2026"),
        (datetime(2026, 9, 5, 18, 30, tzinfo=UTC), "06/09/2026 01:30"),
        (Decimal("-3.50"), "-3.50"),
    ],
)
def test_values_are_written_as_people_read_them(value, cell):
    assert safe_cell(value) == cell


def test_headers_are_made_safe_too_and_broken_letters_do_not_stop_the_file():
    assert b"".join(csv_lines(["=x"], [["\ud800"]])) == "\ufeff'=x\r\n?\r\n".encode()


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_every_row_is_read_back_as_safe_cells(rows):
    data = b"".join(csv_lines(["a", "b"], rows)).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(data, newline="")))[1:]
    assert read == [[safe_cell(value) for value in row] for row in rows]
    for value in (cell for row in read for cell in row):
        assert value.strip()[:1] not in {"=", "+", "@"}


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Nhân khẩu", "nhan-khau-2026-11-24.csv"),
        ("Hộ/Đường: 'x'", "ho-duong-x-2026-11-24.csv"),
        ("???", "du-lieu-2026-11-24.csv"),
    ],
)
def test_file_names_are_plain(stem, name):
    assert filename(stem, date(2026, 11, 24)) == name


def test_file_name_takes_another_extension():
    assert filename("ho", date(2026, 1, 2), "xlsx") == "ho-2026-01-02.xlsx"


# --- workbooks ----------------------------------------------------------------------------------


def written(rows, header=("Mã", "Nội dung"), title="Nhân khẩu", **changes):
    """Return a workbook of rows as bytes."""
    file = io.BytesIO()
    said = {"author": "Đại uý Lê Thử", "at": AT, "about": lambda count: [("Số dòng", count)]}
    write_workbook(file, title=title, header=header, rows=rows, **(said | changes))
    return file.getvalue()


def opened(rows, **kwargs):
    """Return the first sheet as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(written(rows, **kwargs))).worksheets[0]


def read_back(rows, **kwargs):
    """Return the first sheet's rows below the header, as the portal's own reading sees them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(written(rows, **kwargs)))
    return book.get_sheet_by_index(0).to_python()[1:]


@pytest.mark.parametrize(
    ("value", "cell", "kind", "code"),
    [
        ("042090000001", "042090000001", "s", "@"),
        ("0912345678", "0912345678", "s", "@"),
        ("H-00012", "H-00012", "s", "@"),
        ("1990", "1990", "s", "@"),  # a birth of which the year alone is known
        (12, 12, "n", "General"),
        (-3, -3, "n", "General"),
        (0, 0, "n", "General"),
        (Decimal("85.50"), 85.5, "n", "General"),
        (10**18, "1000000000000000000", "s", "@"),  # more digits than Excel keeps
        (float("nan"), "nan", "s", "@"),
        (date(2026, 9, 5), "2026-09-05 00:00", "d", "dd/mm/yyyy"),
        (
            datetime(2026, 9, 5, 18, 30, 59, 900, tzinfo=UTC),
            "2026-09-06 01:30",
            "d",
            "dd/mm/yyyy hh:mm",
        ),
        (date(1899, 12, 31), "31/12/1899", "s", "@"),  # before the days that Excel knows
        (True, "Có", "s", "@"),
        (False, "Không", "s", "@"),
    ],
)
def test_a_cell_is_what_its_value_is(value, cell, kind, code):
    found = opened([[value, "x"]])["A2"]
    shown = f"{found.value}"[:-3] if kind == "d" else found.value
    assert (shown, found.data_type, found.number_format) == (cell, kind, code)


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_an_empty_cell(value):
    sheet = opened([[value, "x"]])
    assert sheet["A2"].value is None
    assert sheet["B2"].value == "x"


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+84912",
        "-An",
        "@SUM(A1)",
        '=HYPERLINK("http://x")',
        "{=1+1}",
        "http://x.vn",
        "=" * 9,
    ],
)
def test_text_that_could_run_is_text_and_stays_as_it_was(value):
    data = written([[value, value]])
    cell = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == (value, "s", "@")
    with ZipFile(io.BytesIO(data)) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
        assert not any("hyperlink" in name for name in parts.namelist())
    assert "<f>" not in xml
    assert "<hyperlink" not in xml


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("<r>x</r>", "<r>x</r> "),
        ("<r><t>một</t></r>", "<r><t>một</t></r> "),
        ('a & b < c > d "e"', 'a & b < c > d "e"'),
        ("\ud800An", "\ufffdAn"),
        ("An\uffff", "An\ufffd"),
        ("hai\ndòng", "hai\ndòng"),
        ("  An ", "  An "),
        ("x\x00y\x1b", "x\x00y\x1b"),
        ("😀" * 20_000, "😀" * 16_383),  # Excel's limit is 32,767 units of UTF-16
    ],
)
def test_no_text_breaks_the_workbook(value, cell):
    assert read_back([[value, "x"]]) == [[cell, "x"]]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_every_text_is_read_back(rows):
    kept = [row for row in rows if any(row)]  # an empty row is none to its reader
    found = openpyxl.load_workbook(io.BytesIO(written(kept))).worksheets[0]
    assert found.max_row == len(kept) + 1


def test_the_header_stays_in_sight_and_filters():
    sheet = opened([["H-1", "x"], ["H-2", "y"]])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert [cell.value for cell in sheet[1]] == ["Mã", "Nội dung"]
    assert sheet["A1"].font.bold
    assert sheet.print_title_rows == "$1:$1"
    assert opened([]).auto_filter.ref == "A1:B1"


def test_columns_are_as_wide_as_what_they_hold_within_reason():
    sheet = opened([["x", "y" * 30], ["x", "z" * 3000]])
    assert sheet.column_dimensions["A"].width < 12
    assert sheet.column_dimensions["B"].width == pytest.approx(50, abs=1)


def test_the_second_sheet_says_what_was_taken_along_and_the_footer_by_whom():
    told = [("Danh sách", "Nhân khẩu"), ("Tìm", "=đào"), ("Số dòng", 1), ("Lúc", AT)]
    book = openpyxl.load_workbook(
        io.BytesIO(written([["H-1", "x"]], author="Lê & Thử", about=lambda count: told))
    )
    assert book.sheetnames == ["Nhân khẩu", "Bộ lọc"]
    cells = [[cell.value for cell in row] for row in book["Bộ lọc"].iter_rows()]
    assert cells[0] == ["Mục", "Nội dung"]
    assert cells[1:3] == [["Danh sách", "Nhân khẩu"], ["Tìm", "=đào"]]
    assert cells[4][0] == "Lúc"
    assert f"{cells[4][1]:%Y-%m-%d %H:%M}" == "2026-11-25 01:30"
    footer = book["Nhân khẩu"].oddFooter
    assert footer.left.text == "Nhân khẩu – Lê && Thử, 25/11/2026 01:30"
    assert book.properties.creator == "Lê & Thử"


def test_the_second_sheet_knows_how_many_rows_were_written():
    file, seen = io.BytesIO(), []
    count = write_workbook(
        file,
        title="x",
        header=["a"],
        rows=([n] for n in range(7)),
        author="y",
        at=AT,
        about=lambda rows: seen.append(rows) or [],
    )
    assert (count, seen) == (7, [7])


def test_rows_of_a_workbook_are_asked_for_one_by_one(monkeypatch):
    written_before = []
    sheet = exports._Sheet
    write = sheet.write

    def watch(self, line, place, value):
        written_before.append(value)
        return write(self, line, place, value)

    def rows():
        yield ["a"]
        assert written_before == ["a"]
        yield ["b"]

    monkeypatch.setattr(sheet, "write", watch)
    assert len(read_back(rows(), header=["x"])) == 2


def test_more_rows_than_a_sheet_takes_are_refused_not_left_out(monkeypatch):
    monkeypatch.setattr(exports, "MAX_ROWS", 3)
    assert len(read_back([["a", 1]] * 3)) == 3
    with pytest.raises(ValueError, match="rows"):
        written([["a", 1]] * 4)


def test_nothing_stays_behind_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    written([["a", 1]] * 50)
    assert not list(tmp_path.iterdir())

    def broken():
        yield ["a", 1]
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="gone"):
        written(broken())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nhân khẩu", "Nhân khẩu"),
        ("Quý IV/2026: [nháp] *", "Quý IV 2026   nháp"),
        ("'Trong ngoặc'", "Trong ngoặc"),
        ("x" * 40, "x" * 31),
        ("x" * 30 + "' y", "x" * 30),
        ("???", "Dữ liệu"),
    ],
)
def test_a_sheet_gets_a_name_that_excel_takes(title, name):
    assert sheet_name(title) == name
    assert openpyxl.load_workbook(io.BytesIO(written([], title=title))).sheetnames[0] == name
