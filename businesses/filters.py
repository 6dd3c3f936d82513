import datetime as dt
from dataclasses import dataclass

import django_filters
from django import forms

from businesses.models import Business, Certificate, Inspection, InspectionFinding, Sector
from businesses.rules import contact_since
from businesses.services import earliest_visit
from kylien.areas.filters import area_filter
from kylien.core.filters import DayFilter, MonthFilter, QuarterFilter, RecordFilterSet
from kylien.core.periods import Quarter

SOON_DAYS = 30  # inspections and remedies are due that many days before their day

EVENTS = {  # what happened to a business in a month
    "issued": ("Được phường cấp giấy", "issued_in"),
    "revoked": ("Bị thu hồi giấy", "revoked_in"),
    "sanctioned": ("Bị xử phạt", "sanctioned_in"),
}

LINKED = ("contact", "on", "event", "month")  # asked for by figures, shown where they are in use
PAPERS = [
    ("lacking", "Thiếu, hết hạn"),
    ("missing", "Chưa có, đã thu hồi"),
    ("expired", "Hết hạn"),
    ("renewing", "Sắp hết hạn"),
]


class BusinessFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    sector = django_filters.ModelChoiceFilter(
        queryset=Sector.objects.all(), label="Ngành", empty_label="Tất cả"
    )
    conditional = django_filters.ChoiceFilter(
        label="Điều kiện ANTT",
        choices=[("yes", "Có điều kiện")],
        empty_label="Tất cả",
        method="by_condition",
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[*Business.State.choices, ("all", "Tất cả")],
        empty_label="Chưa đóng cửa",
        method="by_state",
    )
    papers = django_filters.ChoiceFilter(
        label="Giấy phải có",
        choices=PAPERS,
        empty_label="Tất cả",
        method="by_papers",
    )
    certificate = django_filters.ChoiceFilter(
        label="Việc về giấy",
        choices=[("due", "Giấy cần gia hạn"), ("check", "Chờ hậu kiểm")],
        empty_label="Tất cả",
        method="by_certificate",
    )
    contact = django_filters.ChoiceFilter(
        label="Liên hệ",
        choices=[("old", "Chưa xác nhận lại")],
        empty_label="Tất cả",
        method="by_contact",
    )
    on = DayFilter(label="Có vào ngày", method="by_day")
    event = django_filters.ChoiceFilter(
        label="Trong kỳ",
        choices=[(key, label) for key, (label, _) in EVENTS.items()],
        empty_label="Tất cả",
        method="by_event",
    )
    month = MonthFilter(label="Kỳ", method="by_event")

    class Meta:
        model = Business
        fields = ("q", "neighbourhood", "sector", "conditional", "state", "papers", "certificate")

    def get_form_class(self):
        form_class = super().get_form_class()

        class EventForm(form_class):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for name in LINKED:
                    if not self.data.get(name) and not (name == "month" and self.data.get("event")):
                        self.fields[name].widget = self.fields[name].hidden_widget()

            def clean(self):
                data = super().clean()
                if data.get("event") and not data.get("month") and "month" not in self.errors:
                    self.add_error("month", "Ghi kỳ báo cáo như 2026-10.")
                return data

        return EventForm

    @property
    def day(self):
        """The day the list is asked for: today, unless another is typed."""
        return self.form.cleaned_data.get("on") or self.on

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        if not data["state"] and not data["on"] and not data["event"]:
            rows = rows.trading()
        return super().filter_queryset(rows)

    def by_condition(self, rows, name, value):
        return rows.conditional_on(self.day)

    def by_state(self, rows, name, value):
        return rows if value == "all" else rows.filter(state=value)

    def by_day(self, rows, name, value):
        return rows.trading_on(value)

    def by_papers(self, rows, name, value):
        return getattr(rows, value)(self.day)

    def by_certificate(self, rows, name, value):
        papers = Certificate.objects
        due = papers.expiring(self.on, Certificate.DUE_DAYS)
        found = due if value == "due" else papers.awaiting_check(self.on)
        return rows.filter(pk__in=found.order_by().values("business"))

    def by_contact(self, rows, name, value):
        return rows.unverified(contact_since(self.on))

    def by_event(self, rows, name, value):
        """Filter by what happened in a month: once, though two fields say it."""
        data = self.form.cleaned_data
        if name != "event" or not data["month"]:
            return rows
        return getattr(rows, EVENTS[value][1])(data["month"].period)


