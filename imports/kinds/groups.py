"""Tổ liên gia: one row a member household, or one row a group.

A group is known by its code here, else by its name in its neighbourhood; a row that leaves both out
goes on with the group above. What joins obeys `services.membership`. Who cannot hold an office as
`services.life` has it is told in the row's reasons; the household joins all the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from households.models import Residence
from imports.kinds.base import Cell, Column, Kind, Line, Option, Planned, Run, Value
from imports.kinds.members import Role, Sheet
from imports.kinds.people import shown_day
from imports.kinds.persons import in_parts
from imports.kinds.wording import at_most
from imports.reading import values as read
from selfgov_groups.models import (
    GroupMeeting,
    GroupMembership,
    GroupOfficer,
    SelfManagedGroup,
)

OFFICES = {
    **{label: value for value, label in Role.choices},
    "Trưởng": Role.HEAD,
    "Tổ trưởng tổ liên gia": Role.HEAD,
    "Tổ trưởng TLG": Role.HEAD,
    "TT": Role.HEAD,
    "Head": Role.HEAD,
    "Phó": Role.DEPUTY,
    "Tổ phó tổ liên gia": Role.DEPUTY,
    "TP": Role.DEPUTY,
    "Deputy": Role.DEPUTY,
    # Members hold no office, and lists say so.
    "Thành viên": "",
    "Tổ viên": "",
    "Hội viên": "",
    "Member": "",
}
read_known_office = read.read_choice(OFFICES)


def read_office(cell: Cell, warn) -> Value:
    """Return an office; None for members, who hold none."""
    return read_known_office(cell, warn) or None


def read_holder(cell: Cell, warn) -> Value:
    """Return who holds an office: a name, or True for a tick beside the household's own."""
    words = cell if isinstance(cell, str) else ""
    if cell in (None, "") or len(words) > 4:
        return at_most(100, read.read_name)(cell, warn)
    try:
        return read.read_yes(cell, warn) or None
    except ValueError:
        return read.read_name(cell, warn)


