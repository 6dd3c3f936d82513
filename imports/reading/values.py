"""Readers of single cells: `(cell, warn) -> value or None`, as `imports.kinds.base.Column` wants.

Each takes whatever a sheet holds and returns None for an empty cell or a placeholder (`-`,
`không`, `0`, `x`). It mends only by a rule that leaves no choice, and tells `warn` so; what could
be read in two ways raises CellError with a short sentence that shows the cell.

A hundred thousand rows of twelve cells pass here: nothing below asks the database, and the usual
spelling of a value comes before the rare ones.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from households.identity import PROVINCES
from households.models import Residence
from kylien.core.changes import today
from kylien.core.text import (
    CITIZEN_ID_RE,
    clean,
    clean_phone,
    fold,
    is_person_name,
    is_phone,
    parse_date,
)

Cell = Any
Warn = Callable[[str], None]


class CellError(ValueError):
    """A cell that cannot be read; its message is the sentence people see, without the column."""


# --- Text ---------------------------------------------------------------------------------------

# Compared with case folded and accents kept: "Na" and "Ko" are names of people.
_NOTHING = (
    "-|--|---|–|—|_|__|.|..|...|…|/|//|?|??|x|xx|xxx|0|không|ko có|không có|không rõ|chưa có|"
    "không biết|chưa biết|chưa rõ|chưa xác định|không xác định|trống|(trống)|n/a|null|none|nil|"
    "khong|khong co"
)
PLACEHOLDERS = frozenset(_NOTHING.split("|"))
_LONGEST = max(map(len, PLACEHOLDERS))
_EXCEL_ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
)
# What Excel and hands leave before a text: 'not a number', `.
_STRAY = "'`´‘’"
_SHOWN = 40


def _shown(text: str) -> str:
    """Return a cell's text as sentences quote it."""
    return f"“{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}”"


def _tidy(cell: Cell) -> str:
    """Return a cell as one clean line; raises CellError for an error of Excel's."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        if cell.isprintable():  # no control or zero-width character and no blank but the plain one
            text = " ".join(unicodedata.normalize("NFC", cell).split())
        else:
            text = clean(cell)
        if text[:1] in _STRAY:
            text = text.lstrip(_STRAY).lstrip()
        if text[:1] == "#" and text.upper() in _EXCEL_ERRORS:
            raise CellError(f"ô báo lỗi {text} trong Excel: sửa công thức hoặc gõ giá trị.")
        return text
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        day = f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
        return day if cell.time() == dt.time() else f"{day} {cell:%H:%M}"
    if isinstance(cell, dt.date):
        return f"{cell.day:02}/{cell.month:02}/{cell.year:04}"
    return clean(str(cell))


def _is_placeholder(text: str) -> bool:
    return not text or (len(text) <= _LONGEST and text.casefold() in PLACEHOLDERS)


def read_text(cell: Cell, warn: Warn) -> str | None:
    """Return one clean line of text."""
    text = _tidy(cell)
    return None if _is_placeholder(text) else text


def read_name(cell: Cell, warn: Warn) -> str | None:
    """Return a person's name, spelled as in the cell."""
    text = _tidy(cell)
    if _is_placeholder(text):
        return None
    if not text.replace(" ", "").isalpha() and not is_person_name(text):
        raise CellError(f"{_shown(text)} có chữ số hoặc dấu lạ, không phải tên người.")
    return text


_COMMA = re.compile(r"\s*,[\s,]*")


def read_address(cell: Cell, warn: Warn) -> str | None:
    """Return an address with one blank after each comma and none of them at its ends."""
    text = read_text(cell, warn)
    if text and "," in text:
        text = _COMMA.sub(", ", text)
    return (text or "").strip(" ,;") or None


def read_code(cell: Cell, warn: Warn) -> str | None:
    """Return a code in capitals and without blanks."""
    text = read_text(cell, warn)
    return text and text.upper().replace(" ", "")


# --- Dates --------------------------------------------------------------------------------------

# Day 0 of Excel's calendar as it counts after February 1900, and the last day read as a count.
# Smaller counts are days before 1906, or years (1990) and days of a month (15) typed as numbers.
_EPOCH = dt.date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 2101, 73050  # 1905, 2099
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_AHEAD = 20  # years: a day with a year of two digits may lie in the future, a birth may not

