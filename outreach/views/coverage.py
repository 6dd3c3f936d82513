"""The coverage table: which neighbourhood has had which topic in a quarter."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.periods import Quarter
from kylien.core.records import ScopedMixin
from outreach import coverage
from outreach.models import Activity, Topic

FIRST_YEAR = 2000
QUARTERS_OFFERED = 12


class QuarterForm(forms.Form):
    """Which quarter: the present one, unless another is named."""

    quarter = forms.CharField(required=False, label="Quý", widget=forms.Select)

    def __init__(self, *args, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.current = Quarter.containing(on)
        offered = [self.current.moved(-back) for back in range(QUARTERS_OFFERED)]
        try:
            asked = Quarter.parse(self.data.get("quarter", ""))
        except ValueError:
            asked = None  # said by clean_quarter
        if asked and asked.year >= FIRST_YEAR and asked < offered[-1]:
            offered.append(asked)
        self.fields["quarter"].widget.choices = [
            ("" if quarter == self.current else str(quarter), quarter.label) for quarter in offered
        ]

    def clean_quarter(self):
        asked = self.cleaned_data["quarter"]
        if not asked:
            return self.current
        try:
            quarter = Quarter.parse(asked)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if quarter > self.current:
            raise ValidationError("Quý này chưa đến.")
        if quarter.year < FIRST_YEAR:
            raise ValidationError(f"Năm phải từ {FIRST_YEAR}.")
        return quarter


@dataclass(frozen=True)
class Number:
    """A number of sessions, and the address of exactly those; what it counts in words."""

    count: int
    url: str
    says: str = ""


@dataclass(frozen=True)
class Shown:
    """A cell as the page shows it: `told` stands where the neighbourhood had none of its own."""

    own: Number
    ward: Number
    told: str
    topic: str = ""


@dataclass(frozen=True)
class Line:
    label: str
    cells: list[Shown]
    total: Shown


class Coverage(ScopedMixin, View):
    """Sessions held in a quarter by neighbourhood and topic; an officer sees his own."""

    model = Activity

    def get(self, request):
        form = QuarterForm(request.GET, on=request.today)
        context = {
            "title": "Độ phủ tuyên truyền",
            "form": form,
            "list_url": reverse("activity-list"),
        }
        if form.is_valid():
            context |= self.figures(form.cleaned_data["quarter"], form.current)
        return render(request, "outreach/coverage.html", context)

    def figures(self, quarter, current):
        self.quarter = quarter
        areas = list(Neighbourhood.objects.visible_to(self.request.user))
        counts = self.counts()
        about = {topic for _, topic in counts}
        topics = [t for t in Topic.objects.all() if t.ended_on is None or t.pk in about]
        found = coverage.table(counts, [a.pk for a in areas], [t.pk for t in topics])
        return {
            "quarter": quarter,
            "topics": topics,
            "lines": [self.line(area, topics, found) for area in areas],
            "ward_row": [
                self.number(found.ward[t.pk], f"{t} cho cả phường", topic=t.pk, where="ward")
                for t in topics
            ],
            "ward_total": self.number(sum(found.ward.values()), "cho cả phường", where="ward"),
            "columns": [
                self.number(found.columns[t.pk], f"{t}, tất cả", topic=t.pk) for t in topics
            ],
            "total": self.number(found.total, "tất cả"),
            "shares": [(t, share_of(found.shares[t.pk])) for t in topics],
            "empty": found.empty,
            "cells": len(areas) * len(topics),
            "whole_ward": self.request.user.scope.whole_ward,
            "unfinished": quarter == current,
            "previous_url": self.address(quarter.previous()) if quarter.year > FIRST_YEAR else "",
            "next_url": self.address(quarter.next()) if quarter < current else "",
        }

    def counts(self):
        """Count the sessions held: `{(neighbourhood or None, topic): number}`, in one query."""
        rows = self.rows.held_in(self.quarter.period).order_by()
        found = rows.values_list("neighbourhood", "topic").annotate(Count("pk"))
        return {(area, topic): number for area, topic, number in found}

    def line(self, area, topics, found):
        cells = [self.shown(found.cells[area.pk, t.pk], area, t) for t in topics]
        return Line(area.name, cells, self.shown(found.rows[area.pk], area))

    def shown(self, cell, area, topic=None):
        about = {"topic": topic.pk} if topic else {}
        name = str(topic) if topic else "mọi chủ đề"
        told = "" if cell.own else coverage.WARD_ONLY if cell.ward else coverage.NOTHING
        return Shown(
            own=self.number(cell.own, f"{name}: {area}", neighbourhood=area.pk, **about),
            ward=self.number(cell.ward, f"{name}: cả phường", where="ward", **about),
            told=told,
            topic=str(topic or ""),
        )

    def number(self, count, says, **asked):
        query = urlencode({"quarter": self.quarter, "state": "held", **asked})
        return Number(count, f"{reverse('activity-list')}?{query}", says)

    def address(self, quarter):
        return f"{reverse('outreach-coverage')}?{urlencode({'quarter': quarter})}"


def share_of(share):
    """Return a share in words: what part of the neighbourhoods, beside how many they are."""
    return {
        "percent": text.format_percent(share.covered, share.whole),
        "of": f"{share.covered}/{share.whole} tổ",
        "own": f"riêng {share.own}/{share.whole}",
        "all": share.covered == share.whole > 0,
    }


urlpatterns = [path("outreach/coverage/", Coverage.as_view(), name="outreach-coverage")]
