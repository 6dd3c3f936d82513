"""Exports open in a spreadsheet as they were meant, and run nothing."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kylien.core.exports import csv_lines, filename, safe_cell


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
