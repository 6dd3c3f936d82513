"""Days off are rows that the chief keeps up; working days follow them."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from kylien.areas.models import Holiday
from tests.factories import HolidayFactory

D = dt.date

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (D(2026, 2, 13), True),
        (D(2026, 2, 16), False),
        (D(2026, 2, 20), False),
        (D(2026, 2, 23), True),
        (D(2026, 4, 30), False),
        (D(2026, 5, 1), False),
        (D(2026, 8, 22), True),  # a Saturday, for the Monday before 1 September
        (D(2026, 8, 29), False),
        (D(2026, 8, 31), False),
        (D(2026, 9, 3), True),
    ],
)
def test_the_days_of_2026_are_known(day, works):
    assert Holiday.objects.all().calendar().is_working(day) is works


def test_what_the_chief_enters_counts_at_once():
    HolidayFactory(day=D(2026, 11, 18))
    HolidayFactory(day=D(2026, 11, 21), kind="worked")
    calendar = Holiday.objects.all().calendar()
    assert not calendar.is_working(D(2026, 11, 18))
    assert calendar.is_working(D(2026, 11, 21))


def test_a_day_is_entered_once():
    with pytest.raises(ValidationError, match="Ngày này đã ghi"):
        HolidayFactory.build(day=D(2026, 5, 1)).full_clean()


def test_every_role_may_count_working_days(officer_a, duty):
    for user in (officer_a, duty):
        assert Holiday.objects.visible_to(user).count() == Holiday.objects.count()


def test_a_day_is_told_with_its_name():
    assert str(Holiday.objects.get(day=D(2026, 5, 1))) == "Quốc tế Lao động 1/5 01/05/2026"
