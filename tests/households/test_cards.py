"""Scanned identity cards: what is read, what is repaired, and what is left to the officer."""

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from households.cards import LABELS, MAX_PAYLOAD, SWITCH_OFF, read_card

NUMBER, OLD_NUMBER = "099090000001", "999000001"
NAME = "Nguyễn Văn An"
ADDRESS = "TDP 1, Kỳ Liên, TX. Kỳ Anh, Hà Tĩnh"
BIRTH, ISSUED = date(1990, 9, 5), date(2021, 8, 14)


def payload(
    number=NUMBER,
    old_number=OLD_NUMBER,
    name=NAME,
    birth="05091990",
    sex="Nam",
    address=ADDRESS,
    *rest,
    issued="14082021",
    separator="|",
):
    return separator.join((number, old_number, name, birth, sex, address, issued, *rest))


PLAIN = payload()


def facts(card):
    return (
        card.number,
        card.old_number,
        card.full_name,
        card.birth,
        card.sex,
        card.address,
        card.issued_on,
    )


FACTS = (NUMBER, OLD_NUMBER, NAME, BIRTH, "M", ADDRESS, ISSUED)


def misread(text, codec):
    """Return what a program shows that takes UTF-8 for another code page, as Windows does."""
    return "".join(
        bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode("utf-8")
    )


def doubted(card, *words):
    """Tell whether a card is readable and doubtful, for the reasons with these words only."""
    *reasons, hint = card.problems
    return (
        card.readable
        and not card.certain
        and hint == SWITCH_OFF
        and len(reasons) == len(words)
        and all(word in reason for word, reason in zip(words, reasons, strict=True))
    )


# --- Undamaged ----------------------------------------------------------------------------------


def test_card_is_read_with_its_raw_pieces():
    card = read_card(PLAIN)
    assert facts(card) == FACTS
    assert (card.certain, card.repaired, card.surplus, card.problems) == (True, False, 0, ())
    assert card.raw_fields == tuple(PLAIN.split("|"))
    assert len(card.raw_fields) == len(LABELS)


@pytest.mark.parametrize("birth", ["05091990", "05/09/1990", "05-09-1990", "5.9.1990"])
def test_dates_with_and_without_separators(birth):
    card = read_card(payload(birth=birth, issued="14/08/2021"))
    assert facts(card) == FACTS
    assert card.certain


def test_old_number_may_be_empty():
    card = read_card(payload(old_number=""))
    assert card.old_number == ""
    assert card.certain


@pytest.mark.parametrize("text", [PLAIN[: -len("|14082021")], payload(issued="")])
def test_issue_date_may_miss(text):
    card = read_card(text)
    assert facts(card) == (*FACTS[:-1], None)
    assert card.certain
    assert card.raw_fields[-1] == ""
    assert len(card.raw_fields) == len(LABELS)


def test_surplus_fields_are_counted_and_otherwise_ignored():
    card = read_card(f"{PLAIN}||Nguyễn Văn Bình|Trần Thị Hoa|")
    assert facts(card) == FACTS
    assert card.certain
    assert card.surplus == 4
    assert len(card.raw_fields) == len(LABELS)


@pytest.mark.parametrize(("sex", "read"), [("Nữ", "F"), ("NỮ", "F"), ("NAM", "M"), ("nam", "M")])
def test_sex_in_any_case(sex, read):
    card = read_card(payload(sex=sex))
    assert card.sex == read
    assert card.certain


@pytest.mark.parametrize(
    "name",
    [
        "NGUYỄN VĂN AN",
        "Y Ƀhă Niê",
        "K'Brình",
        "H'Ñiă Mlô",
        "Rơ Châm Y Thơ̆",
        "Đặng Thị Ánh-Tuyết",
        "Ly Kim Anh",  # no accents: the address has some
        "Nam Cao",
        "Siu Black",
        "Ksor Nam",
        "Quý",
        "Đỗ Thuỳ Uyên",
    ],
)
def test_names_as_they_are(name):
    card = read_card(payload(name=name))
    assert card.full_name == name
    assert card.certain


@pytest.mark.parametrize(
    "address",
    [
        "Số 12A/5, Đường Đ1, Ô 2, Ô12, Tổ5, Ý Yên, Nam Định",
        "SN 3 - Ngõ 15; P. Đông Hà (TDP 2)",
        "Thôn A Lưới, Ea Kar, Đắk Lắk",
        "Pleiku, Gia Lai",  # too short to miss its accents
    ],
)
def test_addresses_stay_whole(address):
    card = read_card(payload(address=address))
    assert card.address == address
    assert card.certain


