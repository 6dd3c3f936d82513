"""An incident's form and page; what the duty desk may mend, and how long."""

import datetime as dt
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.forms.incidents import IncidentForm
from incidents.models import Incident, IncidentType
from kylien.core.forms import STALE
from tests import factories
from tests.factories import (
    BusinessFactory,
    GroupFactory,
    IncidentFactory,
    add_children,
    incident_type,
)

pytestmark = pytest.mark.django_db
CREATE = "/incidents/create/"
NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=timezone.get_default_timezone())


def typed(area, **values):
    return {
        "type": incident_type().pk,
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "occurred_at": "23/11/2026 21:30",
        "channel": "phone",
        "source": "citizen",
        "first_action": "Cử tổ tuần tra đến",
    } | values


def as_typed(row, **values):
    """Return what the edit form of a row sends back untouched."""
    form = IncidentForm(instance=row, user=row.created_by, on=NOON.date())
    data = {name: form[name].value() for name in form.fields}
    for name in ("occurred_at", "received_at"):
        data[name] = f"{timezone.localtime(getattr(row, name)):%d/%m/%Y %H:%M}"
    return {name: "" if value is None else value for name, value in data.items()} | values


def test_at_most_eight_fields_are_required_and_the_first_four_come_first(chief):
    form = IncidentForm(user=chief, on=NOON.date())
    required = [name for name, field in form.fields.items() if field.required]
    of_a_crowd = ["size_band", "measures"]  # an ordinary kind asks for first_action in their place
    assert len(required + of_a_crowd) <= 8
    assert list(form.fields)[:4] == ["type", "occurred_at", "neighbourhood", "place"]
    assert set(list(form.fields)[:4]) <= set(required)


def test_kinds_stand_under_their_groups_from_one_query(chief):
    IncidentType.objects.create(  # added later, in a group that stands above
        code="moi", name="Mới", parent=IncidentType.objects.get(code="hinh-su"), position=900
    )
    form = IncidentForm(user=chief, on=NOON.date())
    with CaptureQueriesContext(connection) as queries:
        blank, *groups = form.fields["type"].choices
    assert len(queries) == 1
    assert blank == ("", "Chọn loại")
    names = [name for name, _ in groups]
    assert names == list(
        IncidentType.objects.filter(parent=None).order_by("position").values_list("name", flat=True)
    )
    assert [label for _, label in groups[0][1]][-1] == "Mới"


@time_machine.travel(NOON, tick=False)
def test_the_form_offers_now_and_an_officers_only_neighbourhood(client_for, officer_a, area_a):
    page = client_for(officer_a).get(CREATE)
    assert 'value="24/11/2026 12:00"' in page.text
    assert page.context["form"]["neighbourhood"].value() == area_a.pk
    assert "không ghi họ tên" in page.text
    assert "không quá 200 chữ" in page.text


@time_machine.travel(NOON, tick=False)
def test_an_incident_is_made_with_what_was_picked(client_for, duty, area_a):
    business = BusinessFactory(neighbourhood=area_a)
    group = GroupFactory(neighbourhood=area_a)
    data = typed(area_a, business=business.code, source="group", reporting_group=group.code.lower())
    client = client_for(duty)
    response = client.post(CREATE, data)
    row = Incident.objects.get()
    assert response["Location"] == row.get_absolute_url()
    assert row.code == "VV-2026-0001"
    assert (row.business, row.reporting_group, row.created_by) == (business, group, duty)
    assert timezone.localtime(row.occurred_at) == NOON.replace(day=23, hour=21, minute=30)
    assert (row.received_at, row.urgency) == (NOON, row.type.urgency)  # left empty
    assert [(e.title, e.author, e.note) for e in row.entries.all()] == [
        ("Tiếp nhận tin", duty, "Cử tổ tuần tra đến")
    ]
    page = client.get(row.get_absolute_url()).text
    for text in (row.code, row.type.name, "Chợ Kỳ Liên", "23/11/2026 21:30", business.name):
        assert text in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"occurred_at": "hôm qua"},
        {"occurred_at": "01/01/0001 00:00"},
        {"occurred_at": "31/12/9999 23:59"},
        {"business": "CS-99999"},
        {"reporting_group": "không có"},
        {"neighbourhood": "999999"},
        {"received_at": "31/02/2026 10:00"},
        {"place": "x" * 201},
        {"first_action": "x" * 301},
        {"reporter_phone": "không nhớ"},
        {"summary": "Mất hai xe đạp\0"},
    ],
)
def test_a_slip_is_told_and_nothing_typed_is_lost(client_for, chief, area_a, wrong):
    data = typed(area_a, summary="Mất hai xe đạp", reporter_name="Lê Thị Báo") | wrong
    data = {name: str(value) for name, value in data.items()}
    response = client_for(chief).post(CREATE, data)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(wrong)
    assert {name: response.context["form"][name].value() for name in data} == data
    assert "Mất hai xe đạp" in response.text
    assert not Incident.objects.exists()


def test_the_page_is_short_where_little_is_known(client_for, chief):
    row = IncidentFactory(summary="")
    labels = [label for label, _ in client_for(chief).get(row.get_absolute_url()).context["facts"]]
    assert "Quy mô" not in labels
    assert "Nơi xảy ra" in labels


def test_the_page_costs_few_queries_however_much_is_kept(client_for, chief, area_a):
    row = IncidentFactory(
        neighbourhood=area_a,
        business=BusinessFactory(neighbourhood=area_a),
        reporting_group=GroupFactory(neighbourhood=area_a),
    )
    client = client_for(chief)
    client.get("/")
    # Clocks, pauses, officers, files and log are a query each, and so are the measures of a form.
    limits = {row.get_absolute_url(): 16, reverse("incident-update", args=[row.pk]): 13}
    counts = {url: [] for url in limits}
    for _ in range(2):
        add_children(row)
        for url in limits:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            counts[url].append(len(queries))
    for url, (once, twice) in counts.items():
        assert once == twice <= limits[url], url


