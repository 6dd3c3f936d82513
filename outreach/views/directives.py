"""Directives and plans; disasters and the help given."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark
from outreach import joint_filters, joint_tables, measures
from outreach.forms import directives as forms
from outreach.models import Directive, Disaster, DutyShift, HelpGiven
from outreach.services import directives as services
from outreach.views.campaigns import state_fact

# --- directives and plans -------------------------------------------------------------------------


class DirectiveView(RecordView):
    model = Directive
    table_class = joint_tables.DirectiveTable
    filterset_class = joint_filters.DirectiveFilterSet
    form_class = forms.DirectiveForm
    detail_fields = ("kind", "number", "issuer", "issued_on", "follows", "content", "due_on")
    url_prefix = "directives"
    people_per_row = 0
    title = "Văn bản chỉ đạo, kế hoạch"
    counted = "văn bản"
    create_label = "Ghi văn bản"
    empty_hint = (
        "Bấm Ghi văn bản khi nhận chỉ thị, công văn; kế hoạch thì chọn văn bản nó thực hiện."
    )

    def list_context(self):
        late = self.rows.overdue(self.request.today).count()
        url = f"{self.url(Role.LIST)}?state=late"
        return {"waiting": [(text.format_number(late), "quá hạn", "late", url)] if late else []}

    def write(self, form):
        return form.save()

    def facts(self, obj):
        found = [(label, value) for label, value in super().facts(obj) if value != "—"]
        found = [state_fact(obj.badge(self.request.today)), *found, ("Phụ trách", obj.owner_label)]
        if obj.done_on:
            found += [("Xong ngày", text.format_date(obj.done_on)), ("Kết quả", obj.result)]
        return found

    def actions(self, obj):
        found = super().actions(obj)
        if not self.allows("change"):
            return found
        if obj.done_on:
            found.append(
                {
                    "url": reverse("directive-reopen", args=[obj.pk]),
                    "label": "Bỏ kết quả",
                    "icon": "undo-2",
                    "method": "post",
                    "confirm": "Bỏ kết quả đã ghi? Văn bản trở lại chưa xong.",
                    "hidden": (("version", obj.version),),
                }
            )
        label = "Sửa kết quả" if obj.done_on else "Ghi kết quả"
        url = reverse("directive-finish", args=[obj.pk])
        found.append({"url": url, "label": label, "icon": "check", "primary": not obj.done_on})
        return found

    def detail_context(self, obj):
        on = self.request.today
        links = dict(self.rows.order_by("due_on", "pk").values_list("pk", "follows"))
        tree = services.tree_of(obj.pk, links)
        rows = {row.pk: row for row in self.load([pk for pk, _ in tree])}
        branches = [
            (rows[pk], min(depth, 4), rows[pk].badge(on)) for pk, depth in tree if pk in rows
        ]
        plan = {"follows": obj.code, "kind": Directive.Kind.PLAN}
        return {
            "title": f"{obj}: {obj.title}",
            "branches": branches,
            "plan_url": f"{self.url(Role.CREATE)}?{urlencode(plan)}"
            if self.offers(Role.CREATE)
            else "",
        }


class Finish(PartView):
    """Write what came of a directive."""

    model = Directive
    verb = "change"
    relations = ("owner",)
    form_class = forms.ResultForm
    submit_label = "Ghi kết quả"

    def title(self, part):
        return f"Kết quả thực hiện {part}"

    def page_context(self, part):
        day = text.format_date(part.due_on)
        return {"subtitle": f"{part.content}. {part.owner_label}, hạn {day}."}

    def done(self, saved):
        return f"Đã ghi kết quả {saved}."


class Reopen(ScopedMixin, View):
    """Take a result back, in one click."""

    model = Directive
    verb = "change"

    def post(self, request, pk):
        row = self.row()
        try:
            services.reopen(directive=row, version=request.POST.get("version"))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"Đã bỏ kết quả của {row}.")
        return HttpResponseRedirect(row.get_absolute_url())


# --- disasters ------------------------------------------------------------------------------------


@dataclass
class Duty:
    """Who is on duty together; `tone` says whether the day is past, today or to come."""

    day: dt.date
    hours: str
    place: str
    tone: str
    shifts: list[DutyShift]


@dataclass
class Total:
    """How often help was given in a neighbourhood, and to how many households, by kind."""

    area: str
    times: int = 0
    households: int = 0
    kinds: list = field(default_factory=list)


class DisasterView(RecordView):
    model = Disaster
    table_class = joint_tables.DisasterTable
    filterset_class = joint_filters.DisasterFilterSet
    form_class = forms.DisasterForm
    detail_fields = ("started_on", "ended_on", "note")
    url_prefix = "disasters"
    people_per_row = 0
    title = "Phòng chống thiên tai"
    counted = "đợt"
    create_label = "Mở đợt"
    empty_hint = "Bấm Mở đợt khi có tin bão, lũ: rồi lập lịch trực và ghi việc giúp dân."

    def load(self, keys):
        return super().load(keys).with_counts(self.request.user)

    def actions(self, obj):
        found = super().actions(obj)
        url = reverse("disaster-print", args=[obj.pk])
        found.append({"url": url, "label": "In lịch trực", "icon": "printer"})
        if self.request.user.has_perm("outreach.add_helpgiven"):
            label = {"url": "#helps", "label": "Ghi việc giúp dân", "icon": "plus"}
            found.append({**label, "primary": True})
        return found

    def detail_context(self, obj):
        user, on = self.request.user, self.request.today
        may = user.has_perm
        helps = HelpGiven.objects.visible_to(user).filter(disaster=obj)
        rows = list(helps.select_related("neighbourhood").order_by("-came_at", "-pk"))
        made = {"user": user, "on": on}
        help_form = shifts_form = None
        if may("outreach.add_helpgiven"):
            row = HelpGiven(disaster=obj)
            help_form = forms.HelpForm(instance=row, prefix=AddHelp.prefix, **made)
        if may("outreach.add_dutyshift"):
            row = DutyShift(disaster=obj)
            shifts_form = forms.ShiftsForm(instance=row, prefix=AddShifts.prefix, **made)
        hours = measures.response_hours(rows)
        duties = roster(obj, on)
        return {
            "badge": obj.badge(on),
            "days": [one for one in duties if one.tone != "mute"],
            "past_days": [one for one in duties if one.tone == "mute"],
            "helps": [(row, waited(row)) for row in rows],
            "totals": totals(rows),
            "hours": hours,
            "middle": told_hours(hours.middle),
            "longest": told_hours(hours.longest),
            "households": sum(row.households for row in rows),
            "help_form": help_form,
            "shifts_form": shifts_form,
            "may_edit_shift": may("outreach.change_dutyshift"),
            "may_edit_help": may("outreach.change_helpgiven"),
            "once": new_mark(),
            "once_shifts": new_mark(),
        }


def roster(disaster, on):
    """List who is on duty for a disaster, by day, hours and place."""
    shifts = disaster.shifts.select_related("officer").order_by("day", "hours", "place", "pk")
    return [
        Duty(
            *together, "ok" if together[0] == on else "mute" if together[0] < on else "due", [*rows]
        )
        for together, rows in groupby(shifts, key=lambda one: (one.day, one.hours, one.place))
    ]


def told_hours(hours):
    """Return a number of hours as people say it: "1 giờ 20 phút"; empty where there is none."""
    if hours is None:
        return ""
    whole, minutes = divmod(round(hours * 60), 60)
    said = [f"{whole} giờ"] if whole else []
    if minutes or not whole:
        said.append(f"{minutes} phút")
    return " ".join(said)


def waited(row):
    """Return how long people waited for help; empty where nobody asked."""
    return told_hours((row.came_at - row.asked_at).total_seconds() / 3600) if row.asked_at else ""


def totals(rows):
    """Sum up help given by neighbourhood."""
    found, kinds = {}, {}
    for row in rows:
        area = row.neighbourhood
        total = found.setdefault(area.pk, (area.position, area.pk, Total(str(area))))[2]
        total.times += 1
        total.households += row.households
        kinds.setdefault(area.pk, {}).setdefault(row.kind, 0)
        kinds[area.pk][row.kind] += 1
    for key, (_, _, total) in found.items():
        total.kinds = [
            f"{label.lower()} {kinds[key][kind]}"
            for kind, label in HelpGiven.Kind.choices
            if kind in kinds[key]
        ]
    return [total for *_, total in sorted(found.values(), key=lambda one: one[:2])]


class OfDisaster(PartView):
    """A form about a part of a disaster; `drops`: the right and the address of taking it out."""

    drops = ()

    def record(self, part):
        return part.disaster

    def page_context(self, part):
        right, name = self.drops or ("", "")
        may = bool(right) and self.request.user.has_perm(right)
        return {"drop_url": reverse(name, args=[part.pk]) if may else ""}


class AddShifts(OfDisaster):
    """Put officers on the roster, several at once."""

    model = Disaster
    rights = ("outreach.add_dutyshift",)
    form_class = forms.ShiftsForm
    prefix = "shift"
    anchor = "#roster"
    submit_label = "Thêm ca trực"
    locks, once = False, True

    def part(self, row):
        return DutyShift(disaster=row)

    def title(self, part):
        return f"Thêm ca trực: {part.disaster}"

    def done(self, saved):
        return f"Đã thêm {len(saved)} lượt trực."


class EditShift(OfDisaster):
    model = DutyShift
    verb = "change"
    relations = ("disaster", "officer")
    form_class = forms.ShiftForm
    template = "outreach/disaster_part_form.html"
    drops = ("outreach.delete_dutyshift", "dutyshift-drop")
    anchor = "#roster"
    locks = False

    def title(self, part):
        return f"Sửa ca trực: {part.disaster}"

    def done(self, saved):
        return f"Đã lưu ca trực ngày {text.format_date(saved.day)}."


class AddHelp(OfDisaster):
    """Write down help given; made for a phone in the rain."""

    model = Disaster
    rights = ("outreach.add_helpgiven",)
    form_class = forms.HelpForm
    prefix = "help"
    anchor = "#helps"
    submit_label = "Ghi việc giúp dân"
    once = True

    def part(self, row):
        return HelpGiven(disaster=row)

    def title(self, part):
        return f"Ghi việc giúp dân: {part.disaster}"

    def done(self, saved):
        return f"Đã ghi: {saved.get_kind_display().lower()}, {saved.households} hộ."


class EditHelp(OfDisaster):
    model = HelpGiven
    verb = "change"
    relations = ("disaster", "neighbourhood")
    form_class = forms.HelpForm
    template = "outreach/disaster_part_form.html"
    drops = ("outreach.delete_helpgiven", "helpgiven-drop")
    anchor = "#helps"

    def title(self, part):
        return f"Sửa việc giúp dân: {part.disaster}"

    def done(self, saved):
        return "Đã lưu việc giúp dân."


class Drop(ScopedMixin, View):
    """Take a row of a disaster's page out; the trail keeps it."""

    verb = "delete"
    anchor = ""

    def post(self, request, pk):
        with transaction.atomic():
            row = self.row(self.rows.select_related("disaster"))
            row.delete()
        messages.success(request, self.told)
        return HttpResponseRedirect(row.disaster.get_absolute_url() + self.anchor)


