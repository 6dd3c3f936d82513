"""People entered twice: finding, proposing, deciding, merging and taking it back."""

import datetime as dt
import itertools
import random
import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from households import matching
from households.models import (
    Absence,
    DuplicatePair,
    Household,
    Residence,
    ResidenceAct,
    Resident,
    TransferRequest,
)
from households.services import change_head, end_residence, register_death, undo_act
from households.services.duplicates import (
    addresses_of,
    keep_apart,
    look_alikes,
    merge_people,
    person_of,
    propose_all,
    propose_for,
    reopen_pair,
    unmerge_people,
)
from selfgov_groups.models import GroupMembership
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

BORN = dt.date(1980, 5, 9)
NAME = "Nguyễn Thị Hoa"


# --- A small register where much looks alike ------------------------------------------------------


def fill_register(rng, areas, size=40):
    """Enter people whose names, births, numbers and addresses are often nearly the same."""
    addresses = ("Số 05 đường Lê Lợi", "5 duong Le Loi", "Số 7 đường Hùng Vương")
    homes = [
        factories.HouseholdFactory(neighbourhood=area, address=address)
        for area in areas
        for address in addresses
    ]
    numbers = iter(rng.sample(range(100, 400), size))
    people = []
    for _ in range(size):
        resident = factories.ResidentFactory(
            full_name=rng.choice(
                ("Nguyễn Thị Hoa", "NGUYEN THI HOA", "Nguyễn Thị Hòa", "Nguyễn Hoa", "Hoa")
            ),
            birth_date=rng.choice((BORN, dt.date(1980, 9, 5), dt.date(1980, 1, 1), *births(rng))),
            birth_precision=rng.choice("DDDDMY"),
            sex=rng.choice("FFFM"),
            citizen_id=rng.choice(("", "", f"001080{next(numbers):06d}")),
            old_id=rng.choice(("", "", "012345678", "012345679")),
            phone="",
        )
        people.append(resident)
        if rng.random() < 0.8:
            home = rng.choice(homes)
            stay = factories.ResidenceFactory(
                resident=resident, household=home, started_on=day(rng.randrange(100, 300))
            )
            if stay.relation != "HEAD" and rng.random() < 0.3:
                end_residence(residence=stay, ended_on=day(50), end_reason="DEPARTURE", on=day())
    return people


def births(rng):
    return dt.date(1981, 5, 9), dt.date(1980, 5, rng.randrange(1, 28)), dt.date(1979, 2, 3)


def matches_by_hand(person, people, exclude=None):
    """Compare with everybody, as no register of 50,000 could be asked."""
    places = addresses_of([one.pk for one in people])
    found = {}
    for one in people:
        if one.pk != exclude and one.same_as_id is None:
            match = matching.compare(person, person_of(one, places.get(one.pk, "")))
            if match.level:
                found[one.pk] = match.level is matching.Level.CERTAIN, match.reasons
    return found


def asked(person):
    return {
        "full_name": person.full_name,
        "birth_date": person.birth,
        "precision": person.precision,
        "sex": person.sex,
        "citizen_id": person.citizen_id,
        "old_id": person.old_id,
        "address": person.address,
    }


