from django.urls import reverse
from django.utils.html import format_html

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
from kylien.core.tables import (
    BadgeCell,
    Cell,
    DayCell,
    MomentCell,
    NumberCell,
    RecordTable,
    RightCell,
    TitleCell,
    WideCell,
)


class HouseholdTable(RecordTable):
    code = TitleCell(verbose_name="Mã hộ")
    head_name = Cell(verbose_name="Chủ hộ", orderable=False, phone="detail")
    address = WideCell(verbose_name="Địa chỉ", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", order_by=("neighbourhood__position",))
    members = NumberCell(verbose_name="Số người", orderable=False, phone="detail")
    opened_on = DayCell(verbose_name="Lập ngày")
    state = BadgeCell(accessor="state_badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = Household
        fields = ()
        order_by = ("code",)


class ResidentTable(RecordTable):
    code = Cell(verbose_name="Mã", css="code")
    full_name = TitleCell(verbose_name="Họ và tên", order_by=("sort_key",))
    household = Cell(
        accessor="household_now__code", verbose_name="Hộ", orderable=False, phone="detail"
    )
    birth = RightCell(
        accessor="birth", verbose_name="Năm sinh", order_by=("birth_date__year",), phone="detail"
    )
    sex = Cell(accessor="get_sex_display", verbose_name="Giới", orderable=False)
    citizen_id = Cell(accessor="masked_citizen_id", verbose_name="Số định danh", orderable=False)
    relation = Cell(accessor="relation_now", verbose_name="Quan hệ", orderable=False)
    residence = BadgeCell(
        accessor="residence_badge", verbose_name="Cư trú", orderable=False, dated=True
    )
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)

    class Meta(RecordTable.Meta):
        model = Resident
        fields = ()
        order_by = ("sort_key",)


class TermCell(BadgeCell):
    """How the term stands. The list holds temporary stays alone, so the badge need not say so."""

    def shown(self, value):
        tone, word = value
        word = "còn hạn" if word == "Tạm trú" else word.removeprefix("Tạm trú · ")
        return tone, word[:1].upper() + word[1:]

    def html(self, value, record):
        return super().html(value and self.shown(value), record)

    def plain(self, value, record):
        return super().plain(value and self.shown(value), record)


class TemporaryTable(RecordTable):
    code = Cell(accessor="resident__code", verbose_name="Mã", orderable=False, css="code")
    full_name = TitleCell(
        accessor="resident__full_name", verbose_name="Họ và tên", order_by=("resident__sort_key",)
    )
    birth = RightCell(accessor="resident__birth", verbose_name="Năm sinh", orderable=False)
    citizen_id = Cell(
        accessor="resident__masked_citizen_id", verbose_name="Số định danh", orderable=False
    )
    host = WideCell(accessor="host", verbose_name="Nơi ở", orderable=False, phone="detail")
    employer = Cell(accessor="employer", verbose_name="Nơi làm việc", orderable=False)
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    started_on = DayCell(verbose_name="Từ ngày")
    expires_on = DayCell(verbose_name="Thời hạn", phone="detail")
    state = TermCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Residence
        fields = ()
        order_by = ("expires_on",)


class ResidenceTable(RecordTable):
    code = Cell(accessor="resident__code", verbose_name="Mã", orderable=False, css="code")
    full_name = TitleCell(accessor="resident__full_name", verbose_name="Họ và tên", orderable=False)
    kind = Cell(accessor="get_kind_display", verbose_name="Loại", orderable=False)
    host = WideCell(accessor="host", verbose_name="Nơi ở", orderable=False, phone="detail")
    relation = Cell(accessor="relation_label", verbose_name="Quan hệ", orderable=False)
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    started_on = DayCell(verbose_name="Từ ngày", phone="detail")
    start_reason = Cell(
        accessor="get_start_reason_display", verbose_name="Lý do đến", orderable=False
    )
    ended_on = DayCell(verbose_name="Kết thúc", phone="detail")
    end_reason = Cell(accessor="get_end_reason_display", verbose_name="Lý do đi", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Residence
        fields = ()
        order_by = ("-started_on", "-pk")


class StayNoticeTable(RecordTable):
    code = TitleCell(verbose_name="Mã")
    guest_name = Cell(verbose_name="Khách", order_by=("sort_key",), phone="detail")
    birth = RightCell(accessor="birth", verbose_name="Năm sinh", orderable=False)
    id_number = Cell(accessor="masked_id_number", verbose_name="Số giấy tờ", orderable=False)
    host = WideCell(accessor="host", verbose_name="Nơi lưu trú", orderable=False, phone="detail")
    arrived_at = MomentCell(verbose_name="Đến lúc", phone="detail")
    leaves_on = DayCell(verbose_name="Đi ngày")
    notified_at = MomentCell(verbose_name="Báo lúc", orderable=False)
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = StayNotice
        fields = ()
        order_by = ("-arrived_at", "-pk")


class ResidenceActTable(RecordTable):
    code = TitleCell(verbose_name="Mã")
    kind = Cell(
        accessor="get_kind_display", verbose_name="Việc", order_by=("kind",), phone="detail"
    )
    summary = WideCell(verbose_name="Nội dung", orderable=False, phone="detail")
    happened_on = DayCell(verbose_name="Từ ngày", phone="detail")
    household = Cell(accessor="household__code", verbose_name="Hộ", orderable=False, css="code")
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    author = Cell(accessor="author", verbose_name="Người làm", orderable=False)
    created_at = MomentCell(verbose_name="Ghi lúc")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = ResidenceAct
        fields = ()
        order_by = ("-created_at", "-pk")


class TransferRequestTable(RecordTable):
    code = TitleCell(verbose_name="Mã")
    names = WideCell(verbose_name="Người chuyển", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Từ", orderable=False, phone="detail")
    to_neighbourhood = Cell(verbose_name="Đến", orderable=False, phone="detail")
    address = WideCell(verbose_name="Địa chỉ nơi đến", orderable=False)
    starts_on = DayCell(verbose_name="Từ ngày")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = TransferRequest
        fields = ()
        order_by = ("-starts_on", "-pk")


class AbsenceTable(RecordTable):
    code = TitleCell(verbose_name="Mã")
    full_name = Cell(
        accessor="resident__full_name", verbose_name="Họ và tên", orderable=False, phone="detail"
    )
    reason = Cell(accessor="get_reason_display", verbose_name="Lý do", orderable=False)
    destination = WideCell(verbose_name="Nơi đến", orderable=False, phone="detail")
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    started_on = DayCell(verbose_name="Vắng từ")
    expected_on = DayCell(verbose_name="Dự kiến về", phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Absence
        fields = ()
        order_by = ("expected_on", "pk")


class PersonCell(WideCell):
    """A person of a pair: name, then code, birth and neighbourhood in small."""

    def __init__(self, *args, opens=False, **kwargs):
        self.opens = opens  # the pair's page
        super().__init__(*args, **kwargs)

    def html(self, value, record):
        name = value.full_name
        if self.opens:
            url = reverse("duplicatepair-detail", args=[record.pk])
            name = format_html('<a href="{}">{}</a>', url, name)
        told = " · ".join(self.told(value))
        return format_html(
            '{}<small class="line muted"><span hidden> · </span>{}</small>', name, told
        )

    def plain(self, value, record):
        return " · ".join([value.full_name, *self.told(value)])

    def told(self, person):
        return [person.code, person.birth(), str(person.neighbourhood or "—")]


class DuplicatePairTable(RecordTable):
    first = PersonCell(verbose_name="Người thứ nhất", orderable=False, phone="title", opens=True)
    second = PersonCell(verbose_name="Người thứ hai", orderable=False, phone="detail")
    reasons = WideCell(verbose_name="Vì sao", orderable=False, phone="detail")
    state = BadgeCell(accessor="badge", verbose_name="Tình trạng", orderable=False)

    class Meta(RecordTable.Meta):
        model = DuplicatePair
        fields = ()
        order_by = ("-certain",)
