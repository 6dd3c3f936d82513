"""Charts are well-formed SVG that says its numbers, under a strict policy and without data."""

import re
from xml.etree import ElementTree

import pytest
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from kylien.core.charts import Series, balance_chart, bar_chart, progress, sparkline

SVG = "{http://www.w3.org/2000/svg}"
LABELS = ["T10", "T11"]
NOW = Series("12 tháng qua", [17, 8])
BEFORE = Series("cùng kỳ năm trước", [12, None], "muted")


def parse(chart):
    return ElementTree.fromstring(chart)  # noqa: S314 (our own output)


def bars(chart):
    """The bars with a tooltip "label, series: value"; the legend's have none of a value."""
    found = {}
    for rect in parse(chart).iter(f"{SVG}rect"):
        if ": " in (name := rect.findtext(f"{SVG}title")):
            found[name] = rect
    return found


def texts(chart):
    return [node.text for node in parse(chart).iter(f"{SVG}text")]


def test_every_value_has_a_bar_that_says_it():
    chart = bar_chart("Vụ việc theo tháng", LABELS, [BEFORE, NOW])
    assert set(bars(chart)) == {
        "T10, cùng kỳ năm trước: 12",
        "T10, 12 tháng qua: 17",
        "T11, 12 tháng qua: 8",
    }
    assert bars(chart)["T11, 12 tháng qua: 8"].get("class") == "chart-bar tone-primary"


def test_chart_is_named_and_described_by_unique_ids():
    chart = bar_chart("Vụ việc", LABELS, [NOW], desc="Giảm so với tháng trước")
    root = parse(chart)
    parts = {node.get("id"): node.text for node in root if node.get("id")}
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == list(parts)
    assert list(parts.values()) == ["Vụ việc", "Giảm so với tháng trước"]
    again = parse(bar_chart("Vụ việc", LABELS, [NOW]))
    assert again.get("aria-labelledby") not in parts


def test_axis_has_round_ticks_up_to_the_peak():
    assert texts(bar_chart("x", LABELS, [NOW]))[:5] == ["0", "5", "10", "15", "20"]
    assert "1.500" in texts(bar_chart("x", ["a"], [Series("y", [1631])]))


def test_outflow_hangs_below_the_axis():
    chart = balance_chart("Biến động", ["T1"], Series("Đến", [6]), Series("Đi", [3], "amber"))
    up, down = bars(chart)["T1, Đến: 6"], bars(chart)["T1, Đi: 3"]
    assert float(up.get("y")) + float(up.get("height")) == pytest.approx(
        float(down.get("y")), abs=0.2
    )
    assert float(up.get("height")) == pytest.approx(2 * float(down.get("height")), abs=0.2)
    assert texts(chart)[:7] == ["6", "4", "2", "0", "2", "4", "6"]


def test_zero_counts_draw_an_empty_axis():
    chart = bar_chart("x", LABELS, [Series("y", [0, 0])])
    assert [bar.get("height") for bar in bars(chart).values()] == ["0", "0"]
    assert texts(chart)[:2] == ["0", "1"]


@pytest.mark.parametrize(
    "chart",
    [bar_chart("x", [], []), bar_chart("x", [], [Series("y", [])]), bar_chart("x", ["T1"], [])],
)
def test_chart_without_data_says_so(chart):
    assert texts(chart) == ["Chưa có số liệu"]


def test_long_labels_are_thinned_out_and_the_newest_stays():
    labels = [f"Tổ dân phố số {index}" for index in range(12)]
    shown = [
        text for text in texts(bar_chart("x", labels, [Series("y", [1] * 12)])) if "Tổ" in text
    ]
    assert 1 < len(shown) < 12
    assert shown[-1] == labels[-1]


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Z"])))
def test_text_is_escaped_and_nothing_needs_a_looser_policy(word):
    hostile = f'<script>"{word}'
    chart = bar_chart(hostile, [hostile], [Series(hostile, [1]), Series("b", [2])], desc=hostile)
    parse(chart)
    assert isinstance(chart, SafeString)
    assert "<script" not in chart
    assert not re.search(r"<[^>]*\sstyle=|<style", chart)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=60))