class TestLookAlikes:
    @pytest.mark.parametrize("seed", range(2))
    def test_they_are_whom_comparing_with_everybody_finds(self, area_a, area_b, seed, monkeypatch):
        monkeypatch.setattr("households.services.duplicates.MOST", 1000)
        rng = random.Random(seed)
        fill_register(rng, (area_a, area_b))
        people = list(Resident.objects.all())
        some = rng.choice(people)
        Resident.objects.filter(pk=people[0].pk).update(same_as=people[1])
        people = list(Resident.objects.all())
        places = addresses_of([one.pk for one in people])
        total = 0
        for one in people:
            person = person_of(one, places.get(one.pk, ""))
            found = look_alikes(**asked(person), exclude=one)
            by_hand = matches_by_hand(person, people, exclude=one.pk)
            assert {m.resident.pk: (m.certain, m.reasons) for m in found} == by_hand
            assert [m.certain for m in found] == sorted((m.certain for m in found), reverse=True)
            total += len(found)
        assert total > 30
        # As a spreadsheet leaves numbers: without the zeros in front, with blanks.
        typed = matching.Person(some.full_name, some.birth_date, "D", "", "", "12 345 678")
        found = {m.resident.pk for m in look_alikes(**asked(typed))}
        assert found == set(matches_by_hand(typed, people))

    def test_it_takes_two_queries_and_shows_eight(self, area_a, django_assert_num_queries):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        for _ in range(12):
            resident = factories.ResidentFactory(full_name=NAME, citizen_id="", sex="F")
            factories.ResidenceFactory(resident=resident, household=home)
        with django_assert_num_queries(2):
            found = look_alikes(full_name=NAME, birth_date=BORN, address=home.address)
            assert all(match.certain and match.resident.neighbourhood for match in found)
        assert len(found) == 8

    def test_nobody_of_another_beat_is_shown(self, area_a, area_b, officer_a, officer_b, chief):
        homes = [factories.HouseholdFactory(neighbourhood=area) for area in (area_a, area_b)]
        mine, other = (entered(home=home) for home in homes)
        wanted = {"full_name": NAME, "birth_date": BORN, "citizen_id": mine.citizen_id}
        for user, people in (
            (officer_a, {mine}),
            (officer_b, {other}),
            (chief, {mine, other}),
            (None, {mine, other}),
        ):
            assert {m.resident for m in look_alikes(**wanted, user=user)} == people

    def test_the_address_is_that_of_the_open_stay_else_of_the_last(self, area_a, on):
        old, new = (
            factories.HouseholdFactory(neighbourhood=area_a, address=f"Số {n} Lê Lợi")
            for n in (1, 2)
        )
        person = entered(home=old)
        assert addresses_of([person.pk]) == {person.pk: old.address}
        end_residence(
            residence=person.residences.get(), ended_on=day(50), end_reason="DEPARTURE", on=on
        )
        assert addresses_of([person.pk]) == {person.pk: old.address}
        factories.ResidenceFactory(resident=person, household=new, started_on=day(40))
        assert addresses_of([person.pk]) == {person.pk: new.address}
        assert addresses_of([person.pk], on=day(60)) == {person.pk: new.address}

    def test_empty_names_and_leap_days_are_taken(self, db):
        assert look_alikes(full_name="", birth_date=BORN) == []
        born = dt.date(2004, 2, 29)
        person = factories.ResidentFactory(full_name=NAME, birth_date=born, citizen_id="")
        assert [m.resident for m in look_alikes(full_name=NAME, birth_date=born)] == [person]


# --- People for the tests below -------------------------------------------------------------------


def entered(home=None, *, started_on=None, temporary=False, **fields):
    """Enter the same woman once more, with a stay if there is a household."""
    values = {"full_name": NAME, "birth_date": BORN, "sex": "F", "citizen_id": "", "phone": ""}
    person = factories.ResidentFactory(**{**values, **fields})
    if home is not None:
        factories.ResidenceFactory(
            resident=person,
            household=home,
            started_on=started_on or day(200),
            temporary=temporary,
        )
    return Resident.objects.get(pk=person.pk)


def pair_of(one, other):
    propose_for(one)
    return DuplicatePair.objects.get(first=min(one, other, key=pk), second=max(one, other, key=pk))


def pk(row):
    return row.pk


@pytest.fixture
def home(area_a):
    """A household with a head, so that others may come and go."""
    found = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=found, started_on=day(3000))
    return found


@pytest.fixture
def far_home(area_b):
    found = factories.HouseholdFactory(neighbourhood=area_b)
    factories.ResidenceFactory(household=found, started_on=day(3000))
    return found


