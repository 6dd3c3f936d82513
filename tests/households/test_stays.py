"""Stay notices: one guest in five fields, many guests pasted, and lodgings that tell late."""

import datetime as dt
import html
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.models import Business
from households.forms.stays import MOST_GUESTS, StayNoticeForm, read_rows
from households.models import Household, ResidenceRule, StayNotice
from kylien.audit.models import AuditEntry
from kylien.core.periods import Month
from kylien.core.text import format_birth
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db

CREATE, PASTE, HOSTS = "/stay-notices/create/", "/stay-notices/paste/", "/stay-notices/hosts/"
LODGINGS = "/stay-notices/lodgings/"
FOLD = '<details class="mt-3"'


def typed(when):
    return when.strftime("%d/%m/%Y")


def moment(when):
    return timezone.localtime(when).strftime("%d/%m/%Y %H:%M")


@pytest.fixture
def home(area_a):
    return factories.HouseholdFactory(neighbourhood=area_a)


@pytest.fixture
def hotel(area_a):
    return factories.BusinessFactory(neighbourhood=area_a, name="Nhà nghỉ Sông La")


@pytest.fixture
def came():
    """The start of yesterday evening: no guest of these tests comes in the future."""
    yesterday = timezone.localtime() - dt.timedelta(days=1)
    return yesterday.replace(hour=20, minute=0, second=0, microsecond=0)


def guest(place, came, **changes):
    return {
        "guest_name": "Lê Văn Khách",
        "birth": "1990",
        "id_number": "099090000001",
        "host": place.code,
        "reason": "Thăm người thân",
        "arrived_at": moment(came),
        "leaves_on": typed(day(-2)),
        "channel": "phone",
        "notified_at": moment(came + dt.timedelta(minutes=30)),
    } | changes


def opened(page):
    """Tell whether the folded fields are shown."""
    return page.partition(FOLD)[2].partition(">")[0].strip() == "open"


def mark(response):
    return re.search(r'name="_once" value="(\w+)"', response.content.decode())[1]


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


