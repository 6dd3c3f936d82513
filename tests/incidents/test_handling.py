"""Who deals with an incident, its log, its files, and whom the news is from."""

import csv
import datetime as dt
import hashlib
import io
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from incidents import services
from incidents.models import Assignment, Attachment, Incident, IncidentEntry, IncidentParty
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.core.changes import acting
from kylien.core.reveal import MARK
from kylien.core.uploads import PrivateStorage
from retention.kinds import last_day
from retention.models import RecordType
from retention.services import disposals
from tests.core.test_uploads import image, pdf, word
from tests.factories import (
    PASSWORD,
    AssignmentFactory,
    AttachmentFactory,
    BeatFactory,
    IncidentEntryFactory,
    IncidentPartyFactory,
    NeighbourhoodFactory,
    ShiftHandoverFactory,
    UserFactory,
    add_children,
    day,
)
from tests.incidents.ways import kind, reach, receive, take
from tests.retention.test_kinds import MONTHS, noon
from tests.retention.test_kinds import rule as retention_rule
from tests.routes import every_route

pytestmark = pytest.mark.django_db
CLOSED = "Vụ việc đã kết thúc: chỉ huy mở lại rồi mới ghi thêm."


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    """Keep attached files in a folder of the test's own; return a list of what lies there."""
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return lambda: [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.fixture
def helper(area_b):
    """Return an officer of another beat, to whom incidents are given."""
    officer = UserFactory(username="duocgiao", full_name="Trần Văn Giao", role=Role.AREA_OFFICER)
    BeatFactory(officer=officer, neighbourhood=area_b)
    return officer


@pytest.fixture
def incident(area_a, duty):
    """Return an incident in `area_a` that the desk took down."""
    return receive(area_a, by=duty)


def codes(response):
    assert response.status_code == 200
    return [strip_tags(row[0][2]) for row in response.context["table"]["rows"]]


def at(incident, *parts):
    return "/".join(["/incidents", str(incident.pk), *parts, ""])


def assign(client, incident, *officers):
    version = Incident.objects.values_list("version", flat=True).get(pk=incident.pk)
    data = {"officers": [officer.pk for officer in officers], "version": version}
    return client.post(at(incident, "assign"), data)


def log(incident):
    return list(incident.entries.values_list("title", "note"))


# --- who deals with it --------------------------------------------------------------------------


def test_the_chief_gives_an_incident_to_one_to_several_to_others_to_nobody(
    client_for, chief, incident, helper, officer_b
):
    client = client_for(chief)
    assert assign(client, incident, helper)["Location"] == at(incident) + "#officers"
    assert assign(client, incident, helper, officer_b).status_code == 302
    assert assign(client, incident, helper, officer_b).status_code == 302  # as it was
    page = client.get(at(incident))
    assert set(page.context["officers"]) == {helper, officer_b}
    assert helper.full_name_label in page.text
    assert assign(client, incident, officer_b).status_code == 302
    assert assign(client, incident).status_code == 302
    lines = [
        f"Giao {helper}",
        f"Giao {officer_b}",
        f"Thôi giao {helper}",
        f"Thôi giao {officer_b}",
    ]
    entries = incident.entries.filter(kind="assignment")
    assert [entry.note for entry in entries] == lines
    assert {(entry.title, entry.author) for entry in entries} == {("Giao việc", chief)}
    assert not incident.assignments.open().exists()
    assert incident.assignments.count() == 2
    assert assign(client, incident, helper).status_code == 302  # given again: a new row
    assert incident.assignments.filter(officer=helper).count() == 2


def test_one_act_names_who_came_and_who_went(client_for, chief, incident, helper, officer_b):
    client = client_for(chief)
    assign(client, incident, helper)
    assign(client, incident, officer_b)
    assert log(incident)[-1] == ("Giao việc", f"Giao {officer_b}. Thôi giao {helper}")


def test_nobody_but_the_chief_gives_incidents_away(
    client_for, incident, helper, officer_a, officer_b, duty, clerk, leader, superuser
):
    AssignmentFactory(incident=incident, officer=helper)
    before = list(Assignment.objects.values())
    refused = {officer_a: 403, helper: 403, duty: 403, clerk: 403, leader: 403, superuser: 403}
    for user, status in {**refused, officer_b: 403}.items():
        client = client_for(user)
        assert client.get(at(incident, "assign")).status_code == status, user
        assert assign(client, incident, user).status_code == status, user
        if user not in (officer_b, leader, superuser):
            assert at(incident, "assign") not in client.get(at(incident)).text
    assert list(Assignment.objects.values()) == before


def test_the_page_offers_the_officers_with_their_neighbourhoods(
    client_for, chief, incident, helper, officer_a, duty, clerk, leader, superuser
):
    gone = UserFactory(role=Role.AREA_OFFICER, is_active=False)
    both = UserFactory(role=Role.AREA_OFFICER)
    both.groups.add(duty.groups.get())
    page = client_for(chief).get(at(incident, "assign"))
    offered = {label for _, label in page.context["form"].fields["officers"].choices}
    assert offered == {
        "Thiếu tá Trần Văn Giao (Tổ dân phố B)",
        f"{officer_a} (Tổ dân phố A)",
        f"{duty} (Trực ban)",
        f"{chief} (Trưởng, Phó Công an phường)",
        f"{both} (Cảnh sát khu vực, Trực ban)",
    }
    for user in (clerk, leader, superuser, gone):
        response = assign(client_for(chief), incident, user)
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"officers"}
    assert not Assignment.objects.exists()


