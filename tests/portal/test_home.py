"""The home page: by role, each figure a link to exactly the rows it counts."""

import re

import pytest

from kylien.accounts.models import Role
from reports.disclosure import Shown
from tests import factories
from tests.factories import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(area_a, area_b):
    for area, households in ((area_a, 7), (area_b, 2)):
        homes = [factories.HouseholdFactory(neighbourhood=area) for _ in range(households)]
        group = factories.GroupFactory(neighbourhood=area)
        for home in homes[:-1]:
            factories.MembershipFactory(group=group, household=home)
        for ago in (3, 30, 60):
            factories.ResidenceFactory(household=homes[0], started_on=day(ago))
        for left in (-2, 0, 10, 29, 31):
            factories.ResidenceFactory(household=homes[0], temporary=True, expires_on=day(-left))
        business = factories.BusinessFactory(neighbourhood=area)
        factories.CertificateFactory(business=business, expires_on=day(-3))
        factories.CertificateFactory(business=business, kind="fire", expires_on=day(2))
        factories.BusinessFactory(neighbourhood=area, sector=factories.sector("eating"))
        factories.StayNoticeFactory(household=homes[0])
        for _ in range(6):
            factories.IncidentFactory(neighbourhood=area)


def figures(context):
    """List every `(number, address)` that the page shows as a link."""
    for tile in context["tiles"]:
        yield tile["value"], tile["url"]
        for note in tile["notes"]:
            yield note["text"], note["url"]
    for one in context["due"]["counts"]:
        yield one["value"], one["url"]
    for row in context["areas"]["rows"]:
        for cell in row["cells"]:
            yield cell["value"], cell["url"]
    for chart in context["charts"]:
        for row in chart["table"]["rows"]:
            for cell in row["cells"]:
                yield cell["value"], cell["url"]


@pytest.mark.parametrize("who", [Role.CHIEF, Role.DUTY_OFFICER, Role.CLERK, "officer_a"])
def test_every_figure_opens_exactly_the_rows_it_counts(busy, client_for, officer_a, who):
    user = officer_a if who == "officer_a" else factories.UserFactory(role=who)
    client = client_for(user)
    followed = {}
    for shown, address in figures(client.get("/").context):
        if not address:
            assert "%" in shown, shown  # a share: the counts beside it have their links
            continue
        number = re.search(r"[\d.]+", shown)[0]
        if address not in followed:
            followed[address] = client.get(address).context["page"]["count"]
        assert followed[address] == number, (shown, address)
    assert sum(int(n) for n in followed.values()) > 60


def test_leaders_see_aggregates_without_links_or_small_counts(busy, leader, client_for):
    response = client_for(leader).get("/")
    context = response.context
    assert "due" not in context
    cells = [cell for row in context["areas"]["rows"] for cell in row["cells"]]
    assert all(not cell["url"] for cell in cells)
    assert all(not tile["url"] for tile in context["tiles"])
    assert all(not note["url"] for tile in context["tiles"] for note in tile["notes"])
    shown = {cell["value"] for cell in cells} | {tile["value"] for tile in context["tiles"]}
    assert "<5" in shown
    assert shown.isdisjoint({"0", "1", "2", "3", "4"})
    # Area b's two households would follow from the ward's nine: area a's are withheld.
    assert [row["cells"][0]["value"] for row in context["areas"]["rows"]] == ["—", "<5"]


def test_superuser_sees_the_way_to_the_admin_alone(busy, superuser, client_for):
    context = client_for(superuser).get("/").context
    assert context["admin_url"] == "/admin/"
    assert "tiles" not in context


def test_it_costs_the_same_empty_and_busy(
    request, ward, officer_a, client_for, django_assert_max_num_queries
):
    client = client_for(officer_a)
    client.get("/")
    with django_assert_max_num_queries(15):
        client.get("/")
    request.getfixturevalue("busy")
    with django_assert_max_num_queries(15):
        client.get("/")


class TestShown:
    def test_small_counts_are_hidden_from_leaders_alone(self):
        numbers = {"a": 4, "b": 5, "c": 1045}
        assert [Shown(numbers, False)[key] for key in "abc"] == ["4", "5", "1.045"]
        assert [Shown(numbers, True)[key] for key in "abc"] == ["<5", "5", "1.045"]

    def test_one_hidden_part_of_a_known_total_hides_the_next_smallest(self):
        numbers = {"a": 2, "b": 9, "c": 30}
        shown = Shown(numbers, True, ["abc"])
        assert [shown[key] for key in "abc"] == ["<5", "—", "30"]
        both = Shown({"a": 2, "b": 3, "c": 30}, True, ["abc"])
        assert [both[key] for key in "abc"] == ["<5", "<5", "30"]

    def test_differences_need_both_sides(self):
        now, before = Shown({"a": 9, "b": 9}, True), Shown({"a": 12, "b": 3}, True)
        assert now.difference("a", before) == "−3"
        assert now.difference("b", before) == ""
