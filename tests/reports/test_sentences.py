"""The proposed sentences: their words, and that none tells what leaders may not see."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kylien.core.text import format_number
from reports.disclosure import SMALL, Shown
from reports.figures import FIGURES, PAIRS
from reports.outline import BY_KEY
from reports.sentences import RESTS, SENTENCES, SHARES, Told, propose

KEYS = [figure.key for figure in FIGURES]
SUMS = [["population_in", "population_out"], ["temporary_in", "temporary_out"]]


def shown(numbers, *, aggregate=True):
    return Shown(dict.fromkeys(KEYS, 0) | numbers, aggregate, SUMS, PAIRS)


def names_of(clause):
    """Return the placeholders of a clause: `incidents`, `incidents.change`."""
    return [name for _, name, _, _ in Formatter().parse(clause) if name]


def words(now, before=None, *, aggregate=True):
    """Return the proposed sentences by key."""
    before = shown(before or {}, aggregate=aggregate)
    told = propose(shown(now, aggregate=aggregate), before)
    return {sentence.key: text for sentence, text in told}


def test_every_placeholder_is_a_figure_a_rest_or_a_share():
    known = {*KEYS, *RESTS, *SHARES}
    assert not set(KEYS) & {*RESTS, *SHARES}
    for pair in (*RESTS.values(), *SHARES.values()):
        assert set(pair) <= set(KEYS)
    used = set()
    for sentence in SENTENCES:
        assert sentence.part in BY_KEY
        for clause in sentence.clauses:
            for name in names_of(clause):
                name, _, change = name.partition(".")
                assert name in known
                assert change in ("", "change")
                assert not (change and name not in KEYS)
                used.add(name)
    assert {*RESTS, *SHARES} <= used
    keys = [sentence.key for sentence in SENTENCES]
    assert len(keys) == len(set(keys))


def large():
    """Return numbers of which all, their rests and their changes may be told."""
    parts = {part for _, part in [*PAIRS, *RESTS.values()]}
    parts |= {part for part, _ in SHARES.values()}
    return {key: 100 if key in parts else 400 for key in KEYS}


def test_with_large_numbers_every_sentence_is_told_whole():
    now = large()
    told = words(now, dict.fromkeys(KEYS, 90))
    assert list(told) == [sentence.key for sentence in SENTENCES]
    both = Told(shown(now), shown(dict.fromkeys(KEYS, 90)))
    for sentence in SENTENCES:
        whole = "".join(clause.format_map(both) for clause in sentence.clauses)
        assert told[sentence.key] == f"{whole}."
        assert "{" not in whole
        assert not whole.endswith(".")


def test_an_empty_month_gives_no_sentence():
    assert words({}) == {}


@pytest.mark.parametrize(
    ("now", "before", "key", "told"),
    [
        (
            {"incidents": 12, "incidents_solved": 6},
            {"incidents": 10},
            "incidents",
            (
                "Trong kỳ xảy ra 12 vụ việc, tăng 2 (20,0 %) so với kỳ trước"
                "; đã giải quyết 6 vụ (50,0 %)."
            ),
        ),
        (
            {"incidents": 9, "incidents_solved": 6},  # three are not solved: who they are is seen
            {"incidents": 12},
            "incidents",
            "Trong kỳ xảy ra 9 vụ việc, giảm 3 (25,0 %) so với kỳ trước.",
        ),
        (
            {"incidents": 9},
            {"incidents": 9},
            "incidents",
            "Trong kỳ xảy ra 9 vụ việc, bằng kỳ trước.",
        ),
        ({"incidents": 9}, {"incidents": 4}, "incidents", "Trong kỳ xảy ra 9 vụ việc."),
        ({"incidents": 4}, {"incidents": 9}, "incidents", None),
        (
            {"households": 1045, "population_closing": 3472},
            {},
            "population",
            "Cuối kỳ phường có 1.045 hộ, 3.472 nhân khẩu thường trú.",
        ),
        (
            {"population_in": 12, "population_out": 8},
            {},
            "movement_in",
            "Thường trú trong kỳ tăng 12 người, giảm 8 người.",
        ),
        ({"population_in": 12, "population_out": 3}, {}, "movement_in", None),
        (
            {"groups": 34, "groups_met": 24},
            {},
            "groups_silent",
            "10 tổ liên gia không họp trong kỳ.",
        ),
        ({"groups": 34, "groups_met": 30}, {}, "groups_silent", None),
        ({"groups": 3, "groups_met": 9}, {}, "groups_silent", None),  # of some that are dissolved
        (
            {"businesses_conditional": 30, "businesses_lacking": 6},
            {},
            "businesses_lacking",
            "6 cơ sở có điều kiện còn thiếu giấy tờ (20,0 %).",
        ),
        (
            {"sessions": 20, "sessions_questions": 12},
            {},
            "sessions_mute",
            "8 buổi tuyên truyền không ghi được ý kiến nào của người dân.",
        ),
    ],
)
def test_the_words(now, before, key, told):
    assert words(now, before).get(key) == told


def test_a_per_cent_is_never_told_of_zero():
    found = words({"incidents": 7, "stay_notices": 3}, {}, aggregate=False)
    assert found["incidents"].startswith("Trong kỳ xảy ra 7 vụ việc, tăng 7 so với kỳ trước")
    assert found["stays"] == "Tiếp nhận 3 thông báo lưu trú, tăng 3 so với kỳ trước."
    found = words({"stay_notices": 0}, {}, aggregate=False)
    assert found["stays"] == "Tiếp nhận 0 thông báo lưu trú, bằng kỳ trước."


def test_a_share_of_nothing_is_not_told():
    for text in words({}, {}, aggregate=False).values():
        assert "—" not in text, text


number = st.one_of(st.integers(0, 12), st.integers(0, 3000))
numbers = st.fixed_dictionaries(dict.fromkeys(KEYS, number))


@given(now=numbers, before=numbers)
def test_no_sentence_tells_what_leaders_may_not_see(now, before):
    """A clause stands exactly where each of its numbers may be read by the ward's leaders."""
    month, last = shown(now), shown(before)

    def seen(*keys):
        return all(month.number(key) is not None for key in keys)

    def may_be_told(name):
        name, _, change = name.partition(".")
        if name in RESTS:
            total, part = RESTS[name]
            return seen(total, part) and now[total] - now[part] >= SMALL
        if name in SHARES:
            return seen(*SHARES[name])
        return seen(name) and (not change or last.number(name) is not None)

    found = dict(propose(month, last))
    for sentence in SENTENCES:
        told = [all(may_be_told(name) for name in names_of(one)) for one in sentence.clauses]
        text = found.pop(sentence, "")
        assert bool(text) == told[0], sentence.key
        if not text:
            continue
        open_ = [one for one, may in zip(sentence.clauses, told, strict=True) if may]
        assert text == f"{''.join(one.format_map(Told(month, last)) for one in open_)}."
        for name in {name for one in open_ for name in names_of(one)} & set(KEYS):
            assert now[name] >= SMALL
            assert format_number(now[name]) in text
    assert not found
