"""Each verb of the querysets, with a row just inside and one just outside."""

import datetime as dt

import pytest
from django.utils import timezone

from incidents.models import Incident, IncidentType
from kylien.core.periods import Month
from tests.factories import IncidentFactory, day

pytestmark = pytest.mark.django_db


def at(*parts):
    return dt.datetime(*parts, tzinfo=timezone.get_default_timezone())


def test_a_month_begins_and_ends_at_local_midnight(area_a):
    moments = [
        at(2026, 9, 14, 23, 59),
        at(2026, 9, 15, 0, 0),
        at(2026, 10, 14, 23, 59),
        at(2026, 10, 15, 0, 0),
    ]
    rows = [IncidentFactory(neighbourhood=area_a, occurred_at=moment) for moment in moments]
    month = Month(2026, 10, 15)
    assert set(Incident.objects.happened_in(month.period)) == set(rows[1:3])


def test_pending_and_solved_part_all_states(area_a):
    open_states = {"received", "verifying"}
    for state in Incident.State.values:
        done = None if state in open_states else day()
        IncidentFactory(neighbourhood=area_a, state=state, resolved_on=done)
    pending = set(Incident.objects.pending().values_list("state", flat=True))
    solved = set(Incident.objects.solved().values_list("state", flat=True))
    assert pending == open_states
    assert solved == set(Incident.State.values) - open_states == set(Incident.State.done())
    tones = {row.state: row.state_badge()[0] for row in Incident.objects.all()}
    assert tones == {s: "due" if s in open_states else "mute" for s in Incident.State.values}


def test_usable_kinds_are_those_of_the_second_level():
    usable = IncidentType.objects.usable()
    assert all(kind.parent_id for kind in usable)
    assert usable.count() == IncidentType.objects.exclude(parent=None).count() > 0


def test_everybody_sees_only_his_own(chief, duty, clerk, officer_a, officer_b, leader, superuser):
    beats = {u: u.scope.neighbourhood_ids[0] for u in (officer_a, officer_b)}
    rows = {u: IncidentFactory(neighbourhood_id=beats[u], place="Bến cá") for u in beats}
    rows[officer_a].created_by = officer_b  # whoever wrote it: the beat gives the rows
    rows[officer_a].save()
    for user in (chief, duty, clerk):
        assert set(Incident.objects.visible_to(user)) == set(rows.values())
    for user in (leader, superuser):
        assert not Incident.objects.visible_to(user).exists()
    for user in beats:
        assert list(Incident.objects.visible_to(user)) == [rows[user]]
        assert list(Incident.objects.visible_to(user).search("ben ca")) == [rows[user]]
