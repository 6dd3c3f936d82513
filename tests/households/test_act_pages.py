"""Each act by its page: done by the officer of the beat, refused to others, bad input told."""

import datetime as dt
import re

import pytest

from households.models import EndGround, Household, Residence, ResidenceAct, TransferRequest
from households.services import end_residences, leave_ward
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def shown(date):
    return date.strftime("%d/%m/%Y")


@pytest.fixture
def home(area_a):
    return factories.HouseholdFactory(neighbourhood=area_a)


@pytest.fixture
def family(home):
    relations = ("HEAD", "SPOUSE", "CHILD", "PARENT")
    return [
        factories.ResidenceFactory(household=home, relation=relation, started_on=day(500))
        for relation in relations
    ]


@pytest.fixture
def there(area_a):
    household = factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=household)
    return household


@pytest.fixture
def tenant(home, family):
    return factories.ResidenceFactory(household=home, temporary=True, expires_on=day(-5))


def pages(home, family, there, tenant):
    """Return of each act: its page, and a submit that is right."""
    head, wife, child, mother = family
    today, sold = shown(day()), EndGround.objects.get(code="permanent-sold")
    go = {f"go_{wife.pk}": "on", f"go_{child.pk}": "on"}
    newborn = {"full_name": "Lê Thị Bé", "birth": shown(day(9)), "sex": "F", "relation": "CHILD"}
    return {
        "birth": (f"/households/{home.pk}/birth/", newborn),
        "leave": (f"/households/{home.pk}/leave/", {**go, "on_day": today, "place": "Vinh"}),
        "split": (
            f"/households/{home.pk}/split/",
            {
                **go,
                f"relation_{wife.pk}": "HEAD",
                f"relation_{child.pk}": "CHILD",
                "on_day": today,
                "address": "Số 3",
                "neighbourhood": home.neighbourhood_id,
            },
        ),
        "merge": (
            f"/households/{there.pk}/merge/",
            {
                f"relation_{there.residences.get().pk}": "SIBLING",
                "household": home.code,
                "on_day": today,
            },
        ),
        "transfer": (
            f"/households/{home.pk}/transfer/",
            {
                **go,
                f"relation_{wife.pk}": "SIBLING",
                f"relation_{child.pk}": "NIECE_NEPHEW",
                "household": there.code,
                "started_on": today,
            },
        ),
        "head": (
            f"/households/{home.pk}/head/",
            {
                f"relation_{head.pk}": "SPOUSE",
                f"relation_{wife.pk}": "HEAD",
                f"relation_{child.pk}": "CHILD",
                f"relation_{mother.pk}": "PARENT_IN_LAW",
                f"relation_{tenant.pk}": "TENANT",
                "on_day": today,
            },
        ),
        "death": (f"/residents/{mother.resident_id}/death/", {"ended_on": today}),
        "end": (f"/residences/{child.pk}/end/", {"ended_on": today, "end_ground": sold.pk}),
        "extend": (f"/residences/{tenant.pk}/extend/", {"expires_on": shown(day(-300))}),
        "move": (
            f"/residences/{tenant.pk}/transfer/",
            {"household": there.code, "relation": "TENANT", "started_on": today},
        ),
    }


