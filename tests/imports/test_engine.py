"""From the file to the register and back, whatever the kind: states, counts, who comes first."""

import dataclasses
import threading

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connections, transaction

from imports.kinds.base import Outcome, Run
from imports.models import ImportBatch, ImportJournal
from imports.services import batches, progress, undoing, writing
from kylien.audit.models import AuditEntry
from outreach.models import Partner
from tests import factories
from tests.imports.partners import PartnersKind, workbook

pytestmark = pytest.mark.usefixtures("kind")

State = ImportBatch.State
FILE = "tổ chức.xlsx"
ROWS = (
    ("Trường Tiểu học", "Ngô Thị Em", "0100000011", ""),
    ("Hội Cựu chiến binh", "Phạm Văn Dũng", "", ""),
    ("Hội Phụ nữ phường", "Trần Thị Bình", "", ""),
    ("Hội Phụ nữ tổ 5", "Vũ Thị Giang", "", ""),
    ("Cấm", "", "", ""),
)
FIVE = {"new": 1, "changed": 1, "same": 1, "doubtful": 1, "refused": 1}


def uploaded(rows=ROWS, user=None):
    file = SimpleUploadedFile(FILE, workbook(*rows).getvalue())
    return batches.upload(file=file, kind="people", user=user)


def read(batch, on, **run):
    begun = batches.begin_reading(batch=batch)
    return batches.read(batch=begun, run=Run(on=on, **run))


def write(batch, on, *, only_good=True, **run):
    begun = writing.begin_writing(batch=batch, only_good=only_good)
    return writing.write(batch=begun, run=Run(on=on, **run))


def counts(batch):
    batch.refresh_from_db()
    assert batch.rows == sum(batch.counts.values()) == batch.lines.count()
    for outcome, number in batch.counts.items():
        assert batch.lines.filter(outcome=outcome).count() == number
    return {outcome.value: number for outcome, number in batch.counts.items()}


def partners():
    return dict(Partner.objects.values_list("name", "contact_name"))


def fresh(batch):
    return ImportBatch.objects.get(pk=batch.pk)


# --- the way ------------------------------------------------------------------------------------


def test_a_workbook_from_upload_to_undoing(known, on, clerk):
    before = partners()
    batch = uploaded(user=clerk)
    assert (batch.state, batch.created_by) == (State.UPLOADED, clerk)
    assert (batch.header_row, batch.mapping) == (3, {"0": "name", "1": "contact", "2": "phone"})
    batch = read(batch, on)
    assert (batch.state, counts(batch)) == (State.READ, FIVE)
    assert partners() == before
    assert not batch.journal.exists()
    batch = write(batch, on, user=clerk)
    assert (batch.state, batch.written_by, counts(batch)) == (State.WRITTEN, clerk, FIVE)
    assert partners() == before | {
        "Trường Tiểu học": "Ngô Thị Em",
        "Hội Cựu chiến binh": "Phạm Văn Dũng",
    }
    plan = undoing.undo(batch=batch, user=clerk, on=on)
    assert not plan.left
    assert (fresh(batch).state, fresh(batch).undone_by) == (State.UNDONE, clerk)
    assert partners() == before
    assert counts(batch) == FIVE  # the preview stays as it was


def test_every_row_of_the_sheet_is_told_by_its_number(known, on):
    batch = read(uploaded(), on)
    told = list(batch.lines.order_by("number").values_list("number", "outcome", "identifier"))
    assert told == [
        (4, "new", "Trường Tiểu học"),
        (5, "changed", "Hội Cựu chiến binh"),
        (6, "same", "Hội Phụ nữ phường"),
        (7, "doubtful", "Hội Phụ nữ tổ 5"),
        (8, "refused", "Cấm"),
    ]


def test_the_same_workbook_again_is_all_the_same(known, on):
    write(read(uploaded(ROWS[:3]), on), on)
    again = read(uploaded(ROWS[:3]), on)
    assert counts(again)["same"] == again.rows == 3
    with pytest.raises(ValidationError, match="Không có dòng nào để nhập"):
        write(again, on)


