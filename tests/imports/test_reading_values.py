"""Cells as in life: what each becomes, what is mended with a word, and what is refused."""

import datetime as dt

import pytest

from imports.kinds import base
from imports.reading import values
from imports.reading.values import CellError
from kylien.core.changes import acting


def read(reader, cell):
    """Return the value and whether the reader warned."""
    warnings = []
    with acting(day=dt.date(2026, 10, 1)):
        value = reader(cell, warnings.append)
    return value, bool(warnings)


def test_kinds_and_readers_share_one_error():
    assert base.CellError is CellError


@pytest.mark.parametrize(
    "reader",
    [
        values.read_text,
        values.read_name,
        values.read_address,
        values.read_birth,
        values.read_day,
        values.read_identity,
        values.read_citizen_id,
        values.read_old_id,
        values.read_phone,
        values.read_sex,
        values.read_relation,
        values.read_code,
        values.read_int,
        values.read_yes,
        values.read_choice({"Có": 1}),
    ],
)
@pytest.mark.parametrize("cell", [None, "", "  ", "-", "–", "...", "\u00a0", "\u200b", "không rõ"])
def test_empty_cells_and_placeholders_are_nothing(reader, cell):
    assert read(reader, cell) == (None, False)


@pytest.mark.parametrize("cell", ["không", "Không", "0", 0, 0.0, "x", "X"])
def test_other_placeholders_where_they_mean_nothing(cell):
    for reader in (values.read_text, values.read_identity, values.read_phone, values.read_birth):
        assert read(reader, cell) == (None, False)


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", "#value!", "#DIV/0!"])
def test_errors_of_excel_are_said(cell):
    for reader in (values.read_text, values.read_birth, values.read_identity, values.read_phone):
        with pytest.raises(CellError, match="báo lỗi"):
            read(reader, cell)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  Nhà\u00a0 số \n 5 ", "Nhà số 5"),
        ("Ho\u0300a", "Hòa"),
        ("\ufeffa\u200bb\x07", "ab"),
        ("'0912", "0912"),
        (3.0, "3"),
        (3.25, "3.25"),
        (42099001234.0, "42099001234"),
        (dt.date(2026, 1, 2), "02/01/2026"),
        (dt.datetime.combine(dt.date(2026, 1, 2), dt.time(3, 4)), "02/01/2026 03:04"),
        ("Na", "Na"),
    ],
)
def test_text(cell, text):
    assert read(values.read_text, cell) == (text, False)


@pytest.mark.parametrize("name", ["Nguyễn Văn Ấn", "K'Brình", "H'Hen Niê", "NGUYỄN THỊ Ở", "Ko"])
def test_names(name):
    assert read(values.read_name, f" {name} ") == (name, False)


@pytest.mark.parametrize("cell", ["Nguyễn Văn 4", "1990", "Nguy?n V?n An", 5, "An (chết)"])
def test_what_is_no_name(cell):
    with pytest.raises(CellError, match="“"):
        read(values.read_name, cell)


def test_address_and_code():
    assert read(values.read_address, " Số 5 ,đường  A,, tổ 3, ") == ("Số 5, đường A, tổ 3", False)
    assert read(values.read_code, " h-00217 ") == ("H-00217", False)