@dataclass(frozen=True)
class Clock:
    """The days that work on businesses is counted by: today, the quarter whose returns are being
    collected, and since when a contact is known."""

    on: dt.date
    quarter: Quarter
    contact_since: dt.date


def awaiting_check(rows, clock):
    papers = Certificate.objects.awaiting_check(clock.on)
    return rows.trading().filter(pk__in=papers.order_by().values("business"))


def not_inspected(rows, clock):
    """Return the businesses under conditions that had no periodic inspection this year."""
    rows = rows.trading().conditional_on(clock.on)
    return rows.never_inspected_since(dt.date(clock.on.year, 1, 1))


def planned(rows, clock):
    """Return those of `not_inspected` that stand in the year's plan."""
    plan = Inspection.objects.planned_in(clock.on.year).open()
    return not_inspected(rows, clock).filter(pk__in=plan.order_by().values("business"))


def with_remedies(rows, clock):
    due = InspectionFinding.objects.outstanding(clock.on, SOON_DAYS)
    return rows.trading().filter(pk__in=due.order_by().values("inspection__business"))


def not_returned(rows, clock):
    """Return the businesses whose return is missing: closed ones too, where they owe it still."""
    return rows.expected_to_report(clock.quarter).not_returned(clock.quarter)


def unverified(rows, clock):
    return rows.trading().unverified(clock.contact_since)


WORK = {  # what is to be done about a business: counted and listed by the same rows
    "check": ("Chờ hậu kiểm", awaiting_check),
    "inspect": ("Chưa kiểm tra năm nay", not_inspected),
    "planned": ("Có kế hoạch, chưa kiểm tra", planned),
    "remedies": ("Hạn khắc phục", with_remedies),
    "returns": ("Chưa nộp báo cáo quý", not_returned),
    "contact": ("Chưa xác nhận liên hệ", unverified),
}


