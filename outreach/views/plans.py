"""The year's plan of outreach: its items, how much of it is done, and making many at once."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.areas.models import Neighbourhood
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.periods import Quarter
from kylien.core.records import RecordView, ScopedMixin, new_mark, only_once
from outreach import filters, tables
from outreach.forms import plans as forms
from outreach.forms.areas import WHOLE_WARD
from outreach.models import Activity, PlanItem, Topic
from outreach.services import activities as services
from outreach.views.shown import StateFirst

ADD_PLAN, ADD_ACTIVITY = "outreach.add_planitem", "outreach.add_activity"
WARD = "0"  # stands for the whole ward among the keys of neighbourhoods


def list_address(**asked):
    return f"{reverse('planitem-list')}?{urlencode(asked)}"


def tiles(rows, year, on):
    """List `(label, number, address)` of a year's items, and how much of the plan is done."""
    of_year = rows.filter(year=year)
    found = count_all(
        {
            "all": of_year,
            "done": of_year.done(),
            "open": of_year.open(),
            "late": of_year.late(on),
        }
    )
    labels = (
        ("Cả năm", "all", {}),
        ("Đã làm", "done", {"state": "done"}),
        ("Chưa làm", "open", {"state": "open"}),
        ("Quá hạn", "late", {"state": "late"}),
    )
    share = text.format_percent(found["done"], found["all"])
    told = f"{share} ({found['done']}/{found['all']})" if found["all"] else ""
    return [
        (label, found[key], list_address(year=year, **asked)) for label, key, asked in labels
    ], told


class PlanView(StateFirst, RecordView):
    model = PlanItem
    table_class = tables.PlanTable
    filterset_class = filters.PlanFilterSet
    form_class = forms.PlanItemForm
    detail_fields = ("topic", "audience", "neighbourhood", "due_on", "lead", "note")
    url_prefix = "outreach-plans"
    people_per_row = 0
    title = "Kế hoạch tuyên truyền"
    counted = "mục kế hoạch"
    create_label = "Thêm một mục"
    empty_hint = "Lập kế hoạch năm cho nhiều tổ dân phố một lần, hoặc bấm Thêm một mục."

    def option_rows(self, rows):
        return rows.open()

    def list_context(self):
        asked = self.request.GET.get("year", "")
        known = len(asked) == 4 and asked.isascii() and asked.isdecimal() and "2000" <= asked < "3"
        year = int(asked) if known else self.request.today.year
        found, share = tiles(self.rows, year, self.request.today)
        return {"year": year, "tiles": found, "share": share}

    def row(self, rows=None):
        rows = self.rows if rows is None else rows
        return super().row(rows.select_related("topic", "neighbourhood", "lead").with_days())

    def actions(self, obj):
        found = super().actions(obj)
        if self.request.user.has_perm(ADD_ACTIVITY) and obj.kept_by(self.request.user):
            url = f"{reverse('activity-create')}?plan={obj.code}"
            primary = obj.first_held is None
            found.append(
                {"url": url, "label": "Ghi buổi", "icon": "calendar-plus", "primary": primary}
            )
        return found

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
        context = {"activities": None, "subtitle": obj.area_label}
        if user.has_perm("outreach.view_activity"):
            rows = Activity.objects.visible_to(user).filter(plan=obj).for_list().by_day()
            found = rows.order_by("-day", "-pk")
            context["activities"] = [(row, row.badge(on)) for row in found]
        return context


# --- many items at once ---------------------------------------------------------------------------


@dataclass
class Cell:
    """A neighbourhood's quarter: the items it has, or a box to tick (`key`) where it is free."""

    quarter: Quarter
    items: list = field(default_factory=list)
    key: str = ""
    picked: bool = False


@dataclass
class Line:
    label: str
    cells: list[Cell]


