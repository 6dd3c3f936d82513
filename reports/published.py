"""The published reports as their readers see them: out of the frozen contents, never counted."""

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from kylien.core import charts
from kylien.core.periods import Month
from reports.content import Content
from reports.disclosure import Shown
from reports.models import FrozenReport, MonthlyReport

BALANCE = ("population_in", "population_out")  # drawn up and down; all others side by side
TONES = ("primary", "muted")


class Published:
    """A frozen report and its content for one reader; `aggregate` as in `Content`."""

    def __init__(self, frozen: FrozenReport, aggregate: bool):
        self.report = frozen.report
        self.content = Content(frozen.read(), aggregate)
        self.labels = {row["key"]: row["label"] for row in self.content.figures}

    @property
    def month(self) -> Month:
        return self.content.month

    def tiles(self, keys: Iterable[str]) -> list[dict]:
        """Return `{label, value}` of those figures that the report has."""
        now = self.content.now
        return [
            {"label": self.labels[key], "value": now[key]} for key in keys if key in self.labels
        ]


def published(aggregate: bool, reports: QuerySet | None = None) -> list[Published]:
    """Read the published reports, newest first, or those of `reports` that are approved. One query,
    whatever their number; each is some 30 kB of JSON."""
    if reports is None:
        reports = MonthlyReport.objects.published()
    return [Published(row, aggregate) for row in _frozen(reports)]


def since(month: Month) -> QuerySet:
    """Return the published reports of `month` and later ones."""
    later = Q(year=month.year, month__gte=month.month) | Q(year__gt=month.year)
    return MonthlyReport.objects.published().filter(later)


def newest(aggregate: bool) -> Published | None:
    """Return the newest published report, or None where there is none. One query."""
    row = _frozen(MonthlyReport.objects.published()).first()
    return row and Published(row, aggregate)


def _frozen(reports: QuerySet) -> QuerySet:
    rows = FrozenReport.objects.filter(report__in=reports).select_related("report")
    return rows.order_by("-report__year", "-report__month")


def chart(
    title: str,
    keys: Sequence[str],
    labels: dict[str, str],
    months: Sequence[Month],
    numbers: dict[str, Shown],
) -> dict:
    """Draw figures over `months` and list them, as `templates/portal/home.html` shows charts.

    `numbers` holds the months that were reported, by their code ("2026-10"): the others stay gaps,
    and are no rows.
    """
    keys = [key for key in keys if key in labels]
    series = [
        charts.Series(labels[key], series_of(key, months, numbers), tone)
        for key, tone in zip(keys, TONES, strict=False)
    ]
    names = [short(month, months) for month in months]
    if tuple(keys) == BALANCE:
        svg = charts.balance_chart(title, names, *series)
    else:
        svg = charts.bar_chart(title, names, series)
    return {
        "title": title,
        "svg": svg,
        "table": table([(key, labels[key]) for key in keys], months, numbers),
    }


def series_of(key: str, months: Sequence[Month], numbers: dict[str, Shown]) -> list[int | None]:
    """Return a figure month by month: None where it is hidden, or nothing was reported."""
    found = [numbers.get(str(month)) for month in months]
    return [shown.number(key) if shown else None for shown in found]


def table(
    columns: Sequence[tuple[str, str]], months: Sequence[Month], numbers: dict[str, Shown]
) -> dict:
    """List figures, `(key, label)`, by month, the newest first."""
    reported = [(month.label, numbers.get(str(month))) for month in reversed(months)]
    rows = [
        {
            "label": label,
            "cells": [{"value": shown.get(key)} for key, _ in columns],
        }
        for label, shown in reported
        if shown
    ]
    return {"head": ["Kỳ", *(label for _, label in columns)], "rows": rows}


def short(month: Month, months: Sequence[Month]) -> str:
    """Return a month's name under a bar; with the year where another month bears the same."""
    return f"T{month.month}" if len(months) <= 12 else f"{month.month}/{month.year % 100:02}"