NAMES = ["birth", "leave", "split", "merge", "transfer", "head", "death", "end", "extend", "move"]
KINDS = {
    "birth": "BIRTH",
    "leave": "LEAVING",
    "split": "SPLIT",
    "merge": "MERGE",
    "transfer": "TRANSFER",
    "head": "HEAD_CHANGE",
    "death": "DEATH",
    "end": "ENDING",
    "extend": "EXTENSION",
    "move": "TRANSFER",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_officer_acts_and_others_are_refused(
    client_for, officer_a, officer_b, duty, leader, home, family, there, tenant, name
):
    address, fields = pages(home, family, there, tenant)[name]
    acts = ResidenceAct.objects.count()
    for stranger, status in ((officer_b, 404), (duty, 403), (leader, 403)):
        client = client_for(stranger)
        assert client.get(address).status_code == status
        assert client.post(address, fields).status_code == status
    assert ResidenceAct.objects.count() == acts
    client = client_for(officer_a)
    page = client.get(address)
    assert page.status_code == 200
    mark = re.search(r'name="_once" value="(\w+)"', page.content.decode())
    once = {"_once": mark[1]} if mark else {}  # who is the head is asked on a page before
    answer = client.post(address, {**fields, **once})
    assert answer.status_code == 302, answer.context["form"].errors
    act = ResidenceAct.objects.order_by("-pk").first()
    assert (act.kind, act.done_by) == (KINDS[name], officer_a)
    assert ResidenceAct.objects.count() == acts + 1
    if once:  # the same form again: a double click
        again = client.post(address, {**fields, **once})
        assert (again.status_code, again.url) == (302, answer.url)
        assert ResidenceAct.objects.count() == acts + 1
    assert client.get(answer.url).status_code == 200
    undo = f"/residence-acts/{act.pk}/undo/"
    if act.neighbourhood == home.neighbourhood:
        assert client_for(officer_b).get(undo).status_code == 404
    assert client_for(duty).get(undo).status_code == 403
    assert client.get(undo).status_code == 200
    empty = client.post(undo, {"undo_reason": ""})
    assert "undo_reason" in empty.context["form"].errors
    assert client.post(undo, {"undo_reason": "Ghi nhầm"}).status_code == 302
    act.refresh_from_db()
    assert (act.undone_by, act.undo_reason) == (officer_a, "Ghi nhầm")


@pytest.mark.parametrize("name", NAMES)
def test_every_act_page_stays_within_twelve_queries(
    client_for, officer_a, home, family, there, tenant, name, django_assert_max_num_queries
):
    for _ in range(6):
        factories.ResidenceFactory(household=home)
    address, _ = pages(home, family, there, tenant)[name]
    client = client_for(officer_a)
    client.get(address)
    with django_assert_max_num_queries(12):
        assert client.get(address).status_code == 200


def test_writing_an_act_costs_the_same_for_two_and_for_ten(
    client_for, officer_a, home, django_assert_num_queries
):
    rows = [factories.ResidenceFactory(household=home, started_on=day(90)) for _ in range(14)]
    client = client_for(officer_a)

    def leave(some):
        return {**{f"go_{row.pk}": "on" for row in some}, "on_day": shown(day())}

    address = f"/households/{home.pk}/leave/"
    client.post(address, leave(rows[12:]))

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as two:
        assert client.post(address, leave(rows[10:12])).status_code == 302
    with django_assert_num_queries(len(two)):
        assert client.post(address, leave(rows[1:9])).status_code == 302


@pytest.mark.parametrize(
    ("name", "changes", "field", "words"),
    [
        ("birth", {"birth": shown(day(-2))}, "birth", "sau hôm nay"),
        ("birth", {"relation": ""}, "relation", "bắt buộc"),
        ("leave", {"on_day": shown(day(-1))}, "on_day", "sau hôm nay"),
        ("leave", {"on_day": shown(day(600))}, "on_day", "không thể trước ngày đó"),
        ("leave", {"on_day": "31/2/2026"}, "on_day", "không có trong lịch"),
        ("split", {"address": ""}, "address", "bắt buộc"),
        ("split", {"on_day": shown(day(600))}, "on_day", "không thể trước ngày đó"),
        ("merge", {"household": "H-99999"}, "household", "Không thấy mã"),
        ("transfer", {"household": ""}, "household", "chọn địa bàn khác"),
        ("head", {"on_day": shown(day(501))}, "on_day", "không thể trước ngày đó"),
        ("death", {"ended_on": shown(day(-1))}, "ended_on", "sau hôm nay"),
        ("end", {"end_ground": ""}, "end_ground", "bắt buộc"),
        ("end", {"ended_on": shown(day(501))}, "ended_on", "không thể trước ngày đó"),
        ("extend", {"expires_on": shown(day(-900))}, "expires_on", "2 năm"),
        ("extend", {"expires_on": shown(day(-5))}, "expires_on", "phải ghi ngày sau đó"),
        ("move", {"relation": ""}, "relation", "Chọn quan hệ"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_kept(
    client_for, officer_a, home, family, there, tenant, name, changes, field, words
):
    address, fields = pages(home, family, there, tenant)[name]
    before = list(Residence.objects.order_by("pk").values())
    answer = client_for(officer_a).post(address, {**fields, **changes})
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    page = answer.content.decode()
    typed = next((v for v in changes.values() if v), None)
    assert typed is None or f'value="{typed}"' in page
    assert list(Residence.objects.order_by("pk").values()) == before


def test_unticked_and_relations_not_chosen_are_told(client_for, officer_a, home, family, there):
    client = client_for(officer_a)
    nobody = client.post(f"/households/{home.pk}/leave/", {"on_day": shown(day())})
    assert "ít nhất một người" in nobody.context["form"].non_field_errors()[0]
    wife = family[1]
    fields = {f"go_{wife.pk}": "on", "household": there.code, "started_on": shown(day())}
    unsaid = client.post(f"/households/{home.pk}/transfer/", fields)
    assert "Chọn quan hệ" in unsaid.context["form"].errors[f"relation_{wife.pk}"][0]
    assert "Chọn quan hệ" in unsaid.content.decode()
    other = {**fields, f"relation_{wife.pk}": "OTHER"}
    unsaid = client.post(f"/households/{home.pk}/transfer/", other)
    assert "Ghi rõ" in unsaid.context["form"].errors[f"note_{wife.pk}"][0]


def test_a_collision_links_to_the_row_in_the_way(client_for, officer_a, home, family, area_a):
    """A second stay of a person who lives elsewhere names where, with a link."""
    person, other = family[2].resident, factories.HouseholdFactory(neighbourhood=area_a)
    factories.ResidenceFactory(household=other)
    fields = {
        "kind": "P",
        "household": other.code,
        "relation": "CHILD",
        "started_on": shown(day()),
        "start_reason": "ARRIVAL",
    }
    answer = client_for(officer_a).post(f"/residents/{person.pk}/residences/create/", fields)
    sentence = answer.context["form"].errors["started_on"][0]
    assert home.get_absolute_url() in sentence
    assert person.get_absolute_url() in sentence
    assert f'<a href="{home.get_absolute_url()}">' in answer.content.decode()


def test_two_officers_on_one_household_the_second_sees_both(
    client_for, officer_a, chief, home, family, on
):
    """The page was opened with four people; one left meanwhile: told by name, ticks are kept."""
    client, address = client_for(officer_a), f"/households/{home.pk}/leave/"
    seen = client.get(address).context["form"]["seen"].value()
    leave_ward(household=home, members=[family[3]], on_day=on, on=on)
    fields = {"seen": seen, f"go_{family[2].pk}": "on", "on_day": shown(day()), "place": "Huế"}
    answer = client.post(address, fields)
    assert answer.status_code == 422
    [sentence] = answer.context["form"].non_field_errors()
    assert family[3].resident.full_name in sentence
    page = answer.content.decode()
    assert 'value="Huế"' in page
    assert re.search(rf'name="go_{family[2].pk}"[^>]* checked', page)
    mended = answer.context["form"]["seen"].value()
    assert client.post(address, {**fields, "seen": mended}).status_code == 302


class TestHouseholdFile:
    def test_as_of_any_day_it_is_as_it_was(self, client_for, officer_a, home, family, there, on):
        address = home.get_absolute_url()
        client = client_for(officer_a)
        client.post(*pages(home, family, there, family[0])["leave"])
        names = [row.resident.full_name for row in family]
        today = [row.resident.full_name for row in client.get(address).context["members"]]
        assert today == [names[0], names[3]]
        before = client.get(address, {"on": shown(on - DAY)})
        assert [row.resident.full_name for row in before.context["members"]] == names
        assert shown(on - DAY) in before.content.decode()
        assert "/leave/" not in before.content.decode()  # acts are of today
        none = client.get(address, {"on": shown(day(501))})
        assert none.context["members"] == []

    @pytest.mark.parametrize(
        ("typed", "words"), [("32/1/2026", "không có trong lịch"), ("1/1/2999", "chưa tới")]
    )
    def test_a_day_that_cannot_be_is_told_beside_the_box(
        self, client_for, officer_a, home, typed, words
    ):
        answer = client_for(officer_a).get(home.get_absolute_url(), {"on": typed})
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert f'value="{typed}"' in answer.content.decode()

    def test_the_timeline_tells_acts_with_their_author_and_older_rows(
        self, client_for, officer_a, home, family, there
    ):
        client = client_for(officer_a)
        Residence.objects.update(started_by=None)  # taken over before acts were kept
        ResidenceAct.objects.all().delete()
        client.post(*pages(home, family, there, family[0])["leave"])
        entries = client.get(home.get_absolute_url()).context["timeline"]
        sentences = [entry.sentence for entry in entries]
        wife, child = family[1].resident.full_name, family[2].resident.full_name
        assert sentences[0] == f"{wife}, {child} chuyển khỏi phường đến Vinh."
        assert entries[0].act.done_by == officer_a
        assert "đăng ký thường trú" in sentences[1]
        assert sentences[-1] == "Lập hộ."

    def test_the_sheet_shows_masked_numbers_and_is_recorded(
        self, client_for, officer_a, officer_b, chief, home, family
    ):
        from kylien.audit.models import AuditEntry

        address = f"/households/{home.pk}/print/"
        assert client_for(officer_b).get(address).status_code == 404
        page = client_for(officer_a).get(address).content.decode()
        for row in family:
            assert row.resident.full_name in page
            assert row.resident.citizen_id not in page
            assert row.resident.masked("citizen_id") in page
        entry = AuditEntry.objects.filter(action="print").get()
        assert entry.code == home.code


class TestBetweenTwoBeats:
    @pytest.fixture
    def request_(self, client_for, officer_a, home, family, area_b):
        fields = {
            f"go_{family[1].pk}": "on",
            f"go_{family[2].pk}": "on",
            "to_neighbourhood": area_b.pk,
            "address": "Số 7 đường mới",
            "started_on": shown(day()),
        }
        answer = client_for(officer_a).post(f"/households/{home.pk}/transfer/", fields)
        assert answer.status_code == 302, answer.context["form"].errors
        return TransferRequest.objects.get()

    def test_the_receiving_officer_confirms(
        self, client_for, officer_a, officer_b, home, family, request_
    ):
        page, confirm = request_.get_absolute_url(), f"/transfers/{request_.pk}/confirm/"
        names = [family[1].resident.full_name, family[2].resident.full_name]
        sender, receiver = client_for(officer_a), client_for(officer_b)
        assert confirm not in sender.get(page).content.decode()
        assert sender.get(confirm).status_code == 404  # his to ask, not to take
        seen = receiver.get(page).content.decode()
        assert all(name in seen for name in names)
        assert confirm in seen
        assert family[0].resident.full_name not in seen  # who stays is not his
        fields = {f"relation_{family[1].pk}": "HEAD", f"relation_{family[2].pk}": "CHILD"}
        assert receiver.post(confirm, fields).status_code == 302
        new = Household.objects.get(address="Số 7 đường mới")
        assert new.residences.current().count() == 2
        assert receiver.get(new.get_absolute_url()).status_code == 200
        assert sender.get(new.get_absolute_url()).status_code == 404
        assert receiver.post(confirm, fields).status_code == 404  # decided

    def test_the_receiving_officer_refuses_with_a_reason(self, client_for, officer_b, request_):
        receiver, refuse = client_for(officer_b), f"/transfers/{request_.pk}/refuse/"
        empty = receiver.post(refuse, {"answer": ""})
        assert "answer" in empty.context["form"].errors
        assert receiver.post(refuse, {"answer": "Không có nhà này"}).status_code == 302
        request_.refresh_from_db()
        assert (request_.decision, request_.decided_by) == ("refused", officer_b)

    def test_only_the_sender_withdraws(self, client_for, officer_a, officer_b, duty, request_):
        withdraw = f"/transfers/{request_.pk}/withdraw/"
        assert client_for(officer_b).post(withdraw).status_code == 404
        assert client_for(duty).post(withdraw).status_code == 403
        assert client_for(officer_a).post(withdraw).status_code == 302
        request_.refresh_from_db()
        assert request_.decision == "withdrawn"

    def test_the_chief_moves_at_once(self, client_for, chief, home, family, area_b):
        other = factories.HouseholdFactory(neighbourhood=area_b)
        address = f"/households/{home.pk}/transfer/"
        client = client_for(chief)
        assert "to_neighbourhood" not in client.get(address).context["form"].fields
        fields = {
            f"go_{family[2].pk}": "on",
            f"relation_{family[2].pk}": "HEAD",
            "household": other.code,
            "started_on": shown(day()),
        }
        assert client.post(address, fields).status_code == 302
        assert other.residences.current().get().resident == family[2].resident

    def test_a_clerk_asks_and_neither_moves_nor_confirms(
        self, client_for, clerk, home, family, area_b, request_
    ):
        client, confirm = client_for(clerk), f"/transfers/{request_.pk}/confirm/"
        assert client.get(confirm).status_code == 404
        assert confirm not in client.get(request_.get_absolute_url()).content.decode()
        other = factories.HouseholdFactory(neighbourhood=area_b)
        address = f"/households/{home.pk}/transfer/"
        fields = {
            f"go_{family[3].pk}": "on",
            f"relation_{family[3].pk}": "HEAD",
            "household": other.code,
            "started_on": shown(day()),
        }
        refused = client.post(address, fields)
        assert "để nơi đó nhận" in refused.context["form"].errors["household"][0]
        asked = {**fields, "household": "", "to_neighbourhood": area_b.pk, "address": "Số 5"}
        assert client.post(address, asked).status_code == 302
        assert TransferRequest.objects.open().count() == 2

    def test_both_ways_at_once_or_without_an_address_are_refused(
        self, client_for, officer_a, home, family, there, area_b
    ):
        client, address = client_for(officer_a), f"/households/{home.pk}/transfer/"
        fields = {f"go_{family[1].pk}": "on", "started_on": shown(day())}
        both = {**fields, "household": there.code, "to_neighbourhood": area_b.pk}
        both[f"relation_{family[1].pk}"] = "SIBLING"
        told = client.post(address, both).context["form"].errors
        assert "to_neighbourhood" in told
        told = client.post(address, {**fields, "to_neighbourhood": area_b.pk}).context["form"]
        assert "address" in told.errors


def test_the_way_out_carries_the_day(client_for, officer_a, home, family, on):
    """A head who died days ago: the change of head is offered from that day."""
    client, died = client_for(officer_a), shown(on - 5 * DAY)
    death = f"/residents/{family[0].resident_id}/death/"
    [sentence] = client.post(death, {"ended_on": died}).context["form"].non_field_errors()
    way_out = re.search(r'href="([^"]+)"', sentence)[1]
    page = client.get(way_out).content.decode()
    step = re.search(rf'href="(\?head={family[1].pk}[^"]*)"', page)[1].replace("&amp;", "&")
    form = client.get(way_out.partition("?")[0] + step).context["form"]
    assert form["on_day"].value() == died
    fields = {f"relation_{row.pk}": "SIBLING" for row in family} | {
        f"relation_{family[1].pk}": "HEAD"
    }
    late = client.post(f"/households/{home.pk}/head/", {**fields, "on_day": shown(on)})
    assert late.status_code == 302
    [sentence] = client.post(death, {"ended_on": died}).context["form"].errors["ended_on"]
    assert "hoàn tác việc đó" in sentence
    act = ResidenceAct.objects.order_by("-pk").first()
    assert act.get_absolute_url() in sentence


def test_a_child_as_head_is_warned_about_and_not_refused(client_for, officer_a, home, family):
    person = family[2].resident
    type(person).objects.filter(pk=person.pk).update(birth_date=day(400))
    Residence.objects.filter(pk=family[2].pk).update(started_on=day(300))
    fields = {
        f"go_{family[2].pk}": "on",
        f"relation_{family[2].pk}": "HEAD",
        "on_day": shown(day()),
        "address": "Số 3",
        "neighbourhood": home.neighbourhood_id,
    }
    client = client_for(officer_a)
    answer = client.post(f"/households/{home.pk}/split/", fields)
    assert "chưa đủ 18 tuổi" in client.get(answer.url).content.decode()


def test_digits_without_end_break_no_page(client_for, officer_a, home, family):
    client, many = client_for(officer_a), "9" * 5000
    for name in ("split", "transfer", "merge", "leave", "head"):
        address = f"/households/{home.pk}/{name}/"
        assert client.post(address, {"seen": many}).status_code == 422
        assert client.get(address, {"head": many, "member": many}).status_code == 200


def test_an_act_on_many_names_all_and_stands_in_each_household(
    client_for, officer_a, home, family, there, tenant
):
    other = factories.ResidenceFactory(household=there, temporary=True, expires_on=day(-5))
    ground = EndGround.objects.get(code="temporary-left")
    act = end_residences(
        residences=[tenant, other],
        ended_on=day(),
        end_reason="DEPARTURE",
        ground=ground,
        on=day(),
    )
    client = client_for(officer_a)
    page = client.get(act.get_absolute_url()).content.decode()
    for row in (tenant, other):
        assert row.resident.get_absolute_url() in page
        assert act.code in client.get(row.household.get_absolute_url()).content.decode()


def test_the_list_of_acts_filters_what_is_not_synchronised(client_for, officer_a, home, family, on):
    act = leave_ward(household=home, members=[family[3]], on_day=on, on=on)
    client = client_for(officer_a)
    assert act.code in client.get("/residence-acts/?state=unsynced").content.decode()
    fields = {"file_number": "H23.08-261125-0001", "version": act.version}
    assert client.post(f"/residence-acts/{act.pk}/edit/", fields).status_code == 302
    act.refresh_from_db()
    assert act.synchronised_on == on
    client.get("/residence-acts/")  # shows the message that it was saved
    assert act.code not in client.get("/residence-acts/?state=unsynced").content.decode()
