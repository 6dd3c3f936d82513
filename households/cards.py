"""Reading the QR code of an identity card, as a USB scanner types it or a person pastes it.

The payload has seven fields, newer cards add more, which are only counted::

    number|old number|name|DDMMYYYY|sex|address|DDMMYYYY of issue

A scanner is a keyboard to the computer, so layouts, input methods and code pages damage what it
types. What is recognised, and what becomes of it:

- UTF-8 bytes shown in a Western or Vietnamese code page (``Nguyá»…n``): repaired, when every
  character turns back into a byte and the bytes are UTF-8 to the last one. Correct Vietnamese
  never is. Damage in a part of the text is doubtful.
- ``|`` typed as another character (``~``, ``¦``, ``Š``, a tab...): repaired, when that character
  separates the fields so that the number, the birth date and the issue date stand in their places.
- Decomposed letters, zero-width characters, the Enter at the end, the same scan twice: put right
  without a word, nothing is lost by them.
- Letters lost (``?``, boxes, words without a vowel), a name and an address both without accents,
  keys of Telex among the letters (``Nguyeenx``, ``Nguyễnx``), two tones in a word, a lone letter
  with a tone in the address (VNI makes ``Lô Á`` of ``Lô A1``), capitals or letters where no
  Vietnamese word has them: doubtful.
- Number, dates, sex not as a card has them; no name or address: doubtful, each with a sentence.
- Fewer than six fields, several cards, another kind of code: unreadable.

Names are never guessed, nor addresses. Most lost accents have several right answers (Dung, Dũng,
Dụng), the wrong one is another person, and who sees a well-formed name does not check it. So a
doubtful card shows what was read beside what was scanned, and an officer decides. Digits are safer:
they count, or they do not.

What no rule can see: an ethnic minority's place name that Telex turned into another well-formed
word (Ea Kar, Ea Kả). Whatever a card says is shown in a form before it is kept.

Pure: no database, no settings, no clock. A payload is nobody's to keep; nothing here stores it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from kylien.core.text import CITIZEN_ID_RE, clean, clean_id, fold, is_person_name, parse_date

LABELS = (
    "Số định danh",
    "Số CMND cũ",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Địa chỉ",
    "Ngày cấp",
)
"""Vietnamese names of the fields, in the order of the payload and of `Card.raw_fields`."""

MAX_PAYLOAD = 2000
"""Characters read; a card has some 200."""

MIN_FIELDS = 6

SWITCH_OFF = "Tắt bộ gõ tiếng Việt (Unikey: chữ E) rồi quét lại."
"""The way out of most damage: the last sentence of every doubtful card."""

_EMPTY = "Chưa có gì để đọc: hãy quét mã QR trên thẻ."
_SEVERAL = "Ô quét chứa nhiều lần quét khác nhau: xoá hết rồi quét lại một thẻ."
_TOO_FEW = f"Không đọc được thẻ: không đủ {MIN_FIELDS} mục. {SWITCH_OFF}"
_OTHER_CODE = f"Nội dung không giống mã QR trên thẻ căn cước. {SWITCH_OFF}"


@dataclass(frozen=True)
class Card:
    """What a scan says. The fields hold what was read, also when it is doubtful.

    A card is certain, doubtful (readable, with problems) or unreadable. `problems` are Vietnamese
    sentences. `raw_fields` are the seven pieces as scanned, before any repair, in the order of
    `LABELS`, "" where the scan has none; an unreadable card has no fields at all.
    """

    number: str = ""
    old_number: str = ""
    full_name: str = ""
    birth: date | None = None
    sex: Literal["M", "F", ""] = ""
    address: str = ""
    issued_on: date | None = None
    surplus: int = 0
    repaired: bool = False
    problems: tuple[str, ...] = ()
    readable: bool = True
    raw_fields: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether the fields may be used without a second look at the scan."""
        return self.readable and not self.problems


# --- Reading ------------------------------------------------------------------------------------

_SURROGATES = re.compile("[\ud800-\udfff]")
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff]")


def read_card(payload: str) -> Card:
    """Read a scanned payload; the module says what is repaired and what is doubtful.

    Total: any string gives a `Card`, never an error. Only the first 2,000 characters are read.
    """
    # No encoding takes lone surrogates, and the pieces are shown: they become lost letters.
    text = _ZERO_WIDTH.sub("", _SURROGATES.sub("\ufffd", payload[:MAX_PAYLOAD]))
    # Not splitlines() nor strip(): U+0085 and U+00A0 are bytes of letters in a wrong code page.
    lines = [line.strip(" ") for line in re.split(r"[\r\n]+", text)]
    # One entry for the same card scanned twice.
    lines = list(dict.fromkeys(line for line in lines if not line.isspace() and line))
    if not lines:
        return _unreadable(_EMPTY)
    if sum(_split(_decode(line) or line) is not None for line in lines) > 1:
        return _unreadable(_SEVERAL)

    line = " ".join(lines)
    decoded = _decode(line)
    split = _split(decoded or line)
    if split is None:
        return _unreadable(_TOO_FEW)
    separator, pieces = split
    raw = line.split(separator)
    if len(raw) != len(pieces):  # the separator itself was of several bytes
        raw = pieces
    problems = []
    if len(payload) > MAX_PAYLOAD:
        problems.append("Nội dung dài hơn một thẻ: phần cuối đã bị bỏ.")
    if len(lines) > 1:
        problems.append("Nội dung bị ngắt thành nhiều dòng: hãy xem lại từng mục.")
    return _card(pieces, raw, problems, repaired=decoded is not None or separator != "|")


