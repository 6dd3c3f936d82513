"""Undoing: the ward as it was, whole or by row; what later work rests on stays and is listed."""

import datetime as dt
import itertools
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from businesses.models import Business, Certificate
from households.models import Household, Residence, Resident
from households.services import end_residence, start_residence
from imports.kinds import KINDS
from imports.kinds.base import Run
from imports.models import ImportBatch
from imports.services import batches, undoing, writing
from imports.services.clearing import clear_old
from imports.services.templates import write_template
from kylien.audit.models import AuditEntry
from outreach.models import Partner
from tests import factories
from tests.imports.partners import PartnersKind
from tests.imports.states import domain_hash, read_batch, undone, written

ON = dt.date(2026, 11, 24)
State = ImportBatch.State


def person(name, relation="", **cells):
    row = {"full_name": name, "birth": "05/09/1980", "sex": "Nam", "relation": relation, **cells}
    if relation == "Chủ hộ":
        place = {"address": f"Số 3 ngõ {name}", "neighbourhood": "Tổ dân phố A"}
        row = {**place, "started_on": "15/03/2019", **row}
    return row


def people():
    """Two households of three; rows 2 to 7."""
    return [
        row
        for house in ("Lê", "Đỗ")
        for row in (
            person(f"{house} Văn Chủ", "Chủ hộ"),
            person(f"{house} Thị Vợ", "Vợ", sex="Nữ", birth="1983"),
            person(f"{house} Văn Con", "Con", birth="01/02/2005"),
        )
    ]


def firms():
    firm = {"address": "Số 12 đường Lê Lợi", "neighbourhood": "Tổ dân phố A"}
    paper = {"paper_kind": "GCN ANTT", "issued_on": "10/05/2024", "issuer": "Công an tỉnh"}
    return [
        {"name": "Karaoke Hoa Hồng", "sector": "Karaoke", **firm, **paper, "paper_number": "15"},
        {"name": "Cầm đồ Ba", "sector": "Cầm đồ", **firm, **paper, "paper_number": "16"},
    ]


def stay_of(name):
    return Residence.objects.current().get(resident__full_name=name)


def names():
    return set(Resident.objects.values_list("full_name", flat=True))


def sound():
    """Check what must hold of the ward after any undoing."""
    connection.check_constraints()
    homes = Residence.objects.current().permanent().values_list("household", "relation")
    headed = {home for home, relation in homes if relation == Residence.Relation.HEAD}
    assert {home for home, _ in homes} == headed
    living = Residence.objects.current().values_list("resident", flat=True)
    assert set(Resident.objects.present().values_list("pk", flat=True)) == set(living)


def told(plan):
    return sorted((left.number, left.reason) for left in plan.left)


@pytest.fixture
def areas(area_a, area_b):
    """Let the workbook's neighbourhoods be there."""


@pytest.fixture
def batch(db, areas):
    return written("people", people(), ON)


# --- the ward as it was -------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "rows"), [("people", people()), ("businesses", firms())])
def test_the_ward_is_as_it_was(areas, key, rows):
    written(key, rows[:1], ON)  # something is there already, and the first row changes it
    before = domain_hash()
    rows = [{**rows[0], "phone": "0100000001"}, *rows[1:]]
    batch = written(key, rows, ON)
    assert (batch.changed, batch.new) == (1, len(rows) - 1)
    assert domain_hash() != before
    plan = undone(batch, ON)
    assert not plan.left
    assert plan.lines == set(range(2, len(rows) + 2))
    assert domain_hash() == before
    batch.refresh_from_db()
    assert batch.state == State.UNDONE
    assert not batch.lines.filter(undone=False).exists()
    sound()


