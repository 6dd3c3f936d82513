"""Tables of joint resolutions, community models, awards, directives and disasters."""

from kylien.core.tables import (
    BadgeCell,
    Cell,
    DayCell,
    NumberCell,
    RecordTable,
    RightCell,
    TitleCell,
    WideCell,
)
from outreach.models import Award, Campaign, Directive, Disaster, JointResolution


class ResolutionTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code", order_by=("code",))
    title = TitleCell(verbose_name="Nghị quyết", order_by=("sort_key",), css="wide")
    number = Cell(verbose_name="Số", orderable=False, phone="detail", css="nowrap")
    party_names = WideCell(verbose_name="Các bên", orderable=False, phone="detail")
    signed_on = DayCell(verbose_name="Ngày ký", phone="detail")
    next_due = DayCell(verbose_name="Hạn gần nhất", orderable=False)
    last_done = DayCell(verbose_name="Làm gần nhất", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = JointResolution
        fields = ()
        order_by = ("-signed_on",)


class CampaignTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code", order_by=("code",))
    name = TitleCell(verbose_name="Mô hình", order_by=("sort_key",), css="wide")
    kind = Cell(accessor="get_kind_display", verbose_name="Loại", orderable=False, phone="detail")
    area_label = Cell(
        verbose_name="Tổ dân phố", order_by=("neighbourhood__position",), phone="detail"
    )
    started_on = DayCell(verbose_name="Từ ngày")
    met_label = RightCell(verbose_name="Tiêu chí đạt", orderable=False)
    held_count = NumberCell(verbose_name="Hoạt động", orderable=False)
    copy_count = NumberCell(verbose_name="Nhân rộng", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Campaign
        fields = ()
        order_by = ("-started_on",)


class AwardTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code", order_by=("code",))
    for_whom = TitleCell(verbose_name="Tập thể, cá nhân", orderable=False, css="wide")
    deed = WideCell(verbose_name="Thành tích", orderable=False, phone="detail")
    form = Cell(verbose_name="Hình thức", orderable=False)
    deed_on = DayCell(verbose_name="Ngày lập")
    proposed_on = DayCell(verbose_name="Đề nghị", phone="detail")
    decided_on = DayCell(verbose_name="Quyết định")
    days_label = RightCell(
        accessor="days_label", verbose_name="Từ thành tích", orderable=False, dated=True
    )
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Award
        fields = ()
        order_by = ("-proposed_on",)


class DirectiveTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code", order_by=("code",))
    document = TitleCell(verbose_name="Văn bản", order_by=("kind", "number"))
    title = WideCell(verbose_name="Trích yếu", orderable=False, phone="detail")
    issuer = Cell(verbose_name="Cơ quan ban hành", orderable=False)
    issued_on = DayCell(verbose_name="Ban hành")
    owner_label = Cell(verbose_name="Phụ trách", orderable=False, phone="detail")
    due_on = DayCell(verbose_name="Hạn", phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Directive
        fields = ()
        order_by = ("-issued_on",)


class DisasterTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code", order_by=("code",))
    name = TitleCell(verbose_name="Thiên tai, sự cố", order_by=("sort_key",), css="wide")
    started_on = DayCell(verbose_name="Từ ngày", phone="detail")
    ended_on = DayCell(verbose_name="Hết từ ngày", phone="detail")
    shift_count = NumberCell(verbose_name="Lượt trực", orderable=False)
    help_count = NumberCell(verbose_name="Lần giúp dân", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Disaster
        fields = ()
        order_by = ("-started_on",)
