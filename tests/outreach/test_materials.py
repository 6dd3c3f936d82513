"""Materials: versions, the chief's approval, files; what a session may use."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from kylien.audit.models import AuditEntry
from kylien.core.uploads import PrivateStorage
from outreach.models import Material
from outreach.services import partners as services
from tests.factories import ActivityFactory, MaterialFactory, day, picture, topic

pytestmark = pytest.mark.django_db

LIST = "/materials/"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path
    return tmp_path


def typed(**changes):
    return {"title": "Sáu điều cần nhớ", "topic": topic().pk, "body": "Khoá cửa."} | changes


def photo(name="anh.png"):
    return SimpleUploadedFile(name, picture(), "image/png")


def stored(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def labels(client, row):
    return [one["label"] for one in client.get(row.get_absolute_url()).context["actions"]]


class TestWriting:
    def test_a_text(self, client_for, officer_a):
        done = client_for(officer_a).post(f"{LIST}create/", typed())
        row = Material.objects.get()
        assert done.url == row.get_absolute_url()
        assert (row.version_number, row.approved_on, row.body) == (1, None, "Khoá cửa.")

    def test_a_file_is_kept_and_handed_out_as_a_download(self, client_for, clerk, files):
        client = client_for(clerk)
        client.post(f"{LIST}create/", typed(body="", upload=photo("Tờ rơi.png")))
        row = Material.objects.get()
        assert (row.file_name, row.content_type) == ("Tờ rơi.png", "image/png")
        response = client.get(f"{row.get_absolute_url()}file/")
        assert response["Content-Disposition"].startswith("attachment")
        assert b"".join(response.streaming_content).startswith(b"\x89PNG")
        assert AuditEntry.objects.filter(action="export", table="outreach.material").exists()

    def test_another_file_takes_its_place(
        self, client_for, clerk, files, django_capture_on_commit_callbacks
    ):
        client = client_for(clerk)
        client.post(f"{LIST}create/", typed(upload=photo()))
        row = Material.objects.get()
        with django_capture_on_commit_callbacks(execute=True):
            client.post(
                f"{row.get_absolute_url()}edit/", typed(upload=photo("b.png"), version=row.version)
            )
        row.refresh_from_db()
        assert row.file_name == "b.png"
        assert [path.name for path in stored(files)] == [row.file.name.rpartition("/")[2]]

    @pytest.mark.parametrize(
        ("upload", "told"),
        [
            (SimpleUploadedFile("a.pdf", b"MZ\x90\x00program"), "chương trình"),
            (SimpleUploadedFile("a.png", b""), "rỗng"),
        ],
    )
    def test_a_file_that_is_none_is_told_at_its_field(self, client_for, clerk, files, upload, told):
        response = client_for(clerk).post(f"{LIST}create/", typed(upload=upload))
        assert told in errors(response, "upload")
        assert response.context["form"]["title"].value() == "Sáu điều cần nhớ"
        assert not Material.objects.exists()
        assert stored(files) == []

    def test_nothing_of_the_file_stays_where_saving_fails(self, files):
        row = Material(topic=topic(), title="", body="")
        with pytest.raises(ValidationError):
            services.save_material(material=row, upload=photo())
        assert stored(files) == []

    def test_neither_text_nor_file(self, client_for, clerk):
        response = client_for(clerk).post(f"{LIST}create/", typed(body=""))
        assert "Ghi nội dung hoặc tải một tệp lên." in errors(response, "body")

    def test_a_name_that_is_taken_leads_to_a_new_version(self, client_for, clerk):
        MaterialFactory(title="Sáu điều cần nhớ")
        response = client_for(clerk).post(f"{LIST}create/", typed())
        assert "Soạn bản mới" in errors(response, "title")


class TestApproval:
    def test_one_click_of_the_chief(self, client_for, chief):
        row = MaterialFactory(approved_on=None)
        client = client_for(chief)
        assert "Duyệt bản này" in labels(client, row)
        client.post(f"{row.get_absolute_url()}approve/", {"version": row.version})
        row.refresh_from_db()
        assert (row.approved_on, row.approved_by) == (day(), chief)
        assert labels(client, row) == ["Soạn bản mới"]

    @pytest.mark.parametrize("who", ["officer_a", "clerk", "duty", "leader"])
    def test_nobody_else(self, request, client_for, who):
        row = MaterialFactory(approved_on=None)
        client = client_for(request.getfixturevalue(who))
        response = client.post(f"{row.get_absolute_url()}approve/", {"version": row.version})
        assert response.status_code == 403
        row.refresh_from_db()
        assert row.approved_on is None

    def test_a_text_changed_meanwhile_is_read_again_first(self, client_for, chief):
        row = MaterialFactory(approved_on=None)
        seen = row.version
        row.body = "Khác hẳn."
        row.save()
        client_for(chief).post(f"{row.get_absolute_url()}approve/", {"version": seen})
        row.refresh_from_db()
        assert row.approved_on is None

    def test_what_is_approved_is_not_changed(self, client_for, chief):
        row = MaterialFactory()
        client = client_for(chief)
        url = f"{row.get_absolute_url()}edit/"
        assert client.get(url).status_code == 403
        assert client.post(url, typed(version=row.version)).status_code == 403
        with pytest.raises(ValidationError, match="soạn bản mới"):
            services.save_material(material=row)


class TestVersions:
    def test_the_next_one_begins_from_the_last(self, client_for, officer_a):
        old = MaterialFactory(body="Một")
        client = client_for(officer_a)
        url = f"{old.get_absolute_url()}version/"
        assert client.get(url).context["form"]["body"].value() == "Một"
        client.post(url, {"body": "Hai"})
        new = Material.objects.exclude(pk=old.pk).get()
        assert (new.title, new.topic, new.version_number) == (old.title, old.topic, 2)
        assert (new.body, new.approved_on) == ("Hai", None)
        old.refresh_from_db()
        assert old.body == "Một"

    def test_one_at_a_time_waits(self, client_for, officer_a):
        old = MaterialFactory()
        MaterialFactory(title=old.title, version_number=2, approved_on=None)
        client = client_for(officer_a)
        assert "Soạn bản mới" not in labels(client, old)
        response = client.post(f"{old.get_absolute_url()}version/", {"body": "Ba"})
        assert response.status_code == 422
        assert "Bản 2 đang chờ duyệt" in response.content.decode()
        assert Material.objects.count() == 2

    def test_a_later_version_keeps_its_name(self, client_for, officer_a):
        old = MaterialFactory()
        new = MaterialFactory(title=old.title, version_number=2, approved_on=None)
        url = f"{new.get_absolute_url()}edit/"
        client = client_for(officer_a)
        assert "title" not in client.get(url).context["form"].fields
        client.post(url, {"title": "Khác", "body": "Hai", "version": new.version})
        new.refresh_from_db()
        assert (new.title, new.body) == (old.title, "Hai")

    def test_the_list_shows_those_in_use(self, client_for, chief):
        old = MaterialFactory(title="Một")
        used = MaterialFactory(title="Một", version_number=2)
        waits = MaterialFactory(title="Một", version_number=3, approved_on=None)
        other = MaterialFactory(title="Hai", approved_on=None)
        client = client_for(chief)

        def listed(query=""):
            told = client.get(f"{LIST}?{query}").content.decode()
            return {row for row in (old, used, waits, other) if row.code in told}

        assert listed() == {used, waits, other}
        assert listed("state=used") == {used} == set(Material.objects.approved())
        assert listed("state=waiting") == {waits, other}
        assert listed("state=replaced") == {old}
        assert listed("state=all") == {old, used, waits, other}
        assert "Đã có bản mới" in client.get(old.get_absolute_url()).content.decode()

    def test_how_often_it_was_used(self, client_for, officer_a, area_a, area_b):
        row = MaterialFactory()
        for area in (area_a, None, area_b):
            ActivityFactory(neighbourhood=area, material=row)
        ActivityFactory(neighbourhood=area_a, material=row, held_on=None, planned_on=day(-3))
        assert client_for(officer_a).get(row.get_absolute_url()).context["used"] == 2


class TestTheFile:
    def test_a_version_without_one_has_no_address(self, client_for, chief):
        row = MaterialFactory()
        assert client_for(chief).get(f"{row.get_absolute_url()}file/").status_code == 404

    def test_leaders_do_not_get_it(self, client_for, leader):
        row = MaterialFactory()
        assert client_for(leader).get(f"{row.get_absolute_url()}file/").status_code == 403

    def test_one_that_is_missing_is_told(self, client_for, chief):
        row = MaterialFactory(file="26/11/" + "0" * 32, file_name="a.png", content_type="image/png")
        assert not PrivateStorage().exists(row.file.name)
        assert client_for(chief).get(f"{row.get_absolute_url()}file/").status_code == 404


def test_days_are_those_of_the_act(chief):
    row = MaterialFactory(approved_on=None)
    services.approve(material=row, by=chief, on=dt.date(2026, 3, 1))
    again = services.approve(material=row, by=chief, on=dt.date(2026, 4, 1))
    assert again.approved_on == dt.date(2026, 3, 1)