class TestOneGuest:
    def test_five_fields_are_shown_and_the_others_folded(self, client_for, officer_a):
        response = client_for(officer_a).get(CREATE)
        form, page = response.context["form"], response.content.decode()
        assert [one.name for one in form.main_fields()] == [
            "guest_name",
            "birth",
            "id_number",
            "host",
            "leaves_on",
        ]
        before, _, after = page.partition(FOLD)
        assert all(f'name="{one.name}"' in before for one in form.main_fields())
        assert all(f'name="{one.name}"' in after for one in form.folded_fields())
        assert not opened(page)
        assert page.index('data-scan-for="stay"') < page.index('name="guest_name"')
        assert "Đăng ký tạm trú" not in page

    @pytest.mark.parametrize("kind", ["household", "lodging"])
    def test_the_host_is_a_household_or_a_business(
        self, client_for, officer_a, area_a, home, hotel, came, kind
    ):
        host = home if kind == "household" else hotel
        client = client_for(officer_a)
        assert client.post(CREATE, guest(host, came)).status_code == 302
        row = StayNotice.objects.get()
        assert (row.household, row.lodging) == ((home, None) if host == home else (None, hotel))
        assert (row.neighbourhood, row.created_by) == (area_a, officer_a)

    def test_the_defaults_alone_will_do(self, client_for, officer_a, home):
        form = client_for(officer_a).get(CREATE).context["form"]
        fields = {
            one.name: one.field.widget.format_value(one.value())
            if hasattr(one.field.widget, "format")
            else one.value() or ""
            for one in form.visible_fields()
        }
        fields |= {"guest_name": "Lê Văn Khách", "birth": "1990", "host": home.code}
        assert client_for(officer_a).post(CREATE, fields).status_code == 302
        assert not StayNotice.objects.get().is_late

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"guest_name": ""}, "guest_name", "bắt buộc"),
            ({"guest_name": "An <b>"}, "guest_name", "Họ tên chỉ gồm chữ"),
            ({"birth": "31/2/1990"}, "birth", "không có trong lịch"),
            ({"id_number": "09909000001"}, "id_number", "12 chữ số"),
            ({"id_number": "000000000000"}, "id_number", "12 chữ số"),
            ({"id_number": "B12345é"}, "id_number", "12 chữ số"),
            ({"host": ""}, "host", "Chọn hộ hoặc cơ sở"),
            ({"host": "H-99999"}, "host", "Không thấy mã H-99999"),
            ({"leaves_on": typed(day(9))}, "leaves_on", "không thể trước ngày đến"),
            ({"leaves_on": "mai"}, "leaves_on", "ngày/tháng/năm"),
            ({"arrived_at": "tối qua"}, "arrived_at", "như 24/11/2026 21:30"),
            ({"arrived_at": f"{typed(day(-1))} 20:00"}, "arrived_at", "Khách chưa đến"),
            ({"notified_at": f"{typed(day(-1))} 21:00"}, "notified_at", "chưa tới"),
            ({"reason": ""}, "reason", "bắt buộc"),
        ],
    )
    def test_a_bad_value_is_told_beside_its_field(
        self, client_for, officer_a, home, came, changes, field, sentence
    ):
        answer = client_for(officer_a).post(CREATE, guest(home, came, **changes))
        assert sentence in errors(answer, field)
        assert list(answer.context["form"].errors) == [field]
        page = answer.content.decode()
        if "guest_name" not in changes:
            assert 'value="Lê Văn Khách"' in page
        folded = field in ("arrived_at", "notified_at", "reason")
        assert opened(page) is folded
        assert not StayNotice.objects.exists()

    @pytest.mark.parametrize("number", ["", "B1234567", "099090000001", "123456789"])
    def test_numbers_of_papers(self, client_for, officer_a, home, came, number):
        answer = client_for(officer_a).post(CREATE, guest(home, came, id_number=number))
        assert answer.status_code == 302

    def test_a_host_of_another_beat_or_closed_does_not_exist(
        self, client_for, officer_a, area_b, hotel, home, came
    ):
        strange = factories.HouseholdFactory(neighbourhood=area_b)
        foreign = factories.BusinessFactory(neighbourhood=area_b)
        Business.objects.filter(pk=hotel.pk).update(state="closed")
        Household.objects.filter(pk=home.pk).update(dissolved_on=day(1))
        for host in (strange, foreign, hotel, home):
            answer = client_for(officer_a).post(CREATE, guest(host, came))
            assert f"Không thấy mã {host.code}" in errors(answer, "host")

    def test_the_host_stays_named_after_an_error(self, client_for, officer_a, hotel, came):
        answer = client_for(officer_a).post(CREATE, guest(hotel, came, birth=""))
        assert f'data-picker-label="{hotel.name}"' in answer.content.decode()

    def test_sent_twice_it_is_written_once(self, client_for, officer_a, home, came):
        client = client_for(officer_a)
        fields = guest(home, came, _once=mark(client.get(CREATE)))
        first, second = (client.post(CREATE, fields) for _ in "12")
        assert first.url == second.url == StayNotice.objects.get().get_absolute_url()

    def test_a_notice_is_mended_with_all_its_fields_open(
        self, client_for, officer_a, home, hotel, came
    ):
        row = factories.StayNoticeFactory(household=home, arrived_at=came)
        client, address = client_for(officer_a), f"/stay-notices/{row.pk}/edit/"
        page = client.get(address).content.decode()
        assert f'value="{home.code}"' in page
        assert opened(page)
        fields = guest(hotel, came, id_number="", version=row.version)
        assert client.post(address, fields).status_code == 302
        number = row.id_number
        row.refresh_from_db()
        assert (row.household, row.lodging, row.id_number) == (None, hotel, number)

    def test_another_officers_notice_does_not_exist(self, client_for, officer_b, home):
        row = factories.StayNoticeFactory(household=home)
        for suffix in ("", "edit/"):
            assert client_for(officer_b).get(f"/stay-notices/{row.pk}/{suffix}").status_code == 404

    def test_the_admin_keeps_its_two_pickers(self, client_for, chief):
        page = client_for(chief).get("/admin/households/staynotice/add/").content.decode()
        assert 'name="household"' in page
        assert 'name="lodging"' in page
        assert StayNoticeForm.base_fields["id_number"].label in page