_LONGEST_DATE = 50
_USUAL = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_TIME = re.compile(r"(?<=[0-9])[t ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?z?$")
_IN_WORDS = re.compile(
    r"(?:(?:sinh )?(?:ngay )?([0-9]{1,2}),? )?thang ([0-9]{1,2}),? (?:nam )?([0-9]{4})"
)
_BEFORE = re.compile(r"^(?:sinh|ngay|thang|nam|sn|[ :.])+(?=[0-9])")
_UNKNOWN = re.compile(r"(?:[._x?… -]{1,5}/ ?){2}([0-9]{4})")
_SEPARATOR = re.compile(r"\s*[/\\.,-]\s*|\s+")
_ISO_SLASH = re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_ZEROS = re.compile(r"0{1,2}/(?:0{1,2}/)?([0-9]{1,2}/)?([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}")
_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{4})")

Dated = tuple[str, str, str]
"""An ISO day, how much of it is known (D, M, Y), and the warning, if any."""


def read_birth(cell: Cell, warn: Warn) -> str | None:
    """Return a birth date as `1990-05-09/D`: day, month or year known (`core.text.Precision`).

    A number of four digits is a year, one of five a day as Excel counts them.
    """
    dated = _dated(cell, 0, warn)
    return dated and f"{dated[0]}/{dated[1]}"


def read_day(cell: Cell, warn: Warn) -> str | None:
    """Return a whole day as `2026-10-01`; a month or a year alone is refused."""
    dated = _dated(cell, _AHEAD, warn)
    if dated is None:
        return None
    if dated[1] != "D":
        raise CellError(f"{_shown(_tidy(cell))} thiếu ngày: ghi đủ ngày/tháng/năm.")
    return dated[0]


def _dated(cell: Cell, ahead: int, warn: Warn) -> Dated | None:
    if isinstance(cell, str):
        if match := _USUAL.fullmatch(cell):
            try:
                day = dt.date(int(match[3]), int(match[2]), int(match[1]))
            except ValueError:
                pass  # 00/09/1990, or not in the calendar: said below
            else:
                if _FIRST_YEAR <= day.year <= _LAST_YEAR:
                    return day.isoformat(), "D", ""
    elif isinstance(cell, dt.datetime):
        return _of_count((cell.date() - _EPOCH).days, cell, warn)
    elif isinstance(cell, dt.date):
        return _of_count((cell - _EPOCH).days, cell, warn)
    elif cell == dt.time():  # 0 in a cell of dates
        return None
    text = _tidy(cell)
    if _is_placeholder(text):
        return None
    if isinstance(cell, float) and not cell.is_integer():
        dated = _of_number(int(cell), False, text)
    else:
        dated = _of_text(text, (today().year + ahead) % 100)
    if dated[2]:
        warn(dated[2])
    return dated


def _of_count(days: int, cell: Cell, warn: Warn) -> Dated | None:
    """Return the day of a cell that Excel shows as one; a day of nothing is an empty cell."""
    if _FIRST_SERIAL <= days <= _LAST_SERIAL:
        return (_EPOCH + dt.timedelta(days)).isoformat(), "D", ""
    if days in (0, 1):
        return None
    if _FIRST_YEAR <= days < _FIRST_SERIAL:
        # 1990 typed into a cell that shows numbers as days.
        warn(f"{_shown(_tidy(cell))} đọc là năm {days}: ô định dạng ngày.")
        return f"{days}-01-01", "Y", ""
    raise CellError(f"{_shown(_tidy(cell))}: năm không hợp lệ.")


def _of_number(number: int, whole: bool, text: str) -> Dated:
    if whole and _FIRST_YEAR <= number <= _LAST_YEAR:
        return f"{number}-01-01", "Y", ""
    if _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return (_EPOCH + dt.timedelta(number)).isoformat(), "D", ""
    if whole and len(text) in (7, 8):  # 5091990: day, month and year without strokes
        day = _day(text.zfill(8), text)
        lost = f"{_shown(text)} đọc là {_spelled(day)}: Excel bỏ số 0 ở đầu."
        return day, "D", lost if len(text) == 7 else ""
    raise CellError(f"{_shown(text)} không phải ngày: ghi ngày/tháng/năm.")


