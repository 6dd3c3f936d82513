import django_filters

from households.models import Household, Residence, Resident, StayNotice
from kylien.areas.models import Neighbourhood
from kylien.core.filters import DayFilter, MonthFilter, RecordFilterSet
from kylien.core.periods import Period

DUE_DAYS = 30
TERM_CHOICES = [
    ("due15", "Còn 15 ngày trở xuống"),
    ("due", "Còn 30 ngày trở xuống"),
    ("overdue", "Quá hạn"),
]
MOVEMENTS = [("in", "Đến, mới sinh, đăng ký"), ("out", "Đi, chết, xoá đăng ký")]


def area_filter(**kwargs):
    """Filter by neighbourhood, offering the user's own."""
    return django_filters.ModelChoiceFilter(
        queryset=Neighbourhood.objects.all(), label="Tổ dân phố", empty_label="Tất cả", **kwargs
    )


class HouseholdFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("all", "Cả hộ đã xoá"), ("dissolved", "Đã xoá")],
        empty_label="Đang cư trú",
        method="by_state",
    )
    on = DayFilter(label="Có vào ngày", method="by_day")
    grouped = django_filters.ChoiceFilter(
        label="Tổ liên gia",
        choices=[("yes", "Đã vào tổ"), ("no", "Chưa vào tổ")],
        empty_label="Tất cả",
        method="by_group",
    )

    class Meta:
        model = Household
        fields = ("q", "neighbourhood", "grouped", "state", "on")

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        if not data["state"] and not data["on"]:
            rows = rows.active()
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        return rows.exclude(dissolved_on=None) if value == "dissolved" else rows

    def by_day(self, rows, name, value):
        return rows.active_on(value)

    def by_group(self, rows, name, value):
        day = self.form.cleaned_data["on"] or self.on
        members = Household.objects.in_group_on(day).values("pk")
        return rows.filter(pk__in=members) if value == "yes" else rows.exclude(pk__in=members)


class ResidentFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    residence = django_filters.ChoiceFilter(
        label="Cư trú",
        choices=[*Residence.Kind.choices, ("gone", "Đã rời phường"), ("all", "Tất cả")],
        empty_label="Đang ở phường",
        method="by_residence",
    )
    sex = django_filters.ChoiceFilter(
        label="Giới tính", choices=Resident.Sex.choices, empty_label="Tất cả"
    )
    born_from = DayFilter(label="Sinh từ ngày", field_name="birth_date", lookup_expr="gte")
    born_to = DayFilter(label="Sinh đến ngày", field_name="birth_date", lookup_expr="lte")

    class Meta:
        model = Resident
        fields = ("q", "neighbourhood", "residence", "sex", "born_from", "born_to")

    def filter_queryset(self, rows):
        if self.form.cleaned_data["residence"] not in ("gone", "all"):
            rows = rows.present()
        return super().filter_queryset(rows)

    def by_residence(self, rows, name, value):
        if value == "gone":
            return rows.filter(present=False)
        return rows if value == "all" else rows.filter(residence_kind=value)


class ResidenceFilterSet(RecordFilterSet):
    """The ledger: who was here on a day, who came and went in a month."""

    kind = django_filters.ChoiceFilter(
        label="Loại", choices=Residence.Kind.choices, empty_label="Tất cả"
    )
    neighbourhood = area_filter()
    movement = django_filters.ChoiceFilter(
        label="Biến động", choices=MOVEMENTS, empty_label="Tất cả", method="by_movement"
    )
    month = MonthFilter(label="Kỳ báo cáo", method="by_month")
    on = DayFilter(label="Có vào ngày", method="by_day")
    start_reason = django_filters.ChoiceFilter(
        label="Lý do đến", choices=Residence.Start.choices, empty_label="Tất cả"
    )
    end_reason = django_filters.ChoiceFilter(
        label="Lý do đi", choices=Residence.End.choices, empty_label="Tất cả"
    )

    class Meta:
        model = Residence
        fields = (
            "q",
            "kind",
            "neighbourhood",
            "movement",
            "month",
            "on",
            "start_reason",
            "end_reason",
        )

    def by_movement(self, rows, name, value):
        return rows  # read together with the month

    def by_month(self, rows, name, month):
        way = self.form.cleaned_data["movement"]
        # A single neighbourhood, or an officer's, gains and loses by transfers; the ward does not.
        transfers = not self.request.user.scope.whole_ward
        transfers = transfers or bool(self.form.cleaned_data["neighbourhood"])
        if way == "in":
            return rows.started_in(month.period, transfers=transfers)
        if way == "out":
            return rows.ended_in(month.period, transfers=transfers)
        return rows.open_before(month.period.end)

    def by_day(self, rows, name, value):
        return rows.open_on(value)


class TemporaryFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    term = django_filters.ChoiceFilter(
        label="Thời hạn", choices=TERM_CHOICES, empty_label="Tất cả", method="by_term"
    )
    employer = django_filters.CharFilter(
        label="Nơi làm việc (mã)", field_name="employer__code", lookup_expr="iexact"
    )
    household = django_filters.CharFilter(
        label="Chủ nhà (mã hộ)", field_name="household__code", lookup_expr="iexact"
    )

    class Meta:
        model = Residence
        fields = ("q", "neighbourhood", "term", "employer", "household")

    def by_term(self, rows, name, value):
        if value == "overdue":
            return rows.overdue(self.on)
        return rows.expiring(self.on, 15 if value == "due15" else DUE_DAYS)


class StayNoticeFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("open", "Chưa xác nhận"), ("late", "Báo trễ")],
        empty_label="Tất cả",
        method="by_state",
    )
    month = MonthFilter(label="Kỳ báo cáo", method="by_month")
    arrived_from = DayFilter(label="Đến từ ngày", method="by_arrival")
    lodging = django_filters.CharFilter(
        label="Cơ sở (mã)", field_name="lodging__code", lookup_expr="iexact"
    )

    class Meta:
        model = StayNotice
        fields = ("q", "neighbourhood", "state", "month", "arrived_from", "lodging")

    def by_state(self, rows, name, value):
        return rows.unconfirmed() if value == "open" else rows.late()

    def by_month(self, rows, name, month):
        return rows.arrived_in(month.period)

    def by_arrival(self, rows, name, value):
        return rows.filter(arrived_at__gte=Period(value, value).start_at)