def test_each_form_of_the_page_is_sent_once_by_itself(client_for, chief, area_a):
    """Whoever goes back to the page as it was and sends another of its forms loses nothing."""
    row = IncidentFactory(neighbourhood=area_a, state="classified")
    client = client_for(chief)
    page = client.get(row.get_absolute_url()).text
    sent = {}
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if mark := re.search(r'name="_once" value="(\w+)"', form):
            sent[re.search(r'action="([^"]+)"', form)[1]] = mark[1]
    note, file, verify = (
        reverse(f"incident-{name}", args=[row.pk]) for name in ("note", "attach", "verify")
    )
    assert {note, file, verify} <= set(sent)
    assert len(set(sent.values())) == len(sent)
    for _ in range(2):
        picture = SimpleUploadedFile("anh.png", factories.picture(), "image/png")
        client.post(note, {"note-note": "Đã xem camera", "_once": sent[note]})
        client.post(file, {"file-file": picture, "_once": sent[file]})
        client.post(verify, {"version": row.version, "_once": sent[verify]})
    row.refresh_from_db()
    assert row.state == "verifying"
    assert row.attachments.count() == 1
    assert [e.kind for e in row.entries.all()] == ["note", "file", "step"]


def test_a_stale_save_shows_both_versions_in_words(client_for, chief, area_a):
    old, new = IncidentType.objects.usable()[:2]
    row = IncidentFactory(neighbourhood=area_a, type=old, created_by=chief)
    data = as_typed(row, type=new.pk)
    row.save()
    url = reverse("incident-update", args=[row.pk])
    client = client_for(chief)
    response = client.post(url, data)
    assert response.status_code == 422
    assert STALE in response.context["form"].non_field_errors()
    shown = {d["label"]: (d["theirs"], d["yours"]) for d in response.context["stale"]}
    assert shown["Loại vụ việc"] == (old.name, new.name)


def test_what_is_recorded_stays_though_it_could_not_be_picked_anew(
    client_for, officer_b, area_a, area_b
):
    row = IncidentFactory(
        neighbourhood=area_b,
        created_by=officer_b,
        source="group",
        reporting_group=GroupFactory(neighbourhood=area_a, name="Tổ bên kia"),
        business=BusinessFactory(neighbourhood=area_b, state="closed"),
    )
    client, url = client_for(officer_b), reverse("incident-update", args=[row.pk])
    assert 'data-picker-label="Tổ bên kia"' in client.get(url).text
    assert client.post(url, as_typed(row, place="Nơi khác")).status_code == 302
    row.refresh_from_db()
    assert row.place == "Nơi khác"


def test_a_foreign_or_unknown_row_is_not_there(client_for, officer_b, area_a):
    row = IncidentFactory(neighbourhood=area_a, created_by=officer_b)
    client = client_for(officer_b)
    for pk in (row.pk, 10**6, 2**70):
        assert client.get(reverse("incident-detail", args=[pk])).status_code == 404
        assert client.get(reverse("incident-update", args=[pk])).status_code == 404
        assert client.post(reverse("incident-update", args=[pk]), {}).status_code == 404


def test_who_has_no_right_is_refused(client_for, leader, superuser):
    row = IncidentFactory()
    for user in (leader, superuser):
        client = client_for(user)
        for url in (CREATE, row.get_absolute_url(), reverse("incident-update", args=[row.pk])):
            assert client.get(url).status_code == 403


def test_the_desk_mends_its_own_for_fifteen_minutes_and_no_longer(client_for, duty, area_a):
    with time_machine.travel(NOON, tick=False):
        client_for(duty).post(CREATE, typed(area_a))
        row = Incident.objects.get()
    url = reverse("incident-update", args=[row.pk])
    with time_machine.travel(NOON + dt.timedelta(minutes=15), tick=False):
        client = client_for(duty)
        assert url in client.get(row.get_absolute_url()).text
        assert client.get(url).status_code == 200
        assert client.post(url, typed(area_a, place="Cổng chợ", version=1)).status_code == 302
    with time_machine.travel(NOON + dt.timedelta(minutes=15, seconds=1), tick=False):
        client = client_for(duty)
        assert url not in client.get(row.get_absolute_url()).text
        assert client.get(url).status_code == 403
        assert client.post(url, typed(area_a, place="Nơi khác", version=2)).status_code == 403
    row.refresh_from_db()
    assert row.place == "Cổng chợ"


def test_the_desk_does_not_mend_what_others_wrote(client_for, duty, chief, area_a):
    client = client_for(duty)
    for writer in (chief, None):
        row = IncidentFactory(neighbourhood=area_a, created_by=writer)
        url = reverse("incident-update", args=[row.pk])
        assert client.get(url).status_code == 403
        assert client.post(url, typed(area_a, version=1)).status_code == 403
    assert client_for(chief).get(url).status_code == 200


def test_the_admin_has_the_same_rows(client_for, officer_a, area_a, area_b, duty):
    own = IncidentFactory(neighbourhood=area_a, place="Cổng chợ")
    foreign = IncidentFactory(neighbourhood=area_b, place="Bến cá")
    client = client_for(officer_a)
    listed = client.get(reverse("admin:incidents_incident_changelist")).text
    assert own.place in listed
    assert foreign.place not in listed
    url = reverse("admin:incidents_incident_change", args=[foreign.pk])
    assert client.get(url).status_code in (302, 404)
    url = reverse("admin:incidents_incident_change", args=[own.pk])
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= 20
    assert client_for(duty).get(url).status_code in (302, 403)
