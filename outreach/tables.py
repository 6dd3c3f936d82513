from kylien.core.tables import (
    BadgeCell,
    Cell,
    DayCell,
    NumberCell,
    RecordTable,
    TitleCell,
    WideCell,
)
from outreach.models import Activity, Material, Partner, PlanItem, Question


class PartnerTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    name = TitleCell(verbose_name="Tên tổ chức", order_by=("sort_key",))
    kind = Cell(accessor="get_kind_display", verbose_name="Loại", order_by=("kind",))
    contact_name = Cell(verbose_name="Đầu mối", orderable=False, phone="detail")
    ended_on = DayCell(verbose_name="Thôi phối hợp từ", orderable=False)

    class Meta(RecordTable.Meta):
        model = Partner
        fields = ()
        order_by = ("sort_key",)


class MaterialTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    title = TitleCell(verbose_name="Tên tài liệu", order_by=("sort_key", "-version_number"))
    version_number = NumberCell(verbose_name="Bản", orderable=False, phone="detail")
    topic = Cell(verbose_name="Chủ đề", order_by=("topic__position",), phone="detail")
    approved_on = DayCell(verbose_name="Ngày duyệt", orderable=False)
    approved_by = Cell(verbose_name="Người duyệt", orderable=False)
    file_name = Cell(verbose_name="Tệp", orderable=False)
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Material
        fields = ()
        order_by = ("sort_key", "-version_number")


class PlanTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    topic = TitleCell(verbose_name="Chủ đề", order_by=("topic__position",))
    audience = Cell(
        accessor="get_audience_display", verbose_name="Đối tượng", orderable=False, phone="detail"
    )
    area = Cell(
        accessor="area_label",
        verbose_name="Tổ dân phố",
        orderable=False,
        phone="detail",
    )
    lead = Cell(accessor="lead_label", verbose_name="Chủ trì", orderable=False)
    due_on = DayCell(verbose_name="Làm trước", phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = PlanItem
        fields = ()
        order_by = ("due_on",)


class ActivityTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    topic = TitleCell(verbose_name="Chủ đề", order_by=("topic__position",))
    day = DayCell(
        accessor="shown_day", verbose_name="Ngày", order_by=("day",), phone="detail", css="said"
    )
    area = Cell(
        accessor="area_label",
        verbose_name="Tổ dân phố",
        orderable=False,
        phone="detail",
    )
    place = WideCell(verbose_name="Địa điểm", orderable=False)
    lead = Cell(accessor="lead_label", verbose_name="Chủ trì", orderable=False)
    attendance = NumberCell(verbose_name="Người dự", orderable=False)
    questions = NumberCell(accessor="question_count", verbose_name="Ý kiến", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Activity
        fields = ()
        order_by = ("-day",)


class QuestionTable(RecordTable):
    code = Cell(verbose_name="Mã", css="nowrap")
    content = TitleCell(verbose_name="Ý kiến, kiến nghị", orderable=False, css="wide")
    topic = Cell(accessor="activity__topic", verbose_name="Buổi về", orderable=False)
    area = Cell(
        accessor="activity__area_label",
        verbose_name="Tổ dân phố",
        orderable=False,
        phone="detail",
    )
    owner = Cell(accessor="owner_label", verbose_name="Phụ trách", orderable=False, phone="detail")
    due_on = DayCell(verbose_name="Hạn", phone="detail")
    done_on = DayCell(verbose_name="Xong ngày", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Question
        fields = ()
        order_by = ("due_on",)
