"""What tells whether joint work is kept up, against numbers counted by hand."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.core.periods import TZ, Period, Quarter
from outreach import measures
from outreach.measures import Share, Spread
from outreach.models import Commitment, HelpGiven, JointResolution
from tests.factories import (
    AwardFactory,
    CommitmentFactory,
    FulfilmentFactory,
    HelpGivenFactory,
    PartnerFactory,
    ResolutionFactory,
)

pytestmark = pytest.mark.django_db

D = dt.date
ON = D(2026, 9, 30)
Q3 = Quarter(2026, 3).period
AHEAD = D(2027, 1, 1)


def met(commitment, due, done=None, by=None):
    return FulfilmentFactory(
        commitment=commitment,
        due_on=due,
        done_on=done,
        evidence="Biên bản" if done else "",
        led_by=by,
    )


@pytest.fixture
def women():
    return PartnerFactory(name="Hội Phụ nữ")


@pytest.fixture
def youth():
    return PartnerFactory(name="Đoàn Thanh niên")


@pytest.fixture
def resolution():
    return ResolutionFactory(signed_on=D(2026, 1, 5))


def commit(resolution, partner=None, **values):
    return CommitmentFactory(resolution=resolution, partner=partner, due_on=D(2026, 2, 1), **values)


class TestShare:
    def test_percent(self):
        assert Share(1, 4).percent == 25
        assert Share(0, 3).percent == 0

    def test_without_a_whole_there_is_none(self):
        assert Share(0, 0).percent is None


def test_spread():
    assert Spread.of([7, 1, 4]) == Spread(3, 4, 7)
    assert Spread.of([1, 2]) == Spread(2, 1.5, 2)
    assert Spread.of([]) == Spread(0, None, None)


class TestLedByOthers:
    def test_of_what_was_done_in_the_period(self, resolution, women, youth):
        own, theirs = commit(resolution), commit(resolution, women)
        met(own, D(2026, 7, 1), D(2026, 7, 1))  # the first day of the quarter, by the police
        met(own, D(2026, 9, 1), D(2026, 9, 30), by=women)  # the last day
        met(theirs, D(2026, 8, 1), D(2026, 8, 2))  # theirs, and the police did it
        met(theirs, D(2026, 6, 20), D(2026, 8, 2), by=youth)  # due before, done in it
        met(theirs, D(2026, 9, 2), D(2026, 10, 1), by=women)  # the day after it
        met(theirs, D(2026, 6, 30), D(2026, 6, 30), by=women)  # the day before it
        met(theirs, D(2026, 9, 3))  # not done
        assert measures.led_by_others(Q3) == Share(2, 4)

    def test_nothing_done(self, resolution):
        met(commit(resolution), D(2026, 8, 1))
        assert measures.led_by_others(Q3) == Share(0, 0)

    def test_it_is_one_query(self, resolution):
        with CaptureQueriesContext(connection) as queries:
            measures.led_by_others(Q3)
        assert len(queries) == 1


class TestDaysLate:
    @pytest.mark.parametrize(
        ("done", "on", "ends", "days"),
        [
            (D(2026, 9, 10), ON, None, 0),
            (D(2026, 9, 1), ON, None, 0),  # before its day
            (D(2026, 9, 11), ON, None, 1),
            (None, D(2026, 9, 10), None, 0),  # on its day it is not late
            (None, ON, None, 20),
            (D(2026, 10, 9), ON, None, 20),  # as of a day on which it was not yet done
            (None, ON, D(2026, 9, 15), 5),  # it counts no longer than until it ended
            (D(2026, 9, 25), ON, D(2026, 9, 15), 15),
        ],
    )
    def test_by_hand(self, done, on, ends, days):
        assert measures.days_late(D(2026, 9, 10), done, on, ends) == days


class TestLateness:
    def test_party_by_party(self, resolution, women, youth):
        own = commit(resolution)
        met(own, D(2026, 7, 1), D(2026, 7, 1))
        met(own, D(2026, 8, 1), D(2026, 8, 5))  # 4 days
        theirs = commit(resolution, women)
        met(theirs, D(2026, 7, 10), D(2026, 7, 20))  # 10
        met(theirs, D(2026, 8, 10), D(2026, 8, 12))  # 2
        met(theirs, D(2026, 9, 10))  # 20 so far
        met(theirs, D(2026, 9, 30))  # due today
        met(theirs, D(2026, 10, 10))  # not in the period
        met(theirs, D(2026, 6, 30))  # nor this
        met(commit(resolution, youth), D(2026, 9, 29), D(2026, 9, 29))
        found = measures.lateness(Q3, ON)
        assert [(one.label, one.due, one.late, one.on_time) for one in found] == [
            ("Công an phường", 2, Spread(1, 4, 4), Share(1, 2)),
            ("Hội Phụ nữ", 4, Spread(3, 10, 20), Share(1, 4)),
            ("Đoàn Thanh niên", 1, Spread(0), Share(1, 1)),
        ]
        assert [one.partner for one in found] == [None, women, youth]

    def test_what_is_not_due_yet_is_not_in_it(self, resolution):
        row = commit(resolution)
        met(row, D(2026, 8, 15))
        met(row, D(2026, 9, 15))
        assert [one.due for one in measures.lateness(Q3, D(2026, 8, 14))] == []
        assert [one.due for one in measures.lateness(Q3, D(2026, 8, 15))] == [1]

    def test_what_ended_grows_no_later(self, resolution, women):
        over = commit(resolution, women, ended_on=D(2026, 7, 11))
        met(over, D(2026, 7, 1))
        assert measures.lateness(Q3, ON)[0].late == Spread(1, 10, 10)
        Commitment.objects.update(ended_on=None)
        JointResolution.objects.update(ended_on=D(2026, 7, 6))
        assert measures.lateness(Q3, ON)[0].late == Spread(1, 5, 5)

    def test_the_queries(self, resolution, women, youth):
        for party in (None, women, youth):
            met(commit(resolution, party), D(2026, 8, 1))
        with CaptureQueriesContext(connection) as queries:
            measures.lateness(Q3, ON)
        assert len(queries) == 2

    def test_the_same_again(self, resolution, women):
        met(commit(resolution, women), D(2026, 8, 1), D(2026, 8, 3))
        assert measures.lateness(Q3, ON) == measures.lateness(Q3, ON)


class TestKept:
    def signed(self, on, done=None, ended=None, due=AHEAD):
        row = ResolutionFactory(signed_on=on, ended_on=ended)
        if done:
            met(commit(row), done, done)
        met(commit(row), due)
        return row

    def test_by_hand(self):
        old = D(2026, 1, 1)
        since = ON - dt.timedelta(days=90)  # 2 July
        assert since == D(2026, 7, 2)
        self.signed(old, done=since)  # the first day that counts
        self.signed(old, done=since - dt.timedelta(days=1))  # silent by a day
        self.signed(old)  # never
        self.signed(old, done=ON + dt.timedelta(days=1))  # done later than asked for
        self.signed(since)  # too new to be silent
        self.signed(since - dt.timedelta(days=1))  # old enough
        self.signed(D(2026, 8, 1), done=D(2026, 8, 2))  # new and active
        self.signed(old, ended=ON)  # ended today
        self.signed(ON + dt.timedelta(days=1))  # not signed yet
        self.signed(old, done=ON, due=D(2026, 9, 1))  # active and late
        kept = measures.resolutions(ON)
        assert (kept.in_force, kept.active, kept.silent, kept.late) == (8, 3, 4, 1)
        assert kept.share == Share(3, 8)

    def test_it_is_one_query(self):
        with CaptureQueriesContext(connection) as queries:
            measures.resolutions(ON)
        assert len(queries) == 1


def test_days_from_deed_to_award():
    def award(deed, decided):
        AwardFactory(
            deed_on=deed, proposed_on=deed, decided_on=decided, decision="1/QĐ" if decided else ""
        )

    award(D(2026, 6, 1), D(2026, 7, 1))  # 30
    award(D(2026, 9, 20), D(2026, 9, 30))  # 10
    award(D(2026, 4, 1), D(2026, 7, 10))  # 100
    award(D(2026, 6, 1), D(2026, 6, 30))  # before the quarter
    award(D(2026, 9, 1), D(2026, 10, 1))  # after it
    award(D(2026, 9, 1), None)
    assert measures.award_days(Q3) == Spread(3, 30, 100)


def test_hours_to_the_first_response():
    at = dt.datetime(2026, 9, 1, 8, 0, tzinfo=TZ)

    def given(minutes, **values):
        asked = None if minutes is None else at
        came = at + dt.timedelta(minutes=minutes or 0)
        HelpGivenFactory(asked_at=asked, came_at=came, **values)

    given(30)
    given(90)
    given(240)
    given(None)  # nobody asked
    assert measures.response_hours(HelpGiven.objects.all()) == Spread(3, 1.5, 4)
    assert measures.help_in(Period(D(2026, 9, 1), D(2026, 9, 2))).count() == 4
    assert not measures.help_in(Period(D(2026, 9, 2), D(2026, 9, 3))).exists()
