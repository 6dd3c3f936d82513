"""A group's roster: on paper, entered with its changes, each accepted or refused."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from households.models import EndGround, Household, Residence, ResidenceAct, Resident
from households.services import change_head, end_residence, extend_residence, undo_act
from kylien.audit.models import AuditEntry
from selfgov_groups.models import GroupMembership, RosterCheck, RosterLine
from selfgov_groups.services import rosters as services
from tests.factories import (
    GroupFactory,
    MembershipFactory,
    ResidenceFactory,
    ResidentFactory,
    day,
)

LIST = "/roster-checks/"
Change = RosterLine.Change


def shown(date):
    return f"{date:%d/%m/%Y}"


def address(name, row):
    return reverse(name, args=[row.pk])


def create(group):
    return address("group-roster-create", group)


def accept(line):
    return address("rosterline-accept", line)


def refuse(line):
    return address("rosterline-refuse", line)


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Liên gia 1")


def family(group, *names, **fields):
    """Make a member household: the head, then the others; return its stays."""
    home = MembershipFactory(group=group).household
    return [
        ResidenceFactory(household=home, resident__full_name=name, **fields)
        for name in names or ("Lê Văn Chủ", "Lê Thị Con")
    ]


def lodger(home, name="Phan Văn Trọ"):
    return ResidenceFactory(household=home, temporary=True, resident__full_name=name)


def roster(group, *marks, checked_on=None):
    """Enter a roster with marks `(change, stay or household)`; return its lines."""
    lines = []
    for change, row in marks:
        new = change == Change.NEW
        lines.append(
            RosterLine(
                household=row if new else row.household,
                residence=None if new else row,
                change=change,
                happened_on=day(3),
            )
        )
    saved = services.save_roster(group=group, checked_on=checked_on or day(2), note="", lines=lines)
    return list(saved.lines.order_by("pk"))


def decide(line, **fields):
    """Return what a line's form sends."""
    return {f"line{line.pk}-{name}": value for name, value in fields.items()}


def accepted(client, line, **fields):
    data = decide(line, **({"on_day": shown(day(3))} | fields))
    return client.post(accept(line), data)


@pytest.fixture
def client(client_for, officer_a):
    return client_for(officer_a)


# --- on paper -------------------------------------------------------------------------------------


def test_the_paper_names_who_lives_there_and_no_numbers(client, group):
    head, child = family(group)
    guest = lodger(head.household)
    gone = ResidenceFactory(household=head.household, resident__full_name="Người Đã Đi")
    end_residence(residence=gone, ended_on=day(1), end_reason="DEPARTURE", on=day())
    Resident.objects.filter(pk=child.resident_id).update(
        citizen_id="099111222333", old_id="099111222", phone="0100123456"
    )
    left = MembershipFactory(group=group, left_on=day(1)).household
    page = client.get(address("group-roster-print", group))
    body = page.content.decode()
    for told in ("Lê Văn Chủ", "Lê Thị Con", "Phan Văn Trọ", head.household.code):
        assert told in body
    assert f"Tạm trú {shown(guest.expires_on)}" in body
    assert str(child.resident.birth_date.year) in body
    for hidden in ("Người Đã Đi", left.code, "099111222333", "0100123456", "099***", "******"):
        assert hidden not in body
    child.resident.in_full = True
    assert child.resident.birth() not in body  # the year alone
    boxes = 3 + 3 + 4  # ending a temporary stay is the lodger's alone
    assert body.count('<td class="box"><i>') == boxes
    for column in ("Còn ở", "Đã đi", "Chết", "Thôi tạm trú"):
        assert column in body
    entry = AuditEntry.objects.filter(action="print").get()
    assert entry.code == group.code


def test_the_paper_of_an_empty_group_and_of_a_household_without_people(client, group):
    assert "Tổ chưa có hộ nào" in client.get(address("group-roster-print", group)).content.decode()
    MembershipFactory(group=group)
    body = client.get(address("group-roster-print", group)).content.decode()
    assert "Chưa có chủ hộ" in body
    assert "Không có ai." in body


