"""Community models: criteria with evidence, results counted, carrying over, and no persons."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Campaign, CampaignCriterion
from tests.factories import (
    ActivityFactory,
    AwardFactory,
    CampaignCriterionFactory,
    CampaignFactory,
    day,
)

pytestmark = pytest.mark.django_db


def typed(when):
    return when.strftime("%d/%m/%Y")


def errors(response, name):
    assert response.status_code == 422
    return " ".join(map(str, response.context["form"].errors[name]))


@pytest.fixture
def campaign(area_a):
    return CampaignFactory(neighbourhood=area_a, name="Camera ngõ xóm")


def new(area, **changes):
    return {
        "name": "Tiếng kẻng an ninh",
        "kind": "self_guard",
        "neighbourhood": area.pk if area else "",
        "started_on": typed(day(3)),
        "goal": "Mỗi ngõ một kẻng",
    } | changes


class TestNoPersons:
    @pytest.mark.parametrize("model", [Campaign, CampaignCriterion])
    def test_no_field_links_to_people(self, model):
        allowed = {"Neighbourhood", "Campaign", "CampaignCriterion", "Activity", "Award"}
        linked = {f.related_model.__name__ for f in model._meta.get_fields() if f.is_relation}
        assert linked <= allowed
        assert not model._meta.many_to_many

    @pytest.mark.parametrize("model", [Campaign, CampaignCriterion])
    def test_no_field_is_named_after_people(self, model):
        words = r"person|people|member|resident|household|citizen|phone|full_name|birth|address"
        names = [f.name for f in model._meta.get_fields()]
        assert [name for name in names if re.search(words, name)] == []

    def test_the_forms_warn(self, client_for, officer_a, campaign):
        client = client_for(officer_a)
        for url in ("/campaigns/create/", f"/campaigns/{campaign.pk}/edit/"):
            assert "mô hình không có danh sách người" in client.get(url).content.decode()


class TestPages:
    def test_it_is_written(self, client_for, officer_a, area_a):
        client = client_for(officer_a)
        done = client.post("/campaigns/create/", new(area_a))
        row = Campaign.objects.get()
        assert done.url == f"/campaigns/{row.pk}/"
        page = client.get(done.url).content.decode()
        assert "Mỗi ngõ một kẻng" in page
        assert row.code in client.get("/campaigns/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"name": ""}, "name", "bắt buộc"),
            ({"kind": "x"}, "kind", "Hãy chọn"),
            ({"started_on": "32/1/2026"}, "started_on", ""),
            ({"goal": ""}, "goal", "bắt buộc"),
            ({"goal": "x" * 2001}, "goal", "2000"),
            ({"neighbourhood": ""}, "neighbourhood", "bắt buộc"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, officer_a, area_a, changes, field, sentence):
        answer = client_for(officer_a).post("/campaigns/create/", new(area_a, **changes))
        assert sentence in errors(answer, field)
        assert not Campaign.objects.exists()

    def test_an_end_before_the_start(self, client_for, officer_a, area_a, campaign):
        fields = new(area_a, ended_on=typed(day(3)), version=1)
        answer = client_for(officer_a).post(f"/campaigns/{campaign.pk}/edit/", fields)
        assert "phải sau ngày bắt đầu" in errors(answer, "ended_on")

    def test_the_wards_own_are_kept_by_the_chief(self, client_for, chief, officer_a, area_a):
        row = CampaignFactory(neighbourhood=None)
        criterion = CampaignCriterionFactory(campaign=row)
        paths = (
            f"/campaigns/{row.pk}/edit/",
            f"/campaigns/{row.pk}/criteria/",
            f"/campaign-criteria/{criterion.pk}/edit/",
        )
        assert client_for(officer_a).get(row.get_absolute_url()).status_code == 200
        assert [client_for(officer_a).get(url).status_code for url in paths] == [403] * 3
        assert [client_for(chief).get(url).status_code for url in paths] == [200] * 3
        page = client_for(officer_a).get(row.get_absolute_url())
        assert page.context["form"] is None
        assert not page.context["may_edit"]

    def test_scope_and_roles(
        self, client_for, campaign, officer_a, officer_b, duty, clerk, leader, superuser
    ):
        url = campaign.get_absolute_url()
        for user, seen, changed in (
            (officer_a, 200, 200),
            (clerk, 200, 200),
            (officer_b, 404, 404),
            (duty, 200, 403),
            (leader, 403, 403),
            (superuser, 403, 403),
        ):
            client = client_for(user)
            assert client.get(url).status_code == seen
            assert client.get(f"{url}edit/").status_code == changed
            assert client.get(f"{url}copy/").status_code == changed
        assert campaign.code not in client_for(officer_b).get("/campaigns/").content.decode()

    def test_results_are_counted(self, client_for, officer_a, area_a, campaign):
        CampaignCriterionFactory(campaign=campaign, met_on=day(5), evidence="Biên bản 3")
        CampaignCriterionFactory(campaign=campaign)
        ActivityFactory(neighbourhood=area_a, campaign=campaign, held_on=day(9), attendance=30)
        ActivityFactory(neighbourhood=area_a, campaign=campaign, held_on=day(2), attendance=12)
        ActivityFactory(neighbourhood=area_a, campaign=campaign, held_on=None, planned_on=day(-2))
        ActivityFactory(neighbourhood=area_a, attendance=500)
        CampaignFactory(copied_from=campaign, neighbourhood=area_a)
        CampaignFactory(copied_from=campaign)  # in another beat
        AwardFactory(campaign=campaign, group=None, neighbourhood=area_a)
        page = client_for(officer_a).get(campaign.get_absolute_url())
        assert page.context["tiles"] == [
            ("Tiêu chí đạt", "1/2", ""),
            ("Hoạt động đã tổ chức", "2", f"gần nhất {typed(day(2))}"),
            ("Lượt người dự", "42", ""),
            ("Nhân rộng", "1", ""),
        ]
        assert page.context["planned"] == 1
        assert len(page.context["awards"]) == 1

    def test_a_model_of_another_beat_is_not_named(self, client_for, officer_a, area_a, area_b):
        source = CampaignFactory(neighbourhood=area_b, name="Kẻng bí mật")
        row = CampaignFactory(neighbourhood=area_a, copied_from=source, name="Kẻng của ta")
        page = client_for(officer_a).get(row.get_absolute_url()).content.decode()
        assert "Kẻng bí mật" not in page
        assert source.code in page

    @pytest.mark.parametrize(
        ("state", "listed"),
        [
            ("running", True),
            ("unmet", True),
            ("met", False),
            ("copied", False),
            ("ended", False),
            ("sai", False),
        ],
    )
    def test_filters(self, client_for, officer_a, campaign, state, listed):
        CampaignCriterionFactory(campaign=campaign)
        page = client_for(officer_a).get(f"/campaigns/?state={state}").content.decode()
        assert (campaign.code in page) == listed

    def test_filters_the_other_way(self, client_for, officer_a, area_a, campaign):
        CampaignCriterionFactory(campaign=campaign, met_on=day(1), evidence="Có")
        CampaignFactory(copied_from=campaign, neighbourhood=area_a)
        Campaign.objects.filter(pk=campaign.pk).update(ended_on=day())
        for state, listed in (
            ("met", True), ("unmet", False), ("copied", True), ("ended", True), ("running", False),
        ):  # fmt: skip
            page = client_for(officer_a).get(f"/campaigns/?state={state}").content.decode()
            assert (campaign.code in page) == listed, state

    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_queries_do_not_grow(self, client_for, officer_a, area_a, campaign, rows):
        for _ in range(rows):
            CampaignCriterionFactory(campaign=campaign)
            ActivityFactory(neighbourhood=area_a, campaign=campaign)
            CampaignFactory(copied_from=campaign, neighbourhood=area_a)
            AwardFactory(campaign=campaign, group=None, neighbourhood=area_a)
        client = client_for(officer_a)
        with CaptureQueriesContext(connection) as queries:
            client.get("/campaigns/")
        assert len(queries) <= 12
        with CaptureQueriesContext(connection) as queries:
            client.get(campaign.get_absolute_url())
        assert len(queries) <= 14


class TestCriteria:
    def test_one_is_added_and_met(self, client_for, officer_a, campaign):
        client = client_for(officer_a)
        url = f"/campaigns/{campaign.pk}/criteria/"
        done = client.post(url, {"criterion-content": "80% ngõ có camera"})
        assert done.url == campaign.get_absolute_url() + "#criteria"
        row = campaign.criteria.get()
        assert (row.content, row.met_on) == ("80% ngõ có camera", None)
        fields = {
            "content": row.content,
            "met_on": typed(day(1)),
            "evidence": "Biên bản nghiệm thu",
            "version": 1,
        }
        client.post(f"/campaign-criteria/{row.pk}/edit/", fields)
        row.refresh_from_db()
        assert row.met_on == day(1)
        fields |= {"met_on": "", "evidence": "", "version": row.version}
        client.post(f"/campaign-criteria/{row.pk}/edit/", fields)
        row.refresh_from_db()
        assert row.met_on is None

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"evidence": ""}, "evidence", "ghi minh chứng"),
            ({"met_on": ""}, "met_on", "ghi ngày đạt"),
            ({"met_on": typed(day(-1))}, "met_on", "không thể sau hôm nay"),
            ({"met_on": "hôm qua"}, "met_on", ""),
            ({"content": ""}, "content", "bắt buộc"),
        ],
    )
    def test_a_bad_value_is_told(self, client_for, officer_a, campaign, changes, field, sentence):
        row = CampaignCriterionFactory(campaign=campaign)
        fields = {"content": "Có quy chế", "met_on": typed(day(1)), "evidence": "Có", "version": 1}
        url = f"/campaign-criteria/{row.pk}/edit/"
        answer = client_for(officer_a).post(url, fields | changes)
        assert sentence in errors(answer, field)
        row.refresh_from_db()
        assert row.met_on is None


class TestCopying:
    def copy(self, client, campaign, *areas, **changes):
        fields = {
            "neighbourhoods": [getattr(area, "pk", area) for area in areas],
            "from_day": typed(day()),
        }
        return client.post(f"/campaigns/{campaign.pk}/copy/", fields | changes)

    def test_each_neighbourhood_gets_its_own(self, client_for, chief, area_b, campaign):
        CampaignCriterionFactory(
            campaign=campaign, content="Có quy chế", met_on=day(1), evidence="Có"
        )
        third = CampaignFactory().neighbourhood
        done = self.copy(client_for(chief), campaign, area_b, third)
        assert done.url == campaign.get_absolute_url() + "#copies"
        made = Campaign.objects.filter(copied_from=campaign).order_by("pk")
        assert {row.neighbourhood for row in made} == {area_b, third}
        assert len({row.code for row in made}) == 2
        for row in made:
            criterion = row.criteria.get()
            assert (criterion.content, criterion.met_on) == ("Có quy chế", None)
            assert (row.goal, row.results) == (campaign.goal, "")

    def test_where_it_runs_already(self, client_for, chief, area_b, campaign):
        client = client_for(chief)
        self.copy(client, campaign, area_b)
        answer = self.copy(client, campaign, area_b)
        assert f"{area_b} đã có mô hình này" in errors(answer, "neighbourhoods")
        Campaign.objects.filter(copied_from=campaign).update(started_on=day(9), ended_on=day(1))
        assert self.copy(client, campaign, area_b).status_code == 302

    @pytest.mark.parametrize("areas", [[], ["9" * 30], ["x"], ["own"]])
    def test_nowhere(self, client_for, chief, area_a, campaign, areas):
        areas = [area_a if one == "own" else one for one in areas]
        answer = self.copy(client_for(chief), campaign, *areas)
        assert errors(answer, "neighbourhoods")
        assert Campaign.objects.count() == 1

    def test_a_bad_day(self, client_for, chief, area_b, campaign):
        answer = self.copy(client_for(chief), campaign, area_b, from_day="29/2/2026")
        assert errors(answer, "from_day")
        assert answer.context["form"]["neighbourhoods"].value() == [str(area_b.pk)]

    def test_an_officer_copies_to_his_own(self, client_for, officer_b, area_a, area_b):
        row = CampaignFactory(neighbourhood=None)
        client = client_for(officer_b)
        assert errors(self.copy(client, row, area_a), "neighbourhoods")
        assert self.copy(client, row, area_b).status_code == 302