class TestProposing:
    @pytest.mark.parametrize("seed", range(2))
    def test_the_sweep_and_each_person_by_himself_propose_all_there_are(self, area_a, area_b, seed):
        people = fill_register(random.Random(seed), (area_a, area_b))
        people = list(Resident.objects.filter(pk__in=[one.pk for one in people]).order_by("pk"))
        places = addresses_of([one.pk for one in people])
        by_hand = {}
        for one, other in itertools.combinations(people, 2):
            sides = [person_of(row, places.get(row.pk, "")) for row in (one, other)]
            match = matching.compare(*sides)
            if match.level:
                certain = match.level is matching.Level.CERTAIN
                by_hand[one.pk, other.pk] = certain, ", ".join(match.reasons)
        counts = propose_all(batch=7)
        assert counts == {"new": len(by_hand)}
        assert proposed() == by_hand
        assert len(by_hand) > 20
        assert propose_all() == {}
        DuplicatePair.objects.all().delete()
        for one in people:
            propose_for(one)
        assert proposed() == by_hand

    def test_the_command_says_what_it_found(self, home, capsys):
        one, other = entered(home), entered(home)
        call_command("find_duplicates")
        assert "Cặp mới: 1." in capsys.readouterr().out
        Resident.objects.filter(pk=other.pk).update(full_name="Lê Văn Khác")
        Resident.objects.filter(pk=one.pk).update(sex="M")
        call_command("find_duplicates")
        assert "Không còn giống: 1." in capsys.readouterr().out

    def test_an_edit_refreshes_open_pairs_and_takes_back_wrong_ones(self, home):
        one, other = entered(home), entered(home)
        pair = pair_of(one, other)
        assert pair.certain
        assert "cùng địa chỉ" in pair.reasons
        other.sex = "M"
        other.save()
        propose_for(other)
        pair.refresh_from_db()
        assert not pair.certain
        assert "khác giới tính" in pair.reasons
        other.full_name = "Lê Văn Khác"
        other.save()
        assert propose_for(other) == []
        assert not DuplicatePair.objects.exists()

    def test_a_decided_pair_is_not_asked_again(self, home):
        one, other = entered(home), entered(home)
        pair = keep_apart(pair=pair_of(one, other))
        other.sex = "M"
        other.save()
        assert propose_for(other) == []
        assert propose_all() == {}
        assert DuplicatePair.objects.get() == pair

    def test_nor_under_the_name_of_an_alias(self, home, on):
        one, other, third = (entered(home) for _ in range(3))
        keep_apart(pair=pair_of(other, third))
        merge_people(pair=pair_of(one, other), keep=one, on=on)
        # `other` was kept apart from `third`, and is now known to be `one`.
        assert not DuplicatePair.objects.open().exists()
        assert propose_all() == {}
        assert propose_for(Resident.objects.get(pk=third.pk)) == []

    def test_entering_and_editing_a_person_propose(self, client_for, home, officer_a):
        old = entered(home)
        client = client_for(officer_a)
        fields = {
            "full_name": NAME,
            "birth": "9/5/1980",
            "sex": "F",
            "relation": "CHILD",
            "started_on": day().strftime("%d/%m/%Y"),
            "start_reason": "ARRIVAL",
        }
        sent = {f"m-{name}": value for name, value in fields.items()}
        assert client.post(f"/households/{home.pk}/members/", sent).status_code == 302
        pair = DuplicatePair.objects.get()
        assert (pair.first, pair.certain) == (old, True)
        new = pair.second
        page = f"/residents/{new.pk}/edit/"
        sent = {**fields, "full_name": "Lê Thị Khác", "version": new.version}
        assert client.post(page, sent).status_code == 302
        assert not DuplicatePair.objects.exists()

    def test_few_queries_where_nobody_looks_alike(self, home, django_assert_max_num_queries):
        person = entered(home)
        with django_assert_max_num_queries(4):
            propose_for(person)


def proposed():
    return {
        (pair.first_id, pair.second_id): (pair.certain, pair.reasons)
        for pair in DuplicatePair.objects.all()
    }


# --- Merging and taking it back -------------------------------------------------------------------


def state():
    """Return all rows that merging may touch, without what counts their changes."""
    found = {}
    for model in (Household, Resident, Residence, Absence, GroupMembership, DuplicatePair):
        apart = {"version", "changed_at"}
        if model is DuplicatePair:  # open ones are proposed anew
            apart |= {"id", "created_at"}
        names = [f.attname for f in model._meta.concrete_fields if f.name not in apart]
        rows = [tuple(row.items()) for row in model.objects.values(*names)]
        found[model.__name__] = sorted(rows, key=str)
    return found


def absence(person, start, back=None, **fields):
    return Absence.objects.create(
        resident=person,
        destination="Hà Nội",
        started_on=day(start),
        expected_on=day(start - 20),
        returned_on=None if back is None else day(back),
        **fields,
    )


def ended(person, home, start, end):
    row = factories.ResidenceFactory(resident=person, household=home, started_on=day(start))
    end_residence(residence=row, ended_on=day(end), end_reason="DEPARTURE", on=day())
    return row


def in_one_household(home, far_home):
    return entered(home), entered(home, old_id="012345678")


def alone_in_another(home, far_home):
    new = factories.HouseholdFactory(neighbourhood=home.neighbourhood)
    gone = entered(new)
    group = factories.GroupFactory(neighbourhood=new.neighbourhood)
    factories.MembershipFactory(group=group, household=new)
    return entered(home), gone


def temporary_against_permanent(home, far_home):
    return entered(home), entered(far_home, temporary=True, citizen_id="099080000111")


def only_the_other_lives_here(home, far_home):
    return entered(), entered(home, phone="0100000001")


def the_kept_one_left_before(home, far_home):
    kept = entered()
    ended(kept, far_home, 900, 600)
    kept.refresh_from_db()
    gone = entered(home)
    return kept, gone


def past_stays(home, far_home):
    kept, gone = entered(home), entered()
    ended(gone, far_home, 900, 800)
    ended(gone, far_home, 700, 150)  # overlaps the kept person's stay: stays with the alias
    gone.refresh_from_db()
    return kept, gone


def absences(home, far_home):
    kept, gone = entered(home), entered(far_home)
    absence(kept, 30)
    absence(kept, 120, 100)
    absence(gone, 40)
    absence(gone, 110, 105)
    absence(gone, 160, 130)
    return kept, gone


