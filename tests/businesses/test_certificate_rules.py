"""Each rule of a certificate refuses the bad row: in the model, the database, portal and admin."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from businesses.models import Certificate
from tests.factories import BusinessFactory, CertificateFactory, day, sector

D = dt.date
TAKEN = {"issuer": "Công an tỉnh", "number": "7/GCN"}
BAD = {  # constraint -> (what breaks it, the field that tells)
    "certificate_expires_after_issue": (
        {"issued_on": D(2026, 1, 2), "expires_on": D(2026, 1, 2)},
        "expires_on",
    ),
    "certificate_revoked_after_issue": (
        {"issued_on": D(2026, 1, 2), "revoked_on": D(2026, 1, 1), "revoked_reason": "Cho mượn"},
        "revoked_on",
    ),
    "certificate_revoked_with_reason": (
        {"issued_on": D(2026, 1, 2), "revoked_on": D(2026, 1, 2)},
        "revoked_reason",
    ),
    "certificate_number_once_an_issuer": (TAKEN, "number"),
}
each_rule = pytest.mark.parametrize("name", BAD)


def sentence(name):
    found = next(c for c in Certificate._meta.constraints if c.name == name)
    return str(found.violation_error_message)


def typed(**values):
    """Return what a person types for a certificate."""
    known = {"kind": "security", "number": "1/2026", "issuer": "Công an tỉnh"} | values
    known.setdefault("issued_on", D(2026, 1, 2))
    return {k: f"{v:%d/%m/%Y}" if isinstance(v, D) else v for k, v in known.items()}


def test_every_constraint_is_tried_here():
    assert set(BAD) == {c.name for c in Certificate._meta.constraints}


@each_rule
def test_the_model_refuses_it(db, name):
    CertificateFactory(**TAKEN)
    values, field = BAD[name]
    with pytest.raises(ValidationError) as refused:
        CertificateFactory.build(business=BusinessFactory(), **values).full_clean()
    assert refused.value.message_dict == {field: [sentence(name)]}


@each_rule
def test_the_database_refuses_it(db, name):
    CertificateFactory(**TAKEN)
    bad = CertificateFactory.build(business=BusinessFactory(), **BAD[name][0])
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.bulk_create([bad])
    assert Certificate.objects.count() == 1


@each_rule
def test_the_portal_tells_it_beside_the_field(client_for, chief, name):
    CertificateFactory(**TAKEN)
    values, field = BAD[name]
    revoked = {"revoked_on": D(2026, 2, 1), "revoked_reason": "Cho mượn"}
    row = CertificateFactory(number="8/GCN", issued_on=D(2026, 1, 2), **revoked)
    response = client_for(chief).post(
        reverse("certificate-update", args=[row.pk]), typed(version=row.version, **values)
    )
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [sentence(name)]}
    assert f'id="id_{field}_error"' in response.text


@each_rule
def test_the_admin_inline_tells_it_beside_the_field(client_for, clerk, name):
    CertificateFactory(**TAKEN)
    values, field = BAD[name]
    business = BusinessFactory()
    response = save_in_admin(client_for(clerk), business, typed(**values))
    assert response.status_code == 200
    assert inline_errors(response) == [{field: [sentence(name)]}]


def test_two_equal_numbers_in_one_submit_are_told_at_the_second(client_for, clerk):
    response = save_in_admin(client_for(clerk), BusinessFactory(), typed(), typed())
    rule = "certificate_number_once_an_issuer"
    assert inline_errors(response) == [{}, {"number": [sentence(rule)]}]
    assert not Certificate.objects.exists()


def test_the_inline_saves_good_rows(client_for, clerk):
    business = BusinessFactory()
    response = save_in_admin(client_for(clerk), business, typed(), typed(number="2/2026"))
    assert response.status_code == 302
    assert business.certificates.count() == 2


@pytest.mark.parametrize("name", ["issued_on", "revoked_on"])
def test_nothing_is_issued_or_revoked_in_the_future(client_for, chief, clerk, name):
    revoked = {"revoked_on": day(1), "revoked_reason": "Cho mượn"}
    row = CertificateFactory(issued_on=day(9), expires_on=None, **revoked)
    values = typed(issued_on=day(3), revoked_on=day(), revoked_reason="Cho mượn")
    url = reverse("certificate-update", args=[row.pk])
    tomorrow = f"{day(-1):%d/%m/%Y}"
    response = client_for(chief).post(url, values | {"version": 1, name: tomorrow})
    assert name in response.context["form"].errors
    assert tomorrow in response.text
    response = save_in_admin(client_for(clerk), BusinessFactory(), values | {name: tomorrow})
    assert name in inline_errors(response)[0]

    assert client_for(chief).post(url, values | {"version": 1}).status_code == 302
    row.refresh_from_db()
    assert row.revoked_on == day()


def test_a_reason_without_a_day_revokes_nothing(client_for, chief):
    row = CertificateFactory(revoked_on=day(1), revoked_reason="Cho mượn")
    url = reverse("certificate-update", args=[row.pk])
    response = client_for(chief).post(url, typed(version=1, revoked_reason="Cho mượn"))
    assert response.context["form"].errors == {
        "revoked_on": ["Có lý do thu hồi thì ghi ngày thu hồi."]
    }


def test_a_revocation_by_mistake_is_taken_back(client_for, chief):
    row = CertificateFactory(revoked_on=day(1), revoked_reason="Cho mượn")
    url = reverse("certificate-update", args=[row.pk])
    assert client_for(chief).post(url, typed(version=1)).status_code == 302
    row.refresh_from_db()
    assert (row.revoked_on, row.revoked_reason) == (None, "")


def test_a_paper_that_holds_is_not_revoked_by_mending(client_for, chief):
    row = CertificateFactory()
    url = reverse("certificate-update", args=[row.pk])
    assert "revoked_on" not in client_for(chief).get(url).context["form"].fields
    data = typed(version=1, revoked_on=day(), revoked_reason="Cho mượn")
    assert client_for(chief).post(url, data).status_code == 302
    row.refresh_from_db()
    assert row.revoked_on is None


class TestPapersOfASectorNotInForce:
    """LPG must hold the security paper until 15/3/2026; only the confirmed one is written."""

    told = "Ngày 15/03/2026, ngành Khí hoá lỏng không phải có GCN đủ điều kiện ANTT."

    @pytest.fixture
    def gas(self, db):
        return BusinessFactory(sector=sector("lpg"))

    @pytest.fixture
    def add(self, client_for, chief, gas):
        client = client_for(chief)
        url = reverse("business-add-certificate", args=[gas.pk])
        return lambda **values: client.post(url, typed(**values))

    def test_it_is_warned_of_beside_the_kind(self, add):
        response = add(issued_on=D(2026, 3, 15))
        assert response.status_code == 422
        (sentence,) = response.context["form"].errors["kind"]
        assert sentence.startswith(self.told)
        assert 'name="confirmed"' in response.text
        assert not Certificate.objects.exists()

    def test_confirmed_it_is_written(self, add, gas):
        assert add(issued_on=D(2026, 3, 15), confirmed="on").status_code == 302
        assert gas.certificates.get().issued_on == D(2026, 3, 15)

    def test_the_day_before_nothing_is_asked(self, add, client_for, chief, gas):
        page = client_for(chief).get(reverse("business-add-certificate", args=[gas.pk]))
        assert 'name="confirmed"' not in page.text
        assert add(issued_on=D(2026, 3, 14)).status_code == 302

    def test_another_error_keeps_the_confirmation(self, add):
        response = add(issued_on=D(2026, 3, 15), number="", confirmed="on")
        assert set(response.context["form"].errors) == {"number"}
        assert "checked" in response.text

    def test_a_kind_that_no_sector_must_hold_is_not_warned_of(self, client_for, chief):
        client = client_for(chief)
        for code in ("eating", "company", "lpg"):
            row = BusinessFactory(sector=sector(code))
            url = reverse("business-add-certificate", args=[row.pk])
            for kind in ("registration", "other"):
                data = typed(kind=kind, number=f"{code}/{kind}")
                assert client.post(url, data).status_code == 302
            assert client.post(url, typed(number=f"{code}/s", issued_on=day(1))).status_code == 422

    def test_mending_asks_only_where_kind_or_day_are_new(self, client_for, chief, gas):
        row = CertificateFactory(business=gas, issued_on=D(2026, 3, 20))
        client, url = client_for(chief), reverse("certificate-update", args=[row.pk])
        kept = typed(issued_on=D(2026, 3, 20), version=1)
        assert client.post(url, kept).status_code == 302
        moved = typed(issued_on=D(2026, 3, 21), version=2)
        assert "kind" in client.post(url, moved).context["form"].errors
        assert client.post(url, moved | {"confirmed": "on"}).status_code == 302

    def test_the_admin_refuses_it(self, client_for, clerk, gas):
        response = save_in_admin(client_for(clerk), gas, typed(issued_on=D(2026, 3, 15)))
        ((field, sentences),) = inline_errors(response)[0].items()
        assert field == "kind"
        assert sentences[0].startswith(self.told)
        assert not Certificate.objects.exists()
        good = save_in_admin(client_for(clerk), gas, typed(issued_on=D(2026, 3, 14)))
        assert good.status_code == 302


def save_in_admin(client, business, *rows):
    """Save a business in the admin with new certificates typed below it."""
    data = {
        "name": business.name,
        "sector": business.sector_id,
        "neighbourhood": business.neighbourhood_id,
        "address": business.address,
        "state": business.state,
    }
    for name in ("certificates", "returns", "liaison_notes", "sanctions", "state_changes"):
        total = len(rows) if name == "certificates" else 0
        data |= {f"{name}-TOTAL_FORMS": total, f"{name}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"certificates-{number}-{name}": value for name, value in row.items()}
    return client.post(reverse("admin:businesses_business_change", args=[business.pk]), data)


def inline_errors(response):
    formset, *_ = response.context["inline_admin_formsets"]
    return formset.formset.errors
