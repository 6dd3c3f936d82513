"""Keys, names, numbers and dates as a Vietnamese office writes them."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kylien.core import text

# --- An independent, slow statement of dictionary order, to check the keys against --------------

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONE_ORDER = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]


def word_order(word):
    letters, tones = [], []
    for char in unicodedata.normalize("NFC", word.lower()):
        parts = unicodedata.normalize("NFD", char)
        tone = next((mark for mark in parts if mark in TONE_ORDER[1:]), "")
        bare = unicodedata.normalize("NFC", parts.replace(tone, "") if tone else parts)
        letters.append(ALPHABET.index(bare))
        if tone:
            tones.append(TONE_ORDER.index(tone))
    return letters, tones


def name_order(name):
    words = name.split()
    return [word_order(word) for word in words[-1:] + words[:-1]]


toned_vowels = st.builds(
    lambda letter, tone: unicodedata.normalize("NFC", letter + tone),
    st.sampled_from("aăâeêioôơuưy"),
    st.sampled_from(TONE_ORDER),
)
vietnamese_words = st.lists(
    st.sampled_from("aânhđd") | st.sampled_from(ALPHABET) | toned_vowels, min_size=1, max_size=5
).map("".join)
vietnamese_names = st.lists(vietnamese_words, min_size=1, max_size=4).map(" ".join)
any_text = st.text(st.characters(codec=None))  # lone surrogates too


def shuffled(expected):
    return expected[1::2] + expected[::2]


# --- Cleaning -----------------------------------------------------------------------------------


def test_clean_composes_and_drops_what_cannot_be_seen():
    assert text.clean(" Ho\u0300a\u00a0\u200b Bi\x00\u0300nh\r\n\ufeff") == "Hòa Bình"


def test_clean_lines_keeps_line_breaks_only():
    assert text.clean_lines("\n a\u00a0 b \r\n\r\n c\x00\n") == "a b\n\nc"


@given(any_text)
def test_cleaned_text_is_stable_and_fits_a_database(value):
    cleaned = text.clean(value)
    assert text.clean(cleaned) == cleaned
    assert "\x00" not in cleaned
    cleaned.encode()
    lines = text.clean_lines(value)
    assert text.clean_lines(lines) == lines


# --- Search -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("ĐẶNG  Đức\u00a0Thuỷ", "dang duc thuy"),
        ("Ðặng", "dang"),  # eth, from a wrong keyboard
        ("Y Ƀhă", "y bha"),
        ("K’Brình", "k'brinh"),
        ("\ud800\x00", ""),
        ("", ""),
    ],
)
def test_fold_leaves_plain_letters(value, key):
    assert text.fold(value) == key


@given(any_text)
def test_fold_is_total_and_idempotent_and_blind_to_composition(value):
    folded = text.fold(value)
    assert text.fold(folded) == folded
    assert text.fold(unicodedata.normalize("NFD", value)) == folded
    assert text.fold(unicodedata.normalize("NFC", value)) == folded


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hòa", "hoà"),
        ("THỦY", "thuỷ"),
        ("khỏe", "khoẻ"),
        ("Hòa Bình", "hoà bình"),
        ("họa,", "hoạ,"),
    ],
)
def test_old_and_new_tone_placement_are_exactly_the_same(old, new):
    assert text.exact(old) == text.exact(new) == text.exact(unicodedata.normalize("NFD", old))


@pytest.mark.parametrize("other", ["Hoa", "Hóa", "Hoàn"])
def test_other_accents_are_not_exactly_the_same(other):
    assert text.exact(other) != text.exact("Hòa")


@pytest.mark.parametrize("word", ["quý", "qúy", "hoàn", "khuỷu", "mùa", "hộa"])
def test_tone_stays_where_there_is_only_one_place_for_it(word):
    assert text.exact(word) == word


@given(any_text)
def test_exact_is_total_and_idempotent(value):
    assert text.exact(text.exact(value)) == text.exact(value)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Nguyễn Văn An", "nva"), ("Đỗ Ánh", "da"), ("K'Brình", "k"), ("'Y - Ê", "ye"), ("", "")],
)
def test_initials(name, letters):
    assert text.initials(name) == letters


def test_search_text_ends_with_the_initials_of_the_name():
    assert (
        text.search_text("NK-0001", "Nguyễn Văn An", "", name="Nguyễn Văn An")
        == "nk-0001 nguyen van an|nva"
    )
    assert text.search_text("Tổ 2", "TDP Liên Phú") == "to 2 tdp lien phu"


def test_tokens_are_few_and_folded():
    assert text.tokens("  Đức\u00a0ANH ") == ["duc", "anh"]
    assert text.tokens("a " * 50) == ["a"] * 8
    assert text.tokens("x" * 300) == ["x" * 200]
    assert text.tokens("\u200b") == []


def test_digits_of_a_query_are_counted():
    assert text.count_digits("042 090-000.001 x") == 12
    assert text.count_digits("Tổ hai²") == 0


@pytest.mark.parametrize(
    ("query", "secret"),
    [
        ("099090000001", True),
        ("0912 345 678", True),
        ("lê 099090", True),
        ("12345", False),
        ("H-00217", False),
        ("vv-2026-0002", False),
        ("NK-002600 TLG-004", False),
        ("NK-099090000001", True),
        ("B1234567", True),
    ],
)
def test_numbers_of_people_are_told_from_codes_of_records(query, secret):
    assert text.holds_number(query) is secret


# --- Sorting ------------------------------------------------------------------------------------


def test_people_sort_by_given_name_then_surname_then_middle_names():
    expected = [
        "An",
        "Lê Văn An",
        "Nguyễn Thị An",
        "Nguyễn Văn An",
        "Bùi Anh",
        "Bùi Ân",
        "Vũ Anh Dũng",
        "Cao Đức",
        "Trần Hoa",
        "Bùi Hòa",
        "Trần Hoà",
        "Võ Hoàng",
        "K'Brình Y",
    ]
    assert sorted(shuffled(expected), key=text.sort_key) == expected


def test_tones_sort_in_dictionary_order():
    expected = ["ma", "mà", "mả", "mã", "má", "mạ"]
    assert sorted(shuffled(expected), key=text.sort_key) == expected


@given(vietnamese_names, vietnamese_names)
def test_keys_sort_as_a_dictionary_does(one, other):
    keys = text.sort_key(one), text.sort_key(other)
    orders = name_order(one), name_order(other)
    assert (keys[0] < keys[1]) == (orders[0] < orders[1])
    assert (keys[0] == keys[1]) == (orders[0] == orders[1])


@given(any_text)
def test_keys_mean_the_same_under_any_collation(value):
    for key in (text.sort_key(value), text.text_key(value)):
        assert re.fullmatch("[0-9a-z]{0,200}", key)
        assert not re.search("[a-z]{2}", key)  # no digraph of any language


@given(vietnamese_names)
def test_key_ignores_case_composition_and_blanks(name):
    variant = f" {unicodedata.normalize('NFD', name.upper())}\u00a0"
    assert text.sort_key(variant) == text.sort_key(name)


@given(st.lists(vietnamese_words, min_size=30, max_size=60).map(" ".join), vietnamese_names)
def test_cutting_long_keys_never_turns_the_order_round(long, other):
    if name_order(long) < name_order(other):
        assert text.sort_key(long) <= text.sort_key(other)
    else:
        assert text.sort_key(long) >= text.sort_key(other)


def test_things_sort_with_their_numbers_by_value():
    expected = ["Tổ", "Tổ 1", "Tổ 02", "Tổ 2-B", "Tổ 2A", "Tổ 10", "Tổ An", "Tổ Ân", "Tộ"]
    assert sorted(shuffled(expected), key=text.text_key) == expected


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_numbers_in_names_compare_as_numbers(one, other):
    assert (text.text_key(f"Tổ {one}") < text.text_key(f"Tổ {other}")) == (one < other)


# --- Names, identity numbers, phones ------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Nguyễn Văn An",
        "K'Brình",
        "K’Brình",
        "H'Hen Niê",
        "An",
        "Anna-Maria J. Nguyen",
        "Y Khơ\u0306",
    ],
)
def test_real_names_are_names(name):
    assert text.is_person_name(name)
    assert text.is_person_name(unicodedata.normalize("NFD", name))


@pytest.mark.parametrize("name", ["", " ", "-", "An 2", "An; Bình", "An@", "<An>", "=An"])
def test_other_text_is_no_name(name):
    assert not text.is_person_name(name)


def test_citizen_id_is_twelve_digits_not_all_equal():
    assert text.CITIZEN_ID_RE.search("042090000001")
    for bad in ("04209000001", "0420900000012", "000000000000", "04209000000a", "042090000001\n"):
        assert not text.CITIZEN_ID_RE.search(bad)


def test_clean_id_drops_blanks_and_dots_but_hides_no_slip():
    assert text.clean_id(" 042.090 000\u00a0001 ") == "042090000001"
    assert text.clean_id("04209O000001") == "04209O000001"


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("042090000001", "042******001"),
        ("183000001", "183***001"),
        ("B1234567", "******67"),
        ("12", "**"),
        ("", ""),
    ],
)
def test_mask_id(value, masked):
    assert text.mask_id(value) == masked


def test_mask_phone():
    assert text.mask_phone("0912345678") == "091****678"
    assert text.mask_phone("") == ""


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+84 912 345 678", "0912345678"),
        ("+84 (0)912.345.678", "0912345678"),
        ("0239-3.865 123", "02393865123"),
        ("069.29 28 111", "0692928111"),
        ("0100123456", "0100123456"),
    ],
)
def test_phones_are_understood_as_people_write_them(written, digits):
    assert text.clean_phone(written) == digits
    assert text.is_phone(digits)


@pytest.mark.parametrize(
    "digits", ["", "091234567", "0112345678", "0101123456", "0912345678x", "113"]
)
def test_other_digits_are_no_phone(digits):
    assert not text.is_phone(digits)


# --- Dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["5/9/1990", "05-09-1990", "5.9.1990", "05091990", "1990-09-05", " 05 / 09 / 1990 "]
)
def test_dates_are_read_day_first(written):
    assert text.parse_date(written) == date(1990, 9, 5)


def test_two_digit_years_need_a_pivot():
    assert text.parse_date("5/9/90", pivot=26) == date(1990, 9, 5)
    assert text.parse_date("5/9/26", pivot=26) == date(2026, 9, 5)
    with pytest.raises(ValueError, match="bốn chữ số"):
        text.parse_date("5/9/90")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("09/25/1990", "không có trong lịch"),
        ("29/02/2026", "không có trong lịch"),
        ("01/01/0090", "1900"),
        ("20111112", "1900"),
        ("5/9-1990", "ngày/tháng/năm"),
        ("hôm qua", "ngày/tháng/năm"),
        ("٠٥/٠٩/١٩٩٠", "ngày/tháng/năm"),
        ("", "ngày/tháng/năm"),
    ],
)
def test_bad_dates_are_refused_with_a_sentence(written, sentence):
    with pytest.raises(ValueError, match=sentence):
        text.parse_date(written)


@pytest.mark.parametrize(
    ("written", "day", "precision", "shown"),
    [
        ("1948", date(1948, 1, 1), "Y", "1948"),
        ("9/1990", date(1990, 9, 1), "M", "09/1990"),
        ("5/9/1990", date(1990, 9, 5), "D", "05/09/1990"),
    ],
)
def test_birth_dates_keep_what_is_known(written, day, precision, shown):
    assert text.parse_birth(written) == (day, precision)
    assert text.format_birth(day, precision) == shown


@pytest.mark.parametrize("written", ["13/1990", "48", "0048", "0/1990"])
def test_bad_birth_dates_are_refused(written):
    with pytest.raises(ValueError, match=r"Ngày|Năm|ngày"):
        text.parse_birth(written)


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_written_dates_are_read_back(day):
    assert text.parse_date(text.format_date(day)) == day
    for precision in ("D", "M", "Y"):
        shown = text.format_birth(day, precision)
        assert text.format_birth(*text.parse_birth(shown)) == shown


# --- Numbers ------------------------------------------------------------------------------------


def test_numbers_are_written_with_dots_and_decimal_commas():
    assert text.format_number(1045) == "1.045"
    assert text.format_number(-1234567) == "-1.234.567"
    assert text.format_number(Decimal("3.32")) == "3,32"


def test_percentages():
    assert text.format_percent(1020, 1045) == "97,6 %"
    assert text.format_percent(1, 16) == "6,3 %"
    assert text.format_percent(1, 3, digits=0) == "33 %"
    assert text.format_percent(0, 0) == "—"