def numbers(home, far_home):
    kept = entered(home, old_id="012345678")
    gone = entered(far_home, citizen_id="099080000222", old_id="012345679", phone="0100000002")
    return kept, gone


def an_alias_of_its_own(home, far_home):
    kept, gone, third = entered(home), entered(far_home), entered(far_home)
    merge_people(pair=pair_of(gone, third), keep=gone, on=day())
    gone.refresh_from_db()
    return kept, gone


def others_look_alike(home, far_home):
    kept, gone = entered(home, full_name="Nguyễn Thị Hoà"), entered(home)
    for other in (entered(far_home, birth_date=dt.date(1980, 9, 5)), entered(far_home, sex="M")):
        propose_for(other)
    propose_for(gone)
    return kept, gone


SHAPES = (
    in_one_household,
    alone_in_another,
    temporary_against_permanent,
    only_the_other_lives_here,
    the_kept_one_left_before,
    past_stays,
    absences,
    numbers,
    an_alias_of_its_own,
    others_look_alike,
)


@pytest.mark.parametrize(
    ("shape", "older_stays"),
    # The other way round past stays are refused: who lives here is kept.
    [both for both in itertools.product(SHAPES, (True, False)) if both != (past_stays, False)],
)
def test_parting_restores_exactly_what_was(home, far_home, on, shape, older_stays):
    kept, gone = shape(home, far_home)
    pair = pair_of(kept, gone)
    propose_all()
    before = state()
    if not older_stays:
        kept, gone = gone, kept
    merge_people(pair=pair, keep=kept, on=on)
    pair.refresh_from_db()
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (pair.decision, gone.same_as, kept.same_as) == ("same", kept, None)
    assert state() != before
    assert not gone.present
    assert not DuplicatePair.objects.open().filter(first=gone).exists()
    assert not gone.residences.current().exists()
    assert not gone.absences.current().exists()
    ledger_agrees()
    assert "0990800" not in str(pair.moved)
    assert unmerge_people(pair=pair, reason="Nhầm người", on=on).decision == ""
    assert state() == before
    ledger_agrees()


def ledger_agrees():
    for person in Resident.objects.all():
        row = person.residences.current().order_by("kind").first()
        assert person.present == (row is not None)
        if row:
            assert (person.residence_kind, person.neighbourhood_id) == (
                row.kind,
                row.neighbourhood_id,
            )


def merged(kept, gone, on):
    pair = merge_people(pair=pair_of(kept, gone), keep=kept, on=on)
    kept.refresh_from_db()
    gone.refresh_from_db()
    return pair


