"""What the portal holds about one person, for the person to read. Never incidents: none has one."""

from dataclasses import dataclass

from django.db.models import Q

from households.models import ResidenceAct, Resident, StayNotice, TransferRequest
from kylien.core.text import format_birth, format_date
from retention.models import CorrectionRequest
from selfgov_groups.models import GroupMembership, GroupOfficer, RosterLine

NUMBERS = ("citizen_id", "old_id", "phone")


@dataclass(frozen=True)
class Part:
    """A table of the sheet: its title, column heads, and rows of texts."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def facts(person: Resident) -> list[tuple[str, str]]:
    """List what the person's own record says, numbers in full."""
    shown = {
        "code": person.code,
        "full_name": person.full_name,
        "birth_date": format_birth(person.birth_date, person.birth_precision),
        "sex": person.get_sex_display(),
        **{name: getattr(person, name) for name in NUMBERS},
        "neighbourhood": str(person.neighbourhood or ""),
        "note": person.note,
    }
    labels = {name: str(Resident._meta.get_field(name).verbose_name) for name in shown}
    found = [(labels[name], value or "—") for name, value in shown.items()]
    aliases = ", ".join(person.aliases.order_by("code").values_list("code", flat=True))
    return [*found, ("bản ghi trùng đã gộp", aliases)] if aliases else found


def parts(person: Resident, user) -> list[Part]:
    """Return everything else about the person, of the rows the user may see; empty tables too."""
    stays = list(person.residences.visible_to(user).for_list().order_by("started_on", "pk"))
    absences = person.absences.visible_to(user).order_by("started_on", "pk")
    of_person = Q(started__resident=person) | Q(ended__resident=person)
    acts = ResidenceAct.objects.visible_to(user).filter(
        pk__in=ResidenceAct.objects.filter(of_person | Q(residents_entered=person)).values("pk")
    )
    moves = TransferRequest.objects.visible_to(user).filter(members__residence__resident=person)
    offices = GroupOfficer.objects.visible_to(user).filter(resident=person)
    checks = RosterLine.objects.visible_to(user).filter(residence__resident=person)
    notices = StayNotice.objects.visible_to(user)
    notices = notices.filter(id_number=person.citizen_id) if person.citizen_id else notices.none()
    asked = CorrectionRequest.objects.visible_to(user).filter(resident=person)
    return [
        Part(
            "Cư trú",
            ("Loại", "Nơi ở", "Quan hệ với chủ hộ", "Thời gian", "Lý do kết thúc"),
            [
                (
                    one.get_kind_display(),
                    str(one.host()),
                    one.relation_label(),
                    _span(one.started_on, one.ended_on),
                    one.get_end_reason_display(),
                )
                for one in stays
            ],
        ),
        Part(
            "Biến động cư trú",
            ("Mã", "Việc", "Ngày", "Mã hồ sơ"),
            [
                (one.code, one.get_kind_display(), format_date(one.happened_on), one.file_number)
                for one in acts.order_by("happened_on", "pk")
            ],
        ),
        Part(
            "Đề nghị chuyển tổ dân phố",
            ("Mã", "Đến", "Từ ngày", "Kết quả"),
            [
                (
                    one.code,
                    str(one.to_neighbourhood),
                    format_date(one.starts_on),
                    one.get_decision_display(),
                )
                for one in moves.select_related("to_neighbourhood").order_by("pk")
            ],
        ),
        Part(
            "Tạm vắng",
            ("Mã", "Lý do", "Nơi đến", "Thời gian", "Dự kiến về"),
            [
                (
                    one.code,
                    one.get_reason_display(),
                    one.destination,
                    _span(one.started_on, one.returned_on),
                    format_date(one.expected_on),
                )
                for one in absences
            ],
        ),
        Part(
            "Thông báo lưu trú cùng số định danh",
            ("Mã", "Nơi lưu trú", "Lý do", "Dự kiến đi"),
            [
                (
                    one.code,
                    str(one.household or one.lodging),
                    one.reason,
                    format_date(one.leaves_on),
                )
                for one in notices.for_list().order_by("arrived_at", "pk")
            ],
        ),
        Part("Tổ liên gia của hộ", ("Tổ", "Hộ", "Thời gian"), _memberships(stays, user)),
        Part(
            "Chức vụ trong tổ liên gia",
            ("Tổ", "Chức vụ", "Thời gian"),
            [
                (
                    one.group.name,
                    one.get_role_display(),
                    _span(one.started_on, one.ended_on),
                )
                for one in offices.select_related("group").order_by("started_on", "pk")
            ],
        ),
        Part(
            "Rà soát của tổ liên gia",
            ("Phiếu", "Thay đổi", "Từ ngày", "Ghi chú"),
            [
                (
                    one.roster.code,
                    one.get_change_display(),
                    format_date(one.happened_on),
                    one.note,
                )
                for one in checks.select_related("roster").order_by("pk")
            ],
        ),
        Part(
            "Yêu cầu đính chính",
            ("Mã", "Nhận ngày", "Bản ghi", "Kết luận"),
            [
                (
                    one.code,
                    format_date(one.received_on),
                    one.record_code,
                    one.get_decision_display(),
                )
                for one in asked.order_by("received_on", "pk")
            ],
        ),
    ]


def _memberships(stays, user):
    """Return the groups that the person's households were in while the person lived there."""
    homes = {one.household_id for one in stays if one.household_id}
    rows = GroupMembership.objects.visible_to(user).filter(household__in=homes)
    rows = rows.select_related("group", "household").order_by("joined_on", "pk")
    return [
        (row.group.name, row.household.code, _span(row.joined_on, row.left_on))
        for row in rows
        if any(_overlap(row, one) for one in stays if one.household_id == row.household_id)
    ]


def _overlap(membership, stay):
    begins_before = stay.ended_on is None or membership.joined_on < stay.ended_on
    return begins_before and (membership.left_on is None or stay.started_on < membership.left_on)


def _span(start, end):
    return f"{format_date(start)} – {format_date(end) if end else 'nay'}"
