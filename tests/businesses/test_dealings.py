"""Sanctions, liaison and quarterly returns on a business's page."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from businesses import casefile
from businesses.models import Business, BusinessRule
from kylien.core.periods import Quarter, add_months
from tests.factories import (
    BusinessFactory,
    InspectionFactory,
    LiaisonNoteFactory,
    QuarterlyReturnFactory,
    SanctionFactory,
    day,
    sector,
)

pytestmark = pytest.mark.django_db


def written(on):
    return f"{on:%d/%m/%Y}"


@pytest.fixture
def bar(area_a):
    return BusinessFactory(neighbourhood=area_a)


@pytest.fixture
def company(area_a):
    return BusinessFactory(neighbourhood=area_a, sector=sector("company"))


class TestSanctions:
    def typed(self, **changes):
        return {
            "number": "12/QĐ-XPHC",
            "decided_on": written(day(5)),
            "authority": "Công an phường",
            "violation": "Hoạt động quá giờ",
            "kind": "fine",
            "amount": "2.000.000",
        } | changes

    def address(self, row):
        return reverse("business-add-sanction", args=[row.pk])

    def test_one_is_entered(self, client_for, officer_a, bar):
        client = client_for(officer_a)
        held = InspectionFactory(business=bar, held=True)
        assert self.address(bar) in client.get(bar.get_absolute_url()).text
        page = client.get(self.address(bar), {"inspection": held.pk})
        assert f'<option value="{held.pk}" selected>' in page.text
        response = client.post(self.address(bar), self.typed(inspection=held.pk))
        assert response["Location"] == f"{bar.get_absolute_url()}#sanctions"
        made = bar.sanctions.get()
        assert (made.amount, made.inspection) == (2_000_000, held)
        assert "2.000.000 đồng" in client.get(bar.get_absolute_url()).text

    def test_only_inspections_of_its_own_that_were_held_are_offered(
        self, client_for, officer_a, bar
    ):
        held = InspectionFactory(business=bar, held=True)
        others = InspectionFactory(business=bar), InspectionFactory(held=True)
        client = client_for(officer_a)
        form = client.get(self.address(bar)).context["form"]
        assert list(form.fields["inspection"].queryset) == [held]
        for other in others:
            sent = client.post(self.address(bar), self.typed(inspection=other.pk))
            assert list(sent.context["form"].errors) == ["inspection"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"amount": ""}, "amount"),
            ({"amount": "0"}, "amount"),
            ({"amount": "-5"}, "amount"),
            ({"amount": "9" * 25}, "amount"),
            ({"amount": "hai triệu"}, "amount"),
            ({"decided_on": written(day(-1))}, "decided_on"),
            ({"executed_on": written(day(6))}, "executed_on"),
            ({"executed_on": written(day(-1))}, "executed_on"),
            ({"number": "7/QĐ"}, "number"),  # used already
            ({"violation": "\0"}, "violation"),
            ({"kind": "x"}, "kind"),
            ({"inspection": "9" * 30}, "inspection"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(self, client_for, officer_a, bar, changes, field):
        SanctionFactory(number="7/QĐ", authority="Công an phường")
        response = client_for(officer_a).post(self.address(bar), self.typed(**changes))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert not bar.sanctions.exists()

    def test_one_is_mended(self, client_for, officer_a, bar):
        row = SanctionFactory(business=bar)
        client, url = client_for(officer_a), reverse("sanction-update", args=[row.pk])
        assert 'value="2.000.000"' in client.get(url).text
        sent = self.typed(executed_on=written(day(1)), version=1)
        assert client.post(url, sent).status_code == 302
        row.refresh_from_db()
        assert row.executed_on == day(1)
        assert client.post(url, sent).status_code == 422  # stale

    @pytest.mark.parametrize("asked", ["x", "\0", "9" * 40, "²"])
    def test_an_odd_address_is_no_error(self, client_for, officer_a, bar, asked):
        page = client_for(officer_a).get(self.address(bar), {"inspection": asked})
        assert page.status_code == 200


class TestLiaison:
    def address(self, row):
        return reverse("business-add-liaison", args=[row.pk])

    def typed(self, **changes):
        known = {"met_on": written(day(1)), "channel": "visit", "note": "Lịch trực dịp lễ"}
        return known | changes

    def test_a_contact_is_noted_and_verified(self, client_for, officer_a, company):
        client = client_for(officer_a)
        assert "Chưa xác nhận lần nào" in client.get(company.get_absolute_url()).text
        assert client.get(self.address(company)).context["form"]["met_on"].value() == day()
        response = client.post(self.address(company), self.typed(confirms_contact="on"))
        assert response["Location"] == f"{company.get_absolute_url()}#liaison"
        contact = client.get(company.get_absolute_url()).context["contact"]
        assert contact == (day(1), ("ok", "Đã xác nhận"))

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"met_on": written(day(-1))}, "met_on"),
            ({"met_on": ""}, "met_on"),
            ({"note": ""}, "note"),
            ({"channel": "x"}, "channel"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(
        self, client_for, officer_a, company, changes, field
    ):
        response = client_for(officer_a).post(self.address(company), self.typed(**changes))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]

    def test_a_note_is_mended(self, client_for, officer_a, company):
        row = LiaisonNoteFactory(business=company)
        client, url = client_for(officer_a), reverse("liaisonnote-update", args=[row.pk])
        assert url in client.get(company.get_absolute_url()).text
        assert client.post(url, self.typed(note="Đổi người", version=1)).status_code == 302
        row.refresh_from_db()
        assert row.note == "Đổi người"

    @pytest.mark.parametrize(("days", "tone"), [(0, "ok"), (1, "late")])
    def test_after_six_months_it_is_old_on_the_page_as_in_the_list(
        self, client_for, officer_a, company, days, tone
    ):
        last = add_months(day(), -6) - dt.timedelta(days=days)
        LiaisonNoteFactory(business=company, met_on=last, confirms_contact=True)
        LiaisonNoteFactory(business=company, met_on=day(1))  # confirms nothing
        client = client_for(officer_a)
        contact = client.get(company.get_absolute_url()).context["contact"]
        assert (contact[0], contact[1][0]) == (last, tone)
        listed = client.get(reverse("business-list"), {"contact": "old"}).context["page"]["count"]
        assert listed == ("1" if tone == "late" else "0")

    def test_a_bar_has_no_such_card(self, client_for, officer_a, bar):
        assert 'id="liaison"' not in client_for(officer_a).get(bar.get_absolute_url()).text


class TestReturns:
    def address(self, row):
        return reverse("business-add-return", args=[row.pk])

    def test_one_is_noted_as_received(self, client_for, officer_a, bar):
        last = Quarter.containing(day()).previous()
        client = client_for(officer_a)
        asked = f"{self.address(bar)}?quarter={last}"
        assert asked in client.get(bar.get_absolute_url()).text
        page = client.get(asked)
        assert f'<option value="{last}" selected>' in page.text
        assert page.context["form"]["received_on"].value() == day()
        sent = {"quarter": str(last), "received_on": written(day()), "note": "Bản giấy"}
        response = client.post(self.address(bar), sent)
        assert response["Location"] == f"{bar.get_absolute_url()}#returns"
        row = bar.returns.get()
        assert (row.year, row.quarter, row.note) == (last.year, last.number, "Bản giấy")
        assert f"Nhận {written(day())}" in client.get(bar.get_absolute_url()).text
        again = client.post(self.address(bar), sent)
        assert list(again.context["form"].errors) == ["quarter"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"quarter": "2026-Q9"}, "quarter"),
            ({"quarter": "\0"}, "quarter"),
            ({"received_on": written(day(-1))}, "received_on"),
            ({"received_on": "1/1/2000"}, "received_on"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(self, client_for, officer_a, bar, changes, field):
        last = Quarter.containing(day()).previous()
        sent = {"quarter": str(last), "received_on": written(day())} | changes
        response = client_for(officer_a).post(self.address(bar), sent)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert not bar.returns.exists()

    def told(self, row, on):
        read = Business.objects.prefetch_related("returns", "state_changes", "sector__rules")
        book = BusinessRule.objects.all().book()
        found = casefile.quarters(read.get(pk=row.pk), on, book)
        return [(one.quarter.label, one.badge[1]) for one in found]

    def test_the_last_four_quarters_are_told(self):
        row = BusinessFactory(opened_on=dt.date(2026, 2, 1))
        QuarterlyReturnFactory(business=row, year=2026, quarter=1)
        assert self.told(row, dt.date(2026, 9, 23)) == [
            ("Quý III/2026", "Chưa đến kỳ"),
            ("Quý II/2026", "Chưa nhận"),
            ("Quý I/2026", "Nhận 28/03/2026"),
            ("Quý IV/2025", "Không phải nộp"),
        ]
        assert self.told(row, dt.date(2026, 9, 24))[0] == ("Quý III/2026", "Đang nhận")
        assert self.told(row, dt.date(2026, 10, 1))[1] == ("Quý III/2026", "Chưa nhận")

    def test_lpg_owes_none_since_it_left_the_list(self):
        row = BusinessFactory(sector=sector("lpg"), opened_on=dt.date(2020, 1, 1))
        words = [word for _, word in self.told(row, dt.date(2026, 5, 1))]
        assert words == ["Không phải nộp", "Không phải nộp", "Chưa nhận", "Chưa nhận"]
        assert self.told(row, dt.date(2026, 11, 1)) == []

    @pytest.mark.parametrize("code", ["karaoke", "lpg", "eating"])
    @pytest.mark.parametrize("state", ["open", "suspended", "closed"])
    def test_the_page_and_the_list_agree_on_who_owes(self, code, state):
        row = BusinessFactory(sector=sector(code), state=state, opened_on=dt.date(2025, 12, 31))
        read = Business.objects.prefetch_related("state_changes", "sector__rules").get()
        for back in range(12):
            quarter = Quarter.containing(day()).moved(-back)
            owed = Business.objects.expected_to_report(quarter).filter(pk=row.pk).exists()
            assert casefile.owes(read, quarter) is owed, quarter

    @time_machine.travel("2026-12-28 09:00 +0700")
    def test_in_the_last_week_the_running_quarter_is_proposed(self, client_for, officer_a, bar):
        form = client_for(officer_a).get(self.address(bar)).context["form"]
        assert form["quarter"].value() == "2026-Q4"


def test_who_may_not(client_for, duty, officer_b, leader, bar):
    rows = {
        "sanction-update": SanctionFactory(business=bar),
        "liaisonnote-update": LiaisonNoteFactory(business=bar),
    }
    names = ("business-add-sanction", "business-add-liaison", "business-add-return")
    urls = [reverse(name, args=[bar.pk]) for name in names]
    urls += [reverse(name, args=[row.pk]) for name, row in rows.items()]
    page = client_for(duty).get(bar.get_absolute_url())
    assert page.status_code == 200
    for url in urls:
        assert url not in page.text
        for user, status in ((duty, 403), (leader, 403), (officer_b, 404)):
            assert client_for(user).get(url).status_code == status
            assert client_for(user).post(url, {}).status_code == status
