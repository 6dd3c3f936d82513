"""What a report of a month holds: one shape for the draft on a page and for the frozen copy.

`live()` counts it, `FrozenReport` keeps it as JSON, and pages and documents read it through
`Content`, so that an approved report is drawn from nothing but what was approved.
"""

import datetime as dt
from functools import cached_property

from django.apps import apps
from django.conf import settings

from kylien.accounts.models import Scope
from kylien.areas.models import Neighbourhood, Ward
from kylien.areas.rules import DatedRule
from kylien.core.periods import Month
from reports.disclosure import Shown
from reports.figures import PAIRS, Figure, Reading, figures, parts, read, read_all
from reports.models import MonthlyReport, ReportRule
from reports.outline import CHART_MONTHS, CHARTS, PARTS, SUBJECT, part_of

FORMAT = 1
WARD = Scope(whole_ward=True)
BROKEN = "Bản chốt không còn nguyên vẹn: nội dung khác với lúc duyệt, không lập văn bản từ đó."


def due_on(month: Month) -> dt.date:
    """Return until when the report of a month is to be sent, by the rule of its last day."""
    last_day = month.period.end - dt.timedelta(days=1)
    days = ReportRule.objects.number(ReportRule.Key.DUE_DAYS, last_day)
    return last_day + dt.timedelta(days=days)


def current_month(on: dt.date) -> Month:
    return Month.containing(on, settings.REPORT_START_DAY)


def compared(month: Month) -> dict[str, Month]:
    """Return the months whose figures stand side by side in a report."""
    return {
        "now": month,
        "previous": month.previous(),
        "last_year": month.same_month_last_year(),
    }


def subject_of(month: Month) -> str:
    """Return the report's trích yếu: the month, and the one whose work it plans."""
    following = month.next()
    year = "" if following.year == month.year else f" năm {month.year}"
    return SUBJECT.format(
        month=f"tháng {month.month}{year}",
        following=f"tháng {following.month} năm {following.year}",
    )


def live(report: MonthlyReport, *, areas: bool = False) -> dict:
    """Count a report as the registers stand now. `areas` adds the neighbourhoods: a longer count.

    Four queries and one for the texts; with the neighbourhoods three more.
    """
    month, declared = report.as_month, figures()
    numbers = read(declared, WARD, list(compared(month).values()))
    drawn = [figure for figure in declared if figure.key in chart_keys()]
    over = month.last(CHART_MONTHS)
    charted = read(drawn, WARD, over)
    found = {
        "format": FORMAT,
        "month": str(month),
        "start_day": month.start_day,
        "subject": subject_of(month),
        "figures": [
            {
                "key": figure.key,
                "label": figure.label,
                "section": figure.section,
                "part": part_of(figure).key,
                **{name: numbers[one][figure.key] for name, one in compared(month).items()},
            }
            for figure in declared
        ],
        "pairs": [list(pair) for pair in PAIRS],
        "sums": parts(declared),
        "chart": {str(one): charted[one] for one in over},
        "outline": [
            {"key": part.key, "number": part.number, "title": part.title, "chapter": part.chapter}
            for part in PARTS
        ],
        "texts": {row.part: row.text for row in report.texts.all()} if report.pk else {},
    }
    if areas:
        found["areas"] = by_area(month, declared)
    return found


def by_area(month: Month, declared: list[Figure]) -> list[dict]:
    """Count a month by neighbourhood, in their order. Moves between two count in both."""
    rows = list(Neighbourhood.objects.order_by("position", "pk"))
    readings = {row.pk: Reading(Scope(neighbourhood_ids=(row.pk,)), month) for row in rows}
    numbers = read_all(declared, readings)
    return [{"id": row.pk, "name": row.name, "numbers": numbers[row.pk]} for row in rows]


def rules_in_force(day: dt.date) -> list[dict]:
    """List what every table of dated rules says on `day`: by these the figures were counted."""
    tables = [model for model in apps.get_models() if issubclass(model, DatedRule)]
    return [
        {
            "table": str(model._meta.verbose_name),
            "rule": str(row),
            "legal_basis": row.legal_basis,
            "valid_from": row.valid_from.isoformat(),
        }
        for model in tables
        for row in model.objects.in_force(day).order_by("pk")
    ]


def heading(*, dated: dt.date, symbol: str, signer, signed_as: str, recipients: str) -> dict:
    """Return what stands around the text of a document, as it is on its day."""
    unit = Ward.objects.of(dated)
    return {
        "superior": unit.superior if unit else "",
        "police": unit.police if unit else "Công an phường",
        "place": unit.name if unit else "",
        "symbol": symbol,
        "dated": dated.isoformat(),
        "signer": f"{signer.rank} {signer.full_name}".strip() if signer else "",
        "signed_as": signed_as,
        "recipients": recipients.splitlines(),
    }