@lru_cache(maxsize=4096)
def _of_text(text: str, pivot: int) -> Dated:
    if len(text) > _LONGEST_DATE:
        raise CellError(f"{_shown(text)} không phải ngày: ghi ngày/tháng/năm.")
    if text.isascii() and text.isdecimal() and len(text) < 8:
        return _of_number(int(text), True, text)
    plain = _plain_date(text)
    if len(plain) == 4 and plain.isdecimal() and _FIRST_YEAR <= int(plain) <= _LAST_YEAR:
        return f"{plain}-01-01", "Y", ""
    if match := _MONTH.fullmatch(plain):
        return _day(f"01/{match[1]}/{match[2]}", text), "M", ""
    day = _day(plain, text, pivot)
    if _SHORT_YEAR.fullmatch(plain):
        return day, "D", f"{_shown(text)} đọc là {_spelled(day)}: năm chỉ có hai chữ số."
    return day, "D", ""


def _plain_date(text: str) -> str:
    """Return a date's text as d/m/yyyy, m/yyyy or yyyy, whatever words and signs it is written in.

    Zeros and blanks in the place of a day or month (00/00/1990, ../../1990) say it is unknown.
    """
    plain = _TIME.sub("", fold(text)).rstrip(" .")
    if match := _IN_WORDS.fullmatch(plain) or _UNKNOWN.fullmatch(plain):
        return "/".join(filter(None, match.groups()))
    plain = _SEPARATOR.sub("/", _BEFORE.sub("", plain))
    if match := _ISO_SLASH.fullmatch(plain):
        plain = f"{match[3]}/{match[2]}/{match[1]}"
    if match := _ZEROS.fullmatch(plain):
        plain = "".join(filter(None, match.groups()))
    return plain


def _day(plain: str, text: str, pivot: int | None = None) -> str:
    """Return the ISO day of d/m/yyyy; the cell's own `text` stands in the refusal."""
    try:
        day = parse_date(plain, pivot=pivot)
    except ValueError as error:
        if "lịch" in str(error):
            told = "không có trong lịch: ghi ngày trước, tháng sau."
        else:
            told = "không đọc được: ghi ngày/tháng/năm."
        raise CellError(f"{_shown(text)} {told}") from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise CellError(f"{_shown(text)}: năm không hợp lệ.")
    return day.isoformat()


def _spelled(day: str) -> str:
    return "/".join(reversed(day.split("-")))


# --- Identity numbers and phones ----------------------------------------------------------------

_CITIZEN, _OLD = 12, 9
_MASKED = re.compile(r"[0-9A-Z]{0,3}[*•]+[0-9A-Z]{0,3}", re.IGNORECASE)
_DECIMALS = re.compile(r"([0-9]+)[.,]0+")
_POWER = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_PARTING = str.maketrans("", "", " .-")
_CENTURIES = "0123"  # fourth digit: men and women born in 19xx and 20xx


def _digits(cell: Cell, warn: Warn) -> tuple[str, str]:
    """Return a number cell's characters without blanks, dots and dashes, and its text as it was.

    Both are empty for an empty cell, a placeholder, and a number that an export has masked.
    """
    text = _tidy(cell)
    if _is_placeholder(text):
        return "", ""
    if "*" in text or "•" in text:
        if _MASKED.fullmatch(text.translate(_PARTING)):
            warn(f"{_shown(text)} là số đã che, bỏ qua ô này.")
            return "", ""
    elif "E" in text.upper() and _POWER.fullmatch(text):
        raise CellError(f"{_shown(text)} bị Excel rút gọn: định dạng cột là Text rồi gõ lại số.")
    if match := _DECIMALS.fullmatch(text):  # 42099001234.0, as programs write numbers to CSV
        return match[1], match[1]
    return text.translate(_PARTING), text


def read_identity(cell: Cell, warn: Warn) -> str | None:
    """Return a citizen id (12 digits) or an old one (9 digits), told apart by their length."""
    number, text = _digits(cell, warn)
    if not number:
        return None
    if len(number) == _OLD and _is_number(number):
        warn(f"{_shown(text)} có 9 chữ số: ghi là số CMND cũ.")
        return number
    return _citizen_id(number, text, warn)


def read_citizen_id(cell: Cell, warn: Warn) -> str | None:
    """Return a citizen id: 12 digits."""
    number, text = _digits(cell, warn)
    return _citizen_id(number, text, warn) if number else None


def read_old_id(cell: Cell, warn: Warn) -> str | None:
    """Return an old identity number: 9 digits. A number cell of 8 has lost its leading zero."""
    number, text = _digits(cell, warn)
    if not number:
        return None
    if len(number) == _OLD - 1 and _is_number(number) and not isinstance(cell, str):
        number = "0" + number
        warn(f"{_shown(text)} đọc là {number}: Excel bỏ số 0 ở đầu.")
    if len(number) != _OLD or not _is_number(number):
        raise CellError(f"{_shown(text)} không phải số CMND 9 chữ số.")
    return number


