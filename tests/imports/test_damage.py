"""A clean workbook, damaged as workbooks are in life: no row is lost and none silently altered.

Every person of the clean sheet is looked for in what was read: his row must be one of the five
outcomes, and each of his values the clean one, or told: a reason that names its column, or the
column among those that are said to be left out.
"""

import csv
import datetime as dt
import json
import unicodedata
from io import BytesIO, StringIO

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from imports.kinds import KINDS
from imports.models import ImportBatch
from kylien.core.text import fold
from tests.imports import workbooks
from tests.imports.test_reading_files import TCVN3

pytestmark = pytest.mark.django_db
KIND = KINDS["people"]
HEADER = [
    "Số hộ",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số định danh",
    "Số CMND cũ",
    "Điện thoại",
    "Quan hệ với chủ hộ",
    "Địa chỉ",
    "Tổ dân phố",
    "Ngày đăng ký",
    "Ghi chú",
]
KEYS = (
    "household_number",
    "full_name",
    "birth",
    "sex",
    "identity",
    "old_id",
    "phone",
    "relation",
    "address",
    "neighbourhood",
    "started_on",
    "note",
)
CLEAN = [
    ["1", "Nguyễn Văn Ấn", "25/12/1960", "Nam", "042060000011", "012345678", "0912345678",
     "Chủ hộ", "Số 3 đường Lê Lợi", "Tổ dân phố A", "15/03/2019", "hưu trí"],
    ["1", "Trần Thị Bưởi", "05/09/1963", "Nữ", "042163000012", "", "0912345679",
     "Vợ", "", "", "16/03/2019", ""],
    ["1", "Nguyễn Đức Cường", "30/04/1990", "Nam", "042090000013", "", "0912345670",
     "Con", "", "", "17/03/2019", ""],
    ["2", "Lê Thị Dậu", "03/02/1955", "Nữ", "042155000014", "023456789", "",
     "Chủ hộ", "Số 5 đường Lê Lợi", "Tổ dân phố A", "01/06/2015", ""],
    ["2", "Phạm Đăng Khoa", "14/11/1985", "Nam", "042085000015", "", "0383456781",
     "Con", "", "", "19/06/2015", "đi làm xa"],
    ["3", "Hoàng Thị Mỹ", "21/07/1979", "Nữ", "042179000016", "", "",
     "Chủ hộ", "Ngõ 7", "Tổ dân phố B", "20/10/2020", ""],
    ["3", "Vũ Ngọc Phượng", "09/10/2005", "Nữ", "042305000017", "", "",
     "Con", "", "", "20/10/2020", ""],
    ["4", "Đỗ Hữu Quyết", "11/11/1971", "Nam", "042071000018", "034567891", "0971234567",
     "Chủ hộ", "Ngõ 9", "Tổ dân phố B", "28/02/2018", ""],
]  # fmt: skip
NAME, BIRTH, SEX, IDENTITY, OLD, PHONE, STARTED = 1, 2, 3, 4, 5, 6, 10


# --- The ways -----------------------------------------------------------------------------------


def copy(rows=None):
    return [list(row) for row in (rows or CLEAN)]


def xlsx(rows, header=HEADER, **options):
    return "a.xlsx", workbooks.xlsx([header, *rows], **options)


def each(change, *places):
    """Return the rows with some cells changed."""
    rows = copy()
    for row in rows:
        for place in places:
            row[place] = change(row[place]) if row[place] else row[place]
    return rows


def day(cell):
    return dt.datetime.strptime(cell, "%d/%m/%Y").date()  # noqa: DTZ007 (a day)


def header_lower():
    titles = [["CÔNG AN PHƯỜNG"], [], ["DANH SÁCH NHÂN KHẨU"], ["Tháng 11 năm 2026"], []]
    return "a.xlsx", workbooks.xlsx([*titles, HEADER, *CLEAN])


def starts_further_right():
    return xlsx(CLEAN, start=(3, 2))


def reordered():
    order = [7, 4, 1, 11, 2, 9, 0, 3, 10, 8, 6, 5]
    return xlsx([[row[n] for n in order] for row in CLEAN], [HEADER[n] for n in order])


def renamed():
    names = ["STT hộ", "HỌ TÊN", "NTNS", "Phái", "CCCD", "CMND", "SĐT", "QH với chủ hộ", "HKTT",
             "TDP", "Ngày ĐKTT", "Chú thích"]  # fmt: skip
    return xlsx(CLEAN, names)


