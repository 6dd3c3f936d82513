"""Triggers that keep append-only rows as they are, whoever speaks to the database.

No row of an append-only table is deleted or changed; of an audit entry `values` and `salt` may be
blanked together. They are made after each `migrate`: on SQLite a changed column rebuilds its table
and loses them. `manage.py flush` is refused by them, and that is meant.
"""

from django.apps import apps
from django.db import connections

from kylien.audit.models import AuditEntry
from kylien.core.models import AppendOnly

MESSAGE = "append-only"
BLANKED = ("values", "salt")
# On PostgreSQL the triggers call these; what they raise is an IntegrityError to Django.
REFUSE = "kylien_append_only"
BLANK_ALONE = "kylien_blank_alone"
RAISE = f"RAISE EXCEPTION '{MESSAGE}: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';"
FUNCTIONS = {
    REFUSE: f"BEGIN {RAISE} END",
    BLANK_ALONE: (
        "BEGIN IF NEW.\"values\" = '' AND NEW.salt = ''"
        " AND to_jsonb(NEW) - 'values' - 'salt' = to_jsonb(OLD) - 'values' - 'salt'"
        f" THEN RETURN NEW; END IF; {RAISE} END"
    ),
}


def guarded_models():
    return [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def install(using="default"):
    """Make the triggers that are missing or altered; those of tables that are not there yet wait.

    Returns the names of the triggers it made.
    """
    return _of(connections[using]).install()


def drop(using="default"):
    """Drop the triggers: the tests' own, who empty all tables between them."""
    _of(connections[using]).drop()


def problems(using="default"):
    """List the triggers that are not as they were made: `(table, trigger, missing)`."""
    return _of(connections[using]).problems()


def strangers(using="default"):
    """List the triggers that somebody else put on the guarded tables: `(table, trigger)`."""
    return _of(connections[using]).strangers()


def _of(connection):
    return {"sqlite": OnSQLite, "postgresql": OnPostgreSQL}[connection.vendor](connection)


class Triggers:
    def __init__(self, connection):
        self.connection = connection
        self.quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            there = set(connection.introspection.table_names(cursor))
        self.models = [model for model in guarded_models() if model._meta.db_table in there]

    def wanted(self):
        """Return `{(table, trigger): the statement that makes it}`."""
        return {
            (model._meta.db_table, f"{model._meta.db_table}_{name}"): statement
            for model in self.models
            for name, statement in self.statements(model).items()
        }

    def problems(self):
        found = self.found()
        return [
            (table, name, (table, name) not in found)
            for (table, name), statement in self.wanted().items()
            if found.get((table, name)) != statement
        ]

    def strangers(self):
        tables = {model._meta.db_table for model in self.models}
        return sorted(one for one in self.found().keys() - self.wanted().keys() if one[0] in tables)

    def install(self):
        wanted, made = self.wanted(), []
        with self.connection.cursor() as cursor:
            for table, name, _ in self.problems():
                self.remove(cursor, table, name)
                self.make(cursor, wanted[table, name])
                made.append(name)
        return made

    def drop(self):
        with self.connection.cursor() as cursor:
            for table, name in self.wanted():
                self.remove(cursor, table, name)


class OnSQLite(Triggers):
    def statements(self, model):
        table = model._meta.db_table
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {table}'); END"
        on = f"ON {self.quote(table)}"
        head = f"CREATE TRIGGER {self.quote(table + '_%s')} BEFORE"
        return {
            "no_delete": f"{head % 'no_delete'} DELETE {on} {refuse}",
            "no_update": f"{head % 'no_update'} UPDATE {on} {self.unless(model)}{refuse}",
            # INSERT OR REPLACE deletes what is in its way, and fires no trigger of deletion.
            "no_replace": f"{head % 'no_replace'} INSERT {on} {self.where_taken(model)} {refuse}",
        }

    def unless(self, model):
        if model is not AuditEntry:
            return ""
        parts = [
            f"NEW.{self.quote(f.column)} = ''"
            if f.name in BLANKED
            else f"NEW.{self.quote(f.column)} IS OLD.{self.quote(f.column)}"
            for f in model._meta.concrete_fields
        ]
        return f"WHEN NOT ({' AND '.join(parts)}) "

    def where_taken(self, model):
        keys = [self.quote(f.column) for f in model._meta.concrete_fields if f.unique]
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        table = self.quote(model._meta.db_table)
        return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (our own names)

    def found(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
            return {(table, name): sql for table, name, sql in cursor.fetchall()}

    def make(self, cursor, statement):
        cursor.execute(statement)

    def remove(self, cursor, table, name):
        cursor.execute(f"DROP TRIGGER IF EXISTS {self.quote(name)}")


class OnPostgreSQL(Triggers):
    def statements(self, model):
        table = model._meta.db_table
        on_change = BLANK_ALONE if model is AuditEntry else REFUSE
        return {
            "no_delete": self.statement(table, "no_delete", "DELETE", "ROW", REFUSE),
            "no_update": self.statement(table, "no_update", "UPDATE", "ROW", on_change),
            "no_truncate": self.statement(table, "no_truncate", "TRUNCATE", "STATEMENT", REFUSE),
        }

    @staticmethod
    def statement(table, name, verb, each, function):
        """Return the statement in the very spelling of `pg_get_triggerdef()`."""
        return (
            f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} FOR EACH {each}"
            f" EXECUTE FUNCTION {function}()"
        )

    def found(self):
        """A trigger that is switched off, or whose function is another, reads as altered."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled,"
                " p.proname, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_proc p ON p.oid = t.tgfoid"
                " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
            )
            found = {
                (table, name): statement
                if on in ("O", "A") and source == FUNCTIONS.get(function)
                else "altered"
                for table, name, statement, on, function, source in cursor.fetchall()
            }
            # A rule can do what a trigger does; the portal has none.
            cursor.execute("SELECT tablename, rulename, definition FROM pg_rules")
            return found | {(table, name): rule for table, name, rule in cursor.fetchall()}

    def make(self, cursor, statement):
        cursor.execute(statement)

    def install(self):
        with self.connection.cursor() as cursor:
            for name, body in FUNCTIONS.items():
                cursor.execute(
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger"
                    f" LANGUAGE plpgsql AS $body${body}$body$"
                )
        return super().install()

    def remove(self, cursor, table, name):
        cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {self.quote(table)}")