def _citizen_id(number: str, text: str, warn: Warn) -> str:
    if CITIZEN_ID_RE.match(number):
        return number
    restored = _with_zeros(number)
    if not restored:
        count = f" (đang có {len(number)})" if _is_number(number) else ""
        raise CellError(f"{_shown(text)} không phải số định danh 12 chữ số{count}.")
    warn(f"{_shown(text)} đọc là {restored}: thêm số 0 bị mất ở đầu.")
    return restored


def _with_zeros(number: str) -> str:
    """Return a citizen id that got its leading zeros back, "" where it could be something else.

    A number never begins with three zeros, and begins with two only for five provinces. The
    fourth digit says in which century the holder was born.
    """
    missing = _CITIZEN - len(number)
    if missing not in (1, 2) or not _is_number(number) or number[0] == "0":
        return ""
    restored = number.zfill(_CITIZEN)
    known = missing == 1 or restored[:3] in PROVINCES
    fits = known and restored[3] in _CENTURIES and CITIZEN_ID_RE.match(restored)
    return restored if fits else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


# Mobile numbers of 11 digits got 10 in 2018, prefix by prefix (Bộ TT&TT, kế hoạch 798/QĐ-BTTTT).
_NEW_PREFIXES = (
    "0162>032 0163>033 0164>034 0165>035 0166>036 0167>037 0168>038 0169>039 0120>070 0121>079 "
    "0122>077 0126>076 0128>078 0123>083 0124>084 0125>085 0127>081 0129>082 0186>056 0188>058 "
    "0199>059"
)
_SINCE_2018 = dict(pair.split(">") for pair in _NEW_PREFIXES.split(" "))
_OLD_MOBILE = 11
_PHONE_WORDS = re.compile(
    r"^(?:điện thoại|số|sđt|đt|dđ|tel|phone|mobile|di động)[\s:.]+", re.IGNORECASE
)
_BETWEEN_PHONES = re.compile(r"\s*(?:[/,;|]|\bhoặc\b|\bvà\b| - )\s*")


def read_phone(cell: Cell, warn: Warn) -> str | None:
    """Return the digits of a phone number; of several in one cell the first, with a warning."""
    text = _tidy(cell)
    if _is_placeholder(text):
        return None
    digits = text if _is_number(text) else clean_phone(text)
    if is_phone(digits):
        return digits
    if _MASKED.fullmatch(text.translate(_PARTING)):
        warn(f"{_shown(text)} là số đã che, bỏ qua ô này.")
        return None
    first, *others = _BETWEEN_PHONES.split(_PHONE_WORDS.sub("", text).strip(" ,;/"))
    digits = _phone_of(first, warn)
    if not digits:
        raise CellError(f"{_shown(text)} không phải số điện thoại.")
    if others:
        warn(f"{_shown(text)} có hơn một số: lấy số đầu.")
    return digits


def _phone_of(text: str, warn: Warn) -> str:
    """Return the digits of one phone number, "" if it is none."""
    if match := _DECIMALS.fullmatch(text):
        text = match[1]
    digits = clean_phone(text)
    if is_phone(digits):
        return digits
    if not _is_number(digits):
        return ""
    if len(digits) == _OLD_MOBILE and digits[:4] in _SINCE_2018:
        new = _SINCE_2018[digits[:4]] + digits[4:]
        warn(f"{_shown(text)} là đầu số cũ: đổi thành {new}.")
        return new
    for prefix in ("0084", "84"):
        if digits.startswith(prefix) and is_phone("0" + digits.removeprefix(prefix).lstrip("0")):
            return "0" + digits.removeprefix(prefix).lstrip("0")
    if is_phone("0" + digits):
        warn(f"{_shown(text)} đọc là 0{digits}: thêm số 0 bị mất ở đầu.")
        return "0" + digits
    return ""


# --- Words with a meaning -----------------------------------------------------------------------

_SEXES = {
    **dict.fromkeys(("nam", "nam giới", "trai", "con trai", "đàn ông", "ông", "m", "male"), "M"),
    **dict.fromkeys(("nữ", "nữ giới", "gái", "con gái", "phụ nữ", "bà", "f", "female"), "F"),
    **dict.fromkeys(("nu", "gai"), "F"),
}


