"""What was reported, over the months: trends, by neighbourhood, two months side by side.

A leader reads the published reports as they were frozen, with small numbers hidden; for him nothing
here is counted. The station's people read exact numbers.
"""

from urllib.parse import urlencode

from django import forms
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from kylien.core import charts
from kylien.core.periods import Month
from kylien.core.text import format_number
from reports import published
from reports.content import current_month
from reports.disclosure import SMALL_NOTE, Shown
from reports.figures import PAIRS, Reading, figures, parts, read
from reports.models import MonthlyReport
from reports.outline import CHARTS
from reports.views.months import UNFINISHED_NOTE, YEARS, reader

TREND_MONTHS = 24
MONTHS_OFFERED = 36
FIRST_FIGURE = "population_closing"
KINDS = "incidents_kind_"
TRENDS = (
    "households",
    "population_closing",
    "population_in",
    "population_out",
    "temporary_closing",
    "stay_notices",
    "groups",
    "households_in_groups",
    "groups_met",
    "sessions",
    "questions",
    "fulfilments",
    "group_contacts",
    "mutual_helps",
    "businesses_conditional",
    "businesses_lacking",
    "inspections",
    "inspections_findings",
    "incidents",
    "incidents_solved",
)


# --- trends ---------------------------------------------------------------------------------------


@require_GET
def trends(request):
    """Show what the published reports of 24 months say, figure by figure. One query."""
    _, aggregate = reader(request)
    months = current_month(request.today).previous().last(TREND_MONTHS)
    found = published.published(aggregate, published.since(months[0]))
    context = {
        "title": f"Xu hướng {TREND_MONTHS} tháng",
        "span": f"{months[0].label} – {months[-1].label.lower()}",
        "list_url": reverse("report-list"),
    }
    if found:
        numbers = {str(one.month): one.content.now for one in found}
        labels = found[0].labels
        context |= {
            "newest": found[0],
            "reported": len(found),
            "months": len(months),
            "note": SMALL_NOTE if aggregate else "",
            "charts": [
                published.chart(title, keys, labels, months, numbers) for title, keys in CHARTS
            ],
            "sections": trend_sections(found[0].content, months, numbers),
        }
    return render(request, "reports/trends.html", context)


def trend_sections(content, months, numbers):
    """Return the figures of the newest report by section, each over the months."""
    names = [month.label for month in months]
    sections = {}
    for row in content.figures:
        if row["key"] in TRENDS or row["key"].startswith(KINDS):
            sections.setdefault(row["section"], []).append((row["key"], row["label"]))
    found = []
    for title, columns in sections.items():
        lines = [
            trend(key, label, names, published.series_of(key, months, numbers), content.now)
            for key, label in columns
        ]
        found.append(
            {
                "title": title,
                "rows": [line for line in lines if line["svg"]],
                "unseen": [line["label"] for line in lines if not line["svg"]],
                "table": published.table(columns, months, numbers),
            }
        )
    return found


def trend(key, label, names, series, now):
    """Return a figure's line. The average is of the months whose number this reader sees."""
    known = [number for number in series if number is not None]
    average = sum(known) / len(known) if known else None
    return {
        "label": label,
        "svg": charts.sparkline(label, names, series, average=average, least_peak=5)
        if known
        else "",
        "last": now[key],
        "average": "—" if average is None else format_number(rounded(average)),
    }


def rounded(average):
    """Round to what people read: tenths below a hundred, without them where they are 0."""
    found = round(average, 1)
    return round(average) if average >= 100 or found == int(found) else found


# --- by neighbourhood -----------------------------------------------------------------------------


class AreasForm(forms.Form):
    """Which month, which figure for the bars, and which neighbourhood alone."""

    month = forms.ChoiceField(
        label="Tháng", error_messages={"invalid_choice": "Chọn một tháng đã có báo cáo."}
    )
    figure = forms.ChoiceField(
        label="Chỉ tiêu", error_messages={"invalid_choice": "Chọn một chỉ tiêu trong danh sách."}
    )
    area = forms.ChoiceField(
        label="Tổ dân phố",
        required=False,
        error_messages={"invalid_choice": "Chọn một tổ dân phố trong danh sách."},
    )

    def __init__(self, data, *, months, content):
        keys = [row["key"] for row in content.figures]
        first = FIRST_FIGURE if FIRST_FIGURE in keys else keys[0]
        super().__init__(asked(data, month=str(months[0]), figure=first, area=""))
        self.fields["month"].choices = [(str(month), month.label) for month in months]
        self.fields["figure"].choices = [(row["key"], row["label"]) for row in content.figures]
        self.fields["area"].choices = [
            ("", "Tất cả"),
            *((str(area["id"]), area["name"]) for area in content.areas),
        ]


