"""Headers wherever they stand, and which rows below are no data; no person is taken for a sign."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from imports.kinds.base import Column
from imports.reading import bounds, layout
from imports.reading.bounds import SheetError
from imports.reading.columns import guess_mapping
from imports.reading.files import Workbook
from imports.reading.layout import data_rows, find_header, header_at
from imports.reading.values import read_text
from tests.imports import workbooks

KIND = SimpleNamespace(
    columns=(
        Column("full_name", "Họ và tên", read_text, ("Họ tên",), required=True),
        Column("birth", "Ngày sinh", read_text, ("Năm sinh",), required=True),
        Column("sex", "Giới tính", read_text, (), required=True),
        Column("identity", "Số định danh", read_text, ("CCCD",)),
        Column("address", "Địa chỉ", read_text),
    )
)
HEAD = ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "CCCD", "Địa chỉ"]
AN = [1, "Nguyễn Văn An", "05/09/1990", "Nam", "042090000001", "Số 1"]
BINH = [2, "Trần Thị Bình", "1991", "Nữ", None, "Số 2"]


@pytest.fixture
def opened(tmp_path):
    def make(data, name="a.xlsx"):
        path = Path(tmp_path, "stored")
        path.write_bytes(data)
        return Workbook(path, name)

    return make


def read(book, kind=KIND):
    """Return the header found and `{number: (name's cell, note)}` below it."""
    sheet = book.sheets[0]
    header = find_header(book, sheet, kind)
    mapping = {str(place): key for place, key in guess_mapping(header.names, kind).items()}
    batch = SimpleNamespace(
        sheet=sheet, header_row=header.row, header_lines=header.lines, mapping=mapping
    )
    return header, {number: note for number, _, note in data_rows(book, batch, kind)}


# --- The header ---------------------------------------------------------------------------------


def test_header_below_titles_and_a_blank_row(opened):
    titles = [["CÔNG AN PHƯỜNG KỲ LIÊN"], [], ["DANH SÁCH NHÂN KHẨU"], ["Năm sinh từ 1950"], []]
    header, notes = read(opened(workbooks.xlsx([*titles, HEAD, AN, BINH])))
    assert (header.row, header.lines, header.names) == (6, 1, HEAD)
    assert notes == {7: "", 8: ""}


def test_a_fuller_table_further_down_hides_no_row_of_the_first(opened):
    first = [HEAD[:4], AN[:4]]
    header, notes = read(opened(workbooks.xlsx([*first, [], ["II. Bổ sung"], HEAD, BINH])))
    assert (header.row, header.lines) == (1, 1)
    assert notes == {2: "", 4: layout.NOTE, 5: layout.AGAIN, 6: ""}


def test_sheet_that_begins_lower_and_further_right(opened):
    header, notes = read(opened(workbooks.xlsx([HEAD, AN], start=(2, 3))))
    assert (header.row, header.names) == (3, ["", "", "", *HEAD])
    assert notes == {4: ""}


def test_header_of_two_lines_with_merged_groups(opened):
    data = workbooks.xlsx(
        [
            [],
            [None, None, None, None, "Số", "Ngày cấp", None],
            [1, "Nguyễn Văn An", "05/09/1990", "Nam", "042090000001", "01/01/2022", "Số 1"],
        ],
        merged=[
            ("A1:A2", "STT"),
            ("B1:B2", "Họ và tên"),
            ("C1:C2", "Ngày sinh"),
            ("D1:D2", "Giới tính"),
            ("E1:F1", "CCCD"),
            ("G1:G2", "Địa chỉ"),
        ],
    )
    header, notes = read(opened(data))
    assert (header.row, header.lines) == (1, 2)
    assert header.names == [*HEAD[:4], "CCCD Số", "CCCD Ngày cấp", "Địa chỉ"]
    assert guess_mapping(header.names, KIND)[4] == "identity"
    assert notes == {3: ""}


def test_groups_of_a_csv_file_reach_over_empty_cells(opened):
    rows = [["", "Người", "", ""], ["STT", "Họ tên", "Năm sinh", "x"]]
    book = opened(workbooks.csv_file(rows), "a.csv")
    assert header_at(book, "", 1, 2).names == ["STT", "Người Họ tên", "Người Năm sinh", "Người x"]


def test_a_row_of_data_is_never_a_second_line_of_the_header(opened):
    header, notes = read(opened(workbooks.xlsx([HEAD, AN, BINH])))
    assert (header.row, header.lines) == (1, 1)
    assert list(notes) == [2, 3]


def test_without_any_known_name_the_first_row_that_holds_something(opened):
    header = find_header(opened(workbooks.xlsx([[], ["a", "b"], ["c", "d"]])), "Danh sách", KIND)
    assert (header.row, header.lines, header.names) == (2, 1, ["a", "b"])


def test_header_below_row_50_is_not_looked_for_but_may_be_pointed_at(opened):
    book = opened(workbooks.xlsx([["a"]] * 60 + [HEAD, AN]))
    assert find_header(book, "Danh sách", KIND).row == 1
    assert header_at(book, "Danh sách", 61, 1).names == HEAD


def test_empty_sheet_is_said(opened):
    with pytest.raises(SheetError, match="trống"):
        find_header(opened(workbooks.xlsx()), "Danh sách", KIND)


def test_best_sheet_is_the_one_that_names_most(opened):
    book = opened(workbooks.xlsx([["Ghi chép"]], others={"Hộ": [HEAD, AN], "Khác": [["a"]]}))
    assert book.best_sheet(KIND) == "Hộ"
    assert opened(workbooks.xlsx([["a"]], others={"b": [["c"]]})).best_sheet(KIND) == "Danh sách"


# --- The rows below it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ([1, 2, 3, 4, 5, 6], layout.NUMBERS),
        (["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"], layout.NUMBERS),
        (["A", "B", "1", "2", "3", "4"], layout.NUMBERS),
        (HEAD, layout.AGAIN),
        ([None, "HỌ VÀ TÊN", "NGÀY SINH", "GIỚI TÍNH"], layout.AGAIN),
        ([None, "Tổng cộng"], layout.TOTAL),
        (["Tổng cộng: 35 người"], layout.TOTAL),
        ([None, "CỘNG:", 12, 5], layout.TOTAL),
        ([None, "Tổng số hộ: 12, nhân khẩu: 45"], layout.TOTAL),
        ([None, None, None, None, "Kỳ Liên, ngày 5 tháng 10 năm 2026"], layout.SIGNATURE),
        ([None, None, None, None, "Kỳ Liên, ngày ... tháng ... năm ..."], layout.SIGNATURE),
        ([None, "NGƯỜI LẬP BIỂU", None, None, "TRƯỞNG CÔNG AN PHƯỜNG"], layout.SIGNATURE),
        ([None, "(Ký, ghi rõ họ tên)"], layout.SIGNATURE),
        ([None, None, None, None, "KT. TRƯỞNG CÔNG AN PHƯỜNG"], layout.SIGNATURE),
        (["Ghi chú: số liệu tính đến 01/10/2026"], layout.NOTE),
        (["TỔ DÂN PHỐ 1"], layout.NOTE),
        (AN, ""),
        ([3, "Tống Công Minh", "1990", "Nam"], ""),
        ([3, "Cộng Thị Hoa", "1990", "Nữ"], ""),
        ([3, "Nguyễn Văn Ngày", "1990", "Nam", None, "Nhà của thủ trưởng"], ""),
        ([3, "Trưởng Công An", "1990", "Nam"], ""),
        # Refused all the same, for what it lacks, and with that reason.
        ([3, "Nguyễn Văn Dũng", None, "Nam", "042090000009"], ""),
        ([3, "Tổng Văn Cộng", None, "Nam"], ""),
    ],
)
def test_what_a_row_is(opened, row, note):
    assert read(opened(workbooks.xlsx([HEAD, AN, row, BINH])))[1] == {2: "", 3: note, 4: ""}


def test_name_below_a_signature_is_one_too_until_data_goes_on(opened):
    rows = [
        HEAD,
        AN,
        [None, "NGƯỜI LẬP", None, None, "TRƯỞNG CÔNG AN PHƯỜNG"],
        [None, "Lê Văn Ký", None, None, "Đại uý Phan Văn Dấu"],
        [None, "Lê Văn Ký"],
        BINH,
        [4, "Hồ Thị Cam", None, "Nữ"],
    ]
    notes = read(opened(workbooks.xlsx(rows)))[1]
    assert [number for number, note in notes.items() if note == layout.SIGNATURE] == [3, 4, 5]
    assert notes[6] == notes[7] == ""


def test_kind_with_one_required_column_keeps_rows_of_one_cell(opened):
    kind = SimpleNamespace(columns=(KIND.columns[0], *(KIND.columns[3:])))
    rows = [
        ["Họ và tên", "CCCD"],
        ["Nguyễn Văn An"],
        ["Tổng cộng: 1"],
        ["Người lập biểu"],
        ["Lê Ký"],
    ]
    notes = read(opened(workbooks.xlsx(rows)), kind)[1]
    assert notes == {2: "", 3: layout.TOTAL, 4: layout.SIGNATURE, 5: layout.SIGNATURE}


def test_every_row_that_holds_anything_comes_out(opened):
    rows = [HEAD, AN, [], BINH, ["x"], [None, None, None, None, None, None, "bên lề"]]
    assert list(read(opened(workbooks.xlsx(rows)))[1]) == [2, 4, 5, 6]


def test_too_many_rows_are_said(opened, monkeypatch):
    monkeypatch.setattr(layout, "MAX_ROWS", 2)
    with pytest.raises(SheetError, match="hơn 2 dòng"):
        read(opened(workbooks.xlsx([HEAD, AN, BINH, AN])))
    assert bounds.MAX_ROWS == 200_000
