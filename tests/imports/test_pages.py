"""The pages of a workbook on its way: upload, columns, preview, decisions, writing, undoing."""

import datetime as dt
import io
import json
import re
import threading

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from imports.kinds import KINDS
from imports.models import ImportBatch, ImportRow
from imports.services import background, batches, progress
from imports.services.clearing import clear_old
from imports.views import reading, writing
from kylien.audit.models import AuditEntry
from kylien.core.uploads import PrivateStorage
from outreach.models import Partner
from tests import factories
from tests.imports.partners import HEADER, PartnersKind, workbook

pytestmark = pytest.mark.usefixtures("kind")

State, Outcome = ImportBatch.State, ImportRow.Outcome
CREATE = "/imports/create/"


MIXED = (
    ("Trường Tiểu học", "Ngô Thị Em", "0100000011", "mới"),
    ("Hội Cựu chiến binh", "Phạm Văn Dũng", "", ""),
    ("Hội Phụ nữ phường", "Trần Thị Bình", "", ""),
    ("Hội Phụ nữ tổ 5", "Vũ Thị Giang", "", ""),
    ("Cấm", "", "", ""),
    ("", "Đỗ Văn Hà", "0100000012", ""),
)


def upload(client, file, **data):
    return client.post(CREATE, {"kind": "people", "file": file, **data})


def batch_of(client, *rows, **options):
    response = upload(client, workbook(*rows, **options))
    assert response.status_code == 302, response.context["form"].errors
    return ImportBatch.objects.latest("pk")


def columns(batch):
    return reverse("importbatch-columns", args=[batch.pk])


def page(batch, **query):
    return reverse("importbatch-detail", args=[batch.pk], query=query)


def act(name, batch):
    return reverse(f"importbatch-{name}", args=[batch.pk])


def as_shown(response):
    """Return what the page of columns would send as it stands."""
    context = response.context
    look = context["look"]
    data = {
        f"column-{n}": row["field"].value() or "" for n, row in enumerate(context["columns"].rows)
    }
    place = look.sheets.index(look.sheet)
    return {
        **data,
        "was": context["was"],
        "sheet": place,
        "header_row": look.header.row,
        "header_lines": look.header.lines,
        "do": "read",
    }


def read(client, batch, **changes):
    data = {**as_shown(client.get(columns(batch))), **changes}
    response = client.post(columns(batch), data)
    batch.refresh_from_db()
    return response


def preview(client, *rows):
    batch = batch_of(client, *rows)
    assert read(client, batch).status_code == 302
    assert batch.state == State.READ, batch.failure
    return batch


def said(response):
    return [str(message) for message in response.context["messages"]]


# --- who ----------------------------------------------------------------------------------------


def test_chief_and_clerk_bring_workbooks_in(client_for, chief, clerk, ward):
    for user in (chief, clerk):
        client = client_for(user)
        for address in ("/imports/", CREATE, "/imports/templates/people/"):
            assert client.get(address).status_code == 200, address
        assert "Nhập từ Excel" in client.get("/imports/").content.decode()