def test_a_closed_incident_and_an_old_page_are_refused(client_for, chief, area_a, helper):
    closed = reach("closed", area_a, chief)
    response = assign(client_for(chief), closed, helper)
    assert response.status_code == 422
    assert CLOSED in response.text
    other = receive(area_a)
    old = other.version
    take(other, "classify", chief)
    data = {"officers": [helper.pk], "version": old}
    assert client_for(chief).post(at(other, "assign"), data).status_code == 422
    assert not Assignment.objects.exists()


def test_who_was_given_an_incident_outside_his_beat_sees_it_until_it_is_taken_back(
    client_for, chief, incident, area_a, helper
):
    file = AttachmentFactory(incident=incident)
    neighbour = receive(area_a)
    pages = [at(incident), at(incident, "edit"), at(incident, "classify"), at(incident, "parties")]
    pages.append(f"/attachments/{file.pk}/")
    client = client_for(helper)

    def seen():
        return [status_of(client, page) for page in pages]

    assert seen() == [404] * 5
    assert codes(client.get("/incidents/")) == []
    assign(client_for(chief), incident, helper)
    assert seen() == [200] * 5
    for query in ("", "?state=mine", "?state=pending", f"?q={incident.place}"):
        assert codes(client.get(f"/incidents/{query}")) == [incident.code], query
    assert codes(client.get("/incidents/?area=own")) == []
    sent = b"".join(client.post("/incidents/", {"_export": "csv"}).streaming_content).decode()
    assert incident.code in sent
    assert neighbour.code not in sent
    assert client.get(at(neighbour)).status_code == 404
    assert Incident.objects.visible_to(helper).get() == incident
    data = {"version": incident.version, "type": incident.type_id, "urgency": "soon"}
    assert client.post(at(incident, "classify"), data).status_code == 302
    assert client.post(at(incident, "note"), {"note-note": "Đã gặp chủ nhà"}).status_code == 302
    assign(client_for(chief), incident)
    assert seen() == [404] * 5
    assert codes(client.get("/incidents/")) == []
    assert codes(client.get("/incidents/?state=mine")) == []
    version = Incident.objects.get(pk=incident.pk).version
    for step in ("verify", "pause"):
        data = {"version": version, "reason": "Chờ"}
        assert client.post(at(incident, step), data).status_code == 404
    assert client.post(at(incident, "note"), {"note-note": "Thêm"}).status_code == 404
    assert log(incident)[-1] == ("Giao việc", f"Thôi giao {helper}")


def test_who_mends_an_incident_outside_his_beat_keeps_its_neighbourhood(
    client_for, incident, helper, area_a
):
    AssignmentFactory(incident=incident, officer=helper)
    client = client_for(helper)
    page = client.get(at(incident, "edit"))
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: "" if value is None else value for name, value in data.items()}
    for name in ("occurred_at", "received_at"):
        data[name] = f"{timezone.localtime(getattr(incident, name)):%d/%m/%Y %H:%M}"
    assert client.post(at(incident, "edit"), data | {"place": "Cổng chợ"}).status_code == 302
    incident.refresh_from_db()
    assert (incident.place, incident.neighbourhood) == ("Cổng chợ", area_a)


def test_an_account_that_was_closed_sees_nothing_though_given(incident, helper):
    AssignmentFactory(incident=incident, officer=helper)
    helper.is_active = False
    assert not Incident.objects.visible_to(helper).exists()
    assert not IncidentParty.objects.visible_to(helper).exists()
    assert not Attachment.objects.visible_to(helper).exists()


# --- the log ------------------------------------------------------------------------------------


def test_a_line_of_the_log_is_written_once(incident):
    line = incident.entries.get()
    line.note = "Khác"
    attempts = [
        line.save,
        lambda: line.save(update_fields=["note"]),
        line.delete,
        lambda: IncidentEntry.objects.update(note="Khác"),
        IncidentEntry.objects.all().delete,
        lambda: IncidentEntry.objects.filter(pk=line.pk).delete(),
        lambda: IncidentEntry.objects.bulk_update([line], ["note"]),
        lambda: IncidentEntry.objects.bulk_create([line], ignore_conflicts=True),
        lambda: incident.entries.update(note="Khác"),
        lambda: IncidentEntry.objects.update_or_create(pk=line.pk, defaults={"note": "Khác"}),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied), transaction.atomic():
            attempt()
    assert incident.entries.get().note != "Khác"


def test_no_page_no_right_and_no_admin_changes_the_log():
    assert not [
        route
        for route in every_route()
        if getattr(route.view_class, "model", None) is IncidentEntry
    ]
    assert IncidentEntry not in admin.site._registry
    rights = Permission.objects.filter(content_type__model="incidententry")
    assert set(rights.values_list("codename", flat=True)) == {
        "view_incidententry",
        "add_incidententry",
    }


def test_who_sees_an_incident_may_add_a_line(
    client_for, incident, chief, officer_a, officer_b, duty, clerk, leader, superuser, helper
):
    AssignmentFactory(incident=incident, officer=helper)
    for user in (chief, officer_a, duty, clerk, helper):
        words = f"Đã xem camera\nlần {user.pk}"
        client = client_for(user)
        response = client.post(at(incident, "note"), {"note-note": words})
        assert response["Location"] == at(incident) + "#log"
        line = incident.entries.last()
        assert (line.title, line.author, line.kind) == ("Ghi chú", user, "note")
        assert line.note.splitlines() == words.splitlines()
        assert abs(timezone.now() - line.at) < dt.timedelta(minutes=1)
        assert f"lần {user.pk}" in client.get(at(incident)).text
    before = log(incident)
    for user, status in {officer_b: 404, leader: 403, superuser: 403}.items():
        response = client_for(user).post(at(incident, "note"), {"note-note": "Không được"})
        assert response.status_code == status
    assert log(incident) == before


