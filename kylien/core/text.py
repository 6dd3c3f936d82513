"""Vietnamese text: cleaning, search and sort keys, names, identity numbers, phones, dates, numbers.

Everything here is a pure function of its arguments: no database, no settings, no clock.
Stored text is only ever cleaned (`clean`), never respelled; what compares or sorts is a key
computed from it.
"""

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

# --- Cleaning -----------------------------------------------------------------------------------

# Control, zero-width and formatting characters, and lone surrogates (no database takes those).
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def clean(value: str) -> str:
    """Return one line of NFC text without invisible characters, blanks collapsed and stripped.

    Line breaks, tabs and no-break spaces become one plain space.
    """
    if not value.isprintable():  # what is printable holds none of them, and no blank but a space
        value = "".join(
            char for char in value if char.isspace() or unicodedata.category(char) not in _INVISIBLE
        )
    return " ".join(unicodedata.normalize("NFC", value).split())


def clean_lines(value: str) -> str:
    """Clean every line of a longer text as `clean` does, keeping the line breaks as ``\\n``."""
    return "\n".join(clean(line) for line in value.splitlines()).strip("\n")


# --- Search -------------------------------------------------------------------------------------

# Letters with a stroke have no decomposition, so stripping marks leaves them alone. Eth and the
# African D look like đ and come from wrong keyboards and old converters; ƀ is Ê Đê and Gia Rai.
# Word turns the apostrophe of K'Brình into a curly one.
_SAME = str.maketrans({"ð": "đ", "ɖ": "đ", "’": "'", "‘": "'", "ʼ": "'"})


class _Bare(dict):
    """What each character of a decomposed text is in a key, None for nothing; learnt as met."""

    def __missing__(self, code):
        char = chr(code)
        hidden = unicodedata.category(char) in _INVISIBLE | {"Mn"}
        self[code] = None if hidden and not char.isspace() else code
        return self[code]


_BARE = _Bare(_SAME | str.maketrans({"đ": "d", "ð": "d", "ɖ": "d", "ƀ": "b"}))

MAX_QUERY = 200
MAX_TOKENS = 8


def _decompose(value: str) -> str:
    """Return the casefolded text with every mark as a character of its own (NFD)."""
    # Casefolding may make composed characters again, hence the second pass.
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", value).casefold())


def fold(value: str) -> str:
    """Return the search key of a text: no case, no accents, đ as d, blanks collapsed.

    Total: any string has a key, also one with control characters or lone surrogates.
    Folding twice changes nothing, and composed and decomposed spellings give the same key.
    """
    return " ".join(unicodedata.normalize("NFC", _decompose(value).translate(_BARE)).split())


_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_MARK = "[" + "".join(_TONES) + "]"
# A tone on the first vowel of oa, oe or uy that ends the syllable (hòa, khỏe, thủy). After q the
# u belongs to the consonant (quý), and before a final consonant both styles agree (hoàn).
_OLD_PLACEMENT = re.compile(
    rf"(?<!q)(o(?={_MARK}[ae])|u(?={_MARK}y))({_MARK})([aey])(?![^\W\d_]|[\u0300-\u036f])"
)


def exact(value: str) -> str:
    """Return a key that keeps the accents, to rank hits with the same accents first.

    The old and the new placement of the tone (hòa and hoà) give the same key.
    """
    text = _decompose(clean(value)).translate(_SAME)
    return unicodedata.normalize("NFC", _OLD_PLACEMENT.sub(r"\1\3\2", text))


def initials(name: str) -> str:
    """Return the folded first letters of a name: "nva" for Nguyễn Văn An."""
    letters = ("".join(filter(str.isalnum, word)) for word in fold(name).split())
    return "".join(word[0] for word in letters if word)


def search_text(*parts: str, name: str = "") -> str:
    """Return the content of a search column: the folded parts, then ``|nva`` for a `name`.

    The name gives its initials only: hand it over as a part too if it should be found.
    """
    folded = " ".join(filter(None, map(fold, parts)))
    return f"{folded}|{initials(name)}" if name else folded


