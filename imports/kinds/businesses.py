"""Cơ sở kinh doanh: one row a business, or one row a paper that it holds.

Rows are of one business by its code here, by name and address, or because a row that leaves both
out goes on with the one above. Papers are brought in as they are held: nothing is issued, what was
revoked stays so, and a paper of the ward's own must be one that the ward could issue.
"""

from collections.abc import Iterator, Sequence

from businesses.models import Business, Certificate, StateChange
from imports.kinds.base import Cell, Column, Kind, Line, Planned, Run
from imports.kinds.firms import Sheet, State
from imports.kinds.people import shown_day
from imports.kinds.persons import in_parts
from imports.kinds.wording import at_most
from imports.reading import values as read
from kylien.core import text

LARGEST, LARGEST_SMALL = 2**31 - 1, 2**15 - 1  # of the two kinds of count in the database
ENDLESS = frozenset(
    (
        "khong thoi han",
        "vo thoi han",
        "khong co thoi han",
        "khong ghi thoi han",
        "khong xac dinh thoi han",
        "lau dai",
    )
)


def read_term(cell: Cell, warn) -> str | None:
    """Return the last day of a paper; None for one without a term."""
    endless = isinstance(cell, str) and text.fold(cell) in ENDLESS
    return None if endless else read.read_day(cell, warn)


STATES = {
    "Đang hoạt động": State.OPEN,
    "Hoạt động": State.OPEN,
    "Còn hoạt động": State.OPEN,
    "Đang kinh doanh": State.OPEN,
    "Mở cửa": State.OPEN,
    "Open": State.OPEN,
    "Tạm ngừng": State.SUSPENDED,
    "Tạm ngừng hoạt động": State.SUSPENDED,
    "Tạm ngừng kinh doanh": State.SUSPENDED,
    "Tạm dừng": State.SUSPENDED,
    "Tạm nghỉ": State.SUSPENDED,
    "Suspended": State.SUSPENDED,
    "Đã đóng cửa": State.CLOSED,
    "Đóng cửa": State.CLOSED,
    "Ngừng hoạt động": State.CLOSED,
    "Đã ngừng hoạt động": State.CLOSED,
    "Nghỉ kinh doanh": State.CLOSED,
    "Giải thể": State.CLOSED,
    "Đã nghỉ": State.CLOSED,
    "Closed": State.CLOSED,
}
ISSUE_REASONS = {
    **{label: value for value, label in Certificate.IssueReason.choices},
    "Cấp lần đầu": Certificate.IssueReason.NEW,
    "Đổi": Certificate.IssueReason.CHANGE,
}