class TestMerging:
    def test_open_stays_of_the_other_end_as_duplicates_in_one_act(self, home, far_home, on):
        kept, gone = temporary_against_permanent(home, far_home)
        pair = merged(kept, gone, on)
        row = gone.residences.get()
        assert (row.ended_on, row.end_reason) == (on, "DELETION")
        assert row.end_ground.code == "temporary-duplicate"
        act = ResidenceAct.objects.get(pk=pair.moved["act"])
        assert row.ended_by == act
        assert act.summary == f"Gộp bản ghi trùng {NAME} ({gone.code}) vào {kept.code}."
        assert kept.residences.current().get().household == home
        assert (kept.citizen_id, gone.citizen_id) == ("099080000111", "")

    def test_what_does_not_overlap_moves(self, home, far_home, on):
        kept, gone = past_stays(home, far_home)
        absence(gone, 160, 130)
        pair = merged(kept, gone, on)
        assert kept.residences.count() == 2
        assert [row.started_on for row in gone.residences.all()] == [day(700)]
        assert kept.absences.get().destination == "Hà Nội"
        assert "act" not in pair.moved
        assert len(pair.moved["residences"]) == len(pair.moved["absences"]) == 1

    def test_the_kept_ones_numbers_stand(self, home, far_home, on):
        kept, gone = numbers(home, far_home)
        pair = merged(kept, gone, on)
        assert kept.citizen_id == "099080000222"
        assert (kept.old_id, gone.old_id) == ("012345678", "012345679")
        assert pair.moved["fields"] == ["citizen_id", "phone"]

    def test_a_household_is_not_left_without_its_head(self, area_a, on):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        head = entered(home)
        child = factories.ResidenceFactory(household=home).resident
        other = entered(factories.HouseholdFactory(neighbourhood=area_a))
        pair = pair_of(head, other)
        before = state()
        with pytest.raises(ValidationError, match="đổi chủ hộ</a> trước"):
            merge_people(pair=pair, keep=other, on=on)
        assert state() == before
        relations = {
            row.pk: ("HEAD", "") if row.resident == child else ("SPOUSE", "")
            for row in home.residences.current()
        }
        change_head(household=home, relations=relations, on_day=on, on=on)
        merge_people(pair=pair, keep=other, on=on)
        assert not home.residences.current().filter(resident=head).exists()

    def test_who_lives_here_is_kept(self, home, far_home, on):
        kept = entered()
        ended(kept, far_home, 300, 100)
        gone = entered(home)
        pair = pair_of(kept, gone)
        with pytest.raises(ValidationError, match=f"giữ bản ghi {gone.code}"):
            merge_people(pair=pair, keep=kept, on=on)
        merge_people(pair=pair, keep=gone, on=on)
        kept.refresh_from_db()
        assert kept.same_as == gone

    def test_the_dead_stay_dead(self, home, far_home, on):
        dead, other = entered(home), entered(far_home)
        register_death(resident=dead, on_day=day(30), on=on)
        pair = pair_of(dead, other)
        with pytest.raises(ValidationError, match="đã khai tử"):
            merge_people(pair=pair, keep=other, on=on)
        merge_people(pair=pair, keep=dead, on=on)
        dead.refresh_from_db()
        assert dead.has_died()
        assert not dead.present

    def test_nor_lives_somebody_after_his_death(self, home, far_home, on):
        dead = entered(home, started_on=day(900))
        register_death(resident=dead, on_day=day(600), on=on)
        other = entered(far_home)
        with pytest.raises(ValidationError, match="vẫn cư trú sau đó"):
            merge_people(pair=pair_of(dead, other), keep=dead, on=on)

    def test_nobody_lives_here_before_his_birth(self, home, far_home, on):
        born = day(300)
        kept = entered(home, birth_date=born, old_id="012345678")
        gone = entered(birth_date=day(500), old_id="012345678")
        ended(gone, far_home, 400, 350)
        with pytest.raises(ValidationError, match="trước ngày sinh"):
            merge_people(pair=pair_of(kept, gone), keep=kept, on=on)

    def test_a_stay_that_is_asked_for_elsewhere_waits(self, home, far_home, on):
        kept, gone = entered(home), entered(home)
        request = TransferRequest.objects.create(
            household=home,
            neighbourhood=home.neighbourhood,
            to_neighbourhood=far_home.neighbourhood,
            address="Số 1",
            starts_on=on,
            names=NAME,
        )
        request.members.create(residence=gone.residences.get())
        with pytest.raises(ValidationError, match=request.code):
            merge_people(pair=pair_of(kept, gone), keep=kept, on=on)

    def test_it_is_decided_once(self, home, on):
        kept, gone = in_one_household(home, None)
        pair = merged(kept, gone, on)
        for decide in (
            lambda: merge_people(pair=pair, keep=kept, on=on),
            lambda: keep_apart(pair=pair),
        ):
            with pytest.raises(ValidationError, match="đã kết luận rồi"):
                decide()

    def test_two_aliases_of_one_are_parted_each_by_itself(self, home, far_home, on):
        one, two, three = entered(home), entered(home), entered(far_home)
        before = state()
        first = merged(one, two, on)
        second = merged(one, three, on)
        unmerge_people(pair=first, reason="Nhầm", on=on)
        unmerge_people(pair=second, reason="Nhầm", on=on)
        after = state()
        assert {key: after[key] for key in before if key != "DuplicatePair"} == {
            key: before[key] for key in before if key != "DuplicatePair"
        }

    def test_a_chain_points_at_the_end_and_is_taken_back_from_there(self, home, far_home, on):
        one, two, three = entered(home), entered(far_home), entered()
        factories.ResidenceFactory(resident=three, household=far_home, started_on=day(1500))
        end_residence(
            residence=three.residences.get(), ended_on=day(1400), end_reason="DEPARTURE", on=on
        )
        first = merged(two, three, on)
        second = merged(one, two, on)
        three.refresh_from_db()
        assert three.same_as == two.same_as == one
        with pytest.raises(ValidationError, match="sau đó đã gộp vào"):
            unmerge_people(pair=first, reason="Nhầm", on=on)
        unmerge_people(pair=second, reason="Nhầm", on=on)
        three.refresh_from_db()
        assert three.same_as == two
        unmerge_people(pair=first, reason="Nhầm", on=on)
        three.refresh_from_db()
        assert three.same_as is None
        assert three.residences.count() == 1

    def test_what_rests_on_a_merge_is_named(self, home, far_home, on):
        kept, gone = only_the_other_lives_here(home, far_home)
        pair = merged(kept, gone, on)
        end_residence(residence=kept.residences.get(), ended_on=on, end_reason="DEPARTURE", on=on)
        kept.refresh_from_db()
        kept.phone = "0100000009"
        kept.save()
        with pytest.raises(ValidationError) as refused:
            unmerge_people(pair=pair, reason="Nhầm", on=on)
        act = kept.residences.get().ended_by
        said = refused.value.messages[0]
        assert act.get_absolute_url() in said
        assert "điện thoại của" in said
        assert kept.get_absolute_url() in said
        undo_act(act=act, reason="Nhầm", on=on)
        with pytest.raises(ValidationError, match="điện thoại"):
            unmerge_people(pair=pair, reason="Nhầm", on=on)

    def test_acts_that_went_through_a_merge_are_not_undone_by_themselves(self, home, far_home, on):
        kept, gone = past_stays(home, far_home)
        stay = factories.ResidenceFactory(resident=gone, household=far_home, started_on=day(20))
        pair = merged(kept, gone, on)
        acts = {stay.started_by, *(row.ended_by for row in gone.residences.all())}
        acts |= {row.ended_by for row in kept.residences.exclude(ended_on=None)}
        assert len(acts) == 4
        for act in acts:
            with pytest.raises(ValidationError, match=f"/duplicates/{pair.pk}/"):
                undo_act(act=act, reason="Nhầm", on=on)
        unmerge_people(pair=pair, reason="Nhầm", on=on)
        undo_act(act=stay.started_by, reason="Nhầm", on=on)

    def test_different_may_be_looked_at_again(self, home, on):
        pair = keep_apart(pair=pair_of(entered(home), entered(home)))
        pair = reopen_pair(pair=pair, reason="Xem lại", on=on)
        assert (pair.decision, pair.decided_at) == ("", None)
        with pytest.raises(ValidationError, match="đã được bỏ rồi"):
            reopen_pair(pair=pair, reason="Xem lại", on=on)


