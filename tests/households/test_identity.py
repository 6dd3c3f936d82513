"""What an identity number says, and the warnings where a form says something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.identity import PROVINCES, check_citizen_id, described_by

numbers = st.from_regex(r"\A[0-9]{12}\Z").filter(lambda number: len(set(number)) > 1)


def test_all_63_provinces_have_a_code_and_a_name_of_their_own():
    assert len(PROVINCES) == len(set(PROVINCES.values())) == 63
    assert all(len(code) == 3 and code.isdecimal() for code in PROVINCES)
    assert PROVINCES["042"] == "Hà Tĩnh"


@pytest.mark.parametrize(
    ("number", "described"),
    [
        ("042090000001", ("Hà Tĩnh", "M", 1990)),
        ("001148000001", ("Hà Nội", "F", 1948)),
        ("079203000001", ("TP. Hồ Chí Minh", "M", 2003)),
        ("077325000001", ("Bà Rịa - Vũng Tàu", "F", 2025)),
        ("042400000001", ("Hà Tĩnh", "M", 2100)),
        ("042599000001", ("Hà Tĩnh", "F", 2199)),
        ("042999000001", ("Hà Tĩnh", "F", 2399)),
        ("099090000001", ("", "M", 1990)),
    ],
)
def test_number_says_province_sex_and_year(number, described):
    assert described_by(number) == described


@pytest.mark.parametrize(
    "number", ["", "183000001", "09909000000", "0990900000011", "09909000000a", "000000000000"]
)
def test_what_is_no_citizen_number_says_nothing(number):
    assert described_by(number) == ("", "", None)
    assert check_citizen_id(number, sex="M", birth_year=1990) == []


@pytest.mark.parametrize("given_facts", [{}, {"sex": "M"}, {"birth_year": 1990}, {"sex": "x"}])
def test_number_that_agrees_gives_no_warning(given_facts):
    assert check_citizen_id("042090000001", **given_facts) == []


@pytest.mark.parametrize("number", ["099090000001", "003090000001", "314090000001"])
def test_unknown_province_may_be_abroad_or_a_slip(number):
    (warning,) = check_citizen_id(number, sex="M", birth_year=1990)
    assert number[:3] in warning
    assert "nước ngoài" in warning
    assert "nhầm" in warning


def test_sex_that_disagrees_warns_with_both():
    (warning,) = check_citizen_id("042090000001", sex="F")
    assert warning == (
        "Chữ số thứ tư của số định danh chỉ giới tính nam, nhưng đang ghi là nữ: hãy xem lại."
    )


@pytest.mark.parametrize("birth_year", [1991, 2090, 1890])
def test_year_that_disagrees_warns_with_both(birth_year):
    (warning,) = check_citizen_id("042090000001", sex="M", birth_year=birth_year)
    assert "1990" in warning
    assert str(birth_year) in warning


def test_every_disagreement_has_its_own_warning():
    assert len(check_citizen_id("099090000001", sex="F", birth_year=1991)) == 3


@given(numbers)
def test_what_a_number_says_never_disagrees_with_it(number):
    province, sex, year = described_by(number)
    warnings = check_citizen_id(number, sex=sex, birth_year=year)
    assert len(warnings) == (0 if province else 1)


@given(st.text(st.characters(codec=None)), st.text(max_size=1), st.none() | st.integers())
def test_any_text_is_checked_without_an_error(number, sex, birth_year):
    assert isinstance(check_citizen_id(number, sex=sex, birth_year=birth_year), list)