def test_another_choice_of_columns_reads_anew(known, on):
    batch = read(uploaded(), on)
    chosen = batches.choose(
        batch=batch,
        sheet=batch.sheet,
        header_row=3,
        header_lines=1,
        mapping={"0": "name"},
        options={},
        ignored=["Đầu mối"],
    )
    assert (chosen.state, chosen.rows, chosen.lines.count()) == (State.UPLOADED, 0, 0)
    assert counts(read(chosen, on)) == FIVE | {"changed": 2, "same": 0}


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"1": "contact"}, "Chưa chỉ ra cột: Tên tổ chức"),
        ({"0": "name", "1": "name"}, "Chọn hai lần: Tên tổ chức"),
    ],
)
def test_a_choice_that_cannot_be_leaves_the_batch_as_it_was(ward, mapping, sentence):
    batch = uploaded()
    with pytest.raises(ValidationError, match=sentence):
        batches.choose(
            batch=batch,
            sheet=batch.sheet,
            header_row=3,
            header_lines=1,
            mapping=mapping,
            options={},
        )
    assert fresh(batch).mapping == batch.mapping


def test_a_dropped_batch_has_no_way_on(known, on, django_capture_on_commit_callbacks):
    batch = read(uploaded(), on)
    path = batches.path_of(batch)
    with django_capture_on_commit_callbacks(execute=True):
        dropped = batches.drop(batch=batch)
    assert (dropped.state, dropped.lines.count(), path.exists()) == (State.DROPPED, 0, False)
    for act in (
        lambda: batches.begin_reading(batch=batch),
        lambda: writing.begin_writing(batch=batch, only_good=True),
        lambda: undoing.undo(batch=batch, user=None, on=on),
    ):
        with pytest.raises(ValidationError, match="đã bỏ"):
            act()


# --- decisions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "outcome"), [("new", "new"), ("skip", "refused"), ("same", "changed")]
)
def test_what_was_decided_is_what_is_written(known, on, decision, outcome):
    batch = read(uploaded([ROWS[3]]), on)
    key = known[1].pk
    given = f"same:{key}" if decision == "same" else decision
    assert batches.decide(rows=batch.lines.undecided(), decision=given) == 1
    if decision == "skip":
        with pytest.raises(ValidationError, match="Không có dòng nào"):
            write(batch, on)
        return
    assert counts(write(batch, on))[outcome] == 1
    assert partners()["Hội Phụ nữ phường"] == (
        "Vũ Thị Giang" if decision == "same" else "Trần Thị Bình"
    )


def test_all_rows_are_asked_for_and_some_are_not_good(known, on):
    batch = read(uploaded(), on)
    with pytest.raises(ValidationError, match="Còn 2 dòng"):
        write(batch, on, only_good=False)
    assert fresh(batch).state == State.READ
    good = read(uploaded(ROWS[:3]), on)
    assert write(good, on, only_good=False).state == State.WRITTEN


def test_a_decision_is_one_of_the_three_and_about_a_candidate(known, on):
    batch = read(uploaded(), on)
    stranger = factories.PartnerFactory()
    rows = batch.lines.all()
    for wrong in ("perhaps", f"same:{stranger.pk}", "same:", "same:x"):
        with pytest.raises(ValidationError):
            batches.decide(rows=rows, decision=wrong)
    assert not batch.lines.exclude(decision="").exists()
    batches.decide(rows=rows, decision="new")
    batches.decide(rows=rows, decision="")
    assert batch.lines.undecided().count() == 1


def test_nothing_is_decided_once_it_is_written(known, on):
    batch = write(read(uploaded(), on), on)
    with pytest.raises(ValidationError, match="đã nhập"):
        batches.decide(rows=batch.lines.all(), decision="new")


def test_what_reading_mended_is_told_whatever_is_decided(known, on, kind, monkeypatch):
    def mend(cell, warn):
        warn("đã sửa theo quy tắc.")
        return cell or None

    columns = (dataclasses.replace(kind.columns[0], read=mend), *kind.columns[1:])
    monkeypatch.setattr(kind, "columns", columns)
    batch = read(uploaded(), on)
    batches.decide(rows=batch.lines.undecided(), decision="new")
    write(batch, on)
    for row in batch.lines.all():
        assert row.reasons.count("Tên tổ chức: đã sửa theo quy tắc.") == 1, row.number
    assert batch.lines.get(number=8).reasons[0].startswith("Tên tổ chức: không được dùng")


# --- the ward goes on meanwhile -----------------------------------------------------------------


def test_rows_are_planned_again_when_they_are_written(known, on):
    rows = [*ROWS[:3], ("Đoàn Thanh niên", "Lê Văn Ba", "", "")]
    batch = read(uploaded(rows), on)
    assert counts(batch) == FIVE | {"new": 2, "doubtful": 0, "refused": 0}
    factories.PartnerFactory(name="Trường Tiểu học", contact_name="Ngô Thị Em")  # new -> same
    factories.PartnerFactory(name="Đoàn Thanh niên", contact_name="Ai khác")  # new -> changed
    Partner.objects.filter(pk=known[0].pk).update(contact_name="Phạm Văn Dũng")  # changed -> same
    Partner.objects.filter(pk=known[1].pk).update(contact_name="Người mới")  # same -> changed
    batch = write(batch, on)
    assert counts(batch) == FIVE | {"new": 0, "changed": 2, "same": 2, "doubtful": 0, "refused": 0}
    assert batch.lines.get(number=6).changes == [["Đầu mối", "Người mới", "Trần Thị Bình"]]
    assert Partner.objects.count() == 4