@pytest.mark.parametrize(
    "text",
    [
        f"{PLAIN}\r\n",
        f"\n  {PLAIN}\t\n\n",
        f"\ufeff{PLAIN}\u200b",
        PLAIN.replace("Văn", "V\u200băn").replace("|", "\u200c|"),
        unicodedata.normalize("NFD", PLAIN),
        PLAIN.replace(" ", "\u00a0"),
        PLAIN.replace("|", " | "),
        f"{PLAIN}\n{PLAIN}\n",  # scanned twice
    ],
)
def test_harmless_differences_are_put_right(text):
    card = read_card(text)
    assert facts(card) == FACTS
    assert card.certain
    assert not card.repaired


# --- Repaired -----------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["latin-1", "cp1252", "cp1258"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_utf8_in_another_code_page_is_repaired(codec, form):
    garbled = misread(unicodedata.normalize(form, payload(name="Đỗ Thị Hà Tú")), codec)
    card = read_card(f"{garbled}\r\n")
    assert facts(card) == (*FACTS[:2], "Đỗ Thị Hà Tú", *FACTS[3:])
    assert card.certain
    assert card.repaired
    assert card.raw_fields[5] == garbled.split("|")[5].strip()
    assert card.raw_fields[5] != ADDRESS


def test_the_byte_order_mark_in_another_code_page_goes_too():
    assert facts(read_card(misread(f"\ufeff{PLAIN}", "cp1252"))) == FACTS


@pytest.mark.parametrize("separator", "~¦\\¬Š>ưƯÇµ§*'}│\t")
def test_another_separator_is_repaired(separator):
    card = read_card(payload(separator=separator))
    assert facts(card) == FACTS
    assert card.certain
    assert card.repaired
    assert card.raw_fields == tuple(PLAIN.split("|"))


def test_another_separator_without_old_number_and_with_more_fields():
    text = payload(NUMBER, "", NAME, "05091990", "Nam", ADDRESS, "", "Trần Thị Hoa", separator="~")
    card = read_card(text)
    assert facts(card) == (NUMBER, "", *FACTS[2:])
    assert card.certain
    assert card.surplus == 2


def test_decomposed_separator_and_one_in_another_code_page():
    assert facts(read_card(unicodedata.normalize("NFD", payload(separator="ư")))) == FACTS
    card = read_card(misread(payload(separator="¦"), "cp1252"))
    assert facts(card) == FACTS
    assert card.certain
    assert len(card.raw_fields) == len(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        payload(separator=","),  # cuts the address
        payload(address="Lê Lợi,,Tổ 3", separator=","),
        payload(name="K'Brình", separator="'"),
        payload(address="Đường Hùng Vương", separator="ư"),
        payload(birth="31021990", separator="~"),
        payload(number="09909000000", separator="~"),
        payload(separator=" "),
        payload(separator="x"),
        PLAIN.replace("|", "~", 3),  # not one separator
    ],
)
def test_another_separator_that_proves_nothing_is_unreadable(text):
    assert_unreadable(read_card(text))


# --- Unreadable ---------------------------------------------------------------------------------


def assert_unreadable(card, word="không đủ"):
    assert not card.readable
    assert not card.certain
    assert len(card.problems) == 1
    assert word in card.problems[0]
    assert facts(card) == ("", "", "", None, "", "", None)
    assert card.raw_fields == ()


@pytest.mark.parametrize("text", [NUMBER, "a|b|c|d|e", "https://example.vn/the", "\x00"])
def test_fewer_than_six_fields_hint_at_the_input_method(text):
    card = read_card(text)
    assert_unreadable(card)
    assert card.problems[0].endswith(SWITCH_OFF)


@pytest.mark.parametrize("text", ["", " \r\n ", "\u200b\ufeff"])
def test_empty_scan_asks_for_one(text):
    assert_unreadable(read_card(text), "Chưa có gì")


def test_several_cards_are_never_mixed():
    other = payload(number="099192000002", name="Trần Thị Bình", sex="Nữ")
    assert_unreadable(read_card(f"{PLAIN}\n{other}"), "nhiều lần quét")
    assert_unreadable(read_card(f"{PLAIN}\n{misread(other, 'cp1252')}"), "nhiều lần quét")
    assert doubted(read_card(PLAIN + other), "Ngày cấp")


@pytest.mark.parametrize(
    "text",
    [
        "DN4990000000001|4e677579|05/09/1990|1|54445020|42-001|01/01/2020|-|",  # health insurance
        "||||||",
        "đ99đ|99|Nguyễn Văn An|đ|Nam|Kỳ Anh",
    ],
)
def test_neither_number_nor_birth_date_is_another_code(text):
    assert_unreadable(read_card(text), "không giống")