def asked(data, **defaults):
    """Return what is asked for, with the defaults for what is not."""
    return {name: data.get(name) or default for name, default in defaults.items()}


@require_GET
def areas(request):
    """Show a report's numbers by neighbourhood, out of its frozen annex. Two queries."""
    scope, aggregate = reader(request)
    reports = MonthlyReport.objects.published()
    if scope.whole_ward and not aggregate:
        reports = MonthlyReport.objects.filter(state__in=MonthlyReport.FROZEN)
    by_month = {str(report.as_month): report for report in reports.newest()}
    context = {"title": "Theo tổ dân phố", "list_url": reverse("report-list")}
    if not by_month:
        return render(request, "reports/areas.html", context)
    chosen = by_month.get(request.GET.get("month")) or next(iter(by_month.values()))
    [found] = published.published(aggregate, reports.filter(pk=chosen.pk))
    months = [report.as_month for report in by_month.values()]
    form = AreasForm(request.GET, months=months, content=found.content)
    context |= {"form": form, "found": found}
    if form.is_valid():
        context |= AreaTables(found, form.cleaned_data).context()
        context["note"] = SMALL_NOTE if aggregate else ""
    return render(request, "reports/areas.html", context, status=200 if form.is_valid() else 422)


class AreaTables:
    """A report's annex as the page shows it: one figure's bars, one neighbourhood, the table."""

    def __init__(self, found, chosen):
        self.content, self.labels, self.chosen = found.content, found.labels, chosen
        self.shown = self.content.shown_areas

    def context(self):
        only = [area for area in self.content.areas if str(area["id"]) == self.chosen["area"]]
        return {
            "figure": self.labels[self.chosen["figure"]],
            "ward_value": self.content.now[self.chosen["figure"]],
            "bars": self.bars(self.chosen["figure"]),
            "only": only[0]["name"] if only else "",
            "heads": [
                {"name": area["name"], "url": self.address(area=area["id"])}
                for area in self.content.areas
            ],
            "sections": self.sections(only or self.content.areas),
        }

    def bars(self, key):
        known = {area["id"]: self.shown.number((key, area["id"])) for area in self.content.areas}
        peak = max((number or 0 for number in known.values()), default=0)
        return [
            {
                "name": area["name"],
                "url": self.address(area=area["id"]),
                "value": self.shown.get((key, area["id"])),
                "width": round(100 * known[area["id"]] / peak) if known[area["id"]] else 0,
            }
            for area in self.content.areas
        ]

    def sections(self, shown_areas):
        """Return the table: figures by section, the ward's number and the neighbourhoods'."""
        sections = {}
        for row in self.content.figures:
            line = {
                "label": row["label"],
                "url": self.address(figure=row["key"]),
                "current": row["key"] == self.chosen["figure"],
                "ward": self.content.now[row["key"]],
                "cells": [self.shown.get((row["key"], area["id"])) for area in shown_areas],
            }
            sections.setdefault(row["section"], []).append(line)
        return [{"title": title, "rows": rows} for title, rows in sections.items()]

    def address(self, **changed):
        query = {name: value for name, value in {**self.chosen, **changed}.items() if value}
        return f"{reverse('report-areas')}?{urlencode(query)}"


# --- two months side by side ----------------------------------------------------------------------


class CompareForm(forms.Form):
    """Which month, and which to compare it with."""

    a = forms.ChoiceField(label="Tháng")
    b = forms.ChoiceField(label="So với")

    def __init__(self, data, *, months, first, second, refusal):
        super().__init__(asked(data, a=str(first), b=str(second)))
        for field in self.fields.values():
            field.choices = [(str(month), month.label) for month in months]
            field.error_messages["invalid_choice"] = refusal

    @property
    def months(self):
        """Return the codes of the two months, of a form that is valid."""
        return self.cleaned_data["a"], self.cleaned_data["b"]


@require_GET
def compare(request):
    """Show two months side by side: a leader's are published ones, the station's are counted."""
    scope, aggregate = reader(request)
    context = {"title": "So sánh hai tháng", "list_url": reverse("report-list")}
    if aggregate:
        form, columns = published_columns(request.GET)
        context["note"] = SMALL_NOTE
    else:
        form, columns = counted_columns(request.GET, scope, request.today)
        if any(not column.month.is_over(request.today) for column in columns):
            context["note"] = UNFINISHED_NOTE
    context["form"] = form
    if columns:
        a, b = columns
        context |= {
            "a": a.month,
            "b": b.month,
            "sections": side_by_side(a, b),
            "swap_url": f"{reverse('report-compare')}?{urlencode({'a': b.month, 'b': a.month})}",
        }
    status = 200 if form is None or form.is_valid() else 422
    return render(request, "reports/compare.html", context, status=status)