def test_a_row_that_became_doubtful_is_not_written(known, on):
    batch = read(uploaded([ROWS[0]]), on)
    factories.PartnerFactory(name="Trường Trung học")
    batch = write(batch, on)
    assert counts(batch)["doubtful"] == 1
    assert "Trường Tiểu học" not in partners()
    assert batch.lines.get().candidates[0]["label"] == "Trường Trung học"
    # Nothing is in effect, so there is nothing to undo but the name of it.
    undoing.undo(batch=batch, user=None, on=on)
    assert fresh(batch).state == State.UNDONE


def test_two_previews_of_one_workbook_write_it_once(known, on):
    first, second = read(uploaded(ROWS[:3]), on), read(uploaded(ROWS[:3]), on)
    write(first, on)
    assert counts(write(second, on)) == {**dict.fromkeys(FIVE, 0), "same": 3}
    assert not second.journal.exists()


# --- twice, and what dies -----------------------------------------------------------------------


def test_who_presses_twice_reads_and_writes_once(known, on):
    batch = uploaded()
    begun = batches.begin_reading(batch=batch)
    with pytest.raises(ValidationError, match="đang đọc"):
        batches.begin_reading(batch=batch)
    batches.read(batch=begun, run=Run(on=on))
    begun = writing.begin_writing(batch=batch, only_good=True)
    for act in (
        lambda: writing.begin_writing(batch=batch, only_good=True),
        lambda: batches.begin_reading(batch=batch),
        lambda: batches.drop(batch=batch),
        lambda: batches.decide(rows=batch.lines.all(), decision="new"),
    ):
        with pytest.raises(ValidationError, match="đang ghi"):
            act()
    writing.write(batch=begun, run=Run(on=on))
    journal = list(batch.journal.values_list("entries", flat=True))
    with pytest.raises(ValidationError, match="đã nhập"):
        writing.write(batch=begun, run=Run(on=on))
    assert fresh(batch).state == State.WRITTEN  # the second one took nothing back
    assert list(batch.journal.values_list("entries", flat=True)) == journal
    undoing.undo(batch=batch, user=None, on=on)
    with pytest.raises(ValidationError, match="đã hoàn tác"):
        undoing.undo(batch=batch, user=None, on=on)


def test_a_reading_that_died_with_the_server_begins_again(known, on):
    batch = uploaded()
    batches.begin_reading(batch=batch)
    cache.clear()
    assert read(batch, on).state == State.READ


def test_a_writing_that_died_with_the_server_begins_again(known, on):
    batch = read(uploaded(), on)
    writing.begin_writing(batch=batch, only_good=True)
    cache.clear()
    assert write(batch, on).state == State.WRITTEN
    assert progress.told(batch.pk) is None


@pytest.mark.parametrize("error", [RuntimeError("x"), ValidationError("Vướng."), MemoryError()])
def test_a_writing_that_fails_in_the_middle_leaves_nothing(known, on, kind, monkeypatch, error):
    before, entries = partners(), AuditEntry.objects.exclude(table__startswith="imports").count()
    batch = read(uploaded(), on)
    whole = kind.write

    def fail(chosen, journal, run):
        whole(chosen, journal, run)
        raise error

    monkeypatch.setattr(kind, "write", fail)
    with pytest.raises(type(error)):
        write(batch, on)
    batch = fresh(batch)
    assert (batch.state, counts(batch)) == (State.READ, FIVE)
    assert batch.failure == ("Vướng." if isinstance(error, ValidationError) else batch.failure)
    assert batch.failure
    assert "x" not in batch.failure.split()
    assert partners() == before
    assert not ImportJournal.objects.exists()
    assert AuditEntry.objects.exclude(table__startswith="imports").count() == entries
    assert progress.told(batch.pk) is None
    monkeypatch.setattr(kind, "write", whole)
    batch = write(batch, on)
    assert (batch.state, batch.failure) == (State.WRITTEN, "")


