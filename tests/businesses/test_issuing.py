"""Papers that the ward police itself issues, and papers revoked."""

import datetime as dt

import pytest
from django.urls import reverse

from businesses.models import Certificate
from businesses.services import next_number
from tests.factories import BusinessFactory, CertificateFactory, day, sector

pytestmark = pytest.mark.django_db
CHANGE = dt.date(2026, 3, 15)  # from that day on the ward issues them
DAY = dt.timedelta(days=1)


def typed(**changes):
    known = {
        "kind": "security",
        "issue_reason": "new",
        "number": "01/2026/GCN-ANTT",
        "issued_on": day(3),
        "responsible_name": "Lê Thị Chủ",
        "expires_on": "",
    } | changes
    return {k: f"{v:%d/%m/%Y}" if isinstance(v, dt.date) else v for k, v in known.items()}


def address(row):
    return reverse("business-issue", args=[row.pk])


@pytest.fixture
def bar(area_a):
    return BusinessFactory(neighbourhood=area_a)


class TestIssuing:
    def test_the_ward_is_the_issuer(self, client_for, officer_a, bar, ward):
        client = client_for(officer_a)
        assert address(bar) in client.get(bar.get_absolute_url()).text
        response = client.post(address(bar), typed())
        assert response["Location"] == f"{bar.get_absolute_url()}#certificates"
        made = bar.certificates.get()
        assert (made.issuer, made.by_ward, made.issue_reason) == (ward.police, True, "new")
        assert "phường cấp" in client.get(bar.get_absolute_url()).text

    def test_the_form_proposes_number_day_and_person(self, client_for, officer_a, bar):
        form = client_for(officer_a).get(address(bar)).context["form"]
        assert form["number"].value() == f"01/{day().year}/GCN-ANTT"
        assert form["issued_on"].value() == day()
        assert form["responsible_name"].value() == bar.responsible_name
        assert list(form.fields["kind"].queryset.values_list("code", flat=True)) == ["security"]

    def test_the_next_number_follows_the_highest_of_the_year(self):
        assert next_number(CHANGE) == "01/2026/GCN-ANTT"
        for number, issued in (
            ("9/2026/X", CHANGE),
            ("100/2025", dt.date(2025, 5, 5)),
            ("A", CHANGE),
        ):
            CertificateFactory(by_ward=True, number=number, issued_on=issued)
        CertificateFactory(number="77/2026", issued_on=CHANGE)  # issued by others
        assert next_number(CHANGE + DAY) == "10/2026/GCN-ANTT"

    @pytest.mark.parametrize(
        ("rooms", "told"),
        [
            (29, ""),
            (30, "Cơ sở có 30 phòng, công an phường chỉ cấp cho cơ sở tối đa 29 phòng."),
            (None, "Chưa ghi số phòng của cơ sở"),
        ],
    )
    def test_of_lodgings_only_the_small_ones(self, client_for, officer_a, area_a, rooms, told):
        inn = BusinessFactory(neighbourhood=area_a, sector=sector("lodging"), rooms=rooms)
        client = client_for(officer_a)
        page, sent = client.get(address(inn)), client.post(address(inn), typed())
        assert told in page.text
        assert told in sent.text
        assert sent.status_code == (422 if told else 302)
        assert inn.certificates.count() == (0 if told else 1)

    @pytest.mark.parametrize(
        ("code", "issued_on", "told"),
        [
            ("pawnshop", CHANGE, ""),
            (
                "pawnshop",
                CHANGE - DAY,
                "Ngày 14/03/2026, giấy này của ngành Cầm đồ do nơi khác cấp.",
            ),
            ("lpg", CHANGE, "Công an phường không cấp giấy nào cho ngành Khí hoá lỏng."),
            ("lpg", CHANGE - DAY, "Công an phường không cấp giấy nào cho ngành Khí hoá lỏng."),
            ("eating", CHANGE, "Công an phường không cấp giấy nào cho ngành Ăn uống."),
        ],
    )
    def test_the_law_of_the_day_decides(self, client_for, officer_a, area_a, code, issued_on, told):
        row = BusinessFactory(neighbourhood=area_a, sector=sector(code))
        response = client_for(officer_a).post(address(row), typed(issued_on=issued_on))
        assert response.status_code == (422 if told else 302)
        assert told in response.text
        assert row.certificates.count() == (0 if told else 1)

    def test_not_to_a_closed_business(self, client_for, officer_a, area_a):
        row = BusinessFactory(neighbourhood=area_a, state="closed")
        client = client_for(officer_a)
        assert address(row) not in client.get(row.get_absolute_url()).text
        response = client.post(address(row), typed())
        assert response.status_code == 422
        assert "Cơ sở đã đóng cửa: không cấp giấy." in response.text

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"issued_on": day(-1)}, "issued_on"),
            ({"issued_on": "31/2/2026"}, "issued_on"),
            ({"expires_on": day(3)}, "expires_on"),
            ({"number": ""}, "number"),
            ({"number": "\0"}, "number"),
            ({"number": "7/2026"}, "number"),  # used already
            ({"kind": "fire"}, "kind"),
            ({"issue_reason": "x"}, "issue_reason"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(
        self, client_for, officer_a, bar, ward, changes, field
    ):
        CertificateFactory(number="7/2026", issuer=ward.police)
        response = client_for(officer_a).post(address(bar), typed(**changes))
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert not bar.certificates.exists()

    def test_sent_twice_it_is_issued_once(self, client_for, officer_a, bar):
        client = client_for(officer_a)
        fields = typed(_once=client.get(address(bar)).context["once"])
        first, second = (client.post(address(bar), fields) for _ in "12")
        assert first.url == second.url
        assert bar.certificates.count() == 1

    def test_what_the_ward_issued_keeps_its_kind_and_issuer(self, client_for, officer_a, bar, ward):
        client = client_for(officer_a)
        client.post(address(bar), typed())
        made = bar.certificates.get()
        url = reverse("certificate-update", args=[made.pk])
        changed = typed(kind="fire", issuer="Nơi khác", number="5/2026", version=1)
        assert client.post(url, changed).status_code == 302
        made.refresh_from_db()
        assert (made.kind_id, made.issuer, made.number) == ("security", ward.police, "5/2026")
        early = client.post(url, typed(issued_on=CHANGE - DAY, version=2))
        assert "do nơi khác cấp" in early.context["form"].errors["issued_on"][0]


class TestRevoking:
    def url(self, row):
        return reverse("certificate-revoke", args=[row.pk])

    @pytest.fixture
    def paper(self, bar):
        return CertificateFactory(business=bar, issued_on=day(9))

    def test_it_no_longer_holds(self, client_for, officer_a, paper):
        client = client_for(officer_a)
        assert self.url(paper) in client.get(paper.business.get_absolute_url()).text
        assert client.get(self.url(paper)).context["form"]["revoked_on"].value() == day()
        sent = {"revoked_on": f"{day(2):%d/%m/%Y}", "revoked_reason": "Cho mượn"}
        response = client.post(self.url(paper), sent)
        assert response["Location"].endswith("#certificates")
        paper.refresh_from_db()
        assert (paper.revoked_on, paper.revoked_reason) == (day(2), "Cho mượn")
        page = client.get(paper.business.get_absolute_url())
        assert "GCN đủ điều kiện ANTT đã bị thu hồi" in page.text
        assert client.get(self.url(paper)).status_code == 302
        again = client.post(self.url(paper), sent)
        assert f"Giấy này đã thu hồi ngày {day(2):%d/%m/%Y}." in again.text

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"revoked_on": ""}, "revoked_on"),
            ({"revoked_reason": ""}, "revoked_reason"),
            ({"revoked_on": f"{day(-1):%d/%m/%Y}"}, "revoked_on"),
            ({"revoked_on": f"{day(10):%d/%m/%Y}"}, "revoked_on"),
            ({"revoked_on": "mai"}, "revoked_on"),
        ],
    )
    def test_a_refusal_stands_beside_its_field(self, client_for, officer_a, paper, changes, field):
        sent = {"revoked_on": f"{day(2):%d/%m/%Y}", "revoked_reason": "Cho mượn"} | changes
        response = client_for(officer_a).post(self.url(paper), sent)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        paper.refresh_from_db()
        assert paper.revoked_on is None


def test_who_may_not(client_for, duty, officer_b, leader, bar):
    paper = CertificateFactory(business=bar)
    page = client_for(duty).get(bar.get_absolute_url()).text
    for url in (address(bar), reverse("certificate-revoke", args=[paper.pk])):
        assert url not in page
        for user, status in ((duty, 403), (leader, 403), (officer_b, 404)):
            assert client_for(user).get(url).status_code == status
            assert client_for(user).post(url, typed()).status_code == status
    assert Certificate.objects.count() == 1