def test_others_see_nothing_of_it(client_for, chief, officer_a, duty, leader, known):
    batch = preview(client_for(chief), *MIXED)
    for user in (officer_a, duty, leader):
        client = client_for(user)
        for address in (
            "/imports/",
            CREATE,
            "/imports/templates/people/",
            page(batch),
            columns(batch),
            *(act(name, batch) for name in ("file", "errors", "undo", "progress")),
        ):
            assert client.get(address).status_code == 403, (user, address)
        for name in ("read", "decide", "write", "undo", "drop"):
            assert client.post(act(name, batch)).status_code == 403, (user, name)
        assert "Nhập từ Excel" not in client.get("/", follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.state == State.READ


def test_acts_are_posted(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    for name in ("read", "decide", "write", "drop"):
        assert client.get(act(name, batch)).status_code == 405


def test_an_address_of_no_batch_is_not_found(client_for, chief, ward):
    client = client_for(chief)
    for address in ("/imports/999999/", "/imports/99999999999999999999/", "/imports/7/columns/"):
        assert client.get(address).status_code == 404
    assert client.get("/imports/templates/ships/").status_code == 404


# --- upload -------------------------------------------------------------------------------------


def test_the_upload_page_offers_each_kind_with_its_template(client_for, chief, ward):
    shown = client_for(chief).get(CREATE).content.decode()
    for key, kind in KINDS.items():
        assert kind.label in shown
        assert f"/imports/templates/{key}/" in shown


def test_an_uploaded_workbook_leads_to_its_columns(client_for, chief, ward):
    client = client_for(chief)
    response = upload(client, workbook(*MIXED))
    batch = ImportBatch.objects.get()
    assert response.url == columns(batch)
    assert (batch.created_by, batch.state, batch.header_row) == (chief, State.UPLOADED, 3)
    assert batch.mapping == {"0": "name", "1": "contact", "2": "phone"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rong.xlsx", b""),
        ("van-ban.xlsx", b"khong phai bang tinh"),
        ("anh.png", b"\x89PNG\r\n\x1a\n"),
        ("cut.xlsx", b"PK\x03\x04" + b"x" * 40),
    ],
)
def test_a_bad_file_is_refused_in_words_and_nothing_is_kept(
    client_for, chief, ward, tmp_path, name, content
):
    response = upload(client_for(chief), SimpleUploadedFile(name, content))
    assert response.status_code == 422
    assert response.context["form"].errors["file"][0].endswith(".")
    assert 'value="people" required checked' in response.content.decode()
    assert not ImportBatch.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_upload_needs_a_kind_and_a_file(client_for, chief, ward):
    client = client_for(chief)
    response = client.post(CREATE, {"kind": "ships"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"kind", "file"}


def test_a_second_click_uploads_once(client_for, chief, ward):
    client = client_for(chief)
    mark = client.get(CREATE).context["once"]
    first = upload(client, workbook(*MIXED), _once=mark)
    second = upload(client, workbook(*MIXED), _once=mark)
    assert (first.url, ImportBatch.objects.count()) == (second.url, 1)


# --- columns ------------------------------------------------------------------------------------


def test_the_columns_page_shows_guesses_values_and_what_is_left_out(client_for, chief, ward):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    response = client.get(columns(batch))
    shown = response.content.decode()
    rows = response.context["columns"].rows
    assert [row["field"].value() for row in rows] == ["name", "contact", "phone", ""]
    assert [row["guessed"] for row in rows] == [True, True, True, False]
    assert rows[0]["samples"] == ["Trường Tiểu học", "Hội Cựu chiến binh", "Hội Phụ nữ phường"]
    assert "DANH SÁCH TỔ CHỨC" in shown
    assert "0100000011" not in shown
    assert "010****011" in shown


def test_a_needed_column_that_is_not_found_is_told(client_for, chief, ward):
    client = client_for(chief)
    batch = batch_of(client, *MIXED, header=("Đơn vị nào đó", "Đầu mối", "Điện thoại", "Ghi chú"))
    response = client.get(columns(batch))
    assert response.context["needed"] == ["Tên tổ chức"]
    assert "Chưa thấy cột bắt buộc" in response.content.decode()
    response = read(client, batch)
    assert response.status_code == 422
    assert response.context["refusals"] == ["Chưa chỉ ra cột: Tên tổ chức."]
    assert read(client, batch, **{"column-0": "name"}).url == page(batch)


def test_a_column_named_twice_or_unknown_is_refused(client_for, chief, ward):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    response = read(client, batch, **{"column-3": "name"})
    assert response.status_code == 422
    assert response.context["refusals"] == ["Chọn hai lần: Tên tổ chức."]
    assert 'value="name" selected' in response.content.decode().split('name="column-3"')[1][:300]
    assert read(client, batch, **{"column-3": "ships"}).status_code == 422
    assert batch.state == State.UPLOADED


def test_the_header_is_read_again_without_keeping_anything(client_for, chief, ward):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    data = {**as_shown(client.get(columns(batch))), "header_row": 4, "do": "again"}
    response = client.post(columns(batch), data)
    assert response.status_code == 200
    assert response.context["look"].header.row == 4
    assert response.context["columns"].rows[0]["name"] == "Trường Tiểu học"
    batch.refresh_from_db()
    assert batch.header_row == 3


def test_columns_of_another_header_are_never_read(client_for, chief, ward):
    """The columns on the page belong to the header they were read from."""
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    response = read(client, batch, header_row=4)
    assert response.status_code == 422
    assert "đọc lại" in response.context["refusals"][0]
    assert batch.state == State.UPLOADED


def test_another_sheet_finds_its_own_header(client_for, chief, ward):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, top in (("Một", 0), ("Hai", 5)):
            sheet = book.add_worksheet(name)
            sheet.write_row(top, 0, ["Tên tổ chức", "Đầu mối"])
            sheet.write_row(top + 1, 0, [f"Hội {name}", "Lê Văn An"])
    file.seek(0)
    file.name = "hai.xlsx"
    client = client_for(chief)
    upload(client, file)
    batch = ImportBatch.objects.get()
    assert batch.sheet == "Một"
    data = {**as_shown(client.get(columns(batch))), "sheet": 1, "do": "again"}
    response = client.post(columns(batch), data)
    assert (response.context["look"].sheet, response.context["look"].header.row) == ("Hai", 6)
    client.post(columns(batch), as_shown(response))
    batch.refresh_from_db()
    assert (batch.sheet, batch.header_row, batch.rows) == ("Hai", 6, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"header_row": "0"},
        {"header_row": "²"},
        {"header_row": ""},
        {"header_row": "9" * 30},
        {"sheet": "7"},
        {"sheet": "-1"},
        {"header_lines": "9"},
    ],
)
def test_a_header_that_is_none_is_told(client_for, chief, ward, changes):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    response = read(client, batch, **changes)
    assert response.status_code == 422
    assert response.context["refusals"]
    assert batch.state == State.UPLOADED