@pytest.fixture
def known_to_templates(ward):
    """What the examples of the templates name."""
    area = factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố 1")
    factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố 2")
    sectors = factories.sector("lodging"), factories.sector("company")
    factories.BusinessFactory(name="Nhà trọ Mẫu", neighbourhood=area, sector=sectors[0])
    factories.BusinessFactory(name="Công ty Mẫu", neighbourhood=area, sector=sectors[1])
    for code, address, head in (
        ("H-00012", "Số 1 đường Mẫu", "Ngô Văn Nền"),
        ("H-00013", "Số 5 đường Mẫu", "Trần Thị Thử"),
        ("H-00014", "Số 9 đường Thử", "Lê Văn Ví Dụ"),
    ):
        home = factories.HouseholdFactory(neighbourhood=area, address=address, code=code)
        factories.ResidenceFactory(household=home, resident__full_name=head, relation="HEAD")


@pytest.mark.django_db
@pytest.mark.parametrize("key", KINDS)
def test_each_template_comes_in_once_and_goes_again(
    known_to_templates, settings, tmp_path, time_machine, clerk, key
):
    """From the file of the template to undoing, for every kind: its examples are good rows."""
    settings.ATTACHMENTS_DIR = tmp_path
    time_machine.move_to(dt.datetime.combine(ON, dt.time(12), dt.UTC))
    before = domain_hash()
    file = BytesIO()
    write_template(KINDS[key], file)

    def read():
        upload = SimpleUploadedFile("mau.xlsx", file.getvalue())
        batch = batches.upload(file=upload, kind=key, user=clerk)
        begun = batches.begin_reading(batch=batch)
        return batches.read(batch=begun, run=Run(on=ON, user=clerk))

    batch = read()
    told = [row.reasons for row in batch.lines.filter(outcome__in=("doubtful", "refused"))]
    assert batch.rows == len(KINDS[key].examples)
    assert batch.new + batch.changed == batch.rows, told
    assert domain_hash() == before
    begun = writing.begin_writing(batch=batch, only_good=False)
    writing.write(batch=begun, run=Run(on=ON, user=clerk))
    after = domain_hash()
    assert after != before
    again = read()
    assert again.same == again.rows
    assert domain_hash() == after
    assert not undone(batch, ON).left
    assert domain_hash() == before
    sound()


def test_rows_one_by_one_and_then_the_rest(areas, batch):
    for number in (4, 3, 2):  # the head last: the others live in his household
        plan = undone(batch, ON, {number})
        assert not plan.left
        batch.refresh_from_db()
        assert batch.state == State.WRITTEN
        sound()
    assert Household.objects.count() == 1
    assert set(batch.lines.filter(undone=True).values_list("number", flat=True)) == {2, 3, 4}
    assert not undone(batch, ON, {2}).lines  # undone already
    plan = undone(batch, ON)
    assert plan.lines == {5, 6, 7}
    batch.refresh_from_db()
    assert batch.state == State.UNDONE
    assert not Household.objects.exists()
    assert not Resident.objects.exists()
    with pytest.raises(ValidationError, match="đã hoàn tác"):
        undone(batch, ON)


def test_the_same_workbook_comes_in_again_after_undoing(batch):
    undone(batch, ON)
    again = written("people", people(), ON)
    assert (again.new, Resident.objects.count()) == (6, 6)
    sound()


def test_the_plan_changes_nothing(batch):
    before, entries = domain_hash(), AuditEntry.objects.count()
    plan = undoing.plan_undo(batch)
    assert {model.__name__: len(rows) for model, rows in plan.remove.items()} == {
        "Household": 2,
        "Resident": 6,
        "Residence": 6,
    }
    assert (domain_hash(), AuditEntry.objects.count()) == (before, entries)


def test_what_fails_in_the_middle_leaves_all_of_it(batch, monkeypatch):
    before = domain_hash()

    def fail(plan):
        raise RuntimeError("x")

    monkeypatch.setattr(KINDS["people"], "undone", fail)
    with pytest.raises(RuntimeError):
        undone(batch, ON)
    batch.refresh_from_db()
    assert (batch.state, domain_hash()) == (State.WRITTEN, before)
    assert not batch.lines.filter(undone=True).exists()


# --- after other work ---------------------------------------------------------------------------


