"""A business's page, its forms, and the papers entered and mended on it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from businesses.models import Business, Certificate
from kylien.core.forms import STALE
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    IncidentFactory,
    ResidenceFactory,
    StayNoticeFactory,
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


PAPER = {"c-kind": "fire", "c-number": "12/PCCC", "c-issuer": "Cảnh sát PCCC"}


def paper(**changes):
    return PAPER | {"c-issued_on": f"{day(3):%d/%m/%Y}"} | changes


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
    for name in paper(**{"c-expires_on": ""}):
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
    missing = "chưa ghi GCN đủ điều kiện ANTT còn giá trị"
    assert "NĐ 96/2016/NĐ-CP Điều 3" in page(bar)
    assert missing in page(bar)
    CertificateFactory(business=bar, kind="fire")
    CertificateFactory(business=bar, issued_on=day(900), expires_on=day(1))
    assert missing in page(bar)
    CertificateFactory(business=bar, expires_on=day())
    assert missing not in page(bar)
    assert "có điều kiện về ANTT" in page(bar)
    gas = page(BusinessFactory(sector=sector("lpg")))
    assert "Từ 15/03/2026, ngành này không còn" in gas
    assert "về ANTT" not in page(BusinessFactory(sector=sector("eating")))


def test_the_page_costs_the_same_for_one_paper_and_three(client_for, chief):
    row, client, counts = BusinessFactory(), client_for(chief), []
    client.get(row.get_absolute_url())  # the session is written once
    for new in (1, 2):
        CertificateFactory.create_batch(new, business=row)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(row.get_absolute_url()).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_a_paper_is_entered_on_the_page(client_for, officer_a, area_a):
    row = BusinessFactory(neighbourhood=area_a)
    client = client_for(officer_a)
    url = reverse("business-add-certificate", args=[row.pk])
    assert url in client.get(row.get_absolute_url()).text
    response = client.post(url, paper(**{"c-expires_on": f"{day(-400):%d/%m/%Y}"}))
    assert response["Location"] == f"{row.get_absolute_url()}#certificates"
    assert "12/PCCC" in client.get(row.get_absolute_url()).text
    assert row.certificates.get().expires_on == day(-400)


def test_a_refused_paper_comes_back_as_typed(client_for, chief):
    row = BusinessFactory()
    url = reverse("business-add-certificate", args=[row.pk])
    future = f"{day(-1):%d/%m/%Y}"
    response = client_for(chief).post(url, paper(**{"c-issued_on": future}))
    assert response.status_code == 422
    assert response.context["form"].errors == {"issued_on": ["Ngày cấp không thể sau hôm nay."]}
    assert future in response.text
    assert "12/PCCC" in response.text
    assert not Certificate.objects.exists()


def test_a_number_that_differs_by_blanks_alone_is_still_the_same(client_for, chief):
    old = CertificateFactory(number="12 PCCC", issuer="Cảnh sát PCCC")
    url = reverse("business-add-certificate", args=[old.business_id])
    response = client_for(chief).post(url, paper(**{"c-number": "12  PCCC"}))
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
