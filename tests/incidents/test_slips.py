"""Slips that people make with incidents, and what the portal does about them."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import services
from incidents.models import Incident, IncidentParty, IncidentType
from kylien.accounts.middleware import KEPT
from tests.factories import IncidentFactory
from tests.incidents.ways import kind, receive

pytestmark = pytest.mark.django_db
CREATE = "/incidents/create/"


def typed(area, **values):
    return {
        "type": kind("trom-cap").pk,
        "occurred_at": "20/11/2026 21:30",
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "source": "citizen",
        "first_action": "Cử tổ tuần tra",
    } | values


def edited(row, **values):
    """Return what the edit form of an ordinary incident sends."""
    shown = {
        name: f"{timezone.localtime(getattr(row, name)):%d/%m/%Y %H:%M}"
        for name in ("occurred_at", "received_at")
    }
    return {
        "version": row.version,
        "type": row.type_id,
        "neighbourhood": row.neighbourhood_id,
        "place": row.place,
        "source": row.source,
        "channel": row.channel,
        "urgency": row.urgency,
        "first_action": row.first_action,
        "summary": row.summary,
        **shown,
    } | values


def test_the_same_news_is_not_taken_down_twice(client_for, duty, area_a):
    client = client_for(duty)
    assert client.post(CREATE, typed(area_a)).status_code == 302
    again = client.post(CREATE, typed(area_a))
    assert again.status_code == 422
    code = Incident.objects.get().code
    assert again.context["form"].errors["place"] == [f"Đã ghi {code} cùng loại, nơi và giờ này."]
    assert client.post(CREATE, typed(area_a, place="Bến cá")).status_code == 302


@pytest.mark.parametrize("number", ["042099001234", "0912 345 678", "0912.345.678"])
@pytest.mark.parametrize("name", ["place", "first_action", "summary"])
def test_a_persons_number_is_refused_in_a_free_text(client_for, duty, area_a, name, number):
    response = client_for(duty).post(CREATE, typed(area_a, **{name: f"Ông A {number}"}))
    assert response.status_code == 422
    told = ["Không ghi số định danh, số điện thoại ở đây."]
    assert response.context["form"].errors == {name: told}
    assert not Incident.objects.exists()


def test_a_place_with_its_numbers_is_taken(client_for, duty, area_a):
    place = "Km 575, số 12 ngõ 34 đường 30/4"
    assert client_for(duty).post(CREATE, typed(area_a, place=place)).status_code == 302


def test_news_is_not_received_after_it_was_written_down(client_for, clerk, area_a):
    """Else whoever edits it could begin the terms of the law anew."""
    hours = dt.timedelta(hours=50)
    row = receive(area_a, at=timezone.now() - hours)
    Incident.objects.filter(pk=row.pk).update(created_at=timezone.now() - hours)
    before = list(row.clocks.order_by("pk").values_list("clock", "due_at"))
    later = f"{timezone.localtime(timezone.now()):%d/%m/%Y %H:%M}"
    url = reverse("incident-update", args=[row.pk])
    row.refresh_from_db()
    response = client_for(clerk).post(url, edited(row, received_at=later))
    assert response.status_code == 422
    assert "received_at" in response.context["form"].errors
    assert list(row.clocks.order_by("pk").values_list("clock", "due_at")) == before


def test_an_edit_that_changes_nothing_tells_nothing(client_for, chief, area_a):
    row = receive(area_a, at=timezone.now() - dt.timedelta(hours=5))
    row.refresh_from_db()
    lines = row.entries.count()
    url = reverse("incident-update", args=[row.pk])
    assert client_for(chief).post(url, edited(row)).status_code == 302
    assert row.entries.count() == lines
    row.refresh_from_db()
    client_for(chief).post(url, edited(row, place="Bến cá"))
    assert row.entries.last().note == f"Nơi xảy ra: {row.place} → Bến cá"


def test_a_kind_with_incidents_does_not_become_one_of_crowds(chief, area_a):
    used = IncidentFactory(neighbourhood=area_a).type
    used.crowd = not used.crowd
    with pytest.raises(Exception, match="lập loại mới"):
        used.full_clean()
    unused = IncidentType.objects.usable().exclude(pk=used.pk).filter(crowd=False).first()
    unused.crowd = True
    unused.full_clean()


def test_a_clock_of_another_kind_is_told_as_dropped(client_for, chief, area_a):
    row = receive(area_a, type=kind("trom-cap"), at=timezone.now() - dt.timedelta(hours=2))
    row.type = kind("tieng-on")
    services.mend(row, at=timezone.now())
    clocks = client_for(chief).get(row.get_absolute_url()).context["clocks"]
    told = {clock.label: clock.told for clock in clocks}
    assert told["Chuyển cơ quan điều tra"] == "Không còn áp dụng"


def test_who_reported_is_not_kept_with_a_form_sent_too_late(client_for, duty, area_a):
    client = client_for(duty)
    client.get("/")
    session = client.session
    session["seen_at"] = 1
    session.save()
    data = typed(area_a, reporter_name="Hoàng Bí Mật", reporter_phone="0912345678")
    response = client.post(CREATE, data)
    assert response.status_code == 302
    kept = client.session[KEPT]
    assert "Chợ Kỳ Liên" in str(kept)
    assert "Bí Mật" not in str(kept)
    assert "0912345678" not in str(kept)


def test_a_clock_that_kept_its_rule_is_not_moved_by_a_new_one(chief, area_a):
    row = receive(area_a, type=kind("tieng-on"), at=timezone.now() - dt.timedelta(hours=2))
    clock = row.clocks.get(clock="resolve")
    rule = clock.rule
    rule.pk, rule.type, rule.value, rule._state.adding = None, kind("tieng-on"), 1, True
    rule.save()
    services.take(
        row,
        step="classify",
        user=chief,
        values={"type": row.type, "urgency": row.urgency},
        on=timezone.localdate(),
        at=timezone.now(),
    )
    assert row.clocks.get(clock="resolve").due_at == clock.due_at


def test_a_party_is_mended_by_who_may_read_it(client_for, chief, officer_a, area_a):
    row = receive(area_a, at=timezone.now() - dt.timedelta(hours=2))
    party = IncidentParty(full_name="Nguyễn Văn Sai")
    services.tell_who(row, party=party, at=timezone.now())
    url = reverse("incident-party-update", args=[party.pk])
    data = {"role": "reporter", "full_name": "Nguyễn Văn Đúng", "version": party.version}
    assert client_for(officer_a).post(url, data).status_code == 404
    assert client_for(chief).post(url, data).status_code == 302
    party.refresh_from_db()
    assert party.full_name == "Nguyễn Văn Đúng"
