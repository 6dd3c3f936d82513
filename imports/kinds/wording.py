"""Words of a workbook beside those of the portal: how long, which are meant, which say anew."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from imports.kinds.base import Cell, CellError, Value
from kylien.core import text


def at_most(most: int, read: Callable[..., Value]) -> Callable[..., Value]:
    """Return a reader that refuses a longer text, or a greater number."""

    def read_limited(cell: Cell, warn) -> Value:
        value = read(cell, warn)
        if isinstance(value, str) and len(value) > most:
            raise CellError(f"dài quá {most} chữ.")
        if isinstance(value, int) and value > most:
            raise CellError(f"lớn quá {text.format_number(most)}.")
        return value

    return read_limited


def says_anew(old: str, new: str) -> bool:
    """Tell whether a text says something else: case, and accents left out, are no news."""
    exact = text.exact(new)
    if not new or exact == text.exact(old):
        return False
    bare = text.fold(new)
    return exact != bare or bare != text.fold(old)


def birth_says_anew(new: dt.date, precision: str, old: dt.date, old_precision: str) -> bool:
    """Tell whether a birth says something else; one that is less precise and fits is no news."""
    told = {"Y": 1, "M": 2, "D": 3}  # how many of year, month and day
    parts = told[precision]
    if parts > told[old_precision]:
        return True
    return (new.year, new.month, new.day)[:parts] != (old.year, old.month, old.day)[:parts]


def other_accents(one: str, other: str) -> bool:
    """Tell whether both texts carry accents, and others: Hùng and Hưng."""
    if one == other:
        return False
    exact, exact_other, bare = text.exact(one), text.exact(other), text.fold(one)
    return exact != exact_other and bare not in (exact, exact_other)


class Wordings:
    """Rows of a short list, found by what workbooks call them: their name, code or another word.

    `before` are words that say nothing in front of a name ("kinh doanh").
    """

    def __init__(
        self,
        rows: Iterable[tuple[Value, str, str]],  # key, code, name
        words: Mapping[str, tuple[str, ...]] | None = None,  # by code
        before: tuple[str, ...] = (),
    ):
        self.before, self.names, self.known = before, [], {}
        others = {}
        for key, code, name in rows:
            self.names.append(name)
            self.known[text.fold(name)] = key
            others.setdefault(text.fold(code), key)
            for word in (words or {}).get(code, ()):
                others.setdefault(text.fold(word), key)
        self.known = {**others, **self.known}
        self.asked = {}

    def find(self, words: str) -> Value:
        """Return the key of the row that is meant; None where none is."""
        if words not in self.asked:
            self.asked[words] = self._find(text.fold(words))
        return self.asked[words]

    def _find(self, folded):
        found = self.known.get(folded)
        for before in self.before:
            if found is None and folded.startswith(before):
                found = self.known.get(folded.removeprefix(before))
        return found
