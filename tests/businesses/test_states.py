"""States of a business over time: changed, taken back, refused; who traded on which day."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from businesses.casefile import state_on
from businesses.models import Business, StateChange
from businesses.services import change_state, take_back_state
from tests.factories import BusinessFactory, StateChangeFactory, day

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 24)
DAY = dt.timedelta(days=1)


def change(business, state, ago, reason="Sửa nhà"):
    return change_state(
        business=business, state=state, changed_on=ON - ago * DAY, reason=reason, on=ON
    )


@pytest.fixture
def bar():
    return BusinessFactory(opened_on=ON - 100 * DAY)


def test_who_traded_on_a_day_follows_the_changes(bar):
    change(bar, "suspended", 50)
    change(bar, "closed", 40)
    change(bar, "open", 30, reason="")
    days = {101: False, 100: True, 50: True, 41: True, 40: False, 31: False, 30: True, 0: True}
    traded = {ago: Business.objects.trading_on(ON - ago * DAY).exists() for ago in days}
    assert traded == days


def test_the_page_and_the_list_say_the_same_of_every_day(bar):
    change(bar, "suspended", 50)
    change(bar, "closed", 40)
    change(bar, "open", 30, reason="")
    row = Business.objects.prefetch_related("state_changes").get()
    for ago in range(105):
        on = ON - ago * DAY
        trades = state_on(row, on) in ("open", "suspended")
        assert Business.objects.trading_on(on).exists() is trades, on
    told = [state_on(row, ON - ago * DAY) for ago in (101, 51, 50, 40, 30)]
    assert told == [None, "open", "suspended", "closed", "open"]


def test_a_business_without_an_opening_day_was_always_there():
    BusinessFactory(opened_on=None)
    assert Business.objects.trading_on(dt.date(1950, 1, 1)).exists()


def test_the_last_change_is_the_state(bar):
    change(bar, "closed", 40)
    bar.refresh_from_db()
    assert bar.state == "closed"
    change(bar, "open", 30, reason="")
    bar.refresh_from_db()
    assert bar.state == "open"


@pytest.mark.parametrize(
    ("state", "ago", "reason", "field"),
    [
        ("open", 3, "", "state"),
        ("closed", 3, "", "reason"),
        ("suspended", 3, "", "reason"),
        ("closed", -1, "Nghỉ bán", "changed_on"),
        ("closed", 101, "Nghỉ bán", "changed_on"),
    ],
)
def test_what_cannot_be_is_refused(bar, state, ago, reason, field):
    with pytest.raises(ValidationError) as refused:
        change(bar, state, ago, reason)
    assert list(refused.value.message_dict) == [field]
    assert not StateChange.objects.exists()


@pytest.mark.parametrize("ago", [10, 11])
def test_a_change_comes_after_the_last_one(bar, ago):
    change(bar, "suspended", 10)
    with pytest.raises(ValidationError) as refused:
        change(bar, "closed", ago)
    assert list(refused.value.message_dict) == ["changed_on"]


def test_taking_back_gives_the_state_before(bar):
    first, second = change(bar, "suspended", 20), change(bar, "closed", 10)
    with pytest.raises(ValidationError):
        take_back_state(change=first)
    take_back_state(change=second)
    bar.refresh_from_db()
    assert bar.state == "suspended"
    take_back_state(change=first)
    bar.refresh_from_db()
    assert bar.state == "open"


class TestPages:
    @pytest.fixture
    def row(self, area_a):
        return BusinessFactory(neighbourhood=area_a)

    def address(self, row):
        return reverse("business-change-state", args=[row.pk])

    def typed(self, **changes):
        known = {"state": "closed", "changed_on": f"{day(2):%d/%m/%Y}", "reason": "Nghỉ bán"}
        return known | changes

    def test_a_state_is_changed(self, client_for, officer_a, row):
        client = client_for(officer_a)
        assert self.address(row) in client.get(row.get_absolute_url()).text
        assert client.get(self.address(row)).context["form"]["changed_on"].value() == day()
        response = client.post(self.address(row), self.typed())
        assert response["Location"] == f"{row.get_absolute_url()}#states"
        row.refresh_from_db()
        assert row.state == "closed"
        page = client.get(row.get_absolute_url()).text
        assert f"Cơ sở đã đóng cửa từ {day(2):%d/%m/%Y}: Nghỉ bán." in page

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"state": "open"}, "state"),
            ({"state": "x"}, "state"),
            ({"reason": ""}, "reason"),
            ({"changed_on": f"{day(-1):%d/%m/%Y}"}, "changed_on"),
            ({"changed_on": "hôm qua"}, "changed_on"),
            ({"changed_on": "\0"}, "changed_on"),
            ({"reason": "x" * 5000}, "reason"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(self, client_for, officer_a, row, changes, field):
        response = client_for(officer_a).post(self.address(row), self.typed(**changes))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert not StateChange.objects.exists()

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, row):
        client = client_for(officer_a)
        fields = self.typed(_once=client.get(self.address(row)).context["once"])
        first, second = (client.post(self.address(row), fields) for _ in "12")
        assert first.url == second.url
        assert row.state_changes.count() == 1

    def test_the_last_change_is_taken_back(self, client_for, officer_a, row):
        client = client_for(officer_a)
        client.post(self.address(row), self.typed())
        url = reverse("statechange-take-back", args=[row.state_changes.get().pk])
        assert url in client.get(row.get_absolute_url()).text
        assert "Bỏ lần đổi này" in client.get(url).text
        response = client.post(url, {"version": 1})
        assert response["Location"] == f"{row.get_absolute_url()}#states"
        row.refresh_from_db()
        assert (row.state, row.state_changes.count()) == ("open", 0)

    def test_an_earlier_change_stays(self, client_for, officer_a, row):
        early = StateChangeFactory(business=row, changed_on=day(30))
        StateChangeFactory(business=row, changed_on=day(20))
        url = reverse("statechange-take-back", args=[early.pk])
        assert url not in client_for(officer_a).get(row.get_absolute_url()).text
        response = client_for(officer_a).post(url, {"version": 1})
        assert response.status_code == 422
        assert "Chỉ bỏ được lần đổi tình trạng cuối cùng." in response.text

    def test_who_may_not(self, client_for, duty, officer_b, leader, row):
        taken = reverse("statechange-take-back", args=[StateChangeFactory(business=row).pk])
        page = client_for(duty).get(row.get_absolute_url()).text
        for url in (self.address(row), taken):
            assert url not in page
            for user, status in ((duty, 403), (leader, 403), (officer_b, 404)):
                assert client_for(user).get(url).status_code == status
                assert client_for(user).post(url, self.typed()).status_code == status
        assert row.state_changes.count() == 1
