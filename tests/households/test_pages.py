"""Pages of households and residents beyond the mechanism: entry rows, acts, what a scope hides."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils import timezone

from businesses.models import Business
from households.models import EndGround, Household, Resident, StayNotice
from households.services import end_residence
from kylien.audit.models import AuditEntry
from selfgov_groups.models import GroupMembership
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(area_a):
    return factories.HouseholdFactory(neighbourhood=area_a)


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


def member(**changes):
    fields = {
        "full_name": "Lê Thị Mới",
        "birth": "5/9/1990",
        "sex": "F",
        "citizen_id": "",
        "phone": "",
        "relation": "HEAD",
        "relation_note": "",
        "started_on": day().strftime("%d/%m/%Y"),
        "start_reason": "ARRIVAL",
    }
    return {f"m-{name}": value for name, value in {**fields, **changes}.items()}


class TestEntryRow:
    def add(self, client, home, **changes):
        return client.post(f"/households/{home.pk}/members/", member(**changes))

    def test_it_adds_a_person_with_a_residence(self, client_for, officer_a, home):
        response = self.add(client_for(officer_a), home)
        assert response.status_code == 302
        row = home.residences.get()
        assert (row.resident.full_name, row.relation, row.kind) == ("Lê Thị Mới", "HEAD", "P")
        assert row.resident.birth_date == dt.date(1990, 9, 5)
        assert row.resident.birth() == "1990"  # on a page, unless asked for in full

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"citizen_id": "123"}, "citizen_id", "12 chữ số"),
            ({"birth": "31/2/1990"}, "birth", "không có trong lịch"),
            ({"birth": "1/1/2999"}, "birth", "không thể sau hôm nay"),
            ({"phone": "12"}, "phone", "Số điện thoại chưa đúng"),
            ({"full_name": "An <b>"}, "full_name", "Họ tên chỉ gồm chữ"),
            ({"started_on": day(-1).strftime("%d/%m/%Y")}, "started_on", "sau hôm nay"),
            ({"relation": "OTHER"}, "relation_note", "Ghi rõ quan hệ khác"),
        ],
    )
    def test_bad_input_is_told_beside_its_field_and_kept(
        self, client_for, officer_a, home, changes, field, sentence
    ):
        factories.ResidenceFactory(household=home)  # so that any relation will do
        response = self.add(client_for(officer_a), home, **changes)
        assert response.status_code == 422
        assert sentence in response.context["form"].errors[field][0]
        assert "Lê Thị Mới" in response.content.decode() or "full_name" in changes
        assert Resident.objects.count() == 1

    def test_the_same_row_sent_twice_adds_one_person(self, client_for, officer_a, home):
        client = client_for(officer_a)
        fields = {**member(), "_once": mark(client.get(home.get_absolute_url()))}
        first = client.post(f"/households/{home.pk}/members/", fields)
        second = client.post(f"/households/{home.pk}/members/", fields)
        assert first.url == second.url
        assert Resident.objects.count() == 1

    def test_foreign_households_and_users_without_the_right_are_refused(
        self, client_for, officer_b, duty, home
    ):
        assert self.add(client_for(officer_b), home).status_code == 404
        assert self.add(client_for(duty), home).status_code == 403


def test_a_form_sent_twice_creates_one_record(client_for, officer_a, area_a):
    client = client_for(officer_a)
    fields = {
        "address": "Số 1 Lê Lợi",
        "neighbourhood": area_a.pk,
        "opened_on": day().strftime("%d/%m/%Y"),
        **factories.head_row(),
        "_once": mark(client.get("/households/create/")),
    }
    refused = client.post("/households/create/", {**fields, "address": ""})
    assert refused.status_code == 422
    first = client.post("/households/create/", fields)
    second = client.post("/households/create/", fields)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url == Household.objects.get().get_absolute_url()


def test_a_temporary_residence_is_registered_with_host_and_term(client_for, officer_a, home):
    client = client_for(officer_a)
    fields = {k.removeprefix("m-"): v for k, v in member(relation="TENANT").items()}
    refused = client.post("/temporary-residents/create/", fields)
    assert set(refused.context["form"].errors) >= {"expires_on"}
    fields["expires_on"] = day(-200).strftime("%d/%m/%Y")
    refused = client.post("/temporary-residents/create/", fields)
    assert "Ghi nơi ở" in refused.context["form"].errors["household"][0]
    response = client.post("/temporary-residents/create/", {**fields, "household": home.code})
    assert response.status_code == 302
    assert home.residences.temporary().get().resident.full_name == "Lê Thị Mới"


def test_past_stays_in_another_beat_are_not_shown(client_for, officer_a, chief, home, area_b, on):
    elsewhere = factories.HouseholdFactory(neighbourhood=area_b, address="Ngoài địa bàn")
    past = factories.ResidenceFactory(household=elsewhere, started_on=day(300))
    end_residence(residence=past, ended_on=day(200), end_reason="DEPARTURE", on=on)
    factories.ResidenceFactory(resident=past.resident, household=home, started_on=day(100))
    address = past.resident.get_absolute_url()
    assert "Ngoài địa bàn" in client_for(chief).get(address).content.decode()
    assert "Ngoài địa bàn" not in client_for(officer_a).get(address).content.decode()


def test_ending_is_refused_beside_the_field_and_done(client_for, officer_a, officer_b, home, on):
    row = factories.ResidenceFactory(household=home)
    address = f"/residences/{row.pk}/end/"
    ground = EndGround.objects.get(code="permanent-elsewhere")
    fields = {"ended_on": day(-1).strftime("%d/%m/%Y"), "end_ground": ground.pk}
    client = client_for(officer_a)
    assert client_for(officer_b).post(address, fields).status_code == 404
    refused = client.post(address, fields)
    assert refused.status_code == 422
    assert "sau hôm nay" in refused.context["form"].errors["ended_on"][0]
    done = client.post(address, {**fields, "ended_on": on.strftime("%d/%m/%Y")})
    assert done.status_code == 302
    row.refresh_from_db()
    assert (row.ended_on, row.end_reason, row.end_ground) == (on, "DEPARTURE", ground)


def test_a_moved_stay_notice_follows_its_host(home, area_b):
    notice = factories.StayNoticeFactory(household=home)
    other = factories.HouseholdFactory(neighbourhood=area_b)
    StayNotice.objects.filter(pk=notice.pk).update(household=other)
    notice.refresh_from_db()
    assert notice.neighbourhood == area_b


def test_households_are_found_by_the_names_of_their_people(client_for, officer_a, home):
    factories.ResidenceFactory(
        household=home, resident=factories.ResidentFactory(full_name="Đặng Thuý Ấn")
    )
    client = client_for(officer_a)
    assert client.get("/households/", {"q": "dang an"}).context["page"]["count"] == "1"
    [found] = client.get("/households/options/", {"q": "thuy an"}).json()["results"]
    assert found["code"] == home.code
    home.residences.update(ended_on=day(), end_reason="DEPARTURE")
    home.dissolved_on = day()
    home.save()
    assert client.get("/households/options/", {"q": home.code}).json()["results"] == []


def test_a_form_that_broke_midway_may_be_sent_again(client_for, officer_a, area_a, monkeypatch):
    client = client_for(officer_a, raise_request_exception=False)
    fields = {
        "address": "Số 2 Lê Lợi",
        "neighbourhood": area_a.pk,
        "opened_on": day().strftime("%d/%m/%Y"),
        **factories.head_row(),
        "_once": mark(client.get("/households/create/")),
    }
    with monkeypatch.context() as broken:
        broken.setattr(Household, "save", lambda *args, **kwargs: 1 / 0)
        assert client.post("/households/create/", fields).status_code == 500
    response = client.post("/households/create/", fields)
    assert response.url == Household.objects.get().get_absolute_url()


class TestActs:
    """Each act by its page: done by the officer of the beat, refused to others."""

    @pytest.fixture
    def family(self, home):
        def live(relation):
            return factories.ResidenceFactory(
                household=home, relation=relation, started_on=day(500)
            )

        return live("HEAD"), live("SPOUSE")

    def test_a_head_who_died_hands_over_and_is_ended_the_same_day(
        self, client_for, officer_a, home, family, on
    ):
        client, (head, wife) = client_for(officer_a), family
        today = on.strftime("%d/%m/%Y")
        death = f"/residents/{head.resident_id}/death/"
        refused = client.post(death, {"ended_on": today})
        way_out = f"/households/{home.pk}/head/"
        assert way_out in refused.context["form"].non_field_errors()[0]
        assert way_out in refused.content.decode()
        assert wife.resident.full_name in client.get(way_out).content.decode()
        page = client.get(f"{way_out}?head={wife.pk}")
        proposed = {f"relation_{head.pk}": "SPOUSE", f"relation_{wife.pk}": "HEAD"}
        assert {name: page.context["form"][name].value() for name in proposed} == proposed
        assert client.post(way_out, {**proposed, "on_day": today}).status_code == 302
        assert client.post(death, {"ended_on": today}).status_code == 302
        [left] = home.residences.current()
        assert (left.resident, left.relation) == (wife.resident, "HEAD")

    def test_transfer(self, client_for, officer_a, officer_b, area_a, family, on):
        there = factories.HouseholdFactory(neighbourhood=area_a)
        factories.ResidenceFactory(household=there)
        address = f"/residences/{family[1].pk}/transfer/"
        fields = {
            "household": there.code,
            "relation": "SIBLING",
            "started_on": on.strftime("%d/%m/%Y"),
        }
        assert client_for(officer_b).get(address).status_code == 404
        client = client_for(officer_a)
        assert client.get(address).status_code == 200
        refused = client.post(address, {**fields, "relation": ""})
        assert "relation" in refused.context["form"].errors
        assert client.post(address, fields).status_code == 302
        assert there.residences.get(relation="SIBLING").start_reason == "TRANSFER"
        again = client.post(address, fields)
        assert "đã kết thúc" in again.context["form"].errors["started_on"][0]

    def test_a_head_with_family_does_not_move_and_nobody_moves_to_where_he_is(
        self, client_for, officer_a, area_a, home, family, on
    ):
        there = factories.HouseholdFactory(neighbourhood=area_a)
        client = client_for(officer_a)
        fields = {"relation": "HEAD", "started_on": on.strftime("%d/%m/%Y")}
        refused = client.post(
            f"/residences/{family[0].pk}/transfer/", {**fields, "household": there.code}
        )
        assert "đổi chủ hộ" in refused.context["form"].non_field_errors()[0]
        refused = client.post(
            f"/residences/{family[1].pk}/transfer/", {**fields, "household": home.code}
        )
        assert "household" in refused.context["form"].errors
        assert home.residences.current().count() == 2

    def test_the_head_is_changed_by_who_may_change_stays_in_his_own_beat(
        self, client_for, officer_a, officer_b, duty, home, family
    ):
        address = f"/households/{home.pk}/head/"
        assert client_for(officer_b).get(address).status_code == 404
        assert client_for(duty).get(address).status_code == 403
        client = client_for(officer_a)
        fields = {f"relation_{family[0].pk}": "SPOUSE", f"relation_{family[1].pk}": "HEAD"}
        early = {**fields, "on_day": day(501).strftime("%d/%m/%Y")}
        refused = client.post(address, early)
        assert "không thể trước" in refused.context["form"].errors["on_day"][0]
        elsewhere = factories.ResidenceFactory()
        foreign = client.get(f"{address}?head={elsewhere.pk}")
        assert elsewhere.resident.full_name not in foreign.content.decode()
        two = {f"relation_{row.pk}": "HEAD" for row in family}
        refused = client.post(address, {**early, **two})
        assert "đúng một người" in refused.context["form"].non_field_errors()[0]
        unsaid = client.post(address, {"on_day": early["on_day"]})
        assert f"relation_{family[0].pk}" in unsaid.context["form"].errors

    def test_acts_are_offered_to_those_who_may(self, client_for, officer_a, duty, home, family):
        for user, offered in ((officer_a, True), (duty, False)):
            page = client_for(user).get(home.get_absolute_url()).content.decode()
            for name in ("head", "split", "merge", "leave", "transfer", "birth"):
                assert (f"/households/{home.pk}/{name}/" in page) is offered

    def test_an_act_sent_twice_is_written_once(self, client_for, officer_a, home):
        row = factories.ResidenceFactory(household=home, temporary=True, expires_on=day(3))
        client, address = client_for(officer_a), f"/residences/{row.pk}/extend/"
        fields = {
            "expires_on": day(-300).strftime("%d/%m/%Y"),
            "_once": mark(client.get(address)),
        }
        first, second = client.post(address, fields), client.post(address, fields)
        assert first.url == second.url == row.resident.get_absolute_url()
        assert row.resident.residences.count() == 2

    def test_a_foreign_household_is_no_place_to_move_to(
        self, client_for, officer_a, area_b, family, on
    ):
        foreign = factories.HouseholdFactory(neighbourhood=area_b)
        fields = {"household": foreign.code, "relation": "SIBLING", "started_on": "1/1/2026"}
        refused = client_for(officer_a).post(f"/residences/{family[1].pk}/transfer/", fields)
        assert "household" in refused.context["form"].errors
        assert not foreign.residences.exists()

    def test_extension(self, client_for, officer_a, home, family):
        row = factories.ResidenceFactory(household=home, temporary=True, expires_on=day(3))
        client = client_for(officer_a)
        address = f"/residences/{row.pk}/extend/"
        too_long = client.post(address, {"expires_on": day(-900).strftime("%d/%m/%Y")})
        assert "2 năm" in too_long.context["form"].errors["expires_on"][0]
        done = client.post(address, {"expires_on": day(-300).strftime("%d/%m/%Y")})
        assert done.status_code == 302
        assert row.resident.residences.current().get().expires_on == day(-300)
        assert client.get(f"/residences/{family[0].pk}/extend/").status_code == 404  # permanent

    def test_somebody_who_left_returns_on_his_own_page(self, client_for, officer_a, home, on):
        factories.ResidenceFactory(household=home, started_on=day(300))
        row = factories.ResidenceFactory(household=home, started_on=day(300))
        person = row.resident
        client = client_for(officer_a)
        address = f"/residents/{person.pk}/residences/create/"
        fields = {"kind": "P", "household": home.code, "relation": "CHILD"}
        fields |= {"started_on": day(10).strftime("%d/%m/%Y"), "start_reason": "ARRIVAL"}
        refused = client.post(address, fields)  # he lives here
        assert "kết thúc trước" in refused.context["form"].errors["started_on"][0]
        end_residence(residence=row, ended_on=day(100), end_reason="DEPARTURE", on=on)
        known = member(citizen_id=person.citizen_id)
        refused = client.post(f"/households/{home.pk}/members/", known)
        assert person.code in refused.context["form"].errors["citizen_id"][0]
        assert "Ghi cư trú mới" in client.get(person.get_absolute_url()).content.decode()
        assert client.get(address).status_code == 200
        assert client.post(address, fields).status_code == 302
        person.refresh_from_db()
        assert person.present
        assert Resident.objects.count() == 2

    def test_a_tenant_who_settles_down_ends_his_temporary_stay_in_one_act(
        self, client_for, officer_a, home, family, on
    ):
        row = factories.ResidenceFactory(household=home, temporary=True)
        client, person = client_for(officer_a), row.resident
        address = f"/residents/{person.pk}/residences/create/"
        assert address in client.get(person.get_absolute_url()).content.decode()
        assert "expires_on" not in client.get(address).context["form"].fields
        fields = {
            "household": home.code,
            "relation": "CHILD",
            "started_on": on.strftime("%d/%m/%Y"),
            "start_reason": "REGISTRATION",
        }
        assert client.post(address, fields).status_code == 302
        person.refresh_from_db()
        assert person.residence_kind == "P"
        row.refresh_from_db()
        assert (row.ended_on, row.end_ground.code) == (on, "temporary-settled")
        assert row.ended_by.started.get().kind == "P"
        again = client.post(address, fields)
        assert "kết thúc trước" in again.context["form"].errors["started_on"][0]

    def test_a_known_number_names_its_person_to_those_who_may_see_him(
        self, client_for, officer_a, area_b, home
    ):
        there = factories.HouseholdFactory(neighbourhood=area_b)
        strange = factories.ResidenceFactory(household=there).resident
        near = factories.ResidenceFactory(household=home).resident
        for person, named in ((strange, False), (near, True)):
            fields = member(citizen_id=person.citizen_id)
            refused = client_for(officer_a).post(f"/households/{home.pk}/members/", fields)
            [sentence] = refused.context["form"].errors["citizen_id"]
            assert sentence.startswith("Số định danh này")
            assert (person.code in sentence) is (person.full_name in sentence) is named
            told = AuditEntry.objects.filter(action="lookup", row=person.pk, code=person.code)
            assert told.exists()

    def test_the_dead_do_not_return_and_nobody_lives_before_his_birth(
        self, client_for, officer_a, home, on
    ):
        factories.ResidenceFactory(household=home)
        row = factories.ResidenceFactory(household=home)
        end_residence(residence=row, ended_on=day(100), end_reason="DEATH", on=on)
        fields = {
            "kind": "P",
            "household": home.code,
            "relation": "CHILD",
            "started_on": day(10).strftime("%d/%m/%Y"),
            "start_reason": "ARRIVAL",
        }
        client = client_for(officer_a)
        address = f"/residents/{row.resident_id}/residences/create/"
        refused = client.post(address, fields)
        assert "là chết" in refused.context["form"].errors["started_on"][0]
        early = member(birth=day(5).strftime("%d/%m/%Y"), started_on=day(10).strftime("%d/%m/%Y"))
        refused = client.post(f"/households/{home.pk}/members/", early)
        assert "trước ngày sinh" in refused.context["form"].errors["started_on"][0]

    def test_a_birth_after_the_first_stay_is_refused_beside_its_field(
        self, client_for, officer_a, home
    ):
        row = factories.ResidenceFactory(household=home, started_on=day(300))
        person = row.resident
        fields = {
            "full_name": person.full_name,
            "birth": day(200).strftime("%d/%m/%Y"),
            "sex": "M",
            "version": person.version,
        }
        refused = client_for(officer_a).post(f"/residents/{person.pk}/edit/", fields)
        assert "không thể sinh sau đó" in refused.context["form"].errors["birth"][0]


@pytest.mark.parametrize("name", ["arrived_at", "notified_at"])
def test_a_stay_in_the_future_is_refused(client_for, officer_a, home, name):
    fields = {
        "guest_name": "Lê Văn Khách",
        "birth": "1990",
        "host": home.code,
        "reason": "Thăm người thân",
        "arrived_at": day(1).strftime("%d/%m/%Y 20:00"),
        "leaves_on": day(-2).strftime("%d/%m/%Y"),
        "channel": "phone",
        "notified_at": day(1).strftime("%d/%m/%Y 21:00"),
    }
    client = client_for(officer_a)
    later = day(-1).strftime("%d/%m/%Y 20:00")
    refused = client.post("/stay-notices/create/", {**fields, name: later})
    assert name in refused.context["form"].errors
    done = client.post("/stay-notices/create/", fields)
    assert done.status_code == 302
    assert "Chưa xác nhận" in client.get(done.url).content.decode()


def test_the_desk_is_offered_to_confirm_its_own_notices_alone(client_for, duty, home):
    notice = factories.StayNoticeFactory(household=home)
    client = client_for(duty)
    assert "/confirm/" not in client.get(notice.get_absolute_url()).content.decode()
    StayNotice.objects.filter(pk=notice.pk).update(created_by=duty)
    assert "/confirm/" in client.get(notice.get_absolute_url()).content.decode()


def test_a_household_is_not_dissolved_in_a_group_nor_opened_after_its_people_came(home):
    membership = factories.MembershipFactory(household=home)
    home.dissolved_on = day()
    with pytest.raises(ValidationError) as caught:
        home.full_clean()
    assert "tổ liên gia" in caught.value.message_dict["dissolved_on"][0]
    membership.left_on = day()
    membership.save()
    home.full_clean()
    factories.ResidenceFactory(household=Household.objects.get(pk=home.pk), started_on=day(300))
    home.dissolved_on, home.opened_on = None, day(299)
    with pytest.raises(ValidationError) as caught:
        home.full_clean()
    assert "opened_on" in caught.value.message_dict


def test_a_household_keeps_the_days_and_the_area_of_what_is_tied_to_it(home, area_b, on):
    def refusal(**changes):
        row = Household.objects.get(pk=home.pk)
        for name, value in changes.items():
            setattr(row, name, value)
        with pytest.raises(ValidationError) as caught:
            row.full_clean()
        return caught.value.message_dict

    notice = factories.StayNoticeFactory(household=home)
    assert "neighbourhood" in refusal(neighbourhood=area_b)
    notice.delete()
    membership = factories.MembershipFactory(household=home)
    assert "neighbourhood" in refusal(neighbourhood=area_b)
    membership.delete()
    row = factories.ResidenceFactory(household=home, started_on=day(300))
    end_residence(residence=row, ended_on=day(100), end_reason="DEPARTURE", on=on)
    assert "dissolved_on" in refusal(dissolved_on=day(101))
    home.dissolved_on = day(100)
    home.full_clean()


def test_a_notice_at_a_lodging_since_closed_is_still_mended(client_for, officer_a, area_a):
    hotel, other = factories.BusinessFactory.create_batch(2, neighbourhood=area_a)
    notice = factories.StayNoticeFactory(household=None, lodging=hotel)
    Business.objects.filter(pk__in=[hotel.pk, other.pk]).update(state="closed")
    client, address = client_for(officer_a), f"/stay-notices/{notice.pk}/edit/"
    form = client.get(address).context["form"]
    assert f'value="{hotel.code}"' in str(form["host"])
    fields = {
        "guest_name": notice.guest_name,
        "birth": notice.birth(),
        "host": hotel.code,
        "reason": "Công tác",
        "arrived_at": timezone.localtime(notice.arrived_at).strftime("%d/%m/%Y %H:%M"),
        "leaves_on": notice.leaves_on.strftime("%d/%m/%Y"),
        "channel": notice.channel,
        "notified_at": timezone.localtime(notice.notified_at).strftime("%d/%m/%Y %H:%M"),
        "version": form["version"].value(),
    }
    refused = client.post(address, {**fields, "host": other.code})
    assert "host" in refused.context["form"].errors
    assert client.post(address, fields).status_code == 302
    notice.refresh_from_db()
    assert (notice.lodging, notice.reason) == (hotel, "Công tác")


@pytest.mark.parametrize("missing", ["add_residence", "add_resident"])
def test_entering_a_person_asks_for_both_verbs(client_for, officer_a, home, missing):
    Group.objects.get(name="area_officer").permissions.remove(
        Permission.objects.get(content_type__app_label="households", codename=missing)
    )
    client = client_for(officer_a)
    for address in ("/residents/create/", "/temporary-residents/create/"):
        assert client.get(address).status_code == client.post(address).status_code == 403
    assert client.post(f"/households/{home.pk}/members/", member()).status_code == 403
    for address in ("/residents/", "/temporary-residents/"):
        assert client.get(address).context["create_url"] == ""
    assert not client.get(home.get_absolute_url()).context["may_add"]


def test_a_move_leaves_the_open_form_of_the_person_fresh(client_for, officer_a, home, on):
    row = factories.ResidenceFactory(household=home)
    person = row.resident
    client, address = client_for(officer_a), f"/residents/{person.pk}/edit/"
    version = client.get(address).context["form"]["version"].value()
    end_residence(residence=row, ended_on=on, end_reason="DEPARTURE", on=on)
    fields = {"full_name": "Lê Văn Mới", "birth": person.birth(), "sex": "M", "version": version}
    assert client.post(address, fields).status_code == 302
    person.refresh_from_db()
    assert (person.full_name, person.present) == ("Lê Văn Mới", False)


@pytest.mark.parametrize(("reason", "shown"), [("DEATH", "Đã mất"), ("DEPARTURE", "Đã rời phường")])
def test_the_dead_are_told_from_those_who_left(client_for, officer_a, home, on, reason, shown):
    row = factories.ResidenceFactory(household=home)
    end_residence(residence=row, ended_on=on, end_reason=reason, on=on)
    person = Resident.objects.get(pk=row.resident_id)
    [listed] = Resident.objects.for_list().filter(pk=person.pk)
    assert listed.residence_badge(on) == person.residence_badge(on) == ("mute", shown)
    page = client_for(officer_a).get(person.get_absolute_url()).content.decode()
    assert ("/residences/create/" in page) is (reason != "DEATH")


def test_the_ledger_counts_stays(client_for, officer_a, home):
    factories.ResidenceFactory(household=home)
    assert client_for(officer_a).get("/residences/").context["subtitle"] == "1 lượt cư trú"


def test_stay_notices_are_found_from_the_first_minute_of_a_day(client_for, officer_a, home):
    midnight = timezone.make_aware(dt.datetime(2026, 10, 14))  # noqa: DTZ001 - made aware
    leaves = dt.date(2026, 10, 15)
    for minutes in (-1, 0):
        factories.StayNoticeFactory(
            household=home, arrived_at=midnight + dt.timedelta(minutes=minutes), leaves_on=leaves
        )
    page = client_for(officer_a).get("/stay-notices/", {"arrived_from": "14/10/2026"})
    assert page.context["page"]["count"] == "1"


def test_households_in_a_group_on_a_day(client_for, officer_a, area_a, home):
    membership = factories.MembershipFactory(household=home, joined_on=day(20))
    membership.left_on = day(10)
    membership.save()
    factories.MembershipFactory(household=home, group=membership.group, joined_on=day(5))
    factories.HouseholdFactory(neighbourhood=area_a)
    client = client_for(officer_a)
    for ago, inside in ((21, "0"), (20, "1"), (11, "1"), (10, "0"), (6, "0"), (5, "1"), (0, "1")):
        asked = {"on": day(ago).strftime("%d/%m/%Y"), "grouped": "yes"}
        assert client.get("/households/", asked).context["page"]["count"] == inside
        members = GroupMembership.objects.open_on(day(ago)).values("household")
        found = Household.objects.in_group_on(day(ago))
        assert list(found) == list(Household.objects.filter(pk__in=members))


def test_a_stay_too_long_goes_on_as_a_temporary_residence(client_for, officer_a, home):
    """What was typed is carried in the form, not in an address, and writes nothing yet."""
    client = client_for(officer_a)
    fields = {
        "_prefill": "1",
        "guest_name": "Lê Văn Lâu",
        "birth": "1990",
        "id_number": "099090000001",
        "host": home.code,
        "leaves_on": day(-60).strftime("%d/%m/%Y"),
    }
    page = client.post("/temporary-residents/create/", fields)
    assert page.status_code == 200
    form = page.context["form"]
    wanted = {"full_name": "Lê Văn Lâu", "household": home.code, "expires_on": fields["leaves_on"]}
    assert {name: form[name].value() for name in wanted} == wanted
    assert form["citizen_id"].value() == "099090000001"
    assert not Resident.objects.exists()
    assert not form.errors
