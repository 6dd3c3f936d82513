"""The list of scores: its table and its filters."""

import django_filters

from kylien.areas.filters import area_filter
from kylien.core.filters import RecordFilterSet
from kylien.core.tables import BadgeCell, Cell, NumberCell, RecordTable, RightCell, TitleCell
from selfgov_groups.models import GroupScore, ScoringScheme


class ScoreTable(RecordTable):
    """By year, class and the group's name: groups of one class stand side by side, unranked."""

    code = Cell(verbose_name="Mã", phone="hide", css="nowrap")
    group = TitleCell(
        accessor="group__name", verbose_name="Tổ liên gia", order_by=("group__sort_key",)
    )
    neighbourhood = Cell(
        accessor="group__neighbourhood",
        verbose_name="Tổ dân phố",
        order_by=("group__neighbourhood__position",),
        phone="detail",
    )
    year = RightCell(
        accessor="scheme__year", verbose_name="Năm", order_by=("scheme__year",), phone="detail"
    )
    total = NumberCell(verbose_name="Tổng điểm", orderable=False, phone="detail")
    rated = BadgeCell(
        accessor="state_badge",
        verbose_name="Xếp loại",
        order_by=("class_rank", "group__sort_key"),
    )
    trend = BadgeCell(verbose_name="So năm trước", orderable=False, phone="hide")
    plan = BadgeCell(
        accessor="plan_badge", verbose_name="Củng cố", orderable=False, dated=True, phone="hide"
    )

    class Meta(RecordTable.Meta):
        model = GroupScore
        fields = ()
        order_by = ("-scheme__year", "class_rank", "group__sort_key")


def schemes_of(request):
    """Return the tables of points, the last year first; read once a request."""
    if not hasattr(request, "scoring_schemes"):
        request.scoring_schemes = list(ScoringScheme.objects.order_by("-year"))
    return request.scoring_schemes


class ScoreFilterSet(RecordFilterSet):
    year = django_filters.ChoiceFilter(
        label="Năm", field_name="scheme__year", choices=[], empty_label="Tất cả"
    )
    rated = django_filters.ChoiceFilter(
        label="Xếp loại", choices=GroupScore.Class.choices, empty_label="Tất cả"
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[
            *GroupScore.State.choices,
            ("weak", "Yếu, trung bình"),
            ("no_plan", "Chưa có kế hoạch"),
            ("plan", "Đang củng cố"),
            ("plan_late", "Củng cố quá hạn"),
        ],
        empty_label="Tất cả",
        method="by_state",
    )
    neighbourhood = area_filter(field_name="group__neighbourhood")

    class Meta:
        model = GroupScore
        fields = ("q", "year", "rated", "state", "neighbourhood")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        found = [(one.year, str(one.year)) for one in schemes_of(self.request)]
        self.form.fields["year"].choices = found

    def by_state(self, rows, name, value):
        match value:
            case "weak":
                return rows.weak()
            case "no_plan":
                return rows.without_plan()
            case "plan":
                return rows.improving()
            case "plan_late":
                return rows.improving_late(self.on)
        return rows.filter(state=value)
