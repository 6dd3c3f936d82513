"""Data entry in the admin: offices, help and duties on a group's page, requests, the numbers."""

import pytest
from django.urls import reverse

from selfgov_groups.models import GroupOfficer, GroupRequest, GroupRule, SelfManagedGroup
from tests.factories import (
    GroupFactory,
    HouseholdFactory,
    MembershipFactory,
    OfficerFactory,
    ResidenceFactory,
    day,
)

ADD = "/admin/selfgov_groups/selfmanagedgroup/add/"
REQUEST = "/admin/selfgov_groups/grouprequest/add/"
RULE = "/admin/selfgov_groups/grouprule/add/"


def shown(date):
    return f"{date:%d/%m/%Y}"


@pytest.fixture
def client(client_for, clerk):
    return client_for(clerk)


@pytest.fixture
def home(area_a):
    return ResidenceFactory(household__neighbourhood=area_a, started_on=day(500)).household


def submit(client, area, home, **rows):
    """Send a new group with one household and rows of other inlines: `officers=[{...}]`."""
    data = {"name": "Liên gia 1", "neighbourhood": area.pk, "founded_on": shown(day(100))}
    rows = {"memberships": [{"household": home.pk, "joined_on": shown(day(100))}], **rows}
    for prefix in ("memberships", "meetings", "officers", "helps", "duties"):
        entries = rows.get(prefix, [])
        data |= {f"{prefix}-INITIAL_FORMS": 0, f"{prefix}-TOTAL_FORMS": len(entries)}
        for n, entry in enumerate(entries):
            data |= {f"{prefix}-{n}-{name}": value for name, value in entry.items()}
    return client.post(ADD, data)


def term(home, since=90, until=None, role="head"):
    person = home.residences.get().resident
    days = {"started_on": shown(day(since)), "ended_on": shown(day(until)) if until else ""}
    return {"resident": person.pk, "role": role, "recognised_by": "", **days}


def test_a_group_is_typed_in_one_go_with_its_head_help_and_duties(client, area_a, home):
    response = submit(
        client,
        area_a,
        home,
        officers=[term(home)],
        helps=[{"helped_on": shown(day(3)), "kind": "work", "households": 1, "note": ""}],
        duties=[{"task": "order", "content": "Hoà giải", "started_on": shown(day(50))}],
    )
    assert response.status_code == 302
    group = SelfManagedGroup.objects.get()
    assert group.officers.get().started_on == day(90)
    assert (group.helps.count(), group.duties.count()) == (1, 1)


def test_two_heads_typed_in_one_submit_are_told(client, area_a, home):
    rows = [term(home, 90, 50), term(home, 60)]
    page = submit(client, area_a, home, officers=rows)
    assert page.status_code == 200
    assert "nhiệm kỳ bị trùng" in page.content.decode()
    assert not SelfManagedGroup.objects.exists()


def test_a_head_from_outside_and_too_much_help_are_told(client, area_a, home):
    stranger = ResidenceFactory(household=HouseholdFactory(neighbourhood=area_a)).household
    page = submit(client, area_a, home, officers=[term(stranger, 5)])
    assert "người này không ở hộ nào trong tổ" in page.content.decode()
    helped = {"helped_on": shown(day(3)), "kind": "work", "households": 2}
    page = submit(client, area_a, home, helps=[helped])
    assert "Ngày ấy tổ có 1 hộ" in page.content.decode()
    assert not SelfManagedGroup.objects.exists()


def test_an_overlap_on_a_known_group_is_told_beside_the_role(client, area_a, home):
    group = GroupFactory(neighbourhood=area_a, founded_on=day(700))
    MembershipFactory(group=group, household=home, joined_on=day(400))
    OfficerFactory(group=group, started_on=day(100))
    url = reverse("admin:selfgov_groups_selfmanagedgroup_change", args=[group.pk])
    data = {"name": group.name, "neighbourhood": area_a.pk, "founded_on": shown(day(700))}
    standing = client.get(url).context["inline_admin_formsets"]
    for formset in (one.formset for one in standing):
        first = formset.initial_forms
        data[f"{formset.prefix}-INITIAL_FORMS"] = len(first)
        data[f"{formset.prefix}-TOTAL_FORMS"] = len(first) + (formset.prefix == "officers")
        for n, form in enumerate(first):
            data[f"{formset.prefix}-{n}-id"] = form.instance.pk
            data[f"{formset.prefix}-{n}-group"] = group.pk
    data |= {f"officers-1-{name}": value for name, value in term(home, 50).items()}
    page = client.post(url, data)
    officers = page.context["inline_admin_formsets"][2].formset
    assert list(officers.forms[1].errors) == ["role"]
    assert GroupOfficer.objects.count() == 1


def test_a_request_is_entered_with_one_owner(client, area_a, officer_a):
    group = GroupFactory(neighbourhood=area_a)
    data = {
        "group": group.pk,
        "content": "Lắp đèn",
        "raised_on": shown(day(3)),
        "due_on": shown(day(-10)),
        "owner": officer_a.pk,
        "owner_body": "Uỷ ban",
    }
    page = client.post(REQUEST, data)
    assert list(page.context["adminform"].form.errors) == ["owner"]
    assert client.post(REQUEST, data | {"owner_body": ""}).status_code == 302
    assert GroupRequest.objects.get().owner == officer_a
    page = client.get("/admin/selfgov_groups/grouprequest/")
    assert "Lắp đèn" in page.content.decode()


def test_the_chief_alone_edits_the_numbers(client_for, chief, clerk):
    data = {
        "key": "contact_days",
        "value": "14",
        "legal_basis": "Kế hoạch của phường",
        "valid_from": shown(day()),
    }
    assert client_for(clerk).post(RULE, data).status_code == 403
    client = client_for(chief)
    assert client.post(RULE, data | {"value": "0"}).status_code == 200
    assert client.post(RULE, data).status_code == 302
    assert GroupRule.objects.book().number("contact_days", day()) == 14
