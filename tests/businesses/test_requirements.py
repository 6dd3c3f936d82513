"""What a business must hold on a day and what it lacks: over every date on which the law changes,
and in Python as in SQL."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from businesses.models import Business, Certificate, PaperRule, Sector
from businesses.requirements import Standing, lacking, requirements
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    PaperRuleFactory,
    paper_kind,
    sector,
)

pytestmark = pytest.mark.django_db
D = dt.date
DAY = dt.timedelta(days=1)
LONG_AGO = D(1990, 1, 1)
CHANGE = D(2026, 3, 15)  # LPG left the list


def fresh(business):
    """Return the business with its rows read anew."""
    rows = Business.objects.prefetch_related("certificates", "sector__paper_rules__kind")
    return rows.get(pk=business.pk)


def days_of(code):
    """List the days around every change of a sector's papers: the day before, the first day, the
    last day, the day after."""
    found = set()
    for rule in PaperRule.objects.filter(sector__code=code):
        found |= {rule.valid_from - DAY, rule.valid_from}
        if rule.valid_to:
            found |= {rule.valid_to - 2 * DAY, rule.valid_to - DAY, rule.valid_to}
            found.add(rule.valid_to + DAY)
    return sorted(found)


def kinds_of(code, on):
    rules = PaperRule.objects.in_force(on).filter(sector__code=code)
    return set(rules.values_list("kind", flat=True))


def with_all(code, on):
    """Return a business that holds every paper its sector requires on a day, and the papers."""
    business = BusinessFactory(sector=sector(code), opened_on=LONG_AGO)
    papers = {
        kind: CertificateFactory(
            business=business, kind_code=kind, issued_on=on - 20 * DAY, expires_on=None
        )
        for kind in kinds_of(code, on)
    }
    return business, papers


def expire(paper, on):
    paper.expires_on = on - DAY
    paper.save()


def revoke(paper, on):
    paper.revoked_on, paper.revoked_reason = on, "Cho mượn"
    paper.save()


LOSSES = {
    Standing.MISSING: lambda paper, on: paper.delete(),
    Standing.REVOKED: revoke,
    Standing.EXPIRED: expire,
}
IN_SQL = {Standing.MISSING: "missing", Standing.REVOKED: "missing", Standing.EXPIRED: "expired"}
SECTORS = ["karaoke", "pawnshop", "lodging", "massage", "printing", "lpg"]


def test_every_sector_with_papers_is_tried_here():
    assert set(SECTORS) == set(PaperRule.objects.values_list("sector__code", flat=True))


@pytest.mark.parametrize("code", SECTORS)
def test_with_every_paper_nothing_is_found(code):
    for on in days_of(code):
        business, papers = with_all(code, on)
        assert lacking(fresh(business), on) == [], on
        assert {one.rule.kind_id for one in requirements(fresh(business), on)} == set(papers), on
        assert not Business.objects.lacking(on).filter(pk=business.pk).exists(), on


@pytest.mark.parametrize("standing", LOSSES)
@pytest.mark.parametrize("code", SECTORS)
def test_each_missing_paper_is_one_finding_that_names_it(code, standing):
    for on in days_of(code):
        for kind in kinds_of(code, on):
            business, papers = with_all(code, on)
            LOSSES[standing](papers[kind], on)
            found = lacking(fresh(business), on)
            assert [(one.rule.kind_id, one.standing) for one in found] == [(kind, standing)], on
            assert found[0].rule.kind.name in found[0].sentence
            named = getattr(Business.objects, IN_SQL[standing])(on)
            assert named.filter(pk=business.pk).exists(), on


@pytest.mark.parametrize("code", ["eating", "company", "project", "other"])
def test_a_sector_without_rules_requires_nothing(code):
    for on in (LONG_AGO, CHANGE - DAY, CHANGE):
        assert requirements(fresh(BusinessFactory(sector=sector(code))), on) == []


def test_the_security_paper_of_lpg_ends_on_the_day_of_the_decree():
    gas = fresh(BusinessFactory(sector=sector("lpg")))
    required = [
        {one.rule.kind_id for one in requirements(gas, on)} for on in (CHANGE - DAY, CHANGE)
    ]
    assert required == [{"security", "fire", "trade"}, {"fire", "trade"}]


@pytest.mark.parametrize(
    ("offset", "word", "standing"),
    [
        (31, "Còn giá trị", Standing.HELD),
        (30, "Còn 30 ngày", Standing.RENEWING),
        (0, "Còn 0 ngày", Standing.RENEWING),
        (-1, "Quá hạn 1 ngày", Standing.EXPIRED),
    ],
)
def test_the_last_day_decides(offset, word, standing):
    business, papers = with_all("pawnshop", CHANGE)
    papers["security"].expires_on = CHANGE + offset * DAY
    papers["security"].save()
    (one,) = requirements(fresh(business), CHANGE)
    assert (one.standing, one.badge[1]) == (standing, word)


def test_of_two_papers_the_one_that_lasts_longer_counts():
    business, _ = with_all("pawnshop", CHANGE)
    CertificateFactory(business=business, issued_on=CHANGE - DAY, expires_on=CHANGE + DAY)
    (one,) = requirements(fresh(business), CHANGE)
    assert one.standing is Standing.HELD
    assert not Business.objects.renewing(CHANGE).exists()


def test_a_paper_issued_later_did_not_hold_before():
    business, papers = with_all("pawnshop", CHANGE)
    issued = papers["security"].issued_on
    found = [lacking(fresh(business), on) != [] for on in (issued - DAY, issued)]
    assert found == [True, False]


# --- Python and SQL say the same ------------------------------------------------------------------

START = D(2026, 1, 1)
numbers = st.integers(0, 90)
paper = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["security", "fire", "trade"]),
        "issued": numbers,
        "lasts": st.none() | st.integers(1, 60),
        "revoked_after": st.none() | st.none() | st.integers(0, 60),
    }
)
ward = st.lists(
    st.tuples(
        st.sampled_from(["karaoke", "lpg", "pawnshop", "eating"]), st.lists(paper, max_size=4)
    ),
    min_size=1,
    max_size=5,
)


def in_python(business, on):
    standings = {one.standing for one in requirements(business, on)}
    return {
        "lacking": bool(standings & {Standing.MISSING, Standing.REVOKED, Standing.EXPIRED}),
        "missing": bool(standings & {Standing.MISSING, Standing.REVOKED}),
        "expired": Standing.EXPIRED in standings,
        "renewing": Standing.RENEWING in standings,
    }


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(businesses=ward, asked=st.lists(numbers, min_size=1, max_size=4))
def test_python_and_sql_agree_on_every_history(area_a, businesses, asked):
    Certificate.objects.all()._raw_delete("default")
    Business.objects.all()._raw_delete("default")
    made = [BusinessFactory(sector=sector(code), neighbourhood=area_a) for code, _ in businesses]
    Certificate.objects.bulk_create(
        _certificate(business, number, row)
        for business, (_, rows) in zip(made, businesses, strict=True)
        for number, row in enumerate(rows)
    )
    rows = Business.objects.prefetch_related("certificates", "sector__paper_rules__kind")
    for on in (START + n * DAY for n in asked):
        told = {business.pk: in_python(business, on) for business in rows.all()}
        for name in ("lacking", "missing", "expired", "renewing"):
            listed = set(getattr(Business.objects, name)(on).values_list("pk", flat=True))
            assert listed == {pk for pk, said in told.items() if said[name]}, (name, on)


def _certificate(business, number, row):
    issued = START + row["issued"] * DAY
    revoked = row["revoked_after"]
    return Certificate(
        business=business,
        kind_id=row["kind"],
        number=f"{business.pk}/{number}",
        issuer="Công an tỉnh",
        issued_on=issued,
        expires_on=None if row["lasts"] is None else issued + row["lasts"] * DAY,
        revoked_on=None if revoked is None else issued + revoked * DAY,
        revoked_reason="" if revoked is None else "Cho mượn",
    )


def test_a_second_rule_about_one_paper_is_one_entry_on_each_day():
    """The fire law of 2025 took the place of that of 2001: one requirement, the later basis."""
    first, last = D(2025, 6, 30), D(2025, 7, 1)
    bar = fresh(BusinessFactory(sector=sector("karaoke")))
    basis = [
        [one.rule.legal_basis for one in requirements(bar, on) if one.rule.kind_id == "fire"]
        for on in (first, last)
    ]
    assert [len(found) for found in basis] == [1, 1]
    assert basis[0] != basis[1]


def test_a_rule_that_the_chief_enters_counts_from_its_day():
    eating = Sector.objects.get(code="eating")
    PaperRuleFactory(sector=eating, kind=paper_kind("fire"), valid_from=CHANGE)
    row = fresh(BusinessFactory(sector=eating))
    assert [len(lacking(row, on)) for on in (CHANGE - DAY, CHANGE)] == [0, 1]