def english():
    names = ["Household", "Full name", "Date of birth", "Sex", "Citizen ID", "Old ID", "Phone",
             "Relation", "Address", "Neighbourhood", "Registered on", "Note"]  # fmt: skip
    return xlsx(CLEAN, names)


def misnamed():
    """Columns that nobody can know are said to be left out."""
    return xlsx(CLEAN, [*HEADER[:6], "Liên lạc", *HEADER[7:11], "Khác nữa"])


def nameless():
    return xlsx(CLEAN, [*HEADER[:6], None, *HEADER[7:]])


def merged():
    rows = copy()
    for row in rows:
        row[0] = None
    spans = [("A2:A4", "1"), ("A5:A6", "2"), ("A7:A8", "3"), ("A9", "4")]
    rows[-1][0] = "4"
    return xlsx(rows, merged=spans[:-1])


def header_of_two_lines():
    above = [*HEADER[:4], "Giấy tờ", None, *HEADER[6:]]
    below = [None, None, None, None, "Số định danh", "Số CMND cũ", *[None] * 6]
    spans = [(f"{c}1:{c}2", HEADER["ABCDEFGHIJKL".index(c)]) for c in "ABCDGHIJKL"]
    return "a.xlsx", workbooks.xlsx([above, below, *CLEAN], merged=[*spans, ("E1:F1", "Giấy tờ")])


def decomposed():
    def nfd(cell):
        return unicodedata.normalize("NFD", cell) if cell else cell

    return xlsx([list(map(nfd, row)) for row in CLEAN], list(map(nfd, HEADER)))


def lost_zeros():
    return xlsx(each(int, IDENTITY, OLD, PHONE))


def numbers_with_dots():
    return xlsx(each(lambda c: f"{c[:3]}.{c[3:6]} {c[6:]}", IDENTITY, PHONE))


def numbers_as_powers():
    return xlsx(each(lambda c: f"{float(c):.5E}", IDENTITY))


def real_dates():
    return xlsx(each(day, BIRTH, STARTED))


def serial_dates():
    return xlsx(each(lambda c: (day(c) - dt.date(1899, 12, 30)).days, BIRTH, STARTED))


def american_dates():
    return xlsx(each(lambda c: f"{day(c):%m/%d/%Y}", BIRTH, STARTED))


def half_american_dates():
    """What Excel makes of American dates in a Vietnamese Windows: days where it can, text else."""

    def opened(cell):
        if day(cell).day > 12:
            return f"{day(cell):%m/%d/%Y}"
        return day(cell).replace(day=day(cell).month, month=day(cell).day)

    return xlsx(each(opened, BIRTH, STARTED))


def iso_dates():
    return xlsx(each(lambda c: day(c).isoformat(), BIRTH, STARTED))


def short_years():
    return xlsx(each(lambda c: f"{day(c).day}/{day(c).month}/{day(c):%y}", BIRTH, STARTED))


def days_in_words():
    return xlsx(each(lambda c: f"ngày {day(c):%d} tháng {day(c):%m} năm {day(c):%Y}", BIRTH))


def totals_and_signatures():
    below = [
        [None, "Tổng cộng: 8 người"],
        ["Cộng", None, None, 8],
        [],
        [None] * 8 + ["Kỳ Liên, ngày 20 tháng 11 năm 2026"],
        [None, "Người lập biểu", None, None, None, None, None, None, "Trưởng công an phường"],
        [None, "Nguyễn Văn Ký", None, None, None, None, None, None, "Trần Văn Duyệt"],
    ]
    return xlsx([*CLEAN, *below])


def header_again():
    return xlsx([*CLEAN[:3], HEADER, *CLEAN[3:5], [str(n) for n in range(1, 13)], *CLEAN[5:]])


def blank_rows():
    rows = [row for person in CLEAN for row in (person, [], [None, " ", "\u00a0"])]
    return xlsx(rows)


def hidden_column_and_row():
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet("Danh sách")
        for number, row in enumerate([HEADER, *CLEAN]):
            for place, cell in enumerate(row):
                page.write_string(number, place, cell)
        page.set_column(IDENTITY, IDENTITY, None, None, {"hidden": True})
        page.set_row(3, None, None, {"hidden": True})
        page.autofilter(0, 0, len(CLEAN), 11)
    return "a.xlsx", target.getvalue()