@pytest.mark.parametrize(("homes", "size"), [(1, "roomy"), (14, "middle"), (40, "dense")])
def test_the_paper_is_set_smaller_the_more_people_there_are(client, group, homes, size, area_a):
    for _ in range(homes):
        family(group, "Chủ", "Con", "Cháu") if homes < 40 else family(group, "Chủ", "Con")
    page = client.get(address("group-roster-print", group))
    assert page.context["size"] == size


def test_paper_and_screen_cost_the_same_for_any_number_of_households(
    client, group, django_assert_max_num_queries
):
    def cost(url):
        with django_assert_max_num_queries(14) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    family(group)
    client.get(LIST)
    urls = (address("group-roster-print", group), create(group))
    few = [cost(url) for url in urls]
    for _ in range(4):
        family(group)
    assert [cost(url) for url in urls] == few


# --- entered on one screen ------------------------------------------------------------------------


def test_a_roster_without_changes_is_a_check_too(client, group):
    family(group)
    page = client.get(create(group))
    data = {"checked_on": shown(day(1)), "note": "", "seen": page.context["form"].initial["seen"]}
    answer = client.post(create(group), data, follow=True)
    saved = RosterCheck.objects.get()
    assert (saved.group, saved.checked_on, saved.created_by.username) == (group, day(1), "cskva")
    assert not saved.lines.exists()
    assert "không đánh dấu thay đổi nào" in answer.content.decode()
    assert saved.code in answer.content.decode()


