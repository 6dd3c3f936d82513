import django_filters
from django import forms
from django.db.models import Q

from households.models import (
    Absence,
    DuplicatePair,
    Household,
    Residence,
    ResidenceAct,
    Resident,
    StayNotice,
    TransferRequest,
)
from kylien.areas.filters import area_filter
from kylien.core.filters import (
    DayFilter,
    MonthFilter,
    RecordFilterSet,
    SearchFilter,
    YearFilter,
)
from kylien.core.periods import Period

DUE_DAYS = 30
TERM_CHOICES = [
    ("due15", "Còn 15 ngày trở xuống"),
    ("due", "Còn 30 ngày trở xuống"),
    ("overdue", "Quá hạn"),
]
MOVEMENTS = [("in", "Đến, mới sinh, đăng ký"), ("out", "Đi, chết, xoá đăng ký")]


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
    born_from = YearFilter(label="Sinh từ năm", field_name="birth_date", lookup_expr="year__gte")
    born_to = YearFilter(label="Sinh đến năm", field_name="birth_date", lookup_expr="year__lte")

    class Meta:
        model = Resident
        fields = ("q", "neighbourhood", "residence", "sex", "born_from", "born_to")

    def filter_queryset(self, rows):
        if self.form.cleaned_data["residence"] not in ("gone", "all"):
            rows = rows.present()
        return super().filter_queryset(rows)

    def by_residence(self, rows, name, value):
        if value == "gone":
            return rows.filter(present=False, same_as=None)
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
    household = django_filters.CharFilter(
        label="Chủ nhà (mã hộ)",
        field_name="household__code",
        lookup_expr="iexact",
        widget=forms.TextInput(attrs={"size": 9}),
    )
    lodging = django_filters.CharFilter(
        label="Cơ sở lưu trú (mã)",
        field_name="lodging__code",
        lookup_expr="iexact",
        widget=forms.TextInput(attrs={"size": 9}),
    )
    employer = django_filters.CharFilter(
        label="Nơi làm việc (mã)",
        field_name="employer__code",
        lookup_expr="iexact",
        widget=forms.TextInput(attrs={"size": 9}),
    )

    class Meta:
        model = Residence
        fields = ("q", "neighbourhood", "term", "household", "lodging", "employer")

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


class ResidenceActFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    kind = django_filters.ChoiceFilter(
        label="Việc", choices=ResidenceAct.Kind.choices, empty_label="Tất cả"
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("unsynced", "Chưa đồng bộ"), ("undone", "Đã hoàn tác")],
        empty_label="Tất cả",
        method="by_state",
    )
    day_from = DayFilter(label="Từ ngày", field_name="happened_on", lookup_expr="gte")
    day_to = DayFilter(label="Đến ngày", field_name="happened_on", lookup_expr="lte")

    class Meta:
        model = ResidenceAct
        fields = ("q", "neighbourhood", "kind", "state", "day_from", "day_to")

    def by_state(self, rows, name, value):
        return rows.unsynchronised() if value == "unsynced" else rows.exclude(undone_at=None)


class TransferRequestFilterSet(RecordFilterSet):
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("mine", "Chờ đồng chí nhận"),
            ("open", "Chờ nhận"),
            *TransferRequest.Decision.choices,
        ],
        empty_label="Tất cả",
        method="by_state",
    )

    class Meta:
        model = TransferRequest
        fields = ("q", "state")

    def by_state(self, rows, name, value):
        if value == "mine":
            return rows.to_decide(self.request.user)
        return rows.open() if value == "open" else rows.filter(decision=value)


class AbsenceFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            ("due15", "Về trong 15 ngày"),
            ("overdue", "Quá ngày về"),
            ("back", "Đã về"),
            ("all", "Tất cả"),
        ],
        empty_label="Đang vắng",
        method="by_state",
    )
    on = DayFilter(label="Vắng vào ngày", method="by_day")

    class Meta:
        model = Absence
        fields = ("q", "neighbourhood", "state", "on")

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        if not data["state"] and not data["on"]:
            rows = rows.current()
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        if value == "due15":
            return rows.ending(self.on, 15)
        if value == "overdue":
            return rows.overdue(self.on)
        return rows if value == "all" else rows.exclude(returned_on=None)

    def by_day(self, rows, name, value):
        return rows.open_on(value)


class DuplicatePairFilterSet(RecordFilterSet):
    q = SearchFilter(label="Tìm", method="by_words")
    neighbourhood = area_filter(method="by_area")
    certain = django_filters.ChoiceFilter(
        label="Mức",
        choices=[("yes", "Gần như chắc chắn"), ("no", "Cần xem")],
        empty_label="Tất cả",
        method="by_level",
    )
    state = django_filters.ChoiceFilter(
        label="Kết luận",
        choices=[("decided", "Đã kết luận"), *DuplicatePair.Decision.choices],
        empty_label="Chưa kết luận",
        method="by_state",
    )

    class Meta:
        model = DuplicatePair
        fields = ("q", "neighbourhood", "certain", "state")

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            rows = rows.open()
        return super().filter_queryset(rows)

    def by_words(self, rows, name, value):
        numbers = self.request.user.may_see_numbers
        people = Resident.objects.search(value, partial_numbers=numbers)
        return rows.filter(Q(first__in=people) | Q(second__in=people))

    def by_area(self, rows, name, value):
        return rows.filter(Q(first__neighbourhood=value) | Q(second__neighbourhood=value))

    def by_level(self, rows, name, value):
        return rows.filter(certain=value == "yes")

    def by_state(self, rows, name, value):
        return rows.exclude(decision="") if value == "decided" else rows.filter(decision=value)
