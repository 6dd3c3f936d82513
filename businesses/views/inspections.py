"""Inspections: the register, the plan of a year, notice, minutes and remedies."""

import datetime as dt
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.views.generic import View

from businesses import filters, services, tables
from businesses.forms import inspections as forms
from businesses.models import Business, BusinessRule, Inspection, InspectionFinding, Sector
from businesses.views.rights import (
    ADD_INSPECTION,
    ADD_SANCTION,
    CHANGE_INSPECTION,
    VIEW_INSPECTION,
    VIEW_SANCTION,
)
from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.forms import is_key
from kylien.core.periods import add_months
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark, only_once

Kind, Key = Inspection.Kind, BusinessRule.Key


class InspectionView(RecordView):
    model = Inspection
    table_class = tables.InspectionTable
    filterset_class = filters.InspectionFilterSet
    form_class = forms.InspectionForm
    detail_fields = (
        "business",
        "kind",
        "planned_on",
        "ground",
        "ground_note",
        "certificate",
        "follows",
        "repeat_reason",
        "content",
        "noticed_on",
        "notice_number",
        "held_on",
        "minutes_number",
        "team",
        "met_with",
        "outcome",
        "conclusion",
        "cancelled_on",
        "cancel_reason",
    )
    url_prefix = "inspections"
    url_name = "inspection"
    people_per_row = 0
    title = "Kiểm tra"
    counted = "cuộc kiểm tra"
    create_label = "Lập cuộc kiểm tra"
    empty_hint = "Lập kế hoạch năm cho nhiều cơ sở một lần, hoặc bấm Lập cuộc kiểm tra."

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        """Offer the acts that fit the state alone."""
        user, found = self.request.user, []

        def offer(name, label, icon, **more):
            url = reverse(f"inspection-{name}", args=[obj.pk])
            found.append({"url": url, "label": label, "icon": icon, **more})

        may_change = user.has_perm(CHANGE_INSPECTION)
        if obj.noticed_on:
            offer("print-notice", "In thông báo", "printer")
        if obj.held_on:
            offer("print-minutes", "In biên bản", "printer")
        if may_change and obj.is_open:
            found += super().actions(obj)
            offer("call-off", "Huỷ cuộc này", "x")
            needs_notice = obj.kind == Kind.PERIODIC and not obj.noticed_on
            if obj.kind != Kind.UNANNOUNCED:
                label = "Sửa thông báo" if obj.noticed_on else "Ghi thông báo"
                offer("announce", label, "send", primary=needs_notice)
            if not needs_notice:
                offer("hold", "Ghi biên bản", "clipboard-check", primary=True)
        elif may_change and obj.held_on:
            offer("minutes", "Sửa biên bản", "pencil")
        return found

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
        findings = [(row, row.badge(on)) for row in obj.findings.all()]
        open_ones = [row for row, _ in findings if not row.mended_on]
        may_change = user.has_perm(CHANGE_INSPECTION)
        return {
            "title": f"{obj.get_kind_display()}: {obj.business.name}",
            "badge": obj.badge(on),
            "steps": steps(obj, findings, on),
            "findings": findings,
            "late_law": self.late_law(open_ones, on),
            "follow_ups": obj.follow_ups.order_by("planned_on", "pk"),
            "follow_up_url": self.follow_up_url(obj, open_ones) if findings else "",
            "sanctions": self.sanctions(obj),
            "sanction_url": self.sanction_url(obj),
            "may_change": may_change,
        }

    def late_law(self, open_ones, on):
        """Return what the law says where a finding was not mended in time; empty where none is."""
        if not any(row.due_on < on for row in open_ones):
            return ""
        rule = BusinessRule.objects.filter(key=Key.REMEDY_DAYS).book().rule(Key.REMEDY_DAYS, on)
        return services.told(rule, f"Khắc phục trong {rule.value} ngày")

    def follow_up_url(self, obj, open_ones):
        """Return the address of a new inspection that looks at the remedies again."""
        if not self.offers(Role.CREATE):
            return ""
        asked = {"business": obj.business.code, "kind": Kind.FOLLOW_UP, "follows": obj.pk}
        if open_ones:
            last = max(row.due_on for row in open_ones)
            asked["planned_on"] = text.format_date(max(last, self.request.today))
        return f"{self.url(Role.CREATE)}?{urlencode(asked)}"

    def sanctions(self, obj):
        """List the sanctions that followed, as far as the user may know, each with its amount."""
        if not self.request.user.has_perm(VIEW_SANCTION):
            return []
        return [
            (one, text.format_number(one.amount) if one.amount else "")
            for one in obj.sanctions.all()
        ]

    def sanction_url(self, obj):
        if not obj.held_on or not self.request.user.has_perm(ADD_SANCTION):
            return ""
        try:
            url = reverse("business-add-sanction", args=[obj.business_id])
        except NoReverseMatch:
            return ""
        return f"{url}?inspection={obj.pk}"


