"""Trends of events by kind, neighbourhood and week. Counts alone: no names, places or words."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, DateField, Min, Q
from django.db.models.functions import TruncWeek
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.generic import View

from incidents import trends
from incidents.models import Incident, IncidentType
from incidents.trends import Series
from kylien.areas.models import Neighbourhood
from kylien.core import charts, text
from kylien.core.periods import TZ, Period, Week
from kylien.core.records import ScopedMixin

WEEKS_OFFERED = 52
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
EVERYTHING = "Tất cả vụ việc"


class TrendForm(forms.Form):
    """What the page is asked for. The names are those of the list's filters."""

    week = forms.CharField(required=False, label="Tuần", widget=forms.Select)
    neighbourhood = forms.ChoiceField(
        required=False,
        label="Tổ dân phố",
        error_messages={"invalid_choice": "Địa bàn của đồng chí không có tổ dân phố này."},
    )
    type = forms.ChoiceField(
        required=False,
        label="Nhóm loại",
        error_messages={"invalid_choice": "Không có nhóm loại vụ việc này."},
    )

    def __init__(self, *args, areas, groups, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.current = Week.containing(on)
        for name, rows in (("neighbourhood", areas), ("type", groups)):
            offered = [(str(row.pk), row.name) for row in rows]
            self.fields[name].choices = [("", "Tất cả"), *offered]
        offered = self.current.last(WEEKS_OFFERED)[::-1]
        asked = self.data.get("week", "")
        try:
            if Week.parse(asked) < offered[-1]:
                offered.append(Week.parse(asked))
        except ValueError:
            pass  # said by clean_week
        self.fields["week"].widget.choices = [
            # The present week is what the page shows unasked.
            ("" if week == self.current else str(week), week.since)
            for week in offered
        ]

    def clean_week(self):
        asked = self.cleaned_data["week"]
        if not asked:
            return self.current
        try:
            week = Week.parse(asked)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if week > self.current:
            raise ValidationError("Tuần này chưa đến.")
        return week


@dataclass(frozen=True)
class Line:
    """A row of a table: how many events, the address of exactly those, and what is usual.

    `inside` is the address of the same page about this row alone; `average` is empty where there
    is nothing to compare with.
    """

    label: str
    series: Series
    url: str
    inside: str
    average: str
    marked: bool
    chart: SafeString
    weeks: list[tuple[int, str]]
    total: bool = False


@dataclass(frozen=True)
class Table:
    """Lines, and the names of those that had no event in any of the weeks."""

    key: str
    title: str
    head: str
    lines: list[Line]
    empty: list[str]


class Trends(ScopedMixin, View):
    """A week's events by kind and by neighbourhood, each beside its own average."""

    model = Incident

    def base_rows(self, rows):
        """Leave out what an officer was given outside his area: it comes and goes with the orders,
        so it has no average."""
        return rows.in_scope(self.request.user.scope)

    def get(self, request):
        on = request.today
        self.areas = list(Neighbourhood.objects.visible_to(request.user))
        self.kinds = {kind.pk: kind for kind in IncidentType.objects.visible_to(request.user)}
        groups = [kind for kind in self.kinds.values() if kind.parent_id is None]
        form = TrendForm(request.GET, areas=self.areas, groups=groups, on=on)
        context = {
            "title": "Diễn biến vụ việc",
            "form": form,
            "rule": f"{trends.RULE} {self.counted()}",
            "mark": trends.MARK,
            "list_url": reverse("incident-list"),
        }
        if form.is_valid():
            context |= self.figures(form, groups, on)
        return render(request, "incidents/trends.html", context)

    def figures(self, form, groups, on):
        self.week = form.cleaned_data["week"]
        self.weeks = trends.compared(self.week)
        self.asked = {name: form.cleaned_data[name] for name in ("neighbourhood", "type")}
        self.group = next((g for g in groups if str(g.pk) == self.asked["type"]), None)
        self.area = next((a for a in self.areas if str(a.pk) == self.asked["neighbourhood"]), None)
        first = self.rows.aggregate(first=Min("occurred_at"))["first"]
        self.first = timezone.localtime(first, TZ).date() if first else None
        self.comparable = trends.comparable(self.first, self.week)
        counts = self.count()
        tables = [self.by_kind(counts, groups)] if counts else []
        if counts and self.area is None and len(self.areas) > 1:
            tables.append(self.by_area(counts))
        lines = [line for table in tables for line in table.lines]
        return {
            "week": self.week,
            "weeks": self.weeks,
            "whose": self.whose(),
            "tables": tables,
            "standing_out": [line for line in lines if line.marked],
            "comparable": self.comparable,
            "incomparable": self.incomparable(),
            "unfinished": self.unfinished(on),
            "previous_url": self.address(week=self.week.moved(-1)),
            "next_url": self.address(week=self.week.moved(1)) if self.week < form.current else "",
            "whole_url": self.address(type="") if self.group else "",
        }

    def count(self):
        """Count the events: `{(kind, neighbourhood, Monday): number}`, in one query."""
        span = Period(self.weeks[0].monday, self.week.moved(1).monday)
        rows = self.rows.filter(occurred_at__gte=span.start_at, occurred_at__lt=span.end_at)
        if self.area:
            rows = rows.filter(neighbourhood=self.area)
        if self.group:
            rows = rows.filter(Q(type=self.group) | Q(type__parent=self.group))
        monday = TruncWeek("occurred_at", tzinfo=TZ, output_field=DateField())
        found = rows.order_by().values_list("type", "neighbourhood", monday).annotate(Count("pk"))
        return {(kind, area, day): number for kind, area, day, number in found}

    # --- the tables ---
    def by_kind(self, counts, groups):
        """Compare the groups of kinds; where one is asked for, its kinds."""
        if self.group:
            shown = [k for k in self.kinds.values() if self.group.pk in (k.pk, k.parent_id)]
            found = trends.add_up(counts, self.weeks, lambda kind, area: kind)
            title, whole = f"{self.group.name}: theo loại", f"Cả nhóm {self.group.name}"
        else:
            shown = groups
            found = trends.add_up(counts, self.weeks, lambda kind, area: self.top(kind))
            title, whole = "Theo nhóm loại", EVERYTHING
        lines = []
        if self.group is None or len(found) > 1:
            lines.append(self.line(whole, self.everything(counts), total=True))
        for kind in shown:
            if kind.pk in found:
                inside = "" if self.group else self.address(type=kind.pk)
                lines.append(self.line(kind.name, found[kind.pk], inside=inside, type=kind.pk))
        empty = [k.name for k in shown if k.pk not in found and k != self.group]
        return Table("kinds", title, "Loại vụ việc", lines, empty)

    def by_area(self, counts):
        """Compare the neighbourhoods."""
        found = trends.add_up(counts, self.weeks, lambda kind, area: area)
        lines = [
            self.line(
                area.name,
                found[area.pk],
                inside=self.address(neighbourhood=area.pk),
                neighbourhood=area.pk,
            )
            for area in self.areas
            if area.pk in found
        ]
        title = f"{self.group.name}: theo tổ dân phố" if self.group else "Theo tổ dân phố"
        empty = [area.name for area in self.areas if area.pk not in found]
        return Table("areas", title, "Tổ dân phố", lines, empty)

    def top(self, kind):
        return self.kinds[kind].parent_id or kind

    def everything(self, counts):
        return trends.add_up(counts, self.weeks, lambda kind, area: "")[""]

    def line(self, label, series, *, inside="", total=False, **more):
        marked = self.comparable and series.stands_out
        weeks = [
            (number, self.rows_of(week, **more) if number else "")
            for week, number in zip(self.weeks, series.counts, strict=True)
        ]
        return Line(
            label=label,
            series=series,
            url=weeks[-1][1],
            inside=inside,
            average=series.average_label if self.comparable else "",
            marked=marked,
            chart=charts.sparkline(
                label,
                [week.short for week in self.weeks],
                series.counts,
                average=series.average if self.comparable else None,
                tone="amber" if marked else "primary",
                least_peak=trends.AT_LEAST,
            ),
            weeks=weeks,
            total=total,
        )

    # --- addresses ---
    def rows_of(self, week, **more):
        """Return the address of the list of exactly the incidents counted."""
        asked = {
            **self.asked,
            **more,
            "area": "" if self.request.user.scope.whole_ward else "own",
            "occurred_from": text.format_date(week.monday),
            "occurred_to": text.format_date(week.sunday),
        }
        kept = {name: value for name, value in asked.items() if value}
        return f"{reverse('incident-list')}?{urlencode(kept)}"

    def address(self, **changes):
        """Return the address of this page, with some of what was asked changed."""
        asked = {"week": self.week, **self.asked, **changes}
        kept = {name: value for name, value in asked.items() if value}
        return f"{reverse('incident-trends')}?{urlencode(kept)}"

    # --- sentences ---
    def whose(self):
        """Say whose events are counted."""
        scope = self.request.user.scope
        if self.area:
            return self.area.name
        if scope.whole_ward:
            return "Toàn phường"
        names = ", ".join(area.name for area in self.areas)
        return f"Địa bàn của đồng chí: {names}" if names else "Đồng chí chưa được phân công địa bàn"

    def counted(self):
        """Say what is counted and what is not."""
        said = "Chỉ đếm vụ việc, không tính theo người."
        if not self.request.user.scope.whole_ward:
            said += " Không tính vụ được giao ngoài địa bàn."
        return said

    def unfinished(self, on):
        """Say how much of the week has gone by; empty where all of it has."""
        if self.week.sunday < on:
            return ""
        begun = self.week.days_begun(on)
        return (
            f"{self.week.short} chưa hết: số liệu {begun} ngày, đến {WEEKDAYS[begun - 1]} "
            f"{text.format_date(on)}, so với trung bình của tuần đủ 7 ngày, không ước thêm."
        )

    def incomparable(self):
        """Say why nothing is compared; empty where it is."""
        if self.comparable:
            return ""
        if self.first is None:
            return "Chưa có vụ việc nào trong phạm vi của đồng chí."
        return (
            f"Vụ việc đầu tiên được ghi là ngày {text.format_date(self.first)}: chưa đủ "
            f"{trends.WEEKS} tuần số liệu trước {self.week.short.lower()} nên chưa so sánh."
        )


urlpatterns = [path("incidents/trends/", Trends.as_view(), name="incident-trends")]
