"""Each verb of the querysets, with a row just inside and one just outside; sectors by day."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from businesses.models import Business, Certificate, Sector, SectorRule
from tests.factories import BusinessFactory, CertificateFactory, day, sector

pytestmark = pytest.mark.django_db
ON = dt.date(2026, 11, 24)
DAY = dt.timedelta(days=1)


def test_trading_leaves_out_the_closed():
    kept = {BusinessFactory(state=state) for state in ("open", "suspended")}
    BusinessFactory(state="closed")
    assert set(Business.objects.trading()) == kept


def test_valid_on_the_first_and_the_last_day():
    row = CertificateFactory(issued_on=ON - 10 * DAY, expires_on=ON)
    days = [ON - 11 * DAY, ON - 10 * DAY, ON, ON + DAY]
    held = [Certificate.objects.valid_on(on).filter(pk=row.pk).exists() for on in days]
    assert held == [False, True, True, False]


def test_valid_on_ends_on_the_day_of_revocation():
    CertificateFactory(
        issued_on=ON - 10 * DAY, expires_on=None, revoked_on=ON, revoked_reason="Cho mượn"
    )
    assert Certificate.objects.valid_on(ON - DAY).exists()
    assert not Certificate.objects.valid_on(ON).exists()


def test_expiring_within_thirty_days_or_overdue():
    inside = {
        CertificateFactory(issued_on=ON - 900 * DAY, expires_on=ON + n * DAY) for n in (30, 0, -400)
    }
    CertificateFactory(issued_on=ON - 900 * DAY, expires_on=ON + 31 * DAY)
    CertificateFactory(issued_on=ON - 900 * DAY, expires_on=None)
    ended = {"issued_on": ON - 900 * DAY, "expires_on": ON}
    CertificateFactory(**ended, revoked_on=ON, revoked_reason="Cho mượn")
    CertificateFactory(**ended, business=BusinessFactory(state="closed"))
    assert set(Certificate.objects.expiring(ON, 30)) == inside


def test_a_renewed_paper_is_no_longer_due():
    old = CertificateFactory(issued_on=ON - 900 * DAY, expires_on=ON)
    other_kind = {"business": old.business, "kind_code": "fire", "issued_on": ON - DAY}
    CertificateFactory(**other_kind, expires_on=None)
    assert list(Certificate.objects.expiring(ON, 30)) == [old]
    new = CertificateFactory(business=old.business, issued_on=ON - DAY, expires_on=None)
    assert not Certificate.objects.expiring(ON, 30).exists()
    badges = {row: word for row, (_, word) in old.business.papers(ON)}
    assert badges[old] == "Đã có giấy mới"
    assert badges[new] == "Còn giá trị"


@pytest.mark.parametrize(
    ("expires", "badge"),
    [
        (None, ("ok", "Còn giá trị")),
        (31, ("ok", "Còn giá trị")),
        (30, ("due", "Còn 30 ngày")),
        (0, ("due", "Còn 0 ngày")),
        (-1, ("late", "Quá hạn 1 ngày")),
    ],
)
def test_the_badge_counts_the_days_left(expires, badge):
    until = None if expires is None else ON + expires * DAY
    assert CertificateFactory.build(expires_on=until).badge(ON) == badge


def test_a_revoked_paper_says_so_from_its_day_on():
    row = CertificateFactory.build(expires_on=None, revoked_on=ON, revoked_reason="Cho mượn")
    assert [row.badge(on)[1] for on in (ON - DAY, ON)] == ["Còn giá trị", "Đã thu hồi"]


@pytest.mark.parametrize(
    ("on", "conditional"),
    [
        (dt.date(2016, 6, 30), False),
        (dt.date(2016, 7, 1), True),
        (dt.date(2026, 3, 14), True),
        (dt.date(2026, 3, 15), False),
    ],
)
def test_lpg_is_conditional_from_decree_96_until_decree_58(on, conditional):
    lpg, eating = Sector.objects.get(code="lpg"), Sector.objects.get(code="eating")
    assert lpg.is_conditional(on) is conditional
    assert Sector.objects.conditional_on(on).filter(pk=lpg.pk).exists() is conditional
    assert not eating.is_conditional(on)
    assert not Sector.objects.conditional_on(on).filter(pk=eating.pk).exists()


def test_a_rule_ends_after_it_starts():
    told = ["Ngày hết áp dụng phải sau ngày áp dụng."]
    bad = {"sector": sector(), "legal_basis": "NĐ", "valid_from": dt.date(2000, 1, 1)}
    row = SectorRule(**bad, valid_to=dt.date(2000, 1, 1))
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict == {"valid_to": told}
    with pytest.raises(IntegrityError), transaction.atomic():
        SectorRule.objects.bulk_create([row])


def test_everybody_sees_only_his_own(chief, duty, clerk, officer_a, officer_b, leader, superuser):
    beats = {u: u.scope.neighbourhood_ids[0] for u in (officer_a, officer_b)}
    rows = {u: BusinessFactory(neighbourhood_id=beats[u], phone="0100999999") for u in beats}
    papers = {u: CertificateFactory(business=rows[u], expires_on=day(-5)) for u in beats}
    for user in (chief, duty, clerk):
        assert set(Business.objects.visible_to(user)) == set(rows.values())
        assert set(Certificate.objects.visible_to(user)) == set(papers.values())
    for user in (leader, superuser):
        assert not Business.objects.visible_to(user).exists()
        assert not Certificate.objects.visible_to(user).exists()
    for user in beats:
        assert list(Business.objects.visible_to(user)) == [rows[user]]
        assert list(Business.objects.visible_to(user).search("0100999999")) == [rows[user]]
        assert list(Certificate.objects.visible_to(user).expiring(day(), 30)) == [papers[user]]
