"""Every step from every state by every role: what is taken, what refused, what the page draws."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from incidents import services, workflow
from incidents.models import (
    Assignment,
    Attachment,
    ClockPause,
    Incident,
    IncidentClock,
    IncidentEntry,
    IncidentParty,
    MeasureTaken,
)
from kylien.accounts.models import Role
from kylien.audit.models import AuditEntry
from kylien.core.forms import STALE
from tests.factories import AssignmentFactory, BeatFactory, UserFactory, day
from tests.incidents.ways import kind, reach, receive, take

pytestmark = pytest.mark.django_db

# The way of an incident as the station agreed on it, written down apart from `workflow`.
OPEN = ["received", "classified", "verifying"]
DONE = ["resolved", "mediated", "sanctioned", "handed_over", "not_competent", "answered"]
STATES = [*OPEN, *DONE, "closed"]
HANDLERS = {"chief", "beat", "assigned", "assigned_clerk"}
DESK_TOO = HANDLERS | {"desk"}
CHIEF = {"chief"}
NOBODY_HERE = {"elsewhere": 404, "clerk": 403, "leader": 403, "superuser": 403}
ROLES = ["chief", "beat", "assigned", "assigned_clerk", "desk", *NOBODY_HERE]
WAY = {  # step: (from, to, who, what the log says, the log's kind)
    "classify": (["received"], "classified", DESK_TOO, "Phân loại", "step"),
    "verify": (["classified"], "verifying", HANDLERS, "Bắt đầu xác minh", "step"),
    "resolve": (["classified", "verifying"], "resolved", HANDLERS, "Giải quyết xong", "step"),
    "mediate": (["classified", "verifying"], "mediated", HANDLERS, "Hoà giải thành", "step"),
    "sanction": (["verifying"], "sanctioned", HANDLERS, "Xử phạt hành chính", "step"),
    "hand_over": (
        ["classified", "verifying"],
        "handed_over",
        HANDLERS,
        "Chuyển cơ quan khác",
        "step",
    ),
    "refer": (
        ["classified", "verifying"],
        "not_competent",
        HANDLERS,
        "Không thuộc thẩm quyền",
        "step",
    ),
    "answer": (["classified", "verifying"], "answered", HANDLERS, "Trả lời đơn", "step"),
    "tell_group": ([*DONE, "closed"], None, DESK_TOO, "Trả lời tổ liên gia báo tin", "step"),
    "close": (DONE, "closed", CHIEF, "Kết thúc vụ việc", "step"),
    "reopen": ([*DONE, "closed"], "verifying", CHIEF, "Mở lại", "step"),
    "pause": (OPEN, None, HANDLERS, "Tạm dừng thời hạn giải quyết", "clock"),
    "resume": (OPEN, None, HANDLERS, "Tính tiếp thời hạn giải quyết", "clock"),
    "extend": (OPEN, None, CHIEF, "Gia hạn thời hạn giải quyết", "clock"),
}
NEEDS = {  # step: the fields that have to be filled
    "classify": {"type", "urgency"},
    "resolve": {"resolved_on", "result"},
    "mediate": {"resolved_on", "result"},
    "sanction": {"resolved_on", "result", "file_number"},
    "hand_over": {"resolved_on", "handed_to"},
    "refer": {"resolved_on", "handed_to"},
    "answer": {"resolved_on", "file_number"},
    "tell_group": {"told_group_on", "told_group"},
    "reopen": {"reason"},
    "pause": {"reason"},
    "extend": {"reason"},
}
EVERYTHING = (
    Incident,
    IncidentClock,
    ClockPause,
    IncidentEntry,
    Assignment,
    Attachment,
    IncidentParty,
    MeasureTaken,
    AuditEntry,
)


def filled(step):
    """Return what is typed for a step: all of its fields, rightly."""
    today = f"{timezone.localdate():%d/%m/%Y}"
    done = {"resolved_on": today, "file_number": "12/BC-CAP", "result": "Đã trả lại xe đạp"}
    return {
        "classify": {"type": kind("lua-dao").pk, "urgency": "soon", "note": "Đúng loại"},
        "hand_over": done | {"handed_to": "Cơ quan điều tra tỉnh"},
        "refer": done | {"handed_to": "Uỷ ban nhân dân phường"},
        "resolve": done,
        "mediate": done,
        "sanction": done,
        "answer": done,
        "tell_group": {"told_group_on": today, "told_group": "Đã xử lý xong"},
        "reopen": {"reason": "Có tình tiết mới"},
        "pause": {"reason": "Chờ giám định"},
        "extend": {"reason": "Nhiều người làm chứng"},
    }.get(step, {})


def address(incident, step):
    return f"/incidents/{incident.pk}/{step.replace('_', '-')}/"


def send(client, incident, step, **data):
    """Post a step as its page does, on the version that stands."""
    version = Incident.objects.values_list("version", flat=True).get(pk=incident.pk)
    return client.post(address(incident, step), {"version": version} | data)


def everything():
    """Return all that a step could change; that somebody was refused is told besides."""
    rows = {model: model.objects.order_by("pk") for model in EVERYTHING}
    rows[AuditEntry] = rows[AuditEntry].exclude(action=AuditEntry.Action.REFUSED)
    return {model: list(found.values()) for model, found in rows.items()}


@pytest.fixture
def people(chief, officer_a, officer_b, duty, clerk, leader, superuser, area_b):
    assigned = UserFactory(username="duocgiao", role=Role.AREA_OFFICER)
    BeatFactory(officer=assigned, neighbourhood=area_b)
    return {
        "chief": chief,
        "beat": officer_a,
        "elsewhere": officer_b,
        "assigned": assigned,
        "desk": duty,
        "clerk": clerk,
        "assigned_clerk": UserFactory(username="nhaplieu2", role=Role.CLERK),
        "leader": leader,
        "superuser": superuser,
    }


def made(state, people, area, **values):
    """Lead an incident to a state and give it to the two officers who deal with it."""
    incident = reach(state, area, people["chief"], **values)
    for role in ("assigned", "assigned_clerk"):
        AssignmentFactory(incident=incident, officer=people[role])
    return incident


def test_the_table_names_every_step_state_and_required_field():
    assert set(WAY) == set(workflow.BY_KEY)
    assert set(STATES) == set(Incident.State.values)
    assert {s: set(step.required) for s, step in workflow.BY_KEY.items() if step.required} == NEEDS


@pytest.mark.parametrize("step", WAY)
def test_each_step_from_each_state_by_each_role(client_for, people, area_a, step):
    sources, target, who, title, log_kind = WAY[step]
    source = "group" if step == "tell_group" else "citizen"
    incidents = {state: made(state, people, area_a, source=source) for state in STATES}
    if step == "tell_group":  # closed before it was asked to answer the group
        untold = {"told_group_on": None, "told_group": ""}
        Incident.objects.filter(pk=incidents["closed"].pk).update(**untold)
    if step == "resume":
        for state in OPEN:
            take(incidents[state], "pause", people["chief"])
    data, before = filled(step), everything()
    for role in ROLES:
        user, client = people[role], client_for(people[role])
        for state, incident in incidents.items():
            case = f"{step} from {state} by {role}"
            with transaction.atomic():
                response = send(client, incident, step, **data)
                if role in who and state in sources:
                    assert response.status_code == 302, case
                    assert response["Location"] == f"/incidents/{incident.pk}/", case
                    now = Incident.objects.get(pk=incident.pk)
                    assert now.state == (target or state), case
                    assert now.version == incident_before(before, incident)["version"] + 1, case
                    entry = new_entry(before)
                    assert entry.incident_id == incident.pk, case
                    told = (entry.title, entry.author_id, entry.state, entry.kind)
                    assert told == (title, user.pk, now.state, log_kind), case
                    assert abs(timezone.now() - entry.at).total_seconds() < 60, case
                    traces = AuditEntry.objects.filter(pk__gt=before[AuditEntry][-1]["id"])
                    assert {trace.user_id for trace in traces} == {user.pk}, case
                    others = Incident.objects.exclude(pk=incident.pk).order_by("pk").values()
                    assert list(others) == [
                        row for row in before[Incident] if row["id"] != incident.pk
                    ], case
                else:
                    expected = NOBODY_HERE.get(role) or (403 if role not in who else 422)
                    assert response.status_code == expected, case
                    assert everything() == before, case
                transaction.set_rollback(True)


def incident_before(before, incident):
    return next(row for row in before[Incident] if row["id"] == incident.pk)


def new_entry(before):
    known = {row["id"] for row in before[IncidentEntry]}
    return IncidentEntry.objects.exclude(pk__in=known).get()


def drawn(role, state, news=""):
    """Return the steps that the page of an incident draws for a role."""
    steps = {
        step for step, (sources, _, who, _, _) in WAY.items() if state in sources and role in who
    }
    paused, extended = "paused" in news, "extended" in news
    refused = {
        "tell_group": news != "group",
        "close": news == "group",
        "pause": paused,
        "resume": not paused,
        "extend": paused or extended,
    }
    return {step for step in steps if not refused.get(step)}


def test_the_page_draws_exactly_the_allowed_steps(client_for, people, area_a):
    chief = people["chief"]
    cases = [(state, "", made(state, people, area_a)) for state in STATES]
    cases += [(state, "group", made(state, people, area_a, source="group")) for state in DONE]
    told = take(made("answered", people, area_a, source="group"), "tell_group", chief)
    cases.append(("answered", "told", told))
    for state in OPEN:
        cases.append((state, "paused", take(made(state, people, area_a), "pause", chief)))
    cases.append(
        ("verifying", "extended", take(made("verifying", people, area_a), "extend", chief))
    )
    for role in ("chief", "beat", "assigned", "assigned_clerk", "desk", "clerk"):
        client = client_for(people[role])
        for state, news, incident in cases:
            case = f"{role}, {state} {news}"
            page = client.get(f"/incidents/{incident.pk}/")
            wanted = drawn(role, state, news)
            links = re.findall(rf'(?:href|action)="/incidents/{incident.pk}/([a-z-]+)/"', page.text)
            others = {"edit", "assign", "note", "attach", "parties"}
            steps = [link.replace("-", "_") for link in links if link not in others]
            assert sorted(steps) == sorted(wanted), case
            in_cards = {
                "results": {step for step in wanted if WAY[step][1] in DONE},
                "terms": wanted & {"pause", "resume", "extend"},
            }
            for name, found in in_cards.items():
                shown = [button["url"] for button in page.context[name]]
                assert sorted(shown) == sorted(address(incident, step) for step in found), case
            on_top = {button["url"] for button in page.context["actions"]}
            leading = wanted - in_cards["results"] - in_cards["terms"]
            assert {address(incident, step) for step in leading} <= on_top, case


def test_a_page_of_a_step_opens_where_it_may_be_taken_and_tells_why_else(
    client_for, people, area_a
):
    incident = made("received", people, area_a)
    before = everything()
    client = client_for(people["chief"])
    page = client.get(address(incident, "classify"))
    assert page.status_code == 200
    assert set(page.context["form"].fields) == {"type", "urgency", "note", "version"}
    response = client.get(address(incident, "close"), follow=True)
    assert response.redirect_chain == [(f"/incidents/{incident.pk}/", 302)]
    assert "Vụ việc đang ở bước “Tiếp nhận”: không làm được bước “Kết thúc”." in response.text
    for role, status in {**NOBODY_HERE, "beat": 403}.items():
        assert client_for(people[role]).get(address(incident, "close")).status_code == status
    assert everything() == before


# --- what else stands in the way ----------------------------------------------------------------


def refusal(response):
    assert response.status_code == 422
    return response.context["form"].errors


def test_a_groups_news_is_not_closed_before_the_group_is_told(client_for, people, area_a):
    incident = made("resolved", people, area_a, source="group")
    client = client_for(people["chief"])
    before = everything()
    told = refusal(send(client, incident, "close"))
    sentence = "Tổ liên gia báo tin chưa được trả lời: trả lời tổ rồi mới kết thúc được."
    assert told == {"__all__": [sentence]}
    assert everything() == before
    assert send(client, incident, "tell_group", **filled("tell_group")).status_code == 302
    before = everything()
    told = refusal(send(client, incident, "tell_group", **filled("tell_group")))
    assert told == {"__all__": ["Đã trả lời tổ rồi."]}
    assert everything() == before
    assert send(client, incident, "close").status_code == 302
    incident.refresh_from_db()
    assert (incident.state, incident.outcome) == ("closed", "resolved")
    assert incident.closed_on == incident.told_group_on == timezone.localdate()
    assert incident.told_group == "Đã xử lý xong"


def test_only_a_groups_news_is_answered_to_a_group(client_for, people, area_a):
    incident = made("resolved", people, area_a, source="media")
    before = everything()
    told = refusal(
        send(client_for(people["chief"]), incident, "tell_group", **filled("tell_group"))
    )
    assert told == {"__all__": ["Tin này không do tổ liên gia báo."]}
    assert everything() == before


def test_reopening_forgets_the_result_but_not_the_log(client_for, people, area_a):
    incident = made("handed_over", people, area_a, source="group")
    incident = take(incident, "tell_group", people["chief"])
    incident = take(incident, "close", people["chief"])
    response = send(client_for(people["chief"]), incident, "reopen", reason="Tìm thấy xe")
    assert response.status_code == 302
    incident.refresh_from_db()
    assert incident.state == "verifying"
    blank = (incident.outcome, incident.handed_to, incident.told_group)
    assert blank == ("", "", "")
    days = (incident.resolved_on, incident.closed_on, incident.told_group_on)
    assert days == (None, None, None)
    assert incident.reopened_at is not None
    log = [(entry.title, entry.note) for entry in incident.entries.all()]
    assert log[-1] == ("Mở lại", "Tìm thấy xe")
    assert any("Cơ quan điều tra tỉnh" in note for _, note in log)


# --- what has to be filled ----------------------------------------------------------------------

STARTS = {"classify": "received", "sanction": "verifying", "tell_group": "mediated"} | {
    "reopen": "mediated"
}


@pytest.mark.parametrize("step", NEEDS)
def test_what_is_missing_is_told_beside_its_field_and_the_rest_stays(
    client_for, people, area_a, step
):
    state = STARTS.get(step, "classified")
    incident = made(state, people, area_a, source="group")
    client, before, data = client_for(people["chief"]), everything(), filled(step)
    for missing in NEEDS[step]:
        response = send(client, incident, step, **data | {missing: ""})
        assert refusal(response) == {missing: ["Trường này là bắt buộc."]}, missing
        assert f'id="id_{missing}_error"' in response.text
        form = response.context["form"]
        for name in data.keys() - {missing}:
            assert form[name].value() == str(data[name]), name
    response = send(client, incident, step)
    assert set(refusal(response)) == NEEDS[step]
    assert everything() == before


def test_days_are_neither_to_come_nor_before_it_happened(client_for, people, area_a):
    incident = made("classified", people, area_a)
    client, before = client_for(people["chief"]), everything()
    for ago, sentence in (
        (-1, "Ngày này không thể sau hôm nay."),
        (2, "Ngày này không thể trước ngày nhận tin."),
    ):
        data = filled("resolve") | {"resolved_on": f"{day(ago):%d/%m/%Y}"}
        response = send(client, incident, "resolve", **data)
        assert refusal(response) == {"resolved_on": [sentence]}
        assert "Đã trả lại xe đạp" in response.text
    data = filled("hand_over") | {"handed_to": "x" * 201, "file_number": "y" * 51}
    assert set(refusal(send(client, incident, "hand_over", **data))) == {"handed_to", "file_number"}
    assert everything() == before


def test_what_a_step_does_not_ask_for_is_not_taken(client_for, people, area_a):
    incident = made("classified", people, area_a)
    client = client_for(people["chief"])
    more = {"state": "closed", "outcome": "mediated", "place": "Nơi khác", "closed_on": "1/1/2026"}
    more |= {"handed_to": "Nơi nào đó", "told_group": "Xong", "urgency": "at_once"}
    assert send(client, incident, "resolve", **filled("resolve") | more).status_code == 302
    now = Incident.objects.get(pk=incident.pk)
    assert (now.state, now.outcome, now.closed_on) == ("resolved", "resolved", None)
    assert (now.place, now.handed_to, now.told_group, now.urgency) == (
        incident.place,
        "",
        "",
        incident.urgency,
    )
    assert (now.result, now.file_number) == ("Đã trả lại xe đạp", "12/BC-CAP")
    note = now.entries.last().note
    assert note.splitlines() == [
        f"Giải quyết xong ngày: {timezone.localdate():%d/%m/%Y}",
        "Nội dung kết quả: Đã trả lại xe đạp",
        "Số văn bản, hồ sơ: 12/BC-CAP",
    ]


# --- sent twice, sent late ----------------------------------------------------------------------


def test_a_step_sent_twice_is_written_once(client_for, people, area_a):
    incident = made("classified", people, area_a)
    client = client_for(people["beat"])
    page = client.get(f"/incidents/{incident.pk}/")
    button = next(b for b in page.context["actions"] if b["label"] == "Xác minh")
    data = dict(button["hidden"])
    assert button["method"] == "post"
    assert {client.post(button["url"], data)["Location"] for _ in range(3)} == {
        f"/incidents/{incident.pk}/"
    }
    assert incident.entries.filter(title="Bắt đầu xác minh").count() == 1
    mark = client.get(address(incident, "pause")).context["once"]
    for _ in range(2):
        response = send(client, incident, "pause", reason="Chờ giám định", _once=mark)
        assert response.status_code == 302
    assert ClockPause.objects.count() == 1
    assert incident.entries.filter(kind="clock").count() == 1


def test_a_refused_step_may_be_sent_again_corrected(client_for, people, area_a):
    incident = made("classified", people, area_a)
    client, mark = client_for(people["beat"]), "a" * 32
    assert send(client, incident, "pause", reason="", _once=mark).status_code == 422
    assert send(client, incident, "pause", reason="Chờ", _once=mark).status_code == 302
    assert ClockPause.objects.count() == 1


def test_a_step_on_a_page_that_has_grown_old_is_refused(client_for, people, area_a):
    incident = made("classified", people, area_a)
    opened = incident.version
    take(incident, "pause", people["chief"])
    client, before = client_for(people["beat"]), everything()
    data = filled("resolve")
    for version in (opened, opened - 1, "", "x"):
        response = client.post(address(incident, "resolve"), {"version": version} | data)
        assert STALE in response.context["form"].non_field_errors(), version
        assert "Đã trả lại xe đạp" in response.text
        assert everything() == before
    assert send(client, incident, "resolve", **data).status_code == 302


# --- crowds and complaints ----------------------------------------------------------------------


@pytest.mark.parametrize("step", ["classify", "resolve", "sanction", "hand_over", "answer"])
def test_of_a_crowd_nothing_is_told_freely(client_for, people, area_a, step):
    crowd = kind("khieu-kien-dong-nguoi")
    incident = receive(area_a, by=people["chief"], type=crowd)
    for before in {"classify": [], "sanction": ["classify", "verify"]}.get(step, ["classify"]):
        incident = take(incident, before, people["chief"], note="")
    client = client_for(people["chief"])
    page = client.get(address(incident, step))
    assert not {"result", "note"} & set(page.context["form"].fields)
    secret = "Bà con đòi bồi thường đất"
    data = filled(step) | {"result": secret, "note": secret}
    data |= {"type": crowd.pk} if step == "classify" else {}
    assert send(client, incident, step, **data).status_code == 302
    incident.refresh_from_db()
    assert incident.state == WAY[step][1]
    assert incident.result == ""
    assert secret not in client.get(f"/incidents/{incident.pk}/").text
    assert not incident.entries.filter(note__contains=secret).exists()


def test_what_was_told_freely_does_not_become_a_crowd(client_for, people, area_a):
    incident = Incident.objects.get(pk=made("received", people, area_a).pk)
    crowd = kind("tu-tap-dong-nguoi")
    client, before = client_for(people["chief"]), everything()
    data = filled("classify") | {"type": crowd.pk}
    assert set(refusal(send(client, incident, "classify", **data))) == {"type"}
    with pytest.raises(ValidationError) as caught:
        take(incident, "classify", people["chief"], type=crowd)
    assert set(caught.value.message_dict) == {"type"}
    data = as_typed(incident, type=crowd.pk, size_band="to_50", measures=["order"], first_action="")
    response = client.post(reverse("incident-update", args=[incident.pk]), data)
    assert "type" in refusal(response)
    response = client.post(reverse("admin:incidents_incident_change", args=[incident.pk]), data)
    assert response.status_code == 200
    incident.type, incident.size_band, incident.first_action = crowd, "to_50", ""
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        services.mend(incident, measures=["order"], at=timezone.now())
    assert set(caught.value.message_dict) == {"type"}
    assert everything() == before


def test_a_crowd_that_was_none_becomes_another_kind(client_for, people, area_a):
    incident = receive(area_a, by=people["chief"], type=kind("tu-tap-dong-nguoi"))
    data = {"type": kind("gay-roi").pk, "urgency": "today"}
    assert send(client_for(people["desk"]), incident, "classify", **data).status_code == 302
    incident.refresh_from_db()
    assert (incident.type.code, incident.state) == ("gay-roi", "classified")


# --- the state changes by steps alone -----------------------------------------------------------

MEDDLING = {
    "state": "closed",
    "outcome": "resolved",
    "closed_on": "1/1/2026",
    "resolved_on": "1/1/2026",
    "reopened_at": "1/1/2026 08:00",
    "told_group_on": "1/1/2026",
    "told_group": "Xong",
    "handed_to": "Nơi khác",
}
KEPT = (*MEDDLING, "code", "created_by_id")


def as_typed(incident, **more):
    """Return what the edit form sends back untouched."""
    moment = timezone.localtime(incident.occurred_at)
    return {
        "type": incident.type_id,
        "occurred_at": f"{moment:%d/%m/%Y %H:%M}",
        "received_at": f"{timezone.localtime(incident.received_at):%d/%m/%Y %H:%M}",
        "neighbourhood": incident.neighbourhood_id,
        "place": "Cổng chợ",
        "channel": incident.channel,
        "source": incident.source,
        "urgency": incident.urgency,
        "summary": incident.summary,
        "first_action": incident.first_action,
        "version": incident.version,
    } | more


@pytest.mark.parametrize("state", ["received", "verifying", "answered"])
@pytest.mark.parametrize("name", ["incident-update", "admin:incidents_incident_change"])
def test_no_form_changes_the_state(client_for, people, area_a, name, state):
    incident = made(state, people, area_a)
    incident = Incident.objects.get(pk=incident.pk)
    before = {field: getattr(incident, field) for field in KEPT}
    for role in ("chief", "beat"):
        incident.refresh_from_db()
        data = as_typed(incident, **MEDDLING)
        response = client_for(people[role]).post(reverse(name, args=[incident.pk]), data)
        assert response.status_code == 302
        now = Incident.objects.get(pk=incident.pk)
        assert now.place == "Cổng chợ"
        assert {field: getattr(now, field) for field in KEPT} == before
    entries = list(now.entries.values_list("state", flat=True))
    assert entries[-1] == state


@pytest.mark.parametrize("name", ["incident-create", "admin:incidents_incident_add"])
def test_what_is_taken_down_begins_at_the_beginning(client_for, people, area_a, name):
    incident = receive(area_a)
    data = as_typed(incident, **MEDDLING)
    assert client_for(people["chief"]).post(reverse(name), data).status_code == 302
    new = Incident.objects.exclude(pk=incident.pk).get()
    assert (new.state, new.outcome, new.closed_on, new.resolved_on) == ("received", "", None, None)
    assert (new.told_group, new.handed_to, new.reopened_at) == ("", "", None)
    assert new.entries.get().title == "Tiếp nhận tin"
    assert set(new.clocks.values_list("clock", flat=True)) == {"response", "hand_over", "resolve"}


def test_what_is_closed_is_not_mended(client_for, people, area_a):
    incident = Incident.objects.get(pk=made("closed", people, area_a).pk)
    before, data = everything(), as_typed(incident, place="Nơi khác")
    url = reverse("incident-update", args=[incident.pk])
    for role in ("chief", "beat", "assigned", "clerk", "desk"):
        client = client_for(people[role])
        assert client.post(url, data).status_code == 403, role
        assert url not in client.get(f"/incidents/{incident.pk}/").text, role
    url = reverse("admin:incidents_incident_change", args=[incident.pk])
    for role in ("chief", "beat", "clerk"):
        client = client_for(people[role])
        assert client.post(url, data).status_code == 403, role
        assert client.get(url).status_code == 200  # to look at
    assert everything() == before