def test_bars_stay_inside_the_picture(pairs):
    ins, outs = (
        Series(name, values) for name, values in zip("ab", zip(*pairs, strict=True), strict=True)
    )
    labels = [str(index) for index in range(len(pairs))]
    for chart in (bar_chart("x", labels, [ins, outs]), balance_chart("x", labels, ins, outs)):
        for bar in bars(chart).values():
            x, y, width, height = (float(bar.get(key)) for key in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert x + width <= 400.1
            assert y + height <= 190


@pytest.mark.parametrize(
    "series", [Series("y", [1]), Series("y", [1, -1]), Series("y", [1, 2], "pink")]
)
def test_wrong_series_are_refused(series):
    with pytest.raises(ValueError, match="y: "):
        bar_chart("x", LABELS, [series])


@pytest.mark.parametrize(
    ("share", "label", "width"),
    [(0.976, "97,6 %", "93.7"), (1.2, "100,0 %", "96"), (0, "0,0 %", None), (None, "—", None)],
)
def test_progress_says_its_share(share, label, width):
    root = parse(progress(share))
    filled = [rect.get("width") for rect in root.iter("rect") if "chart-bar" in rect.get("class")]
    assert root.get("aria-label") == label
    assert filled == ([width] if width else [])


SPARK = ["Tuần 46", "Tuần 47", "Tuần 48"]


def test_a_sparkline_says_every_value_and_sets_the_last_apart():
    root = parse(sparkline("Trộm cắp", SPARK, [1, 0, 1200], average=0.5, tone="amber"))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Trộm cắp: Tuần 46: 1; Tuần 47: 0; Tuần 48: 1.200"
    columns = list(root.iter("rect"))
    assert [rect.findtext("title") for rect in columns] == ["Tuần 46: 1", "Tuần 48: 1.200"]
    assert [rect.get("class").split()[1] for rect in columns] == ["tone-muted", "tone-amber"]


def test_a_sparkline_is_in_proportion_to_its_peak():
    def heights(values, **kwargs):
        rects = parse(sparkline("x", SPARK, values, **kwargs)).iter("rect")
        return [float(rect.get("height")) for rect in rects]

    assert heights([1, 2, 4]) == [6, 12, 24]
    assert heights([1, 0, 1], least_peak=4) == [6, 6]
    assert heights([1, 0, 1], average=4) == [6, 6]
    line = parse(sparkline("x", SPARK, [1, 2, 4], average=2)).find("line[@class='chart-average']")
    assert float(line.get("y1")) == pytest.approx(25.5 - 12, abs=0.1)
    assert "chart-average" not in sparkline("x", SPARK, [1, 2, 4])


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=60),
    st.none() | st.floats(0, 10**6),
    st.text(st.characters(categories=["L", "N", "P", "S", "Z"])),
)
def test_a_sparkline_stays_inside_its_picture_and_needs_no_looser_policy(values, average, word):
    chart = sparkline(f'<b>"{word}', [word] * len(values), values, average=average)
    root = parse(chart)
    right, bottom = float(root.get("width")), float(root.get("height"))
    for rect in root.iter("rect"):
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        assert min(x, y) >= 0
        assert x + width <= right
        assert y + height <= bottom
    for line in root.iter("line"):
        assert 0 <= float(line.get("y1")) <= bottom
    assert isinstance(chart, SafeString)
    assert "<b>" not in chart
    assert not re.search(r"<[^>]*\sstyle=|<style", chart)


@pytest.mark.parametrize(
    ("values", "tone"), [([1, 2], "red"), ([], "red"), ([1, 2, -1], "red"), ([1, 2, 3], "pink")]
)
def test_wrong_sparklines_are_refused(values, tone):
    with pytest.raises(ValueError, match="Trộm: "):
        sparkline("Trộm", SPARK, values, tone=tone)