def test_values_for_the_whole_workbook_are_kept_as_keys(client_for, chief, known, area_a):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    typed = {"option-area": area_a.pk, "option-lead": known[0].code, "option-day": "5/9/2026"}
    assert read(client, batch, **typed).status_code == 302
    assert batch.options == {"area": area_a.pk, "lead": known[0].pk, "day": "2026-09-05"}
    shown = client.get(columns(batch)).content.decode()
    assert f'value="{known[0].code}"' in shown
    assert 'value="05/09/2026"' in shown


def test_a_bad_value_for_the_whole_workbook_stays_in_its_field(client_for, chief, ward):
    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    response = read(client, batch, **{"option-lead": "DT-999", "option-day": "31/02/2026"})
    assert response.status_code == 422
    assert len(response.context["refusals"]) == 2
    shown = response.content.decode()
    assert "DT-999" in shown
    assert "31/02/2026" in shown


# --- preview ------------------------------------------------------------------------------------


def test_the_preview_counts_every_row_once_and_writes_nothing(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    assert (batch.rows, batch.new, batch.changed, batch.same) == (6, 1, 1, 1)
    assert (batch.doubtful, batch.refused) == (1, 2)
    shown = client.get(page(batch)).content.decode()
    assert "6 dòng = 1 mới + 1 thay đổi + 1 như cũ + 1 nghi trùng + 2 không nhận" in shown
    assert "Cột bỏ qua: Ghi chú." in shown
    assert "Chỉ nhập 2 dòng tốt" in shown
    assert "Lê Văn An" in shown
    assert "Phạm Văn Dũng" in shown
    assert "0100000011" not in shown
    assert "Tên tổ chức: để trống." in shown
    assert Partner.objects.count() == 2


def test_rows_are_filtered_by_outcome_and_paged(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED, *((f"Xóm {n}", "", "", "") for n in range(60)))
    response = client.get(page(batch, outcome="doubtful"))
    assert [row.number for row in response.context["rows"]] == [7]
    assert known[1].code in response.content.decode()
    assert f'href="{known[1].get_absolute_url()}"' in response.content.decode()
    response = client.get(page(batch, outcome="new", page=2))
    assert len(response.context["rows"]) == 11
    assert "outcome=new" in response.context["page"]["links"][0]["url"]
    for odd in ({"outcome": "ships"}, {"page": "²"}, {"page": "-3"}, {"page": "9" * 40}):
        assert client.get(page(batch, **odd)).status_code == 200


def test_more_rows_ask_no_more_questions(client_for, chief, known):
    client = client_for(chief)

    def questions(count):
        rows = [(f"Hội Phụ nữ tổ {n}", "Vũ Thị Giang", "", "") for n in range(count)]
        batch = preview(client, *rows)
        client.get(page(batch))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(page(batch))
        return len(asked)

    assert questions(2) == questions(49)


def test_secret_values_are_masked_whoever_wrote_them(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    row = batch.lines.get(outcome=Outcome.CHANGED)
    row.changes = [["Điện thoại", "0100000001", "0100000002"], ["Ghi chú", "042090000123", ""]]
    row.reasons = ["Số 042090000456 đã có người khác."]
    row.save()
    shown = client.get(page(batch)).content.decode()
    for number in ("0100000001", "0100000002", "042090000123", "042090000456"):
        assert number not in shown


def test_a_column_far_to_the_right_can_be_chosen(client_for, chief, ward):
    client = client_for(chief)
    header = (*HEADER[:2], *(f"Cột {n}" for n in range(70)), "Điện thoại")
    batch = batch_of(client, ("Hội Mới", "Ngô Thị Em"), header=header)
    assert batch.mapping["72"] == "phone"
    rows = client.get(columns(batch)).context["columns"].rows
    assert [row["field"].value() for row in rows[72:]] == ["phone"]


def test_what_was_mended_is_no_reason_for_a_refusal(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    row = batch.lines.filter(outcome=Outcome.REFUSED).first()
    row.reasons, row.warnings = ["Lý do.", "Đã thêm số 0."], 1
    row.save()
    shown = client.get(page(batch)).content.decode()
    assert '<p class="row-reason">Lý do.</p><p>Đã thêm số 0.</p>' in shown


def test_what_a_sheet_holds_is_no_markup(client_for, chief, ward):
    client = client_for(chief)
    batch = preview(client, ("<script>alert(1)</script>", "", "", ""))
    for address in (page(batch), columns(batch), "/imports/"):
        assert "<script>alert" not in client.get(address).content.decode()


# --- deciding -----------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", ["same", "new", "skip"])
def test_a_doubtful_row_is_decided(client_for, chief, known, decision):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    row = batch.lines.get(outcome=Outcome.DOUBTFUL)
    sent = f"same:{known[1].pk}" if decision == "same" else decision
    data = {"row": row.number, "decision": sent, "outcome": "doubtful", "page": "1"}
    response = client.post(act("decide", batch), data)
    assert response.url == f"{page(batch)}?outcome=doubtful&page=1#row-{row.number}"
    row.refresh_from_db()
    assert row.decision == sent
    shown = client.get(page(batch, outcome="doubtful")).content.decode()
    assert "Đổi ý" in shown
    client.post(act("decide", batch), {"row": row.number, "decision": ""})
    row.refresh_from_db()
    assert row.decision == ""


def test_only_a_candidate_can_be_the_same(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    row = batch.lines.get(outcome=Outcome.DOUBTFUL)
    for odd in (f"same:{known[0].pk}", "same:", "ships", "same:²"):
        response = client.post(
            act("decide", batch), {"row": row.number, "decision": odd}, follow=True
        )
        assert said(response), odd
    row.refresh_from_db()
    assert row.decision == ""
    for odd in ("999", "²", "-1"):
        data = {"row": odd, "decision": "new"}
        assert client.post(act("decide", batch), data).status_code == 404


def test_all_that_are_left_are_decided_at_once(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *((f"Hội Phụ nữ tổ {n}", "", "", "") for n in range(5)))
    first = batch.lines.first()
    client.post(act("decide", batch), {"row": first.number, "decision": "skip"})
    response = client.post(
        act("decide", batch), {"decision": "new", "outcome": "doubtful"}, follow=True
    )
    assert said(response) == ["Đã quyết định 4 dòng."]
    assert batch.lines.filter(decision="new").count() == 4
    first.refresh_from_db()
    assert first.decision == "skip"


# --- writing ------------------------------------------------------------------------------------


def test_all_rows_are_written_only_where_none_is_left_over(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    response = client.post(act("write", batch), {"rows": "all"}, follow=True)
    assert "Còn 3 dòng" in said(response)[0]
    batch.refresh_from_db()
    assert (batch.state, Partner.objects.count()) == (State.READ, 2)


def test_the_good_rows_are_written_and_the_page_leads_to_them(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    row = batch.lines.get(outcome=Outcome.DOUBTFUL)
    client.post(act("decide", batch), {"row": row.number, "decision": "new"})
    response = client.post(act("write", batch), {"rows": "good"}, follow=True)
    batch.refresh_from_db()
    assert (batch.state, batch.written_by) == (State.WRITTEN, chief)
    assert set(Partner.objects.values_list("name", flat=True)) == {
        "Trường Tiểu học",
        "Hội Cựu chiến binh",
        "Hội Phụ nữ phường",
        "Hội Phụ nữ tổ 5",
    }
    known[0].refresh_from_db()
    assert known[0].contact_name == "Phạm Văn Dũng"
    shown = response.content.decode()
    assert reverse("household-list") in shown
    assert "Hoàn tác dòng này" in shown
    again = client.post(act("write", batch), {"rows": "good"}, follow=True)
    assert "đã nhập" in said(again)[0]
    assert Partner.objects.count() == 4


def test_the_same_workbook_again_changes_nothing(client_for, chief, known):
    client = client_for(chief)
    rows = MIXED[:3]
    client.post(act("write", preview(client, *rows)), {"rows": "all"})
    again = preview(client, *rows)
    assert (again.rows, again.same) == (3, 3)
    assert "sổ đã có đủ như tệp" in client.get(page(again)).content.decode()


def test_a_writing_that_fails_leaves_nothing_and_says_so(client_for, chief, known, monkeypatch):
    def fail(self, chosen, journal, run):
        Partner.objects.create(name="Nửa vời", kind="other")
        raise RuntimeError("disk")

    monkeypatch.setattr(PartnersKind, "write", fail)
    client = client_for(chief)
    batch = preview(client, *MIXED)
    response = client.post(act("write", batch), {"rows": "good"}, follow=True)
    assert response.status_code == 200
    assert "chưa ghi gì vào sổ" in response.content.decode()
    batch.refresh_from_db()
    assert (batch.state, Partner.objects.count()) == (State.READ, 2)


# --- undoing ------------------------------------------------------------------------------------


@pytest.fixture
def written(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    client.post(act("write", batch), {"rows": "good"})
    batch.refresh_from_db()
    return client, batch


def test_undoing_is_shown_before_it_is_done(written, known):
    client, batch = written
    response = client.get(act("undo", batch))
    assert response.context["removed"] == [("tổ chức phối hợp", 1)]
    assert response.context["restored"] == [("tổ chức phối hợp", 1)]
    assert Partner.objects.count() == 3
    response = client.post(act("undo", batch), {"row": ""}, follow=True)
    assert "bỏ 1 tổ chức phối hợp; trả lại 1 tổ chức phối hợp" in said(response)[0]
    batch.refresh_from_db()
    known[0].refresh_from_db()
    assert (batch.state, Partner.objects.count()) == (State.UNDONE, 2)
    assert known[0].contact_name == "Lê Văn An"
    response = client.post(act("undo", batch), {"row": ""}, follow=True)
    assert "đã hoàn tác" in said(response)[0]
    assert client.get(act("undo", batch)).status_code == 302


def test_what_was_changed_since_stays_and_is_listed(written):
    client, batch = written
    partner = Partner.objects.get(name="Trường Tiểu học")
    partner.contact_name = "Người khác"
    partner.save()
    response = client.get(act("undo", batch))
    assert response.context["left"] == [(4, "Trường Tiểu học", "đã sửa sau khi nhập")]
    assert "đã sửa sau khi nhập" in response.content.decode()
    response = client.post(act("undo", batch), {"row": ""}, follow=True)
    assert "giữ lại 1" in said(response)[0]
    assert Partner.objects.filter(pk=partner.pk).exists()


def test_one_row_is_undone_by_itself(written, known):
    client, batch = written
    new = batch.lines.get(outcome=Outcome.NEW)
    response = client.get(act("undo", batch), {"row": new.number})
    assert response.context["restored"] == []
    response = client.post(act("undo", batch), {"row": new.number}, follow=True)
    batch.refresh_from_db()
    known[0].refresh_from_db()
    assert (batch.state, Partner.objects.count()) == (State.WRITTEN, 2)
    assert known[0].contact_name == "Phạm Văn Dũng"
    shown = response.content.decode()
    assert "1 dòng đã hoàn tác riêng" in shown
    assert shown.count("Hoàn tác dòng này") == 1
    for odd in ("999", "²", "-1"):
        assert client.get(act("undo", batch), {"row": odd}).status_code == 404
        assert client.post(act("undo", batch), {"row": odd}).status_code == 404


def test_a_batch_that_was_not_written_has_nothing_to_undo(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    assert said(client.get(act("undo", batch), follow=True))
    assert said(client.post(act("undo", batch), follow=True))
    batch.refresh_from_db()
    assert batch.state == State.READ


# --- dropping, failing, waiting -----------------------------------------------------------------


def test_a_dropped_batch_loses_file_and_rows_and_stays_listed(
    client_for, chief, known, django_capture_on_commit_callbacks
):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    stored = batch.file.name
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(act("drop", batch), follow=True)
    assert batch.code in response.content.decode()
    batch.refresh_from_db()
    assert (batch.state, batch.lines.count()) == (State.DROPPED, 0)
    assert not PrivateStorage().exists(stored)
    assert client.get(page(batch)).status_code == 200
    assert client.get(act("file", batch)).status_code == 404
    assert said(client.post(act("drop", batch), follow=True))


def test_the_page_of_each_state_opens(client_for, chief, written):
    client, batch = written
    for state in State:
        ImportBatch.objects.filter(pk=batch.pk).update(state=state, undone_at=timezone.now())
        assert client.get(page(batch)).status_code == 200, state
        assert client.get("/imports/", {"state": state}).status_code == 200


def test_who_waits_sees_how_far_it_is_and_then_the_page(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.READING)
    progress.tell(batch.pk, 500, 2000)
    shown = client.get(page(batch)).content.decode()
    assert "500 / 2.000 dòng" in shown
    assert 'hx-trigger="every 1s"' in shown
    assert '<noscript><meta http-equiv="refresh"' in shown
    part = client.get(act("progress", batch), headers={"HX-Request": "true"})
    assert part.content.decode().startswith("<section")
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.READ)
    over = client.get(act("progress", batch), headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    assert client.get(act("progress", batch)).url == page(batch)


def test_a_reading_that_died_is_begun_again(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.READING)
    shown = client.get(page(batch)).content.decode()
    assert "Đọc lại" in shown
    assert "every 1s" not in shown
    client.post(act("read", batch))
    batch.refresh_from_db()
    assert (batch.state, batch.rows) == (State.READ, 6)


def test_nobody_reads_what_is_being_read(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.READING)
    progress.tell(batch.pk, 1, 0)
    assert said(client.post(act("read", batch), follow=True))
    assert client.get(columns(batch)).status_code == 302
    assert said(client.post(columns(batch), follow=True))


def test_a_reading_that_fails_says_so(client_for, chief, known, monkeypatch):
    def fail(self, lines, run):
        raise RuntimeError("bug")

    client = client_for(chief)
    batch = batch_of(client, *MIXED)
    monkeypatch.setattr(PartnersKind, "plan", fail)
    assert read(client, batch).status_code == 302
    assert batch.state == State.FAILED
    assert batch.failure in client.get(page(batch)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_large_workbook_is_read_and_written_beside_the_request(
    client_for, chief, known, monkeypatch
):
    monkeypatch.setattr(reading, "SMALL_BYTES", 0)
    monkeypatch.setattr(writing, "FEW_ROWS", 0)
    started = []

    def start(work):
        started.append(background_start(work))
        return started[-1]

    background_start = background.start
    monkeypatch.setattr(background, "start", start)
    client = client_for(chief)
    batch = batch_of(client, *MIXED[:3])
    assert read(client, batch).status_code == 302
    started[0].join(30)
    batch.refresh_from_db()
    assert (batch.state, batch.rows) == (State.READ, 3)
    client.post(act("write", batch), {"rows": "all"})
    started[1].join(30)
    batch.refresh_from_db()
    assert (batch.state, batch.written_by) == (State.WRITTEN, chief)
    assert all(thread.daemon for thread in started)
    changed = AuditEntry.objects.filter(table="outreach.partner", action="create", user=chief)
    assert changed.filter(address="127.0.0.1").exists()


def test_work_that_fails_beside_the_request_is_logged(caplog):
    def fail():
        raise RuntimeError("bug")

    thread = background.start(fail)
    assert isinstance(thread, threading.Thread)
    thread.join(10)
    assert "could not be worked on" in caplog.text


# --- files --------------------------------------------------------------------------------------


REASON = "Đối chiếu với sổ giấy của tổ, theo kế hoạch tháng"
each_file = pytest.mark.parametrize("name", ["file", "errors"])


def crowd(many):
    """Return rows, the last of which is refused."""
    return [*((f"Tổ chức {n}", "", "", "") for n in range(1, many)), ("Cấm", "", "", "")]


def content(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def exported():
    return AuditEntry.objects.filter(action="export").order_by("pk").last()


def test_files_leave_as_downloads_and_are_recorded(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    for name in ("file", "errors"):
        response = client.get(act(name, batch))
        assert b"".join(response.streaming_content).startswith(b"PK")
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert "no-store" in response.headers["Cache-Control"]
    read = AuditEntry.objects.filter(table="imports.importbatch", action="export")
    assert [entry.code for entry in read] == [batch.code] * 2


def test_50_rows_leave_without_a_reason_and_a_reason_given_is_kept(client_for, chief, ward):
    client = client_for(chief)
    batch = preview(client, *crowd(50))
    for address in (act("file", batch), act("errors", batch)):
        assert content(client.get(address)).startswith(b"PK")
        assert exported().reason == ""
        assert content(client.post(address, {"reason": REASON})).startswith(b"PK")
        assert exported().reason == REASON
        assert client.post(address, {"reason": "ngắn"}).status_code == 422


@each_file
def test_more_than_50_rows_leave_for_a_reason_which_the_trail_keeps(client_for, chief, ward, name):
    client = client_for(chief)
    batch = preview(client, *crowd(51))
    response = client.get(act(name, batch))
    shown = response.content.decode()
    assert (response.status_code, response.streaming) == (200, False)
    assert "Content-Disposition" not in response.headers
    assert f'<form method="post" action="{act(name, batch)}"' in shown
    assert f'class="back"><a href="{page(batch)}"' in shown
    assert "field-error" not in shown  # asked for the first time: nothing is wrong yet
    assert exported() is None
    response = client.post(act(name, batch), {"reason": f"  {REASON} "})
    assert content(response).startswith(b"PK")
    assert response.headers["Content-Disposition"].startswith("attachment")
    entry = exported()
    assert (entry.code, entry.reason, entry.user) == (batch.code, REASON, chief)
    assert json.loads(entry.values)["rows"] == 51
    assert REASON in client.get(reverse("auditentry-list")).content.decode()


@each_file
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Ghi lý do xuất."),
        ({"reason": " \u00a0\n "}, "Ghi lý do xuất."),
        ({"reason": "rà soát"}, "Ghi rõ hơn"),
    ],
)
def test_a_bad_reason_is_refused_beside_the_field(client_for, chief, ward, name, data, sentence):
    client = client_for(chief)
    batch = preview(client, *crowd(51))
    response = client.post(act(name, batch), data)
    shown = response.content.decode()
    assert (response.status_code, response.streaming) == (422, False)
    assert re.search(f'id="id_reason_error">{sentence}', shown)
    assert re.search('aria-describedby="[^"]*id_reason_error', shown)
    assert exported() is None


@each_file
def test_more_than_50_rows_leave_for_the_password_typed_once_more(
    client_for, chief, ward, settings, name
):
    settings.DEMO = False
    client = client_for(chief)
    few, many = preview(client, *crowd(50)), preview(client, *crowd(51))
    address = act(name, many)
    again = reverse("account_reauthenticate", query={"next": address})
    for response in (client.get(address), client.post(address, {"reason": REASON})):
        assert (response.status_code, response["Location"]) == (302, again)
    assert exported() is None
    assert content(client.get(act(name, few))).startswith(b"PK")
    response = client.post(again, {"password": factories.PASSWORD})
    assert (response.status_code, response["Location"]) == (302, address)
    assert 'name="reason"' in client.get(address).content.decode()
    assert content(client.post(address, {"reason": REASON})).startswith(b"PK")


def test_a_file_that_was_not_read_may_hold_any_number_of_people(client_for, chief, ward, settings):
    client = client_for(chief)
    batch = batch_of(client, *crowd(2))
    address = act("file", batch)

    def is_asked():
        response = client.get(address)
        assert (response.status_code, response.streaming) == (200, False)
        assert "chưa biết bao nhiêu dòng" in response.content.decode()

    is_asked()
    assert content(client.post(address, {"reason": REASON})).startswith(b"PK")
    read(client, batch)
    assert content(client.get(address)).startswith(b"PK")
    chosen = {"header_row": batch.header_row, "header_lines": batch.header_lines}
    chosen |= {"sheet": batch.sheet, "mapping": batch.mapping, "options": {}}
    batches.choose(batch=batch, **chosen)  # throws the preview away, and its count
    is_asked()
    settings.DEMO = False
    assert client.get(address).status_code == 302


def test_a_file_that_is_gone_asks_for_no_reason(client_for, chief, ward):
    client = client_for(chief)
    batch = preview(client, *crowd(51))
    ImportBatch.objects.filter(pk=batch.pk).update(file="")
    for send in (client.get, client.post):
        assert send(act("file", batch)).status_code == 404
        assert said(send(act("errors", batch), follow=True)) == ["Không có dòng nào phải sửa."]
    assert exported() is None


def test_a_number_in_the_name_of_a_file_is_masked_wherever_it_is_told(client_for, chief, known):
    client = client_for(chief)
    file = workbook(*MIXED)
    file.name = "Hộ 042099001234 ngày 20261124, 0100000019.xlsx"
    assert upload(client, file).status_code == 302
    batch = ImportBatch.objects.latest("pk")
    assert batch.file_name == "Hộ 042******234 ngày 20261124, 010****019.xlsx"
    read(client, batch)
    response = client.get(act("file", batch))
    assert content(response).startswith(b"PK")
    told = [response.headers["Content-Disposition"], exported().values]
    told += [
        client.get(address).content.decode()
        for address in (page(batch), columns(batch), "/imports/", reverse("auditentry-list"))
    ]
    assert batch.file_name in told[2]
    for words in told:
        assert "042099001234" not in words
        assert "0100000019" not in words


def test_there_is_no_error_workbook_without_errors(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED[:3])
    response = client.get(act("errors", batch), follow=True)
    assert said(response) == ["Không có dòng nào phải sửa."]


def test_old_previews_are_cleared_when_a_new_one_comes(
    client_for, chief, written, on, django_capture_on_commit_callbacks
):
    client, batch = written
    undone = batch.lines.get(outcome=Outcome.NEW)
    client.post(act("undo", batch), {"row": undone.number})
    stored = batch.file.name

    def made_before(days):
        at = timezone.now() - dt.timedelta(days=days)
        ImportBatch.objects.filter(pk=batch.pk).update(written_at=at, created_at=at)

    made_before(59)
    assert clear_old(on=on) == 0
    made_before(62)
    with django_capture_on_commit_callbacks(execute=True):
        upload(client, workbook(*MIXED))
    batch.refresh_from_db()
    assert (batch.state, batch.file.name, batch.rows) == (State.WRITTEN, "", 6)
    assert list(batch.lines.values_list("number", "values")) == [(undone.number, [])]
    assert batch.journal.exists()
    assert not PrivateStorage().exists(stored)
    assert client.get(page(batch)).status_code == 200
    client.post(act("undo", batch), {"row": ""})
    batch.refresh_from_db()
    assert batch.state == State.UNDONE


def test_batches_left_unfinished_are_dropped_as_old(client_for, chief, known, on):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    old = timezone.now() - dt.timedelta(days=62)
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=old)
    assert clear_old(on=on) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.lines.count()) == (State.DROPPED, 0)
    assert clear_old(on=on) == 0


def test_the_list_filters_and_shows_the_counts(client_for, chief, known):
    client = client_for(chief)
    batch = preview(client, *MIXED)
    response = client.get("/imports/", {"q": "to chuc", "kind": "people", "state": "read"})
    shown = response.content.decode()
    assert batch.code in shown
    assert "Chờ nhập" in shown
    assert batch.code not in client.get("/imports/", {"state": "undone"}).content.decode()