class Column:
    """The numbers of one month: `rows` are `{key: (label, section)}`, the others by key too."""

    def __init__(self, month, rows, shown, links=None, reported=None):
        self.month, self.rows, self.shown = month, rows, shown
        self.links, self.reported = links or {}, reported or {}

    def cell(self, key):
        number, told = self.shown.number(key), self.reported.get(key)
        differs = told is not None and number is not None and told != number
        return {
            "value": self.shown.get(key) or "—",
            "url": self.links.get(key, ""),
            "reported": format_number(told) if differs else "",
        }


def published_columns(data):
    """Return the form of a leader and what he asked for; no form where nothing is published.

    Two queries: the months to choose among, and the two contents.
    """
    reports = MonthlyReport.objects.published()
    by_month = {str(report.as_month): report for report in reports.newest()}
    if not by_month:
        return None, ()
    months = [report.as_month for report in by_month.values()]
    year_ago = months[0].same_month_last_year()
    form = CompareForm(
        data,
        months=months,
        first=months[0],
        second=year_ago if str(year_ago) in by_month else months[min(1, len(months) - 1)],
        refusal="Chọn một tháng đã phát hành báo cáo.",
    )
    if not form.is_valid():
        return form, ()
    wanted = {by_month[code].pk for code in form.months}
    contents = {
        str(one.month): one.content
        for one in published.published(True, reports.filter(pk__in=wanted))
    }
    columns = [
        Column(
            content.month,
            {row["key"]: (row["label"], row["section"]) for row in content.figures},
            content.now,
        )
        for content in (contents[code] for code in form.months)
    ]
    return form, columns


def counted_columns(data, scope, on):
    """Return the form of the station's people, and the two months counted in their scope.

    The ward's numbers are compared with those reported. Four queries.
    """
    current = current_month(on)
    months = offered(current, data.get("a"), data.get("b"))
    last = current.previous()
    form = CompareForm(
        data,
        months=months,
        first=last,
        second=last.same_month_last_year(),
        refusal=f"Chọn tháng từ 01/{YEARS[0]} đến kỳ này, theo dạng năm-tháng, ví dụ {last}.",
    )
    if not form.is_valid():
        return form, ()
    by_code = {str(month): month for month in months}
    pair = [by_code[code] for code in form.months]
    declared = figures()
    numbers = read(declared, scope, pair)
    reported = reported_numbers(pair) if scope.whole_ward else {}
    rows = {figure.key: (figure.label, figure.section) for figure in declared}
    columns = [
        Column(
            month,
            rows,
            Shown(numbers[month], False, parts(declared), PAIRS),
            {figure.key: figure.link(Reading(scope, month)) for figure in declared},
            reported.get(str(month)),
        )
        for month in pair
    ]
    return form, columns


def offered(current, *codes):
    """Return the months to choose among, newest first, and those that are asked for before them."""
    months = set(current.last(MONTHS_OFFERED))
    for code in codes:
        try:
            month = Month.parse(code or "", current.start_day)
        except ValueError:
            continue  # the form says so
        if YEARS[0] <= month.year and month <= current:
            months.add(month)
    return sorted(months, reverse=True)


def reported_numbers(months):
    """Return what the approved reports of these months say: `{"2026-10": {key: number}}`."""
    first, second = (MonthlyReport.objects.of(month) for month in months)
    found = published.published(False, first | second)
    return {str(one.month): one.content.now.numbers for one in found}


def side_by_side(a, b):
    """Return the figures of either month by section: both numbers and how they differ."""
    sections = {}
    for key, (label, section) in (a.rows | b.rows | a.rows).items():
        row = {
            "label": label,
            "a": a.cell(key),
            "b": b.cell(key),
            "difference": a.shown.difference(key, b.shown),
            "percent": a.shown.percent(key, b.shown),
        }
        sections.setdefault(section, []).append(row)
    return [{"title": title, "rows": rows} for title, rows in sections.items()]


URLS = [
    path("reports/trends/", trends, name="report-trends"),
    path("reports/areas/", areas, name="report-areas"),
    path("reports/compare/", compare, name="report-compare"),
]
