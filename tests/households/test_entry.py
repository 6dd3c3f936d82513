"""A household entered with its people in one go, and the checks while a person is typed."""

import datetime as dt
import re

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from households.forms import entry
from households.models import Household, Residence, ResidenceAct, Resident
from households.views.entry import CreateHousehold
from kylien.audit.models import AuditEntry
from kylien.core.text import format_birth
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

URL = "/households/create/"
CHECK = "/residents/check/"
BORN = dt.date(1990, 9, 5)


def row(key, **values):
    """Return a person's row as the page sends it; `relation` decides little here."""
    person = {
        "full_name": f"Trần Thị {'ABCDEGHIKLMN'[key % 12]}n",
        "citizen_id": f"09919000{key:04d}",
        "birth": "5/9/90",
        "sex": "F",
        "relation": "HEAD" if key == 0 else "CHILD",
        "relation_note": "",
        "old_id": "",
        "phone": "",
    }
    return {f"p{key}-{name}": value for name, value in (person | values).items()}


def empty(key, relation=""):
    names = ("full_name", "citizen_id", "birth", "sex", "relation_note", "old_id", "phone")
    return {f"p{key}-{name}": "" for name in names} | {f"p{key}-relation": relation}


def household(area, *rows, **values):
    head = {
        "address": "Số 1 Lê Lợi",
        "neighbourhood": area.pk,
        "opened_on": day(100).strftime("%d/%m/%Y"),
        "start_reason": "ARRIVAL",
    }
    data = head | values
    for one in rows:
        data |= one
    return data


def errors_of(answer, number=1):
    return answer.context["form"].rows[number - 1].errors


# --- the page -----------------------------------------------------------------------------------


def test_the_address_leads_to_this_page():
    assert reverse("household-create") == URL
    assert resolve(URL).func.view_class is CreateHousehold


def test_the_page_has_four_rows_and_a_pattern_for_more(client_for, chief, area_a, on):
    page = client_for(chief).get(URL).content.decode()
    assert [f'name="p{n}-full_name"' in page for n in range(5)] == [True] * 4 + [False]
    assert page.count('name="p__n__-full_name"') == 1
    assert f'value="{on.strftime("%d/%m/%Y")}"' in page
    selected = re.search(r'name="p0-relation".*?selected>([^<]+)<', page, re.DOTALL)
    assert selected[1] == "Chủ hộ"
    assert not re.search(r'name="p1-relation"[^§]*?value="HEAD" selected', page.split("p2-")[0])


def test_every_control_has_a_label_and_ids_are_unique(client_for, chief, area_a):
    page = client_for(chief).get(URL).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    controls = re.findall(r'<(?:input|select)[^>]*\bid="(id_p0-[^"]+)"', page)
    assert len(controls) == 8
    for control in controls:
        assert f'<label for="{control}">' in page


def test_an_officer_is_offered_his_neighbourhoods_and_need_not_choose_a_single_one(
    client_for, officer_a, chief, area_a, area_b
):
    form = client_for(officer_a).get(URL).context["form"]
    assert list(form.fields["neighbourhood"].queryset) == [area_a]
    assert form["neighbourhood"].value() == area_a.pk
    form = client_for(chief).get(URL).context["form"]
    assert form["neighbourhood"].value() is None
    given = client_for(chief).get(URL, {"neighbourhood": area_b.pk}).context["form"]
    assert given["neighbourhood"].value() == str(area_b.pk)