# --- Doubtful: fields ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["", "09909000001", "0990900000011", "O99090000001", "1" * 12])
def test_bad_number(number):
    card = read_card(payload(number=number))
    assert doubted(card, "Số định danh")
    assert card.number == card.raw_fields[0] == number


@pytest.mark.parametrize("old_number", ["99900000", "99900000à", "9990000011"])
def test_bad_old_number(old_number):
    assert doubted(read_card(payload(old_number=old_number)), "Số CMND cũ")


@pytest.mark.parametrize("birth", ["", "31021990", "1948", "5091990", "05091890", "á5091990"])
def test_bad_birth_date(birth):
    card = read_card(payload(birth=birth))
    assert doubted(card, "Ngày sinh")
    assert card.birth is None
    assert card.raw_fields[3] == birth


def test_bad_issue_date():
    assert doubted(read_card(payload(issued="140820")), "Ngày cấp")
    assert doubted(read_card(payload(issued="14081921")), "Ngày cấp sớm hơn")


@pytest.mark.parametrize(
    ("sex", "read"),
    [("Nu", "F"), ("NU", "F"), ("Nừ", "F"), ("Nám", "M"), ("N", ""), ("N?", ""), ("", "")],
)
def test_bad_sex(sex, read):
    card = read_card(payload(sex=sex))
    assert doubted(card, "Giới tính")
    assert card.sex == read


def test_missing_name_and_address():
    assert doubted(read_card(payload(name=" ")), "không có họ tên")
    assert doubted(read_card(payload(address="")), "không có địa chỉ")


# --- Doubtful: letters --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Nguy?n Văn An", ["bị mất"]),
        ("Nguy\ufffdn Văn An", ["bị mất"]),
        ("Nguy□n Văn An", ["bị mất"]),
        ("Nguyễn Vn An", ["nguyên âm"]),  # letters outside ASCII dropped
        ("Nguye64n Văn An", ["chữ số"]),  # keys of VNI
        ("Nguyễn_Văn An", ["ký hiệu"]),
        ("Nguyễnx Văn An", ["phím bỏ dấu"]),
        ("Nguyễn Văwn An", ["phím bỏ dấu"]),
        ("Nguzễn Văn An", ["phím bỏ dấu"]),  # a German keyboard
        ("Hoá\u0300ng Anh", ["hai dấu thanh"]),
        ("Hòáng Anh", ["hai dấu thanh"]),
        ("Nguyễn VÄn An", ["sai bảng mã"]),
        ("Nguyễn VÄƒn An", ["sai bảng mã"]),
        ("ThÃ\xadnh Lê", ["hoa giữa từ"]),
        ("nGUYỄN vĂN aN", ["hoa giữa từ"]),
        ("Нгуен Ан", ["sai bảng mã", "nguyên âm"]),
    ],
)
def test_damaged_names_are_left_as_they_are(name, words):
    card = read_card(payload(name=name))
    assert doubted(card, *words)
    # Shown beside the scan, never mended.
    assert card.full_name == " ".join(
        unicodedata.normalize("NFC", name.replace("\xad", "")).split()
    )
    assert not card.repaired


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("TDP 1, K? Liên", ["bị mất"]),
        ("TDP 1, Kỳ Liên, HÃ\u00a0 TÄ©nh", ["sai bảng mã"]),
        ("Lô Á, Kỳ Liên", ["VNI"]),
        ("Lô Á7, Kỳ Liên", ["VNI"]),
        ("Hoáng\u0300 Liên", ["hai dấu thanh"]),
    ],
)
def test_damaged_addresses(address, words):
    assert doubted(read_card(payload(address=address)), *words)


def test_lone_surrogates_are_lost_letters():
    card = read_card(payload(name="Nguy\ud800n Văn An"))
    assert doubted(card, "bị mất")
    assert card.full_name == card.raw_fields[2] == "Nguy\ufffdn Văn An"


def test_damage_in_a_part_of_the_text_is_not_repaired():
    card = read_card(payload(name=misread(NAME, "cp1252")))  # the address is sound
    assert card.readable
    assert not card.certain
    assert not card.repaired
    # The last continuation byte lost, as after a no-break space became a blank.
    card = read_card(misread(PLAIN, "cp1252").replace("\u00a0", " "))
    assert not card.certain
    assert not card.repaired


def test_name_and_address_without_accents():
    card = read_card(payload(name="Nguyen Van An", address="TDP 1, Ky Lien, Ky Anh, Ha Tinh"))
    assert doubted(card, "mất dấu")
    assert card.full_name == "Nguyen Van An"
    dropped = PLAIN.encode("ascii", "ignore").decode()
    assert not read_card(dropped).certain
    assert not read_card(PLAIN.encode("ascii", "replace").decode()).certain