def tokens(query: str) -> list[str]:
    """Return the folded words of a query: at most 8, from its first 200 characters."""
    return fold(query[:MAX_QUERY]).split()[:MAX_TOKENS]


def count_digits(query: str) -> int:
    """Return how many decimal digits a query holds."""
    return sum(char.isdecimal() for char in query)


SECRET_DIGITS = 6
# A record's code (H-00217, VV-2026-0002): said aloud and written in addresses, nobody's number.
_CODE = re.compile(r"(?<!\S)[^\W\d_]{1,4}(?:-[0-9]{1,6}){1,2}(?!\S)")


def holds_number(query: str) -> bool:
    """Tell whether a query may hold an id or phone number: six digits or more outside codes.

    Such a query never stands in an address; `static/js/portal.js` has the same rule.
    """
    return count_digits(_CODE.sub(" ", query)) >= SECRET_DIGITS


def number_in(query: str) -> str:
    """Return the number that a query looks for, without blanks, dots and dashes; "" if it has none.

    ``0912 345 678`` is one number; of ``đào 0912345678`` it is the longest word of digits.
    """
    if not holds_number(query):
        return ""
    words = [clean_id(query), *map(clean_id, tokens(_CODE.sub(" ", query)))]
    numbers = [word for word in words if word.isdigit() and len(word) >= SECRET_DIGITS]
    return max(numbers, key=len, default=re.sub(r"\D", "", query))


# --- Sorting ------------------------------------------------------------------------------------

MAX_KEY = 200

# Place of a letter among those written with the same Latin letter: a ă â, d đ, e ê, o ô ơ, u ư.
_VARIANTS = {
    "a\u0306": "1",
    "a\u0302": "2",
    "e\u0302": "1",
    "o\u0302": "1",
    "o\u031b": "2",
    "u\u031b": "1",
}
_STROKED = {"đ": "d1", "ƀ": "b1"}
# A number, or a letter with the marks that follow it.
_UNIT = re.compile(r"(\d+)|([^\W\d_])([\u0300-\u036f]*)")


def sort_key(name: str) -> str:
    """Return the key by which people sort: given name, then surname, then middle names.

    The order is that of Vietnamese dictionaries: word by word, in each word the letters first
    (a ă â b c d đ e ê …, with f j w z in their Latin places), then its tone (ngang, huyền, hỏi,
    ngã, sắc, nặng). So every Hoa stands before the first Hòa, whatever the surname. A shorter
    word stands before a longer one (An, Anh); punctuation inside a word does not count.

    The key holds only ``0-9a-z`` and no two letters in a row, so that no collation sees a
    digraph in it: bytes, ICU and glibc all sort it alike. It is cut at 200 characters (some 85
    letters), which keeps the order: names that differ only after the cut become equal.
    """
    words = [key for key in map(_word_key, _decompose(clean(name)).split()) if key]
    return "".join(words[-1:] + words[:-1])[:MAX_KEY]


def text_key(text: str) -> str:
    """Return the key by which names of things sort: as `sort_key`, but words in written order.

    Numbers sort by value and before letters (Tổ 2, Tổ 2A, Tổ 10, Tổ An); punctuation other than
    an apostrophe parts words.
    """
    spaced = re.sub(r"[^\w\s\u0300-\u036f']|_", " ", _decompose(clean(text)).translate(_SAME))
    return "".join(map(_word_key, spaced.split()))[:MAX_KEY]


@lru_cache(maxsize=4096)  # the words of names are few
def _word_key(word: str) -> str:
    """Return the key of one decomposed word, "" for one without letters and digits.

    Each unit begins with a character of its class: ``0`` end of word, ``1`` number, ``a-z``
    letter; so a word that ends sorts before one that goes on.
    """
    units, tones = [], ""
    for number, letter, marks in _UNIT.findall(word.translate(_SAME)):
        if number:
            units.append(_number_key(number))
        else:
            units.append(_letter_key(letter, marks))
            # Tones are listed without their place in the word: hòa and hoà are one word.
            tones += "".join(_TONES.get(mark, "") for mark in marks)
    return "".join(units) + f"0{tones}0" if units else ""


