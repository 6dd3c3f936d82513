"""The error workbook and the templates: what people get to correct and to fill in."""

import datetime as dt
import io

import openpyxl
import pytest
import xlsxwriter
from django.core.files import File

from imports.kinds import KINDS
from imports.kinds.base import Outcome, Run
from imports.models import ImportBatch
from imports.services import batches
from imports.services.errors import write_error_workbook
from imports.services.templates import GUIDE, write_template
from imports.services.writing import begin_writing, write
from kylien.core.exports import sheet_name
from outreach.models import Partner
from tests import factories
from tests.imports.partners import HEADER, workbook

pytestmark = pytest.mark.usefixtures("kind")


def read(file, on, name="tổ chức.xlsx"):
    """Return the batch of a workbook, read with the columns that are guessed."""
    batch = batches.upload(file=File(file, name=name), kind="people", user=None)
    begun = batches.begin_reading(batch=batch)
    batch = batches.read(batch=begun, run=Run(on=on))
    assert batch.state == ImportBatch.State.READ, batch.failure
    return batch


def errors_of(batch):
    file = io.BytesIO()
    write_error_workbook(batch, file)
    file.seek(0)
    return file


def opened(file):
    return openpyxl.load_workbook(file).worksheets[0]


def test_every_row_stays_in_place_and_the_refused_say_why(ward, on):
    factories.PartnerFactory(name="Hội Phụ nữ phường")
    batch = read(
        workbook(
            ("Trường Tiểu học", "Ngô Thị Em", "0100000011", "tốt"),
            ("", "Đỗ Văn Hà", "0100000012", ""),
            ("Hội Phụ nữ tổ 5", "", "", ""),
            ("Trạm Y tế", "", "12", ""),
        ),
        on,
    )
    assert (batch.new, batch.doubtful, batch.refused) == (1, 1, 2)
    sheet = opened(errors_of(batch))
    assert sheet.title == "Tổ chức"
    assert sheet["A1"].value == "DANH SÁCH TỔ CHỨC"
    assert [cell.value for cell in sheet[3]] == list(HEADER)
    assert [cell.value for cell in sheet[4]] == [
        "Trường Tiểu học",
        "Ngô Thị Em",
        "0100000011",
        "tốt",
    ]
    assert sheet["A5"].comment.text.startswith("Tên tổ chức: để trống")
    assert "Hội Phụ nữ phường" in sheet["A6"].comment.text
    assert sheet["C7"].comment.text.startswith("Điện thoại: ")
    commented = {cell.coordinate for row in sheet.rows for cell in row if cell.comment}
    assert commented == {"A5", "A6", "C7"}
    fills = {row: sheet[f"B{row}"].fill.fgColor.rgb for row in (4, 5, 6, 7)}
    assert fills[4] == "00000000"
    assert fills[5] == fills[7] != fills[6]
    assert sheet["C7"].fill.fgColor.rgb != sheet["D7"].fill.fgColor.rgb


def test_decided_rows_need_no_correction(ward, on):
    partner = factories.PartnerFactory(name="Hội Phụ nữ phường")
    batch = read(workbook(("Hội Phụ nữ tổ 5", "", "", ""), ("Cấm", "", "", "")), on)
    batches.decide(rows=batch.lines.filter(outcome=Outcome.DOUBTFUL), decision=f"same:{partner.pk}")
    sheet = opened(errors_of(batch))
    assert sheet["A4"].comment is None
    assert sheet["A5"].comment is not None


def test_cells_stay_what_they_are_and_numbers_of_people_become_text(ward, on):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Bảng")
        sheet.write_row(0, 0, ["Tên tổ chức", "Đầu mối", "Điện thoại", "Ngày", "Số", "Đúng", "Lạ"])
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_string(1, 0, "Cấm")
        sheet.write_number(1, 2, 100000011)
        sheet.write_datetime(1, 3, dt.datetime(2026, 9, 5), day)  # noqa: DTZ001
        sheet.write_number(1, 4, 2.5)
        sheet.write_boolean(1, 5, True)
        sheet.write_string(1, 6, "=1+1")
    file.seek(0)
    row = opened(errors_of(read(file, on)))[2]
    assert row[2].value == "100000011"
    assert row[3].value == dt.datetime(2026, 9, 5)  # noqa: DTZ001
    assert (row[4].value, row[5].value) == (2.5, True)
    assert (row[6].value, row[6].data_type) == ("=1+1", "s")
    assert row[6].quotePrefix