@dataclass
class Step:
    """How far an inspection has come: `state` is done, now (the next to do), late or wait."""

    label: str
    state: str
    note: str = ""
    day: dt.date | None = None


def steps(obj, findings, on):
    """List the steps of an inspection from the plan to the last remedy."""
    found = [Step("Kế hoạch", "done", day=obj.planned_on)]
    if obj.noticed_on:
        found.append(Step("Thông báo", "done", obj.notice_number, obj.noticed_on))
    elif obj.is_open and obj.kind == Kind.PERIODIC:
        last = services.NoticeTerm().latest(obj.planned_on)
        state = "late" if last < on else "now"
        found.append(Step("Thông báo", state, f"chậm nhất {text.format_date(last)}"))
    if obj.cancelled_on:
        return [*found, Step("Đã huỷ", "done", obj.cancel_reason, obj.cancelled_on)]
    if obj.held_on:
        found.append(Step("Biên bản", "done", obj.minutes_number, obj.held_on))
    else:
        waits = found[-1].state != "done"
        late = obj.planned_on < on
        found.append(Step("Biên bản", "wait" if waits else "late" if late else "now"))
    mended = sum(1 for row, _ in findings if row.mended_on)
    if findings:
        late = any(not row.mended_on and row.due_on < on for row, _ in findings)
        state = "done" if mended == len(findings) else "late" if late else "now"
        found.append(Step("Khắc phục", state, f"{mended}/{len(findings)} tồn tại"))
    elif obj.held_on:
        found.append(Step("Khắc phục", "done", "không có tồn tại"))
    else:
        found.append(Step("Khắc phục", "wait"))
    return found


# --- acts on one inspection -----------------------------------------------------------------------


class InspectionAct(PartView):
    """An act on an inspection that is still to be held."""

    model = Inspection
    verb = "change"
    relations = ("business", "certificate", "follows")
    once = True

    def get(self, request, pk):
        """Show the form; where it was held or called off, the inspection's page."""
        part = self.target(self.rows)
        if not part.is_open:
            return HttpResponseRedirect(part.get_absolute_url())
        return self.page(part, self.form(part))

    def page_context(self, part):
        return {"subtitle": f"{part.business.name}, {part.business.address}"}


class Announce(InspectionAct):
    form_class = forms.NoticeForm
    template = "businesses/inspection_form.html"
    submit_label = "Ghi thông báo"

    def title(self, part):
        return f"Thông báo kiểm tra {part.code}"

    def done(self, saved):
        return f"Đã ghi thông báo {saved.code}. Bấm In thông báo để in."


class Hold(InspectionAct):
    form_class = forms.HoldForm
    template = "businesses/inspection_hold.html"
    submit_label = "Ghi biên bản"

    def title(self, part):
        return f"Biên bản kiểm tra {part.code}"

    def done(self, saved):
        """Say what a follow-up leaves open: it looks again, it mends nothing by itself."""
        told = f"Đã ghi biên bản {saved.code}."
        left = saved.follows.findings.filter(mended_on=None).count() if saved.follows_id else 0
        if left:
            told += f" {saved.follows.code} còn {left} tồn tại chưa ghi đã khắc phục."
        return told

    def after(self, part, saved):
        """Lead a follow-up to what it followed, where remedies are noted."""
        shown = saved.follows if saved.follows_id else saved
        return shown.get_absolute_url() + self.anchor