def more_columns():
    rows = [["", n, *row[:2], "Kinh", *row[2:], "x"] for n, row in enumerate(CLEAN, 1)]
    return xlsx(rows, ["", "STT", *HEADER[:2], "Dân tộc", *HEADER[2:], "Đã ký"])


def another_sheet_first():
    others = {"Danh sách": [HEADER, *CLEAN], "Phụ lục": [["Nơi nhận"], ["Lưu"]]}
    cover = [["BÁO CÁO"], ["Tổ", "Số người"], ["A", 5], ["B", 3]]
    return "a.xlsx", workbooks.xlsx(cover, sheet="Bìa", others=others)


def blanks_around():
    def loose(cell):
        return f" \u00a0{cell.replace(' ', '  ')}\u200b\t " if cell else cell

    return xlsx([list(map(loose, row)) for row in CLEAN], list(map(loose, HEADER)))


def rows_twice():
    return xlsx([*CLEAN, *CLEAN[2:5]])


def capitals():
    return xlsx(each(str.upper, NAME))


def without_accents():
    return xlsx(each(lambda c: fold(c).title(), NAME))


def sexes_otherwise():
    words = iter(("M", "f", "NAM", "Nu", "male", "Female", "NỮ", "Trai"))
    rows = copy()
    for row in rows:
        row[SEX] = next(words)
    return xlsx(rows)


def sexes_unknown():
    return xlsx(each(lambda c: "1" if c == "Nam" else "2", SEX))


def errors_of_formulas():
    rows = copy()
    words = (("=#REF!", word) for word in ("#REF!", "#N/A", "#NAME?"))
    rows[1][PHONE], rows[4][BIRTH], rows[5][NAME] = words
    return xlsx(rows)


def formulas():
    rows = copy()
    for row in rows:
        row[NAME] = (f'=PROPER("{row[NAME]}")', row[NAME])
    return xlsx(rows)


def placeholders():
    return xlsx([[cell or "-" for cell in row] for row in CLEAN])


def cells_swapped():
    """In one row two cells changed places."""
    rows = copy()
    rows[3][NAME], rows[3][BIRTH] = rows[3][BIRTH], rows[3][NAME]
    return xlsx(rows)


def required_cells_empty():
    rows = copy()
    rows[4][BIRTH] = rows[3][SEX] = rows[6][NAME] = ""
    return xlsx(rows)


def quoted_csv():
    return "a.csv", workbooks.csv_file([HEADER, *CLEAN], encoding="utf-8-sig")


def csv_of_1258():
    return "a.csv", workbooks.csv_file([HEADER, *CLEAN], encoding="cp1258")


def csv_of_semicolons():
    return "a.csv", workbooks.csv_file([HEADER, *CLEAN], delimiter=";")