def _unreadable(problem: str) -> Card:
    return Card(readable=False, problems=(problem,))


def _card(pieces: list[str], raw: list[str], problems: list[str], *, repaired: bool) -> Card:
    """Return the card of at least six pieces; `problems` are those found before."""
    padded = [*pieces, ""][: len(LABELS)]
    number, old_number, full_name, birth_text, sex_text, address, issue_text = map(clean, padded)
    number, old_number = clean_id(number), clean_id(old_number)
    birth, issued_on = _date(birth_text), _date(issue_text)
    is_number = CITIZEN_ID_RE.match(number) is not None
    if not is_number and birth is None:
        # A health insurance card has as many fields.
        return _unreadable(_OTHER_CODE)
    sex, sex_problems = _sex(sex_text)

    if not is_number:
        problems.append("Số định danh không hợp lệ: trên thẻ có đúng 12 chữ số.")
    if not _OLD_NUMBER.fullmatch(old_number):
        problems.append("Số CMND cũ không hợp lệ: phải có 9 hoặc 12 chữ số.")
    problems += _name_problems(full_name, padded[2])
    if birth is None:
        problems.append("Ngày sinh không phải một ngày có trong lịch.")
    problems += sex_problems
    problems += _address_problems(address, padded[5])
    problems += _accent_problems(full_name, address)
    if issue_text and issued_on is None:
        problems.append("Ngày cấp không phải một ngày có trong lịch.")
    if birth and issued_on and issued_on < birth:
        problems.append("Ngày cấp sớm hơn ngày sinh.")
    if problems:
        problems.append(SWITCH_OFF)

    return Card(
        number=number,
        old_number=old_number,
        full_name=full_name,
        birth=birth,
        sex=sex,
        address=address,
        issued_on=issued_on,
        surplus=max(0, len(pieces) - len(LABELS)),
        repaired=repaired,
        problems=tuple(problems),
        raw_fields=tuple(piece.strip() for piece in [*raw, ""][: len(LABELS)]),
    )


_OLD_NUMBER = re.compile(r"(?:[0-9]{9}|[0-9]{12})?")


