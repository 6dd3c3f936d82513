"""Quarterly returns: who owes one, whose came, ticking them off, taking one back."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from businesses.filters import returns_of
from businesses.models import Business, QuarterlyReturn, SectorRule
from businesses.rules import collected_from, quarter_to_collect
from kylien.accounts.models import User
from kylien.core.periods import Quarter
from tests.factories import (
    BusinessFactory,
    BusinessRuleFactory,
    QuarterlyReturnFactory,
    StateChangeFactory,
    day,
    sector,
)

pytestmark = pytest.mark.django_db

LIST = "/quarterly-returns/"
Q1 = Quarter(2026, 1)
LAST = dt.date(2026, 3, 31)


def codes(response):
    assert response.status_code == 200
    return [strip_tags(row[0][2]) for row in response.context["table"]["rows"]]


def asked(quarter=Q1, **more):
    return {"quarter": str(quarter), **more}


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


def ticked(*businesses, on="25/03/2026", quarter=Q1, **more):
    keys = [business.pk for business in businesses]
    return {"do": "receive", "pick": keys, "received_on": on, "quarter": str(quarter), **more}


@pytest.fixture
def bar(area_a):
    return BusinessFactory(neighbourhood=area_a, opened_on=dt.date(2020, 1, 1))


@pytest.fixture
def foreign(area_b):
    return BusinessFactory(neighbourhood=area_b, opened_on=dt.date(2020, 1, 1))


class TestWhoOwesOne:
    def owing(self, quarter=Q1):
        return list(Business.objects.expected_to_report(quarter))

    def test_who_opened_on_the_last_day_and_not_after(self):
        last = BusinessFactory(opened_on=LAST)
        BusinessFactory(opened_on=LAST + dt.timedelta(days=1))
        assert self.owing() == [last]

    def test_who_was_closed_on_the_last_day_owes_nothing(self):
        closed, later = BusinessFactory.create_batch(2, opened_on=dt.date(2020, 1, 1))
        StateChangeFactory(business=closed, state="closed", changed_on=LAST)
        StateChangeFactory(business=later, state="closed", changed_on=LAST + dt.timedelta(days=1))
        assert self.owing() == [later]

    def test_who_is_suspended_or_open_again_owes_it(self):
        suspended, again = BusinessFactory.create_batch(2, opened_on=dt.date(2020, 1, 1))
        StateChangeFactory(business=suspended, state="suspended", changed_on=LAST)
        for state, when in (("closed", dt.date(2026, 1, 5)), ("open", LAST)):
            StateChangeFactory(business=again, state=state, changed_on=when)
        assert self.owing() == [suspended, again]

    def test_gas_left_the_list_before_the_first_quarter_of_2026_ended(self):
        gas = BusinessFactory(sector=sector("lpg"), opened_on=dt.date(2020, 1, 1))
        assert self.owing() == []
        assert self.owing(Quarter(2025, 4)) == [gas]

    def test_a_sector_without_the_duty(self, bar):
        SectorRule.objects.filter(sector=bar.sector).update(quarterly_return=False)
        assert self.owing() == []

    def test_a_sector_without_conditions(self):
        BusinessFactory(sector=sector("eating"), opened_on=dt.date(2020, 1, 1))
        assert self.owing() == []


class TestWhichQuarter:
    @pytest.mark.parametrize(
        ("on", "quarter"),
        [
            (dt.date(2026, 3, 24), Quarter(2025, 4)),
            (dt.date(2026, 3, 25), Q1),
            (dt.date(2026, 4, 1), Q1),
            (dt.date(2026, 12, 31), Quarter(2026, 4)),
            (dt.date(2027, 1, 1), Quarter(2026, 4)),
        ],
    )
    def test_from_its_last_week_until_the_next_ones(self, on, quarter):
        assert quarter_to_collect(on) == quarter
        assert collected_from(Q1, on) == dt.date(2026, 3, 25)

    def test_the_law_may_give_more_days(self):
        BusinessRuleFactory(key="return_days", value=10, valid_from=dt.date(2026, 3, 1))
        assert quarter_to_collect(dt.date(2026, 3, 22)) == Q1
        assert quarter_to_collect(dt.date(2026, 3, 21)) == Quarter(2025, 4)

    def test_the_page_shows_the_one_being_collected_unless_asked(self, client_for, chief, on):
        client = client_for(chief)
        page = client.get(LIST).context
        assert page["quarter"] == quarter_to_collect(on)
        assert client.get(LIST, asked()).context["quarter"] == Q1
        assert client.get(LIST, asked()).context["title"] == "Báo cáo quý I/2026"
        assert client.get(page["previous_url"]).context["quarter"] == page["quarter"].previous()

    @pytest.mark.parametrize("words", ["2026-Q5", "abc", "\0", "9" * 40, "2999-Q4", "1900-Q1"])
    def test_a_quarter_that_is_none_is_told(self, client_for, chief, on, words):
        response = client_for(chief).get(LIST, {"quarter": words})
        assert response.status_code == 200
        assert response.context["quarter"] == quarter_to_collect(on)
        assert response.context["problem"]


class TestTheList:
    def test_received_and_missing_make_up_all_that_is_expected(
        self, client_for, chief, officer_a, bar, foreign, area_a
    ):
        others = BusinessFactory.create_batch(
            3, neighbourhood=area_a, opened_on=dt.date(2020, 1, 1)
        )
        QuarterlyReturnFactory(business=others[0])
        QuarterlyReturnFactory(business=others[1], received_on=LAST + dt.timedelta(days=1))
        QuarterlyReturnFactory(business=others[2], quarter=2, received_on=dt.date(2026, 6, 28))
        gas = BusinessFactory(neighbourhood=area_a, sector=sector("lpg"))
        QuarterlyReturnFactory(business=gas)
        for user, missing in ((chief, 3), (officer_a, 2)):
            client = client_for(User.objects.get(pk=user.pk))
            figures = client.get(LIST, asked()).context["figures"]
            numbers = {label: number for label, _, number, _ in figures}
            assert numbers == {
                "Phải nộp": 2 + missing,
                "Đã nhận": 2,
                "Chưa nộp": missing,
                "Nhận trễ": 1,
                "Ngoài danh sách": 1,
            }
            for label, _, number, url in figures:
                assert len(codes(client.get(url))) == number, label
        assert codes(client_for(chief).get(LIST, asked(state="beyond"))) == [gas.code]

    def test_each_filter(self, client_for, chief, bar, foreign, area_b):
        client = client_for(chief)
        assert codes(client.get(LIST, asked(neighbourhood=area_b.pk))) == [foreign.code]
        assert codes(client.get(LIST, asked(sector=sector("pawnshop").pk))) == []
        assert codes(client.get(LIST, asked(q=bar.name))) == [bar.code]
        assert codes(client.get(LIST, asked(state="received"))) == []

    def test_nobody_sees_anothers_beat(self, client_for, officer_a, bar, foreign):
        client = client_for(officer_a)
        assert codes(client.get(LIST, asked())) == [bar.code]
        sent = b"".join(client.post(LIST, asked(_export="csv")).streaming_content).decode()
        assert bar.code in sent
        assert foreign.code not in sent

    def test_how_a_return_stands(self, client_for, chief, bar):
        client = client_for(chief)

        def standing():
            row = client.get(LIST, asked()).context["table"]["rows"][0]
            return next(strip_tags(html) for _, head, html in row if head == "Báo cáo")

        assert standing() == f"Trễ {(day() - LAST).days} ngày"
        row = QuarterlyReturnFactory(business=bar, received_on=LAST)
        assert standing() == "Đã nhận"
        row.received_on = LAST + dt.timedelta(days=2)
        row.save()
        assert standing() == "Nhận trễ 2 ngày"

    def test_who_may(self, client_for, duty, leader, superuser, bar):
        for user in (leader, superuser):
            assert client_for(user).get(LIST).status_code == 403
            assert client_for(user).post(LIST, ticked(bar)).status_code == 403
        desk = client_for(duty)
        page = desk.get(LIST, asked())
        assert page.context["form"] is None
        assert 'name="pick"' not in page.content.decode()
        assert desk.post(LIST, ticked(bar)).status_code == 403
        assert desk.post(LIST, {"_export": "csv"}).status_code == 403
        assert not QuarterlyReturn.objects.exists()

    @pytest.mark.parametrize("junk", ["\0", "x" * 5000, "-7", "9" * 20])
    def test_junk_in_the_address_is_no_error(self, client_for, chief, bar, junk):
        client = client_for(chief)
        for name in ("q", "page", "sort", "neighbourhood", "sector", "state", "quarter"):
            assert client.get(LIST, {name: junk}).status_code == 200, name

    def test_as_many_queries_for_fifty_rows_as_for_one(self, client_for, officer_a, area_a):
        client, counts = client_for(officer_a), []
        client.get("/households/")  # the session is written once
        for new in (1, 49):
            for row in BusinessFactory.create_batch(
                new, neighbourhood=area_a, opened_on=dt.date(2020, 1, 1)
            ):
                QuarterlyReturnFactory(business=row)
                QuarterlyReturnFactory(business=row, quarter=2)
            with CaptureQueriesContext(connection) as queries:
                assert codes(client.get(LIST, asked()))
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 12


class TestReceiving:
    def test_those_ticked_are_noted_on_the_day(self, client_for, officer_a, bar, area_a):
        other, left = BusinessFactory.create_batch(
            2, neighbourhood=area_a, opened_on=dt.date(2020, 1, 1)
        )
        client = client_for(officer_a)
        done = client.post(f"{LIST}?state=missing", ticked(bar, other, note="Gửi qua Zalo"))
        assert done.status_code == 302
        assert "state=missing" in done.url
        assert "quarter=2026-Q1" in done.url
        rows = QuarterlyReturn.objects.order_by("business")
        assert {(row.business, row.received_on, row.note) for row in rows} == {
            (one, dt.date(2026, 3, 25), "Gửi qua Zalo") for one in (bar, other)
        }
        page = client.get(done.url)
        assert "Đã ghi nhận 2 báo cáo" in page.content.decode()
        assert codes(page) == [left.code]

    def test_a_foreign_one_and_one_that_owes_nothing_are_not_noted(
        self, client_for, officer_a, bar, foreign, area_a
    ):
        new = BusinessFactory(neighbourhood=area_a, opened_on=LAST + dt.timedelta(days=1))
        client = client_for(officer_a)
        assert client.post(LIST, ticked(bar, foreign, new)).status_code == 302
        assert [row.business for row in QuarterlyReturn.objects.all()] == [bar]
        refused = client.post(LIST, ticked(foreign, new))
        assert refused.status_code == 422

    def test_nothing_ticked_is_told(self, client_for, officer_a, bar):
        refused = client_for(officer_a).post(LIST, ticked())
        assert refused.status_code == 422
        assert "Chọn ít nhất một cơ sở" in refused.content.decode()
        junk = client_for(officer_a).post(LIST, ticked() | {"pick": ["x", "\0", "9" * 30, "²"]})
        assert junk.status_code == 422

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("31/12/2025", "chưa bắt đầu"),
            (f"{day(-1):%d/%m/%Y}", "không thể sau hôm nay"),
            ("31/02/2026", ""),
            ("", "bắt buộc"),
        ],
    )
    def test_a_wrong_day_is_told_beside_it_and_the_ticks_stay(
        self, client_for, officer_a, bar, typed, words
    ):
        refused = client_for(officer_a).post(LIST, ticked(bar, on=typed, note="Qua bưu điện"))
        assert refused.status_code == 422
        assert words in " ".join(refused.context["form"].errors["received_on"])
        page = refused.content.decode()
        assert re.search(rf'name="pick" value="{bar.pk}"[^>]* checked', page)
        assert "Qua bưu điện" in page
        assert not QuarterlyReturn.objects.exists()

    def test_the_first_day_of_the_quarter_is_early_enough(self, client_for, officer_a, bar):
        assert client_for(officer_a).post(LIST, ticked(bar, on="01/01/2026")).status_code == 302

    def test_twice_is_harmless(self, client_for, officer_a, bar):
        client = client_for(officer_a)
        sent = ticked(bar, _once=mark(client.get(LIST, asked())))
        first, second = client.post(LIST, sent), client.post(LIST, sent)
        assert first.url == second.url
        again = client.post(LIST, ticked(bar, on="30/03/2026"), follow=True)
        assert "đã ghi nhận từ trước" in again.content.decode()
        assert [row.received_on for row in bar.returns.all()] == [dt.date(2026, 3, 25)]

    def test_all_boxes_without_script(self, client_for, officer_a, bar):
        client = client_for(officer_a)
        every = client.post(LIST, {**ticked(on="26/03/2026"), "do": "all"})
        assert every.status_code == 200
        assert " checked" in every.content.decode()
        assert "26/03/2026" in every.content.decode()
        none = client.post(LIST, {**ticked(bar), "do": "none"})
        assert " checked" not in none.content.decode()
        assert not QuarterlyReturn.objects.exists()


class TestTakingBack:
    def test_it_is_missing_again(self, client_for, officer_a, bar):
        row = QuarterlyReturnFactory(business=bar)
        client = client_for(officer_a)
        address = f"{LIST}{row.pk}/take-back/"
        assert address in client.get(LIST, asked()).content.decode()
        page = client.get(address)
        assert bar.name in page.content.decode()
        assert row in QuarterlyReturn.objects.all()
        sent = {"_once": mark(page), "version": row.version}
        first, second = client.post(address, sent), client.post(address, sent)
        assert first.url == second.url == f"{LIST}?quarter=2026-Q1"
        assert not QuarterlyReturn.objects.exists()
        assert codes(client.get(LIST, asked(state="missing"))) == [bar.code]

    def test_nobody_takes_back_anothers(self, client_for, officer_a, duty, foreign):
        address = f"{LIST}{QuarterlyReturnFactory(business=foreign).pk}/take-back/"
        assert client_for(officer_a).get(address).status_code == 404
        assert client_for(officer_a).post(address).status_code == 404
        assert client_for(duty).post(address).status_code == 403
        assert QuarterlyReturn.objects.count() == 1

    def test_one_changed_meanwhile_is_shown_first(self, client_for, officer_a, bar):
        row = QuarterlyReturnFactory(business=bar)
        stale = client_for(officer_a).post(f"{LIST}{row.pk}/take-back/", {"version": 0})
        assert stale.status_code == 422
        assert QuarterlyReturn.objects.exists()


def test_how_returns_stand_is_a_partition(bar, foreign):
    QuarterlyReturnFactory(business=bar)
    rows = Business.objects.all()
    parts = {key: set(returns_of(rows, key, Q1)) for key in ("expected", "received", "missing")}
    assert parts["received"] | parts["missing"] == parts["expected"] == {bar, foreign}
    assert not parts["received"] & parts["missing"]