class TestTooLong:
    def long(self, host, came, nights, **changes):
        leaves = timezone.localdate(came) + dt.timedelta(days=nights)
        return guest(host, came, leaves_on=typed(leaves), **changes)

    def test_29_nights_are_a_stay(self, client_for, officer_a, home, came):
        assert client_for(officer_a).post(CREATE, self.long(home, came, 29)).status_code == 302

    def test_30_are_refused_and_a_temporary_residence_is_offered(
        self, client_for, officer_a, home, came
    ):
        answer = client_for(officer_a).post(CREATE, self.long(home, came, 30))
        last = typed(timezone.localdate(came) + dt.timedelta(days=29))
        assert f"tối đa 29 đêm: đi muộn nhất {last}" in errors(answer, "leaves_on")
        assert list(answer.context["form"].errors) == ["leaves_on"]
        page = answer.content.decode()
        [form] = re.findall(r"<form[^>]*data-record-form.*?</form>", page, re.DOTALL)
        [offer] = re.findall(r"<button[^>]*formaction[^>]*>", form)
        assert 'formaction="/temporary-residents/create/"' in offer
        assert 'name="_prefill" value="1"' in offer
        for name in ("guest_name", "birth", "id_number", "host", "leaves_on"):
            assert re.search(rf'name="{name}" value="[^"]+"', form), name
        assert 'action="/temporary' not in form.replace(offer, "")
        # Enter presses the first button of a form: that one saves.
        first = re.findall(r"<button[^>]*>", form)[0]
        assert "formaction" not in first
        assert not StayNotice.objects.exists()

    def test_the_offer_is_for_those_who_may_take_it(self, client_for, duty, officer_a, home, came):
        for user in (duty, officer_a):
            if user is officer_a:
                Group.objects.get(name="area_officer").permissions.remove(
                    Permission.objects.get(codename="add_resident")
                )
            answer = client_for(user).post(CREATE, self.long(home, came, 30))
            assert "tối đa 29 đêm" in errors(answer, "leaves_on")
            assert "formaction" not in answer.content.decode()

    def test_the_limit_is_the_rule_of_the_day_of_arrival(self, client_for, officer_a, home, came):
        rule = ResidenceRule.objects.get(key="stay_days")
        newer = {"legal_basis": "Luật mới", "valid_from": timezone.localdate(came)}
        ResidenceRule.objects.create(key=rule.key, value=9, **newer)
        client = client_for(officer_a)
        answer = client.post(CREATE, self.long(home, came, 10))
        assert "tối đa 9 đêm" in errors(answer, "leaves_on")
        before = came - dt.timedelta(days=1)
        assert client.post(CREATE, self.long(home, before, 10)).status_code == 302


class TestHosts:
    def ask(self, client, query):
        return client.get(HOSTS, {"q": query}).json()["results"]

    def test_it_offers_households_and_trading_businesses_of_the_users(
        self, client_for, officer_a, area_a, area_b, hotel
    ):
        home = factories.HouseholdFactory(neighbourhood=area_a, address="Số 5 đường Sông La")
        factories.ResidenceFactory(household=home, resident__full_name="Trần Thị Sông")
        closed = factories.BusinessFactory(neighbourhood=area_a, name="Sông La đã đóng")
        Business.objects.filter(pk=closed.pk).update(state="closed")
        gone = factories.HouseholdFactory(neighbourhood=area_a, address="Số 6 đường Sông La")
        Household.objects.filter(pk=gone.pk).update(dissolved_on=day(1))
        factories.HouseholdFactory(neighbourhood=area_b, address="Số 7 đường Sông La")
        factories.BusinessFactory(neighbourhood=area_b, name="Sông La của người khác")
        found = self.ask(client_for(officer_a), "song la")
        assert [(one["code"], one["label"]) for one in found] == [
            (home.code, "Trần Thị Sông"),
            (hotel.code, hotel.name),
        ]
        assert self.ask(client_for(officer_a), "tran thi song") == found[:1]
        assert [one["code"] for one in self.ask(client_for(officer_a), hotel.code)] == [hotel.code]

    def test_the_very_accents_come_first(self, client_for, officer_a, area_a, hotel):
        for name in ("An Nhã", "Doanh nghiệp tư nhân"):
            factories.BusinessFactory(neighbourhood=area_a, name=name)
        found = self.ask(client_for(officer_a), "nhà ngh")
        assert [one["label"] for one in found] == [hotel.name, "Doanh nghiệp tư nhân"]

    def test_numbers_and_nothing_find_nothing(self, client_for, officer_a, home):
        for query in ("", "  ", "099090000001", "\0", "x" * 5000):
            assert self.ask(client_for(officer_a), query) == []

    def test_many_of_one_kind_leave_room_for_the_other(self, client_for, chief, area_a):
        factories.HouseholdFactory.create_batch(9, neighbourhood=area_a, address="Đường Biển")
        factories.BusinessFactory.create_batch(2, neighbourhood=area_a, address="Đường Biển")
        codes = [one["code"][:2] for one in self.ask(client_for(chief), "bien")]
        assert (len(codes), codes.count("CS")) == (8, 2)

    def test_it_costs_the_same_for_one_and_thirty(
        self, client_for, chief, area_a, django_assert_max_num_queries
    ):
        client = client_for(chief)
        self.ask(client, "bien")
        factories.HouseholdFactory.create_batch(30, neighbourhood=area_a, address="Đường Biển")
        factories.BusinessFactory.create_batch(30, neighbourhood=area_a, address="Đường Biển")
        with django_assert_max_num_queries(8):
            self.ask(client, "bien")

    def test_leaders_may_not(self, client_for, leader):
        assert client_for(leader).get(HOSTS, {"q": "a"}).status_code == 403


