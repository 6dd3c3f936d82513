"""Awards: proposal, decision, notice or none; the days they take, and the paper."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kylien.audit.models import AuditEntry
from outreach.models import Award
from outreach.services import awards as services
from tests.factories import (
    AwardFactory,
    CampaignFactory,
    GroupFactory,
    PartnerFactory,
    WardFactory,
    day,
)

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


def new(**changes):
    return {
        "group": "",
        "campaign": "",
        "partner": "",
        "recipient": "",
        "neighbourhood": "",
        "form": "Giấy khen",
        "deed": "Báo tin kịp thời",
        "deed_on": typed(day(20)),
        "proposed_on": typed(day(12)),
    } | changes


@pytest.fixture
def group(area_a):
    return GroupFactory(neighbourhood=area_a, name="Tổ liên gia số 3")


@pytest.fixture
def award(group):
    return AwardFactory(group=group, deed_on=day(40), proposed_on=day(30))


@pytest.fixture
def decided(award):
    award.decided_on, award.decision = day(10), "112/QĐ-UBND"
    award.save()
    return award


class TestProposing:
    def test_for_a_group(self, client_for, officer_a, area_a, group):
        client = client_for(officer_a)
        done = client.post("/awards/create/", new(group=group.code))
        row = Award.objects.get()
        assert done.url == f"/awards/{row.pk}/"
        assert (row.group, row.neighbourhood) == (group, area_a)
        assert "Tổ liên gia số 3" in client.get(done.url).content.decode()
        assert row.code in client.get("/awards/").content.decode()

    def test_for_a_model_of_the_ward_and_for_anybody(self, client_for, chief):
        client = client_for(chief)
        model = CampaignFactory(neighbourhood=None)
        assert client.post("/awards/create/", new(campaign=model.code)).status_code == 302
        fields = new(recipient="Anh thợ sửa xe chợ mới", partner="")
        assert client.post("/awards/create/", fields).status_code == 302
        partner = PartnerFactory()
        assert client.post("/awards/create/", new(partner=partner.pk)).status_code == 302
        assert Award.objects.filter(neighbourhood=None).count() == 3

    def test_an_officer_says_where(self, client_for, officer_a, area_a):
        client = client_for(officer_a)
        answer = client.post("/awards/create/", new(recipient="Dân quân"))
        assert "trong địa bàn" in errors(answer, "neighbourhood")
        fields = new(recipient="Dân quân", neighbourhood=area_a.pk)
        assert client.post("/awards/create/", fields).status_code == 302

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"recipient": ""}, "recipient", "Chọn tổ, tổ chức"),
            ({"group": "TLG-9999"}, "group", "Không thấy mã"),
            ({"deed": ""}, "deed", "bắt buộc"),
            ({"deed": "x" * 301}, "deed", "300"),
            ({"form": ""}, "form", "bắt buộc"),
            ({"deed_on": typed(day(-1))}, "deed_on", "không thể sau hôm nay"),
            ({"proposed_on": typed(day(-1))}, "proposed_on", "không thể sau hôm nay"),
            ({"proposed_on": "30/2/2026"}, "proposed_on", "không có trong lịch"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, chief, changes, field, sentence):
        answer = client_for(chief).post("/awards/create/", new(**{"recipient": "Ai đó"} | changes))
        assert sentence in errors(answer, field)
        assert answer.context["form"]["deed"].value() == new(**changes)["deed"]
        assert not Award.objects.exists()

    def test_proposed_before_the_deed(self, client_for, chief):
        fields = new(recipient="Ai đó", proposed_on=typed(day(21)))
        answer = client_for(chief).post("/awards/create/", fields)
        assert answer.status_code == 422
        assert "Thứ tự phải là" in str(answer.context["form"].errors)

    def test_for_one_alone(self, client_for, chief, group):
        fields = new(group=group.code, recipient="Và ai nữa")
        answer = client_for(chief).post("/awards/create/", fields)
        assert "mỗi đề nghị cho một" in errors(answer, "recipient")

    def test_a_group_elsewhere(self, client_for, chief, group, area_b):
        fields = new(group=group.code, neighbourhood=area_b.pk)
        answer = client_for(chief).post("/awards/create/", fields)
        assert "Tổ liên gia số 3 ở" in errors(answer, "neighbourhood")

    def test_a_group_of_another_beat(self, client_for, officer_b, group):
        answer = client_for(officer_b).post("/awards/create/", new(group=group.code))
        assert "Không thấy mã" in errors(answer, "group")


class TestSteps:
    def post(self, client, row, step, **fields):
        return client.post(f"/awards/{row.pk}/{step}/", {"version": row.version} | fields)

    def labels(self, client, row):
        return [one["label"] for one in client.get(row.get_absolute_url()).context["actions"]]

    def test_from_the_deed_to_the_notice(self, client_for, officer_a, award):
        client = client_for(officer_a)
        assert self.labels(client, award) == ["In tờ trình", "Sửa", "Không khen", "Ghi quyết định"]
        assert "đã 40 ngày" in client.get(award.get_absolute_url()).content.decode()
        done = self.post(
            client, award, "decide", decided_on=typed(day(10)), decision="9/QĐ", form="Giấy khen"
        )
        assert done.url == award.get_absolute_url()
        award.refresh_from_db()
        assert (award.decided_on, award.decision, award.days) == (day(10), "9/QĐ", 30)
        assert self.labels(client, award)[-2:] == ["Bỏ bước vừa ghi", "Ghi công bố"]
        self.post(client, award, "announce", noticed_on=typed(day(8)))
        award.refresh_from_db()
        assert award.noticed_on == day(8)
        steps = client.get(award.get_absolute_url()).context["steps"]
        assert [(one.label, one.state, one.note) for one in steps] == [
            ("Thành tích", "done", ""),
            ("Đề nghị", "done", "10 ngày sau thành tích"),
            ("Quyết định", "done", "30 ngày sau thành tích"),
            ("Công bố", "done", "32 ngày sau thành tích"),
        ]
        assert "30 ngày" in client.get("/awards/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"decision": ""}, "decision", "bắt buộc"),
            ({"decided_on": ""}, "decided_on", "bắt buộc"),
            ({"decided_on": typed(day(31))}, "decided_on", "Thứ tự phải là"),
            ({"decided_on": typed(day(-1))}, "decided_on", "không thể sau hôm nay"),
        ],
    )
    def test_a_bad_decision(self, client_for, officer_a, award, changes, field, sentence):
        fields = {"decided_on": typed(day(9)), "decision": "9/QĐ", "form": "Giấy khen"} | changes
        answer = self.post(client_for(officer_a), award, "decide", **fields)
        assert sentence in errors(answer, field)
        award.refresh_from_db()
        assert award.decided_on is None

    def test_a_notice_before_the_decision(self, client_for, officer_a, decided):
        answer = self.post(client_for(officer_a), decided, "announce", noticed_on=typed(day(11)))
        assert "Thứ tự phải là" in errors(answer, "noticed_on")

    def test_a_notice_without_decision(self, client_for, officer_a, award):
        answer = self.post(client_for(officer_a), award, "announce", noticed_on=typed(day(1)))
        assert answer.status_code == 422
        assert "Chưa có quyết định" in services_sentence(services.announce, award)

    def test_none(self, client_for, officer_a, award):
        client = client_for(officer_a)
        early = {"declined_on": typed(day(31)), "decline_reason": "Chưa đủ"}
        answer = self.post(client, award, "decline", **early)
        assert "trước ngày đề nghị" in errors(answer, "declined_on")
        answer = self.post(client, award, "decline", declined_on=typed(day(1)), decline_reason="")
        assert "bắt buộc" in errors(answer, "decline_reason")
        self.post(client, award, "decline", declined_on=typed(day(1)), decline_reason="Chưa đủ")
        award.refresh_from_db()
        assert award.state_badge() == ("mute", "Không khen")
        assert award.days_label(day()) is None
        fields = {"decided_on": typed(day()), "decision": "9/QĐ", "form": "Giấy khen"}
        assert self.post(client, award, "decide", **fields).status_code == 422
        assert "Bỏ bước đó trước" in services_sentence(services.decide, award)

    def test_none_after_a_decision(self, client_for, officer_a, decided):
        fields = {"declined_on": typed(day()), "decline_reason": "Sai"}
        assert self.post(client_for(officer_a), decided, "decline", **fields).status_code == 422
        decided.refresh_from_db()
        assert decided.declined_on is None

    def test_taking_back_step_by_step(self, client_for, officer_a, decided):
        decided.noticed_on = day(2)
        decided.save()
        client = client_for(officer_a)
        client.post(f"/awards/{decided.pk}/take-back/", {"version": 1})  # an old page
        decided.refresh_from_db()
        assert decided.noticed_on
        for noticed, when in ((None, day(10)), (None, None), (None, None)):
            self.post(client, decided, "take-back")
            decided.refresh_from_db()
            assert (decided.noticed_on, decided.decided_on) == (noticed, when)
        assert decided.decision == ""

    def test_a_stale_decision_is_refused(self, client_for, officer_a, award):
        Award.objects.filter(pk=award.pk).update(deed="Việc khác")
        fields = {"decided_on": typed(day()), "decision": "9/QĐ", "form": "Giấy khen"}
        answer = self.post(client_for(officer_a), award, "decide", **fields)
        assert answer.context["stale"] is not None


def services_sentence(service, award):
    with pytest.raises(ValidationError) as refused:
        service(award=award)
    return " ".join(refused.value.messages)


class TestReading:
    def test_scope_and_roles(
        self, client_for, award, chief, clerk, officer_a, officer_b, duty, leader, superuser
    ):
        url = award.get_absolute_url()
        for user, seen, changed in (
            (chief, 200, 200),
            (clerk, 200, 200),
            (officer_a, 200, 200),
            (officer_b, 404, 404),
            (duty, 200, 403),
            (leader, 403, 403),
            (superuser, 403, 403),
        ):
            client = client_for(user)
            assert client.get(url).status_code == seen
            assert client.get(f"{url}print/").status_code == seen
            assert client.get(f"{url}decide/").status_code == changed
            taken = client.post(f"{url}take-back/", {"version": 1})
            assert taken.status_code == (302 if changed == 200 else changed)

    def test_the_wards_own_are_decided_by_those_of_the_ward(self, client_for, officer_a, chief):
        row = AwardFactory(group=None, partner=PartnerFactory(), neighbourhood=None)
        for step in ("edit", "decide", "announce", "decline"):
            url = f"/awards/{row.pk}/{step}/"
            assert client_for(officer_a).get(url).status_code == 403
            assert client_for(chief).get(url).status_code == 200
        assert client_for(officer_a).post(f"/awards/{row.pk}/take-back/").status_code == 403
        assert client_for(officer_a).get(row.get_absolute_url()).status_code == 200

    def test_filters(self, client_for, chief, award, decided):
        client = client_for(chief)
        year = award.proposed_on.year
        for query, listed in (
            ("state=decided", True),
            ("state=proposed", False),
            ("state=noticed", False),
            ("state=declined", False),
            (f"year={year}", True),
            (f"year={year - 1}", False),
            ("year=abc", False),
            (f"neighbourhood={award.neighbourhood_id}", True),
        ):
            assert (award.code in client.get(f"/awards/?{query}").content.decode()) == listed, query

    def test_the_paper(self, client_for, officer_a, award):
        WardFactory(name="Kỳ Liên", valid_from=day(3000), superior="Công an tỉnh Hà Tĩnh")
        page = client_for(officer_a).get(f"/awards/{award.pk}/print/").content.decode()
        for words in ("TỜ TRÌNH", "Tổ liên gia số 3", "Báo tin kịp thời", "Giấy khen", "/TTr-CAP"):
            assert words in page
        assert f"ngày {award.proposed_on.day:02d} tháng" in page
        assert AuditEntry.objects.get(action="print").code == award.code

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_queries_do_not_grow(self, client_for, officer_a, area_a, rows):
        for _ in range(rows):
            one = AwardFactory(group=GroupFactory(neighbourhood=area_a))
            AwardFactory(
                group=None, campaign=CampaignFactory(neighbourhood=area_a), neighbourhood=area_a
            )
        client = client_for(officer_a)
        for url, most in (("/awards/", 12), (one.get_absolute_url(), 14)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(url).status_code == 200
            assert len(queries) <= most