def test_a_reading_that_fails_in_the_middle_keeps_no_rows(known, on, kind, monkeypatch):
    def fail(lines, run):
        yield from PartnersKind.plan(kind, lines[:2], run)
        raise RuntimeError("x")

    monkeypatch.setattr(batches, "KEPT", 1)
    monkeypatch.setattr(kind, "plan", fail)
    batch = uploaded()
    with pytest.raises(RuntimeError):
        read(batch, on)
    batch = fresh(batch)
    assert (batch.state, batch.lines.count(), batch.rows) == (State.FAILED, 0, 0)
    assert batch.failure.endswith(".")


def test_a_file_that_went_away_is_told(known, on):
    batch = uploaded()
    batches.path_of(batch).unlink()
    with pytest.raises(FileNotFoundError):
        read(batch, on)
    assert fresh(batch).state == State.FAILED
    ImportBatch.objects.filter(pk=batch.pk).update(file="")
    with pytest.raises(ValidationError, match="tải lên lại"):
        batches.begin_reading(batch=batch)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_at_once_write_once(known, on):
    """Both passed the button: on either database the second waits for the first, then is told."""
    batch = read(uploaded(), on)
    begun = writing.begin_writing(batch=batch, only_good=True)
    start, told = threading.Barrier(2), []

    def work():
        try:
            start.wait()
            writing.write(batch=begun, run=Run(on=on))
            told.append("written")
        except ValidationError as error:
            told.append(error.messages[0])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.sort(key="written".__eq__)
    assert told[1] == "written"
    assert "đã nhập" in told[0]
    assert (fresh(batch).state, batch.journal.count()) == (State.WRITTEN, 1)
    assert Partner.objects.filter(name="Trường Tiểu học").count() == 1


# --- nothing lost, all of it known --------------------------------------------------------------


def test_the_five_add_up_or_the_database_refuses(known, on):
    batch = read(uploaded(), on)
    batch.same += 1
    with pytest.raises(IntegrityError), transaction.atomic():
        batch.save()


def test_the_journal_holds_every_row_that_was_made_or_changed(known, on, monkeypatch):
    monkeypatch.setattr(writing, "ENTRIES", 2)
    rows = [*ROWS, *((f"Câu lạc bộ {n}{n}", "", "", "") for n in "ABCDE")]
    last = max(AuditEntry.objects.values_list("pk", flat=True), default=0)
    batch = read(uploaded(rows), on)
    batches.decide(rows=batch.lines.undecided(), decision="new")
    batch = write(batch, on)
    entries = [e for part in batch.journal.order_by("position") for e in part.entries]
    assert [part.position for part in batch.journal.all()] == list(range(batch.journal.count()))
    kept = {(table, key, action) for _, action, table, key, *_ in entries}
    trail = AuditEntry.objects.filter(pk__gt=last).exclude(table__startswith="imports")
    assert kept == set(trail.values_list("table", "row", "action"))
    numbers = batch.lines.filter(outcome__in=(Outcome.NEW, Outcome.CHANGED))
    assert {number for number, *_ in entries} == set(numbers.values_list("number", flat=True))
    assert len(entries) == batch.new + batch.changed == 8
    change = next(e for e in entries if e[1] == "change")
    assert change[5] == {"contact_name": ["Lê Văn An", "Phạm Văn Dũng"]}


def test_the_trail_names_the_batch_and_who(known, on, clerk, chief):
    last = max(AuditEntry.objects.values_list("pk", flat=True), default=0)
    batch = write(read(uploaded(user=clerk), on, user=clerk), on, user=clerk)
    undoing.undo(batch=batch, user=chief, on=on)
    trail = AuditEntry.objects.filter(pk__gt=last, table="outreach.partner").order_by("pk")
    told = [(entry.action, entry.user, entry.reason) for entry in trail]
    wrote, undid = f"Nhập từ tệp Excel, lần {batch.code}", f"Hoàn tác lần nhập {batch.code}"
    assert sorted(told, key=str) == sorted(
        [
            ("create", clerk, wrote),
            ("change", clerk, wrote),
            ("change", chief, undid),
            ("delete", chief, undid),
        ],
        key=str,
    )


def test_reading_writes_nothing_but_the_batch(known, on):
    last = max(AuditEntry.objects.values_list("pk", flat=True), default=0)
    read(uploaded(), on)
    tables = AuditEntry.objects.filter(pk__gt=last).values_list("table", flat=True)
    assert set(tables) == {"imports.importbatch"}


def test_more_rows_cost_no_more_queries_a_row(known, on, django_assert_max_num_queries):
    rows = [(f"Câu lạc bộ {n:04}", "", "", "") for n in range(600)]
    with django_assert_max_num_queries(60):
        batch = read(uploaded(rows), on)
    assert batch.new == 600