@pytest.mark.parametrize("who", ["duty", "leader", "superuser"])
def test_who_enters_no_people_is_refused(client_for, request, who, area_a):
    client = client_for(request.getfixturevalue(who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, household(area_a, row(0))).status_code == 403
    assert not Household.objects.exists()


def test_a_role_without_the_right_to_enter_people_is_refused(client_for, clerk, area_a):
    group = clerk.groups.get()
    group.permissions.remove(group.permissions.get(codename="add_residence"))
    client = client_for(type(clerk).objects.get(pk=clerk.pk))
    assert client.get(URL).status_code == 403
    assert client.post(URL, household(area_a, row(0))).status_code == 403


# --- writing ------------------------------------------------------------------------------------


def test_a_family_is_written_in_one_act(client_for, officer_a, area_a):
    other = row(2, relation="OTHER", relation_note="bạn", phone="0100 000 001", old_id="999000001")
    rows = (row(0), row(1, birth="1948", sex="M"), other, empty(3))
    answer = client_for(officer_a).post(URL, household(area_a, *rows))
    home = Household.objects.get()
    assert answer.status_code == 302
    assert answer.url == home.get_absolute_url()
    act = ResidenceAct.objects.get()
    assert (act.kind, act.people, act.household, act.done_by) == (
        ResidenceAct.Kind.FOUNDING,
        3,
        home,
        officer_a,
    )
    stays = home.residences.select_related("resident").order_by("pk")
    assert [(s.relation, s.relation_note, s.start_reason) for s in stays] == [
        ("HEAD", "", "ARRIVAL"),
        ("CHILD", "", "ARRIVAL"),
        ("OTHER", "bạn", "ARRIVAL"),
    ]
    assert {s.started_on for s in stays} == {day(100)}
    born = [format_birth(s.resident.birth_date, s.resident.birth_precision) for s in stays]
    assert born == ["05/09/1990", "1948", "05/09/1990"]
    friend = stays[2].resident
    assert (friend.phone, friend.old_id, friend.present) == ("0100000001", "999000001", True)
    [told] = [str(m) for m in get_messages(answer.wsgi_request) if m.level_tag == "success"]
    assert told.startswith(f"Đã lưu {home}")
    assert "3 người" in told


def test_file_number_and_note_are_kept(client_for, chief, area_a, on):
    data = household(area_a, row(0), file_number="HS-1", note="dòng một\ndòng hai")
    assert client_for(chief).post(URL, data).status_code == 302
    act = ResidenceAct.objects.get()
    assert (act.file_number, act.synchronised_on) == ("HS-1", on)
    assert Household.objects.get().note == "dòng một\ndòng hai"


def test_who_was_born_later_lives_there_since_birth(client_for, chief, area_a):
    born = day(10).strftime("%d/%m/%Y")
    child = row(1, birth=born, citizen_id="")
    assert client_for(chief).post(URL, household(area_a, row(0), child)).status_code == 302
    stay = Residence.objects.get(relation="CHILD")
    assert (stay.started_on, stay.start_reason) == (day(10), "BIRTH")


def test_a_relation_note_counts_only_for_another_relation(client_for, chief, area_a):
    data = household(area_a, row(0), row(1, relation_note="còn sót"))
    client_for(chief).post(URL, data)
    assert Residence.objects.get(relation="CHILD").relation_note == ""


def test_rows_taken_away_leave_gaps_that_do_not_matter(client_for, chief, area_a):
    data = household(area_a, row(0), row(7), row(1203, citizen_id="099190001203"))
    assert client_for(chief).post(URL, data).status_code == 302
    assert Resident.objects.count() == 3


def test_a_household_has_a_head_from_the_start(client_for, chief, area_a):
    answer = client_for(chief).post(URL, household(area_a, empty(0, "HEAD"), empty(1)))
    assert answer.status_code == 422
    assert "Ghi ít nhất chủ hộ" in answer.content.decode()
    assert not Household.objects.exists()


def test_the_same_form_sent_twice_is_written_once(client_for, chief, area_a):
    client = client_for(chief)
    once = re.search(r'name="_once" value="(\w+)"', client.get(URL).content.decode())[1]
    data = household(area_a, row(0), row(1), _once=once)
    answers = [client.post(URL, data) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert (Household.objects.count(), Resident.objects.count()) == (1, 2)


def test_more_rows_are_given_without_script_and_nothing_is_judged(client_for, chief, area_a):
    data = household(area_a, row(0, birth="hôm qua"), empty(1), _add="4", address="")
    answer = client_for(chief).post(URL, data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert len(answer.context["form"].rows) == 6
    assert "hôm qua" in page
    assert 'value="099190000000"' in page
    assert "field-error" not in page
    assert not Household.objects.exists()


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"full_name": ""}, "full_name", ""),
        ({"full_name": "An 2"}, "full_name", "Họ tên chỉ gồm chữ"),
        ({"citizen_id": "123"}, "citizen_id", "12 chữ số"),
        ({"old_id": "1"}, "old_id", "9 chữ số"),
        ({"phone": "1"}, "phone", "Số điện thoại chưa đúng"),
        ({"birth": ""}, "birth", ""),
        ({"birth": "31/2/1990"}, "birth", "không có trong lịch"),
        ({"birth": day(-1).strftime("%d/%m/%Y")}, "birth", "không thể sau hôm nay"),
        ({"sex": ""}, "sex", ""),
        ({"relation": ""}, "relation", ""),
        ({"relation": "HEAD"}, "relation", "Người 1 đã là chủ hộ"),
        ({"relation": "OTHER"}, "relation_note", "Ghi rõ quan hệ khác"),
        ({"citizen_id": "099 190 000 000"}, "citizen_id", "Trùng số định danh với người 1"),
    ],
)
def test_a_mistake_in_a_row_is_told_beside_its_field(
    client_for, chief, area_a, values, field, sentence
):
    data = household(area_a, row(0), row(1, **values), empty(2))
    answer = client_for(chief).post(URL, data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert list(errors_of(answer, 2)) == [field]
    assert sentence in errors_of(answer, 2)[field][0]
    assert f'id="id_p1-{field}_error"' in page
    assert f'href="#id_p1-{field}"' in page  # the summary leads there
    assert "Người 2 · " in page
    assert not errors_of(answer, 1)
    assert not errors_of(answer, 3)
    for typed in (value for key, value in data.items() if key.startswith("p0-") and value):
        assert f'value="{typed}"' in page
    assert not Household.objects.exists()
    assert not Resident.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": ""}, "address"),
        ({"neighbourhood": ""}, "neighbourhood"),
        ({"opened_on": "31/02/2020"}, "opened_on"),
        ({"opened_on": day(-1).strftime("%d/%m/%Y")}, "opened_on"),
        ({"start_reason": "BIRTH"}, "start_reason"),
    ],
)
def test_a_mistake_in_the_head_is_told_and_the_people_stay(
    client_for, chief, area_a, values, field
):
    answer = client_for(chief).post(URL, household(area_a, row(0), row(1), **values))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="099190000001"' in answer.content.decode()
    assert not Resident.objects.exists()


