"""What finds businesses by days: each query, and each filter of the list, at its very edges."""

import datetime as dt

import pytest
from django.utils.html import strip_tags

from businesses.models import Business, Certificate
from businesses.rules import contact_since
from kylien.core.periods import Month, Period, Quarter
from tests.factories import (
    BusinessFactory,
    BusinessRuleFactory,
    CertificateFactory,
    InspectionFactory,
    LiaisonNoteFactory,
    QuarterlyReturnFactory,
    SanctionFactory,
    StateChangeFactory,
    day,
    sector,
)

pytestmark = pytest.mark.django_db

D = dt.date
ONE = dt.timedelta(days=1)
LIST = "/businesses/"
OCTOBER = Month(2026, 10).period  # 15/9 to 14/10
FIRST, LAST = OCTOBER.start, OCTOBER.end - ONE


def codes(response):
    assert response.status_code == 200
    return [strip_tags(row[0][2]) for row in response.context["table"]["rows"]]


def old(**fields):
    return BusinessFactory(**{"opened_on": D(2015, 1, 1), **fields})


class TestTradingOn:
    DAY = D(2026, 6, 15)

    def trading(self):
        return list(Business.objects.trading_on(self.DAY).order_by("pk"))

    def test_who_opened_that_day_or_on_an_unknown_one(self):
        opened, unknown = old(opened_on=self.DAY), old(opened_on=None)
        old(opened_on=self.DAY + ONE)
        assert self.trading() == [opened, unknown]

    def test_who_closed_that_day_did_not(self):
        closed, later = old(), old()
        StateChangeFactory(business=closed, state="closed", changed_on=self.DAY)
        StateChangeFactory(business=later, state="closed", changed_on=self.DAY + ONE)
        assert self.trading() == [later]

    def test_the_last_change_by_that_day_counts(self):
        again, suspended = old(), old()
        StateChangeFactory(business=again, state="closed", changed_on=self.DAY - ONE)
        StateChangeFactory(business=again, state="open", changed_on=self.DAY)
        StateChangeFactory(business=again, state="closed", changed_on=self.DAY + ONE)
        StateChangeFactory(business=suspended, state="suspended", changed_on=self.DAY)
        assert self.trading() == [again, suspended]


def test_conditional_from_the_first_day_of_the_rule_until_before_the_last():
    gas = old(sector=sector("lpg"))
    old(sector=sector("eating"))
    for when, found in (
        (D(2016, 6, 30), []),
        (D(2016, 7, 1), [gas]),
        (D(2026, 3, 14), [gas]),
        (D(2026, 3, 15), []),
    ):
        assert list(Business.objects.conditional_on(when)) == found, when


def test_issued_within_a_period_by_the_ward_itself():
    inside = [old(), old()]
    CertificateFactory(business=inside[0], issued_on=FIRST, by_ward=True)
    CertificateFactory(business=inside[0], issued_on=LAST, by_ward=True)  # still one row
    CertificateFactory(business=inside[1], issued_on=LAST, by_ward=True)
    CertificateFactory(business=old(), issued_on=FIRST - ONE, by_ward=True)
    CertificateFactory(business=old(), issued_on=LAST + ONE, by_ward=True)
    CertificateFactory(business=old(), issued_on=FIRST)
    assert list(Business.objects.issued_in(OCTOBER).order_by("pk")) == inside


def test_revoked_within_a_period():
    inside = []
    for when in (FIRST, LAST, FIRST - ONE, LAST + ONE):
        paper = CertificateFactory(
            business=old(), issued_on=D(2025, 1, 1), revoked_on=when, revoked_reason="Cho thuê"
        )
        inside += [paper.business] if OCTOBER.start <= when < OCTOBER.end else []
    CertificateFactory(business=old(), issued_on=FIRST)
    assert list(Business.objects.revoked_in(OCTOBER).order_by("pk")) == inside