@pytest.mark.parametrize(
    ("cell", "birth", "warned"),
    [
        ("05/09/1990", "1990-09-05/D", False),
        ("5/9/1990", "1990-09-05/D", False),
        (" 5 / 9 / 1990 ", "1990-09-05/D", False),
        ("5-9-1990", "1990-09-05/D", False),
        ("5.9.1990", "1990-09-05/D", False),
        ("05 09 1990", "1990-09-05/D", False),
        ("05091990", "1990-09-05/D", False),
        ("1990-09-05", "1990-09-05/D", False),
        ("1990/09/05", "1990-09-05/D", False),
        ("1990-09-05T00:00:00", "1990-09-05/D", False),
        ("5/9/1990 00:00", "1990-09-05/D", False),
        ("ngày 5 tháng 9 năm 1990", "1990-09-05/D", False),
        ("Ngày 05 tháng 09, năm 1990", "1990-09-05/D", False),
        ("Sinh ngày 5/9/1990", "1990-09-05/D", False),
        (dt.datetime.combine(dt.date(1990, 9, 5), dt.time()), "1990-09-05/D", False),
        (dt.date(1990, 9, 5), "1990-09-05/D", False),
        (33121, "1990-09-05/D", False),
        (33121.0, "1990-09-05/D", False),
        (33121.5, "1990-09-05/D", False),
        ("33121", "1990-09-05/D", False),
        (5091990, "1990-09-05/D", True),
        ("5/9/90", "1990-09-05/D", True),
        ("5/9/27", "1927-09-05/D", True),
        ("5/9/26", "2026-09-05/D", True),
        (1990, "1990-01-01/Y", False),
        ("1990", "1990-01-01/Y", False),
        ("năm 1990", "1990-01-01/Y", False),
        ("SN: 1990", "1990-01-01/Y", False),
        ("00/00/1990", "1990-01-01/Y", False),
        ("../../1990", "1990-01-01/Y", False),
        ("__/__/1990", "1990-01-01/Y", False),
        (dt.date(1905, 6, 12), "1990-01-01/Y", True),
        ("9/1990", "1990-09-01/M", False),
        ("00/09/1990", "1990-09-01/M", False),
        ("tháng 9 năm 1990", "1990-09-01/M", False),
        (dt.time(), None, False),
        (dt.date(1899, 12, 31), None, False),
    ],
)
def test_births(cell, birth, warned):
    assert read(values.read_birth, cell) == (birth, warned)


@pytest.mark.parametrize(
    "cell",
    [
        "05/13/1990",
        "31/02/1990",
        "1990-13-05",
        "hôm qua",
        15,
        "15",
        2.5,
        99999,
        True,
        "5/9/1890",
        "5/9/2999",
        dt.date(1900, 1, 15),
        dt.time(3),
        "ngày sinh " * 5000,
        "1" * 5000,
    ],
)
def test_what_is_no_birth_shows_the_cell(cell):
    with pytest.raises(CellError, match="“") as refused:
        read(values.read_birth, cell)
    assert len(str(refused.value)) < 120


def test_days_need_all_of_them_and_may_lie_ahead():
    assert read(values.read_day, "1/10/2026") == ("2026-10-01", False)
    assert read(values.read_day, 46296.0) == ("2026-10-01", False)
    assert read(values.read_day, "1/10/30") == ("2030-10-01", True)
    for cell in ("2026", "10/2026", 2026):
        with pytest.raises(CellError, match="thiếu ngày"):
            read(values.read_day, cell)


@pytest.mark.parametrize(
    ("cell", "number", "warned"),
    [
        ("042099001234", "042099001234", False),
        (" 042 099 001 234 ", "042099001234", False),
        ("042.099.001.234", "042099001234", False),
        ("'042099001234", "042099001234", False),
        (42099001234.0, "042099001234", True),
        ("42099001234", "042099001234", True),
        ("42099001234.0", "042099001234", True),
        (1099001234, "001099001234", True),
        ("123456789", "123456789", True),
        ("042******234", None, True),
    ],
)
def test_identity_numbers(cell, number, warned):
    assert read(values.read_identity, cell) == (number, warned)


@pytest.mark.parametrize(
    "cell",
    [
        "04209900123",  # eleven digits with the zero there: another one is missing
        "42999001234",  # nobody born in the twenty-third century or later
        3099001234,  # no province has 003
        12345678,
        "0420990012345",
        "111111111111",
        "04209900123O",
        "4.2099E+10",
        "B1234567",
        "042099001234.5",
    ],
)
def test_identity_numbers_are_never_guessed(cell):
    with pytest.raises(CellError):
        read(values.read_identity, cell)


def test_ids_of_one_kind():
    assert read(values.read_old_id, "012345678") == ("012345678", False)
    assert read(values.read_old_id, 12345678.0) == ("012345678", True)
    for cell in ("12345678", "042099001234"):
        with pytest.raises(CellError):
            read(values.read_old_id, cell)
    with pytest.raises(CellError, match="đang có 9"):
        read(values.read_citizen_id, "123456789")


