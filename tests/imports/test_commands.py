"""From the shell: `import_workbook` and `undo_import`."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from imports.models import ImportBatch
from outreach.models import Partner
from tests.imports.partners import workbook

pytestmark = pytest.mark.usefixtures("kind")

State = ImportBatch.State
ROWS = (
    ("Trường Tiểu học", "Ngô Thị Em", "0100000011", ""),
    ("Hội Cựu chiến binh", "Phạm Văn Dũng", "", ""),
    ("Hội Phụ nữ phường", "Trần Thị Bình", "", ""),
    ("Hội Phụ nữ tổ 5", "", "", ""),
    ("Cấm", "", "", ""),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tổ chức.xlsx"
    path.write_bytes(workbook(*ROWS).getvalue())
    return str(path)


def run(name, *args):
    out = io.StringIO()
    call_command(name, *args, stdout=out)
    return out.getvalue()


def test_the_good_rows_are_written_and_every_row_is_told(known, file, chief):
    told = json.loads(
        run("import_workbook", file, "--kind", "people", "--json", "--user", "chihuy")
    )
    assert set(told) == {
        "rows", "new", "changed", "same", "doubtful", "refused", "id", "items"
    }  # fmt: skip
    counts = {"rows": 5, "new": 1, "changed": 1, "same": 1, "doubtful": 1, "refused": 1}
    assert {name: told[name] for name in counts} == counts
    assert [item["row"] for item in told["items"]] == [4, 5, 6, 7, 8]
    assert all(set(i) == {"row", "outcome", "reasons", "identifier"} for i in told["items"])
    assert told["items"][4]["outcome"] == "refused"
    assert "không được dùng" in told["items"][4]["reasons"][0]
    batch = ImportBatch.objects.get(pk=told["id"])
    assert (batch.state, batch.created_by, batch.written_by) == (State.WRITTEN, chief, chief)
    assert batch.ignored == ["Ghi chú"]
    assert Partner.objects.count() == 3


def test_the_kind_is_the_one_whose_columns_fit(known, file):
    told = run("import_workbook", file)
    assert "5 dòng = 1 mới" in told
    assert ImportBatch.objects.get().kind == "people"


def test_a_dry_run_only_reads(known, file):
    told = json.loads(run("import_workbook", file, "--kind", "people", "--dry-run", "--json"))
    assert (told["rows"], told["new"]) == (5, 1)
    assert ImportBatch.objects.get(pk=told["id"]).state == State.READ
    assert Partner.objects.count() == 2


def test_the_same_file_again_changes_nothing(known, tmp_path):
    path = tmp_path / "ba.xlsx"
    path.write_bytes(workbook(*ROWS[:3]).getvalue())
    run("import_workbook", str(path), "--kind", "people")
    told = json.loads(run("import_workbook", str(path), "--kind", "people", "--json"))
    assert (told["rows"], told["same"]) == (3, 3)


def test_options_are_checked_and_kept(known, file, area_a):
    partner = Partner.objects.first()
    run(
        "import_workbook",
        file,
        "--kind=people",
        f"--option=area={area_a.code}",
        f"--option=lead={partner.code}",
        "--option=day=5/9/2026",
    )
    assert ImportBatch.objects.get().options == {
        "area": area_a.pk,
        "lead": partner.pk,
        "day": "2026-09-05",
    }


@pytest.mark.parametrize(
    "option", ["ships=1", "area", "area=Tổ dân phố 99", "lead=DT-999", "day=31/02/2026"]
)
def test_a_bad_option_stops_it(known, file, option):
    with pytest.raises(CommandError):
        run("import_workbook", file, "--kind=people", f"--option={option}")
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("rong.xlsx", b""), ("chu.xlsx", b"khong phai bang tinh"), ("cut.xlsx", b"PK\x03\x04xx")],
)
def test_a_bad_file_stops_it_with_a_sentence(ward, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for more in ((), ("--kind", "people")):
        with pytest.raises(CommandError, match=r"\.$"):
            run("import_workbook", str(tmp_path / name), *more)
    assert not ImportBatch.objects.exists()


def test_what_is_not_there_stops_it(ward, file, tmp_path):
    with pytest.raises(CommandError, match="Không mở được tệp"):
        run("import_workbook", str(tmp_path / "khong-co.xlsx"))
    with pytest.raises(CommandError, match="Không có tài khoản"):
        run("import_workbook", file, "--user", "ai-do")
    with pytest.raises(CommandError):
        run("import_workbook", file, "--kind", "ships")
    with pytest.raises(CommandError, match="trang tính"):
        run("import_workbook", file, "--kind", "people", "--sheet", "Không có")
    assert not ImportBatch.objects.exclude(state=State.DROPPED).exists()


def test_a_sheet_without_the_needed_columns_stops_it(ward, tmp_path):
    path = tmp_path / "la.xlsx"
    path.write_bytes(workbook(("x", "y"), header=("Sao", "Trăng")).getvalue())
    with pytest.raises(CommandError, match="Chưa chỉ ra cột: Tên tổ chức"):
        run("import_workbook", str(path), "--kind", "people")
    with pytest.raises(CommandError, match="Không nhận ra loại"):
        run("import_workbook", str(path))
    assert not Partner.objects.exists()


def test_undoing_by_number_or_code(known, file):
    batch_id = json.loads(run("import_workbook", file, "--kind=people", "--json"))["id"]
    told = json.loads(run("undo_import", str(batch_id), "--json"))
    assert told == {
        "id": batch_id,
        "removed": {"outreach.partner": 1},
        "restored": 1,
        "left": [],
    }
    assert Partner.objects.count() == 2
    run("import_workbook", file, "--kind=people")
    batch = ImportBatch.objects.latest("pk")
    Partner.objects.filter(name="Trường Tiểu học").update(contact_name="Ai đó")
    told = run("undo_import", batch.code.lower())
    assert "giữ 1" in told
    assert "Trường Tiểu học: đã sửa sau khi nhập." in told


def test_there_is_nothing_to_undo(known, file):
    batch_id = json.loads(run("import_workbook", file, "--kind=people", "--dry-run", "--json"))[
        "id"
    ]
    with pytest.raises(CommandError, match="chờ nhập"):
        run("undo_import", str(batch_id))
    for odd in ("999999", "NT-9999", "²", ""):
        with pytest.raises(CommandError, match="Không có lần nhập"):
            run("undo_import", odd)