def test_head_and_rows_are_judged_together(client_for, chief, area_a):
    data = household(area_a, row(0, birth="x"), row(1, birth="y"), address="")
    answer = client_for(chief).post(URL, data)
    assert "address" in answer.context["form"].errors
    assert "birth" in errors_of(answer, 1)
    assert "birth" in errors_of(answer, 2)
    assert len(answer.context["mistakes"]) == 3


def test_a_household_of_people_has_a_head(client_for, chief, area_a):
    answer = client_for(chief).post(URL, household(area_a, row(0, relation="CHILD"), row(1)))
    assert answer.status_code == 422
    assert errors_of(answer, 1)["relation"] == [entry.ONE_HEAD]
    assert not errors_of(answer, 2)


def test_a_number_in_the_register_names_its_holder_with_a_link(client_for, chief, area_a):
    known = factories.ResidenceFactory(resident__citizen_id="099190000001").resident
    answer = client_for(chief).post(URL, household(area_a, row(0), row(1)))
    assert answer.status_code == 422
    [sentence] = errors_of(answer, 2)["citizen_id"]
    assert f'href="{known.get_absolute_url()}"' in sentence
    assert known.code in sentence
    assert f'href="{known.get_absolute_url()}"' in answer.content.decode()
    assert Household.objects.count() == 1


