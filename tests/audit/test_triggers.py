"""Append-only in the database itself, whoever speaks to it."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from incidents.models import IncidentEntry
from kylien.audit import triggers, verify
from kylien.audit.models import AuditEntry, AuditLink
from kylien.core.models import AppendOnly
from tests import factories

pytestmark = pytest.mark.django_db
SQLITE = connection.vendor == "sqlite"
LAST = "no_replace" if SQLITE else "no_truncate"


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount


def refused(sql, *values):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(sql, *values)


def an_entry(**values):
    entry = AuditEntry(
        **{"at": "2026-01-01T00:00:00Z", "action": "change", "table": "a.b", **values}
    )
    entry.seal({"a": [1, 2]})
    entry.save()
    return entry


def without_pending_checks():
    """PostgreSQL drops no trigger of a table that has rows still to be checked."""
    connection.check_constraints()


def test_every_append_only_table_is_guarded():
    tables = {model._meta.db_table for model in triggers.guarded_models()}
    assert {AuditEntry, AuditLink, IncidentEntry} <= set(triggers.guarded_models())
    assert all(issubclass(model, AppendOnly) for model in triggers.guarded_models())
    assert "reports_frozenreport" in tables
    assert triggers.problems() == []
    wanted = {f"{table}_{name}" for table in tables for name in ("no_delete", "no_update", LAST)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if SQLITE
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        assert wanted == {name for (name,) in cursor.fetchall()}


def row_of(model):
    if model is AuditEntry:
        return an_entry()
    if model is AuditLink:
        return AuditLink.objects.create(
            number=10**6, count=1, first=1, last=1, entries="1 a", at=timezone.now()
        )
    if model is IncidentEntry:
        at = timezone.now()
        return IncidentEntry.objects.create(
            incident=factories.IncidentFactory(), at=at, kind="note", state="received", title="A"
        )
    user = factories.UserFactory(role="chief")
    return factories.report_in("approved", user=user).frozen


@pytest.mark.parametrize("model", triggers.guarded_models(), ids=lambda model: model.__name__)
def test_no_row_is_deleted_changed_or_replaced_by_sql(model):
    row = row_of(model)
    table = model._meta.db_table
    columns = [connection.ops.quote_name(f.column) for f in model._meta.concrete_fields]
    for column in columns:
        refused(f"UPDATE {table} SET {column} = {column} WHERE id = %s", row.pk)  # noqa: S608
    refused(f"DELETE FROM {table} WHERE id = %s", row.pk)  # noqa: S608
    refused(f"DELETE FROM {table}")  # noqa: S608
    if SQLITE:
        names = ", ".join(columns)
        copy = f"SELECT {names} FROM {table} WHERE id = %s"  # noqa: S608
        refused(f"INSERT OR REPLACE INTO {table} ({names}) {copy}", row.pk)
        other = copy.replace('"id"', "-7", 1)  # another key, the same number or report
        if any(f.unique and not f.primary_key for f in model._meta.concrete_fields):
            refused(f"INSERT OR REPLACE INTO {table} ({names}) {other}", row.pk)
    else:
        connection.check_constraints()
        refused(f"TRUNCATE {table} CASCADE")
    row.refresh_from_db()


def test_values_and_salt_are_blanked_together_and_nothing_else_with_them():
    entry = an_entry(reason="cũ")
    table = AuditEntry._meta.db_table
    for change in (
        "\"values\" = ''",
        "salt = ''",
        "\"values\" = '', salt = 'x'",
        "\"values\" = 'x', salt = ''",
        "\"values\" = '', salt = '', reason = 'mới'",
        "\"values\" = '', salt = '', id = id + 1000",
        "\"values\" = '', salt = '', user_id = NULL, row = 7",
        "\"values\" = '', salt = '', fields = '[\"a\"]'",
        "\"values\" = '', salt = '', token = 'x'",
    ):
        refused(f"UPDATE {table} SET {change} WHERE id = %s", entry.pk)  # noqa: S608
    assert AuditEntry.objects.filter(pk=entry.pk).blank_values() == 1
    digest = entry.digest
    entry.refresh_from_db()
    assert (entry.values, entry.salt, entry.digest, entry.reason) == ("", "", digest, "cũ")
    assert AuditEntry.objects.filter(pk=entry.pk).blank_values() == 1  # once more does no harm
    refused(f"UPDATE {table} SET \"values\" = 'x' WHERE id = %s", entry.pk)  # noqa: S608


def test_a_trigger_that_is_gone_or_another_is_told_and_made_again():
    table = "audit_auditlink"
    name = f"{table}_no_delete"
    without_pending_checks()
    run(f"DROP TRIGGER {name}" if SQLITE else f"DROP TRIGGER {name} ON {table}")
    assert triggers.problems() == [(table, name, True)]
    if SQLITE:
        body = "BEFORE DELETE ON audit_auditlink WHEN OLD.id < 0 BEGIN SELECT 1; END"
        run(f"CREATE TRIGGER {name} {body}")
    else:
        run(
            f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW"
            " WHEN (OLD.id < 0) EXECUTE FUNCTION kylien_append_only()"
        )
    assert triggers.problems() == [(table, name, False)]
    assert triggers.install() == [name]
    assert triggers.problems() == []
    assert triggers.install() == []


@pytest.mark.skipif(SQLITE, reason="only PostgreSQL has functions and switches of triggers")
def test_a_trigger_that_is_switched_off_or_hollow_is_told():
    without_pending_checks()
    run("ALTER TABLE audit_auditlink DISABLE TRIGGER audit_auditlink_no_delete")
    assert triggers.problems() == [("audit_auditlink", "audit_auditlink_no_delete", False)]
    assert triggers.install() == ["audit_auditlink_no_delete"]
    run(
        "CREATE OR REPLACE FUNCTION kylien_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN OLD; END'"
    )
    hollow = triggers.problems()
    assert len(hollow) == 3 * len(triggers.guarded_models()) - 1  # all but the blanking one
    triggers.install()
    assert triggers.problems() == []


@pytest.mark.django_db(transaction=True)
def test_flush_is_refused_and_migrate_makes_missing_triggers():
    an_entry()
    count = AuditEntry.objects.count()
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command("flush", interactive=False, verbosity=0)
    assert AuditEntry.objects.count() == count
    triggers.drop()
    assert len(triggers.problems()) == 3 * len(triggers.guarded_models())
    call_command("migrate", verbosity=0)
    assert triggers.problems() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_the_tests_own_flush_leaves_an_empty_and_guarded_trail(turn):
    assert not AuditEntry.objects.filter(code="H-99998").exists()
    an_entry(code="H-99998")
    assert triggers.problems() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not SQLITE, reason="PostgreSQL alters a table in place")
def test_a_table_that_is_rebuilt_gets_its_triggers_back():
    field = AuditLink._meta.get_field("token")
    wider = type(field)(max_length=40, blank=True)
    wider.set_attributes_from_name("token")
    wider.model = AuditLink
    with connection.schema_editor() as editor:
        editor.alter_field(AuditLink, field, wider, strict=True)
    assert {table for table, _, _ in triggers.problems()} == {"audit_auditlink"}
    call_command("migrate", verbosity=0)
    assert triggers.problems() == []
    with connection.schema_editor() as editor:
        editor.alter_field(AuditLink, wider, field, strict=True)
    triggers.install()


def test_a_trigger_of_somebody_else_is_told():
    assert triggers.strangers() == []
    table = "audit_auditentry"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE TRIGGER hush BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"
            )
        else:
            cursor.execute(f"CREATE RULE hush AS ON INSERT TO {table} DO INSTEAD NOTHING")
    assert triggers.strangers() == [(table, "hush")]
    assert [one.kind for one in verify.verify(timezone.now())] == ["trigger_added"]