def _number_key(digits: str) -> str:
    """Return ``1``, the count of digits in base 36, and the digits: longer is greater."""
    value = "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")[:35] or "0"
    return "1" + "0123456789abcdefghijklmnopqrstuvwxyz"[len(value)] + value


def _letter_key(letter: str, marks: str) -> str:
    """Return the Latin letter and its variant; other scripts follow z by code point."""
    if letter in _STROKED:
        return _STROKED[letter]
    if letter.isascii():
        return letter + next((_VARIANTS[letter + m] for m in marks if letter + m in _VARIANTS), "0")
    return f"z9{ord(letter):07}"


# --- Names, identity numbers, phones ------------------------------------------------------------

_NAME_PUNCTUATION = frozenset(" '’-.")


def is_person_name(text: str) -> bool:
    """Tell whether a text can be a person's name: letters, blanks and ``' - .`` only.

    One word is enough (foreign and minority names: K'Brình, H'Hen, Y Ƀhă).
    """
    name = clean(text)
    # Some letters of Ê Đê and Gia Rai (ơ̆) exist only as a letter and a combining mark.
    return any(map(str.isalpha, name)) and all(
        char.isalpha() or char in _NAME_PUNCTUATION or unicodedata.category(char) == "Mn"
        for char in name
    )


CITIZEN_ID_RE = re.compile(r"\A(?!([0-9])\1{11}\Z)[0-9]{12}\Z")
"""A citizen identity number (số định danh cá nhân): 12 digits (Luật Căn cước 2023, Điều 12).

Not all equal, which only a placeholder is. There is no check digit, and the province, sex and year
in it are hints for a warning, never a reason to refuse.
"""


def clean_id(value: str) -> str:
    """Return an identity number without blanks, dots and dashes.

    Other characters stay, so that `CITIZEN_ID_RE` refuses a slip instead of hiding it.
    """
    return re.sub(r"[\s.-]", "", clean(value))


def mask_id(value: str) -> str:
    """Return an identity or passport number with its middle hidden: ``042******001``.

    From 9 characters on the first and the last 3 are kept, below that the last 2, below 3 none.
    """
    if len(value) >= 9:
        return value[:3] + "*" * (len(value) - 6) + value[-3:]
    shown = value[-2:] if len(value) > 2 else ""
    return "*" * (len(value) - len(shown)) + shown


_LONG_NUMBER = re.compile(r"(?<!\d)\d{9,}(?!\d)")


def mask_numbers(words: str) -> str:
    """Return words in which each run of 9 or more digits is masked, whatever wrote them."""
    return _LONG_NUMBER.sub(lambda found: mask_id(found[0]), words)


def mask_phone(digits: str) -> str:
    """Return a phone number with its middle hidden: ``091****678``; the rule of `mask_id`."""
    return mask_id(digits)


def mask_birth(day: date) -> str:
    """Return the year of a birth date, which is all that most work asks for."""
    return str(day.year)


_PHONE_RE = re.compile(
    r"0[35789][0-9]{8}"  # mobile
    r"|02[0-9]{9}"  # landline with its area code
    r"|069[0-9]{7}"  # the police's own network
    r"|0100[0-9]{6}"  # nobody's: see is_phone
)


def clean_phone(value: str) -> str:
    """Return the digits of a phone number, +84 turned into 0.

    Blanks, dots, dashes and brackets go; other characters stay, so that `is_phone` refuses them.
    """
    number = re.sub(r"[\s.()-]", "", clean(value))
    return re.sub(r"\A\+840?", "0", number)


def is_phone(digits: str) -> bool:
    """Tell whether cleaned digits form a Vietnamese phone number.

    Mobile 10 digits (03, 05, 07, 08, 09), landline 11 (02), police network 10 (069).
    Also 0100 and 6 digits: no network has had numbers in 01 since 2018, so the demonstration
    ward and the tests use them for invented people without ever ringing a real one.
    """
    return _PHONE_RE.fullmatch(digits) is not None


# --- Dates --------------------------------------------------------------------------------------