def test_sanctioned_within_a_period():
    first, last = old(), old()
    SanctionFactory(business=first, decided_on=FIRST)
    SanctionFactory(business=first, decided_on=FIRST + ONE)  # still one row
    SanctionFactory(business=last, decided_on=LAST)
    around = old()  # before and after, and never within
    SanctionFactory(business=around, decided_on=FIRST - ONE)
    SanctionFactory(business=around, decided_on=LAST + ONE)
    assert list(Business.objects.sanctioned_in(OCTOBER).order_by("pk")) == [first, last]


def test_an_empty_period_holds_nothing():
    CertificateFactory(business=old(), issued_on=FIRST, by_ward=True)
    assert not Business.objects.issued_in(Period(FIRST, FIRST)).exists()


def test_a_return_for_another_quarter_is_none_for_this_one():
    came, other = old(), old()
    QuarterlyReturnFactory(business=came, year=2026, quarter=1)
    for year, quarter in ((2025, 1), (2026, 2)):
        QuarterlyReturnFactory(
            business=other, year=year, quarter=quarter, received_on=D(2026, 6, 30)
        )
    assert list(Business.objects.returned(Quarter(2026, 1))) == [came]
    assert list(Business.objects.not_returned(Quarter(2026, 1))) == [other]


class TestContact:
    SINCE = D(2026, 5, 25)

    def test_verified_on_the_first_day_that_counts_or_before(self):
        known, forgotten, never, talked = (old(sector=sector("company")) for _ in range(4))
        old()  # no contact is kept with a karaoke bar
        for business, when, confirms in (
            (known, self.SINCE, True),
            (forgotten, self.SINCE - ONE, True),
            (talked, self.SINCE, False),
        ):
            LiaisonNoteFactory(business=business, met_on=when, confirms_contact=confirms)
        assert set(Business.objects.unverified(self.SINCE)) == {forgotten, never, talked}

    def test_since_when_is_the_rules_months_ago(self):
        assert contact_since(D(2026, 11, 25)) == self.SINCE
        assert contact_since(D(2026, 8, 31)) == D(2026, 2, 28)
        BusinessRuleFactory(key="contact_months", value=3, valid_from=D(2026, 11, 25))
        assert contact_since(D(2026, 11, 25)) == D(2026, 8, 25)
        assert contact_since(D(2026, 11, 24)) == D(2026, 5, 24)


def test_not_inspected_since_a_day():
    since = D(2026, 1, 1)
    seen, before, other, planned = old(), old(), old(), old()
    for business, when, kind in (
        (seen, since, "periodic"),
        (before, since - ONE, "periodic"),
        (other, since, "fire"),
    ):
        InspectionFactory(
            business=business, kind=kind, planned_on=when, held_on=when, outcome="passed"
        )
    InspectionFactory(business=planned, planned_on=since)
    assert set(Business.objects.never_inspected_since(since)) == {before, other, planned}


class TestAwaitingCheck:
    """The rule is in force since 15/3/2026."""

    ON = D(2026, 6, 1)
    SINCE = D(2026, 3, 15)

    def waiting(self):
        return list(Certificate.objects.awaiting_check(self.ON).order_by("pk"))

    def paper(self, issued_on=SINCE, business=None, **fields):
        business = business or old()
        return CertificateFactory(business=business, issued_on=issued_on, expires_on=None, **fields)

    def test_issued_while_the_rule_held_and_by_the_day(self):
        self.paper(self.SINCE - ONE)
        first, last = self.paper(), self.paper(self.ON)
        self.paper(self.ON + ONE)
        assert self.waiting() == [first, last]

    def test_a_kind_that_is_not_checked(self):
        self.paper(kind_code="fire")
        assert self.waiting() == []

    def test_checked_planned_to_be_checked_and_called_off(self):
        checked, planned, off = self.paper(), self.paper(), self.paper()
        visit = {"kind": "post_issue", "planned_on": D(2026, 4, 1)}
        held = {"held_on": D(2026, 4, 1), "outcome": "passed"}
        InspectionFactory(business=checked.business, certificate=checked, **visit, **held)
        InspectionFactory(business=planned.business, certificate=planned, **visit)
        InspectionFactory(
            business=off.business,
            certificate=off,
            cancelled_on=D(2026, 4, 1),
            cancel_reason="Bận",
            **visit,
        )
        assert self.waiting() == [planned, off]

    def test_revoked_replaced_or_of_a_closed_business(self):
        self.paper(revoked_on=self.ON, revoked_reason="Cho thuê")
        first = self.paper()
        second = CertificateFactory(business=first.business, issued_on=self.SINCE + ONE)
        self.paper(business=old(state="closed"))
        assert self.waiting() == [second]


