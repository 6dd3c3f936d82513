"""The one search box: whatever way a name is typed, within the user's rows."""

import unicodedata
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kylien.core import text
from kylien.core.filters import NUMBERS_BY_POST
from kylien.portal.demo import names
from kylien.portal.search import search
from tests import factories

SEARCH = "/search/"


def titles(response):
    return [hit["title"] for group in response.context["groups"] for hit in group["hits"]]


def living(area, **fields):
    """Return a resident who lives in `area`."""
    home = factories.HouseholdFactory(neighbourhood=area)
    person = factories.ResidentFactory(**fields)
    return factories.ResidenceFactory(resident=person, household=home).resident


@st.composite
def mangled(draw, name):
    """Write a name as people do: any order, case, Unicode form, blanks, with or without accents."""
    words = draw(st.permutations(name.split()))
    out = draw(st.sampled_from([" ", "  ", "\u00a0"])).join(words)
    if draw(st.booleans()):
        out = text.fold(out)
    if draw(st.booleans()):
        out = out.replace("đ", "d").replace("Đ", "D")
    out = draw(st.sampled_from([str.upper, str.lower, str.title, str]))(out)
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), out)


def every(choices):
    """Return all words of the demo ward's name lists, whatever sex and generation they are for."""
    return sorted({word for part in choices.values() for word in part if word})


NAMES = st.builds(
    lambda *parts: " ".join(parts),
    st.sampled_from(sorted(names.SURNAMES)),
    st.sampled_from(every(names.MIDDLE)),
    st.sampled_from(every(names.GIVEN)),
)


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_name_is_found_however_it_is_typed(area_a, chief, data):
    name = data.draw(NAMES)
    person = living(area_a, full_name=name)
    for query in (data.draw(mangled(name)), text.initials(name)):
        found = type(person).objects.visible_to(chief).search(query)
        assert person in found, query
    type(person).objects.filter(pk=person.pk).update(full_name="Khác Hẳn")
    assert person not in type(person).objects.visible_to(chief).search(name)
    type(person).objects.filter(pk=person.pk).update(full_name=name)


@pytest.mark.django_db
def test_the_same_accents_come_first(area_a, chief, client_for):
    for name in ("Lê Văn Hoa", "Lê Văn Hoá", "Lê Văn Hòa"):
        living(area_a, full_name=name)
    client = client_for(chief)
    assert titles(client.get(SEARCH, {"q": "hoa"})) == ["Lê Văn Hoa", "Lê Văn Hòa", "Lê Văn Hoá"]
    assert titles(client.get(SEARCH, {"q": "Lê Văn Hoà"}))[0] == "Lê Văn Hòa"
    assert titles(client.get(SEARCH, {"q": "lê hoá"}))[0] == "Lê Văn Hoá"


@pytest.mark.django_db
def test_it_finds_all_kinds_and_only_in_the_users_rows(area_a, area_b, officer_a, client_for):
    for area in (area_a, area_b):
        mark = "Trongbeat" if area == area_a else "Ngoaibeat"
        living(area, full_name=f"Chung {mark}")
        factories.HouseholdFactory(neighbourhood=area, address=f"Số 1 Chung {mark}")
        factories.BusinessFactory(neighbourhood=area, name=f"Quán Chung {mark}")
        factories.GroupFactory(neighbourhood=area, name=f"Tổ Chung {mark}")
        factories.IncidentFactory(neighbourhood=area, place=f"Ngã ba Chung {mark}")
    response = client_for(officer_a).get(SEARCH, {"q": "chung"})
    assert [len(group["hits"]) for group in response.context["groups"]] == [1, 1, 1, 1, 1]
    assert "Trongbeat" in response.content.decode()
    assert "Ngoaibeat" not in response.content.decode()


@pytest.mark.django_db
class TestNumbers:
    ID, PHONE = "099090123456", "0100123456"

    @pytest.fixture
    def person(self, area_a):
        return living(area_a, full_name="Lê Có Số", citizen_id=self.ID, phone=self.PHONE)

    @pytest.mark.parametrize("query", [ID, PHONE, "099 090 123 456", "0100.123.456", "090123456"])
    def test_a_number_is_found_by_post_whole_or_in_part(self, person, chief, client_for, query):
        response = client_for(chief).post(SEARCH, {"q": query})
        assert titles(response) == ["Lê Có Số"]
        assert self.ID not in response.content.decode().replace(query, "")
        assert "no-store" in response["Cache-Control"]

    def test_the_duty_desk_finds_whole_numbers_only(self, person, duty, client_for):
        client = client_for(duty)
        assert titles(client.post(SEARCH, {"q": self.ID})) == ["Lê Có Số"]
        assert titles(client.post(SEARCH, {"q": self.ID[:9]})) == []

    def test_a_number_in_the_address_is_refused_with_a_sentence(self, person, chief, client_for):
        response = client_for(chief).get(SEARCH, {"q": self.ID})
        assert response.status_code == 400
        assert titles(response) == []
        assert NUMBERS_BY_POST in response.content.decode()

    def test_words_sent_by_post_go_to_an_address(self, person, chief, client_for):
        response = client_for(chief).post(SEARCH, {"q": "Lê Có"})
        assert response.status_code == 302
        assert response["Location"].startswith(f"{reverse('search')}?q=")


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", " ", "a", "\0", "%", "_", "'", "x" * 5000, "🙂", "\ud800"])
def test_no_query_breaks_it(area_a, chief, client_for, query):
    living(area_a)
    encoded = urlencode({"q": query.encode("utf-8", "surrogatepass")})
    client = client_for(chief)
    assert client.get(f"{SEARCH}?{encoded}").status_code == 200
    form = "application/x-www-form-urlencoded"
    assert client.post(SEARCH, encoded, content_type=form, follow=True).status_code == 200


@pytest.mark.django_db
def test_leaders_and_superusers_have_no_search(leader, superuser, client_for):
    for user in (leader, superuser):
        assert client_for(user).get(SEARCH, {"q": "lê"}).status_code == 403


@pytest.mark.django_db
def test_it_costs_the_same_for_one_hit_and_many(
    area_a, officer_a, client_for, django_assert_max_num_queries
):
    client = client_for(officer_a)
    client.get(SEARCH)
    living(area_a, full_name="Trần Hữu Phúc")
    with django_assert_max_num_queries(12) as one:
        client.get(SEARCH, {"q": "tran phuc"})
    for n in range(12):
        living(area_a, full_name=f"Trần Phúc {'ABCDEGHIKLMN'[n]}")
    with django_assert_max_num_queries(12) as many:
        client.get(SEARCH, {"q": "tran phuc"})
    assert len(one) == len(many)


@pytest.mark.django_db
def test_a_hit_beyond_the_first_ten_is_reached_through_the_list(area_a, chief):
    for n in range(12):
        living(area_a, full_name=f"Trần Phúc {'ABCDEGHIKLMN'[n]}")
    [group] = [g for g in search(chief, "phuc") if g["label"] == "Nhân khẩu"]
    assert len(group["hits"]) == 10
    assert group["kind"] is not None
