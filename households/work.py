"""What there is to do with people: terms that end, absences that end, guests to confirm."""

from django.db.models import CharField, Value
from django.db.models.functions import Coalesce, Concat, TruncDate

from households.filters import DUE_DAYS
from households.models import Absence, Residence, Resident, StayNotice
from kylien.core.work import Work, page_of

ABSENCE_DAYS = 15  # as the list's filter `due15`


def ending_residences(user, on, until):
    """Return the temporary stays whose last day is at most `until` (Luật Cư trú Điều 27, 28)."""
    return Residence.objects.visible_to(user).expiring(on, (until - on).days)


def ending_absences(user, on, until):
    return Absence.objects.visible_to(user).ending(on, (until - on).days)


def unconfirmed_stays(user, on, until):
    """Return the stay notices nobody has confirmed: the law names no day until which."""
    return StayNotice.objects.visible_to(user).unconfirmed()


WORK = (
    Work(
        kind="residence",
        label="Tạm trú hết hạn",
        permission="households.view_residence",
        rows=ending_residences,
        day="expires_on",
        name="resident__full_name",
        detail=Concat(
            "resident__code",
            Value(" · "),
            Coalesce("household__address", "lodging__name", "employer__name"),
            output_field=CharField(),
        ),
        key="resident_id",
        url=page_of(Resident),
        soon=DUE_DAYS,
    ),
    Work(
        kind="absence",
        label="Tạm vắng đến ngày về",
        says="Tạm vắng, dự kiến về",
        permission="households.view_absence",
        rows=ending_absences,
        day="expected_on",
        name="resident__full_name",
        detail="destination",
        url=page_of(Absence),
        soon=ABSENCE_DAYS,
    ),
    Work(
        kind="stay",
        label="Lưu trú chưa xác nhận",
        permission="households.view_staynotice",
        rows=unconfirmed_stays,
        since=TruncDate("arrived_at"),
        since_word="Đến",
        name="guest_name",
        detail=Coalesce("lodging__name", "household__address"),
        url=page_of(StayNotice),
    ),
)