# --- the list's filters, and the rows just beyond them --------------------------------------------


def test_papers_on_the_last_day_and_the_day_after(client_for, chief):
    kinds = ("security", "fire", "trade")
    bars = {
        name: BusinessFactory(name=name)
        for name in ("Hết hạn", "Hôm nay", "Ba mươi", "Xa", "Thiếu", "Thu hồi")
    }
    ends = {"Hết hạn": day(1), "Hôm nay": day(), "Ba mươi": day(-30), "Xa": day(-31)}
    for name, bar in bars.items():
        for kind in kinds[1:] if name == "Thiếu" else kinds:
            last = ends.get(name) if kind == "security" else None
            CertificateFactory(business=bar, kind_code=kind, expires_on=last)
    taken = bars["Thu hồi"].certificates.get(kind="security")
    taken.revoked_on, taken.revoked_reason = day(), "Cho thuê"
    taken.save()
    client = client_for(chief)
    for choice, names in {
        "lacking": {"Hết hạn", "Thiếu", "Thu hồi"},
        "missing": {"Thiếu", "Thu hồi"},
        "expired": {"Hết hạn"},
        "renewing": {"Hôm nay", "Ba mươi"},
    }.items():
        listed = codes(client.get(LIST, {"papers": choice}))
        assert set(listed) == {bars[name].code for name in names}, choice


def test_who_waits_for_a_check_after_issue(client_for, chief):
    paper = CertificateFactory(issued_on=day(10))
    CertificateFactory(kind_code="fire", issued_on=day(10))
    assert codes(client_for(chief).get(LIST, {"certificate": "check"})) == [paper.business.code]


def test_whose_contact_is_old(client_for, chief, on):
    known, forgotten = BusinessFactory.create_batch(2, sector=sector("project"))
    BusinessFactory()
    since = contact_since(on)
    LiaisonNoteFactory(business=known, met_on=since, confirms_contact=True)
    LiaisonNoteFactory(business=forgotten, met_on=since - ONE, confirms_contact=True)
    assert codes(client_for(chief).get(LIST, {"contact": "old"})) == [forgotten.code]


def test_who_was_there_on_a_day(client_for, chief):
    closed = BusinessFactory(state="closed", opened_on=day(30))  # ten days ago
    client = client_for(chief)
    for ago, found in ((31, []), (30, [closed.code]), (11, [closed.code]), (10, [])):
        assert codes(client.get(LIST, {"on": f"{day(ago):%d/%m/%Y}"})) == found, ago


def test_what_happened_in_a_month_to_closed_ones_too(client_for, chief):
    business = old(state="closed")
    CertificateFactory(business=business, issued_on=FIRST, by_ward=True)
    SanctionFactory(business=business, decided_on=LAST)
    client = client_for(chief)
    for event, month, found in (
        ("issued", "2026-10", [business.code]),
        ("issued", "2026-09", []),
        ("sanctioned", "2026-10", [business.code]),
        ("sanctioned", "2026-11", []),
        ("revoked", "2026-10", []),
    ):
        assert codes(client.get(LIST, {"event": event, "month": month})) == found, (event, month)


def test_an_officer_filters_his_own_alone(client_for, officer_a, area_a, area_b):
    own, foreign = (
        BusinessFactory(neighbourhood=area, sector=sector("company"), opened_on=day(30))
        for area in (area_a, area_b)
    )
    client = client_for(officer_a)
    for query in ({"contact": "old"}, {"on": f"{day(3):%d/%m/%Y}"}, {"state": "all"}):
        assert codes(client.get(LIST, query)) == [own.code], query
    assert codes(client.get(LIST, {"neighbourhood": foreign.neighbourhood_id})) == []
