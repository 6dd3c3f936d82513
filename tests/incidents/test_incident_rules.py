"""Each rule of an incident refuses the bad row: in the model, the database, portal and admin."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from incidents.models import SHORT_NOTE, Incident, IncidentType
from tests.factories import (
    BusinessFactory,
    GroupFactory,
    IncidentFactory,
    day,
    incident_type,
)

pytestmark = pytest.mark.django_db
DONE_DAY = "Vụ việc đã xong thì ghi ngày giải quyết; chưa xong thì để trống."
BAD = {  # constraint -> (what breaks it, the field that tells, the sentence)
    "incident_done_has_day": [
        ({"state": "resolved"}, "resolved_on", DONE_DAY),
        ({"state": "received", "resolved_on": day()}, "resolved_on", DONE_DAY),
    ],
    "incident_group_news_names_group": [
        ({"channel": "group"}, "reporting_group", "Tin do tổ liên gia báo thì chọn tổ.")
    ],
}
CASES = [pytest.param(*case, id=name) for name, cases in BAD.items() for case in cases]
each_rule = pytest.mark.parametrize(("values", "field", "sentence"), CASES)


def typed(area, **values):
    """Return what a person types for an incident."""
    known = {
        "type": incident_type().pk,
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "occurred_at": f"{timezone.localtime() - dt.timedelta(hours=1):%d/%m/%Y %H:%M}",
        "channel": "phone",
        "state": "received",
    } | values
    return {k: f"{v:%d/%m/%Y}" if type(v) is dt.date else v for k, v in known.items()}


def test_every_constraint_is_tried_here():
    assert set(BAD) == {c.name for c in Incident._meta.constraints}


@each_rule
def test_the_model_refuses_it(area_a, values, field, sentence):
    with pytest.raises(ValidationError) as refused:
        IncidentFactory.build(neighbourhood=area_a, **values).full_clean()
    assert refused.value.message_dict == {field: [sentence]}


@each_rule
def test_the_database_refuses_it(area_a, values, field, sentence):
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.bulk_create([IncidentFactory.build(neighbourhood=area_a, **values)])


@each_rule
def test_the_portal_tells_it_beside_the_field(client_for, duty, area_a, values, field, sentence):
    response = client_for(duty).post(reverse("incident-create"), typed(area_a, **values))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence]}
    assert f'id="id_{field}_error"' in response.text
    assert not Incident.objects.exists()


@each_rule
def test_the_admin_tells_it_beside_the_field(client_for, clerk, area_a, values, field, sentence):
    url = reverse("admin:incidents_incident_add")
    response = client_for(clerk).post(url, typed(area_a, **values))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {field: [sentence]}


def test_the_admin_saves_who_wrote_it(client_for, clerk, area_a):
    url = reverse("admin:incidents_incident_add")
    assert client_for(clerk).post(url, typed(area_a)).status_code == 302
    assert Incident.objects.get().created_by == clerk


def refused(area, **values):
    with pytest.raises(ValidationError) as error:
        IncidentFactory.build(neighbourhood=area, **values).full_clean()
    return error.value.message_dict


def test_crowds_are_recorded_by_size_and_measure_with_a_short_note(client_for, duty, area_a):
    crowd = incident_type(crowd=True)
    assert set(refused(area_a, type=crowd)) == {"size_band", "measure"}
    known = {"type": crowd, "size_band": "to_50", "measure": "dialogue"}
    long = "a" * (SHORT_NOTE + 1)
    assert set(refused(area_a, **known, summary=long, result=long)) == {"summary", "result"}
    IncidentFactory.build(neighbourhood=area_a, **known, summary="a" * SHORT_NOTE).full_clean()
    IncidentFactory.build(neighbourhood=area_a, summary=long).full_clean()

    form = reverse("incident-create")
    response = client_for(duty).post(form, typed(area_a, type=crowd.pk, summary=long))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"size_band", "measure", "summary"}
    assert long in response.text


def test_it_is_not_solved_before_it_happened(area_a):
    values = {"state": "resolved", "resolved_on": day(2)}
    assert set(refused(area_a, **values)) == {"resolved_on"}
    late = timezone.localtime().replace(hour=23, minute=30) - dt.timedelta(days=2)
    IncidentFactory.build(neighbourhood=area_a, occurred_at=late, **values).full_clean()


def test_the_business_stands_in_the_same_neighbourhood(area_a, area_b):
    assert set(refused(area_a, business=BusinessFactory(neighbourhood=area_b))) == {"business"}
    own = BusinessFactory(neighbourhood=area_a)
    IncidentFactory.build(neighbourhood=area_a, business=own).full_clean()


def test_kinds_have_two_levels(client_for, chief):
    top = IncidentType.objects.filter(parent=None).first()
    child = top.children.first()
    grandchild = IncidentType(code="x", name="X", parent=child)
    with pytest.raises(ValidationError, match="hai cấp"):
        grandchild.full_clean()
    top.parent = top
    with pytest.raises(ValidationError, match="hai cấp"):
        top.full_clean()
    url = reverse("admin:incidents_incidenttype_add")
    data = {"code": "x", "name": "X", "parent": child.pk, "position": 1}
    response = client_for(chief).post(url, data)
    assert set(response.context["adminform"].form.errors) == {"parent"}


def test_a_kind_with_children_gets_no_parent(client_for, chief):
    first, other = IncidentType.objects.filter(parent=None)[:2]
    url = reverse("admin:incidents_incidenttype_change", args=[first.pk])
    data = {"name": first.name, "parent": other.pk, "position": 1, "version": first.version}
    response = client_for(chief).post(url, data)
    told = ["Loại này có loại con nên không vào nhóm khác được."]
    assert response.context["adminform"].form.errors == {"parent": told}
    first.refresh_from_db()
    assert first.parent is None


def test_a_used_kind_is_not_made_a_group(client_for, chief, area_a):
    kind = incident_type()
    used = IncidentFactory(neighbourhood=area_a, type=kind)
    url = reverse("admin:incidents_incidenttype_change", args=[kind.pk])
    data = {"name": kind.name, "parent": "", "position": 1, "version": kind.version}
    response = client_for(chief).post(url, data)
    told = ["Đã có vụ việc thuộc loại này: giữ trong một nhóm."]
    assert response.context["adminform"].form.errors == {"parent": told}
    used.delete()
    kind.parent = None
    kind.full_clean()


def test_codes_of_kinds_have_no_underscore(client_for, chief):
    """Figures name kinds by their code with `_` for `-`: `a-b` and `a_b` would be one figure."""
    url = reverse("admin:incidents_incidenttype_add")
    data = {"code": "a_b", "name": "X", "position": 1}
    response = client_for(chief).post(url, data)
    told = ["Mã không có dấu gạch dưới."]
    assert response.context["adminform"].form.errors == {"code": told}
    IncidentType(code="a-b", name="X").full_clean()


@pytest.mark.parametrize("url", ["incident-create", "admin:incidents_incident_add"])
def test_nothing_happens_or_is_solved_in_the_future(client_for, clerk, area_a, url):
    soon = timezone.localtime() + dt.timedelta(minutes=2)
    values = {"occurred_at": f"{soon:%d/%m/%Y %H:%M}", "state": "resolved", "resolved_on": day(-1)}
    response = client_for(clerk).post(reverse(url), typed(area_a, **values))
    form = response.context["form" if url == "incident-create" else "adminform"]
    errors = getattr(form, "form", form).errors
    assert errors["occurred_at"] == ["Thời điểm này chưa tới."]
    assert errors["resolved_on"] == ["Ngày giải quyết không thể sau hôm nay."]


def test_codes_count_by_the_year_of_the_event(area_a):
    def code(year):
        at = dt.datetime(year, 1, 1, 0, 30, tzinfo=timezone.get_default_timezone())
        return IncidentFactory(neighbourhood=area_a, occurred_at=at).code

    assert [code(2024), code(2024), code(2025)] == ["VV-2024-0001", "VV-2024-0002", "VV-2025-0001"]


def test_a_group_of_kinds_is_no_kind(client_for, chief, area_a):
    top = IncidentType.objects.filter(parent=None).first()
    response = client_for(chief).post(reverse("incident-create"), typed(area_a, type=top.pk))
    assert set(response.context["form"].errors) == {"type"}


def test_the_neighbourhood_is_one_of_his(client_for, officer_b, area_a, area_b):
    client, form = client_for(officer_b), reverse("incident-create")
    response = client.post(form, typed(area_a))
    assert set(response.context["form"].errors) == {"neighbourhood"}
    business = BusinessFactory(neighbourhood=area_a)
    group = GroupFactory(neighbourhood=area_a)
    codes = {"business": business.code, "reporting_group": group.code}
    response = client.post(form, typed(area_b, **codes))
    assert set(response.context["form"].errors) == set(codes)
    assert business.name not in response.text
    offered = client.get(form).context["form"].fields["neighbourhood"].queryset
    assert list(offered) == [area_b]
