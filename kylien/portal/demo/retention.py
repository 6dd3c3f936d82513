"""What is past its period in the demo ward, what was disposed of, what people asked to correct.

Notices and absences of years ago are added for it: the registers begin two years back.
"""

import datetime as dt

from households.models import Absence, Residence, StayNotice
from kylien.core.periods import add_months
from kylien.portal.demo.events import make_stay
from kylien.portal.demo.residence import PLACES
from kylien.portal.demo.scene import moment
from retention.models import CorrectionRequest, RecordType
from retention.services import corrections, disposals

OLD_STAYS = (41, 41, 40, 40, 37, 37, 36, 36, 36, 36)  # months ago: the first four went already
OLD_ABSENCES = 5
DISPOSED_AGO = 96  # days


def make_retention(scene):
    """Make old rows, one disposal done, one that waits, a request answered and two that wait."""
    settled = Residence.objects.permanent().current().filter(household__isnull=False)
    before = add_months(scene.on, -84)
    settled = settled.filter(started_on__lt=before).select_related("resident", "household")
    stays = list(settled.order_by("pk")[:400])
    _stays(scene, [stay.household for stay in stays])
    _absences(scene, scene.rng.sample(stays, OLD_ABSENCES))
    _disposals(scene)
    _corrections(scene)


def _stays(scene, homes):
    rows = []
    for months in OLD_STAYS:
        day = add_months(scene.on, -months) - dt.timedelta(days=scene.rng.randint(12, 25))
        row = make_stay(scene, moment(scene.rng, day, 8, 20), scene.rng.choice(homes), None)
        row.confirmed_at = row.notified_at + dt.timedelta(minutes=20)
        rows.append(row)
    StayNotice.objects.bulk_create(rows)


def _absences(scene, stays):
    rows = []
    for stay in stays:
        back = add_months(scene.on, -scene.rng.randint(61, 70))
        started = back - dt.timedelta(days=scene.rng.randint(40, 200))
        rows.append(
            Absence(
                resident=stay.resident,
                neighbourhood_id=stay.neighbourhood_id,
                reason=Absence.Reason.WORK,
                destination=scene.rng.choice(PLACES),
                started_on=started,
                expected_on=back,
                returned_on=back,
            )
        )
    Absence.objects.bulk_create(rows)


def _disposals(scene):
    clerk, chief = scene.officers["nhaplieu"], scene.officers["chihuy"]
    day = scene.days_ago(DISPOSED_AGO)
    done = disposals.propose(types=[RecordType.STAY_NOTICE], note="Rà soát quý", by=clerk, on=day)
    day += dt.timedelta(days=2)
    at = moment(scene.rng, day, 9, 10)
    disposals.confirm(disposal=done, by=chief, on=day, at=at)
    disposals.propose(
        types=[RecordType.ABSENCE], note="Rà soát quý", by=clerk, on=scene.days_ago(1)
    )


def _corrections(scene):
    officer = scene.officers["cskv1"]
    seen = Residence.objects.visible_to(officer).permanent().current().exclude(household=None)
    first, second, third = seen.select_related("resident", "household").order_by("pk")[20:23]
    asked = (
        (first.resident, "", "", "Tháng sinh ghi chưa đúng, có giấy khai sinh kèm theo", 24),
        (second.resident, "", second.household.code, "Số nhà ghi nhầm ngõ", 4),
        (None, "Trần Thị Mai", third.household.code, "Ghi thiếu người mới về ở cùng", 1),
    )
    for resident, asker, code, content, ago in asked:
        row = corrections.take_down(
            correction=CorrectionRequest(
                resident=resident,
                asker=asker,
                record_code=code,
                content=content,
                received_on=scene.days_ago(ago),
                owner=officer,
            ),
            user=officer,
        )
        if ago > 20:
            corrections.answer(
                correction=row,
                decision=CorrectionRequest.Decision.CORRECTED,
                result="Đã sửa theo giấy khai sinh.",
                done_on=scene.days_ago(ago - 3),
            )
