"""Which column of a sheet is which of a kind's: by its words, and rather none than a wrong one."""

import re
from collections import Counter
from functools import lru_cache

from kylien.core.text import clean, exact, fold

# Short forms that mean the same in every list.
_SHORT = {
    "sdt": "so dien thoai",
    "dtdd": "so dien thoai",
    "đtdđ": "so dien thoai",
    "sđt": "so dien thoai",
    "dt": "dien thoai",
    "đt": "dien thoai",
    "đc": "dia chi",
    "ntns": "ngay thang nam sinh",
    "cccd": "can cuoc cong dan",
    "cmnd": "chung minh nhan dan",
    "cmt": "chung minh nhan dan",
    "cmtnd": "chung minh nhan dan",
    "đdcn": "dinh danh ca nhan",
    "ddcn": "dinh danh ca nhan",
    "qh": "quan he",
    "ch": "chu ho",
    "gcn": "giay chung nhan",
    "đkkd": "dang ky kinh doanh",
    "dkkd": "dang ky kinh doanh",
    "hktt": "ho khau thuong tru",
    "tdp": "to dan pho",
}
# Words that say nothing of what a column holds; left out of both sides. With their accents, since
# "trụ sở" is no "số"; without any they are few enough to be meant.
_EMPTY = frozenset(("và", "của", "ghi", "rõ", "số", "đầy", "đủ", "hiện", "nay"))
_EMPTY |= frozenset(map(fold, _EMPTY))
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_PARTS = re.compile(r"[/\n|]| - ")
_WORDS = re.compile(r"[\w']+")

# How sure a match is, best first: 0 is none.
_LABEL, _EXACT, _FOLDED, _SHORTENED, _ORDER, _PART = 110, 100, 90, 80, 60, 50


def guess_mapping(names: list[str], kind) -> dict[int, str]:
    """Return `{place from 0: column's key}` by folded names and synonyms; each key once.

    The surest match wins; a column that could as well be another, or says more than we know, stays
    out.
    """
    known = _known(kind)
    found = []
    for place, name in enumerate(names):
        scores = _scores(name, known)
        if not scores:
            continue
        best = max(scores.values())
        keys = [key for key, score in scores.items() if score == best]
        if len(keys) == 1:
            found.append((-best, place, keys[0]))
    mapping: dict[int, str] = {}
    for _, place, key in sorted(found):
        if key not in mapping.values():
            mapping[place] = key
    return dict(sorted(mapping.items()))


def _known(kind) -> list[tuple[str, str, bool]]:
    """Return the wordings of a kind's columns, whose they are, and whether it is the label."""
    return [
        (words, column.key, words == column.label)
        for column in kind.columns
        for words in (column.label, column.key.replace("_", " "), *column.synonyms)
    ]


def _scores(name: str, known) -> dict[str, int]:
    """Return how well a column's name fits each key that it fits at all."""
    scores = _best(name, known)
    if scores:
        return scores
    # "Ngày sinh (dd/mm/yyyy)"; not before, since "Số nhà (tổ)" may be a column of its own.
    bare = _BRACKETS.sub(" ", name)
    if bare != name and (scores := _best(bare, known)):
        return scores
    parts = [part for part in _PARTS.split(bare) if part.strip()]
    return _of_parts(parts, known) if len(parts) > 1 else {}


def _best(name: str, known) -> dict[str, int]:
    scores = Counter()
    for words, key, label in known:
        fit = _fit(_plain(name), _plain(words))
        scores[key] = max(scores[key], _LABEL if fit == _EXACT and label else fit)
    return {key: score for key, score in scores.items() if score}


def _of_parts(parts, known) -> dict[str, int]:
    """Return the key of "Họ và tên / Full name": the first part names it, the others agree or
    are English. "Họ tên / Ngày sinh" is two columns in one, and none of ours."""
    first, *others = (_best(part, known) for part in parts)
    if len(first) != 1 or max(first.values()) < _SHORTENED:
        return {}
    for part, scores in zip(parts[1:], others, strict=True):
        if scores and set(scores) != set(first):
            return {}
        if not scores and not clean(part).isascii():
            return {}
    return dict.fromkeys(first, _PART)


def _fit(name: "_Plain", words: "_Plain") -> int:
    if not name.folded or not words.folded:
        return 0
    if name.accented == words.accented:
        return _EXACT
    if name.folded == words.folded:
        # Accents that differ are other words ("họ", "hộ"); only text without them is lenient.
        bare = name.accented.isascii() or words.accented.isascii()
        return _FOLDED if bare or len(name.core) > 1 else 0
    if name.core and name.core == words.core:
        agree = name.core_accented == words.core_accented
        bare = name.accented.isascii() or words.accented.isascii()
        return _SHORTENED if agree or bare or len(name.core) > 1 else 0
    # The same words in another order: "Họ, tên, chữ đệm", "Năm tháng ngày sinh".
    ordered = sorted(name.core_accented) == sorted(words.core_accented)
    return _ORDER if len(name.core) > 2 and ordered else 0


class _Plain:
    """A wording reduced to what is compared."""

    __slots__ = ("accented", "core", "core_accented", "folded")

    def __init__(self, text: str):
        said = _WORDS.findall(exact(text))
        self.accented = " ".join(said)
        self.folded = fold(self.accented)
        full = [(one, _SHORT.get(one) or _SHORT.get(fold(one)) or fold(one)) for one in said]
        kept = [
            (one, word)
            for one, words in full
            for word in words.split()
            if (one if word == fold(one) else word) not in _EMPTY
        ]
        self.core = [word for _, word in kept]
        self.core_accented = [one for one, _ in kept]


@lru_cache(maxsize=4096)
def _plain(text: str) -> _Plain:
    return _Plain(text)