def test_a_line_is_not_empty_not_endless_and_written_once(client_for, incident, chief):
    client, before = client_for(chief), log(incident)
    for words in ("", "   ", "x" * 1001):
        response = client.post(at(incident, "note"), {"note-note": words})
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"note"}
    assert log(incident) == before
    for _ in range(2):
        client.post(at(incident, "note"), {"note-note": "Một lần", "_once": "a" * 32})
    assert log(incident) == [*before, ("Ghi chú", "Một lần")]


def test_a_line_may_be_added_to_a_page_that_has_grown_old(client_for, incident, chief):
    old = incident.version
    take(incident, "classify", chief)
    data = {"note-note": "Vẫn ghi được", "note-version": old}
    assert client_for(chief).post(at(incident, "note"), data).status_code == 302


def test_no_free_words_about_a_crowd_and_none_after_the_end(client_for, area_a, chief):
    crowd = receive(area_a, type=kind("tu-tap-dong-nguoi"))
    closed = reach("closed", area_a, chief)
    client = client_for(chief)
    before = IncidentEntry.objects.count(), AuditEntry.objects.count()
    for incident, sentence in ((crowd, services.handling.CROWD), (closed, CLOSED)):
        response = client.post(at(incident, "note"), {"note-note": "Bà con nói nhiều"})
        assert response.status_code == 422
        assert sentence in response.text
        assert "Bà con nói nhiều" in response.text
        assert at(incident, "note") not in client.get(at(incident)).text
    assert (IncidentEntry.objects.count(), AuditEntry.objects.count()) == before


# --- files --------------------------------------------------------------------------------------