class YearPlan(ScopedMixin, View):
    """One topic for one audience: which neighbourhood has it in which quarter, and planning it for
    many at once."""

    model = PlanItem

    def get(self, request):
        return self.page()

    def post(self, request):
        if not request.user.has_perm(ADD_PLAN):
            raise PermissionDenied
        do = request.POST.get("do", "")
        if do in ("all", "none"):  # the buttons without script
            return self.page(typed=request.POST, all_picked=do == "all")
        return only_once(request, request.get_full_path, self.write)

    def write(self):
        asked = self.asked()
        if not asked.is_valid() or asked.cleaned_data["topic"] is None:
            return self.page(status=422)
        data = asked.cleaned_data
        picks = set(self.request.POST.getlist("pick"))
        cells = self.cells(data["year"], picks)
        form = forms.YearForm(self.request.POST, asked=data, cells=cells)
        made = form.save_or_refuse()
        if made is None:
            return self.page(form, picks=picks, status=422)
        told = f"Đã lập {len(made)} mục kế hoạch."
        if left := len(cells) - len(made):
            told += f" {left} ô đã có từ trước, không ghi thêm."
        messages.success(self.request, told)
        return HttpResponseRedirect(self.address(data))

    def asked(self):
        return forms.YearFilterForm(
            self.request.GET, topics=Topic.objects.in_use(), on=self.request.today
        )

    def address(self, data, **changes):
        known = {"year": data["year"], "topic": data["topic"].pk, "audience": data["audience"]}
        return f"{reverse('planitem-year')}?{urlencode({**known, **changes})}"

    @property
    def areas(self):
        """List the user's neighbourhoods; None stands for the whole ward, last."""
        found = list(Neighbourhood.objects.visible_to(self.request.user))
        return [*found, None]

    def may_tick(self, area):
        return area is not None or self.request.user.scope.whole_ward

    def is_over(self, year, number):
        return Quarter(year, number).last_day < self.request.today

    def cells(self, year, picks):
        """List the `(neighbourhood or None, quarter)` of the boxes ticked; others are left out."""
        return [
            (area, number)
            for area in self.areas
            for number in range(1, 5)
            if key_of(area, number) in picks
            and self.may_tick(area)
            and not self.is_over(year, number)
        ]

    def page(self, form=None, *, picks=(), typed=None, all_picked=False, status=200):
        request, asked = self.request, self.asked()
        context = {
            "title": "Lập kế hoạch tuyên truyền",
            "asked": asked,
            "list_url": reverse("planitem-list"),
            "once": new_mark(),
            "may_plan": request.user.has_perm(ADD_PLAN),
        }
        if asked.is_valid() and asked.cleaned_data["topic"] is not None:
            data = asked.cleaned_data
            year = data["year"]
            initial = dict(typed.items()) if typed else None
            form = form or forms.YearForm(asked=data, initial=initial)
            found, share = tiles(self.rows, year, request.today)
            lines, numbers = self.lines(data, picks, all_picked)
            context |= {
                "title": f"Kế hoạch tuyên truyền năm {year}",
                "year": year,
                "topic": data["topic"],
                "audience": dict(asked.fields["audience"].choices)[data["audience"]],
                "form": form,
                "quarters": [
                    (Quarter(year, n), form[f"due_{n}"], self.is_over(year, n)) for n in numbers
                ],
                "bare": [Quarter(year, n) for n in range(1, 5) if n not in numbers],
                "lines": lines,
                "tiles": found,
                "share": share,
            }
        return render(request, "outreach/plan_year.html", context, status=status)

    def lines(self, data, picks, all_picked):
        """Return the lines of the table, and the quarters shown: all but those past and bare."""
        year, on = data["year"], self.request.today
        rows = self.rows.with_days()
        known = services.planned_cells(
            topic=data["topic"], audience=data["audience"], year=year, rows=rows
        )
        held = {number for _, number in known}
        numbers = [n for n in range(1, 5) if n in held or not self.is_over(year, n)]
        found = []
        for area in self.areas:
            cells = []
            for number in numbers:
                items = known.get((area.pk if area else None, number), [])
                cell = Cell(Quarter(year, number), [(item, item.badge(on)) for item in items])
                if not items and self.may_tick(area) and not self.is_over(year, number):
                    cell.key = key_of(area, number)
                    cell.picked = all_picked or cell.key in picks
                cells.append(cell)
            found.append(Line(area.name if area else WHOLE_WARD, cells))
        return found, numbers


def key_of(area, number):
    """Return the name of a box: `12-3` for the third quarter of a neighbourhood."""
    return f"{area.pk if area else WARD}-{number}"


urlpatterns = [
    path("outreach-plans/year/", YearPlan.as_view(), name="planitem-year"),
    *PlanView.get_urls(),
]