def test_keys_of_telex():
    card = read_card(payload(name="Nguyeenx Vawn An", address="Toor 1, Kyf Lieen, Haf Tinhx"))
    assert doubted(card, "Telex")
    assert card.full_name == "Nguyeenx Vawn An"


def test_broken_and_overlong_scans():
    assert doubted(read_card(PLAIN.replace("Liên, ", "Liên,\n")), "ngắt thành nhiều dòng")
    card = read_card(f"{PLAIN}|{'x' * MAX_PAYLOAD}")
    assert doubted(card, "dài hơn")
    assert facts(card) == FACTS
    assert not read_card("á|" * 500_000).certain


# --- Properties ---------------------------------------------------------------------------------

any_text = st.text(st.characters(codec=None), max_size=1000)
marked = st.lists(
    st.sampled_from(["|", "~", "¦", "ư", "\n", "\t", NUMBER, NAME, ADDRESS, "05091990", "Nam"])
    | st.sampled_from(["Ã", "\u00a0", "\u0301", "Ä\u0083", "?", "\ufffd", "\ud800", "9"])
    | st.text(max_size=3),
    max_size=60,
).map("".join)


@given(any_text | marked)
def test_any_text_gives_a_card(text):
    card = read_card(text)
    assert card.certain == (card.readable and not card.problems)
    assert card.readable or card.problems
    assert len(card.raw_fields) == (len(LABELS) if card.readable else 0)
    if card.certain:
        assert re.fullmatch(r"[0-9]{12}", card.number)
        assert card.full_name
        assert card.birth
        assert card.sex
        assert card.address
    "".join(card.raw_fields + card.problems + (card.full_name, card.address)).encode("utf-8")


names = st.builds(
    lambda *words: " ".join(filter(None, words)),
    st.sampled_from(["Nguyễn", "Trần", "Đỗ", "Võ", "Phạm", "Bùi", "ĐẶNG", "Huỳnh", "Lý", "Ngô"]),
    st.sampled_from(["", "Văn", "Thị", "Hữu", "THUỲ", "Quỳnh", "Xuân", "Kim"]),
    st.sampled_from(["An", "Bình", "Hoà", "Hòa", "Yến", "Nghĩa", "Khoẻ", "Quý", "ƯỚC", "Phượng"]),
)
addresses = st.lists(
    st.sampled_from(["Số 12/3A", "TDP 4", "Tổ 5", "Kỳ Liên", "TX. Kỳ Anh", "Ô 7", "Đắk Lắk"]),
    min_size=1,
    max_size=5,
).map(lambda parts: f"{', '.join(parts)}, Hà Tĩnh")
days = st.dates(date(1900, 1, 1), date(2999, 12, 31))
spans = st.tuples(days, st.none() | days).filter(lambda span: not span[1] or span[0] <= span[1])
old_numbers = st.sampled_from(["", OLD_NUMBER, "099000000002"])
styles = st.sampled_from(["{0.day:02}{0.month:02}{0.year}", "{0.day:02}/{0.month:02}/{0.year}"])


@st.composite
def cards(draw):
    """Draw a payload of valid fields, and the fields."""
    birth, issued = draw(spans)
    fields = (
        f"099{draw(st.integers(0, 999_999_999)):09}",
        draw(old_numbers),
        draw(names),
        birth,
        draw(st.sampled_from("MF")),
        draw(addresses),
        issued,
    )
    style = draw(styles)
    number, old_number, name, birth, sex, address, issued = fields
    pieces = [number, old_number, name, style.format(birth), {"M": "Nam", "F": "Nữ"}[sex], address]
    pieces += [style.format(issued)] if issued else draw(st.sampled_from([[], [""]]))
    return "|".join(pieces), fields


@given(cards(), st.sampled_from(["", "\n", "\r\n"]), st.sampled_from(["NFC", "NFD"]))
def test_valid_fields_come_back_certain_and_untouched(drawn, end, form):
    text, fields = drawn
    card = read_card(unicodedata.normalize(form, text) + end)
    assert facts(card) == fields
    assert card.certain
    assert not card.repaired


@given(cards(), st.sampled_from(["latin-1", "cp1252", "cp1258"]))
def test_code_pages_are_undone_whatever_the_fields(drawn, codec):
    text, fields = drawn
    card = read_card(misread(text, codec))
    assert facts(card) == fields
    assert card.certain
    assert card.repaired


@given(cards(), st.sampled_from("~¦¬Š>Ç\t"))
def test_separators_are_undone_whatever_the_fields(drawn, separator):
    text, fields = drawn
    card = read_card(text.replace("|", separator))
    assert facts(card) == fields
    assert card.certain
    assert card.repaired