def test_of_somebody_in_another_beat_only_the_officer_is_told(client_for, officer_a, area_a):
    known = factories.ResidenceFactory(
        resident__citizen_id="099190000001", resident__full_name="Lê Ẩn Danh"
    ).resident
    answer = client_for(officer_a).post(URL, household(area_a, row(0), row(1)))
    assert "thuộc địa bàn khác" in errors_of(answer, 2)["citizen_id"][0]
    page = answer.content.decode()
    assert known.full_name not in page
    assert known.code not in page
    assert AuditEntry.objects.filter(action="lookup", code=known.code).count() == 1


def test_who_enters_the_same_person_a_moment_earlier_is_named_beside_the_number(
    client_for, chief, area_a, monkeypatch
):
    """Between the check and the writing: the database refuses, the row says why."""
    found = entry.found_household

    def late(**kwargs):
        factories.ResidenceFactory(resident__citizen_id="099190000001")
        return found(**kwargs)

    monkeypatch.setattr(entry, "found_household", late)
    # Not rolled back with the refusal, as another desk's would not be.
    monkeypatch.setattr(
        entry.HouseholdEntryForm, "save_or_refuse", _save_in_savepoint(found), raising=True
    )
    answer = client_for(chief).post(URL, household(area_a, row(0), row(1)))
    assert answer.status_code == 422
    assert "đã có trong sổ" in errors_of(answer, 2)["citizen_id"][0]
    assert not answer.context["form"].non_field_errors()


def _save_in_savepoint(found):
    def save_or_refuse(self, save=None):
        if not self.is_valid():
            return None
        factories.ResidenceFactory(resident__citizen_id="099190000001")
        try:
            return found(
                household=self.instance,
                newcomers=[one.newcomer() for one in self.people],
                start_reason="ARRIVAL",
                on=self.on,
            )
        except ValidationError as error:
            self._update_errors(error)
        return None

    return save_or_refuse


def test_what_the_service_refuses_comes_back_with_everything_typed(
    client_for, chief, area_a, monkeypatch
):
    def refuse(**kwargs):
        raise ValidationError({"relation": "Không ghi được."})

    monkeypatch.setattr(entry, "found_household", refuse)
    answer = client_for(chief).post(URL, household(area_a, row(0), row(1)))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == ["Không ghi được."]
    assert "Không ghi được." in page
    assert 'value="099190000001"' in page
    assert not Household.objects.exists()


def test_too_many_people_are_refused_and_none_is_dropped(client_for, chief, area_a):
    count = entry.MOST_ROWS + 1
    rows = [row(n, relation="HEAD" if n == 0 else "CHILD") for n in range(count)]
    answer = client_for(chief).post(URL, household(area_a, *rows))
    assert answer.status_code == 422
    assert len(answer.context["form"].rows) == count
    assert "tối đa" in answer.context["form"].non_field_errors()[0]


@pytest.mark.parametrize("value", ["\0", "x" * 5000, "<script>alert(1)</script>", "'; --"])
def test_no_value_breaks_the_page(client_for, chief, area_a, value):
    for name in ("full_name", "citizen_id", "birth", "sex", "relation", "old_id", "phone"):
        answer = client_for(chief).post(URL, household(area_a, row(0, **{name: value})))
        # A zero byte alone is nothing typed.
        assert answer.status_code in ((302, 422) if value == "\0" else (422,)), name
        assert "<script>alert" not in answer.content.decode()
        Resident.objects.all().update(citizen_id="")


# --- what only warns ----------------------------------------------------------------------------


def test_a_number_that_says_another_sex_is_written_and_told(client_for, chief, area_a):
    data = household(area_a, row(0), row(1, sex="M"), row(2, birth="1970"))
    answer = client_for(chief).post(URL, data)
    assert answer.status_code == 302
    [told] = [str(m) for m in get_messages(answer.wsgi_request) if m.level_tag == "warning"]
    people = list(Resident.objects.order_by("pk").values_list("full_name", flat=True))
    assert people[1] in told
    assert people[2] in told
    assert people[0] not in told
    assert "0991900" not in told


def test_a_refused_page_shows_the_warnings_too(client_for, chief, area_a):
    answer = client_for(chief).post(URL, household(area_a, row(0, sex="M"), address=""))
    assert "chỉ giới tính nữ" in answer.content.decode()