class GroupsKind(Kind):
    key = "groups"
    label = "Tổ liên gia"
    hint = "Mỗi dòng một hộ của tổ, hoặc mỗi dòng một tổ; tên tổ ghi ở dòng đầu của tổ là đủ."
    columns = (
        Column(
            "code",
            "Mã",
            read.read_code,
            ("Mã tổ", "Mã tổ liên gia", "Mã TLG", "Code"),
            hint="Mã của sổ này (TLG-001), khi nhập lại danh sách đã xuất.",
            width=11,
        ),
        Column(
            "name",
            "Tên tổ",
            at_most(100, read.read_text),
            (
                "Tổ liên gia",
                "Tên tổ liên gia",
                "Tổ liên gia tự quản",
                "Tên tổ liên gia tự quản",
                "Tổ tự quản",
                "Tên tổ tự quản",
                "Nhóm liên gia",
                "Group",
                "Group name",
            ),
            required=True,
            carried=True,
            example="Tổ liên gia số 1",
            width=22,
        ),
        Column(
            "neighbourhood",
            "Tổ dân phố",
            read.read_text,
            ("TDP", "Khu phố", "Khối phố", "Thuộc tổ dân phố", "Neighbourhood", "Area"),
            required=True,
            carried=True,
            example="Tổ dân phố 1",
        ),
        Column(
            "founded_on",
            "Ngày thành lập",
            read.read_day,
            ("Thành lập ngày", "Ngày lập tổ", "Ngày ra mắt", "Founded on"),
            example="01/03/2022",
            hint="Tổ mới phải có, ở dòng đầu của tổ hoặc chọn cho cả tệp.",
            shown=shown_day,
        ),
        Column(
            "household_code",
            "Mã hộ",
            read.read_code,
            ("Household code",),
            example="H-00012",
            hint="Mã của sổ này; không có thì ghi chủ hộ và địa chỉ.",
            width=12,
        ),
        Column(
            "head_name",
            "Chủ hộ",
            at_most(100, read.read_name),
            (
                "Họ tên chủ hộ",
                "Họ và tên chủ hộ",
                "Tên chủ hộ",
                "Đại diện hộ",
                "Hộ gia đình",
                "Họ và tên",
                "Họ tên",
                "Head of household",
            ),
            example="Nguyễn Văn Mẫu",
            width=26,
        ),
        Column(
            "address",
            "Địa chỉ",
            at_most(200, read.read_address),
            ("Địa chỉ hộ", "Nơi ở", "Chỗ ở", "Số nhà", "Address"),
            example="Số 3 đường Mẫu",
            width=30,
        ),
        Column(
            "joined_on",
            "Vào tổ ngày",
            read.read_day,
            ("Ngày vào tổ", "Vào tổ từ", "Ngày tham gia", "Tham gia từ", "Joined on"),
            example="01/03/2022",
            hint="Để trống: ngày chung của tệp, hoặc ngày thành lập tổ.",
            shown=shown_day,
        ),
        Column(
            "office",
            "Chức vụ",
            read_office,
            ("Chức danh", "Vai trò", "Nhiệm vụ", "Office", "Role"),
            example="Tổ trưởng",
            hint="Tổ trưởng, Tổ phó; của người ghi ở cột Chủ hộ.",
            shown=lambda value: Role(value).label,
        ),
        Column(
            "head",
            "Tổ trưởng",
            read_holder,
            ("Họ tên tổ trưởng", "Tên tổ trưởng", "Họ và tên tổ trưởng", "Head"),
            hint="Tên, hoặc đánh dấu x ở dòng hộ của tổ trưởng.",
            width=24,
            shown=lambda value: "Tổ trưởng" if value is True else value,
        ),
        Column(
            "deputy",
            "Tổ phó",
            read_holder,
            ("Họ tên tổ phó", "Tên tổ phó", "Họ và tên tổ phó", "Deputy"),
            hint="Tên, hoặc đánh dấu x ở dòng hộ của tổ phó.",
            width=24,
            shown=lambda value: "Tổ phó" if value is True else value,
        ),
        Column(
            "office_since",
            "Giữ chức từ",
            read.read_day,
            ("Giữ chức từ ngày", "Ngày nhận chức", "Ngày công nhận", "Office since"),
            hint="Để trống: từ ngày vào tổ.",
            shown=shown_day,
        ),
        Column(
            "recognised_by",
            "Văn bản công nhận",
            at_most(100, read.read_text),
            ("Quyết định công nhận", "Số quyết định", "Recognised by"),
            width=22,
        ),
        Column(
            "note",
            "Ghi chú",
            at_most(500, read.read_text),
            ("Ghi chú của tổ", "Chú thích", "Note", "Remarks"),
            hint="Về tổ, ghi ở dòng đầu của tổ.",
            width=24,
        ),
    )
    options = (
        Option("founded_on", "Ngày thành lập", "day", hint="Cho tổ mới để trống ngày."),
        Option("joined_on", "Vào tổ ngày", "day", hint="Cho dòng để trống ngày vào tổ."),
    )
    examples = (
        {
            "name": "Tổ liên gia số 1",
            "neighbourhood": "Tổ dân phố 1",
            "founded_on": "01/03/2022",
            "household_code": "H-00012",
            "joined_on": "01/03/2022",
            "office": "Tổ trưởng",
        },
        {"head_name": "Trần Thị Thử", "address": "Số 5 đường Mẫu"},
        {
            "name": "Tổ liên gia số 2",
            "neighbourhood": "Tổ dân phố 1",
            "founded_on": "15/06/2023",
            "head_name": "Lê Văn Ví Dụ",
            "address": "Số 9 đường Thử",
        },
    )

    def missing(self, keys):
        """A list that was exported names its groups by code."""
        return [] if "code" in keys else super().missing(keys)

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        return Sheet(self, lines, run).planned()

    def write(self, chosen, journal, run):
        rows = [plan.data for _, plan in chosen]
        founding = [row for row in rows if row.founds]
        groups = [SelfManagedGroup(**row.unit.values) for row in founding]
        SelfManagedGroup.objects.bulk_create(groups)
        for row, group in zip(founding, groups, strict=True):
            row.unit.pk = group.pk
            journal.created(row.number, group)
        firsts = [row for row in rows if row is row.unit.first]
        self._write_changed([row for row in firsts if row.unit.anew], journal)
        joining = [row for row in rows if row.joins]
        self._keep(
            joining,
            [
                GroupMembership(
                    group_id=row.unit.pk, household_id=row.home.pk, joined_on=row.joined_on
                )
                for row in joining
            ],
            journal,
        )
        offices = [(row, office) for row in rows for office in row.offices]
        self._keep(
            [row for row, _ in offices],
            [GroupOfficer(group_id=row.unit.pk, **office) for row, office in offices],
            journal,
        )
        run.progress(len(rows))

    @staticmethod
    def _write_changed(leads, journal):
        for part in in_parts(leads):
            locked = SelfManagedGroup.objects.select_for_update(of=("self",))
            groups = locked.in_bulk([row.unit.pk for row in part])
            for row in part:
                group, anew = groups[row.unit.pk], row.unit.anew
                told = {name: (getattr(group, name), new) for name, new in anew.items()}
                for name, new in anew.items():
                    setattr(group, name, new)
                group.save()
                journal.changed(row.number, group, told)

    @staticmethod
    def _keep(rows, written, journal):
        if written:
            type(written[0]).objects.bulk_create(written)
        for row, one in zip(rows, written, strict=True):
            journal.created(row.number, one)

    def kept_with(self, undo):
        """A household stays in its group where somebody of it holds an office since, or where a
        meeting counted it."""
        going = undo.remove.get(GroupMembership, {})
        for part in in_parts(going):
            rows = list(GroupMembership.objects.filter(pk__in=part))
            kept = self._of_officers(rows, undo.remove.get(GroupOfficer, {}))
            kept |= self._of_meetings(rows, going)
            for key, reason in kept.items():
                yield GroupMembership, key, reason

    @staticmethod
    def _of_officers(rows, going):
        """Return the memberships by whose household an officer belongs who does not go."""
        places = {(row.group_id, row.household_id): row.pk for row in rows}
        officers = defaultdict(list)
        terms = GroupOfficer.objects.filter(group__in={row.group_id for row in rows})
        for term in terms.select_related("resident"):
            if term.pk not in going:
                officers[term.resident_id].append(term)
        kept = {}
        homes = {row.household_id for row in rows}
        for part in in_parts(officers):
            stays = Residence.objects.filter(resident__in=part, household__in=homes)
            for resident, home in stays.values_list("resident", "household"):
                for term in officers[resident]:
                    key = places.get((term.group_id, home))
                    if key:
                        label = term.get_role_display().lower()
                        kept[key] = f"hộ của {label} {term.resident.full_name}"
        return kept

    @staticmethod
    def _of_meetings(rows, going):
        """Return the memberships without which more households came than the group had."""
        groups = {row.group_id for row in rows}
        members = defaultdict(list)
        for row in GroupMembership.objects.filter(group__in=groups):
            members[row.group_id].append(row)
        kept = {}
        for meeting in GroupMeeting.objects.held().filter(group__in=groups):
            day = meeting.held_on
            there = [
                row
                for row in members[meeting.group_id]
                if row.joined_on <= day and (row.left_on is None or day < row.left_on)
            ]
            if sum(row.pk not in going for row in there) < meeting.attended:
                for row in there:
                    if row.pk in going:
                        kept[row.pk] = f"{str(meeting).lower()} có {meeting.attended} hộ dự"
        return kept