def test_somebody_edited_since_stays_but_not_his_untouched_stay(batch):
    Resident.objects.filter(full_name="Lê Văn Con").update(note="đã gặp")
    plan = undone(batch, ON)
    # His stay and his wife go; but he needs nothing of what went.
    assert names() == {"Lê Văn Con"}
    assert told(plan) == [(4, "đã sửa sau khi nhập")]
    sound()
    batch.refresh_from_db()
    assert batch.state == State.WRITTEN
    assert list(batch.lines.filter(undone=False).values_list("number", flat=True)) == [4]
    assert told(undone(batch, ON)) == told(plan)  # asked again, told again


def test_an_ended_stay_stays_with_all_that_it_names(batch):
    end_residence(
        residence=stay_of("Đỗ Thị Vợ"),
        ended_on=ON - dt.timedelta(days=3),
        end_reason=Residence.End.DEPARTURE,
        on=ON,
    )
    plan = undone(batch, ON)
    assert "Đỗ Thị Vợ" in names()
    assert "Lê Văn Chủ" not in names()
    assert Residence.objects.filter(resident__full_name="Đỗ Thị Vợ").exists()
    assert Household.objects.count() == 1
    assert (6, "đã sửa sau khi nhập") in told(plan)
    assert {number for number, _ in told(plan)} <= {5, 6}
    sound()


def test_a_household_with_a_new_member_keeps_its_head(batch):
    home = stay_of("Lê Văn Chủ").household
    newcomer = factories.ResidentFactory(full_name="Lê Thị Dâu")
    start_residence(
        resident=newcomer,
        kind=Residence.Kind.PERMANENT,
        household=home,
        relation=Residence.Relation.OTHER,
        relation_note="con dâu",
        started_on=ON - dt.timedelta(days=5),
        start_reason=Residence.Start.REGISTRATION,
        on=ON,
    )
    plan = undone(batch, ON)
    assert names() == {"Lê Văn Chủ", "Lê Thị Dâu"}
    assert Household.objects.get() == home
    assert {number for number, _ in told(plan)} == {2}
    assert any("là chủ hộ" in reason for _, reason in told(plan))
    sound()
    assert set(batch.lines.filter(undone=True).values_list("number", flat=True)) == {3, 4, 5, 6, 7}


def test_what_is_gone_already_holds_nothing_back(batch):
    Residence.objects.filter(resident__full_name="Lê Văn Con").delete()
    Resident.objects.filter(full_name="Lê Văn Con").delete()
    plan = undone(batch, ON)
    assert not plan.left
    batch.refresh_from_db()
    assert batch.state == State.UNDONE
    assert not Resident.objects.exists()


@pytest.mark.django_db
def test_an_inspected_business_stays_with_the_paper_that_was_edited(areas, chief):
    batch = written("businesses", firms(), ON)
    bar = Business.objects.get(name="Karaoke Hoa Hồng")
    factories.InspectionFactory(business=bar)
    Certificate.objects.filter(number="16").update(issuer="Công an phường")
    plan = undone(batch, ON)
    assert set(Business.objects.values_list("name", flat=True)) == {"Karaoke Hoa Hồng", "Cầm đồ Ba"}
    assert [paper.number for paper in Certificate.objects.all()] == ["16"]
    reasons = dict(told(plan))
    assert set(reasons) == {2, 3}
    assert "ghi sau khi nhập" in reasons[2]
    sound()


@pytest.mark.django_db
def test_a_change_that_was_changed_on_stays_and_the_others_go_back(areas):
    written("people", people(), ON)
    rows = [{**row, "phone": f"010000000{n}"} for n, row in enumerate(people())]
    batch = written("people", rows, ON)
    assert batch.changed == 6
    other = Resident.objects.get(full_name="Lê Văn Chủ")
    other.phone = "0100999999"
    other.save()
    noted = Resident.objects.get(full_name="Đỗ Văn Chủ")
    noted.note = "việc khác"
    noted.save()
    plan = undone(batch, ON)
    assert told(plan) == [(2, "đã sửa sau khi nhập")]
    phones = dict(Resident.objects.values_list("full_name", "phone"))
    assert phones.pop("Lê Văn Chủ") == "0100999999"
    assert set(phones.values()) == {""}
    noted.refresh_from_db()
    assert noted.note == "việc khác"  # other fields of the row are nobody's business
    assert undone(batch, ON).restore == []
    sound()


