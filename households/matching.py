"""Whether two entries are about one person: how sure that is, and why.

Pure functions of the two entries. The officer decides; `compare` only says what to show him, so
it is certain where nothing but a slip of the pen speaks against it, and silent where two people
are likelier (twins, a father and his son, namesakes). A wrong proposal costs a look, a wrong
certainty a person's record.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum, IntEnum, auto
from functools import lru_cache
from typing import NamedTuple

from kylien.core import text


class Level(IntEnum):
    """How likely two entries are one person: not worth a look, worth one, all but settled."""

    NONE = 0
    POSSIBLE = 1
    CERTAIN = 2


class Match(NamedTuple):
    """The answer of `compare`: reasons are short phrases for the officer, none at `NONE`."""

    level: Level
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a person, as typed; "" is unknown.

    Numbers may have lost the zeros in front and may hold blanks, dots and dashes.
    """

    full_name: str
    birth: date
    precision: text.Precision = "D"
    sex: str = ""
    citizen_id: str = ""
    old_id: str = ""
    address: str = ""


class BlockingKeys(NamedTuple):
    """What to look up, each by equality, to find whom `compare` may propose; "" or None: nothing.

    The birth date is to be looked for among full dates only. Numbers have their zeros back, names
    are folded: the other side must be kept that way.
    """

    citizen_id: str
    old_id: str
    folded_name: str
    birth: date | None


def blocking_keys(person: Person) -> BlockingKeys:
    """Return the four look-ups of a person; whoever shares none of them gets `Level.NONE`."""
    return BlockingKeys(
        citizen_id=_citizen_number(person.citizen_id),
        old_id=_old_number(person.old_id),
        folded_name=_name_keys(person.full_name)[0],
        birth=person.birth if person.precision == "D" else None,
    )


def compare(a: Person, b: Person) -> Match:
    """Judge whether two entries are one person; the order of the two does not matter."""
    numbers = _citizen_number(a.citizen_id), _citizen_number(b.citizen_id)
    citizen, old = _agree(*numbers), _agree(_old_number(a.old_id), _old_number(b.old_id))
    name, birth = _compare_names(a.full_name, b.full_name), _compare_births(a, b)
    # Most candidates end here, before their addresses are read.
    if not (citizen or old) and (name is _Name.OTHER or birth is _Birth.OTHER):
        return _NO_MATCH
    facts = _Facts(
        citizen=citizen,
        old=old,
        name=name,
        birth=birth,
        address=_agree(address_key(a.address), address_key(b.address)),
        sex=_agree(a.sex, b.sex),
        slip=_is_slip(*numbers),
    )
    level = _judge(facts)
    return Match(level, _reasons(facts, a, b)) if level else _NO_MATCH


_NO_MATCH = Match(Level.NONE)


# --- What speaks for and against ----------------------------------------------------------------


class _Name(Enum):
    SAME = auto()  # up to case, blanks and the place of a tone
    BARE = auto()  # the same letters, and one of the two carries no accent at all
    ACCENTS = auto()  # the same letters, but both carry accents: Hà and Hạ are two names
    ENDS = auto()  # the same family and given name, other middle names
    OTHER = auto()


class _Birth(Enum):
    SAME_DAY = auto()
    FITS = auto()  # the less precise of the two holds the other
    SWAPPED = auto()  # day and month changed places
    NEAR = auto()  # one slip away
    OTHER = auto()


class _Facts(NamedTuple):
    """How two people compare; True, False, or None where one of the two is unknown."""

    citizen: bool | None
    old: bool | None
    name: _Name
    birth: _Birth
    address: bool | None
    sex: bool | None
    slip: bool  # the citizen numbers differ as a slow typist's do


def _agree(a: str, b: str) -> bool | None:
    return a == b if a and b else None


def _compare_names(a: str, b: str) -> _Name:
    (folded_a, exact_a), (folded_b, exact_b) = _name_keys(a), _name_keys(b)
    if not folded_a or not folded_b:
        return _Name.OTHER
    # A list typed without accents says nothing about them; a single missing accent does.
    bare = folded_a == exact_a or folded_b == exact_b
    if folded_a == folded_b:
        if exact_a == exact_b:
            return _Name.SAME
        return _Name.BARE if bare else _Name.ACCENTS
    if not bare:
        folded_a, folded_b = exact_a, exact_b
    words_a, words_b = folded_a.split(), folded_b.split()
    same_ends = words_a[0] == words_b[0] and words_a[-1] == words_b[-1]
    return _Name.ENDS if same_ends else _Name.OTHER


