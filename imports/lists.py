"""The list of workbooks brought in: its table and its filters."""

import django_filters

from imports.kinds import KINDS
from imports.models import ImportBatch
from kylien.core.filters import RecordFilterSet
from kylien.core.tables import (
    BadgeCell,
    Cell,
    MomentCell,
    NumberCell,
    RecordTable,
    TitleCell,
)


def kind_label(key: str) -> str:
    """Return what a kind is called; the key itself for one of an earlier version."""
    return KINDS[key].label if key in KINDS else key


class KindCell(Cell):
    def html(self, value, record):
        return kind_label(value)

    plain = html


class CountCell(NumberCell):
    """How many rows; none is no news, and a batch that was not read has no count."""

    def html(self, value, record):
        return super().html(value or None, record)


class BatchTable(RecordTable):
    code = Cell(verbose_name="Mã", phone="hide", css="nowrap")
    file_name = TitleCell(verbose_name="Tệp", css="wide")
    kind = KindCell(verbose_name="Loại", phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Trạng thái", order_by=("state",))
    rows = CountCell(verbose_name="Dòng", phone="detail")
    new = CountCell(verbose_name="Mới", phone="detail")
    changed = CountCell(verbose_name="Thay đổi", phone="detail")
    same = CountCell(verbose_name="Như cũ", phone="hide")
    doubtful = CountCell(verbose_name="Nghi trùng", phone="detail")
    refused = CountCell(verbose_name="Không nhận", phone="detail")
    created_by = Cell(
        accessor="created_by__full_name_label",
        verbose_name="Người tải",
        order_by=("created_by__username",),
        phone="hide",
    )
    created_at = MomentCell(verbose_name="Lúc", phone="detail")

    class Meta(RecordTable.Meta):
        model = ImportBatch
        fields = ()
        order_by = ("-created_at",)


class BatchFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(label="Loại", choices=[], empty_label="Tất cả")
    state = django_filters.ChoiceFilter(
        label="Trạng thái", choices=ImportBatch.State.choices, empty_label="Tất cả"
    )

    class Meta:
        model = ImportBatch
        fields = ("q", "kind", "state")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.form.fields["kind"].choices = [(key, kind.label) for key, kind in KINDS.items()]
