"""The board of shortcomings as one reader sees it: two quarters side by side, and what changed.

Pure but for `read()`: it puts numbers into words. For leaders small counts are hidden as in the
monthly figures, and so is every share and median that rests on them.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

from django.urls import reverse

from kylien.core.text import format_number
from outreach.measures import Share
from reports.disclosure import SMALL, Shown
from reports.shortcomings import SHORTCOMINGS, Asked, Records, read

NO_DATA = "chưa có số liệu"
TOO_FEW = f"dưới {SMALL}, không hiện"
POINT, TENTH = Decimal(1), Decimal("0.1")


@dataclass(frozen=True)
class Cell:
    """A measure in one quarter: `value` is what is compared, `shown` the same in words. Of a share
    `part` and `whole` stand beside it, of a median `whole` rows. Without a value `shown` says
    why."""

    value: Decimal | None
    shown: str
    part: str = ""
    whole: str = ""
    part_url: str = ""
    whole_url: str = ""
    longest: str = ""


@dataclass(frozen=True)
class Row:
    """A measure on the board; `verdict` is `(tone, word)`, or None where nothing can be said."""

    label: str
    noun: str
    says: str
    under: bool
    now: Cell
    before: Cell
    change: str
    verdict: tuple[str, str] | None


@dataclass(frozen=True)
class Card:
    key: str
    title: str
    rows: list[Row]


class Board:
    """The measures of a quarter beside those of the quarter before."""

    def __init__(self, quarter, on, aggregate):
        self.aggregate = aggregate
        self.now, self.before = Asked(quarter, on), Asked(quarter.previous(), on)
        self.told = read(Records(self.now, self.before))
        self.shown = {asked: self.counts(asked) for asked in (self.now, self.before)}

    def cards(self):
        return [
            Card(one.key, one.title, [self.row(measure) for measure in one.measures])
            for one in SHORTCOMINGS
        ]

    def counts(self, asked):
        """Return the counts of a quarter as the reader may see them."""
        numbers, pairs = {}, []
        for key, told in self.told[asked].items():
            if isinstance(told, Share):
                numbers[key, "part"], numbers[key, "whole"] = told.part, told.whole
                pairs.append(((key, "whole"), (key, "part")))
            else:
                numbers[key, "whole"] = told.count
        up, down = self.told[asked]["risen"], self.told[asked]["fallen"]
        numbers["same"] = up.whole - up.part - down.part  # known from the two and their total
        parts = [[("risen", "part"), ("fallen", "part"), "same"]]
        return Shown(numbers, self.aggregate, parts, pairs)

    def row(self, measure):
        now, before = self.cell(measure, self.now), self.cell(measure, self.before)
        change, verdict = "", None
        if now.value is not None and before.value is not None:
            difference = now.value - before.value
            change = self.change(measure, difference)
            verdict = self.verdict(measure, difference)
        return Row(
            measure.label,
            measure.noun,
            measure.says,
            measure.under,
            now,
            before,
            change,
            verdict,
        )

    def change(self, measure, difference):
        sign = "+" if difference > 0 else "−" if difference else ""
        unit = getattr(measure, "unit", "điểm %")
        return f"{sign}{number(abs(difference))} {unit}"

    def verdict(self, measure, difference):
        """Tell whether the change is for the better; not of what still grows."""
        if measure.grows and not self.now.is_over:
            return "mute", "Chưa hết quý"
        if not difference:
            return "mute", "Không đổi"
        better = difference * measure.better.value > 0
        return ("ok", "Tốt hơn") if better else ("late", "Kém hơn")

    def cell(self, measure, asked):
        told, shown = self.told[asked][measure.key], self.shown[asked]
        whole = measure.key, "whole"
        if isinstance(told, Share):
            return self.share(measure, asked, told, shown)
        count = told.count
        if not self.aggregate and not count:
            return Cell(None, NO_DATA)
        if whole in shown.hidden:
            return Cell(None, TOO_FEW)
        value = rounded(told.middle, TENTH)
        # The largest is one row's own number: leaders see what rests on several.
        longest = "" if self.aggregate else number(rounded(told.longest, TENTH))
        return Cell(
            value,
            f"{number(value)} {measure.unit}",
            whole=shown[whole],
            whole_url=self.link(measure, asked, "all"),
            longest=f"{longest} {measure.unit}" if longest else "",
        )

    def share(self, measure, asked, told, shown):
        part, whole = (measure.key, "part"), (measure.key, "whole")
        if not self.aggregate and not told.whole:
            return Cell(None, NO_DATA)
        if whole in shown.hidden:
            return Cell(None, TOO_FEW)
        value = None if part in shown.hidden else rounded(told.percent, POINT)
        return Cell(
            value,
            "" if value is None else f"{number(value)} %",
            shown[part],
            shown[whole],
            self.link(measure, asked, "part"),
            self.link(measure, asked, "all"),
        )

    def link(self, measure, asked, part):
        return "" if self.aggregate else address(measure, asked, part)


def address(measure, asked, part, **more):
    """Return where exactly the rows of a number are listed."""
    query = urlencode({"quarter": asked.quarter, "part": part, **more})
    return f"{reverse('shortcoming-rows', args=[measure.key])}?{query}"


def rounded(value, to):
    return Decimal(str(value)).quantize(to, ROUND_HALF_UP)


def number(value):
    """Return a rounded number as people write it: "3,5", and "12" for 12,0."""
    whole = value.to_integral_value()
    return format_number(int(whole) if value == whole else value)