def test_every_link_to_a_person_is_known_to_merging():
    """A new kind of row about people has to say what merging does with it."""
    links = {
        (field.related_model._meta.model_name, field.field.name)
        for field in Resident._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete
    }
    assert links == {
        ("residence", "resident"),
        ("absence", "resident"),
        ("duplicatepair", "first"),
        ("duplicatepair", "second"),
        ("resident", "same_as"),
        ("groupofficer", "resident"),
        ("correctionrequest", "resident"),
    }


@pytest.mark.parametrize("make", [factories.OfficerFactory, factories.CorrectionFactory])
def test_an_office_and_a_request_go_over_and_come_back(make, home, on):
    kept, gone = entered(home), entered(home)
    row = make(resident=gone)
    pair = merged(kept, gone, on)
    row.refresh_from_db()
    assert row.resident == kept
    unmerge_people(pair=pair, reason="Nhầm", on=on)
    row.refresh_from_db()
    assert row.resident == gone


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def pair(home):
    return pair_of(entered(home, citizen_id=""), entered(home, citizen_id="099080000333"))


def hidden(response, name):
    return re.search(rf'name="{name}" value="(\w+)"', response.content.decode())[1]


def decide(client, pair, **fields):
    """Open the pair's page and send the form as the browser would."""
    page = client.get(f"/duplicates/{pair.pk}/")
    sent = {name: hidden(page, name) for name in ("_once", "version")}
    return client.post(f"/duplicates/{pair.pk}/", {**sent, **fields})


