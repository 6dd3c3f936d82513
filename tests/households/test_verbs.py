"""Queryset verbs: a row just inside and one just outside each; and the hours of a stay notice."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from households.models import Household, Residence, Resident, StayNotice
from households.services import end_residence
from kylien.core.periods import Month
from tests import factories

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


def at(text):
    return timezone.make_aware(dt.datetime.fromisoformat(text))


def test_household_active_on(area_a, on):
    kept = factories.HouseholdFactory(neighbourhood=area_a, opened_on=on - 10 * DAY)
    gone = factories.HouseholdFactory(
        neighbourhood=area_a, opened_on=on - 10 * DAY, dissolved_on=on
    )
    assert set(Household.objects.active_on(on - DAY)) == {kept, gone}
    assert set(Household.objects.active_on(on)) == set(Household.objects.active()) == {kept}
    assert not Household.objects.active_on(on - 11 * DAY).exists()
    assert Household.objects.active_on(on - 10 * DAY).count() == 2


def test_residence_open_on_and_open_before(area_a, on):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    row = factories.ResidenceFactory(household=home, started_on=on - 10 * DAY)
    end_residence(residence=row, ended_on=on - 5 * DAY, end_reason="DEPARTURE", on=on)
    held = [day for day in range(12, 3, -1) if Residence.objects.open_on(on - day * DAY).exists()]
    assert held == [10, 9, 8, 7, 6]
    held = [
        day for day in range(12, 3, -1) if Residence.objects.open_before(on - day * DAY).exists()
    ]
    assert held == [9, 8, 7, 6, 5]


def test_residence_movements_at_the_edges_of_a_month(area_a):
    month = Month.parse("2026-10")
    home = factories.HouseholdFactory(neighbourhood=area_a, opened_on=dt.date(2020, 1, 1))
    days = [month.period.start - DAY, month.period.start, month.period.end - DAY, month.period.end]
    rows = [factories.ResidenceFactory(household=home, started_on=day) for day in days]
    assert set(Residence.objects.started_in(month.period)) == set(rows[1:3])
    end_residence(residence=rows[3], ended_on=days[3], end_reason="DEATH", on=factories.day())
    for row, day in zip(rows[2::-1], days[2::-1], strict=True):  # the head, the first, goes last
        end_residence(residence=row, ended_on=day, end_reason="DEATH", on=factories.day())
    assert set(Residence.objects.ended_in(month.period)) == set(rows[1:3])


def test_residence_expiring_and_overdue(area_a, on):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    rows = {
        left: factories.ResidenceFactory(household=home, temporary=True, expires_on=on + left * DAY)
        for left in (-1, 0, 15, 16)
    }
    verbs = Residence.objects
    assert set(verbs.expiring(on, 15)) == {rows[-1], rows[0], rows[15]}
    assert set(verbs.overdue(on)) == {rows[-1]}
    assert rows[-1].badge(on) == ("late", "Tạm trú · quá hạn 1 ngày")
    assert rows[0].badge(on) == ("due", "Tạm trú · còn 0 ngày")
    assert rows[16].badge(on - 20 * DAY)[0] == "ok"
    assert set(verbs.temporary()) == set(rows.values())
    assert not verbs.permanent().exists()


def test_resident_present(area_a):
    here = factories.ResidenceFactory(
        household=factories.HouseholdFactory(neighbourhood=area_a)
    ).resident
    factories.ResidentFactory()
    assert list(Resident.objects.present()) == [here]


@pytest.mark.parametrize(
    ("arrived", "due"),
    [
        ("2026-11-24 00:00", "2026-11-24 23:00"),
        ("2026-11-24 22:59", "2026-11-24 23:00"),
        ("2026-11-24 23:00", "2026-11-25 08:00"),
        ("2026-12-31 23:59", "2027-01-01 08:00"),
        ("2024-02-28 23:30", "2024-02-29 08:00"),
    ],
)
def test_a_stay_is_notified_by_23_or_by_8_the_next_day(arrived, due):
    assert StayNotice.due(at(arrived)) == at(due)


def test_stay_notices_late_unconfirmed_and_of_a_month(area_a):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    month = Month.parse("2026-10")
    fields = {"household": home, "leaves_on": dt.date(2026, 10, 16)}
    in_time = factories.StayNoticeFactory(
        arrived_at=at("2026-10-14 20:00"), notified_at=at("2026-10-14 23:00"), **fields
    )
    late = factories.StayNoticeFactory(
        arrived_at=at("2026-10-15 00:00"), notified_at=at("2026-10-15 23:01"), **fields
    )
    assert list(StayNotice.objects.late()) == [late]
    assert list(StayNotice.objects.arrived_in(month.period)) == [in_time]
    assert StayNotice.objects.unconfirmed().count() == 2
    late.confirmed_at = timezone.now()
    late.save()
    assert list(StayNotice.objects.unconfirmed()) == [in_time]
    assert late.badge() == ("late", "Báo trễ")


@pytest.mark.parametrize(("nights", "refused"), [(-1, True), (0, False), (29, False), (30, True)])
def test_a_stay_is_shorter_than_thirty_days(area_a, nights, refused):
    notice = factories.StayNoticeFactory(
        household=factories.HouseholdFactory(neighbourhood=area_a),
        arrived_at=at("2026-10-14 20:00"),
        leaves_on=dt.date(2026, 10, 14) + nights * DAY,
    )
    if refused:
        with pytest.raises(ValidationError) as caught:
            notice.full_clean()
        assert "leaves_on" in caught.value.message_dict
    else:
        notice.full_clean()


def test_a_household_with_people_keeps_its_neighbourhood_and_is_not_dissolved(area_a, area_b, on):
    home = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=home)
    home.neighbourhood = area_b
    with pytest.raises(ValidationError) as caught:
        home.full_clean()
    assert "neighbourhood" in caught.value.message_dict
    home.neighbourhood, home.dissolved_on = area_a, on
    with pytest.raises(ValidationError) as caught:
        home.full_clean()
    assert "dissolved_on" in caught.value.message_dict


@pytest.mark.parametrize(
    ("born", "precision", "on", "age"),
    [
        (dt.date(1990, 9, 5), "D", dt.date(2026, 9, 4), "35"),
        (dt.date(1990, 9, 5), "D", dt.date(2026, 9, 5), "36"),
        (dt.date(2000, 2, 29), "D", dt.date(2026, 2, 28), "25"),
        (dt.date(1990, 9, 1), "M", dt.date(2026, 9, 15), "35–36"),
        (dt.date(1990, 9, 1), "M", dt.date(2026, 10, 1), "36"),
        (dt.date(1948, 1, 1), "Y", dt.date(2026, 11, 25), "77–78"),
        (dt.date(1948, 1, 1), "Y", dt.date(2026, 12, 31), "78"),
        (dt.date(2026, 11, 20), "D", dt.date(2026, 11, 25), "0"),
    ],
)
def test_age_is_the_whole_range_that_is_known(born, precision, on, age):
    person = Resident(full_name="A", birth_date=born, birth_precision=precision)
    assert person.age_on(on) == age