def read_sex(cell: Cell, warn: Warn) -> str | None:
    """Return "M" or "F"; a lone N or a number (1, 2) says neither."""
    if cell == "Nam":
        return "M"
    if cell == "Nữ":
        return "F"
    text = _tidy(cell)
    if _is_placeholder(text):
        return None
    sex = _SEXES.get(text.casefold()) or _SEXES.get(fold(text))
    if not sex:
        raise CellError(f"{_shown(text)} không rõ giới tính: ghi Nam hoặc Nữ.")
    return sex


_R = Residence.Relation
# With accents, since "bà", "bá" and "ba" differ; a word typed without them is understood where
# only one of these can be meant.
_RELATIONS = {
    _R.HEAD: "chủ hộ|ch|c.hộ|bản thân|là chủ hộ|đứng chủ hộ|head|head of household",
    _R.SPOUSE: (
        "vợ, chồng|vợ|chồng|vợ chồng|vợ/chồng|vợ hoặc chồng|vk|ck|bà xã|ông xã|wife|husband|spouse"
    ),
    _R.CHILD: (
        "con đẻ|con|con trai|con gái|con ruột|con trai đẻ|con gái đẻ|con trai ruột|con gái ruột|"
        "con cả|con trưởng|con thứ|con út|con trai cả|con gái cả|con trai trưởng|con trai út|"
        "con gái út|con trai thứ|con gái thứ|trưởng nam|trưởng nữ|thứ nam|thứ nữ|út nam|út nữ|"
        "con thứ hai|con thứ ba|con thứ tư|child|son|daughter"
    ),
    _R.ADOPTED: "con nuôi|con trai nuôi|con gái nuôi|adopted child",
    _R.CHILD_IN_LAW: (
        "con dâu, con rể|con dâu|con rể|dâu|rể|nàng dâu|chàng rể|con dâu/con rể|con dâu, rể|"
        "daughter-in-law|son-in-law"
    ),
    _R.PARENT: (
        "cha, mẹ|cha|mẹ|bố|bố đẻ|mẹ đẻ|cha đẻ|bố ruột|mẹ ruột|cha ruột|ba ruột|má|má ruột|thân phụ|"
        "thân mẫu|bố mẹ|cha mẹ|bố, mẹ|cha/mẹ|bố/mẹ|parent|father|mother"
    ),
    _R.PARENT_IN_LAW: (
        "cha, mẹ vợ (chồng)|bố vợ|mẹ vợ|cha vợ|ba vợ|má vợ|bố chồng|mẹ chồng|cha chồng|ba chồng|"
        "má chồng|nhạc phụ|nhạc mẫu|father-in-law|mother-in-law"
    ),
    _R.GRANDPARENT: (
        "ông, bà|ông|bà|ông nội|bà nội|ông ngoại|bà ngoại|ông bà|ông bà nội|ông bà ngoại|ông/bà|"
        "grandparent|grandfather|grandmother"
    ),
    _R.GRANDCHILD: (
        "cháu ruột|cháu nội|cháu ngoại|cháu nội trai|cháu nội gái|cháu trai nội|cháu gái nội|"
        "cháu trai ngoại|cháu gái ngoại|cháu đích tôn|grandchild|grandson|granddaughter"
    ),
    _R.SIBLING: (
        "anh, chị, em ruột|anh|chị|em|anh trai|chị gái|em trai|em gái|anh ruột|chị ruột|em ruột|"
        "anh trai ruột|chị gái ruột|em trai ruột|em gái ruột|anh chị em|anh em|anh chị em ruột|"
        "anh, chị, em|anh em ruột|sibling|brother|sister"
    ),
    _R.NIECE_NEPHEW: (
        "cháu (chú, bác)|cháu gọi bằng chú|cháu gọi bằng bác|cháu gọi bằng cô|cháu gọi bằng dì|"
        "cháu gọi bằng cậu|cháu gọi chú|cháu gọi bác|cháu gọi cô|cháu gọi dì|cháu gọi cậu|"
        "cháu họ gọi chú|niece|nephew"
    ),
    _R.GUARDIAN: "người giám hộ|giám hộ|guardian",
    _R.WARD: "người được giám hộ|được giám hộ",
    _R.TENANT: (
        "ở thuê, ở nhờ|ở thuê|ở nhờ|ở trọ|thuê trọ|thuê nhà|người thuê nhà|người ở thuê|"
        "người ở trọ|người ở nhờ|người ở thuê, ở nhờ|ở đậu|khách trọ|cùng ở thuê, ở nhờ|"
        "người cùng ở nhờ, ở thuê, ở mượn|ở mượn|tenant|lodger"
    ),
}