class TestPages:
    def test_who_sees_the_queue(
        self, client_for, pair, officer_a, officer_b, chief, clerk, duty, leader, superuser
    ):
        for user in (officer_a, chief, clerk):
            client = client_for(user)
            shown = client.get("/duplicates/").content.decode()
            assert pair.first.code in shown
            assert pair.second.code in shown
            assert client.get(f"/duplicates/{pair.pk}/").status_code == 200
        other = client_for(officer_b)
        assert pair.first.code not in other.get("/duplicates/").content.decode()
        assert other.get(f"/duplicates/{pair.pk}/").status_code == 404
        assert other.post(f"/duplicates/{pair.pk}/").status_code == 404
        for user in (duty, leader, superuser):
            client = client_for(user)
            assert client.get("/duplicates/").status_code == 403
            assert client.get(f"/duplicates/{pair.pk}/").status_code == 403

    def test_a_pair_across_two_beats_is_the_chiefs(
        self, client_for, home, far_home, officer_a, officer_b, chief
    ):
        pair = pair_of(entered(home), entered(far_home))
        for user, status in ((officer_a, 404), (officer_b, 404), (chief, 200)):
            assert client_for(user).get(f"/duplicates/{pair.pk}/").status_code == status

    def test_the_queue_is_filtered(self, client_for, pair, home, far_home, chief):
        doubt = pair_of(
            entered(far_home, full_name="Lê Văn Ba", birth_date=dt.date(1970, 2, 3)),
            entered(home, full_name="Lê Văn Ba", birth_date=dt.date(1970, 3, 2)),
        )
        keep_apart(pair=pair_of(entered(far_home, full_name="Y"), entered(home, full_name="Y")))
        client = client_for(chief)

        def shown(query):
            response = client.get(f"/duplicates/?{query}")
            assert response.status_code == 200
            return set(re.findall(r'href="/duplicates/(\d+)/"', response.content.decode()))

        assert shown("") == {str(pair.pk), str(doubt.pk)}
        assert shown("certain=yes") == {str(pair.pk)}
        assert shown("certain=no") == {str(doubt.pk)}
        assert shown("q=ba") == {str(doubt.pk)}
        assert shown("q=hoa+nguyen") == {str(pair.pk)}
        assert shown(f"neighbourhood={far_home.neighbourhood_id}") == {str(doubt.pk)}
        assert len(shown("state=decided")) == len(shown("state=different")) == 1
        assert shown("state=same") == set()

    def test_numbers_are_told_apart_without_being_shown(self, client_for, home, officer_a):
        one = entered(home, citizen_id="099080000333", old_id="012345678")
        other = entered(home, citizen_id="", old_id="012345678")
        page = client_for(officer_a).get(f"/duplicates/{pair_of(one, other).pk}/")
        shown = page.content.decode()
        assert "099080000333" not in shown
        assert "012345678" not in shown
        told = {row.label: row.same for row in page.context["rows"]}
        assert (told["Số định danh"], told["Số CMND cũ"]) == (None, True)
        assert told["Địa chỉ"] is True

    def test_stays_of_another_beat_are_not_shown(
        self, client_for, home, far_home, officer_a, chief, on
    ):
        one, other = entered(), entered(home)
        ended(one, far_home, 900, 800)
        factories.ResidenceFactory(resident=one, household=home)
        address = f"/duplicates/{pair_of(one, other).pk}/"
        assert far_home.address in client_for(chief).get(address).content.decode()
        assert far_home.address not in client_for(officer_a).get(address).content.decode()

    def test_queries_do_not_grow_with_the_rows(
        self, client_for, home, chief, django_assert_max_num_queries
    ):
        client = client_for(chief)
        for _ in range(5):
            propose_for(entered(home))
        client.get("/duplicates/")
        with django_assert_max_num_queries(12):
            client.get("/duplicates/")
        pair = DuplicatePair.objects.first()
        with django_assert_max_num_queries(16):
            client.get(f"/duplicates/{pair.pk}/")

    def test_the_one_with_a_number_is_proposed_to_stay(self, client_for, pair, officer_a):
        page = client_for(officer_a).get(f"/duplicates/{pair.pk}/")
        assert page.context["form"].initial["keep"] == pair.second_id
        Resident.objects.filter(pk=pair.second_id).update(citizen_id="")
        page = client_for(officer_a).get(f"/duplicates/{pair.pk}/")
        assert page.context["form"].initial["keep"] == pair.first_id

    def test_one_person(self, client_for, pair, officer_a):
        client = client_for(officer_a)
        done = decide(client, pair, decision="same", keep=pair.first_id)
        assert (done.status_code, done.url) == (302, "/duplicates/")
        told = client.get("/duplicates/").content.decode()
        assert f"Đã gộp {pair.second.code} vào {pair.first.code}." in told
        pair.refresh_from_db()
        assert (pair.decision, pair.decided_by) == ("same", officer_a)
        page = client.get(f"/duplicates/{pair.pk}/").content.decode()
        assert "Bỏ gộp" in page
        assert "Ghi kết luận" not in page

    def test_two_people(self, client_for, pair, officer_a):
        client = client_for(officer_a)
        done = decide(client, pair, decision="different", keep=pair.first_id)
        assert done.status_code == 302
        pair.refresh_from_db()
        assert pair.decision == "different"
        assert not Resident.objects.exclude(same_as=None).exists()

    def test_nothing_is_decided_by_default(self, client_for, pair, officer_a):
        refused = decide(client_for(officer_a), pair, keep=pair.first_id)
        assert refused.status_code == 422
        assert refused.context["form"].errors["decision"]

    def test_a_stranger_is_not_kept(self, client_for, pair, officer_a, far_home):
        stranger = entered(far_home, full_name="Lê Văn Lạ")
        refused = decide(client_for(officer_a), pair, decision="same", keep=stranger.pk)
        assert refused.status_code == 422
        assert refused.context["form"].errors["keep"]

    def test_sent_twice_it_is_written_once(self, client_for, pair, officer_a):
        client = client_for(officer_a)
        page = client.get(f"/duplicates/{pair.pk}/")
        sent = {name: hidden(page, name) for name in ("_once", "version")}
        sent |= {"decision": "same", "keep": pair.first_id}
        answers = [client.post(f"/duplicates/{pair.pk}/", sent) for _ in range(2)]
        assert [answer.url for answer in answers] == ["/duplicates/"] * 2
        assert ResidenceAct.objects.filter(summary__startswith="Gộp").count() == 1

    @pytest.mark.parametrize("which", ["first", "second", "pair"])
    def test_a_form_on_an_earlier_version_is_refused(self, client_for, pair, officer_a, which):
        client = client_for(officer_a)
        page = client.get(f"/duplicates/{pair.pk}/")
        sent = {name: hidden(page, name) for name in ("_once", "version")}
        row = pair if which == "pair" else getattr(pair, which)
        row.save()
        sent |= {"decision": "same", "keep": pair.first_id}
        refused = client.post(f"/duplicates/{pair.pk}/", sent)
        assert refused.status_code == 422
        pair.refresh_from_db()
        assert pair.decision == ""
        again = {name: hidden(refused, name) for name in ("_once", "version")}
        assert client.post(f"/duplicates/{pair.pk}/", {**sent, **again}).status_code == 302

    def test_one_decided_meanwhile_is_told(self, client_for, pair, officer_a):
        client = client_for(officer_a)
        page = client.get(f"/duplicates/{pair.pk}/")
        sent = {name: hidden(page, name) for name in ("_once", "version")}
        keep_apart(pair=pair)
        sent |= {"decision": "same", "keep": pair.first_id}
        refused = client.post(f"/duplicates/{pair.pk}/", sent)
        assert refused.status_code == 422
        assert "Hai người khác nhau" in refused.content.decode()
        assert not Resident.objects.exclude(same_as=None).exists()

    def test_a_pair_that_is_gone_is_not_there(self, client_for, pair, officer_a):
        DuplicatePair.objects.all().delete()
        assert client_for(officer_a).get(f"/duplicates/{pair.pk}/").status_code == 404

    def test_a_refused_merge_is_told_on_the_page(self, client_for, area_a, officer_a):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        head = entered(home)
        factories.ResidenceFactory(household=home)
        other = entered(factories.HouseholdFactory(neighbourhood=area_a))
        pair = pair_of(head, other)
        refused = decide(client_for(officer_a), pair, decision="same", keep=other.pk)
        assert refused.status_code == 422
        assert f"/households/{home.pk}/head/" in refused.content.decode()

    def test_taking_back(self, client_for, pair, officer_a, officer_b):
        client = client_for(officer_a)
        assert client.get(f"/duplicates/{pair.pk}/undo/").status_code == 404
        before = state()
        decide(client, pair, decision="same", keep=pair.second_id)
        address = f"/duplicates/{pair.pk}/undo/"
        assert client_for(officer_b).get(address).status_code == 404
        page = client.get(address)
        sent = {name: hidden(page, name) for name in ("_once", "version")}
        assert client.post(address, {**sent, "reason": ""}).status_code == 422
        done = client.post(address, {**sent, "reason": "Nhầm người"})
        assert (done.status_code, done.url) == (302, f"/duplicates/{pair.pk}/")
        assert state() == before

    def test_what_rests_on_it_is_shown_before_taking_back(
        self, client_for, home, far_home, chief, on
    ):
        kept, gone = only_the_other_lives_here(home, far_home)
        pair = merged(kept, gone, on)
        end_residence(residence=kept.residences.get(), ended_on=on, end_reason="DEPARTURE", on=on)
        shown = client_for(chief).get(f"/duplicates/{pair.pk}/undo/").content.decode()
        assert kept.residences.get().ended_by.get_absolute_url() in shown

    def test_without_the_right_to_decide_it_is_read(self, client_for, pair, officer_a):
        group = officer_a.groups.get()
        group.permissions.remove(group.permissions.get(codename="change_duplicatepair"))
        client = client_for(officer_a)
        page = client.get(f"/duplicates/{pair.pk}/")
        assert page.status_code == 200
        assert "Ghi kết luận" not in page.content.decode()
        assert client.post(f"/duplicates/{pair.pk}/", {"decision": "different"}).status_code == 403


class TestOnThePersonsPage:
    def test_an_alias_leads_to_the_kept_one_and_back(self, client_for, home, officer_a, on):
        kept, gone = in_one_household(home, None)
        merged(kept, gone, on)
        client = client_for(officer_a)
        page = client.get(gone.get_absolute_url()).content.decode()
        assert f'Bản ghi trùng của <a href="{kept.get_absolute_url()}">{kept.code}</a>' in page
        assert (
            f'href="{gone.get_absolute_url()}">{gone.code}</a>'
            in client.get(kept.get_absolute_url()).content.decode()
        )

    def test_an_open_pair_is_told(self, client_for, pair, officer_a, duty):
        page = client_for(officer_a).get(pair.first.get_absolute_url()).content.decode()
        assert f"/duplicates/{pair.pk}/" in page
        assert "Nghi trùng với" in page
        assert (
            "Nghi trùng" not in client_for(duty).get(pair.first.get_absolute_url()).content.decode()
        )
