import django_filters

from businesses.models import Business, Certificate, Sector
from kylien.areas.models import Neighbourhood
from kylien.core.filters import RecordFilterSet


class BusinessFilterSet(RecordFilterSet):
    neighbourhood = django_filters.ModelChoiceFilter(
        queryset=Neighbourhood.objects.all(), label="Tổ dân phố", empty_label="Tất cả"
    )
    sector = django_filters.ModelChoiceFilter(
        queryset=Sector.objects.all(), label="Ngành", empty_label="Tất cả"
    )
    conditional = django_filters.ChoiceFilter(
        label="Điều kiện ANTT",
        choices=[("yes", "Có điều kiện hôm nay")],
        empty_label="Tất cả",
        method="by_condition",
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[*Business.State.choices, ("all", "Tất cả")],
        empty_label="Chưa đóng cửa",
        method="by_state",
    )
    certificate = django_filters.ChoiceFilter(
        label="Giấy tờ",
        choices=[("due", "Cần gia hạn")],
        empty_label="Tất cả",
        method="by_certificate",
    )

    class Meta:
        model = Business
        fields = ("q", "neighbourhood", "sector", "conditional", "state", "certificate")

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            rows = rows.trading()
        return super().filter_queryset(rows)

    def by_condition(self, rows, name, value):
        return rows.filter(sector__in=Sector.objects.conditional_on(self.on))

    def by_state(self, rows, name, value):
        return rows if value == "all" else rows.filter(state=value)

    def by_certificate(self, rows, name, value):
        due = Certificate.objects.expiring(self.on, Certificate.DUE_DAYS)
        return rows.filter(pk__in=due.order_by().values("business"))