# --- many guests of one place ---------------------------------------------------------------------

LIST = """Họ và tên\tNgày sinh\tSố giấy tờ\tNgày đi
Trần Văn Một\t5/9/1990\t099090000001\t{soon}
Trần Thị Hai; 1985; B1234567

Trần Văn Ba | 9/1979 |
Trần <b>\t1990\t099090000004
Trần Văn Năm
Trần Văn Sáu\t1990\t9909000006
Trần Văn Bảy\t1990\t\t{far}
Trần Văn Tám\t31/2/1990\t12
TRẦN VĂN MỘT\t05/09/1990\t099 090 000 001
Trần Văn Mười\t1990\t\t\tthừa"""


def pasted(place, came, text, **changes):
    return {
        "host": place.code,
        "arrived_at": moment(came),
        "leaves_on": typed(day(-2)),
        "guests": text,
        "reason": "Du lịch",
        "channel": "phone",
        "notified_at": moment(came + dt.timedelta(minutes=30)),
    } | changes


def carried(response):
    """Return what the preview's own form sends."""
    [form] = re.findall(
        r'<form[^>]*class="inline-form".*?</form>', response.content.decode(), re.DOTALL
    )
    names = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    names.pop("csrfmiddlewaretoken", None)
    assert not re.search(r"\?|<form[^>]*action", form.partition(">")[0])
    return names | dict(response.context["carried"])