# --- checks while typing ------------------------------------------------------------------------


def ask(client, **values):
    answer = client.post(CHECK, values)
    assert answer.status_code == 200
    return answer.json()


def test_the_check_warns_of_a_number_that_says_something_else(client_for, chief):
    number = "042090000001"
    client = client_for(chief)
    assert ask(client, citizen_id=number, sex="M", birth="5/9/90")["warnings"] == []
    warnings = ask(client, citizen_id=number, sex="F", birth="1991")["warnings"]
    assert len(warnings) == 2
    assert "giới tính nam" in warnings[0]
    assert "năm sinh 1990" in warnings[1]


def test_the_check_names_look_alikes_with_their_pages(client_for, officer_a, area_a):
    known = factories.ResidenceFactory(
        household__neighbourhood=area_a,
        resident__full_name="Nguyễn Thị Bình",
        resident__birth_date=BORN,
        resident__sex="F",
    ).resident
    client = client_for(officer_a)
    [found] = ask(client, full_name="nguyen thi binh", birth="5/9/90", sex="F")["alikes"]
    assert found["url"] == known.get_absolute_url()
    assert (found["name"], found["code"], found["birth"]) == (
        "Nguyễn Thị Bình",
        known.code,
        "1990",
    )
    assert found["reasons"]
    assert found["certain"] in (True, False)
    assert known.citizen_id not in str(found)
    assert ask(client, full_name="Hồ Văn Khác", birth="1/1/70", sex="M")["alikes"] == []


def test_a_number_alone_finds_its_holder_before_the_birth_is_typed(client_for, chief, area_a):
    known = factories.ResidenceFactory(
        resident__full_name="Nguyễn Thị Bình",
        resident__birth_date=BORN,
        resident__sex="F",
        resident__citizen_id="099190000001",
    ).resident
    [found] = ask(client_for(chief), full_name="Nguyễn Thị Bình", citizen_id="099190000001")[
        "alikes"
    ]
    assert found["code"] == known.code


def test_an_officer_is_shown_nobody_of_another_beat(client_for, officer_b, area_a, area_b):
    factories.ResidenceFactory(
        household__neighbourhood=area_a,
        resident__full_name="Nguyễn Thị Bình",
        resident__birth_date=BORN,
        resident__citizen_id="099190000001",
    )
    answer = ask(
        client_for(officer_b),
        full_name="Nguyễn Thị Bình",
        birth="5/9/90",
        citizen_id="099190000001",
    )
    assert answer["alikes"] == []


@pytest.mark.parametrize("value", ["", "\0", "x" * 5000, "31/2/1990", "-", "<b>"])
def test_half_typed_values_are_left_out_not_refused(client_for, chief, value):
    names = ("full_name", "birth", "sex", "citizen_id", "old_id", "address")
    assert ask(client_for(chief), **dict.fromkeys(names, value)) == {"warnings": [], "alikes": []}


def test_the_check_costs_at_most_eight_queries(client_for, officer_a, area_a):
    for _ in range(5):
        factories.ResidenceFactory(
            household__neighbourhood=area_a,
            resident__full_name="Nguyễn Thị Bình",
            resident__birth_date=BORN,
        )
    client = client_for(officer_a)
    values = {"full_name": "Nguyễn Thị Bình", "birth": "5/9/90", "address": "Số 1"}
    ask(client, **values)  # the first request of a session writes to it
    with CaptureQueriesContext(connection) as queries:
        assert len(ask(client, **values)["alikes"]) == 5
    assert len(queries) <= 8


@pytest.mark.parametrize("who", ["duty", "leader", "superuser"])
def test_the_check_is_for_those_who_enter_people(client_for, request, who):
    client = client_for(request.getfixturevalue(who))
    assert client.post(CHECK, {"full_name": "An"}).status_code == 403


def test_the_check_answers_posts_with_a_token_alone(client_for, chief):
    assert client_for(chief).get(CHECK).status_code == 405
    assert client_for(chief, enforce_csrf_checks=True).post(CHECK, {}).status_code == 403