def chart_keys() -> list[str]:
    return [key for _, keys in CHARTS for key in keys]


class Content:
    """A report's content as one reader sees it.

    `aggregate` for the ward's leaders: small numbers are hidden (`reports.disclosure`).
    """

    def __init__(self, data: dict, aggregate: bool = False):
        self.data, self.aggregate = data, aggregate

    @classmethod
    def of(
        cls, report: MonthlyReport, aggregate: bool = False, *, areas: bool = False
    ) -> "Content":
        """Return the frozen content of an approved report, and the counted one of a draft."""
        data = report.frozen.read() if report.is_frozen else live(report, areas=areas)
        return cls(data, aggregate)

    @cached_property
    def month(self) -> Month:
        return Month.parse(self.data["month"], self.data["start_day"])

    @property
    def subject(self) -> str:
        return self.data["subject"]

    @property
    def heading(self) -> dict | None:
        """What stands around the text; None in a draft, which has no number yet."""
        return self.data.get("heading")

    @property
    def figures(self) -> list[dict]:
        return self.data["figures"]

    @property
    def texts(self) -> dict[str, str]:
        return self.data["texts"]

    @property
    def outline(self) -> list[dict]:
        return self.data["outline"]

    @cached_property
    def now(self) -> Shown:
        return self.shown("now")

    @cached_property
    def previous(self) -> Shown:
        return self.shown("previous")

    @cached_property
    def last_year(self) -> Shown:
        return self.shown("last_year")

    def shown(self, column: str) -> Shown:
        """Return a column of the figures: `now`, `previous` or `last_year`."""
        numbers = {row["key"]: row[column] for row in self.figures}
        return Shown(numbers, self.aggregate, self.data["sums"], self.data["pairs"])

    def rows(self, part: str) -> list[dict]:
        """Return the figures of a part as its table shows them."""
        return [self.row(row) for row in self.figures if row["part"] == part]

    def row(self, row: dict) -> dict:
        key = row["key"]
        return {
            "key": key,
            "label": row["label"],
            "value": self.now[key],
            "previous": self.previous[key],
            "diff_previous": self.now.difference(key, self.previous),
            "percent_previous": self.now.percent(key, self.previous),
            "last_year": self.last_year[key],
            "diff_last_year": self.now.difference(key, self.last_year),
            "percent_last_year": self.now.percent(key, self.last_year),
        }

    @property
    def areas(self) -> list[dict]:
        """The neighbourhoods with their numbers, `{id, name, numbers}`; none in a page's draft."""
        return self.data.get("areas", [])

    @cached_property
    def shown_areas(self) -> Shown:
        """Return the numbers by `(figure, neighbourhood)`.

        For leaders a number that is alone hidden in its row is the ward's less the others, and a
        hidden one of the ward is the sum of them: so these are columns too, as `(figure, None)`.
        """
        keys = [row["key"] for row in self.figures]
        hidden = {(key, None): self.now.numbers[key] for key in keys if key in self.now.hidden}
        numbers = hidden | {
            (key, area["id"]): area["numbers"][key]
            for area in self.areas
            for key in keys
            if key in area["numbers"]
        }
        places = [None, *(area["id"] for area in self.areas)]
        rows = [[(key, place) for place in places] for key in keys]
        sums = [[(key, place) for key in part] for part in self.data["sums"] for place in places]
        pairs = [
            ((total, place), (part, place))
            for total, part in self.data["pairs"]
            for place in places
        ]
        return Shown(numbers, self.aggregate, [*sums, *rows], pairs, hidden)

    def chart_months(self) -> list[Month]:
        return [Month.parse(key, self.data["start_day"]) for key in sorted(self.data["chart"])]

    def chart(self, month: Month) -> Shown:
        """Return the numbers of one month of the charts."""
        numbers = self.data["chart"][str(month)]
        return Shown(numbers, self.aggregate, self.data["sums"], self.data["pairs"])


def adjustments(report: MonthlyReport) -> list[dict]:
    """Compare an approved report with the registers as they stand now: what was mended since.

    Returns `{key, label, then, now, link}` for each figure that differs; `now` and `link` are None
    where a figure is not counted any more. One count of the month: two queries.
    """
    data = report.frozen.read()
    month = Month.parse(data["month"], data["start_day"])
    declared = {figure.key: figure for figure in figures()}
    numbers = read(list(declared.values()), WARD, [month])[month]
    reading = Reading(WARD, month)
    return [
        {
            "key": row["key"],
            "label": row["label"],
            "then": row["now"],
            "now": numbers.get(row["key"]),
            "link": declared[row["key"]].link(reading) if row["key"] in declared else None,
        }
        for row in data["figures"]
        if numbers.get(row["key"]) != row["now"]
    ]
