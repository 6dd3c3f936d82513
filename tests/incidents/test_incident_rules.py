"""Each rule of an incident refuses the bad row: in the model, the database, portal and admin."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from incidents import services
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
ANSWERED = {"state": "resolved", "source": "group", "told_group": "", "told_group_on": day()}
BAD = {  # constraint -> (what breaks it, the field that tells, the sentence)
    "incident_done_has_day": [
        ({"state": "resolved", "resolved_on": None}, "resolved_on", DONE_DAY),
        ({"state": "classified", "resolved_on": day()}, "resolved_on", DONE_DAY),
    ],
    "incident_outcome_once_done": [
        (
            {"outcome": "resolved", "resolved_on": None},
            "outcome",
            "Vụ việc đã xong thì ghi kết quả.",
        ),
        (
            {"state": "resolved", "outcome": "mediated"},
            "outcome",
            "Vụ việc đã xong thì ghi kết quả.",
        ),
        ({"state": "closed", "outcome": "closed"}, "outcome", "Vụ việc đã xong thì ghi kết quả."),
    ],
    "incident_handed_over_to_whom": [
        ({"state": "handed_over", "handed_to": ""}, "handed_to", "Ghi cơ quan nhận."),
        ({"state": "not_competent", "handed_to": ""}, "handed_to", "Ghi cơ quan nhận."),
    ],
    "incident_closed_has_day": [
        ({"state": "closed", "closed_on": None}, "closed_on", "Vụ việc kết thúc thì ghi ngày."),
        ({"closed_on": day()}, "closed_on", "Vụ việc kết thúc thì ghi ngày."),
    ],
    "incident_group_news_names_group": [
        (
            {"source": "group", "reporting_group": None},
            "reporting_group",
            "Tin do tổ liên gia báo thì chọn tổ.",
        )
    ],
    "incident_answer_has_day": [
        (ANSWERED, "told_group", "Đã trả lời tổ thì ghi ngày và nội dung."),
    ],
    "incident_received_after_it_happened": [
        (
            {"received_at": timezone.now() - dt.timedelta(days=1)},
            "occurred_at",
            "Không thể nhận tin trước khi vụ việc xảy ra.",
        )
    ],
}
CASES = [pytest.param(*case, id=name) for name, cases in BAD.items() for case in cases]
each_rule = pytest.mark.parametrize(("values", "field", "sentence"), CASES)
TYPED = ("incident_group_news_names_group", "incident_received_after_it_happened")
each_typed_rule = pytest.mark.parametrize(
    ("values", "field", "sentence"), [pytest.param(*BAD[name][0], id=name) for name in TYPED]
)
LED_BY_STEPS = {
    "state": "closed",
    "outcome": "resolved",
    "resolved_on": day(),
    "handed_to": "Công an tỉnh",
    "closed_on": day(),
    "reopened_at": timezone.now(),
    "told_group_on": day(),
    "told_group": "Đã trả lời",
}


def typed(area, **values):
    """Return what a person types for an incident."""
    moment = timezone.localtime() - dt.timedelta(hours=1)
    known = {
        "type": incident_type().pk,
        "neighbourhood": area.pk,
        "place": "Chợ Kỳ Liên",
        "occurred_at": moment,
        "received_at": moment,
        "channel": "phone",
        "source": "citizen",
        "first_action": "Cử tổ tuần tra đến",
    } | values
    return {name: as_text(value) for name, value in known.items() if value is not None}


def as_text(value):
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else value


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


@each_typed_rule
def test_the_portal_tells_it_beside_the_field(client_for, duty, area_a, values, field, sentence):
    response = client_for(duty).post(reverse("incident-create"), typed(area_a, **values))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence]}
    assert f'id="id_{field}_error"' in response.text
    assert not Incident.objects.exists()


@each_typed_rule
def test_the_admin_tells_it_beside_the_field(client_for, clerk, area_a, values, field, sentence):
    url = reverse("admin:incidents_incident_add")
    response = client_for(clerk).post(url, typed(area_a, **values))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {field: [sentence]}
    assert not Incident.objects.exists()


@pytest.mark.parametrize("prefix", ["incident-", "admin:incidents_incident_"])
def test_no_form_leads_an_incident_on(client_for, chief, area_a, prefix):
    """States and results change by the steps of the workflow alone."""
    client, admin = client_for(chief), prefix.startswith("admin")
    create, update = ("add", "change") if admin else ("create", "update")
    made = client.post(reverse(prefix + create), typed(area_a, **LED_BY_STEPS))
    assert made.status_code == 302
    row = Incident.objects.get()
    values = typed(area_a, **LED_BY_STEPS, place="Nơi khác", urgency="soon", version=row.version)
    assert client.post(reverse(prefix + update, args=[row.pk]), values).status_code == 302
    row.refresh_from_db()
    assert row.place == "Nơi khác"
    fresh = Incident()
    for name in LED_BY_STEPS:
        assert getattr(row, name) == getattr(fresh, name), name


def test_the_admin_saves_who_wrote_it_and_starts_clocks_and_log(client_for, clerk, area_a):
    url = reverse("admin:incidents_incident_add")
    assert client_for(clerk).post(url, typed(area_a)).status_code == 302
    row = Incident.objects.get()
    assert row.created_by == clerk
    assert [(e.title, e.author) for e in row.entries.all()] == [("Tiếp nhận tin", clerk)]
    assert {clock.clock for clock in row.clocks.all()} >= {"response", "resolve"}


@pytest.mark.parametrize("url", ["incident-create", "admin:incidents_incident_add"])
def test_an_ordinary_kind_says_what_was_done_first(client_for, clerk, area_a, url):
    response = client_for(clerk).post(reverse(url), typed(area_a, first_action=""))
    form = response.context["form" if url == "incident-create" else "adminform"]
    told = {"first_action": ["Ghi việc đã làm khi nhận tin."]}
    assert getattr(form, "form", form).errors == told
    assert not Incident.objects.exists()


def refused(area, **values):
    with pytest.raises(ValidationError) as error:
        IncidentFactory.build(neighbourhood=area, **values).full_clean()
    return error.value.message_dict


def test_crowds_are_recorded_by_size_with_a_short_note_alone(area_a):
    crowd = incident_type(crowd=True)
    assert set(refused(area_a, type=crowd, size_band="")) == {"size_band"}
    long = "a" * (SHORT_NOTE + 1)
    assert set(refused(area_a, type=crowd, summary=long)) == {"summary"}
    assert set(refused(area_a, type=crowd, first_action="a")) == {"first_action"}
    assert set(refused(area_a, type=crowd, state="resolved", result="a")) == {"result"}
    IncidentFactory.build(neighbourhood=area_a, type=crowd, summary="a" * SHORT_NOTE).full_clean()
    IncidentFactory.build(neighbourhood=area_a, summary=long).full_clean()


@pytest.mark.parametrize("url", ["incident-create", "admin:incidents_incident_add"])
def test_crowds_are_recorded_with_measures(client_for, clerk, area_a, url):
    def post(**values):
        values = {"type": incident_type(crowd=True).pk, "first_action": "", **values}
        response = client_for(clerk).post(reverse(url), typed(area_a, **values))
        if response.status_code == 302:
            return {}
        form = response.context["form" if url == "incident-create" else "adminform"]
        return getattr(form, "form", form).errors

    known = {"size_band": "to_50", "measures": ["explain", "report"]}
    long = "a" * (SHORT_NOTE + 1)
    assert set(post(summary=long)) == {"size_band", "measures", "summary"}
    assert set(post(**known, first_action="Đã nghe trình bày")) == {"first_action"}
    assert set(post(**{**known, "measures": ["explain", "ghi tên"]})) == {"measures"}
    assert not Incident.objects.exists()
    assert post(**known) == {}
    row = Incident.objects.get()
    assert [one.measure for one in row.measures.all()] == ["explain", "report"]
    assert row.size_band == "to_50"


def test_a_crowd_without_measures_is_refused_whoever_writes_it(area_a):
    crowd = IncidentFactory.build(neighbourhood=area_a, type=incident_type(crowd=True))
    with pytest.raises(ValidationError, match="biện pháp"):
        services.receive(crowd, measures=(), at=timezone.now())
    assert not Incident.objects.exists()


def test_size_and_measures_of_an_ordinary_kind_are_not_kept(client_for, duty, area_a):
    values = {"size_band": "to_50", "measures": ["explain"]}
    response = client_for(duty).post(reverse("incident-create"), typed(area_a, **values))
    assert response.status_code == 302
    row = Incident.objects.get()
    assert row.size_band == ""
    assert not row.measures.exists()


def test_it_is_not_solved_before_it_happened(area_a):
    values = {"state": "resolved", "resolved_on": day(2)}
    assert set(refused(area_a, **values)) == {"resolved_on"}
    late = timezone.localtime().replace(hour=23, minute=30) - dt.timedelta(days=2)
    IncidentFactory.build(neighbourhood=area_a, occurred_at=late, **values).full_clean()


def test_the_business_stands_in_the_same_neighbourhood(area_a, area_b):
    assert set(refused(area_a, business=BusinessFactory(neighbourhood=area_b))) == {"business"}
    own = BusinessFactory(neighbourhood=area_a)
    IncidentFactory.build(neighbourhood=area_a, business=own).full_clean()


def kind_typed(kind, **values):
    known = {"name": kind.name, "urgency": kind.urgency, "position": 1, "version": kind.version}
    return known | values


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
    data = {"code": "x", "name": "X", "parent": child.pk, "urgency": "soon", "position": 1}
    response = client_for(chief).post(url, data)
    assert set(response.context["adminform"].form.errors) == {"parent"}


def test_a_kind_with_children_gets_no_parent(client_for, chief):
    first, other = IncidentType.objects.filter(parent=None)[:2]
    url = reverse("admin:incidents_incidenttype_change", args=[first.pk])
    data = kind_typed(first, parent=other.pk)
    response = client_for(chief).post(url, data)
    told = ["Loại này có loại con nên không vào nhóm khác được."]
    assert response.context["adminform"].form.errors == {"parent": told}
    first.refresh_from_db()
    assert first.parent is None


def test_a_used_kind_is_not_made_a_group(client_for, chief, area_a):
    kind = incident_type()
    used = IncidentFactory(neighbourhood=area_a, type=kind)
    url = reverse("admin:incidents_incidenttype_change", args=[kind.pk])
    data = kind_typed(kind, parent="")
    response = client_for(chief).post(url, data)
    told = ["Đã có vụ việc thuộc loại này: giữ trong một nhóm."]
    assert response.context["adminform"].form.errors == {"parent": told}
    used.delete()
    kind.parent = None
    kind.full_clean()


def test_codes_of_kinds_have_no_underscore(client_for, chief):
    """Figures name kinds by their code with `_` for `-`: `a-b` and `a_b` would be one figure."""
    url = reverse("admin:incidents_incidenttype_add")
    data = {"code": "a_b", "name": "X", "urgency": "soon", "position": 1}
    response = client_for(chief).post(url, data)
    told = ["Mã không có dấu gạch dưới."]
    assert response.context["adminform"].form.errors == {"code": told}
    IncidentType(code="a-b", name="X").full_clean()


@pytest.mark.parametrize("url", ["incident-create", "admin:incidents_incident_add"])
def test_nothing_happens_or_is_received_in_the_future(client_for, clerk, area_a, url):
    soon = timezone.now() + dt.timedelta(minutes=2)
    response = client_for(clerk).post(
        reverse(url), typed(area_a, occurred_at=soon, received_at=soon)
    )
    form = response.context["form" if url == "incident-create" else "adminform"]
    told = ["Thời điểm này chưa tới."]
    assert getattr(form, "form", form).errors == {"occurred_at": told, "received_at": told}


def test_nothing_is_solved_in_the_future(client_for, chief):
    row = IncidentFactory(state="verifying")
    url = reverse("incident-resolve", args=[row.pk])
    values = {"resolved_on": f"{day(-1):%d/%m/%Y}", "result": "Xong", "version": row.version}
    response = client_for(chief).post(url, values)
    told = ["Ngày này không thể sau hôm nay."]
    assert response.context["form"].errors == {"resolved_on": told}
    row.refresh_from_db()
    assert row.is_open


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