def _by_words(relations: Mapping[str, str]) -> dict[str, str]:
    """Return the relation of each wording, and of its spelling without accents if only one is."""
    exact = {word: str(key) for key, words in relations.items() for word in words.split("|")}
    bare: dict[str, set[str]] = {}
    for word, key in exact.items():
        bare.setdefault(fold(word), set()).add(key)
    # "Ba" is a father in the south and a grandmother without accents; "con re" and such are plain.
    lonely = {word: min(keys) for word, keys in bare.items() if len(keys) == 1 and word != "ba"}
    return {**lonely, **exact}


_RELATION_OF = _by_words(_RELATIONS)
_OF_HEAD = re.compile(r"(?: của)? (?:chủ hộ|ch)$")
_ORDINAL = re.compile(r"(?: thứ)? [0-9]{1,2}$")
_UNCLEAR_CHILD = frozenset({"cháu", "cháu trai", "cháu gái", "chau"})
_RELATION_LENGTH = 60


def read_relation(cell: Cell, warn: Warn) -> str | None:
    """Return a value of `Residence.Relation`, or "OTHER:" and the wording of what is none."""
    text = _tidy(cell)
    if _is_placeholder(text):
        return None
    relation = _relation_of(text)
    if relation:
        return relation
    if text.casefold() in _UNCLEAR_CHILD:
        warn(f"{_shown(text)} có thể là cháu nội, ngoại hay cháu chú, bác: ghi là quan hệ khác.")
    if len(text) > _RELATION_LENGTH:
        raise CellError(f"{_shown(text)} dài quá {_RELATION_LENGTH} chữ.")
    return f"OTHER:{text}"


@lru_cache(maxsize=1024)
def _relation_of(text: str) -> str:
    word = text.casefold().rstrip(" .;,")
    return (
        _RELATION_OF.get(word)
        or _RELATION_OF.get(_ORDINAL.sub("", _OF_HEAD.sub("", word)))
        or _RELATION_OF.get(word.replace(" ", ""), "")
    )


_YES = frozenset({"có", "co", "x", "✓", "✔", "☑", "v", "yes", "y", "true", "1", "đúng", "đã có"})
_NO = frozenset({"không", "ko", "khong", "k", "no", "n", "false", "0", "chưa", "sai", "không có"})


def read_yes(cell: Cell, warn: Warn) -> bool | None:
    """Return True for `có`, `x`, a tick or 1, False for `không` or 0, None for an empty cell."""
    text = _tidy(cell).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    if _is_placeholder(text):
        return None
    raise CellError(f"{_shown(text)} không rõ: ghi Có hoặc Không.")


_THOUSANDS = re.compile(r"[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*")
_THOUSANDS_MARKS = str.maketrans("", "", "., ")
_LONGEST_INT = 12


def read_int(cell: Cell, warn: Warn) -> int | None:
    """Return a whole number from 0; unlike elsewhere, 0 is a value here."""
    text = _tidy(cell)
    if _is_placeholder(text) and text != "0":
        return None
    if _THOUSANDS.fullmatch(text):  # before the decimals: 12.000 is twelve thousand here
        text = text.translate(_THOUSANDS_MARKS)
    elif match := _DECIMALS.fullmatch(text):
        text = match[1]
    if not _is_number(text) or len(text) > _LONGEST_INT:
        raise CellError(f"{_shown(text)} không phải số nguyên.")
    return int(text)


def read_choice(table: Mapping[str, Any]) -> Callable[[Cell, Warn], Any]:
    """Return a reader of the words of a table, `{wording: value}`, found without case and accents.

    Its refusal names the first wording of each value.
    """
    known = {fold(word): value for word, value in table.items()}
    named = _first_words(table.items())
    find = lru_cache(maxsize=256)(lambda text: known.get(fold(text)))

    def read(cell: Cell, warn: Warn) -> Any:
        text = _tidy(cell)
        value = find(text)
        if value is None and not _is_placeholder(text):
            raise CellError(f"{_shown(text)} không có trong danh sách: {named}.")
        return value

    return read


def _first_words(pairs: Iterable[tuple[str, Any]]) -> str:
    first: dict[Any, str] = {}
    for word, value in pairs:
        first.setdefault(value, word)
    return ", ".join(first.values())
