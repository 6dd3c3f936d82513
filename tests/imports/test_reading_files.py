"""Every format is read alike, and every bad file is refused with a sentence, in bounded memory."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from imports.reading.bounds import MAX_CELLS, SheetError
from imports.reading.files import Workbook, check_file
from tests.imports import workbooks

ROWS = [["Họ và tên", "Ngày sinh"], ["Nguyễn Văn Ấn", 1990], ["Đỗ Thị Hường", "05/09/1991"]]


def upload(data, name="a.xlsx"):
    return SimpleUploadedFile(name, data)


@pytest.fixture
def opened(tmp_path):
    def make(data, name="a.xlsx"):
        path = Path(tmp_path, "stored")
        path.write_bytes(data)
        return Workbook(path, name)

    return make


def cells(book, sheet=None):
    return dict(book.rows(book.sheets[0] if sheet is None else sheet))


# --- Good files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extension", "data"),
    [
        ("xlsx", workbooks.xlsx(ROWS)),
        ("xlsm", workbooks.repacked(workbooks.xlsx(ROWS), {"xl/vbaProject.bin": b"macro"})),
        ("xls", workbooks.xls(ROWS)),
        ("ods", workbooks.ods(rows=ROWS)),
    ],
)
def test_workbooks_are_read_alike_whatever_they_are_called(opened, extension, data):
    assert check_file(upload(data, "danh sach.bin")).extension == extension
    assert list(cells(opened(data, "danh sach.bin")).values()) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_csv_files_are_read_alike(opened, encoding, delimiter):
    data = workbooks.csv_file(ROWS, encoding=encoding, delimiter=delimiter)
    assert check_file(upload(data, "a.CSV")).extension == "csv"
    book = opened(data, "a.CSV")
    assert book.sheets == [""]
    assert list(cells(book).values()) == [[str(cell) for cell in row] for row in ROWS]


def test_commas_within_cells_do_not_part_a_file_of_semicolons(opened):
    rows = [["Tên", "Địa chỉ"], ["An", "Số 1, tổ 2, Kỳ Liên"], ["Ba", "Số 2, tổ 3, Kỳ Liên"]]
    book = opened(workbooks.csv_file(rows, delimiter=";"), "a.csv")
    assert list(cells(book).values()) == rows


def test_delimiter_told_in_the_first_line_is_no_row(opened):
    assert cells(opened(b"sep=|\r\na|b,c,d\r\n1|2,3,4\r\n", "a.csv")) == {
        1: ["a", "b,c,d"],
        2: ["1", "2,3,4"],
    }


def test_the_file_is_left_at_its_beginning_and_its_digest_told():
    file = upload(workbooks.xlsx(ROWS))
    found = check_file(file)
    assert (file.tell(), len(found.sha256)) == (0, 64)


def test_rows_have_the_spreadsheets_numbers_and_begin_with_column_a(opened):
    data = workbooks.xlsx([["a"], [], ["b"], [" "]], start=(3, 2))
    assert cells(opened(data)) == {4: ["", "", "a"], 6: ["", "", "b"]}
    assert cells(opened(b"\n\na,b\n\nc,\n", "a.csv")) == {3: ["a", "b"], 5: ["c", ""]}


def test_dates_numbers_and_stored_results_of_formulas(opened):
    rows = [[dt.date(2026, 10, 1), 42090000001, True, ("=1+1", 2), ("=A9", "chữ")]]
    assert cells(opened(workbooks.xlsx(rows))) == {
        1: [dt.date(2026, 10, 1), 42090000001.0, True, 2.0, "chữ"]
    }


@pytest.mark.parametrize(
    "data",
    [
        workbooks.xlsx([["a", "b"], ["c", ("=#REF!", "#REF!")]]),
        workbooks.xls([["a", "b"], ["c", "#REF!"]]),
        workbooks.ods(
            "<table:table-row><table:table-cell/></table:table-row><table:table-row>"
            '<table:table-cell office:value-type="string"><text:p>c</text:p></table:table-cell>'
            '<table:table-cell office:value-type="string" office:string-value="" '
            'calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>'
            "</table:table-row>"
        ),
    ],
)
def test_errors_of_excel_are_no_empty_cells(opened, data):
    assert cells(opened(data))[2] == ["c", "#REF!"]


def test_hidden_sheets_are_left_out(opened):
    book = opened(workbooks.xlsx(ROWS, hidden=[["bí mật"]], others={"Hai": [["x"]]}))
    assert book.sheets == ["Danh sách", "Hai"]
    assert cells(book, "Hai") == {1: ["x"]}
    with pytest.raises(SheetError, match="Ẩn"):
        cells(book, "Ẩn")


def test_cell_merged_downwards_holds_in_each_of_its_rows_but_makes_none(opened):
    data = workbooks.xlsx(
        [[None, "An"], [None, "Ba"], [], [None, "Cam"], ["2", "Dũng"]],
        merged=[("A1:A4", "1"), ("C5:D5", "ngang")],
    )
    assert cells(opened(data)) == {
        1: ["1", "An", ""],
        2: ["1", "Ba", ""],
        4: ["1", "Cam", ""],
        5: ["2", "Dũng", "ngang"],
    }


# --- Bad ones -----------------------------------------------------------------------------------

TCVN3 = "TT;Hä vµ tªn;Ngµy sinh;§Þa chØ\n1;NguyÔn V¨n An;1990;Ph­êng Kú Liªn"
VNI = "Hoï vaø teân;Ngaøy sinh;Ñòa chæ\nNguyeãn Vaên Bình;1990;Phöôøng Kyø Lieân"


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (workbooks.encrypted(), "a.xlsx", "mật khẩu"),
        (workbooks.encrypted_xls(), "a.xls", "mật khẩu"),
        (workbooks.truncated(), "a.xlsx", "cắt giữa chừng"),
        (workbooks.xls([["a"] * 200] * 50)[:-4000], "a.xls", "cắt giữa chừng"),
        (b"PK\x03\x04", "a.xlsx", "cắt giữa chừng"),
        (workbooks.linked(), "a.xlsx", "tệp khác"),
        (workbooks.xls([["a"]], extra=workbooks.link_record()), "a.xls", "tệp khác"),
        (workbooks.docx(), "a.xlsx", "văn bản Word"),
        (workbooks.zipped({"a.txt": "a"}), "a.xlsx", "tệp nén"),
        (workbooks.zipped({"xl/workbook.bin": "a"}), "a.xlsb", "xlsb"),
        (workbooks.ole("WordDocument", b"a"), "a.xls", "văn bản Word"),
        (workbooks.ole("Workbook", b"a"), "a.xls", "cắt giữa chừng"),
        (b"%PDF-1.7 ...", "a.xlsx", "PDF"),
        (b"MZ\x90\0", "a.xlsx", "chương trình"),
        (b"\xff\xd8\xff\xe0", "a.xlsx", "ảnh"),
        (b"<html><table>", "a.xls", "trang web"),
        (b'<?xml version="1.0"?><Workbook/>', "a.xls", "trang web"),
        (b"a,b\n1,2\n", "a.xlsx", "không phải bảng tính"),
        (b"", "a.xlsx", "rỗng"),
        (b"\0\0\0", "a.csv", "rỗng"),
        (b"a\0b,c", "a.csv", "không phải văn bản"),
        (b"a,\x80\x81\x8d\x9d\xd2\xff", "a.csv", "bảng mã"),
        (TCVN3.encode("latin-1"), "a.csv", "TCVN3"),
        (TCVN3.encode(), "a.csv", "TCVN3"),
        (VNI.encode("latin-1"), "a.csv", "VNI"),
        (VNI.encode(), "a.csv", "VNI"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(data, name, sentence):
    with pytest.raises(ValidationError) as refused:
        check_file(upload(data, name))
    assert sentence in refused.value.message_dict["file"][0]


def test_file_that_is_too_large_is_not_read(settings):
    settings.MAX_UPLOAD_BYTES = 1024**2
    with pytest.raises(ValidationError, match="lớn hơn 1 MB"):
        check_file(upload(b"PK\x03\x04" + bytes(1024**2)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (workbooks.far_cell(), "1.048.576"),
        (workbooks.far_cell("XFD1"), "16.384"),
        (workbooks.far_cell(f"ALL{MAX_CELLS // 1000 + 1}"), "cột 1.000"),
        (workbooks.entities(), "cấu trúc lạ"),
        (workbooks.shared_bomb(), "quá nhiều chữ"),
        (workbooks.xls([["a"]], last=workbooks.number_record(65535, 255)), "65.536"),
        (
            workbooks.ods(
                '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
                'table:number-columns-repeated="16384" office:value-type="float" '
                'office:value="1"/></table:table-row>'
            ),
            "1.048.576",
        ),
        (workbooks.xlsx([TCVN3.split(";")]), "TCVN3"),
    ],
)
def test_sheets_that_would_choke_the_portal_are_refused(opened, data, sentence):
    def read():
        check_file(upload(data))
        cells(opened(data))

    with pytest.raises((SheetError, ValidationError), match=sentence):
        read()


def test_claimed_size_of_a_sheet_does_not_matter(opened):
    assert cells(opened(workbooks.lying_dimension())) == {1: [1.0]}


def test_vietnamese_in_unicode_is_not_taken_for_an_old_code(opened):
    words = "Bình Tính Bạch Đình Hội Lê Thìn Ý Hà Tĩnh Đà Nẵng Mỹ Hoà Ngô Trì Lý Thị Tô Ân"
    names = words.split(" ")
    for encoding in ("utf-8", "cp1258"):
        data = workbooks.csv_file([["Tên", *names]], encoding=encoding)
        assert cells(opened(data, "a.csv"))[1] == ["Tên", *names]


BOUNDED = """
import resource, sys, django
django.setup()
from pathlib import Path
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import TemporaryUploadedFile
from imports.reading.files import SheetError, Workbook, check_file
path = Path(sys.argv[1])
file = TemporaryUploadedFile("a.xlsx", "", path.stat().st_size, None)
file.write(path.read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    check_file(file)
    with Workbook(path, "a.xlsx") as book:
        sum(1 for row in book.rows(book.sheets[0]))
except (SheetError, ValidationError) as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (workbooks.bomb, "nén bất thường"),
        (workbooks.million_rows, "cột trống"),
        (workbooks.far_cell, "cột trống"),
        (workbooks.shared_bomb, "quá nhiều chữ"),
    ],
)
def test_bad_files_take_little_memory(tmp_path, make, sentence):
    """Measured in a process of its own: 48 MB are a few times the file, and less than any bomb."""
    path = tmp_path / "bad.xlsx"
    path.write_bytes(make())
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", "-c", BOUNDED, str(path)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "kylien.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    *said, grown = done.stdout.splitlines()
    assert sentence in " ".join(said)
    assert int(grown) < 48 * 1024  # kilobytes
