"""The list of times that commitments fell due: its table and its filters."""

import django_filters

from kylien.areas.tasks import OwnedTask
from kylien.core.filters import MonthFilter, OwnerSearchFilter, RecordFilterSet
from kylien.core.tables import (
    DASH,
    BadgeCell,
    Cell,
    DayCell,
    RecordTable,
    TitleCell,
    WideCell,
)
from outreach.filters import PARTNERS, POLICE
from outreach.models import Fulfilment
from outreach.recurrence import earliest


def progress(row, on):
    """Return how a time stands on the day `on`: `(tone, word)`."""
    ends = earliest(row.commitment.ended_on, row.commitment.resolution.ended_on)
    if not row.done_on and ends and ends <= on:
        return "mute", "Đã thôi"
    return OwnedTask.badge(row, on)  # the words of every task with a day


class PromiseCell(TitleCell, WideCell):
    """What was promised; it opens the resolution, where the times stand."""


class LeaderCell(Cell):
    """Who did it, once it is done; without a partner it was the station."""

    def html(self, value, record):
        return self.plain(value, record) or DASH

    def plain(self, value, record):
        if not record.done_on:
            return ""
        return str(value or "Công an phường")


class FulfilmentTable(RecordTable):
    """The last day first."""

    resolution = Cell(
        accessor="commitment__resolution__code", verbose_name="Nghị quyết", css="nowrap"
    )
    content = PromiseCell(
        accessor="commitment__content",
        verbose_name="Cam kết",
        orderable=False,
        url=lambda row: f"{row.commitment.resolution.get_absolute_url()}#commitments",
    )
    owner = Cell(
        accessor="commitment__owner_label",
        verbose_name="Bên cam kết",
        orderable=False,
        phone="detail",
    )
    leader = LeaderCell(accessor="led_by", verbose_name="Bên thực hiện", orderable=False)
    due_on = DayCell(verbose_name="Hạn", phone="detail")
    done_on = DayCell(verbose_name="Thực hiện")
    state = BadgeCell(accessor="progress", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Fulfilment
        fields = ()
        order_by = ("-due_on",)


class FulfilmentFilterSet(RecordFilterSet):
    """A time has no words of its own: the box finds those of a resolution."""

    q = OwnerSearchFilter("commitment__resolution")
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("open", "Chưa thực hiện"), ("late", "Quá hạn"), ("done", "Đã thực hiện")],
        empty_label="Tất cả",
        method="by_state",
    )
    lead = django_filters.ChoiceFilter(
        label="Bên thực hiện",
        choices=[(POLICE, "Công an phường"), (PARTNERS, "Tổ chức phối hợp")],
        empty_label="Tất cả",
        method="by_lead",
    )
    month = MonthFilter(label="Thực hiện trong kỳ", method="by_month")

    class Meta:
        model = Fulfilment
        fields = ("q", "state", "lead", "month")

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.open(self.on)
            case "late":
                return rows.open(self.on).overdue(self.on)
        return rows.exclude(done_on=None)

    def by_lead(self, rows, name, value):
        return rows.exclude(done_on=None).filter(led_by__isnull=value == POLICE)

    def by_month(self, rows, name, month):
        return rows.finished_in(month.period)