class CallOff(InspectionAct):
    form_class = forms.CallOffForm
    submit_label = "Huỷ cuộc kiểm tra"

    def title(self, part):
        return f"Huỷ cuộc kiểm tra {part.code}"

    def done(self, saved):
        return f"Đã huỷ {saved.code}."


class MendMinutes(PartView):
    """Mend the number, the people and the words of minutes; what was found stays."""

    model = Inspection
    verb = "change"
    relations = ("business",)
    form_class = forms.MinutesForm

    def base_rows(self, rows):
        return rows.held()

    def title(self, part):
        return f"Sửa biên bản {part.code}"

    def done(self, saved):
        return f"Đã lưu biên bản {saved.code}."


class FindingAct(PartView):
    """A form about one finding."""

    model = InspectionFinding
    verb = "change"
    relations = ("inspection__business",)
    anchor = "#findings"

    def record(self, part):
        return part.inspection

    def page_context(self, part):
        return {"subtitle": f"{part.finding}. Hạn {text.format_date(part.due_on)}."}


class Mend(FindingAct):
    form_class = forms.MendForm
    submit_label = "Ghi đã khắc phục"
    once = True

    def get(self, request, pk):
        """Show the form; where the remedy is noted already, the inspection's page."""
        part = self.target(self.rows)
        if part.mended_on:
            return HttpResponseRedirect(part.inspection.get_absolute_url() + self.anchor)
        return self.page(part, self.form(part))

    def title(self, part):
        return f"Ghi đã khắc phục: {part.inspection.business.name}"

    def done(self, saved):
        return "Đã ghi khắc phục xong."


class EditFinding(FindingAct):
    form_class = forms.FindingForm

    def title(self, part):
        return f"Sửa tồn tại: {part.inspection.business.name}"

    def page_context(self, part):
        return {}

    def done(self, saved):
        return "Đã lưu tồn tại."


# --- documents ------------------------------------------------------------------------------------

SUBJECTS = {  # what a document is about (trích yếu)
    Kind.PERIODIC: "kiểm tra định kỳ",
    Kind.POST_ISSUE: "kiểm tra sau khi cấp giấy",
    Kind.UNANNOUNCED: "kiểm tra đột xuất",
    Kind.SPECIAL: "kiểm tra chuyên đề",
    Kind.FOLLOW_UP: "kiểm tra việc khắc phục tồn tại",
    Kind.FIRE: "kiểm tra an toàn phòng cháy và chữa cháy",
}


def document_number(number, symbol):
    """Return the number of a document with its symbol, with room to write where there is none."""
    return number if "/" in number else f"{number or '……'}/{symbol}"


class PrintDocument(ScopedMixin, View):
    """A paper of an inspection on A4, laid out after Nghị định 30/2020/NĐ-CP, headed by the unit
    that the ward was on the document's day."""

    model = Inspection
    template = ""
    day_field = ""

    def base_rows(self, rows):
        return rows.exclude(**{self.day_field: None})

    def get(self, request, pk):
        relations = ("business__neighbourhood", "business__sector", "certificate", "follows")
        inspection = self.row(self.rows.select_related(*relations))
        day = getattr(inspection, self.day_field)
        trail().reading(Inspection, "print", code=inspection.code)
        context = {
            "record": inspection,
            "inspection": inspection,
            "business": inspection.business,
            "unit": Ward.objects.of(day),
            "dated": text.day_in_words(day),
            "subject": SUBJECTS[inspection.kind],
            **self.document(inspection),
        }
        return render(request, self.template, context)