def test_corrected_in_place_and_uploaded_again_it_is_taken(ward, on):
    first = read(
        workbook(
            ("Trường Tiểu học", "Ngô Thị Em", "0100000011", ""),
            ("", "Đỗ Văn Hà", "0100000012", ""),
            ("Trạm Y tế", "", "12", ""),
        ),
        on,
    )
    write(batch=begin_writing(batch=first, only_good=True), run=Run(on=on))
    book = openpyxl.load_workbook(errors_of(first))
    sheet = book.worksheets[0]
    sheet["A5"], sheet["C6"] = "Đoàn Thanh niên", "0100000013"
    corrected = io.BytesIO()
    book.save(corrected)
    corrected.seek(0)
    second = read(corrected, on)
    assert (second.rows, second.same, second.new, second.refused) == (3, 1, 2, 0)
    write(batch=begin_writing(batch=second, only_good=False), run=Run(on=on))
    assert Partner.objects.count() == 3


def test_a_csv_file_becomes_a_workbook(ward, on):
    text = "Tên tổ chức,Đầu mối,Điện thoại\nCấm,Ngô Thị Em,0100000011\n"
    batch = read(io.BytesIO(text.encode()), on, name="tochuc.csv")
    sheet = opened(errors_of(batch))
    assert [cell.value for cell in sheet[2]] == ["Cấm", "Ngô Thị Em", "0100000011"]
    assert sheet["A2"].comment is not None


def test_a_text_that_looks_like_mark_up_stays_a_text(ward, on):
    text = "Tên tổ chức,Đầu mối,Điện thoại\n<r>Cấm</r>,Ngô\uffff Em,0100000011\nCấm,Lê An,\n"
    sheet = opened(errors_of(read(io.BytesIO(text.encode()), on, name="tochuc.csv")))
    assert [cell.value for cell in sheet[2]][:2] == ["<r>Cấm</r> ", "Ngô\ufffd Em"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Tổ 1/2 [mới]", "Tổ 1 2  mới"),
        ("", "Dữ liệu"),
        ("'", "Dữ liệu"),
        ("n" * 40, "n" * 31),
        (f"{'n' * 30}'s", "n" * 30),
    ],
)
def test_sheets_are_named_as_excel_allows(name, kept):
    assert sheet_name(name) == kept


@pytest.mark.parametrize("key", list(KINDS))
def test_a_template_is_read_back_with_all_its_columns(ward, on, key):
    kind = KINDS[key]
    file = io.BytesIO()
    write_template(kind, file)
    file.seek(0)
    batch = batches.upload(file=File(file, name="mau.xlsx"), kind=key, user=None)
    assert batch.sheet == kind.label
    columns = [column for column in kind.columns if column.in_template]
    assert set(batch.mapping.values()) == {column.key for column in columns}
    file.seek(0)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == [kind.label, GUIDE]
    first = book.worksheets[0]
    assert first.max_row == 1 + len(kind.examples)
    labels = {cell.value for cell in first[1]}
    assert {f"{c.label} *" for c in kind.columns if c.required} <= labels
    told = " ".join(str(cell.value) for row in book[GUIDE].rows for cell in row if cell.value)
    for column in columns:
        assert column.label in told
        assert column.hint in told


def test_cells_of_a_template_are_text_so_that_zeros_stay(kind):
    file = io.BytesIO()
    write_template(kind, file)
    file.seek(0)
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert sheet["C2"].value == "0100 000 001"
    assert sheet["C2"].number_format == "@"
    assert sheet.column_dimensions["A"].number_format == "@"  # A to C, which are alike