REAL = {
    "Hiện trường.JPG": (lambda: image("JPEG"), "image/jpeg"),
    "camera.png": (image, "image/png"),
    "Biên bản 12.pdf": (pdf, "application/pdf"),
    "Tường trình.docx": (
        word,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
}


def status_of(client, url):
    """Return the status of a page or download, read to its end."""
    response = client.get(url)
    if response.streaming:
        assert b"".join(response.streaming_content)
    return response.status_code


def attach(client, incident, data, name, **more):
    upload = SimpleUploadedFile(name, data, content_type="text/html")  # no matter what it says
    return client.post(at(incident, "attach"), {"file-file": upload, "file-words": ""} | more)


@pytest.mark.parametrize("name", REAL)
def test_a_real_file_is_kept_and_handed_out_as_a_download(
    client_for, incident, officer_a, shelf, name
):
    make, content_type = REAL[name]
    data = make()
    client = client_for(officer_a)
    response = attach(client, incident, data, name, **{"file-words": "Chụp lúc 8 giờ"})
    assert response["Location"] == at(incident) + "#files"
    row = Attachment.objects.get()
    assert (row.incident, row.name, row.note) == (incident, name, "Chụp lúc 8 giờ")
    assert (row.size, row.content_type) == (len(data), content_type)
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    (stored,) = shelf()
    assert re.fullmatch(r"[0-9a-f]{32}", stored.name)
    assert stored.read_bytes() == data
    ending = name.rpartition(".")[2].lower()
    assert log(incident)[-1] == ("Thêm tệp", f"Tệp {row.pk} ({ending})")
    page = client.get(at(incident)).text
    assert f'href="/attachments/{row.pk}/"' in page
    for told in (name, f"tệp {row.pk}, ", "Chụp lúc 8 giờ"):
        assert told in page
    assert stored.name not in page

    got = client.get(f"/attachments/{row.pk}/")
    assert b"".join(got.streaming_content) == data
    assert got["Content-Type"] == content_type
    assert got["Content-Disposition"].startswith("attachment; filename")
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cache-Control"] == "private, no-store"
    assert got["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    trace = AuditEntry.objects.filter(table="incidents.attachment", action="export").get()
    assert trace.user == officer_a
    assert trace.code == incident.code


def test_a_name_with_folders_is_kept_as_a_name(client_for, incident, chief, shelf):
    attach(client_for(chief), incident, image(), "..\\..\\windows\\anh<1>.png")
    assert Attachment.objects.get().name == "anh_1_.png"
    assert len(shelf()) == 1


BAD_FILES = {
    "a page that says it is a picture": (lambda: b"<html><script>1</script></html>", "anh.jpg"),
    "a picture under another name": (image, "anh.pdf"),
    "a program": (lambda: b"MZ" + bytes(600), "anh.png"),
    "a document with macros": (lambda: word({"word/vbaProject.bin": b"x"}), "don.docx"),
    "a zip that says it is a document": (lambda: b"PK\x03\x04" + bytes(99), "don.docx"),
    "a zip bomb": (lambda: word({"word/media/big.xml": bytes(150 * 1024**2)}), "don.docx"),
    "an empty file": (lambda: b"", "anh.png"),
    "a file too large": (lambda: image() + bytes(10 * 1024**2), "anh.png"),
    "half a picture": (lambda: image()[:-40], "anh.png"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_and_nothing_is_half_kept(client_for, incident, chief, shelf, name):
    make, called = BAD_FILES[name]
    before = (log(incident), AuditEntry.objects.count())
    response = attach(client_for(chief), incident, make(), called, **{"file-words": "Ảnh cổng"})
    assert response.status_code == 422
    errors = [*response.context["form"].errors.items()]
    assert len(errors) == 1
    (sentence,) = errors[0][1]
    assert len(sentence) > 10
    assert sentence in response.context["form"].errors.as_text()
    assert "Ảnh cổng" in response.text
    assert not Attachment.objects.exists()
    assert shelf() == []
    assert (log(incident), AuditEntry.objects.count()) == before
    incident.refresh_from_db()


def test_no_file_and_a_note_too_long_are_told_beside_the_field(client_for, incident, chief, shelf):
    client = client_for(chief)
    response = client.post(at(incident, "attach"), {"file-words": "Ảnh"})
    assert set(response.context["form"].errors) == {"file"}
    response = attach(client, incident, image(), "anh.png", **{"file-words": "x" * 201})
    assert set(response.context["form"].errors) == {"words"}
    assert shelf() == []


def test_no_file_for_a_crowd_and_none_after_the_end(client_for, area_a, chief, shelf):
    crowd = receive(area_a, type=kind("khieu-kien-dong-nguoi"))
    closed = reach("closed", area_a, chief)
    client = client_for(chief)
    before = IncidentEntry.objects.count(), AuditEntry.objects.count()
    for incident, sentence in ((crowd, services.handling.CROWD), (closed, CLOSED)):
        response = attach(client, incident, image(), "anh.png")
        assert response.status_code == 422
        assert sentence in response.text
        assert at(incident, "attach") not in client.get(at(incident)).text
    assert (IncidentEntry.objects.count(), AuditEntry.objects.count()) == before
    assert shelf() == []
    assert not Attachment.objects.exists()


def test_a_file_whose_row_cannot_be_written_does_not_stay(incident, shelf, monkeypatch):
    def fail(*args):
        assert len(shelf()) == 1  # it was stored by then
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(services.handling.log, "write", fail)
    upload = SimpleUploadedFile("anh.png", image())
    with pytest.raises(RuntimeError, match="gone"):
        services.attach(incident, upload=upload, at=timezone.now())
    assert shelf() == []
    assert not Attachment.objects.exists()


def test_a_file_sent_twice_is_kept_once(client_for, incident, chief, shelf):
    data = image()
    for _ in range(2):
        response = attach(client_for(chief), incident, data, "anh.png", _once="b" * 32)
        assert response.status_code == 302
    assert len(shelf()) == Attachment.objects.count() == 1


def test_a_file_is_handed_out_to_who_sees_the_incident(
    client_for, incident, chief, officer_a, officer_b, duty, clerk, leader, superuser
):
    row = AttachmentFactory(incident=incident)
    url = f"/attachments/{row.pk}/"
    for user in (chief, officer_a, duty, clerk):
        assert status_of(client_for(user), url) == 200
    for user, status in {officer_b: 404, leader: 403, superuser: 403}.items():
        client = client_for(user)
        assert client.get(url).status_code == status
        assert client.get("/attachments/999999/").status_code == status
        assert client.post(url).status_code in (403, 404, 405)
    for user in (officer_b, leader, superuser):
        assert attach(client_for(user), incident, image(), "a.png").status_code in (403, 404)
    assert Attachment.objects.count() == 1


def test_the_chief_takes_a_file_out_with_a_reason_and_the_file_goes(
    client_for, incident, chief, shelf, django_capture_on_commit_callbacks
):
    row = AttachmentFactory(incident=incident)
    url, client = f"/attachments/{row.pk}/remove/", client_for(chief)
    assert url in client.get(at(incident)).text
    before = log(incident)
    response = client.post(url, {"version": row.version, "remove_reason": " "})
    assert set(response.context["form"].errors) == {"remove_reason"}
    assert len(shelf()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(url, {"version": row.version, "remove_reason": "Nhầm vụ việc"})
        assert len(shelf()) == 1  # until the row is surely written
        assert status_of(client, f"/attachments/{row.pk}/") == 404  # at once, all the same
    assert response["Location"] == at(incident) + "#files"
    said = [str(one) for one in get_messages(response.wsgi_request)]
    assert said == [f"Đã bỏ tệp {row.pk} (png)."]
    assert shelf() == []
    row.refresh_from_db()
    assert row.remove_reason == "Nhầm vụ việc"
    assert row.removed_at is not None
    assert log(incident) == [*before, ("Bỏ tệp", f"Tệp {row.pk} (png). Nhầm vụ việc")]
    page = client.get(at(incident)).text
    assert f"<s>{row.name}</s>" in page
    assert f"tệp {row.pk}, đã bỏ" in page
    assert f'"/attachments/{row.pk}/"' not in page
    for again in (client.get(url), client.get(f"/attachments/{row.pk}/")):
        assert again.status_code == 404
    assert client.post(url, {"version": row.version, "remove_reason": "Nữa"}).status_code == 404
    assert not PrivateStorage().exists(row.file.name)


def test_nobody_but_the_chief_takes_a_file_out(
    client_for, incident, officer_a, officer_b, duty, clerk, leader, superuser, helper, shelf
):
    AssignmentFactory(incident=incident, officer=helper)
    row = AttachmentFactory(incident=incident)
    for user in (officer_a, officer_b, duty, clerk, leader, superuser, helper):
        client, url = client_for(user), f"/attachments/{row.pk}/remove/"
        assert client.get(url).status_code == 403
        data = {"version": row.version, "remove_reason": "Không cần"}
        assert client.post(url, data).status_code == 403
    row.refresh_from_db()
    assert row.removed_at is None
    assert len(shelf()) == 1


def test_the_log_tells_nothing_of_a_file_that_is_to_go(
    client_for, area_a, chief, clerk, django_capture_on_commit_callbacks
):
    """It is kept for good: what retention takes from the file must not stand there."""
    retention_rule(RecordType.INCIDENT_FILE)
    old = noon(last_day(day(), MONTHS))
    incident = receive(area_a, by=chief, at=old)
    name, words = "Zuỳtên Thịtệp.png", "Chụp ông Zuỳghi Thịchú"
    with acting(user=chief):
        upload = SimpleUploadedFile(name, image())
        row = services.attach(incident, upload=upload, words=words, at=old)
    for step in ("classify", "resolve", "close"):
        take(incident, step, chief, old)

    def told():
        return [
            part for part in ("Zuỳtên", "Zuỳghi") if part in str([*IncidentEntry.objects.values()])
        ]

    page = client_for(chief).get(at(incident)).text
    assert name in page
    assert words in page
    assert not told()
    asked = disposals.propose(types=[RecordType.INCIDENT_FILE], by=clerk, on=day())
    with django_capture_on_commit_callbacks(execute=True), acting(user=chief):
        done = disposals.confirm(disposal=asked, by=chief, on=day(), at=timezone.now())
    row.refresh_from_db()
    assert (row.name, row.note) == ("Tệp đã bỏ", "")
    assert not told()
    files = incident.entries.filter(kind="file").values_list("title", "note")
    assert list(files) == [
        ("Thêm tệp", f"Tệp {row.pk} (png)"),
        ("Bỏ tệp", f"Tệp {row.pk} (png). Tiêu huỷ theo biên bản {done.code}"),
    ]
    page = client_for(chief).get(at(incident)).text
    assert "Zuỳ" not in page


# --- whom the news is from ----------------------------------------------------------------------

PARTY = {
    "role": "harmed",
    "full_name": "Đặng Thị Bị Hại",
    "phone": "0100 777 888",
    "address": "Số 9 ngõ Kín Tiếng",
    "note": "Gọi sau giờ làm",
}
SECRETS = ("Đặng Thị Bị Hại", "0100777888", "0100 777 888", "ngõ Kín Tiếng", "Gọi sau giờ làm")


def test_who_took_the_news_the_chief_and_the_assigned_write_names_down(
    client_for, incident, chief, duty, helper
):
    AssignmentFactory(incident=incident, officer=helper)
    url = at(incident, "parties", "create")
    for count, user in enumerate((duty, chief, helper), 1):
        client = client_for(user)
        assert url in client.get(at(incident)).text
        assert client.get(url).status_code == 200
        assert client.post(url, PARTY)["Location"] == at(incident)
        assert incident.parties.count() == count
        line = incident.entries.last()
        assert (line.title, line.note, line.author) == ("Ghi người bị hại", "", user)
    party = incident.parties.last()
    assert (party.full_name, party.phone) == ("Đặng Thị Bị Hại", "0100777888")


def test_nobody_else_writes_names(
    client_for, incident, officer_a, officer_b, clerk, leader, superuser
):
    url = at(incident, "parties", "create")
    other_desk = UserFactory(role=Role.DUTY_OFFICER)
    refused = {officer_a: 403, clerk: 403, other_desk: 403, leader: 403, superuser: 403}
    for user, status in {**refused, officer_b: 404}.items():
        client = client_for(user)
        assert client.get(url).status_code == status, user
        assert client.post(url, PARTY).status_code == status, user
    assert url not in client_for(officer_a).get(at(incident)).text
    assert not IncidentParty.objects.exists()


def test_the_chief_and_the_assigned_alone_read_names_and_each_look_is_kept(
    client_for, incident, chief, duty, clerk, leader, superuser, officer_a, officer_b, helper
):
    IncidentPartyFactory(incident=incident, full_name="Đặng Thị Bị Hại")
    url = at(incident, "parties")
    given = AssignmentFactory(incident=incident, officer=helper)

    def looks():
        return AuditEntry.objects.filter(action="view", table="incidents.incidentparty")

    for count, user in enumerate((chief, helper, chief), 1):
        client = client_for(user)
        assert url in client.get(at(incident)).text
        page = client.get(url)
        assert "Đặng Thị Bị Hại" in page.text
        assert page["Cache-Control"] == "no-store"
        assert looks().count() == count
        look = looks().order_by("pk").last()
        assert look.user == user
        assert look.code == incident.code
        assert "Bị Hại" not in look.values
    # The taker and the officer of the beat see that somebody was written down, not who.
    refused = {duty: 403, officer_a: 403, clerk: 403, leader: 403, superuser: 403}
    for user, status in {**refused, officer_b: 404}.items():
        client = client_for(user)
        assert client.get(url).status_code == status, user
        assert not IncidentParty.objects.visible_to(user).exists()
        page = client.get(at(incident))
        if page.status_code == 200:
            assert f'href="{url}"' not in page.text
            assert "Đã ghi 1 người" in page.text
            assert "Bị Hại" not in page.text
    given.ended_at = timezone.now()
    given.save()
    assert client_for(helper).get(url).status_code == 404
    assert not IncidentParty.objects.visible_to(helper).exists()
    assert looks().count() == 3


def test_who_may_read_a_name_mends_it_and_looks_at_it_by_that(
    client_for, incident, chief, duty, clerk, leader, superuser, officer_a, officer_b, helper
):
    party = IncidentPartyFactory(incident=incident, full_name="Đặng Thị Bị Hại")
    AssignmentFactory(incident=incident, officer=helper)
    url = f"/parties/{party.pk}/edit/"
    looks = AuditEntry.objects.filter(action="view", table="incidents.incidentparty")
    for count, user in enumerate((chief, helper), 1):
        client = client_for(user)
        page = client.get(url)
        assert 'value="Đặng Thị Bị Hại"' in page.text
        assert page["Cache-Control"] == "no-store"
        assert (looks.count(), looks.order_by("pk").last().user) == (count, user)
        party.refresh_from_db()
        data = PARTY | {"version": party.version, "address": f"Số {count} ngõ Kín Tiếng"}
        assert client.post(url, data)["Location"] == at(incident, "parties")
        line = incident.entries.last()
        assert (line.title, line.note, line.author) == ("Sửa người bị hại", "", user)
    party.refresh_from_db()
    assert (party.role, party.address) == ("harmed", "Số 2 ngõ Kín Tiếng")
    trace = AuditEntry.objects.filter(action="change", table="incidents.incidentparty").last()
    assert "address" in trace.fields
    assert "Kín Tiếng" not in trace.values
    before = list(IncidentParty.objects.values())
    stale = client.post(url, PARTY | {"version": 1, "address": "Bản cũ"})
    assert stale.status_code == 422
    unseen = {duty: 404, officer_a: 404, officer_b: 404, clerk: 404, leader: 403, superuser: 403}
    for user, status in unseen.items():
        client = client_for(user)
        assert client.get(url).status_code == status, user
        assert client.post(url, PARTY | {"version": party.version}).status_code == status, user
    for step in ("classify", "resolve", "close"):
        take(incident, step, chief)
    response = client_for(chief).post(url, PARTY | {"version": party.version})
    assert response.status_code == 422
    assert CLOSED in response.text
    assert list(IncidentParty.objects.values()) == before


@pytest.fixture
def party(incident):
    return IncidentPartyFactory(incident=incident, full_name="Đặng Thị Bị Hại", phone="0100777888")


MASKED = "010****888"


def known(client_for, user):
    """Return a client of somebody who has typed the password again just now."""
    client = client_for(user)
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def ask(client, incident, mark="m1", ground="other", words="Hẹn gặp để lấy lời trình bày"):
    data = {MARK: mark, "ground": ground, "words": words}
    return client.post(at(incident, "parties"), data)


def reveals():
    return AuditEntry.objects.filter(action="reveal")


def test_a_telephone_is_masked_where_the_name_is_read(client_for, incident, party, chief, helper):
    AssignmentFactory(incident=incident, officer=helper)
    for user in (chief, helper):
        client = client_for(user)
        for url in (at(incident, "parties"), f"/parties/{party.pk}/edit/"):
            page = client.get(url).text
            assert "Đặng Thị Bị Hại" in page
            assert MASKED in page
            assert party.phone not in page
        assert "Hiện đầy đủ" in client.get(at(incident, "parties")).text
        # The password first: until then nothing is shown, whatever is sent.
        answer = ask(client, incident)
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not reveals().exists()


def test_a_telephone_is_shown_once_for_a_reason_that_the_trail_keeps(
    client_for, incident, party, chief, helper
):
    other = IncidentPartyFactory(incident=incident, phone="")
    elsewhere = IncidentPartyFactory()
    AssignmentFactory(incident=incident, officer=helper)
    for count, user in enumerate((chief, helper), 1):
        client = known(client_for, user)
        page = ask(client, incident)
        assert page.status_code == 200
        assert page["Cache-Control"] == "no-store"
        assert party.phone in page.text
        assert "Hẹn gặp để lấy lời trình bày" in page.text
        assert other.full_name in page.text
        assert elsewhere.phone not in page.text
        told = reveals().filter(user=user)
        assert {(entry.table, entry.row, tuple(entry.fields)) for entry in told} == {
            ("incidents.incidentparty", party.pk, ("phone",)),
            ("incidents.incident", incident.pk, ()),
        }
        assert {entry.code for entry in told} == {incident.code}
        assert {entry.reason for entry in told} == {"Hẹn gặp để lấy lời trình bày"}
        again = ask(client, incident)  # the same form, or a reload
        assert (again.status_code, again["Location"]) == (302, at(incident, "parties"))
        assert party.phone not in client.get(again["Location"]).text
        assert reveals().count() == 2 * count
    kept = AuditEntry.objects.values_list("fields", "values", "reason", "code")
    assert party.phone not in str(list(kept))
    history = client_for(chief).get(at(incident)).text
    assert "Hẹn gặp để lấy lời trình bày" in history
    assert party.phone not in history


@pytest.mark.parametrize(
    "why", [{"ground": ""}, {"words": "Cần"}, {"words": "Gọi số 0100777888 ngay"}]
)
def test_without_a_reason_a_telephone_stays_masked(client_for, incident, party, chief, why):
    answer = ask(known(client_for, chief), incident, **why)
    assert answer.status_code == 422
    assert answer["Cache-Control"] == "no-store"
    assert MASKED in answer.text
    rest = re.sub(r'value="[^"]*"', "", answer.text)  # the box keeps what was typed into it
    assert party.phone not in rest
    assert not reveals().exists()


def test_a_telephone_is_not_for_the_desk_nor_for_who_may_not_read_the_name(
    client_for, incident, party, duty, clerk, leader, superuser, officer_a, officer_b
):
    AssignmentFactory(incident=incident, officer=duty)
    desk = known(client_for, duty)
    for url in (at(incident, "parties"), f"/parties/{party.pk}/edit/"):
        page = desk.get(url).text
        assert "Đặng Thị Bị Hại" in page
        assert MASKED in page
        assert party.phone not in page
        assert "Hiện đầy đủ" not in page
    refused = {duty: 403, officer_a: 403, clerk: 403, leader: 403, superuser: 403, officer_b: 404}
    for user, status in refused.items():
        answer = ask(known(client_for, user), incident)
        assert answer.status_code == status, user
        assert party.phone not in answer.text
    assert not reveals().exists()


def test_where_nothing_is_masked_nothing_is_offered(client_for, incident, chief):
    client = known(client_for, chief)
    for _ in range(2):
        assert "Hiện đầy đủ" not in client.get(at(incident, "parties")).text
        assert ask(client, incident, mark="m2").status_code in (302, 405)
        IncidentPartyFactory(incident=incident, phone="")
    assert client.post(at(incident, "parties")).status_code == 405
    assert not reveals().exists()


def test_a_masked_telephone_is_kept_changed_or_removed(client_for, incident, party, chief):
    client, url = client_for(chief), f"/parties/{party.pk}/edit/"

    def mend(phone, **more):
        party.refresh_from_db()
        return client.post(url, PARTY | {"phone": phone, "version": party.version} | more)

    field = client.get(url).context["form"]["phone"]
    assert not field.value()
    assert field.field.widget.attrs["placeholder"] == MASKED
    for typed_in, kept in (
        ("", "0100777888"),
        ("0100 999 111", "0100999111"),
        ("", "0100999111"),
        ("-", ""),
        ("", ""),
    ):
        assert mend(typed_in).status_code == 302
        party.refresh_from_db()
        assert party.phone == kept
    mend("0100777888")
    stale = mend("", version=1, address="Bản cũ")
    assert stale.status_code == 422
    assert stale.context["stale"]
    assert "0100777888" not in stale.text
    create = at(incident, "parties", "create")
    assert client.post(create, PARTY | {"phone": "-"}).status_code == 302
    assert incident.parties.last().phone == ""


@pytest.mark.parametrize("name", ["full_name", "address", "note"])
def test_a_number_stands_where_it_is_masked_alone(client_for, incident, chief, name):
    client, url = client_for(chief), at(incident, "parties", "create")
    response = client.post(url, PARTY | {name: "Gọi vợ: 0100 777 888"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {name}
    assert not IncidentParty.objects.exists()


def test_a_name_is_needed_and_a_slip_is_told_without_writing(client_for, incident, chief):
    client, url = client_for(chief), at(incident, "parties", "create")
    entries = log(incident)
    before = AuditEntry.objects.count()
    for wrong in ({"full_name": ""}, {"phone": "12"}, {"role": "thief"}, {"address": "x" * 201}):
        response = client.post(url, PARTY | wrong)
        assert response.status_code == 422
        assert set(response.context["form"].errors) == set(wrong)
    assert not IncidentParty.objects.exists()
    assert log(incident) == entries
    assert AuditEntry.objects.count() == before


def test_no_names_for_a_crowd_and_none_after_the_end(client_for, area_a, chief):
    crowd = receive(area_a, by=chief, type=kind("tu-tap-dong-nguoi"))
    closed = reach("closed", area_a, chief)
    client = client_for(chief)
    assert client.get(at(crowd, "parties", "create")).status_code == 404
    assert client.post(at(crowd, "parties", "create"), PARTY).status_code == 404
    response = client.post(at(closed, "parties", "create"), PARTY)
    assert response.status_code == 422
    assert CLOSED in response.text
    with pytest.raises(ValidationError):
        services.tell_who(crowd, party=IncidentParty(full_name="A"), at=timezone.now())
    assert not IncidentParty.objects.exists()


def typed(area, **values):
    return {
        "type": kind("trom-cap").pk,
        "occurred_at": f"{timezone.localtime() - dt.timedelta(hours=1):%d/%m/%Y %H:%M}",
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "source": "citizen",
        "channel": "phone",
        "first_action": "Cử tổ tuần tra đến",
    } | values


def test_the_desk_writes_who_told_it_with_the_news(client_for, duty, chief, area_a):
    client = client_for(duty)
    data = typed(area_a, reporter_name="Đặng Thị Bị Hại", reporter_phone="0100 777 888")
    page = client.post("/incidents/create/", data, follow=True)
    incident = Incident.objects.get()
    party = incident.parties.get()
    assert (party.role, party.full_name, party.phone) == (
        "reporter",
        "Đặng Thị Bị Hại",
        "0100777888",
    )
    assert [title for title, _ in log(incident)] == ["Tiếp nhận tin", "Ghi người báo tin"]
    for secret in SECRETS:
        assert secret not in page.text
    edit = client_for(chief).get(at(incident, "edit"))
    assert "reporter_name" not in edit.context["form"].fields


def test_of_a_crowd_nobody_is_named_with_the_news(client_for, duty, area_a):
    crowd = {"type": kind("khieu-kien-dong-nguoi").pk, "size_band": "to_50"}
    crowd |= {"measures": ["explain"], "first_action": ""}
    client = client_for(duty)
    response = client.post("/incidents/create/", typed(area_a, **crowd, reporter_name="Ai đó"))
    assert set(response.context["form"].errors) == {"reporter_name"}
    assert not Incident.objects.exists()
    response = client.post("/incidents/create/", typed(area_a, reporter_phone="0100 777 888"))
    assert set(response.context["form"].errors) == {"reporter_name"}
    assert not Incident.objects.exists()
    assert client.post("/incidents/create/", typed(area_a, **crowd)).status_code == 302


def test_names_stand_on_their_own_page_and_nowhere_else(client_for, chief, duty, area_a):
    desk = client_for(duty)
    desk.post(
        "/incidents/create/",
        typed(area_a, reporter_name="Đặng Thị Bị Hại", reporter_phone="0100 777 888"),
    )
    incident = Incident.objects.get()
    page = desk.post(at(incident, "parties", "create"), PARTY, follow=True)
    assert "Đã ghi người báo tin, bị hại." in page.text
    client = client_for(chief)
    shown = client.get(at(incident, "parties")).text
    phones = ("0100 777 888", "0100777888")
    assert [secret for secret in SECRETS if secret not in shown] == [*reversed(phones)]
    shift = ShiftHandoverFactory(
        started_at=timezone.now() - dt.timedelta(hours=2), ended_at=timezone.now()
    )
    party = incident.parties.last()
    pages = [
        "/",
        "/incidents/",
        at(incident),
        at(incident, "edit"),
        at(incident, "classify"),
        at(incident, "assign"),
        at(incident, "parties", "create"),
        "/incidents/?q=bị hại",
        "/incidents/?state=pending",
        "/incidents/trends/",
        "/search/?q=đặng thị bị hại",
        "/search/?q=kín tiếng",
        "/worklist/",
        "/worklist/print/",
        "/worklist/digest/",
        "/handovers/",
        f"/handovers/{shift.pk}/",
        f"/handovers/{shift.pk}/print/",
        "/audit/",
        f"/audit/?q={incident.code[:6]}",
        "/admin/",
        "/admin/incidents/incident/",
        f"/admin/incidents/incident/{incident.pk}/change/",
    ]
    found = {url: client.get(url) for url in pages}
    assert {url: r.status_code for url, r in found.items()} == dict.fromkeys(pages, 200)
    told = {url: response.text for url, response in found.items()}
    told["desk"] = page.text
    for url, data in (
        ("/search/", {"q": "0100777888"}),
        ("/incidents/", {"q": "0100777888", "_filter": "1"}),
        ("/incidents/", {"q": "Đặng Thị Bị Hại", "_filter": "1"}),
    ):
        response = client.post(url, data)
        assert response.status_code == 200
        text = response.text
        assert incident.code not in text or data["q"] == incident.code
        # What was typed into the box stays there; nothing else says it.
        told[f"{url} {data}"] = re.sub(r'value="[^"]*"|“[^”]*”|<strong>[^<]*<', "", text)
    for url in ("/search/?q=đặng thị bị hại", "/incidents/?q=bị hại", "/search/?q=kín tiếng"):
        assert incident.code not in told[url]
        told[url] = re.sub(r"(?i)đặng thị bị hại|kín tiếng", "", told[url])
    for url in ("/incidents/", "/audit/"):
        asked = {"_export": "csv", "reason": "Rà soát quý của chỉ huy"}
        sent = b"".join(client.post(url, asked).streaming_content).decode("utf-8-sig")
        assert incident.code in sent
        told[f"{url} csv"] = sent
        assert len(list(csv.reader(io.StringIO(sent)))) > 1
    kept = AuditEntry.objects.values_list("code", "fields", "values", "reason", "address")
    told["the trail's rows"] = str(list(kept))
    told["the log's rows"] = str(list(IncidentEntry.objects.values()))
    told["its name"] = f"{party} {party!r}"
    for where, text in told.items():
        for secret in SECRETS:
            assert secret not in text, where
    assert {"role", "full_name", "phone", "address", "note"} <= set(
        AuditEntry.objects.filter(table="incidents.incidentparty", row=party.pk).get().fields
    )


def test_names_have_no_list_no_export_and_no_admin():
    assert IncidentParty not in admin.site._registry
    owners = [r for r in every_route() if getattr(r.view_class, "model", None) is IncidentParty]
    assert [route.name for route in owners] == ["incident-party-update"]
    rights = Permission.objects.filter(content_type__model="incidentparty")
    assert set(rights.values_list("codename", flat=True)) == {
        "view_incidentparty",
        "add_incidentparty",
        "change_incidentparty",
    }
    recorded = {"role", "full_name", "phone", "address", "note"}
    assert recorded <= set(IncidentParty.secret_fields)
    linked = {model for model in apps.get_models() for f in model._meta.get_fields()
              if f.related_model is IncidentParty}  # fmt: skip
    assert linked <= {Incident}


# --- how much a page costs ----------------------------------------------------------------------


def queries_of(client, url):
    client.get("/")  # the session is written once
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_page_costs_as_many_queries_for_much_as_for_little(
    client_for, area_a, chief, officer_a, duty, clerk, helper
):
    incident = receive(area_a, by=duty, source="group")
    with acting(user=chief):
        services.assign(incident, officers=[helper], at=timezone.now())
    for step in ("classify", "pause", "resume", "resolve", "reopen", "pause"):
        take(incident, step, chief)
    AttachmentFactory(incident=incident)
    clients = [client_for(user) for user in (chief, officer_a, duty, clerk, helper)]
    few = [queries_of(client, at(incident)) for client in clients]
    for _ in range(3):
        add_children(incident)
        IncidentEntryFactory(incident=incident)
    take(incident, "resume", chief)
    take(incident, "pause", chief)
    many = [queries_of(client, at(incident)) for client in clients]
    assert many == few
    assert max(many[1:]) <= 14
    assert many[0] <= 14  # the history, which the chief reads, is told from rows at hand


def test_the_list_costs_at_most_twelve_queries_whoever_asks(
    client_for, area_a, chief, officer_a, duty, helper
):
    users = (chief, officer_a, duty, helper)
    counts = []
    for new in (1, 4):
        for _ in range(new):
            incident = receive(area_a, type=kind("chay"))
            AssignmentFactory(incident=incident, officer=helper)
            receive(NeighbourhoodFactory())
        counts.append([queries_of(client_for(user), "/incidents/") for user in users])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12