class PrintNotice(PrintDocument):
    template = "businesses/notice.html"
    day_field = "noticed_on"

    def document(self, inspection):
        rule = services.NoticeTerm().rule(inspection.noticed_on)
        basis = re.sub(r"\bNĐ (?=\d)", "Nghị định số ", rule.legal_basis)
        return {
            "title": f"Thông báo kiểm tra {inspection.code}",
            "number": document_number(inspection.notice_number, "TB-CAP"),
            "legal_basis": basis if inspection.kind == Kind.PERIODIC else "",
            "visit": text.day_in_words(inspection.planned_on),
        }


class PrintMinutes(PrintDocument):
    template = "businesses/minutes.html"
    day_field = "held_on"

    def document(self, inspection):
        return {
            "title": f"Biên bản kiểm tra {inspection.code}",
            "number": document_number(inspection.minutes_number, "BB-CAP"),
            "noticed": text.day_in_words(inspection.noticed_on) if inspection.noticed_on else "",
            "findings": inspection.findings.order_by("pk"),
        }


# --- the plan of a year ---------------------------------------------------------------------------


@dataclass
class PlanRow:
    """A business in the plan of a year. `last` is its last periodic inspection held, `earliest` the
    first day on which another is no second one, `planned` `(inspection, badge, last day of notice)`
    of the year's."""

    business: Business
    last: Inspection | None
    earliest: dt.date | None
    planned: list = field(default_factory=list)
    picked: bool = False


