"""A business's page, its forms, and the papers entered and mended on it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from businesses.models import Business, Certificate
from businesses.services import change_state
from kylien.core.forms import STALE
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    FindingFactory,
    IncidentFactory,
    InspectionFactory,
    ResidenceFactory,
    SanctionFactory,
    StayNoticeFactory,
    add_children,
    day,
    sector,
)


def typed(area, **changes):
    return {
        "name": "Karaoke Hương Biển",
        "sector": sector().pk,
        "neighbourhood": area.pk,
        "address": "Số 1 Hùng Vương",
        "state": "open",
    } | changes


PAPER = {"kind": "fire", "number": "12/PCCC", "issuer": "Cảnh sát PCCC"}


def paper(**changes):
    return PAPER | {"issued_on": f"{day(3):%d/%m/%Y}"} | changes


def test_a_business_is_made_and_gets_a_code(client_for, officer_a, area_a):
    client = client_for(officer_a)
    response = client.post(reverse("business-create"), typed(area_a, phone="0100 123 456"))
    made = Business.objects.get()
    assert response["Location"] == made.get_absolute_url()
    assert made.code == "CS-00001"
    assert made.phone == "0100123456"


def test_a_wrong_number_is_told_and_nothing_typed_is_lost(client_for, chief, area_a):
    response = client_for(chief).post(
        reverse("business-create"), typed(area_a, phone="12", opened_on="31/02/2026")
    )
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"phone", "opened_on"}
    for text in ("Karaoke Hương Biển", 'value="12"', "31/02/2026"):
        assert text in response.text
    assert not Business.objects.exists()


@pytest.mark.parametrize("junk", ["\0", "x" * 5000])
def test_junk_in_a_form_is_no_error(client_for, chief, area_a, junk):
    client = client_for(chief)
    for name in typed(area_a, phone="", opened_on="", responsible_name="", note=""):
        data = typed(area_a, **{name: junk})
        assert client.post(reverse("business-create"), data).status_code in (302, 422), name
    row = BusinessFactory()
    url = reverse("business-add-certificate", args=[row.pk])
    for name in paper(expires_on="", responsible_name="", confirmed=""):
        assert client.post(url, paper(**{name: junk})).status_code in (302, 422), name


def test_a_foreign_neighbourhood_cannot_be_chosen(client_for, officer_b, area_a):
    response = client_for(officer_b).post(reverse("business-create"), typed(area_a))
    assert response.status_code == 422
    assert "neighbourhood" in response.context["form"].errors


def test_an_empty_phone_keeps_the_one_that_stands(client_for, chief, area_a):
    row = BusinessFactory(neighbourhood=area_a, phone="0100123456")
    url = reverse("business-update", args=[row.pk])
    client = client_for(chief)
    page = client.get(url)
    assert "0100123456" not in page.text
    assert "010****456" in page.text
    client.post(url, typed(area_a, phone="", version=1))
    row.refresh_from_db()
    assert row.phone == "0100123456"


def test_a_stale_save_is_refused_with_both_versions(client_for, chief, area_a):
    row = BusinessFactory(neighbourhood=area_a)
    url = reverse("business-update", args=[row.pk])
    data = typed(area_a, version=1)
    row.save()
    response = client_for(chief).post(url, data)
    assert response.status_code == 422
    assert STALE in response.context["form"].non_field_errors()
    assert "Karaoke Hương Biển" in response.text


def test_the_page_shows_what_the_law_asks_today(client_for, chief):
    client = client_for(chief)

    def page(row):
        return client.get(row.get_absolute_url()).text

    bar = BusinessFactory(sector=sector("karaoke"))
    missing = "Thiếu GCN đủ điều kiện ANTT"
    assert "NĐ 96/2016/NĐ-CP Điều 3" in page(bar)
    assert missing in page(bar)
    CertificateFactory(business=bar, kind_code="fire")
    CertificateFactory(business=bar, issued_on=day(900), expires_on=day(1))
    assert f"GCN đủ điều kiện ANTT hết hạn {day(1):%d/%m/%Y}" in page(bar)
    CertificateFactory(business=bar, expires_on=day())
    assert f"{missing}</strong>" not in page(bar)
    assert "có điều kiện về ANTT" in page(bar)
    gas = page(BusinessFactory(sector=sector("lpg")))
    assert "Từ 15/03/2026, ngành này không còn" in gas
    eating = page(BusinessFactory(sector=sector("eating")))
    assert "về ANTT" not in eating
    assert "Giấy phải có" not in eating


def test_what_is_lacking_stands_first(client_for, chief):
    bar = BusinessFactory(sector=sector("karaoke"))
    CertificateFactory(business=bar)
    required = client_for(chief).get(bar.get_absolute_url()).context["required"]
    assert [one.lacks for one in required] == [True, True, False]


def test_the_page_is_asked_for_another_day(client_for, chief):
    gas = BusinessFactory(sector=sector("lpg"), opened_on=dt.date(2016, 1, 1))
    change_state(
        business=gas,
        state="suspended",
        changed_on=dt.date(2026, 3, 14),
        reason="Sửa kho",
        on=day(),
    )
    client = client_for(chief)

    def asked(on):
        response = client.get(gas.get_absolute_url(), {"on": on})
        return [one.rule.kind_id for one in response.context["required"]], response.text

    kinds, text = asked("14/3/2026")
    assert kinds == ["security", "fire", "trade"]
    assert "ngày ấy cơ sở tạm ngừng" in text
    kinds, text = asked("15/3/2026")
    assert kinds == ["fire", "trade"]
    assert "Từ 15/03/2026" in text
    assert "ngày ấy cơ sở đang hoạt động" in asked("13/3/2026")[1]
    assert "ngày ấy cơ sở chưa hoạt động" in asked("31/12/2015")[1]


@pytest.mark.parametrize("on", ["hôm qua", "31/2/2026", "1/1/3000", "\0", "9" * 500])
def test_a_day_that_is_none_is_told_and_today_is_shown(client_for, chief, on):
    response = client_for(chief).get(BusinessFactory().get_absolute_url(), {"on": on})
    assert response.status_code == 200
    assert response.context["as_of"].errors
    assert response.context["is_today"]


@pytest.mark.parametrize("who", ["chief", "officer_a"])
def test_the_page_costs_the_same_for_few_rows_and_for_many(request, client_for, area_a, who):
    row, client = BusinessFactory(neighbourhood=area_a), client_for(request.getfixturevalue(who))
    counts = []
    client.get(row.get_absolute_url())  # the session is written once
    for new in (1, 15):
        for _ in range(new):
            add_children(row)
            held = InspectionFactory(business=row, held=True, outcome="findings")
            FindingFactory.create_batch(2, inspection=held)
            SanctionFactory(business=row, inspection=held)
            paper = CertificateFactory(business=row, issued_on=day(20))
            InspectionFactory(business=row, kind="post_issue", certificate=paper)
            StayNoticeFactory(household=None, lodging=row)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(row.get_absolute_url()).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_long_histories_are_folded_away(client_for, chief):
    row = BusinessFactory()
    for _ in range(8):
        add_children(row)
    context = client_for(chief).get(row.get_absolute_url()).context
    for name in ("sanctions", "notes", "changes"):
        told = context[name]
        assert (len(told["shown"]), len(told["older"]), told["count"]) == (5, 3, 8)
    assert len(context["inspections"]) == 5


def test_papers_that_are_over_stand_apart(client_for, chief):
    row = BusinessFactory()
    new = CertificateFactory(business=row)
    replaced = CertificateFactory(business=row, issued_on=day(600))
    revoked = CertificateFactory(business=row, revoked_on=day(2), revoked_reason="Cho mượn")
    context = client_for(chief).get(row.get_absolute_url()).context
    assert [one.certificate for one in context["papers"]] == [new]
    assert {one.certificate for one in context["old_papers"]} == {replaced, revoked}


class TestChecksAfterIssue:
    def paper(self, client, row):
        (one,) = client.get(row.business.get_absolute_url()).context["papers"]
        return one

    def test_one_is_due_sixty_days_after(self, client_for, chief):
        row = CertificateFactory(issued_on=day(70))
        one = self.paper(client_for(chief), row)
        assert (one.check_due, one.check_badge) == (day(10), ("late", "Quá hạn 10 ngày"))
        page = client_for(chief).get(row.business.get_absolute_url()).text
        asked = f"?business={row.business.code}&amp;kind=post_issue&amp;certificate={row.pk}"
        assert asked in page

    def test_not_once_it_was_held(self, client_for, chief):
        row = CertificateFactory(issued_on=day(70))
        check = InspectionFactory(business=row.business, kind="post_issue", certificate=row)
        one = self.paper(client_for(chief), row)
        assert (one.check_due, one.check.pk) == (day(10), check.pk)
        check.held_on, check.outcome = day(3), "passed"
        check.save()
        assert self.paper(client_for(chief), row).check_due is None

    @pytest.mark.parametrize(
        ("issued_on", "kind"), [(dt.date(2026, 3, 14), "security"), (day(20), "fire")]
    )
    def test_nor_where_the_law_asks_for_none(self, client_for, chief, issued_on, kind):
        row = CertificateFactory(issued_on=issued_on, kind_code=kind)
        assert self.paper(client_for(chief), row).check_due is None

    def test_the_page_and_the_list_agree(self, client_for, chief):
        for ago in (0, 59, 61, 400):
            for state in ("open", "closed"):
                CertificateFactory(issued_on=day(ago), business=BusinessFactory(state=state))
        awaiting = set(Certificate.objects.awaiting_check(day()))
        for row in Certificate.objects.select_related("business"):
            assert (self.paper(client_for(chief), row).check_due is not None) == (row in awaiting)


def test_remedies_that_are_due_stand_above_the_inspections(client_for, chief):
    finding = FindingFactory(due_on=day(3))
    FindingFactory(inspection=finding.inspection, due_on=day(-9), finding="Thiếu nội quy")
    FindingFactory(inspection=finding.inspection, mended_on=day(1))
    page = client_for(chief).get(finding.inspection.business.get_absolute_url())
    ((row, badge),) = page.context["remedies"]
    assert (row.remedies, row.remedy, badge) == (2, finding.finding, ("late", "Quá hạn 3 ngày"))


class TestGuests:
    def test_the_month_is_counted_and_linked(self, client_for, chief, area_a):
        row = BusinessFactory(neighbourhood=area_a, sector=sector("lodging"))
        now = timezone.now()
        StayNoticeFactory(household=None, lodging=row)
        late = StayNoticeFactory(household=None, lodging=row, notified_at=now + dt.timedelta(2))
        StayNoticeFactory(
            household=None,
            lodging=row,
            arrived_at=now - dt.timedelta(90),
            leaves_on=day(89),
        )
        client = client_for(chief)
        stays = client.get(row.get_absolute_url()).context["stays"]
        assert (stays["month"], stays["late"], stays["stays"]) == (2, 1, 3)
        assert stays["last"] == late
        listed = {"lodging": row.code, "month": str(stays["period"]), "state": "late"}
        assert client.get(reverse("staynotice-list"), listed).context["page"]["count"] == "1"

    def test_a_bar_without_guests_shows_none(self, client_for, chief):
        client = client_for(chief)
        assert client.get(BusinessFactory().get_absolute_url()).context["stays"] is None
        inn = BusinessFactory(sector=sector("lodging"))
        assert client.get(inn.get_absolute_url()).context["stays"]["month"] == 0


def test_a_paper_is_entered_on_the_page(client_for, officer_a, area_a):
    row = BusinessFactory(neighbourhood=area_a)
    client = client_for(officer_a)
    url = reverse("business-add-certificate", args=[row.pk])
    assert url in client.get(row.get_absolute_url()).text
    response = client.post(url, paper(expires_on=f"{day(-400):%d/%m/%Y}"))
    assert response["Location"] == f"{row.get_absolute_url()}#certificates"
    assert "12/PCCC" in client.get(row.get_absolute_url()).text
    assert row.certificates.get().expires_on == day(-400)


def test_a_refused_paper_comes_back_as_typed(client_for, chief):
    row = BusinessFactory()
    url = reverse("business-add-certificate", args=[row.pk])
    future = f"{day(-1):%d/%m/%Y}"
    response = client_for(chief).post(url, paper(issued_on=future))
    assert response.status_code == 422
    assert response.context["form"].errors == {"issued_on": ["Ngày cấp không thể sau hôm nay."]}
    assert future in response.text
    assert "12/PCCC" in response.text
    assert not Certificate.objects.exists()


def test_a_number_that_differs_by_blanks_alone_is_still_the_same(client_for, chief):
    old = CertificateFactory(number="12 PCCC", issuer="Cảnh sát PCCC", kind_code="fire")
    url = reverse("business-add-certificate", args=[old.business_id])
    response = client_for(chief).post(url, paper(number="12  PCCC"))
    assert response.status_code == 422
    assert "number" in response.context["form"].errors


def test_a_paper_is_mended_on_a_page_of_its_own(client_for, chief):
    row = CertificateFactory(issuer="Công an tỉnh")
    client, url = client_for(chief), reverse("certificate-update", args=[row.pk])
    assert client.get(url).status_code == 200
    data = {"kind": "security", "number": "9", "issuer": "Công an phường", "version": 1}
    response = client.post(url, data | {"issued_on": f"{day(3):%d/%m/%Y}"})
    assert response["Location"].startswith(row.business.get_absolute_url())
    stale = client.post(url, data | {"number": "10", "issued_on": f"{day(3):%d/%m/%Y}"})
    assert stale.status_code == 422
    assert [d["yours"] for d in stale.context["stale"]] == ["10"]
    row.refresh_from_db()
    assert (row.number, row.issuer, row.expires_on) == ("9", "Công an phường", None)


def test_a_foreign_or_unknown_row_is_not_there(client_for, officer_b, area_a):
    row = BusinessFactory(neighbourhood=area_a)
    paper_of_a = CertificateFactory(business=row)
    client = client_for(officer_b)
    for pk, certificate in ((row.pk, paper_of_a.pk), (10**6, 10**6), (2**70, 2**70)):
        for name, key in (
            ("business-detail", pk),
            ("business-update", pk),
            ("certificate-update", certificate),
        ):
            assert client.get(reverse(name, args=[key])).status_code == 404
        add = reverse("business-add-certificate", args=[pk])
        assert client.post(add, paper()).status_code == 404
        assert client.post(reverse("business-update", args=[pk]), {}).status_code == 404
        edit = reverse("certificate-update", args=[certificate])
        assert client.post(edit, {}).status_code == 404
    assert row.certificates.count() == 1


def test_a_missing_verb_is_refused_and_not_offered(client_for, duty):
    row = CertificateFactory()
    client = client_for(duty)
    page = client.get(row.business.get_absolute_url()).text
    add = reverse("business-add-certificate", args=[row.business_id])
    edit = reverse("certificate-update", args=[row.pk])
    assert add not in page
    assert edit not in page
    assert client.post(add, paper()).status_code == 403
    assert client.get(edit).status_code == 403
    assert client.post(edit, {}).status_code == 403
    assert client.post(reverse("business-update", args=[row.business_id]), {}).status_code == 403


def test_the_admin_has_the_same_rows_and_masks(client_for, officer_a, area_a, area_b):
    own = BusinessFactory(neighbourhood=area_a, name="Quán của A", phone="0100123456")
    foreign = BusinessFactory(neighbourhood=area_b, name="Quán của B")
    client = client_for(officer_a)
    listed = client.get(reverse("admin:businesses_business_changelist")).text
    assert own.name in listed
    assert foreign.name not in listed
    page = client.get(reverse("admin:businesses_business_change", args=[own.pk])).text
    assert "0100123456" not in page
    hidden = client.get(reverse("admin:businesses_business_change", args=[foreign.pk]))
    assert hidden.status_code in (302, 404)


def test_the_admin_form_costs_the_same_for_one_paper_and_three(client_for, chief):
    row, client, counts = BusinessFactory(), client_for(chief), []
    url = reverse("admin:businesses_business_change", args=[row.pk])
    client.get(url)  # the session is written, and the kinds of content are read, once
    for new in (1, 2):
        CertificateFactory.create_batch(new, business=row)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


@pytest.mark.parametrize(
    "happen",
    [
        lambda row: ResidenceFactory(temporary=True, household=None, lodging=row),
        lambda row: ResidenceFactory(temporary=True, household=None, employer=row),
        lambda row: StayNoticeFactory(household=None, lodging=row),
        lambda row: IncidentFactory(neighbourhood=row.neighbourhood, business=row),
    ],
    ids=["lodged", "employed", "stays", "incidents"],
)
def test_a_business_with_a_past_stays_in_its_neighbourhood(
    client_for, chief, area_a, area_b, happen
):
    row = BusinessFactory(neighbourhood=area_a)
    url = reverse("business-update", args=[row.pk])
    client = client_for(chief)
    data = typed(area_b, version=row.version)
    assert client.post(url, data).status_code == 302  # nothing has happened there yet
    row.refresh_from_db()
    assert row.neighbourhood == area_b
    happen(row)
    response = client.post(url, typed(area_a, version=row.version))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"neighbourhood"}
    assert "không đổi tổ dân phố" in response.text
    assert client.post(url, typed(area_b, name="Tên mới", version=row.version)).status_code == 302