Precision = Literal["D", "M", "Y"]
"""How much of a birth date is known: the day, the month, or only the year."""

_DATES = (
    re.compile(
        r"(?P<day>[0-9]{1,2})(?P<sep>[/.-])(?P<month>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4}|[0-9]{2})"
    ),
    re.compile(r"(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
)
_BIRTH_YEAR = re.compile(r"[0-9]{4}")
_BIRTH_MONTH = re.compile(r"([0-9]{1,2})[/.-]([0-9]{4})")


def parse_date(text: str, *, pivot: int | None = None) -> date:
    """Return the date written as d/m/yyyy, d-m-yyyy, d.m.yyyy, ddmmyyyy or yyyy-mm-dd.

    Day and month are never swapped. With a `pivot` (0 to 99) a year of two digits is taken too:
    above the pivot it is 19xx, else 20xx.

    Raises ValueError, with a Vietnamese sentence, for any other shape, for a day that is not in
    the calendar and for years outside 1900 to 2999.
    """
    text = _tighten(text)
    for shape in _DATES:
        if match := shape.fullmatch(text):
            year = match["year"]
            if len(year) == 2:
                if pivot is None:
                    raise ValueError("Hãy ghi năm đủ bốn chữ số, ví dụ 05/09/1990.")
                year = f"{19 if int(year) > pivot else 20}{year}"
            return _calendar_day(int(year), int(match["month"]), int(match["day"]))
    raise ValueError("Hãy ghi ngày theo dạng ngày/tháng/năm, ví dụ 05/09/1990.")


def parse_birth(text: str, *, pivot: int | None = None) -> tuple[date, Precision]:
    """Return the birth date and how much of it is known: "1948", "9/1990" or a whole date.

    The unknown part is the first of its range (1948-01-01): read it with its precision only.

    Raises ValueError, with a Vietnamese sentence, as `parse_date` does.
    """
    text = _tighten(text)
    if _BIRTH_YEAR.fullmatch(text):
        return _calendar_day(int(text), 1, 1), "Y"
    if match := _BIRTH_MONTH.fullmatch(text):
        return _calendar_day(int(match[2]), int(match[1]), 1), "M"
    return parse_date(text, pivot=pivot), "D"


def _tighten(text: str) -> str:
    """Return cleaned text without the blanks people leave around separators."""
    return re.sub(r"\s*([/.-])\s*", r"\1", clean(text))


def _calendar_day(year: int, month: int, day: int) -> date:
    if not 1900 <= year <= 2999:
        raise ValueError(f"Năm {year:04} không hợp lệ: phải từ 1900 đến 2999.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"Ngày {day:02}/{month:02}/{year} không có trong lịch.") from None


def format_date(day: date) -> str:
    """Return a date as dd/mm/yyyy."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def day_in_words(day):
    """Return a day as documents date themselves: days below 10, January and February with a 0."""
    month = f"{day.month:02d}" if day.month < 3 else day.month
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def due_badge(due_on: date, on: date) -> tuple[str, str]:
    """Return how what is due stands on the day `on`: `(tone, word)`."""
    left = (due_on - on).days
    if left < 0:
        return "late", f"Quá hạn {-left} ngày"
    return "due", f"Còn {left} ngày" if left else "Hôm nay"


def format_birth(day: date, precision: Precision) -> str:
    """Return the known part of a birth date: 1948, 09/1990 or 05/09/1990."""
    return format_date(day)[{"D": 0, "M": 3, "Y": 6}[precision] :]


# --- Numbers ------------------------------------------------------------------------------------


def format_number(number: int | float | Decimal) -> str:
    """Return a number the Vietnamese way: 1.045 and 3,32."""
    return f"{number:,}".translate(str.maketrans(",.", ".,"))


def format_percent(part: int | float, whole: int | float, digits: int = 1) -> str:
    """Return the share in per cent, halves rounded up: "97,6 %"; "—" when the whole is 0."""
    if not whole:
        return "—"
    share = Decimal(str(part)) * 100 / Decimal(str(whole))
    return format_number(share.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)) + " %"
