from django.urls import reverse
from django.utils.html import format_html, format_html_join
from lucide.templatetags.lucide import lucide

from businesses.models import Business, Inspection
from kylien.core import text
from kylien.core.tables import (
    DASH,
    BadgeCell,
    Cell,
    DayCell,
    NumberCell,
    RecordTable,
    TitleCell,
)


class BusinessTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    name = TitleCell(verbose_name="Tên cơ sở", order_by=("sort_key",))
    sector = Cell(verbose_name="Ngành nghề", order_by=("sector__position",), phone="detail")
    address = Cell(verbose_name="Địa chỉ", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", order_by=("neighbourhood__position",))
    responsible_name = Cell(verbose_name="Người phụ trách", orderable=False)
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Business
        fields = ()
        order_by = ("sort_key",)


# Read out and exported, where the eye has the layout.
COMMA, SEMICOLON, DOT = (
    format_html('<span class="visually-hidden">{}</span>', mark) for mark in (", ", "; ", " · ")
)


class PlaceCell(Cell):
    """Address and neighbourhood in one cell."""

    def html(self, value, record):
        area = record.neighbourhood
        if not value:
            return area
        return format_html('{}{}<small class="line">{}</small>', value, COMMA, area)

    def plain(self, value, record):
        return f"{value}, {record.neighbourhood}" if value else str(record.neighbourhood)


class BadgesCell(Cell):
    """Several states, each as `(tone, words)`."""

    css = "badges"

    def html(self, value, record):
        return format_html_join(SEMICOLON, '<span class="badge badge-{}">{}</span>', value) or DASH

    def plain(self, value, record):
        return "; ".join(words for _, words in value)


class WorkersCell(NumberCell):
    """How many work here and stay in the ward for a time, with the way to them."""

    def html(self, value, record):
        if not value:
            return format_html('<span class="mute">{}</span>', value)
        url = f"{reverse('temporary-resident-list')}?employer={record.code}"
        return format_html('<a href="{}">{}</a>', url, text.format_number(value))


class OpenNameCell(TitleCell):
    """A name; whether the business is suspended or closed is said beside it."""

    def html(self, value, record):
        link = super().html(value, record)
        if record.state == Business.State.OPEN:
            return link
        badge = record.state_badge()
        return format_html('{}{}<span class="badge badge-{}">{}</span>', link, DOT, *badge)

    def plain(self, value, record):
        if record.state == Business.State.OPEN:
            return value
        return f"{value} · {record.get_state_display()}"


class SectorTable(RecordTable):
    """The businesses of a sector. The view leaves out the columns that do not fit the sector, and
    loads what is told of a business on the day."""

    code = Cell(verbose_name="Mã", css="nowrap")
    name = OpenNameCell(verbose_name="Tên cơ sở", order_by=("sort_key",), css="wide")
    address = PlaceCell(
        verbose_name="Địa chỉ, tổ dân phố", order_by=("neighbourhood__position",), phone="detail"
    )
    responsible_name = Cell(verbose_name="Người phụ trách", orderable=False, phone="detail")
    papers = BadgesCell(
        accessor="told__papers", verbose_name="Giấy tờ", orderable=False, phone="detail"
    )
    last_held = DayCell(
        accessor="told__last_held",
        verbose_name="Kiểm tra",
        orderable=False,
        phone="detail",
        css="said",
    )
    next_planned = DayCell(
        accessor="told__next_planned",
        verbose_name="Kế hoạch",
        orderable=False,
        phone="detail",
        css="said",
    )
    remedies = BadgeCell(
        accessor="told__remedies",
        verbose_name="Khắc phục",
        orderable=False,
        phone="detail",
        css="said",
    )
    returned = BadgeCell(
        accessor="told__returned",
        verbose_name="Báo cáo quý",
        orderable=False,
        phone="detail",
        css="said",
    )
    contact = BadgeCell(
        accessor="told__contact",
        verbose_name="Liên hệ",
        orderable=False,
        phone="detail",
        css="said",
    )
    workers = WorkersCell(
        accessor="told__workers",
        verbose_name="Lao động",
        orderable=False,
        phone="detail",
        css="said",
    )
    security_unit = Cell(verbose_name="Lực lượng bảo vệ", orderable=False)
    fire_group = Cell(verbose_name="Nhóm PCCC", order_by=("fire_group__position",))

    class Meta(RecordTable.Meta):
        model = Business
        fields = ()
        order_by = ("sort_key",)


class PickCell(TitleCell):
    """A name with a box before it, where the row may be ticked."""

    def html(self, value, record):
        link = super().html(value, record)
        if not record.pickable:
            return link
        checked = " checked" if record.picked else ""
        return format_html(
            '<input type="checkbox" class="no-print" form="receive" name="pick" value="{}" '
            'aria-label="Chọn {}"{}>{}',
            record.pk,
            value,
            checked,
            link,
        )


class ReceivedCell(DayCell):
    """The day a return came, which leads to taking it back where the user may."""

    def html(self, value, record):
        shown = super().html(value, record)
        if not record.mistake:
            return shown
        return format_html(
            '<a href="{}" title="Ghi nhầm: bỏ ghi nhận" '
            'aria-label="{}, bỏ ghi nhận báo cáo của {}">{} {}</a>',
            reverse("quarterlyreturn-take-back", args=[record.mistake]),
            shown,
            record.name,
            shown,
            lucide("undo-2", size=14, aria_hidden="true"),
        )


class ReturnTable(RecordTable):
    """The businesses that owe a return for a quarter."""

    code = Cell(verbose_name="Mã", css="nowrap")
    name = PickCell(verbose_name="Cơ sở", order_by=("sort_key",), css="plan-name wide")
    sector = Cell(verbose_name="Ngành nghề", order_by=("sector__position",), phone="detail")
    address = PlaceCell(
        verbose_name="Địa chỉ, tổ dân phố", order_by=("neighbourhood__position",), phone="detail"
    )
    received_on = ReceivedCell(
        verbose_name="Ngày nhận", orderable=False, phone="detail", css="said"
    )
    standing = BadgeCell(accessor="standing", verbose_name="Báo cáo", orderable=False)

    class Meta(RecordTable.Meta):
        model = Business
        fields = ()
        order_by = ("sort_key",)


class InspectionTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    business = TitleCell(accessor="business__name", verbose_name="Cơ sở", orderable=False)
    sector = Cell(accessor="business__sector", verbose_name="Ngành nghề", orderable=False)
    kind = Cell(accessor="get_kind_display", verbose_name="Loại", orderable=False, phone="detail")
    planned_on = DayCell(verbose_name="Dự kiến", phone="detail")
    noticed_on = DayCell(verbose_name="Thông báo")
    held_on = DayCell(verbose_name="Đã kiểm tra", order_by=("held_on",))
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Inspection
        fields = ()
        order_by = ("-planned_on",)