@pytest.mark.parametrize(
    ("cell", "number", "warned"),
    [
        ("0912 345 678", "0912345678", False),
        ("+84 912-345-678", "0912345678", False),
        ("+84 (0)912.345.678", "0912345678", False),
        ("84912345678", "0912345678", False),
        ("0084912345678", "0912345678", False),
        ("ĐT: 0912345678", "0912345678", False),
        ("(0239) 3 855 123", "02393855123", False),
        ("0100 123 456", "0100123456", False),
        (912345678.0, "0912345678", True),
        ("912345678.0", "0912345678", True),
        ("01661234567", "0361234567", True),
        ("0912345678; 0987654321", "0912345678", True),
        ("0912.345.678 / 0987 654 321", "0912345678", True),
        ("0912345678 hoặc 0987654321", "0912345678", True),
        ("091****678", None, True),
    ],
)
def test_phones(cell, number, warned):
    assert read(values.read_phone, cell) == (number, warned)


@pytest.mark.parametrize("cell", ["abc", "113", "09123456789", "0212345678", "Nhà 5"])
def test_what_is_no_phone(cell):
    with pytest.raises(CellError):
        read(values.read_phone, cell)


def test_sexes():
    for cell in ("Nam", "NAM", "nam giới", "M", "Male", "trai"):
        assert read(values.read_sex, cell) == ("M", False)
    for cell in ("Nữ", "NU\u031b\u0303", "nu", "F", "female", "gái"):
        assert read(values.read_sex, cell) == ("F", False)
    for cell in ("N", "1", 2, True, "Nam/Nữ"):
        with pytest.raises(CellError):
            read(values.read_sex, cell)


@pytest.mark.parametrize(
    ("cell", "relation"),
    [
        ("Chủ hộ", "HEAD"),
        ("CHU HO", "HEAD"),
        ("Vợ", "SPOUSE"),
        ("vợ chủ hộ", "SPOUSE"),
        ("Vợ / chồng", "SPOUSE"),
        ("con gái của chủ hộ", "CHILD"),
        ("Con thứ 2", "CHILD"),
        ("con dau", "CHILD_IN_LAW"),
        ("Mẹ đẻ", "PARENT"),
        ("Bố vợ", "PARENT_IN_LAW"),
        ("Bà", "GRANDPARENT"),
        ("bà nội", "GRANDPARENT"),
        ("Cháu ngoại", "GRANDCHILD"),
        ("em trai", "SIBLING"),
        ("ở trọ", "TENANT"),
        ("Ba", "OTHER:Ba"),
        ("bá", "OTHER:bá"),
        ("Em rể", "OTHER:Em rể"),
    ],
)
def test_relations(cell, relation):
    assert read(values.read_relation, cell) == (relation, False)


def test_relations_by_our_own_labels():
    for value, label in values.Residence.Relation.choices:
        expected = "OTHER:Khác" if value == "OTHER" else value
        assert read(values.read_relation, label)[0] == expected


def test_unclear_relation_keeps_its_wording_with_a_warning():
    assert read(values.read_relation, "Cháu") == ("OTHER:Cháu", True)
    with pytest.raises(CellError):
        read(values.read_relation, "họ hàng xa " * 10)


def test_numbers_yes_and_choices():
    for cell, number in [("1.045", 1045), (12.0, 12), (0, 0), ("1045.0", 1045), ("1 045", 1045)]:
        assert read(values.read_int, cell) == (number, False)
    for cell in ("12,5", -3, "12 người", "9" * 500, 2.5):
        with pytest.raises(CellError):
            read(values.read_int, cell)
    for cell, said in [("x", True), ("Có", True), (1.0, True), ("Không", False), (False, False)]:
        assert read(values.read_yes, cell) == (said, False)
    with pytest.raises(CellError):
        read(values.read_yes, "có lẽ")
    choice = values.read_choice({"Thường trú": "P", "TT": "P", "Tạm trú": "T"})
    assert read(choice, "THUONG TRU") == ("P", False)
    with pytest.raises(CellError, match="Thường trú, Tạm trú"):
        read(choice, "lưu trú")
