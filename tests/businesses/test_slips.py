"""Slips of the pen that would otherwise be kept: told beside the field, nothing saved."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from businesses import services
from businesses.models import Certificate, Inspection, QuarterlyReturn
from kylien.core.periods import add_months
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    FindingFactory,
    InspectionFactory,
    PaperRuleFactory,
    SanctionFactory,
    StateChangeFactory,
    WardFactory,
    day,
    paper_kind,
    sector,
)

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def typed(value):
    return f"{value:%d/%m/%Y}"


@pytest.mark.parametrize(("name", "value"), [("quarter", "9"), ("year", "99999999999")])
def test_a_quarter_that_does_not_exist_is_told_in_the_admin(client_for, clerk, name, value):
    place = BusinessFactory()
    data = {
        "name": place.name,
        "sector": place.sector_id,
        "neighbourhood": place.neighbourhood_id,
        "address": place.address,
    }
    url = reverse("admin:businesses_business_change", args=[place.pk])
    page = client_for(clerk).get(url)
    for formset in page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    row = {"year": "2026", "quarter": "1", "received_on": typed(day(3))} | {name: value}
    data |= {"returns-TOTAL_FORMS": 1} | {f"returns-0-{k}": v for k, v in row.items()}
    response = client_for(clerk).post(url, data)
    assert response.status_code == 200
    assert not QuarterlyReturn.objects.exists()


def test_a_number_is_the_same_in_small_letters():
    CertificateFactory(number="7/2020/GCN", issuer="Công an tỉnh")
    again = CertificateFactory.build(
        business=BusinessFactory(), kind=paper_kind(), number="7/2020/gcn", issuer="CÔNG AN TỈNH"
    )
    with pytest.raises(ValidationError) as refused:
        again.full_clean()
    assert refused.value.message_dict == {"number": ["Nơi cấp này đã có giấy mang số này."]}


def test_a_business_opens_neither_tomorrow_nor_after_what_happened_to_it(client_for, chief):
    place = BusinessFactory()
    StateChangeFactory(business=place, changed_on=day(10))
    url = reverse("business-update", args=[place.pk])
    data = {
        "name": place.name,
        "address": place.address,
        "neighbourhood": place.neighbourhood_id,
        "sector": place.sector_id,
        "version": place.version,
    }
    for opened in (day(-1), day(9)):
        response = client_for(chief).post(url, data | {"opened_on": typed(opened)})
        assert list(response.context["form"].errors) == ["opened_on"]
    assert client_for(chief).post(url, data | {"opened_on": typed(day(10))}).status_code == 302


def test_no_notice_before_the_business_opened(on):
    row = InspectionFactory(business__opened_on=day(30), planned_on=day(-20))
    row.noticed_on = day(31)
    with pytest.raises(ValidationError) as refused:
        services.announce(inspection=row, on=on)
    assert list(refused.value.message_dict) == ["noticed_on"]
    row.noticed_on = day(30)
    services.announce(inspection=row, on=on)


def test_a_follow_up_is_planned_after_what_it_follows():
    first = InspectionFactory(held=True)
    row = Inspection(business=first.business, kind="follow_up", follows=first)
    row.planned_on = first.held_on - DAY
    with pytest.raises(ValidationError) as refused:
        services.plan(inspection=row)
    assert list(refused.value.message_dict) == ["planned_on"]
    row.planned_on = first.held_on
    services.plan(inspection=row)


def test_a_follow_up_says_what_it_leaves_open(client_for, chief):
    found = FindingFactory()
    row = InspectionFactory(
        business=found.inspection.business,
        kind="follow_up",
        follows=found.inspection,
        planned_on=day(1),
    )
    data = {"held_on": typed(day(1)), "outcome": "passed", "version": row.version}
    data |= {"rows-TOTAL_FORMS": 0, "rows-INITIAL_FORMS": 0}
    response = client_for(chief).post(reverse("inspection-hold", args=[row.pk]), data, follow=True)
    assert response.redirect_chain[0][0].startswith(found.inspection.get_absolute_url())
    assert "còn 1 tồn tại chưa ghi đã khắc phục" in response.text


def test_nobody_plans_further_ahead_than_two_years(client_for, chief):
    place = BusinessFactory()
    data = {"business": place.code, "kind": "special", "ground_note": "KH 12"}
    url = reverse("inspection-create")
    response = client_for(chief).post(url, data | {"planned_on": "01/12/2999"})
    assert list(response.context["form"].errors) == ["planned_on"]
    assert not Inspection.objects.exists()
    assert client_for(chief).post(url, data | {"planned_on": typed(day(-700))}).status_code == 302


def test_a_new_paper_where_one_holds_and_a_change_of_none_are_refused(on):
    WardFactory(valid_from=dt.date(2015, 1, 1))
    place = BusinessFactory(sector=sector("karaoke"))

    def issue(reason, number):
        paper = Certificate(
            business=place, kind=paper_kind(), number=number, issued_on=on, issue_reason=reason
        )
        return services.issue_certificate(certificate=paper, on=on)

    for reason in ("change", "reissue"):
        with pytest.raises(ValidationError, match="chọn Cấp mới"):
            issue(reason, "1/GCN")
    issue("new", "1/GCN")
    with pytest.raises(ValidationError, match="chọn Cấp đổi"):
        issue("new", "2/GCN")
    issue("change", "2/GCN")


def test_a_warning_costs_nothing():
    row = SanctionFactory.build(business=BusinessFactory(), kind="warning", amount=1)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert list(refused.value.message_dict) == ["amount"]


def test_what_the_ward_issues_is_not_entered_as_somebody_else_s(client_for, chief, ward):
    place = BusinessFactory(sector=sector("lodging"), rooms=40)
    url = reverse("business-add-certificate", args=[place.pk])
    data = {"kind": "security", "number": "1", "issuer": ward.police.upper(), "issue_reason": "new"}
    response = client_for(chief).post(url, data | {"issued_on": typed(day(3))})
    assert list(response.context["form"].errors) == ["issuer"]
    assert client_for(chief).post(url, data | {"issued_on": "14/03/2026"}).status_code == 302


def test_a_rule_ends_and_the_next_begins_in_one_submit(client_for, chief):
    rule = PaperRuleFactory()
    url = reverse("admin:businesses_sector_change", args=[rule.sector_id])
    data = {"code": rule.sector.code, "name": rule.sector.name, "position": 1}
    data |= {"rules-TOTAL_FORMS": 0, "rules-INITIAL_FORMS": 0}
    data |= {"paper_rules-TOTAL_FORMS": 2, "paper_rules-INITIAL_FORMS": 1}
    shared = {"kind": rule.kind_id, "legal_basis": "NĐ mới"}
    old = shared | {"id": rule.pk, "valid_from": typed(rule.valid_from), "version": rule.version}
    for last, status in (("02/01/2027", 200), ("01/01/2027", 302)):
        rows = (old | {"valid_to": last}, shared | {"valid_from": "01/01/2027"})
        for number, row in enumerate(rows):
            data |= {f"paper_rules-{number}-{name}": value for name, value in row.items()}
        assert client_for(chief).post(url, data).status_code == status
    assert rule.sector.paper_rules.count() == 2


def test_minutes_are_not_stopped_by_a_plan_that_comes_too_soon_after(on):
    place = BusinessFactory()
    row = InspectionFactory(business=place, planned_on=day(12), noticed_on=day(40))
    InspectionFactory(business=place, planned_on=add_months(day(12), 12))
    row.held_on, row.outcome = day(10), "passed"
    assert services.hold(inspection=row, findings=[], on=on).held_on


def test_no_notice_to_a_closed_business(on):
    row = InspectionFactory(business__state="closed", planned_on=day(-20))
    row.noticed_on = on
    with pytest.raises(ValidationError, match="đã đóng cửa"):
        services.announce(inspection=row, on=on)


def test_a_revoked_newer_paper_does_not_end_the_wait_for_a_check(on):
    paper = CertificateFactory(issued_on=day(20), expires_on=None)
    CertificateFactory(
        business=paper.business, issued_on=day(10), revoked_on=day(5), revoked_reason="Cấp sai"
    )
    assert list(Certificate.objects.awaiting_check(on)) == [paper]


def test_a_state_is_taken_back_once(client_for, chief):
    change = StateChangeFactory()
    change.business.state = change.state
    change.business.save()
    url = reverse("statechange-take-back", args=[change.pk])
    data = {"_once": "a1", "version": change.version}
    answers = [client_for(chief).post(url, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a_paper_of_the_ward_keeps_kind_issuer_and_day_in_the_admin(client_for, clerk):
    paper = CertificateFactory(by_ward=True)
    url = reverse("admin:businesses_business_change", args=[paper.business_id])
    page = client_for(clerk).get(url)
    [rows] = [
        one.formset
        for one in page.context["inline_admin_formsets"]
        if one.formset.prefix == "certificates"
    ]
    fields = rows.forms[0].fields
    assert [fields[name].disabled for name in ("kind", "issuer", "issued_on")] == [True] * 3