def _date(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _sex(text: str) -> tuple[Literal["M", "F", ""], list[str]]:
    exact = {"nam": "M", "nữ": "F"}.get(text.lower(), "")
    if exact:
        return exact, []
    if meant := {"nam": "M", "nu": "F"}.get(fold(text), ""):
        label = {"M": "Nam", "F": "Nữ"}[meant]
        return meant, [f"Giới tính sai dấu, được hiểu là {label}: hãy xem lại."]
    return "", ["Giới tính không phải Nam hoặc Nữ."]


# --- Repairs ------------------------------------------------------------------------------------


def _page(codec: str) -> list[str]:
    """Return the 256 characters of a code page, a control character for a byte without one."""
    # As browsers and Windows do it.
    return [bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in range(256)]


# Western, and that of Vietnamese Windows.
_PAGES = [_page(codec) for codec in ("latin-1", "cp1252", "cp1258")]
_BYTES = [{char: byte for byte, char in enumerate(page)} for page in _PAGES]


def _decode(text: str) -> str | None:
    """Return the text whose UTF-8 bytes were shown in a code page, None if it is not one."""
    if text.isascii():
        return None
    for page in _BYTES:
        try:
            return bytes(page[char] for char in text).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            continue
    return None


# What may stand for "|": no Latin letter, digit or blank that fields hold by themselves.
_SEPARATOR = re.compile(r"\s*[0-9]{12}([^0-9A-Za-z\s]|\t)")


def _split(text: str) -> tuple[str, list[str]] | None:
    """Return the separator and the composed pieces between, None for fewer than six.

    A separator other than ``|`` has to prove that it cuts no address: after the address comes
    the issue date, or nothing.
    """
    text = unicodedata.normalize("NFC", text)
    pieces = text.split("|")
    if len(pieces) >= MIN_FIELDS:
        return "|", pieces
    if match := _SEPARATOR.match(text):
        pieces = text.split(match[1])
        if len(pieces) >= MIN_FIELDS and _date(pieces[3]):
            after = pieces[MIN_FIELDS:]
            if not any(map(clean, after)) or _date(after[0]):
                return match[1], pieces
    return None


# --- Doubts -------------------------------------------------------------------------------------

_LOST = re.compile("[?¿\ufffd□▯]")
# A first byte of UTF-8 and one that follows, as a code page shows them. Without the no-break space
# (after Ê, Ô, à it is just a blank) and the soft hyphen, which pasted text may hold.
_WRONG_PAGE = re.compile(
    "|".join(
        f"[{re.escape(''.join(page[0xC2:0xF5]))}]"
        f"[{re.escape(''.join(set(page[0x80:0xC0]) - {chr(0xA0), chr(0xAD)}))}]"
        for page in _PAGES
    )
)

_TONES = "\u0300\u0309\u0303\u0301\u0323"
# With the signs of Ê Đê and Gia Rai letters (č, ơ̆).
_MARKS = _TONES + "\u0306\u0302\u031b\u030c"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzđƀ" + _MARKS)
# Both for decomposed text.
_WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
_TELEX = re.compile(r"aa|ee|oo|dd|aw|ow|uw|[aeiouy][a-z]*[sfrxj]\b")
_STRAY_KEY = re.compile(r"[fjwz]|[aeiouy][a-z]*[srx]\Z")


def _words(text: str) -> list[str]:
    """Return the decomposed words of a text; punctuation parts them (K'Brình is two)."""
    return _WORD.findall(unicodedata.normalize("NFD", text))


def _tones(word: str) -> int:
    # Not the tilde of ñ, which is a letter.
    return sum(word.lower().replace("n\u0303", "n").count(tone) for tone in _TONES)


def _name_problems(name: str, raw: str) -> list[str]:
    if not name:
        return ["Thẻ không có họ tên."]
    problems = []
    words = _words(name)
    letters = {char for word in words for char in word.lower() if not char.isdigit()}
    if _LOST.search(name):
        problems.append("Họ tên có chữ bị mất (dấu ? hoặc ô vuông).")
    elif not is_person_name(name):
        problems.append("Họ tên có chữ số hoặc ký hiệu lạ.")
    if not letters <= _LETTERS or _WRONG_PAGE.search(raw):
        problems.append("Họ tên có chữ không dùng trong tiếng Việt, có thể do sai bảng mã.")
    elif any(map(_has_inner_capital, words)):
        problems.append("Họ tên có chữ hoa giữa từ, có thể do sai bảng mã.")
    if any(map(_lacks_vowel, words)):
        problems.append("Họ tên có từ không có nguyên âm, có thể bị mất chữ.")
    if any(_tones(word) > 1 for word in words):
        problems.append("Họ tên có từ mang hai dấu thanh, có thể do bộ gõ.")
    # ASCII names are judged with the address.
    if any(not word.isascii() and _STRAY_KEY.search(fold(word)) for word in words):
        problems.append("Họ tên có lẫn phím bỏ dấu (s, f, r, x, j, w, z), có thể do bộ gõ.")
    return problems


def _has_inner_capital(word: str) -> bool:
    letters = filter(str.isalpha, word)
    return any(one.islower() and other.isupper() for one, other in pairwise(letters))


def _lacks_vowel(word: str) -> bool:
    """Tell whether a word of letters has no vowel; one letter (Y, H'...) may stand alone."""
    letters = "".join(filter(str.isalpha, word)).lower()
    return len(letters) > 1 and not set("aeiouy") & set(letters)


def _address_problems(address: str, raw: str) -> list[str]:
    if not address:
        return ["Thẻ không có địa chỉ."]
    problems = []
    words = _words(address)
    if _LOST.search(address):
        problems.append("Địa chỉ có chữ bị mất (dấu ? hoặc ô vuông).")
    if _WRONG_PAGE.search(raw):
        problems.append("Địa chỉ có chữ lạ, có thể do sai bảng mã.")
    if any(map(_is_toned_letter, words)):
        problems.append("Địa chỉ có chữ cái lẻ mang dấu thanh (Á thay A1…), có thể do bộ gõ VNI.")
    if any(_tones(word) > 1 for word in words):
        problems.append("Địa chỉ có từ mang hai dấu thanh, có thể do bộ gõ.")
    return problems


def _is_toned_letter(word: str) -> bool:
    """Tell whether a word is one letter, digits apart, with a tone; Ô 2 and Đ1 have none."""
    letters = "".join(filter(str.isalpha, word)).lower()
    # Ý Yên is a district.
    return len(letters) == 1 and letters != "y" and _tones(word) > 0


def _accent_problems(name: str, address: str) -> list[str]:
    """Doubt a name without accents, but only beside an address without any (Ly Kim Anh is a name).

    A card spells both in full, and hardly an address has no accent at all.
    """
    if not name or not name.isascii() or not address.isascii():
        return []
    if _TELEX.search(f"{name} {address}".lower()):
        return ["Họ tên và địa chỉ không dấu, có lẫn phím gõ Telex (aa, dd, ow, s, f…)."]
    if len(name.split()) >= 2 and len(address.split()) >= 3:
        return ["Họ tên và địa chỉ đều mất dấu."]
    return []