def _compare_births(a: Person, b: Person) -> _Birth:
    one, other = a.birth, b.birth
    precisions = {a.precision, b.precision}
    if precisions != {"D"}:
        same = one.year == other.year and ("Y" in precisions or one.month == other.month)
        return _Birth.FITS if same else _Birth.OTHER
    if one == other:
        return _Birth.SAME_DAY
    if one.year == other.year:
        if (one.day, one.month) == (other.month, other.day):
            return _Birth.SWAPPED
        # Who knew the year only was often written down as born on 1 January.
        if (1, 1) in {(one.day, one.month), (other.day, other.month)}:
            return _Birth.NEAR
    same_parts = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return _Birth.NEAR if same_parts == 2 else _Birth.OTHER


def _is_slip(a: str, b: str) -> bool:
    """Tell whether two numbers are one digit or one swap of neighbours apart."""
    if not (a and b):
        return False
    apart = [place for place in range(len(a)) if a[place] != b[place]]
    if len(apart) == 2:
        first, second = apart
        return second == first + 1 and a[first] == b[second] and a[second] == b[first]
    return len(apart) == 1


# --- The judgement ------------------------------------------------------------------------------


def _judge(facts: _Facts) -> Level:
    if facts.citizen is False:
        return _judge_other_number(facts)
    if facts.citizen or facts.old:
        return _judge_same_number(facts)
    return _judge_no_number(facts)


def _judge_other_number(facts: _Facts) -> Level:
    """Two citizen numbers are two people, unless all else says that one was mistyped."""
    if facts.name not in _SAME_NAME or facts.sex is False:
        return Level.NONE
    if facts.slip and facts.birth is _Birth.SAME_DAY:
        return Level.POSSIBLE
    return Level.POSSIBLE if facts.old and facts.birth in _SAME_BIRTH else Level.NONE


def _judge_same_number(facts: _Facts) -> Level:
    """One number is one person, unless all else says that it was typed into a stranger's row."""
    if facts.sex is False:
        return Level.POSSIBLE
    if facts.name in _SAME_NAME or facts.birth is _Birth.SAME_DAY:
        return Level.CERTAIN
    # Neither agrees in full (husband and wife are often born in one year).
    both_alike = facts.name is not _Name.OTHER and facts.birth in _LIKE_BIRTH
    return Level.CERTAIN if both_alike else Level.POSSIBLE


def _judge_no_number(facts: _Facts) -> Level:
    """Without a number in common it takes the name and the birth."""
    same_day = facts.birth is _Birth.SAME_DAY
    if facts.old is False and not same_day:
        return Level.NONE  # old numbers changed with the province, but seldom
    if facts.sex is False and not (same_day or facts.address):
        return Level.NONE
    against = facts.old is False or facts.sex is False
    if facts.name in _SAME_NAME:
        if same_day:
            # "HUNG" without accents may be Hùng or his twin Hưng.
            settled = facts.name is _Name.SAME and facts.address and not against
            return Level.CERTAIN if settled else Level.POSSIBLE
        near = facts.birth is _Birth.NEAR and facts.address
        return Level.POSSIBLE if near or facts.birth in _LIKE_BIRTH else Level.NONE
    # A slip or a changed middle name, or twins.
    changed = facts.name is _Name.ACCENTS or (facts.name is _Name.ENDS and facts.address)
    return Level.POSSIBLE if same_day and changed and not against else Level.NONE


_SAME_NAME = frozenset({_Name.SAME, _Name.BARE})
_SAME_BIRTH = frozenset({_Birth.SAME_DAY, _Birth.FITS})
_LIKE_BIRTH = _SAME_BIRTH | {_Birth.SWAPPED}


# --- The reasons --------------------------------------------------------------------------------

