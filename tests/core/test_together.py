"""Rows of several models read in one query, and attached as if prefetched."""

import pytest
from django.db import connection
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from businesses.models import Certificate, QuarterlyReturn, Sanction, SectorRule
from kylien.core.together import attach, read_all
from tests.factories import (
    BusinessFactory,
    CertificateFactory,
    QuarterlyReturnFactory,
    SanctionFactory,
)

pytestmark = pytest.mark.django_db


def test_rows_come_as_the_database_gives_them_one_by_one():
    made = {
        Certificate: [CertificateFactory(), CertificateFactory(expires_on=None, by_ward=True)],
        Sanction: [SanctionFactory(amount=2**62, legal_basis='Điều 5 "x", \\ \n y')],
        QuarterlyReturn: [QuarterlyReturnFactory()],
        SectorRule: list(SectorRule.objects.all()),
    }
    with CaptureQueriesContext(connection) as queries:
        found = read_all({model.__name__: model.objects.all() for model in made})
    assert len(queries) == 1
    skipped = {"version", "created_at", "changed_at"}
    for model, rows in made.items():
        read = {row.pk: row for row in found[model.__name__]}
        assert set(read) == {row.pk for row in rows}
        for row in model.objects.all():
            for field in model._meta.concrete_fields:
                if field.name not in skipped:
                    value = getattr(read[row.pk], field.attname)
                    assert value == getattr(row, field.attname)
                    assert type(value) is type(getattr(row, field.attname))
            assert read[row.pk] == row
            assert not read[row.pk]._state.adding


def test_filters_and_annotations_are_kept():
    row = CertificateFactory()
    CertificateFactory()
    rows = Certificate.objects.filter(business=row.business)
    rows = rows.annotate(checked=Count("checks"), since=F("issued_on"))
    (one,) = read_all({"papers": rows, "none": Sanction.objects.all()})["papers"]
    assert (one.pk, one.checked, one.since) == (row.pk, 0, row.issued_on)


def test_what_is_attached_is_not_asked_for_again():
    business = BusinessFactory()
    rows = CertificateFactory.create_batch(2, business=business)
    attach(business, certificates=reversed(rows))
    with CaptureQueriesContext(connection) as queries:
        assert list(business.certificates.all()) == rows[::-1]
    assert not queries
    assert business.certificates.filter(pk=rows[0].pk).get() == rows[0]