class PlanOfYear(ScopedMixin, View):
    """Whom to inspect in a year: who was when, who is planned, who must still be told."""

    model = Business
    rights = (VIEW_INSPECTION,)

    def get(self, request):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        return self.page(self.form())

    def post(self, request):
        if not request.user.has_perms((*self.rights, ADD_INSPECTION)):
            raise PermissionDenied
        do = request.POST.get("do", "")
        if do in ("all", "none"):  # the buttons without script
            return self.page(self.form(typed=request.POST), picks=None if do == "all" else ())
        return only_once(request, lambda: self.address(self.asked()[1]), self.write)

    def write(self):
        keys = self.picks()
        form = self.form(self.request.POST, businesses=list(self.rows.filter(pk__in=keys)))
        made = form.save_or_refuse()
        if made is None:
            return self.page(form, picks=keys, status=422)
        messages.success(self.request, f"Đã lập kế hoạch kiểm tra {len(made)} cơ sở.")
        return HttpResponseRedirect(self.address(form.cleaned_data["planned_on"].year))

    def picks(self):
        """Return the keys of the businesses ticked."""
        return {int(key) for key in self.request.POST.getlist("pick") if is_key(key)}

    def form(self, data=None, *, typed=None, **kwargs):
        names = forms.PlanAllForm.base_fields
        initial = {name: typed[name] for name in names if typed and name in typed}
        return forms.PlanAllForm(
            data, user=self.request.user, on=self.request.today, initial=initial, **kwargs
        )

    def address(self, year):
        kept = {name: self.request.GET.get(name, "") for name in ("sector", "neighbourhood")}
        kept = {name: value for name, value in kept.items() if is_key(value)}
        return f"{reverse('inspection-plan')}?{urlencode({'year': year, **kept})}"

    def asked(self):
        """Return the form of the filters, and the year asked for: this one unless another is."""
        asked = forms.PlanFilterForm(self.request.GET, user=self.request.user)
        valid = asked.is_valid()
        return asked, (asked.cleaned_data.get("year") if valid else None) or self.request.today.year

    def page(self, form, picks=(), status=200):
        request = self.request
        asked, year = self.asked()
        everything = self.plan_rows(year, asked.cleaned_data) if asked.is_valid() else []
        wanted = asked.cleaned_data.get("plan", "")
        rows = [row for row in everything if not wanted or bool(row.planned) == (wanted == "some")]
        for row in rows:
            row.picked = not row.planned and (picks is None or row.business.pk in picks)
        context = {
            "title": f"Kế hoạch kiểm tra định kỳ năm {year}",
            "year": year,
            "asked": asked,
            "rows": rows,
            "tiles": self.tiles(everything, year, asked.cleaned_data),
            "form": form,
            "once": new_mark(),
            "may_plan": request.user.has_perm(ADD_INSPECTION),
            "unknown_years": self.term.unknown_years(dt.date(year, 1, 1), dt.date(year, 1, 1)),
            "list_url": reverse("inspection-list"),
            "previous_url": self.address(year - 1) if year > 1900 else "",
            "next_url": self.address(year + 1) if year < 2999 else "",
        }
        return render(request, "businesses/plan.html", context, status=status)

    def plan_rows(self, year, data):
        """List the businesses under conditions (today, or on the year's day nearest to it), and
        those that the year's plan names."""
        day = min(max(self.request.today, dt.date(year, 1, 1)), dt.date(year, 12, 31))
        conditional = Q(sector__in=Sector.objects.conditional_on(day))
        planned = Inspection.objects.planned_in(year).order_by().values("business")
        closed = Q(state=Business.State.CLOSED)
        rows = self.rows.filter(conditional & ~closed | Q(pk__in=planned))
        for name in ("sector", "neighbourhood"):
            if data.get(name):
                rows = rows.filter(**{name: data[name]})
        periodic = Inspection.objects.filter(kind=Kind.PERIODIC, cancelled_on=None)
        rows = rows.select_related("sector", "neighbourhood").prefetch_related(
            Prefetch("inspections", periodic.order_by("planned_on", "pk"), to_attr="periodic")
        )
        rows = rows.order_by("sector__position", "neighbourhood__position", "sort_key", "pk")
        months = self.term.book.number(Key.PERIODIC_MONTHS, dt.date(year, 1, 1))
        return [self.plan_row(business, year, months) for business in rows]

    def plan_row(self, business, year, months):
        on = self.request.today
        held = [one for one in business.periodic if one.held_on]
        last = max(held, key=lambda one: one.held_on, default=None)
        earliest = add_months(last.held_on, months) if last else None
        row = PlanRow(business, last, earliest)
        for one in business.periodic:
            if one.planned_on.year == year:
                waits = one.is_open and not one.noticed_on
                notice = self.term.latest(one.planned_on) if waits else None
                row.planned.append((one, one.badge(on), notice, notice is not None and notice < on))
        return row

    @property
    def term(self):
        """The working days of notices, read once a request."""
        if not hasattr(self, "_term"):
            self._term = services.NoticeTerm()
        return self._term

    def tiles(self, rows, year, data):
        """Count what the plan holds; each number leads to its rows."""
        planned = [one for row in rows for one, *_ in row.planned]
        same = {name: data[name] for name in ("sector", "neighbourhood") if data.get(name)}

        def url(name, **more):
            return f"{reverse(name)}?{urlencode({'year': year, **same, **more})}"

        open_ones = [one for one in planned if one.is_open]
        without = sum(not row.planned for row in rows)
        told = sum(one.noticed_on is not None for one in open_ones)
        held = sum(one.held_on is not None for one in planned)
        name = "inspection-list"
        return [
            ("Cuộc trong kế hoạch", len(planned), url(name)),
            ("Đã thông báo, chờ kiểm tra", told, url(name, state="announced")),
            ("Đã kiểm tra", held, url(name, state="held")),
            ("Cơ sở chưa có kế hoạch", without, url("inspection-plan", plan="none")),
        ]


def part(route, view, name):
    return path(f"inspections/{route}", view.as_view(), name=f"inspection-{name}")


urlpatterns = [
    *InspectionView.get_urls(),
    part("plan/", PlanOfYear, "plan"),
    part("<int:pk>/announce/", Announce, "announce"),
    part("<int:pk>/hold/", Hold, "hold"),
    part("<int:pk>/call-off/", CallOff, "call-off"),
    part("<int:pk>/minutes/", MendMinutes, "minutes"),
    part("<int:pk>/print/notice/", PrintNotice, "print-notice"),
    part("<int:pk>/print/minutes/", PrintMinutes, "print-minutes"),
    path("findings/<int:pk>/mend/", Mend.as_view(), name="finding-mend"),
    path("findings/<int:pk>/edit/", EditFinding.as_view(), name="finding-update"),
]