_CITIZEN_REASONS = {True: "cùng số định danh", False: "khác số định danh"}
_OLD_REASONS = {True: "cùng số CMND cũ", False: "khác số CMND cũ"}
_ADDRESS_REASONS = {True: "cùng địa chỉ", False: "khác địa chỉ"}
_SEX_REASONS = {False: "khác giới tính"}
_SLIP_REASON = "số định danh gần giống"
_NAME_REASONS = {
    _Name.SAME: "cùng họ tên",
    _Name.BARE: "tên chỉ thiếu dấu",
    _Name.ACCENTS: "tên chỉ khác dấu",
    _Name.ENDS: "khác tên đệm",
    _Name.OTHER: "khác họ tên",
}
_BIRTH_REASONS = {
    _Birth.SAME_DAY: "cùng ngày sinh",
    _Birth.SWAPPED: "ngày và tháng sinh đảo chỗ",
    _Birth.NEAR: "ngày sinh gần giống",
    _Birth.OTHER: "khác ngày sinh",
}
_SAME_RANGE = {"M": "cùng tháng sinh", "Y": "cùng năm sinh"}


def _reasons(facts: _Facts, a: Person, b: Person) -> tuple[str, ...]:
    """Return all that was compared, for and against, in a fixed order."""
    phrases = (
        _SLIP_REASON if facts.slip else _CITIZEN_REASONS.get(facts.citizen),
        _OLD_REASONS.get(facts.old),
        _NAME_REASONS[facts.name],
        _fits(a, b) if facts.birth is _Birth.FITS else _BIRTH_REASONS[facts.birth],
        _ADDRESS_REASONS.get(facts.address),
        _SEX_REASONS.get(facts.sex),
    )
    return tuple(phrase for phrase in phrases if phrase)


def _fits(a: Person, b: Person) -> str:
    """Return "cùng năm sinh": how much of the less precise birth fits the other. The days
    themselves are masked wherever the reasons are shown."""
    return _SAME_RANGE[max(a.precision, b.precision, key="DMY".index)]


# --- Keys ---------------------------------------------------------------------------------------

_OLD_ID = re.compile(r"(?!([0-9])\1{8}\Z)[0-9]{9}")


def _citizen_number(value: str) -> str:
    """Return a citizen number with the zeros that a spreadsheet took from it; "" if it is none.

    Provinces begin with one zero (042) or two (001, Hà Nội).
    """
    if not value or text.CITIZEN_ID_RE.match(value):
        return value
    value = text.clean_id(value)
    # Ten digits with a zero in front are a telephone number.
    if len(value) == 11 or (len(value) == 10 and value[0] != "0"):
        value = value.zfill(12)
    return value if text.CITIZEN_ID_RE.match(value) else ""


def _old_number(value: str) -> str:
    """Return an old number of 9 digits, its zero restored (01: Hà Nội); "" if it is none."""
    if not value or _OLD_ID.fullmatch(value):
        return value
    value = text.clean_id(value)
    if len(value) == 8:
        value = value.zfill(9)
    return value if _OLD_ID.fullmatch(value) else ""


# Namesakes and families meet again and again. Numbers are not kept: they are secret.
@lru_cache(maxsize=4096)
def _name_keys(name: str) -> tuple[str, str]:
    """Return the key without and the key with accents; equal if the name carries none."""
    return text.fold(name), text.exact(name)


_WORD = re.compile(r"[^\W_]+(?:/[^\W_]+)*")
_SPELLINGS = (
    (re.compile(r"\b(?:so nha|nha so|nha|so|sn) ?(?=[0-9])"), ""),
    (re.compile(r"\b(?:to dan pho|t d p|tdp|to(?= ?[0-9]))(?![a-z]) ?"), "tdp "),
    (re.compile(r"\b(?:khu pho|k p|kp)(?![a-z]) ?"), "kp "),
    (re.compile(r"\bphuong\b"), "p"),
    (re.compile(r"\bduong\b"), "d"),
    (re.compile(r"\bthi xa\b"), "tx"),
    (re.compile(r"\bthanh pho\b"), "tp"),
    (re.compile(r"\b0+(?=[0-9])"), ""),
)


@lru_cache(maxsize=4096)
def address_key(address: str) -> str:
    """Return an address without accents and commas, all spellings of a word alike.

    "Số nhà 05, tổ dân phố 3" and "5 TDP3" are one.
    """
    key = " ".join(_WORD.findall(text.fold(address)))
    for spelling, short in _SPELLINGS:
        key = spelling.sub(short, key)
    return key