def test_all_changes_are_entered_at_once_and_only_once(client, group):
    head, child = family(group)
    guest = lodger(head.household)
    page = client.get(create(group))
    data = {
        "_once": page.context["once"],
        "seen": page.context["form"].initial["seen"],
        "checked_on": shown(day(1)),
        "note": "Tổ trưởng đưa",
        f"change_{head.pk}": "died",
        f"day_{head.pk}": shown(day(9)),
        f"change_{child.pk}": "left",
        f"note_{child.pk}": "Đi Vinh",
        f"change_{guest.pk}": "ended",
        f"new_{head.household_id}": "on",
        f"new_note_{head.household_id}": "Con dâu",
    }
    for _ in range(2):  # clicked twice
        assert client.post(create(group), data).status_code == 302
    saved = RosterCheck.objects.get()
    assert [
        (line.change, line.residence_id, line.happened_on, line.note, line.state)
        for line in saved.lines.order_by("pk")
    ] == [
        ("died", head.pk, day(9), "", "open"),
        ("left", child.pk, day(1), "Đi Vinh", "open"),
        ("ended", guest.pk, day(1), "", "open"),
        ("new", None, day(1), "Con dâu", "open"),
    ]
    assert Residence.objects.current().count() == 3  # nothing happens to anybody yet


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"checked_on": shown(day(-1))}, "checked_on", "Ngày rà soát không thể sau hôm nay."),
        ({"checked_on": "31/02/2026"}, "checked_on", ""),
        ({"change": "left", "day": shown(day(0))}, "day", "Không thể sau ngày rà soát."),
        ({"change": "left", "day": shown(day(300))}, "day", "Ở đây từ"),
        ({"change": "left", "day": "hôm qua"}, "day", ""),
        ({"change": "ended"}, "change", ""),  # he is no lodger
        ({"change": "new"}, "change", ""),
        ({"day": shown(day(4))}, "change", "Chọn thay đổi, hoặc xoá ngày và ghi chú."),
        ({"note": "Đi rồi"}, "change", "Chọn thay đổi, hoặc xoá ngày và ghi chú."),
        ({"note": "x" * 201, "change": "left"}, "note", ""),
        ({"new_note": "Con dâu"}, "new", "Đánh dấu Có người mới, hoặc xoá ngày và ghi chú."),
        ({"new": "on", "new_day": shown(day(0))}, "new_day", "Không thể sau ngày rà soát."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(client, group, typed, field, sentence):
    _, child = family(group)
    keys = {
        name: f"{name}_{child.household_id if name.startswith('new') else child.pk}"
        for name in ("change", "day", "note", "new", "new_day", "new_note")
    }
    data = {"checked_on": shown(day(1))}
    data |= {keys.get(name, name): value for name, value in typed.items()}
    answer = client.post(create(group), data)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert set(errors) == {keys.get(field, field)}
    assert sentence in errors[keys.get(field, field)][0]
    assert f'id="id_{keys.get(field, field)}_error"' in answer.content.decode()
    for value in typed.values():
        assert value in answer.content.decode() or value in ("on", "ended", "new")
    assert not RosterCheck.objects.exists()


def test_who_came_or_went_since_the_page_was_opened_is_told(client, group):
    head, child = family(group)
    seen = client.get(create(group)).context["form"].initial["seen"]
    end_residence(residence=child, ended_on=day(1), end_reason="DEPARTURE", on=day())
    guest = lodger(head.household)
    data = {"checked_on": shown(day()), "seen": seen, f"change_{child.pk}": "left"}
    answer = client.post(create(group), data)
    assert answer.status_code == 422
    told = answer.context["form"].non_field_errors()[0]
    assert "Lê Thị Con không còn trong danh sách" in told
    assert "có thêm Phan Văn Trọ" in told
    assert not RosterCheck.objects.exists()
    again = data | {"seen": answer.context["form"].data["seen"], f"change_{guest.pk}": "ended"}
    assert client.post(create(group), again).status_code == 302
    assert RosterLine.objects.get().residence_id == guest.pk


# --- accepted: the act ----------------------------------------------------------------------------


def test_somebody_left(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    answer = accepted(client, line, place="Thành phố Vinh")
    assert answer.status_code == 302
    assert answer.url == f"{line.roster.get_absolute_url()}#line-{line.pk}"
    line.refresh_from_db()
    child.refresh_from_db()
    assert (line.state, line.act.kind, line.act.place) == ("accepted", "LEAVING", "Thành phố Vinh")
    assert (child.ended_on, child.end_reason, child.ended_by) == (day(3), "DEPARTURE", line.act)
    page = client.get(line.roster.get_absolute_url()).content.decode()
    assert line.act.get_absolute_url() in page
    assert "Đã xét hết" in page


def test_the_last_one_left_closes_the_household_and_its_place_in_the_group(client, group):
    (head,) = family(group, "Một Người")
    (line,) = roster(group, (Change.LEFT, head))
    assert accepted(client, line).status_code == 302
    home = Household.objects.get(pk=head.household_id)
    assert home.dissolved_on == day(3)
    assert GroupMembership.objects.get(household=home).left_on == day(3)


def test_somebody_died(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.DIED, child))
    assert accepted(client, line, on_day=shown(day(4))).status_code == 302
    line.refresh_from_db()
    child.refresh_from_db()
    assert (line.act.kind, child.end_reason, child.ended_on) == ("DEATH", "DEATH", day(4))


def test_a_temporary_stay_ended_on_its_ground_of_the_law(client, group):
    head, _ = family(group)
    guest, other = lodger(head.household), lodger(head.household, "Phan Văn Hai")
    first, second = roster(group, (Change.ENDED, guest), (Change.ENDED, other))
    page = client.get(first.roster.get_absolute_url())
    usual = EndGround.objects.get(code="temporary-left")
    rows = {row["line"].pk: row for row in page.context["lines"]}
    assert rows[first.pk]["accept_form"].initial["ground"] == usual.pk
    answer = accepted(client, first, ground="")
    assert answer.status_code == 422
    assert "ground" in answer.context["form"].errors
    permanent = EndGround.objects.get(code="permanent-sold")
    assert accepted(client, first, ground=permanent.pk).status_code == 422
    assert accepted(client, first, ground=usual.pk).status_code == 302
    absent = EndGround.objects.get(code="temporary-absent")
    assert accepted(client, second, ground=absent.pk).status_code == 302
    guest.refresh_from_db()
    other.refresh_from_db()
    assert (guest.end_reason, guest.end_ground) == ("DEPARTURE", usual)
    assert (other.end_reason, other.end_ground) == ("DELETION", absent)
    first.refresh_from_db()
    assert first.act.kind == "ENDING"


def test_a_head_who_left_is_refused_until_there_is_another_and_then_goes(client, group):
    head, child = family(group)
    (line,) = roster(group, (Change.LEFT, head))
    answer = accepted(client, line)
    assert answer.status_code == 422
    told = answer.context["form"].non_field_errors()[0]
    assert "đổi chủ hộ" in told
    assert reverse("household-head", args=[head.household_id]) in told
    line.refresh_from_db()
    assert (line.state, line.act, line.decided_at) == ("open", None, None)
    assert not ResidenceAct.objects.filter(kind="LEAVING").exists()
    change_head(
        household=head.household,
        relations={head.pk: ("PARENT", ""), child.pk: ("HEAD", "")},
        on_day=day(3),
        on=day(),
    )
    head.refresh_from_db()
    assert head.end_reason == "HEAD_CHANGE"  # his stay goes on under another row
    assert accepted(client, line).status_code == 302
    line.refresh_from_db()
    gone = Residence.objects.get(resident=head.resident, ended_by=line.act)
    assert (gone.end_reason, gone.ended_on, gone.relation) == ("DEPARTURE", day(3), "PARENT")
    assert not Residence.objects.current().filter(resident=head.resident).exists()


def test_a_stay_that_was_extended_since_is_followed(client, group):
    head, _ = family(group)
    guest = ResidenceFactory(household=head.household, temporary=True, expires_on=day(-10))
    (line,) = roster(group, (Change.ENDED, guest))
    follows = extend_residence(residence=guest, expires_on=day(-200), on=day())
    usual = EndGround.objects.get(code="temporary-left")
    answer = accepted(client, line, ground=usual.pk)
    assert answer.status_code == 422  # the new row began today
    assert accepted(client, line, ground=usual.pk, on_day=shown(day())).status_code == 302
    follows.refresh_from_db()
    assert follows.ended_on == day()


def test_somebody_who_went_otherwise_is_not_sent_away_twice(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    end_residence(residence=child, ended_on=day(1), end_reason="DEPARTURE", on=day())
    answer = accepted(client, line)
    assert answer.status_code == 422
    told = answer.context["form"].non_field_errors()[0]
    assert f"đã kết thúc cư trú ở hộ này ngày {shown(day(1))} (chuyển đi)" in told
    answer = client.post(refuse(line), decide(line, refusal="Đã ghi chuyển đi trước"))
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("on_day", "sentence"),
    [
        (shown(day(-1)), "Ngày này không thể sau hôm nay."),
        (shown(day(900)), "không thể trước ngày đó"),
        ("", "Trường này là bắt buộc"),
        ("32/13/2026", ""),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_its_box(client, group, on_day, sentence):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    answer = accepted(client, line, on_day=on_day)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"on_day"}
    said = answer.context["form"].errors["on_day"][0]
    assert sentence in said or not on_day
    assert RosterLine.objects.get().state == "open"


def test_a_second_click_does_nothing_more(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    data = decide(line, on_day=shown(day(3))) | {"_once": "a1b2"}
    assert client.post(accept(line), data).url == client.post(accept(line), data).url
    assert ResidenceAct.objects.filter(kind="LEAVING").count() == 1
    answer = accepted(client, line)  # from another window
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == ["Dòng này đã xét rồi: đã nhận."]
    answer = client.post(refuse(line), decide(line, refusal="Thôi"))
    assert answer.context["form"].non_field_errors() == ["Dòng này đã xét rồi: đã nhận."]
    assert RosterLine.objects.get().refusal == ""


def test_refusing_asks_for_the_reason(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.DIED, child))
    answer = client.post(refuse(line), decide(line, refusal=" "))
    assert answer.status_code == 422
    assert "refusal" in answer.context["form"].errors
    assert client.post(refuse(line), decide(line, refusal="Nhầm người")).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.refusal, line.act) == ("refused", "Nhầm người", None)
    assert "Nhầm người" in client.get(line.roster.get_absolute_url()).content.decode()
    assert Residence.objects.get(pk=child.pk).ended_on is None


# --- somebody new ---------------------------------------------------------------------------------


def test_somebody_new_is_entered_on_the_prefilled_form_and_told_with_the_act(client, group):
    head, _ = family(group)
    old = ResidenceFactory(household=head.household).started_by
    (line,) = roster(group, (Change.NEW, head.household))
    page = client.get(line.roster.get_absolute_url())
    (row,) = page.context["lines"]
    labels = {label: url for url, label in row["enter"]}
    form = client.get(labels["Đăng ký thường trú"]).context["form"]
    assert form["household"].value() == head.household.code
    assert (form["kind"].value(), form["started_on"].value()) == ("P", shown(day(3)))
    form = client.get(labels["Đăng ký tạm trú"]).context["form"]
    assert form["household"].value() == head.household.code
    assert client.get(labels["Nhập sinh"]).status_code == 200
    stay = ResidenceFactory(household=head.household, resident=ResidentFactory())
    form = client.get(accept(line)).context["form"]
    assert list(form.fields["act"].queryset) == [stay.started_by]
    assert old not in form.fields["act"].queryset  # before the roster
    assert form["act"].value() == stay.started_by.pk
    answer = client.post(accept(line), decide(line, act=stay.started_by.pk, answer=""))
    assert answer.status_code == 302
    line.refresh_from_db()
    assert (line.state, line.act) == ("accepted", stay.started_by)


def test_an_act_answers_one_line(client, group):
    head, _ = family(group)
    first, second = roster(group, (Change.NEW, head.household), (Change.NEW, head.household))
    act = ResidenceFactory(household=head.household).started_by
    client.post(accept(first), decide(first, act=act.pk, answer=""))
    answer = client.post(accept(second), decide(second, act=act.pk, answer=""))
    assert answer.status_code == 422
    assert "act" in answer.context["form"].errors


def test_somebody_new_is_accepted_by_hand_with_a_note(client, group):
    head, _ = family(group)
    (line,) = roster(group, (Change.NEW, head.household))
    answer = client.post(accept(line), decide(line, act="", answer=""))
    assert answer.status_code == 422
    said = answer.context["form"].errors["answer"]
    assert said == ["Chọn biến động đã đăng ký, hoặc ghi đã làm gì."]
    answer = client.post(accept(line), decide(line, act="", answer="Khách ở ba ngày"))
    assert answer.status_code == 302
    line.refresh_from_db()
    assert (line.state, line.act, line.answer) == ("accepted", None, "Khách ở ba ngày")
    assert "Khách ở ba ngày" in client.get(line.roster.get_absolute_url()).content.decode()


def test_acts_of_another_household_do_not_answer(client, group):
    head, _ = family(group)
    (line,) = roster(group, (Change.NEW, head.household))
    other = family(group)[0].started_by
    answer = client.post(accept(line), decide(line, act=other.pk, answer=""))
    assert answer.status_code == 422
    assert "act" in answer.context["form"].errors


def test_the_services_tell_the_two_ways_apart(group):
    head, child = family(group)
    new, left = roster(group, (Change.NEW, head.household), (Change.LEFT, child))
    with pytest.raises(ValidationError, match="đăng ký ở hộ"):
        services.accept_line(line=new, on_day=day(3), on=day())
    with pytest.raises(ValidationError, match="không phải người mới"):
        services.accept_newcomer(line=left, answer="x")


# --- undone ---------------------------------------------------------------------------------------


def test_an_act_that_is_undone_leaves_the_line_accepted_and_says_so(client, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    accepted(client, line)
    line.refresh_from_db()
    undo_act(act=line.act, reason="Nhầm người", on=day())
    child.refresh_from_db()
    line.refresh_from_db()
    assert (child.ended_on, line.state) == (None, "accepted")
    page = client.get(line.roster.get_absolute_url()).content.decode()
    assert "Biến động đã hoàn tác" in page
    assert line.act.code in page


def test_an_act_whose_stay_stands_on_a_roster_is_not_undone_underneath_it(group):
    _, child = family(group)
    roster(group, (Change.LEFT, child))
    with pytest.raises(ValidationError):
        undo_act(act=child.started_by, reason="Nhầm", on=day())
    assert RosterLine.objects.get().residence_id == child.pk


# --- list, roles, scope ---------------------------------------------------------------------------


def listed(client, **params):
    response = client.get(LIST, params)
    assert response.status_code == 200
    return [
        re.search(r">(RS-\d+)<|(RS-\d+)", row[0][2])[0].strip("<>")
        for row in response.context["table"]["rows"]
    ]


def test_the_list_has_the_undecided_first(client, client_for, officer_b, group):
    _, child = family(group)
    (old,) = roster(group, (Change.LEFT, child), checked_on=day(40))
    new = services.save_roster(group=group, checked_on=day(1), note="", lines=[])
    _, other = family(group)
    (done,) = roster(group, (Change.LEFT, other), checked_on=day(20))
    services.refuse_line(line=done, reason="Nhầm")
    assert listed(client) == [old.roster.code, new.code, done.roster.code]
    assert listed(client, state="open") == [old.roster.code]
    assert listed(client, state="done") == [done.roster.code]
    assert listed(client, state="same") == [new.code]
    assert listed(client, q="lien gia 1") == [old.roster.code, new.code, done.roster.code]
    group.name = "Hàng Tre"
    group.save()
    assert len(listed(client, q="hang tre")) == 3
    assert listed(client_for(officer_b)) == []


def test_the_pages_cost_the_same_for_any_number_of_lines(
    client, group, django_assert_max_num_queries
):
    def mixed():
        head, child = family(group)
        guest = lodger(head.household)
        rows = roster(
            group,
            (Change.LEFT, child),
            (Change.ENDED, guest),
            (Change.DIED, head),
            (Change.NEW, head.household),
        )
        accepted(client, rows[0])
        return rows[0].roster

    def cost(url, most):
        with django_assert_max_num_queries(most) as queries:
            client.get(url)
        return len(queries)

    one = mixed()
    few = cost(LIST, 12), cost(one.get_absolute_url(), 14)
    for _ in range(3):
        more = mixed()
        more.lines.update(roster=one)
    assert one.lines.count() == 16
    assert (cost(LIST, 12), cost(one.get_absolute_url(), 14)) == few


def test_a_clerk_enters_and_decides_as_his_verbs_allow(client_for, clerk, group):
    _, child = family(group)
    client = client_for(clerk)
    assert client.get(create(group)).status_code == 200
    (line,) = roster(group, (Change.LEFT, child))
    assert accept(line) in client.get(line.roster.get_absolute_url()).content.decode()


def test_who_may_not_write_residence_acts_decides_nothing(client_for, duty, group):
    head, child = family(group)
    line, new = roster(group, (Change.LEFT, child), (Change.NEW, head.household))
    client = client_for(duty)
    page = client.get(line.roster.get_absolute_url())
    assert page.status_code == 200
    body = page.content.decode()
    for url in (accept(line), refuse(line), accept(new), refuse(new), create(group)):
        assert url not in body
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code == 403
    assert client.get(address("group-roster-print", group)).status_code == 200


def test_the_right_to_write_residence_acts_is_what_counts(client_for, officer_a, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    role = officer_a.groups.get()
    role.permissions.remove(role.permissions.get(codename="change_residence"))
    client = client_for(officer_a)
    assert accepted(client, line).status_code == 403
    assert accept(line) not in client.get(line.roster.get_absolute_url()).content.decode()
    assert client.get(create(group)).status_code == 200  # entering is another right
    assert Residence.objects.get(pk=child.pk).ended_on is None


@pytest.mark.parametrize("user", ["leader", "superuser"])
def test_those_without_the_right_are_refused(request, client_for, group, user):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    client = client_for(request.getfixturevalue(user))
    for url in (
        LIST,
        line.roster.get_absolute_url(),
        accept(line),
        create(group),
        address("group-roster-print", group),
    ):
        assert client.get(url).status_code == 403


def test_rosters_of_another_beat_do_not_exist(client_for, officer_b, group):
    _, child = family(group)
    (line,) = roster(group, (Change.LEFT, child))
    client = client_for(officer_b)
    for url in (
        line.roster.get_absolute_url(),
        accept(line),
        refuse(line),
        create(group),
        address("group-roster-print", group),
    ):
        assert client.get(url).status_code == 404
    assert accepted(client, line).status_code == 404
    assert RosterLine.objects.get().state == "open"