class TestPaste:
    @pytest.fixture
    def text(self):
        return LIST.format(soon=typed(day(-3)), far=typed(day(-60)))

    def test_every_row_is_shown_as_good_or_refused(self, client_for, officer_a, hotel, came, text):
        response = client_for(officer_a).post(PASTE, pasted(hotel, came, text))
        assert response.status_code == 200
        guests = response.context["guests"]
        rows = [line for line in text.splitlines()[1:] if line.strip()]
        good = [one for one in guests if one.notice]
        refused = [one for one in guests if one.problems]
        assert len(guests) == len(good) + len(refused) == len(rows) == 10
        assert [one.line for one in guests] == [2, 3, 5, 6, 7, 8, 9, 10, 11, 12]
        assert [one.line for one in good] == [2, 3, 5]
        assert (response.context["good"], response.context["refused"]) == ("3", "7")
        told = {one.line: " ".join(one.problems) for one in refused}
        assert "Họ và tên khách: Họ tên chỉ gồm chữ" in told[6]
        assert "các cột chưa tách được" in told[7]
        assert "bỏ số 0 ở đầu" in told[8]
        assert "tối đa 29 đêm" in told[9]
        assert "không có trong lịch" in told[10]
        assert "hộ chiếu" in told[10]
        assert told[11] == "Trùng với dòng 2."
        assert "Thừa cột" in told[12]
        page = response.content.decode()
        assert all(html.escape(one) in page for one in told.values())
        assert "Trần &lt;b&gt;" in page
        assert "Dòng tiêu đề được bỏ qua" in page
        assert page.count('class="badge-ok">Ghi được') == 3
        assert not StayNotice.objects.exists()

    def test_one_confirmation_writes_the_good_rows(self, client_for, officer_a, hotel, came, text):
        client = client_for(officer_a)
        seen = client.post(PASTE, pasted(hotel, came, text))
        fields = carried(seen)
        done = client.post(PASTE, fields)
        assert done.url == "/stay-notices/"
        rows = list(StayNotice.objects.order_by("pk"))
        assert [row.guest_name for row in rows] == ["Trần Văn Một", "Trần Thị Hai", "Trần Văn Ba"]
        born = [format_birth(row.birth_date, row.birth_precision) for row in rows]
        assert born == ["05/09/1990", "1985", "09/1979"]
        assert [row.id_number for row in rows] == ["099090000001", "B1234567", ""]
        assert [row.leaves_on for row in rows] == [day(-3), day(-2), day(-2)]
        assert {row.lodging for row in rows} == {hotel}
        assert {(row.arrived_at, row.reason, row.channel) for row in rows} == {
            (came, "Du lịch", "phone")
        }
        assert {row.created_by for row in rows} == {officer_a}
        assert len({row.code for row in rows}) == 3
        assert not any(row.is_late for row in rows)
        created = AuditEntry.objects.filter(action="create", code__in=[row.code for row in rows])
        assert created.count() == 3
        assert (
            "Đã ghi 3 khách lưu trú tại Nhà nghỉ Sông La." in client.get(done.url).content.decode()
        )
        # Sent once more by a second click: the same answer, nothing new.
        assert client.post(PASTE, fields).url == done.url
        assert StayNotice.objects.count() == 3

    def test_who_is_there_already_is_refused_with_a_link(
        self, client_for, officer_a, hotel, home, came, text
    ):
        client = client_for(officer_a)
        client.post(PASTE, carried(client.post(PASTE, pasted(hotel, came, text))))
        first = StayNotice.objects.order_by("pk").first()
        later = came + dt.timedelta(hours=1)
        again = client.post(PASTE, pasted(hotel, later, text))
        assert again.context["good"] == ""
        sentence = again.context["guests"][0].problems[0]
        assert sentence == f'Khách này đã có: <a href="/stay-notices/{first.pk}/">{first.code}</a>.'
        assert sentence in again.content.decode()
        assert "Ghi 0 khách" not in again.content.decode()
        for host, when in ((home, came), (hotel, came - dt.timedelta(days=1))):
            assert client.post(PASTE, pasted(host, when, text)).context["good"] == "3"

    def test_rows_that_changed_since_the_preview_are_shown_again(
        self, client_for, officer_a, hotel, came, text
    ):
        client = client_for(officer_a)
        fields = carried(client.post(PASTE, pasted(hotel, came, text)))
        other = carried(
            client.post(PASTE, pasted(hotel, came, "Trần Văn Một;5/9/1990;099090000001"))
        )
        assert client.post(PASTE, other).status_code == 302
        answer = client.post(PASTE, fields)
        assert answer.status_code == 422
        assert "kết quả đọc vừa thay đổi" in answer.content.decode()
        assert answer.context["good"] == "2"
        assert StayNotice.objects.count() == 1
        assert client.post(PASTE, carried(answer)).status_code == 302
        assert StayNotice.objects.count() == 3

    def test_a_confirmation_is_checked_anew(self, client_for, officer_a, area_b, hotel, came):
        client = client_for(officer_a)
        foreign = factories.BusinessFactory(neighbourhood=area_b)
        fields = carried(client.post(PASTE, pasted(hotel, came, "Trần Văn Một;1990")))
        wrong = [
            ({"host": foreign.code}, "host"),
            ({"guests": ""}, "guests"),
            ({"arrived_at": "x"}, "arrived_at"),
        ]
        for changes, field in wrong:
            assert errors(client.post(PASTE, {**fields, **changes}), field)
        unseen = {**fields, "guests": "Trần Văn Một;1990\nTrần Văn Hai;1991"}
        assert client.post(PASTE, unseen).status_code == 422
        assert client.post(PASTE, {**fields, "_seen": "", "guests": "x"}).status_code == 422
        assert not StayNotice.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"host": ""}, "host", "Chọn hộ hoặc cơ sở"),
            ({"host": "CS-99999"}, "host", "Không thấy mã"),
            ({"guests": ""}, "guests", "bắt buộc"),
            ({"guests": " \n\t;\n"}, "guests", "Chưa có dòng khách nào"),
            ({"guests": "Họ và tên\tNgày sinh"}, "guests", "Chưa có dòng khách nào"),
            ({"arrived_at": f"{typed(day(-1))} 20:00"}, "arrived_at", "Khách chưa đến"),
            ({"leaves_on": typed(day(-60))}, "leaves_on", "tối đa 29 đêm"),
            ({"notified_at": "x"}, "notified_at", "như 24/11/2026 21:30"),
        ],
    )
    def test_what_they_share_is_told_beside_its_field(
        self, client_for, officer_a, hotel, came, changes, field, sentence
    ):
        fields = pasted(hotel, came, "Trần Văn Một;1990", **changes)
        answer = client_for(officer_a).post(PASTE, fields)
        assert sentence in errors(answer, field)
        assert list(answer.context["form"].errors) == [field]
        if "guests" not in changes:
            assert "Trần Văn Một;1990" in answer.content.decode()

    def test_two_hundred_rows_are_taken_and_one_more_is_not(
        self, client_for, officer_a, hotel, came
    ):
        client = client_for(officer_a)
        rows = [
            f"Trần Văn {'ABCDEGHIKLM'[n // 20]};1990;09909{n:07d}" for n in range(MOST_GUESTS + 1)
        ]
        answer = client.post(PASTE, pasted(hotel, came, "\n".join(rows)))
        assert "Có 201 dòng: mỗi lần tối đa 200 dòng." in errors(answer, "guests")
        assert rows[-1] in answer.content.decode()
        with CaptureQueriesContext(connection) as preview:
            seen = client.post(PASTE, pasted(hotel, came, "\n".join(rows[1:])))
        assert seen.context["good"] == "200"
        with CaptureQueriesContext(connection) as writing:
            assert client.post(PASTE, carried(seen)).status_code == 302
        assert StayNotice.objects.count() == 200
        assert len(preview) <= 12
        assert len(writing) <= 40

    def test_nothing_of_a_guest_is_kept_between_the_steps(
        self, client_for, officer_a, hotel, came, text
    ):
        client = client_for(officer_a)
        before = AuditEntry.objects.count()
        response = client.post(PASTE, pasted(hotel, came, text))
        assert "099090000001" not in str(dict(client.session))
        assert AuditEntry.objects.count() == before
        links = re.findall(r'(?:href|action)="([^"]*)"', response.content.decode())
        assert not any("09909" in link or "Tr%" in link for link in links)

    def test_who_may(self, client_for, duty, leader, officer_a):
        assert client_for(duty).get(PASTE).status_code == 200
        assert client_for(leader).get(PASTE).status_code == 403
        assert PASTE in client_for(duty).get("/stay-notices/").content.decode()
        Group.objects.get(name="area_officer").permissions.remove(
            Permission.objects.get(codename="add_staynotice")
        )
        client = client_for(officer_a)
        assert client.get(PASTE).status_code == client.post(PASTE, {}).status_code == 403
        assert PASTE not in client.get("/stay-notices/").content.decode()


