"""Identity cards scanned: what is answered, who is known, and that nothing of a scan is kept."""

import datetime as dt
import json
import logging

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache

from households.cards import SWITCH_OFF
from households.models import Resident, StayNotice
from kylien.audit.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/residents/scan/"
NUMBER = "099090000001"
CARD = f"{NUMBER}|999000001|Nguyễn Văn Quét|05091990|Nam|TDP 1, Kỳ Liên, Hà Tĩnh|14082021"
DAMAGED = CARD.replace("Nguyễn Văn Quét", "Nguyễnx Văn Quets")


def scan(client, payload=CARD):
    answer = client.post(URL, {"payload": payload}, headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    return answer.json()


def show(client, payload=CARD):
    answer = client.post(URL, {"payload": payload}, headers={"accept": "text/html"})
    assert answer.status_code == 200
    return answer


def test_a_clear_card_gives_what_forms_take(client_for, chief):
    found = scan(client_for(chief))
    assert found["readable"]
    assert found["certain"]
    assert not found["repaired"]
    assert found["fields"] == {
        "full_name": "Nguyễn Văn Quét",
        "birth": "05/09/1990",
        "sex": "M",
        "citizen_id": NUMBER,
        "old_id": "999000001",
        "address": "TDP 1, Kỳ Liên, Hà Tĩnh",
    }
    assert found["problems"] == []
    assert found["surplus"] == ""
    assert (found["known"], found["told"], found["alikes"]) == (None, "", [])
    assert all(pair["same"] for pair in found["pairs"])


def test_further_fields_of_a_new_card_are_counted_and_left_out(client_for, chief):
    found = scan(client_for(chief), f"{CARD}|Trần Thị Mẹ|Nguyễn Văn Cha|x")
    assert found["certain"]
    assert found["surplus"] == "Bỏ qua 3 trường của thẻ mới."
    assert "Trần Thị Mẹ" not in json.dumps(found, ensure_ascii=False)


def test_a_card_in_a_wrong_code_page_is_repaired(client_for, chief):
    found = scan(client_for(chief), CARD.encode().decode("latin-1"))
    assert found["certain"]
    assert found["repaired"]
    assert found["fields"]["full_name"] == "Nguyễn Văn Quét"
    name = found["pairs"][2]
    assert name["raw"] != name["read"] == "Nguyễn Văn Quét"
    assert not name["same"]


def test_a_doubtful_card_says_why_and_shows_both(client_for, chief):
    found = scan(client_for(chief), DAMAGED)
    assert found["readable"]
    assert not found["certain"]
    assert found["problems"][-1] == SWITCH_OFF
    assert [pair["label"] for pair in found["pairs"]][:3] == [
        "Số định danh",
        "Số CMND cũ",
        "Họ và tên",
    ]
    page = show(client_for(chief), DAMAGED).content.decode()
    assert "Quét được" in page
    assert "Đọc được" in page
    assert SWITCH_OFF in page


@pytest.mark.parametrize("payload", ["", "   ", "xin chào", "\0", "|||||||", "0" * 5000, "\ud800"])
def test_what_is_no_card_is_unreadable_and_breaks_nothing(client_for, chief, payload):
    payload = payload.encode("utf-8", "replace").decode()
    found = scan(client_for(chief), payload)
    assert not found["readable"]
    assert found["problems"]
    assert found["pairs"] == []
    page = show(client_for(chief), payload).content.decode()
    assert "Không đọc được thẻ" in page
    assert "_prefill" not in page


def test_a_number_that_is_none_and_long_texts_are_cut(client_for, chief):
    payload = f"{'1' * 300}|{'2' * 12}|{'An ' * 300}|05091990|Nam|{'Số 1 ' * 100}|14082021"
    fields = scan(client_for(chief), payload)["fields"]
    assert fields["citizen_id"] == "1" * 20
    assert fields["old_id"] == ""  # 12 digits are no number of the old card that forms take
    assert len(fields["full_name"]) <= 100
    assert len(fields["address"]) <= 200


def test_a_number_that_says_another_sex_warns(client_for, chief):
    found = scan(client_for(chief), CARD.replace("|Nam|", "|Nữ|"))
    assert any("giới tính nam" in one for one in found["warnings"])
    assert (
        "giới tính nam" in show(client_for(chief), CARD.replace("|Nam|", "|Nữ|")).content.decode()
    )


# --- who is known -------------------------------------------------------------------------------


def test_somebody_in_the_register_is_named_with_his_page(client_for, officer_a, area_a):
    known = factories.ResidenceFactory(
        resident__citizen_id=NUMBER, household__neighbourhood=area_a
    ).resident
    found = scan(client_for(officer_a))
    assert found["known"] == {
        "url": known.get_absolute_url(),
        "name": known.full_name,
        "code": known.code,
    }
    assert found["told"] == ""
    page = show(client_for(officer_a)).content.decode()
    assert f'href="{known.get_absolute_url()}"' in page
    assert "Mở hồ sơ" in page
    assert AuditEntry.objects.filter(action="lookup", row=known.pk, code=known.code).exists()


def test_of_somebody_in_another_beat_only_the_officer_is_told(client_for, officer_a, officer_b):
    known = factories.ResidenceFactory(
        resident__citizen_id=NUMBER,
        resident__full_name="Lê Ẩn Danh",
        household__neighbourhood=officer_b.beats[0],
    ).resident
    found = scan(client_for(officer_a))
    assert found["known"] is None
    assert officer_b.full_name in found["told"]
    page = show(client_for(officer_a)).content.decode()
    assert found["told"] in page
    for hidden in (known.full_name, known.code, known.get_absolute_url()):
        assert hidden not in page
        assert hidden not in json.dumps(found, ensure_ascii=False)
    assert AuditEntry.objects.filter(action="lookup", row=known.pk, code=known.code).exists()


def test_somebody_entered_without_his_number_may_be_the_one(client_for, chief):
    known = factories.ResidenceFactory(
        resident__citizen_id="",
        resident__full_name="Nguyễn Văn Quét",
        resident__birth_date=dt.date(1990, 9, 5),
    ).resident
    [found] = scan(client_for(chief))["alikes"]
    assert found["code"] == known.code
    assert "Có thể đã có trong sổ" in show(client_for(chief)).content.decode()


# --- the page -----------------------------------------------------------------------------------


def test_the_page_offers_what_the_role_may_do(client_for, clerk, duty):
    page = client_for(clerk).get(URL).content.decode()
    assert 'name="payload"' in page
    assert "_prefill" not in page
    page = show(client_for(clerk)).content.decode()
    assert page.count('name="_prefill" value="1"') == 2
    assert 'action="/temporary-residents/create/"' in page
    assert 'action="/stay-notices/create/"' in page
    for name, value in (
        ("full_name", "Nguyễn Văn Quét"),
        ("guest_name", "Nguyễn Văn Quét"),
        ("birth", "05/09/1990"),
        ("id_number", NUMBER),
        ("old_id", "999000001"),
    ):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    page = show(client_for(duty)).content.decode()
    assert 'action="/stay-notices/create/"' in page
    assert 'action="/temporary-residents/create/"' not in page


@pytest.mark.parametrize("who", ["leader", "superuser"])
def test_others_do_not_scan(client_for, request, who):
    client = client_for(request.getfixturevalue(who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"payload": CARD}).status_code == 403


def test_a_scan_needs_a_token(client_for, chief):
    assert client_for(chief, enforce_csrf_checks=True).post(URL, {}).status_code == 403


# --- nothing is kept ----------------------------------------------------------------------------


def test_nothing_of_a_scan_is_kept(client_for, chief, caplog):
    client = client_for(chief)
    caplog.set_level(logging.DEBUG)
    for payload in (CARD, DAMAGED, "rác không đọc được"):
        scan(client, payload)
        answer = show(client, payload)
        assert payload not in answer.content.decode()
        assert not list(answer.context["messages"])
        assert (
            answer["Cache-Control"] == "no-store, private" or "no-store" in answer["Cache-Control"]
        )
    kept = [str(one.get_decoded()) for one in Session.objects.all()]
    kept += [str(entry.__dict__) for entry in AuditEntry.objects.all()]
    # What the database itself was asked is written to no log at a station.
    kept += [one.getMessage() for one in caplog.records if one.name != "django.db.backends"]
    kept += [str(value) for value in getattr(cache, "_cache", {}).values()]
    for secret in (NUMBER, "Nguyễn Văn Quét", "Quets"):
        assert not any(secret in one for one in kept)
    assert not Resident.objects.exists()
    assert not StayNotice.objects.exists()


def test_a_scan_after_the_session_ended_is_not_kept_for_later(client_for, chief, time_passes):
    client = client_for(chief)
    client.get(URL)
    time_passes(client)
    answer = client.post(URL, {"payload": CARD, "_filter": "1"})
    assert answer.status_code == 302
    assert "resume" not in answer["Location"]
    assert not any(NUMBER in str(one.get_decoded()) for one in Session.objects.all())


@pytest.fixture
def time_passes():
    """Return a function that makes a client's session look untouched for a day."""

    def pass_by(client):
        session = client.session
        session["seen_at"] -= 86400
        session.save()

    return pass_by