def csv_with_broken_lines():
    rows = copy()
    rows[0][11], rows[0][8] = "hưu\ntrí", "Số 3\r\nđường Lê Lợi"
    target = StringIO(newline="")
    csv.writer(target, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
    return "a.csv", target.getvalue().encode()


def csv_of_numbers():
    """What programs leave of numbers in a CSV file: without zeros, with decimals."""
    return "a.csv", workbooks.csv_file([HEADER, *each(lambda c: f"{int(c)}.0", IDENTITY, PHONE)])


def old_xls():
    return "a.xls", workbooks.xls([HEADER, *CLEAN])


def open_document():
    return "a.ods", workbooks.ods(rows=[HEADER, *CLEAN])


WAYS = [
    header_lower, starts_further_right, reordered, renamed, english, misnamed, nameless, merged,
    header_of_two_lines, decomposed, lost_zeros, numbers_with_dots, numbers_as_powers, real_dates,
    serial_dates, american_dates, half_american_dates, iso_dates, short_years, days_in_words,
    totals_and_signatures, header_again, blank_rows, hidden_column_and_row,
    more_columns, another_sheet_first, blanks_around, rows_twice, capitals, without_accents,
    sexes_otherwise, sexes_unknown, errors_of_formulas, formulas, placeholders, cells_swapped,
    required_cells_empty, quoted_csv, csv_of_1258, csv_of_semicolons, csv_with_broken_lines,
    csv_of_numbers, old_xls, open_document,
]  # fmt: skip


@pytest.fixture(autouse=True)
def ward_with_areas(area_a, area_b, settings, tmp_path):
    """Let the workbook's neighbourhoods be there, and its file be kept apart."""
    settings.ATTACHMENTS_DIR = tmp_path / "kept"


def read(tmp_path, name, data):
    """Read a workbook as the command does; return the batch and its rows."""
    path = tmp_path / name
    path.write_bytes(data)
    out = StringIO()
    call_command("import_workbook", str(path), "--kind=people", "--dry-run", "--json", stdout=out)
    told = json.loads(out.getvalue())
    batch = ImportBatch.objects.get(pk=told["id"])
    rows = list(batch.lines.order_by("number"))
    outcomes = [told[name] for name in ("new", "changed", "same", "doubtful", "refused")]
    assert told["rows"] == sum(outcomes) == len(rows) == len(told["items"])
    return batch, rows


def value(row, key):
    return row.values[KIND.places[key]]


@pytest.fixture
def clean(tmp_path):
    """Return the clean values by name, read once."""
    batch, rows = read(tmp_path, *xlsx(CLEAN))
    assert batch.new == batch.rows == len(CLEAN)
    return {value(row, "full_name"): {key: value(row, key) for key in KEYS} for row in rows}


def of(rows, known):
    """Return the rows about a person of the clean sheet: by name, else by a number."""
    name = fold(known["full_name"])
    numbers = {known["identity"], known["old_id"]} - {None}
    return [
        row
        for row in rows
        if fold(value(row, "full_name") or "") == name
        or numbers & {value(row, "identity"), value(row, "old_id")}
    ]


def silently_altered(batch, row, known):
    """List the columns whose value is another than the clean one, and nothing says so."""
    labels = {column.key: column.label for column in KIND.columns}
    read_from = set(batch.mapping.values())
    found = []
    for key in KEYS:
        same = value(row, key) == known[key] or (
            # A name may be spelled otherwise, as far as the clean one can be told from it.
            key == "full_name" and fold(value(row, key) or "") == fold(known[key])
        )
        told = any(reason.startswith(f"{labels[key]}:") for reason in row.reasons)
        left_out = key not in read_from and batch.ignored
        if not (same or told or left_out):
            found.append((key, known[key], value(row, key)))
    return found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_row_is_lost_and_none_silently_altered(clean, tmp_path, way):
    batch, rows = read(tmp_path, *way())
    for known in clean.values():
        found = of(rows, known)
        assert found, known["full_name"]
        for row in found:
            assert not silently_altered(batch, row, known), row.reasons
    for row in rows:
        assert row.reasons or row.outcome == "new"


def test_days_that_may_be_either_are_refused_where_months_stand_first(tmp_path):
    for way in (american_dates, half_american_dates):
        _, rows = read(tmp_path, *way())
        refused = {row.number: " ".join(row.reasons) for row in rows if row.outcome == "refused"}
        assert set(refused) == set(range(2, 10))
        assert "không rõ" in refused[3]  # 5 September or 9 May
        assert "không rõ" not in refused[9].partition("Ngày đăng ký")[0]  # 11 November


def test_one_slip_makes_no_column_of_months_first(tmp_path):
    rows = [list(row) for row in CLEAN * 3]
    for n, row in enumerate(rows):
        row[NAME], row[IDENTITY], row[OLD] = f"{row[NAME]} {'ABC'[n // len(CLEAN)]}", "", ""
    rows[2][BIRTH] = "04/30/1990"
    _, found = read(tmp_path, *xlsx(rows))
    told = [row.number for row in found if any("không" in r and "lịch" in r for r in row.reasons)]
    assert told == [4]
    assert not any("không rõ" in reason for row in found for reason in row.reasons)


def test_there_are_more_than_twenty_ways():
    assert len({way()[1] for way in WAYS}) == len(WAYS) > 20


def test_columns_that_are_not_read_are_named(tmp_path):
    assert read(tmp_path, *misnamed())[0].ignored == ["Liên lạc", "Khác nữa"]
    assert read(tmp_path, *nameless())[0].ignored == ["cột G"]
    assert read(tmp_path, *xlsx(CLEAN))[0].ignored == []


def test_tcvn3_is_named_and_nothing_is_kept(tmp_path):
    with pytest.raises(CommandError, match="TCVN3"):
        read(tmp_path, "a.csv", TCVN3.encode("latin-1"))
    assert not ImportBatch.objects.exists()