# --- what kinds may do, whatever they are -------------------------------------------------------


class TwiceKind(PartnersKind):
    """Writes what the engine must bear: a row's own row changed again, one changed by two rows,
    rows that point to each other."""

    def plan(self, lines, run):
        for plan in super().plan(lines, run):
            plan.data = None
            yield plan

    def write(self, chosen, journal, run):
        for line, _ in chosen:
            name, contact = self.value(line, "name"), self.value(line, "contact") or ""
            row = Partner.objects.filter(name=name).first()
            if row is None:
                row = Partner.objects.create(name=name, kind=Partner.Kind.OTHER)
                journal.created(line.number, row)
            for words in (f"{contact} tạm", contact):
                old, row.contact_name = row.contact_name, words
                row.save()
                journal.changed(line.number, row, {"contact_name": (old, words)})


@pytest.fixture
def twice(monkeypatch, ward):
    found = TwiceKind()
    monkeypatch.setitem(KINDS, "people", found)
    return found


def test_a_row_made_and_changed_by_one_batch_goes(twice):
    batch = written("people", [{"name": "Hội Mới", "contact": "Lê An"}], ON)
    assert Partner.objects.get().contact_name == "Lê An"
    assert not undone(batch, ON).left
    assert not Partner.objects.exists()


def test_a_row_changed_twice_gets_its_first_value_back(twice):
    known = factories.PartnerFactory(name="Hội Cũ", contact_name="Trần Ba")
    batch = written("people", [{"name": "Hội Cũ", "contact": "Lê An"}], ON)
    known.refresh_from_db()
    assert known.contact_name == "Lê An"
    undone(batch, ON)
    known.refresh_from_db()
    assert known.contact_name == "Trần Ba"


def test_a_row_changed_by_two_lines_goes_back_line_by_line(twice):
    known = factories.PartnerFactory(name="Hội Cũ", contact_name="Trần Ba")
    rows = [{"name": "Hội Cũ", "contact": "Lê An"}, {"name": "Hội Cũ", "contact": "Lê Tư"}]
    batch = written("people", rows, ON)
    assert set(told(undone(batch, ON, {2}))) == {(2, "đã sửa sau khi nhập")}
    assert not undone(batch, ON, {3}).left
    known.refresh_from_db()
    assert known.contact_name == "Lê An"
    assert not undone(batch, ON).left
    known.refresh_from_db()
    batch.refresh_from_db()
    assert (known.contact_name, batch.state) == ("Trần Ba", State.UNDONE)


@pytest.mark.django_db
def test_a_chain_of_rows_stays_as_far_as_it_is_needed(monkeypatch, areas):
    """A row that stays keeps the one it points to, and that one the next."""
    batch = written("people", people(), ON)
    first, second, third = Resident.objects.order_by("pk")[:3]
    # Links made behind the versions' back, as derived ones are: nothing counts as edited.
    Resident.objects.filter(pk=second.pk)._write(same_as=first)
    Resident.objects.filter(pk=third.pk)._write(same_as=second)
    Residence.objects.filter(resident__in=(first, second, third)).delete()
    keeper = factories.ResidentFactory(full_name="Người giữ")
    Resident.objects.filter(pk=keeper.pk)._write(same_as=third)
    plan = undone(batch, ON)
    assert names() == {first.full_name, second.full_name, third.full_name, "Người giữ"}
    assert {number for number, _ in told(plan)} == {2, 3, 4}
    connection.check_constraints()


@pytest.mark.django_db
def test_a_link_that_is_given_back_holds_nothing(monkeypatch, ward):
    """A row that the batch led to what it made leads elsewhere again, and what it made goes."""

    class LinkingKind(PartnersKind):
        def write(self, chosen, journal, run):
            for line, _ in chosen:
                made = Partner.objects.create(
                    name=self.value(line, "name"), kind=Partner.Kind.OTHER
                )
                journal.created(line.number, made)
                old, session.lead = session.lead_id, made
                session.save()
                journal.changed(line.number, session, {"lead_id": (old, made.pk)})

    session = factories.ActivityFactory()
    monkeypatch.setitem(KINDS, "people", LinkingKind())
    batch = written("people", [{"name": "Hội Mới"}], ON)
    session.refresh_from_db()
    assert session.lead.name == "Hội Mới"
    assert not undone(batch, ON).left
    session.refresh_from_db()
    assert session.lead is None
    assert not Partner.objects.filter(name="Hội Mới").exists()