@pytest.mark.parametrize(
    ("text", "rows", "header"),
    [
        ("", [], False),
        ("a;1990", [(1, ["a", "1990"])], False),
        ('"Trần A"\t"1990"\t\t', [(1, ["Trần A", "1990"])], False),
        ("Họ tên;Năm sinh\na;1990", [(2, ["a", "1990"])], True),
        ("TÊN KHÁCH | NGÀY SINH | CCCD", [], True),
        ("Họ và tên", [], True),
        ("a;1990\nHọ tên;Năm sinh", [(1, ["a", "1990"]), (2, ["Họ tên", "Năm sinh"])], False),
        ("Hồ Tến;1990", [(1, ["Hồ Tến", "1990"])], False),
        ("a\u00a0b\t1990\r\n\r\n;;\r\nc", [(1, ["a b", "1990"]), (4, ["c"])], False),
    ],
)
def test_pasted_rows(text, rows, header):
    assert read_rows(text) == (rows, header)


# --- lodgings that tell late ----------------------------------------------------------------------


class TestLodgings:
    @pytest.fixture
    def october(self):
        """15/9 to 14/10/2026, as the reports count it."""
        return Month.parse("2026-10", start_day=15)

    @pytest.fixture
    def told(self, hotel, home, area_b, october):
        """Hotel: 4, 2 late, and one of the month before; in b 1 in time; at home 1 late."""
        foreign = factories.BusinessFactory(neighbourhood=area_b, name="Khách sạn Biển")
        start, end = october.period.start_at, october.period.end_at
        hour, minute = dt.timedelta(hours=1), dt.timedelta(minutes=1)

        def notice(arrived, notified, **host):
            leaves = timezone.localdate(arrived) + dt.timedelta(days=1)
            factories.StayNoticeFactory(
                arrived_at=arrived, notified_at=notified, leaves_on=leaves, **host
            )

        there = {"household": None, "lodging": hotel}
        notice(start, start + 23 * hour, **there)  # due at 23:00: the very minute is in time
        notice(start, start + 23 * hour + minute, **there)
        notice(end - minute, end + 8 * hour, **there)  # came at 23:59: until 08:00
        notice(end - minute, end + 8 * hour + minute, **there)
        notice(start - minute, start + 12 * hour, **there)  # late, but in September's month
        notice(start, start + hour, household=None, lodging=foreign)
        notice(start, start + 30 * hour, household=home)
        return foreign

    @pytest.fixture(autouse=True)
    def november(self, time_machine):
        time_machine.move_to(dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC))

    def rows(self, response):
        names = ("name", "notices", "late", "share")
        return [tuple(row[name] for name in names) for row in response.context["rows"]]

    def test_by_hand(self, client_for, chief, told):
        response = client_for(chief).get(LODGINGS, {"month": "2026-10"})
        assert self.rows(response) == [
            ("Nhà nghỉ Sông La", 4, 2, "50,0 %"),
            ("Khách sạn Biển", 1, 0, "0,0 %"),
        ]
        assert response.context["total"] == {"notices": 5, "late": 2, "share": "40,0 %"}
        before = client_for(chief).get(LODGINGS, {"month": "2026-09"})
        assert self.rows(before) == [("Nhà nghỉ Sông La", 1, 1, "100,0 %")]

    def test_each_count_opens_its_rows(self, client_for, chief, told):
        client = client_for(chief)
        for row in client.get(LODGINGS, {"month": "2026-10"}).context["rows"]:
            for name in ("notices", "late"):
                listed = client.get(row[f"{name}_url"])
                assert listed.context["page"]["count"] == str(row[name])
                assert not listed.context["filterset"].form.errors

    def test_an_officer_sees_his_own(self, client_for, officer_a, officer_b, told):
        asked = {"month": "2026-10"}
        response = client_for(officer_a).get(LODGINGS, asked)
        assert [row[0] for row in self.rows(response)] == ["Nhà nghỉ Sông La"]
        assert told.name not in response.content.decode()
        assert [row[0] for row in self.rows(client_for(officer_b).get(LODGINGS, asked))] == [
            "Khách sạn Biển"
        ]

    def test_the_current_month_comes_first_and_leads_back_and_forward(self, client_for, chief):
        client = client_for(chief)
        response = client.get(LODGINGS)
        assert str(response.context["month"]) == "2026-12"  # 20 November is reported in December
        assert response.context["next_url"] == ""
        assert "chưa có thông báo nào" in response.content.decode()
        before = client.get(response.context["prev_url"])
        assert str(before.context["month"]) == "2026-11"
        assert str(client.get(before.context["next_url"]).context["month"]) == "2026-12"
        assert client.get(LODGINGS, {"month": "2000-01"}).context["prev_url"] == ""

    @pytest.mark.parametrize(
        ("month", "sentence"),
        [
            ("x", "như 2026-10"),
            ("2026-13", "như 2026-10"),
            ("\0", "như 2026-10"),
            ("2027-01", "Tháng 1/2027 chưa tới"),
            ("1999-12", "trước năm 2000"),
        ],
    )
    def test_another_month_is_told(self, client_for, chief, month, sentence):
        response = client_for(chief).get(LODGINGS, {"month": month})
        assert sentence in response.content.decode()
        assert str(response.context["month"]) == "2026-12"

    def test_it_costs_the_same_for_one_and_thirty(self, client_for, chief, area_a):
        def more(count):
            for hotel in factories.BusinessFactory.create_batch(count, neighbourhood=area_a):
                factories.StayNoticeFactory(household=None, lodging=hotel)

        def cost():
            with CaptureQueriesContext(connection) as queries:
                client.get(LODGINGS)
            return len(queries)

        client = client_for(chief)
        more(1)
        client.get(LODGINGS)
        one = cost()
        more(29)
        assert cost() == one
        assert len(client.get(LODGINGS).context["rows"]) == 30

    def test_who_may(self, client_for, duty, leader):
        assert client_for(duty).get(LODGINGS).status_code == 200
        assert client_for(leader).get(LODGINGS).status_code == 403
        assert LODGINGS in client_for(duty).get("/stay-notices/").content.decode()
