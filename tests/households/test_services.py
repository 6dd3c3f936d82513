"""Acts on the ledger: what they write, what they refuse, and what two desks do at once."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from households.models import Residence, Resident
from households.services import (
    change_head,
    end_residence,
    extend_residence,
    refresh_places,
    start_residence,
    transfer_members,
    years_later,
)
from kylien.audit.models import AuditEntry
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture
def home(area_a):
    return factories.HouseholdFactory(neighbourhood=area_a)


@pytest.fixture
def start(on):
    """Return a function that starts a permanent residence unless told otherwise."""

    def act(resident=None, **changes):
        fields = {
            "resident": resident or factories.ResidentFactory(),
            "kind": "P",
            "relation": factories.relation_in(changes.get("household")),
            "started_on": on - 100 * DAY,
            "start_reason": "REGISTRATION",
            "on": on,
        }
        return start_residence(**{**fields, **changes})

    return act


def refusal(act, *args, **kwargs):
    """Return the field and the sentence of the one refusal that `act` must give."""
    before = list(Residence.objects.order_by("pk").values())
    with pytest.raises(ValidationError) as caught:
        act(*args, **kwargs)
    assert list(Residence.objects.order_by("pk").values()) == before
    [(field, sentences)] = caught.value.message_dict.items()
    return field, " ".join(sentences)


class TestStart:
    def test_it_opens_a_row_and_places_the_person(self, start, home, area_a):
        row = start(household=home)
        resident = row.resident
        resident.refresh_from_db()
        assert (row.neighbourhood, row.ended_on) == (area_a, None)
        assert (resident.present, resident.residence_kind) == (True, "P")
        assert resident.neighbourhood == area_a

    def test_not_in_the_future(self, start, home, on):
        assert refusal(start, household=home, started_on=on + DAY)[0] == "started_on"
        start(household=home, started_on=on)

    def test_not_before_the_household_existed(self, start, home):
        day = home.opened_on - DAY
        assert refusal(start, household=home, started_on=day)[0] == "started_on"
        start(household=home, started_on=home.opened_on)

    def test_not_in_a_household_that_is_gone(self, start, home, on):
        home.dissolved_on = on
        home.save()
        field, sentence = refusal(start, household=home)
        assert (field, home.code in sentence, "đã xoá" in sentence) == ("household", True, True)

    def test_no_second_open_residence_of_either_kind(self, start, home, area_b):
        other = factories.HouseholdFactory(neighbourhood=area_b)
        person = start(household=home).resident
        field, sentence = refusal(start, person, household=other)
        assert field == "started_on"
        assert home.code in sentence
        term = {"kind": "T", "expires_on": factories.day(-100)}
        assert refusal(start, person, household=other, **term)[0] == "started_on"

    def test_no_overlap_with_a_past_one_but_the_day_it_ended_is_free(self, start, home, on):
        start(household=home)  # somebody stays, so the household does
        row = start(household=home)
        end_residence(residence=row, ended_on=on - 10 * DAY, end_reason="DEPARTURE", on=on)
        day_before = on - 11 * DAY
        assert refusal(start, row.resident, household=home, started_on=day_before)[0] == (
            "started_on"
        )
        start(row.resident, household=home, started_on=on - 10 * DAY)

    def test_not_for_the_dead(self, start, home, on):
        start(household=home)
        row = start(household=home)
        end_residence(residence=row, ended_on=on, end_reason="DEATH", on=on)
        field, sentence = refusal(start, row.resident, household=home, started_on=on)
        assert (field, sentence) == ("started_on", "Người này đã được ghi là chết.")

    def test_not_before_the_person_was_born(self, start, home, on):
        start(household=home)
        child = factories.ResidentFactory(birth_date=on - 50 * DAY)
        assert refusal(start, child, household=home, started_on=on - 51 * DAY)[0] == "started_on"
        start(child, household=home, started_on=on - 50 * DAY)

    def test_a_household_has_one_head(self, start, home):
        start(household=home, relation="HEAD")
        field, sentence = refusal(start, household=home, relation="HEAD")
        assert field == "relation"
        assert "Hộ đã có chủ hộ là" in sentence
        assert "/residents/" in sentence  # a link to him

    def test_the_head_comes_first(self, start, home):
        field, sentence = refusal(start, household=home, relation="CHILD")
        assert (field, sentence) == ("relation", "Hộ chưa có chủ hộ: ghi chủ hộ trước.")

    def test_a_temporary_term_is_two_years_at_most(self, start, home, on):
        day = on - 100 * DAY
        limit = years_later(day, 2)
        term = {"kind": "T", "household": home}
        field, sentence = refusal(start, expires_on=limit + DAY, **term)
        assert field == "expires_on"
        assert "2 năm" in sentence
        assert start(expires_on=limit, **term).expires_on == limit

    @pytest.mark.parametrize(
        ("day", "later"),
        [
            (dt.date(2024, 2, 29), dt.date(2026, 3, 1)),
            (dt.date(2024, 2, 28), dt.date(2026, 2, 28)),
            (dt.date(2026, 11, 24), dt.date(2028, 11, 24)),
        ],
    )
    def test_two_years_later_is_the_same_day(self, day, later):
        assert years_later(day, 2) == later

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"kind": "T"}, "expires_on"),
            ({"kind": "T", "expires_on": factories.day(101)}, "expires_on"),
            ({"expires_on": factories.day(-1)}, "expires_on"),
            ({"relation": "OTHER"}, "relation_note"),
        ],
    )
    def test_rules_of_the_row_speak_at_their_field(self, start, home, changes, field):
        start(household=home)
        assert refusal(start, household=home, **changes)[0] == field

    def test_somewhere_to_live_is_needed(self, start, area_a):
        with pytest.raises(ValidationError) as caught:
            start(household=None, kind="T", expires_on=factories.day(-30))
        assert "household" in caught.value.message_dict
        company = factories.BusinessFactory(neighbourhood=area_a)
        row = start(household=None, kind="T", expires_on=factories.day(-30), employer=company)
        assert row.neighbourhood == area_a


class TestEnd:
    def test_it_closes_the_row_and_the_person_is_gone_but_known(self, start, home, on):
        row = start(household=home)
        end_residence(residence=row, ended_on=on, end_reason="DEATH", on=on)
        row.resident.refresh_from_db()
        assert not row.resident.present
        assert row.resident.neighbourhood == home.neighbourhood
        assert not Residence.objects.open_on(on).exists()
        assert Residence.objects.open_on(on - DAY).get() == row

    def test_refusals(self, start, home, on):
        row = start(household=home)
        end = {"residence": row, "end_reason": "DEPARTURE", "on": on}
        assert refusal(end_residence, ended_on=on + DAY, **end)[0] == "ended_on"
        row.refresh_from_db()
        assert refusal(end_residence, ended_on=row.started_on - DAY, **end)[0] == "ended_on"
        row.refresh_from_db()
        end_residence(ended_on=on, **end)
        assert "rồi" in refusal(end_residence, ended_on=on, **end)[1]

    def test_a_head_leaves_last_and_the_household_with_him(self, start, home, on):
        head = start(household=home, relation="HEAD")
        other = start(household=home)
        end = {"ended_on": on, "end_reason": "DEPARTURE", "on": on}
        field, sentence = refusal(end_residence, residence=head, **end)
        assert field == "__all__"
        assert f"/households/{home.pk}/head/" in sentence  # the way out
        there = factories.HouseholdFactory(neighbourhood=home.neighbourhood)
        move = {"household": home, "to": there, "on_day": on, "on": on}
        relations = {head.pk: ("HEAD", "")}
        assert refusal(transfer_members, members=[head], relations=relations, **move)[0] == (
            "__all__"
        )
        head.refresh_from_db()
        end_residence(residence=other, **end)
        home.refresh_from_db()
        assert home.dissolved_on is None
        end_residence(residence=head, **end)
        home.refresh_from_db()
        assert home.dissolved_on == on

    def test_the_head_who_handed_over_ends_the_same_day(self, start, home, on):
        head, wife = start(household=home, relation="HEAD"), start(household=home)
        relations = {head.pk: ("SPOUSE", ""), wife.pk: ("HEAD", "")}
        act = change_head(household=home, relations=relations, on_day=on, on=on)
        now = act.started.get(resident=head.resident)
        end_residence(residence=now, ended_on=on, end_reason="DEATH", on=on)
        head.refresh_from_db()
        assert (head.end_reason, now.started_on, now.ended_on) == ("HEAD_CHANGE", on, on)
        assert home.residences.current().get().relation == "HEAD"


class TestInternalActs:
    """They end and start rows on one day, and count as no movement of the ward."""

    def test_transfer(self, start, home, area_b, on):
        there = factories.HouseholdFactory(neighbourhood=area_b)
        start(household=there)
        start(household=home)
        row = start(household=home)
        act = transfer_members(
            household=home,
            members=[row],
            to=there,
            relations={row.pk: ("SIBLING", "")},
            on_day=on,
            on=on,
        )
        new = act.started.get()
        row.refresh_from_db()
        assert row.ended_on == new.started_on == on
        assert (row.end_reason, new.start_reason) == ("TRANSFER", "TRANSFER")
        new.resident.refresh_from_db()
        assert new.resident.neighbourhood == area_b

    @pytest.mark.parametrize("gone", [True, False])
    def test_a_refused_transfer_leaves_the_old_row_open(self, start, home, area_b, on, gone):
        """Not to a household that is gone, nor to the one where he is."""
        there = home
        if gone:
            there = factories.HouseholdFactory(neighbourhood=area_b, dissolved_on=on)
        start(household=home)
        row = start(household=home)
        act = {"household": home, "to": there, "on_day": on, "on": on, "members": [row]}
        relations = {row.pk: ("CHILD", "")}
        assert refusal(transfer_members, relations=relations, **act)[0] == "household"

    def test_change_head(self, start, home, on):
        old, new = start(household=home, relation="HEAD"), start(household=home, relation="SPOUSE")
        child = start(household=home, relation="CHILD")
        relations = {old.pk: ("SPOUSE", ""), new.pk: ("HEAD", ""), child.pk: ("CHILD", "")}
        change_head(household=home, relations=relations, on_day=on, on=on)
        now = {row.resident_id: row.relation for row in home.residences.current()}
        assert now == {
            old.resident_id: "SPOUSE",
            new.resident_id: "HEAD",
            child.resident_id: "CHILD",
        }
        assert child.pk in home.residences.current().values_list("pk", flat=True)  # kept his row

    @pytest.mark.parametrize("left", [-5, 0, 15])
    def test_extension_starts_at_the_term_or_today(self, start, home, on, left):
        expires = on + left * DAY
        row = start(household=home, kind="T", relation="TENANT", expires_on=expires)
        new = extend_residence(residence=row, expires_on=on + 300 * DAY, on=on)
        row.refresh_from_db()
        assert row.ended_on == new.started_on == min(expires, on)
        assert new.end_reason == ""

    def test_an_extension_ends_later_than_the_term(self, start, home, on):
        row = start(household=home, kind="T", relation="TENANT", expires_on=on + DAY)
        extend = {"residence": row, "on": on}
        assert refusal(extend_residence, expires_on=on + DAY, **extend)[0] == "expires_on"
        assert extend_residence(expires_on=on + 2 * DAY, **extend).expires_on == on + 2 * DAY

    def test_the_window_opens_fifteen_days_before_the_term(self, start, home, on):
        row = start(household=home, kind="T", relation="TENANT", expires_on=on + 16 * DAY)
        field, sentence = refusal(extend_residence, residence=row, expires_on=on + 90 * DAY, on=on)
        assert field == "expires_on"
        assert "15 ngày" in sentence
        tomorrow = on + DAY
        extend_residence(residence=row, expires_on=on + 90 * DAY, on=tomorrow)


@pytest.mark.django_db
def test_the_copies_on_residents_equal_the_ledger(start, home, on):
    rows = [start(household=home) for _ in range(3)]
    end_residence(residence=rows[1], ended_on=on, end_reason="DEPARTURE", on=on)
    told = dict(Resident.objects.values_list("pk", "present"))
    ledger = {r.pk: r.residences.open_on(on).exists() for r in Resident.objects.all()}
    assert told == ledger
    refresh_places(list(told))
    assert dict(Resident.objects.values_list("pk", "present")) == ledger


@pytest.mark.django_db
def test_the_copies_are_no_edit_of_the_person(start, home, on):
    person = factories.ResidentFactory()
    kept = Resident.objects.values_list("version", "changed_at").get(pk=person.pk)
    row = start(person, household=home)
    end_residence(residence=row, ended_on=on, end_reason="DEPARTURE", on=on)
    assert Resident.objects.values_list("version", "changed_at").get(pk=person.pk) == kept
    with pytest.raises(ValueError, match="full_name"):
        Resident.objects.filter(pk=person.pk).refresh_derived(full_name="Ai đó")


def test_every_act_is_in_the_trail(start, home, on):
    row = start(household=home)
    entries = AuditEntry.objects.of(row)
    assert [e.action for e in entries] == ["create"]
    end_residence(residence=row, ended_on=on, end_reason="DEPARTURE", on=on)
    last = entries.order_by("-pk").first()
    assert set(last.fields) == {"ended_on", "end_reason"}


@pytest.mark.django_db(transaction=True)
def test_two_desks_cannot_register_one_person_twice(area_a, on):
    homes = [factories.HouseholdFactory(neighbourhood=area_a) for _ in range(2)]
    person = factories.ResidentFactory()
    barrier, outcomes = threading.Barrier(2), []

    def desk(home):
        barrier.wait()
        try:
            start_residence(
                resident=person,
                kind="P",
                household=home,
                relation="HEAD",
                started_on=on - DAY,
                start_reason="ARRIVAL",
                on=on,
            )
            outcomes.append("written")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connection.close()

    desks = [threading.Thread(target=desk, args=[home]) for home in homes]
    for thread in desks:
        thread.start()
    for thread in desks:
        thread.join()
    assert sorted(outcomes) == ["refused", "written"]
    assert Residence.objects.count() == 1