class SectorFilterSet(RecordFilterSet):
    """The businesses of one sector, today or on a day. `clock` says what "to be done" means, `work`
    what of it the sector knows, `papers` whether the sector requires any."""

    neighbourhood = area_filter()
    papers = django_filters.ChoiceFilter(
        label="Giấy phải có", choices=PAPERS, empty_label="Tất cả", method="by_papers"
    )
    work = django_filters.ChoiceFilter(
        label="Cần làm",
        choices=[(key, label) for key, (label, _) in WORK.items()],
        empty_label="Tất cả",
        method="by_work",
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[*Business.State.choices, ("all", "Tất cả")],
        empty_label="Chưa đóng cửa",
        method="by_state",
    )
    on = DayFilter(label="Vào ngày", method="by_day")

    class Meta:
        model = Business
        fields = ("q", "neighbourhood", "papers", "work", "state", "on")

    def __init__(self, *args, sector=None, clock=None, work=(), papers=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.sector, self.clock = sector, clock
        fields = self.form.fields
        fields["work"].choices = [(key, WORK[key][0]) for key in work]
        for name, fits in (("papers", papers), ("work", work)):
            if not fits:
                del self.filters[name], fields[name]

    @property
    def day(self):
        """The day the list is asked for: today, unless another is typed."""
        valid = self.is_bound and self.form.is_valid()
        return (self.form.cleaned_data.get("on") if valid else None) or self.on

    def described(self):
        return {"Ngành": str(self.sector), **super().described()}

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        if not data["state"] and not data["on"] and data.get("work") != "returns":
            rows = rows.trading()
        return super().filter_queryset(rows)

    def by_papers(self, rows, name, value):
        return getattr(rows, value)(self.day)

    def by_work(self, rows, name, value):
        return WORK[value][1](rows, self.clock)

    def by_state(self, rows, name, value):
        return rows if value == "all" else rows.filter(state=value)

    def by_day(self, rows, name, value):
        return rows.trading_on(value)


class InspectionFilterSet(RecordFilterSet):
    neighbourhood = area_filter(field_name="business__neighbourhood")
    sector = django_filters.ModelChoiceFilter(
        queryset=Sector.objects.all(),
        field_name="business__sector",
        label="Ngành",
        empty_label="Tất cả",
    )
    kind = django_filters.ChoiceFilter(
        label="Loại", choices=Inspection.Kind.choices, empty_label="Tất cả"
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("open", "Chưa kiểm tra"),
            ("notice", "Cần thông báo ngay"),
            ("announced", "Đã thông báo, chờ kiểm tra"),
            ("due", f"Đến hạn trong {SOON_DAYS} ngày, quá hạn"),
            ("held", "Đã kiểm tra"),
            ("findings", "Có tồn tại"),
            ("remedies", "Chưa khắc phục xong"),
            ("cancelled", "Đã huỷ"),
        ],
        empty_label="Tất cả",
        method="by_state",
    )
    year = django_filters.NumberFilter(
        label="Kế hoạch năm",
        method="by_year",
        min_value=1900,
        max_value=2999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
    )
    month = MonthFilter(label="Kỳ kiểm tra", method="by_month")

    class Meta:
        model = Inspection
        fields = ("q", "neighbourhood", "sector", "kind", "state")

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.open()
            case "notice":
                return rows.to_announce(earliest_visit(self.on))
            case "announced":
                return rows.open().exclude(noticed_on=None)
            case "due":
                return rows.due(self.on, SOON_DAYS)
            case "held":
                return rows.held()
            case "findings":
                return rows.filter(outcome=Inspection.Outcome.FINDINGS)
            case "remedies":
                return rows.with_remedies_due(self.on, SOON_DAYS)
        return rows.exclude(cancelled_on=None)

    def by_year(self, rows, name, value):
        return rows.planned_in(int(value))

    def by_month(self, rows, name, value):
        return rows.held_in(value.period)


class ReturnFilterSet(RecordFilterSet):
    """The businesses that owe a return for a quarter (`collected`, unless the address names one),
    and which of them have sent it."""

    quarter = QuarterFilter(label="Quý", method="by_state")
    neighbourhood = area_filter()
    sector = django_filters.ModelChoiceFilter(
        queryset=Sector.objects.all(), label="Ngành", empty_label="Tất cả"
    )
    state = django_filters.ChoiceFilter(
        label="Báo cáo",
        choices=[
            ("missing", "Chưa nộp"),
            ("received", "Đã nhận"),
            ("late", "Nhận trễ"),
            ("beyond", "Ngoài danh sách phải nộp"),
        ],
        empty_label="Tất cả",
        method="by_state",
    )

    class Meta:
        model = Business
        fields = ("q", "neighbourhood", "sector", "state")

    def __init__(self, *args, collected=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.collected = collected
        field = self.form.fields["quarter"]
        field.widget = field.hidden_widget()  # changed by links: all of the page is about one

    def active(self):
        return [item for item in super().active() if item["name"] != "quarter"]

    def described(self):
        return {"Quý": self.collected.label, **super().described()}

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        beyond = data["state"] == "beyond"
        rows = returns_of(rows, "beyond" if beyond else "expected", self.collected)
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        if name != "state" or value == "beyond":
            return rows
        return returns_of(rows, value, self.collected, expected=rows)


def returns_of(rows, state, quarter, expected=None):
    """Return the businesses by how their return for a `Quarter` stands: expected, of these
    received, late or missing; or beyond: received though nobody expected it."""
    owing = rows.expected_to_report(quarter) if expected is None else expected
    match state:
        case "expected":
            return owing
        case "missing":
            return owing.not_returned(quarter)
        case "received":
            return owing.returned(quarter)
        case "late":
            after = {"returns__received_on__gt": quarter.last_day}
            return owing.filter(
                returns__year=quarter.year, returns__quarter=quarter.number, **after
            )
    expected_keys = Business.objects.expected_to_report(quarter).order_by().values("pk")
    return rows.returned(quarter).exclude(pk__in=expected_keys)
