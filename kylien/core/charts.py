"""Small accessible SVG charts, drawn on the server.

They carry no style attribute and no inline CSS, so a strict Content-Security-Policy lets them
pass. The style sheet colours them by class (``chart-bar tone-primary``, ``chart-grid``,
``chart-text``); the `fill` and `stroke` attributes hold without it, in print and in documents.
Show the numbers beside every chart as a table as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .text import format_number, format_percent

Number = int | float

# Fill and outline of a tone. The pale fill alone would miss the 3:1 contrast of WCAG 1.4.11.
TONES = {
    "primary": ("#0b6b3a", "#0b6b3a"),
    "muted": ("#d3dfd8", "#7d9487"),
    "amber": ("#e0a100", "#946200"),
    "red": ("#b42318", "#b42318"),
}
_TEXT, _GRID, _AXIS = "#55605a", "#e3e8e5", "#9aa69f"

# Units of the view box; on the home page one is a little more than a pixel.
_WIDTH, _HEIGHT, _FONT, _CHAR = 400, 190, 11, 6.2
_SPARK_SLOT, _SPARK_HEIGHT = 9, 26

_ids = count(1)


@dataclass(frozen=True)
class Series:
    """One row of counts (0 or more; None where there is none) and the tone of its bars."""

    label: str
    values: Sequence[Number | None]
    tone: str = "primary"


def bar_chart(
    title: str, labels: Sequence[str], series: Sequence[Series], *, desc: str | None = None
) -> SafeString:
    """Return grouped bars: for each label one bar of every series.

    Raises ValueError if a series is not as long as the labels, has a negative value or an
    unknown tone.
    """
    return _draw(title, labels, series, desc=desc, mirrored=False)


def balance_chart(
    title: str,
    labels: Sequence[str],
    inflow: Series,
    outflow: Series,
    *,
    desc: str | None = None,
) -> SafeString:
    """Return bars of the inflow above the axis and of the outflow below; both are counts >= 0.

    Raises ValueError as `bar_chart` does.
    """
    return _draw(title, labels, (inflow, outflow), desc=desc, mirrored=True)


def progress(share: float | None) -> SafeString:
    """Return a thin bar filled by a share from 0 to 1 (beyond is cut); None leaves it empty."""
    filled = min(max(share or 0, 0), 1)
    text = "—" if share is None else format_percent(filled, 1)
    return format_html(
        '<svg class="chart-progress" viewBox="0 0 96 6" width="96" height="6" role="img"'
        ' aria-label="{}"><title>{}</title>'
        '<rect class="chart-track" width="96" height="6" rx="3" fill="{}"></rect>{}</svg>',
        text,
        text,
        _GRID,
        format_html(
            '<rect class="chart-bar tone-primary" width="{}" height="6" rx="3" fill="{}"></rect>',
            _round(filled * 96),
            TONES["primary"][0],
        )
        if filled
        else "",
    )


def sparkline(
    title: str,
    labels: Sequence[str],
    values: Sequence[int | None],
    *,
    average: float | None = None,
    tone: str = "primary",
    least_peak: int = 1,
) -> SafeString:
    """Return small columns for a table's cell, one a value: the last in `tone`, the others muted.

    `average` draws a dashed line across them. Heights are in proportion to the greatest value, or
    to `least_peak` where all are smaller, so that a single event does not look like a mountain.
    The values are said in full by the chart's name and, column by column, by tooltips; None is a
    gap and is not said.

    Raises ValueError if there are not as many labels as values, a value is negative or the tone
    unknown.
    """
    if len(labels) != len(values) or not values:
        raise ValueError(f"{title}: {len(values)} values for {len(labels)} labels")
    known = [
        (label, value) for label, value in zip(labels, values, strict=True) if value is not None
    ]
    peak = max((value for _, value in known), default=0)
    if any(value < 0 for _, value in known):
        raise ValueError(f"{title}: a count may not be negative")
    if tone not in TONES:
        raise ValueError(f"{title}: unknown tone {tone}")
    scale = (_SPARK_HEIGHT - 2) / max(peak, average or 0, least_peak)
    bottom, width = _SPARK_HEIGHT - 0.5, _SPARK_SLOT * len(values)
    bars = []
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        if value:
            # The last one stands a little apart: it is measured by the others.
            tall, last = value * scale, index == len(values) - 1
            bars.append(
                _bar(
                    index * _SPARK_SLOT + (3 if last else 1),
                    bottom - tall,
                    _SPARK_SLOT - 2,
                    tall,
                    tone if last else "muted",
                    f"{label}: {format_number(value)}",
                )
            )
    line = ""
    if average is not None:
        line = format_html(
            '<line class="chart-average" x1="0" x2="{}" y1="{}" y2="{}" stroke="{}"'
            ' stroke-dasharray="3 2"></line>',
            width,
            _round(bottom - average * scale),
            _round(bottom - average * scale),
            _TEXT,
        )
    return format_html(
        '<svg class="chart-spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img"'
        ' aria-label="{}: {}"><line class="chart-axis" x1="0" x2="{}" y1="{}" y2="{}" stroke="{}">'
        "</line>{}{}</svg>",
        width + 2,
        _SPARK_HEIGHT,
        width + 2,
        _SPARK_HEIGHT,
        title,
        "; ".join(f"{label}: {format_number(value)}" for label, value in known),
        width + 2,
        _round(bottom),
        _round(bottom),
        _AXIS,
        format_html_join("", "{}", ((bar,) for bar in bars)),
        line,
    )


def _draw(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    desc: str | None,
    mirrored: bool,
) -> SafeString:
    for one in series:
        if len(one.values) != len(labels):
            raise ValueError(f"{one.label}: {len(one.values)} values for {len(labels)} labels")
        if any(value is not None and value < 0 for value in one.values):
            raise ValueError(f"{one.label}: a count may not be negative")
        if one.tone not in TONES:
            raise ValueError(f"{one.label}: unknown tone {one.tone}")
    if not labels or not series:
        return _svg(title, desc, _text(_WIDTH / 2, _HEIGHT / 2, "Chưa có số liệu", "middle"))

    peak = max(value or 0 for one in series for value in one.values)
    ticks = _ticks(peak, most=3 if mirrored else 4)
    if mirrored:
        ticks = [-tick for tick in reversed(ticks[1:])] + ticks
    left = 10 + _CHAR * max(len(format_number(abs(tick))) for tick in ticks)
    top, bottom = 8, _HEIGHT - (42 if len(series) > 1 else 20)
    scale = (bottom - top) / (ticks[-1] - ticks[0])

    def height_of(value: Number) -> float:
        return bottom - (value - ticks[0]) * scale

    grid = [_line(left, height_of(tick), "chart-grid", _GRID) for tick in ticks if tick]
    grid += [
        _text(left - 6, height_of(tick) + 4, format_number(abs(tick)), "end") for tick in ticks
    ]

    slot = (_WIDTH - left) / len(labels)
    abreast = 1 if mirrored else len(series)
    width = min(slot * 0.66 / abreast, 22)
    bars = []
    for place, one in enumerate(series):
        below = mirrored and place == 1
        shift = 0 if mirrored else (place - abreast / 2 + 0.5) * (width + 1)
        for index, (label, value) in enumerate(zip(labels, one.values, strict=True)):
            if value is None:
                continue
            centre = left + (index + 0.5) * slot + shift
            start = height_of(0) if below else height_of(value)
            tooltip = f"{label}, {one.label}: {format_number(value)}"
            bars.append(_bar(centre - width / 2, start, width, value * scale, one.tone, tooltip))

    # Labels too wide for their slot are thinned out; the last one, the newest, always stays and is
    # moved in from the edge.
    step = math.ceil((max(map(len, labels)) * _CHAR + 4) / slot)
    names = [
        _text(
            min(left + (index + 0.5) * slot, _WIDTH - len(label) * _CHAR / 2),
            bottom + 15,
            label,
            "middle",
        )
        for index, label in enumerate(labels)
        if (len(labels) - 1 - index) % step == 0
    ]
    axis = _line(left, height_of(0), "chart-axis", _AXIS)
    legend = _legend(series) if len(series) > 1 else []
    return _svg(title, desc, *grid, *bars, axis, *names, *legend)


def _ticks(peak: Number, most: int) -> list[int]:
    """Return round ticks from 0 to the first one not under the peak, in at most `most` steps."""
    peak = max(peak, 1)
    steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in steps if peak <= step * most)
    return list(range(0, math.ceil(peak / step) * step + 1, step))


def _legend(series: Sequence[Series]) -> list[SafeString]:
    parts, x, y = [], 4.0, _HEIGHT - 14
    for one in series:
        parts += [
            _bar(x, y, 9, 9, one.tone, one.label),
            _text(x + 14, y + 8.5, one.label, "start"),
        ]
        x += 14 + len(one.label) * _CHAR + 14
    return parts


def _svg(title: str, desc: str | None, *parts: SafeString) -> SafeString:
    name = f"chart-{next(_ids)}"
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {} {}" width="100%"'
        ' role="img" aria-labelledby="{}"><title id="{}-title">{}</title>{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        f"{name}-title {name}-desc" if desc else f"{name}-title",
        name,
        title,
        format_html('<desc id="{}-desc">{}</desc>', name, desc) if desc else "",
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _bar(x: float, y: float, width: float, height: float, tone: str, tooltip: str) -> SafeString:
    fill, stroke = TONES[tone]
    return format_html(
        '<rect class="chart-bar tone-{}" x="{}" y="{}" width="{}" height="{}" rx="1.5" fill="{}"'
        ' stroke="{}" stroke-width="0.6"><title>{}</title></rect>',
        tone,
        _round(x),
        _round(y),
        _round(width),
        _round(height),
        fill,
        stroke,
        tooltip,
    )


def _line(x: float, y: float, css_class: str, colour: str) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}" stroke="{}"></line>',
        css_class,
        _round(x),
        _WIDTH,
        _round(y),
        _round(y),
        colour,
    )


def _text(x: float, y: float, text: str, anchor: str) -> SafeString:
    return format_html(
        '<text class="chart-text" x="{}" y="{}" text-anchor="{}" font-size="{}" fill="{}">{}'
        "</text>",
        _round(x),
        _round(y),
        anchor,
        _FONT,
        _TEXT,
        text,
    )


def _round(length: float) -> str:
    """Return a length with at most one decimal, as a string that no locale turns into 1,5."""
    return f"{length:.1f}".removesuffix(".0")