# --- what time does -----------------------------------------------------------------------------


def test_a_batch_whose_rows_were_cleared_is_undone_whole(batch, settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path
    Resident.objects.filter(full_name="Lê Văn Con").update(note="đã gặp")
    undone(batch, ON, {6})
    ImportBatch.objects.filter(pk=batch.pk).update(file="2026/11/a")
    batch.refresh_from_db()
    assert clear_old(on=batch.written_at.date() + dt.timedelta(days=70)) == 1
    assert batch.lines.count() == 1
    plan = undone(batch, ON)
    assert names() == {"Lê Văn Con"}
    assert plan.left
    batch.refresh_from_db()
    assert batch.state == State.WRITTEN  # somebody is still there because of it
    Resident.objects.filter(full_name="Lê Văn Con").delete()
    undone(batch, ON)
    batch.refresh_from_db()
    assert batch.state == State.UNDONE


def test_undoing_costs_no_query_a_row(areas, django_assert_max_num_queries, db):
    given = itertools.product(
        ("An", "Ba", "Ca", "Da", "Em", "Ga", "Ha", "In", "La", "Mai"), repeat=2
    )
    rows = []
    for n, words in enumerate(given):
        name, birth = " ".join(words), f"{1950 + n % 50}"
        rows.append(person(f"Lê {name}", "Chủ hộ", birth=birth))
        rows.append(person(f"Đỗ {name}", "Vợ", birth=birth, sex="Nữ"))
    batch = written("people", rows, ON)
    assert batch.new == 200
    with django_assert_max_num_queries(170):
        assert not undone(batch, ON).left
    assert not Resident.objects.exists()


# --- any order ----------------------------------------------------------------------------------

LATER = ("edit", "end", "join", "nothing")


class AnyOrder(TestCase):
    """Whatever is undone first and whatever was done since: the ward is sound, and what nobody
    touched goes."""

    def setUp(self):
        ward = factories.WardFactory()
        factories.NeighbourhoodFactory(ward=ward, name="Tổ dân phố A")

    def later(self, what, name):
        stay = Residence.objects.current().filter(resident__full_name=name).first()
        if stay is None:
            return
        if what == "edit":
            Resident.objects.filter(pk=stay.resident_id).update(note="đã gặp")
        elif what == "end":
            others = Residence.objects.current().filter(household=stay.household_id)
            if stay.relation == Residence.Relation.HEAD and others.count() > 1:
                return  # the ledger asks for a new head first
            end_residence(residence=stay, ended_on=ON, end_reason=Residence.End.DEPARTURE, on=ON)
        elif what == "join":
            factories.ResidenceFactory(household=stay.household, relation="CHILD", on=ON)

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.tuples(st.sampled_from(LATER), st.integers(2, 7)), max_size=3),
        st.lists(st.sets(st.integers(2, 7), min_size=1), max_size=4),
    )
    def test_rows_undone_in_any_order(self, work, parts):
        before = domain_hash()
        rows = people()
        batch = read_batch("people", rows, ON)
        writing.begin_writing(batch=batch, only_good=True)
        writing.write(batch=batch, run=Run(on=ON))
        for what, number in work:
            self.later(what, rows[number - 2]["full_name"])
        for numbers in parts:
            batch.refresh_from_db()
            if batch.state == State.WRITTEN:
                undone(batch, ON, numbers)
                sound()
        batch.refresh_from_db()
        if batch.state == State.WRITTEN:
            plan = undone(batch, ON)
            sound()
            batch.refresh_from_db()
            assert (batch.state == State.UNDONE) == (not plan.left)
        if all(what == "nothing" for what, _ in work):
            assert batch.state == State.UNDONE
            assert domain_hash() == before