class DropShift(Drop):
    model, anchor, told = DutyShift, "#roster", "Đã bỏ ca trực."


class DropHelp(Drop):
    model, anchor, told = HelpGiven, "#helps", "Đã bỏ việc giúp dân."


class PrintRoster(ScopedMixin, View):
    """The duty roster on A4, headed by the unit that the ward is today."""

    model = Disaster

    def get(self, request, pk):
        row, on = self.row(), request.today
        trail().reading(Disaster, "print", code=row.code)
        context = {
            "title": f"Lịch trực {row.code}",
            "record": row,
            "unit": Ward.objects.of(on),
            "dated": text.day_in_words(on),
            "days": roster(row, on),
        }
        return render(request, "outreach/disaster_print.html", context)


urlpatterns = [
    *DirectiveView.get_urls(),
    path("directives/<int:pk>/finish/", Finish.as_view(), name="directive-finish"),
    path("directives/<int:pk>/reopen/", Reopen.as_view(), name="directive-reopen"),
    *DisasterView.get_urls(),
    path("disasters/<int:pk>/shifts/", AddShifts.as_view(), name="disaster-add-shifts"),
    path("disasters/<int:pk>/helps/", AddHelp.as_view(), name="disaster-add-help"),
    path("disasters/<int:pk>/print/", PrintRoster.as_view(), name="disaster-print"),
    path("duty-shifts/<int:pk>/edit/", EditShift.as_view(), name="dutyshift-update"),
    path("duty-shifts/<int:pk>/drop/", DropShift.as_view(), name="dutyshift-drop"),
    path("helps/<int:pk>/edit/", EditHelp.as_view(), name="helpgiven-update"),
    path("helps/<int:pk>/drop/", DropHelp.as_view(), name="helpgiven-drop"),
]