class BusinessesKind(Kind):
    key = "businesses"
    label = "Cơ sở kinh doanh"
    hint = (
        "Mỗi dòng một cơ sở, hoặc mỗi dòng một giấy của cơ sở; các giấy của một cơ sở ghi ở những "
        "dòng liền nhau."
    )
    columns = (
        Column(
            "code",
            "Mã",
            read.read_code,
            ("Mã cơ sở", "Mã CS", "Code"),
            hint="Mã của sổ này (CS-00012), khi nhập lại danh sách đã xuất.",
            width=11,
        ),
        Column(
            "name",
            "Tên cơ sở",
            at_most(200, read.read_text),
            (
                "Cơ sở",
                "Tên cơ sở kinh doanh",
                "Cơ sở kinh doanh",
                "Tên doanh nghiệp",
                "Doanh nghiệp",
                "Tên công ty",
                "Tên hộ kinh doanh",
                "Tên đơn vị",
                "Tên",
                "Business name",
                "Business",
                "Name",
            ),
            required=True,
            carried=True,
            example="Karaoke Mẫu",
            hint="Dòng giấy tiếp theo của cùng cơ sở: để trống được.",
            width=28,
        ),
        Column(
            "sector",
            "Ngành nghề",
            read.read_text,
            (
                "Ngành",
                "Ngành, nghề",
                "Ngành nghề kinh doanh",
                "Ngành, nghề kinh doanh",
                "Loại hình",
                "Loại hình kinh doanh",
                "Lĩnh vực",
                "Sector",
            ),
            required=True,
            carried=True,
            example="Karaoke",
            hint="Tên ngành như trong danh mục của cổng.",
        ),
        Column(
            "address",
            "Địa chỉ",
            at_most(200, read.read_address),
            (
                "Địa chỉ kinh doanh",
                "Địa chỉ cơ sở",
                "Địa điểm",
                "Địa điểm kinh doanh",
                "Nơi kinh doanh",
                "Trụ sở",
                "Địa chỉ trụ sở",
                "Địa chỉ, tổ dân phố",
                "Address",
            ),
            required=True,
            carried=True,
            example="Số 12 đường Mẫu",
            width=30,
        ),
        Column(
            "neighbourhood",
            "Tổ dân phố",
            read.read_text,
            ("Tổ", "TDP", "Khu phố", "Khối phố", "Số tổ", "Địa bàn", "Neighbourhood", "Area"),
            required=True,
            carried=True,
            example="Tổ dân phố 1",
        ),
        Column(
            "responsible_name",
            "Người phụ trách",
            at_most(100, read.read_text),
            (
                "Chủ cơ sở",
                "Tên chủ cơ sở",
                "Họ tên chủ cơ sở",
                "Người đại diện",
                "Đại diện",
                "Người đại diện theo pháp luật",
                "Người chịu trách nhiệm",
                "Người chịu trách nhiệm về ANTT",
                "Chủ hộ kinh doanh",
                "Chủ doanh nghiệp",
                "Giám đốc",
                "Owner",
                "Representative",
            ),
            example="Lê Thị Mẫu",
            width=24,
        ),
        Column(
            "phone",
            "Điện thoại",
            read.read_phone,
            ("Số điện thoại", "SĐT", "ĐT", "Điện thoại liên hệ", "Phone", "Mobile", "Tel"),
            example="0100123456",
            secret=True,
        ),
        Column(
            "registration",
            "Số đăng ký kinh doanh",
            at_most(50, read.read_text),
            (
                "Mã số thuế",
                "MST",
                "Số ĐKKD",
                "Mã số doanh nghiệp",
                "Mã số hộ kinh doanh",
                "Tax code",
            ),
            hint="Để nhận ra cơ sở theo giấy đã ghi; muốn ghi giấy thì ghi thành một dòng giấy.",
        ),
        Column(
            "opened_on",
            "Ngày hoạt động",
            read.read_day,
            ("Hoạt động từ", "Ngày bắt đầu hoạt động", "Ngày khai trương", "Opened on"),
            example="01/06/2021",
            shown=shown_day,
        ),
        Column("rooms", "Số phòng", at_most(LARGEST_SMALL, read.read_int), ("Rooms",), width=10),
        Column(
            "area_m2",
            "Diện tích (m²)",
            at_most(LARGEST, read.read_int),
            ("Diện tích", "Diện tích m2", "Floor area"),
            width=10,
        ),
        Column(
            "staff_count",
            "Số nhân viên",
            at_most(LARGEST, read.read_int),
            ("Số người làm việc", "Số người lao động", "Nhân viên", "Staff"),
            width=10,
        ),
        Column(
            "fire_group",
            "Nhóm cơ sở PCCC",
            read.read_text,
            ("Nhóm PCCC", "Nhóm", "Fire group"),
        ),
        Column(
            "security_unit",
            "Lực lượng bảo vệ",
            at_most(100, read.read_text),
            ("Bảo vệ", "Đội bảo vệ", "Security"),
        ),
        Column(
            "state",
            "Tình trạng",
            read.read_choice(STATES),
            ("Tình trạng hoạt động", "Trạng thái", "Hiện trạng", "Status", "State"),
            hint="Đang hoạt động, Tạm ngừng, Đã đóng cửa.",
            shown=lambda value: State(value).label,
        ),
        Column(
            "state_on",
            "Ngày đổi tình trạng",
            read.read_day,
            ("Ngày đóng cửa", "Ngày tạm ngừng", "Tạm ngừng từ", "Ngừng từ ngày"),
            hint="Để trống: hôm nay.",
            shown=shown_day,
        ),
        Column(
            "state_reason",
            "Lý do đổi tình trạng",
            at_most(200, read.read_text),
            ("Lý do tạm ngừng", "Lý do đóng cửa", "Lý do ngừng hoạt động"),
        ),
        Column(
            "note",
            "Ghi chú",
            at_most(500, read.read_text),
            ("Chú thích", "Note", "Remarks"),
            width=24,
        ),
        Column(
            "paper_kind",
            "Loại giấy",
            read.read_text,
            ("Tên giấy", "Loại giấy tờ", "Loại giấy phép", "Loại giấy chứng nhận", "Paper kind"),
            example="GCN đủ điều kiện ANTT",
            hint="Để trống mà có số giấy: GCN đủ điều kiện ANTT.",
            width=24,
        ),
        Column(
            "paper_number",
            "Số giấy",
            at_most(50, read.read_text),
            (
                "Số giấy phép",
                "Số giấy chứng nhận",
                "Số GCN",
                "Số GCN ANTT",
                "Số GCN ĐĐK ANTT",
                "GCN ANTT",
                "GCN ANTT số",
                "Giấy chứng nhận ANTT",
                "Certificate number",
            ),
            example="15/2024/GCN-ANTT",
            width=20,
        ),
        Column(
            "issued_on",
            "Ngày cấp",
            read.read_day,
            ("Cấp ngày", "Ngày cấp giấy", "Ngày cấp phép", "Ngày cấp GCN", "Issued on"),
            example="10/05/2024",
            shown=shown_day,
        ),
        Column(
            "issuer",
            "Nơi cấp",
            at_most(100, read.read_text),
            ("Cơ quan cấp", "Đơn vị cấp", "Cấp bởi", "Nơi cấp giấy", "Issued by", "Issuer"),
            example="Công an tỉnh Mẫu",
            width=22,
        ),
        Column(
            "expires_on",
            "Hạn đến",
            read_term,
            (
                "Ngày hết hạn",
                "Hết hạn",
                "Hạn giấy",
                "Thời hạn",
                "Có giá trị đến",
                "Giá trị đến",
                "Hiệu lực đến",
                "Expires on",
            ),
            hint="Để trống nếu giấy không ghi thời hạn.",
            shown=shown_day,
        ),
        Column(
            "issue_reason",
            "Cấp theo",
            read.read_choice(ISSUE_REASONS),
            ("Hình thức cấp", "Issue reason"),
            hint="Cấp mới, Cấp đổi, Cấp lại.",
            shown=lambda value: Certificate.IssueReason(value).label,
        ),
    )
    examples = (
        {
            "name": "Karaoke Mẫu",
            "sector": "Karaoke",
            "address": "Số 12 đường Mẫu",
            "neighbourhood": "Tổ dân phố 1",
            "responsible_name": "Lê Thị Mẫu",
            "phone": "0100000001",
            "opened_on": "01/06/2021",
            "rooms": "8",
            "paper_kind": "GCN đủ điều kiện ANTT",
            "paper_number": "15/2024/GCN-ANTT",
            "issued_on": "10/05/2024",
            "issuer": "Công an tỉnh Mẫu",
        },
        {
            "paper_kind": "Nghiệm thu, thẩm duyệt PCCC",
            "paper_number": "07/NT-PCCC",
            "issued_on": "02/04/2024",
            "issuer": "Phòng Cảnh sát PCCC Mẫu",
        },
        {
            "name": "Công ty TNHH Ví Dụ",
            "sector": "Công ty, doanh nghiệp",
            "address": "Lô 3 đường Thử",
            "neighbourhood": "Tổ dân phố 2",
            "responsible_name": "Trần Văn Thử",
            "phone": "0100000002",
        },
    )

    def missing(self, keys):
        """A list that was exported names its businesses by code."""
        return [] if "code" in keys else super().missing(keys)

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        return Sheet(self, lines, run).planned()

    # --- writing ---
    def write(self, chosen, journal, run):
        rows = [plan.data for _, plan in chosen]
        self._write_new([row for row in rows if row.founds], journal)
        leads = [row for row in rows if row is row.firm.lead]
        self._write_changed([row for row in leads if row.firm.anew], journal)
        self._write_states([row for row in leads if row.firm.change], journal)
        papers = [(row, self._paper(row)) for row in rows if row.is_new_paper]
        Certificate.objects.bulk_create(paper for _, paper in papers)
        for row, paper in papers:
            journal.created(row.number, paper)
        self._mend_papers([row for row in rows if row.mended], journal)
        run.progress(len(rows))

    @staticmethod
    def _write_new(leads, journal):
        firms = [Business(**row.firm.values) for row in leads]
        Business.objects.bulk_create(firms)
        for row, firm in zip(leads, firms, strict=True):
            row.firm.pk = firm.pk
            journal.created(row.number, firm)

    @staticmethod
    def _write_changed(leads, journal):
        for part in in_parts(leads):
            locked = Business.objects.select_for_update(of=("self",))
            firms = locked.in_bulk([row.firm.pk for row in part])
            for row in part:
                _save(firms[row.firm.pk], row.firm.anew, row.number, journal)

    @staticmethod
    def _write_states(leads, journal):
        changes = [StateChange(business_id=row.firm.pk, **row.firm.change) for row in leads]
        StateChange.objects.bulk_create(changes)
        for row, change in zip(leads, changes, strict=True):
            journal.created(row.number, change)

    @staticmethod
    def _paper(row):
        paper = row.paper
        return Certificate(
            business_id=row.firm.pk,
            kind_id=paper.kind,
            number=paper.number,
            issuer=paper.issuer,
            issued_on=paper.issued_on,
            expires_on=paper.expires_on,
            issue_reason=paper.reason,
            by_ward=paper.by_ward,
        )

    @staticmethod
    def _mend_papers(rows, journal):
        for part in in_parts(rows):
            papers = Certificate.objects.in_bulk([row.held.pk for row in part])
            for row in part:
                _save(papers[row.held.pk], row.mended, row.number, journal)

    # --- undoing ---
    def kept_with(self, undo):
        """A change of state stays while a later one rests on it."""
        going = undo.remove.get(StateChange, {})
        for part in in_parts(going):
            changes = StateChange.objects.filter(pk__in=part)
            days = {key: (pk, day) for key, pk, day in changes.values_list(*_CHANGE)}
            later = StateChange.objects.filter(business__in=days).values_list(*_CHANGE)
            resting = {key for key, pk, day in later if day > days[key][1] and pk not in going}
            for key in resting:
                yield StateChange, days[key][0], "tình trạng đã đổi tiếp sau khi nhập"

    def undoing(self, undo):
        """A business's state repeats its last change: the last of those that stay."""
        going = set(undo.remove.get(StateChange, {}))
        keys = {row.pk for row, mended in undo.restore if isinstance(row, Business)}
        for part in in_parts(going):
            keys.update(StateChange.objects.filter(pk__in=part).values_list("business", flat=True))
        keys -= set(undo.remove.get(Business, {}))
        for part in in_parts(keys):
            changes = StateChange.objects.filter(business__in=part).order_by("changed_on", "pk")
            told = changes.values_list("business", "pk", "state")
            last = {key: state for key, pk, state in told if pk not in going}
            for firm in Business.objects.filter(pk__in=part):
                state = last.get(firm.pk, State.OPEN)
                if firm.state != state:
                    firm.state = state
                    firm.save(update_fields=["state"])


_CHANGE = ("business", "pk", "changed_on")


def _save(row, anew, number, journal):
    """Save new values of a row and tell the journal of the old ones."""
    told = {name: (getattr(row, name), new) for name, new in anew.items()}
    for name, new in anew.items():
        setattr(row, name, new)
    row.save()
    journal.changed(number, row, told)
