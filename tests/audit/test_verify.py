"""`verify_audit` names what was done to the trail behind the portal's back, and nothing else."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from households.models import Household
from kylien.audit import chain, triggers, verify
from kylien.audit.blanking import blank
from kylien.audit.models import AuditEntry, AuditLink, digest_of

pytestmark = pytest.mark.django_db
ENTRY, LINK = AuditEntry._meta.db_table, AuditLink._meta.db_table
LONG_AGO = dt.timedelta(hours=2)


def ours(letter):
    """Return a token as the portal makes them, with a nonce that can be read."""
    return chain.new_token(letter * 16)


def write(token, count=3, *, sealed=True):
    """Write the entries of one transaction, two hours old, and seal them."""
    entries = []
    for number in range(count):
        entry = AuditEntry(
            at=timezone.now() - LONG_AGO,
            action="change",
            table="households.household",
            row=number,
            code=f"H-{number:05}",
            fields=["address"],
            reason="Theo đơn",
            token=ours(token),
        )
        entry.seal({"address": ["Số 3", f"Số {number}"]})
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    if sealed:
        chain.seal(ours(token))
    return [entry.pk for entry in entries]


def one_more(token):
    """Write an entry of this moment, of a transaction that is not sealed yet."""
    entry = AuditEntry(at=timezone.now(), action="view", table="a.b", token=ours(token))
    entry.seal({})
    entry.save()


def tamper(sql, *values):
    """Run SQL as somebody who owns the database: triggers off, SQL, triggers on again."""
    connection.check_constraints()
    triggers.drop()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount > 0
    connection.check_constraints()
    triggers.install()


def copy_row(pk, **changed):
    """Put an entry in by SQL, like another but for some columns."""
    quote = connection.ops.quote_name
    columns = [f.column for f in AuditEntry._meta.concrete_fields]
    picked = ["%s" if name in changed else quote(name) for name in columns]
    names = ", ".join(quote(name) for name in columns)
    tamper(
        f"INSERT INTO {ENTRY} ({names}) SELECT {', '.join(picked)} FROM {ENTRY} WHERE id = %s",  # noqa: S608
        *(changed[name] for name in columns if name in changed),
        pk,
    )


def findings():
    return list(verify.verify(timezone.now()))


def told():
    """Return what is found as `(kind, entry, link)`, without warnings."""
    return sorted(
        ((one.kind, one.entry, one.link) for one in findings() if not one.warning), key=str
    )


@pytest.fixture
def trail():
    """Seal three transactions; return their entries and their links' numbers."""
    chain.seal_rest()  # what the test's own fixtures wrote
    keys = [write(token) for token in "abc"]
    numbers = list(AuditLink.objects.order_by("number").values_list("number", flat=True))[-3:]
    assert told() == []
    return keys, numbers


# --- whole --------------------------------------------------------------------------------------


def test_a_trail_that_nobody_touched_is_whole(trail):
    assert findings() == []


def test_an_empty_trail_is_whole():
    connection.check_constraints()
    triggers.drop()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {LINK}")  # noqa: S608
        cursor.execute(f"DELETE FROM {ENTRY}")  # noqa: S608
    triggers.install()
    assert findings() == []


def test_blanked_values_leave_the_chain_whole(trail):
    assert blank(Household, [0, 2]) == 6
    assert told() == []


def test_values_that_are_blanked_without_a_word_are_told(trail):
    blank(Household, [0])
    (_, keys, _), _ = trail
    assert AuditEntry.objects.filter(pk__in=keys[1:]).blank_values() == 2  # what triggers let pass
    assert told() == [("blanked", key, None) for key in keys[1:]]


def test_a_blanking_that_is_put_in_covers_nothing(trail):
    (keys, _, _), _ = trail
    AuditEntry.objects.filter(pk=keys[0]).blank_values()
    entry = AuditEntry(
        at=timezone.now(), action="blank", table="a.b", fields=[f"{keys[0]}-{keys[0]}"]
    )
    entry.seal({})
    entry.token = "0" * 32
    entry.save()
    assert told() == [("blanked", keys[0], None), ("inserted", entry.pk, None)]


def test_transactions_whose_entries_lie_among_one_another_are_whole(monkeypatch):
    """On PostgreSQL keys are given before the commit: two transactions' lie mixed."""
    monkeypatch.setattr(chain, "BLOCK", 2)
    monkeypatch.setattr(verify, "BLOCK", 2)
    for token in "xyxyyxx":
        write(token, 1, sealed=False)
    chain.seal_rest()
    assert [link.count for link in AuditLink.objects.filter(token=ours("x"))] == [2, 2]
    assert [link.count for link in AuditLink.objects.filter(token=ours("y"))] == [2, 1]
    assert findings() == []


# --- entries ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-01-01 00:00:00+00:00"),
        ("address", "10.9.9.9"),
        ("action", "view"),
        ("table", "households.resident"),
        ("row", 77),
        ("row", None),
        ("code", "H-77777"),
        ("fields", '["full_name"]'),
        ("reason", ""),
        ("digest", "0" * 64),
        ("values", '{"address": ["Số 3", "Số 4"]}'),
        ("values", ""),
        ("salt", "0" * 32),
        ("salt", ""),
        ("token", ours("b")),
        ("token", ours("z")),
        ("token", ""),
    ],
)
def test_an_altered_entry_is_named_with_its_link(trail, column, value):
    (keys, _, _), (number, _, _) = trail
    column = connection.ops.quote_name(column)
    tamper(f"UPDATE {ENTRY} SET {column} = %s WHERE id = %s", value, keys[1])  # noqa: S608
    assert told() == [("altered", keys[1], number)]


def test_an_entry_of_another_user_is_named(trail, chief):
    (keys, _, _), (number, _, _) = trail
    tamper(f"UPDATE {ENTRY} SET user_id = %s WHERE id = %s", chief.pk, keys[0])  # noqa: S608
    assert ("altered", keys[0], number) in told()


def test_values_rewritten_with_a_fitting_salt_and_digest_are_named(trail):
    (_, keys, _), (_, number, _) = trail
    values, salt = '{"address": ["Số 1", "Số 2"]}', "5" * 32
    tamper(
        f'UPDATE {ENTRY} SET "values" = %s, salt = %s, digest = %s WHERE id = %s',  # noqa: S608
        values,
        salt,
        digest_of(salt, values),
        keys[2],
    )
    assert told() == [("altered", keys[2], number)]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL refuses such a value")
@pytest.mark.parametrize(("column", "value"), [("at", "hôm qua"), ("at", "9"), ("row", "bảy")])
def test_an_entry_that_cannot_be_read_any_more_is_named_and_nothing_breaks(trail, column, value):
    (keys, _, _), (number, _, _) = trail
    tamper(f'UPDATE {ENTRY} SET "{column}" = %s WHERE id = %s', value, keys[1])  # noqa: S608
    assert told() == [("altered", keys[1], number)]


def test_missing_entries_are_named(trail):
    (first, second, _), (one, two, _) = trail
    tamper(f"DELETE FROM {ENTRY} WHERE id IN (%s, %s)", first[0], second[2])  # noqa: S608
    assert told() == [("missing", first[0], one), ("missing", second[2], two)]


def test_a_whole_transaction_that_is_gone_is_named_entry_by_entry(trail):
    (_, keys, _), (_, number, _) = trail
    tamper(f"DELETE FROM {ENTRY} WHERE token = %s", ours("b"))  # noqa: S608
    assert told() == [("missing", key, number) for key in keys]


def test_an_entry_put_behind_or_before_a_transaction_is_named(trail):
    (keys, _, _), (number, _, _) = trail
    for key in (keys[2] + 500, keys[0] - 10**5):
        copy_row(keys[0], id=key)
        assert told() == [("inserted", key, number)]
        tamper(f"DELETE FROM {ENTRY} WHERE id = %s", key)  # noqa: S608
        assert told() == []


def test_an_entry_put_among_those_of_a_link_is_named(trail):
    first, gap, _ = (write(token, 1, sealed=False)[0] for token in "ghg")
    tamper(f"DELETE FROM {ENTRY} WHERE id = %s", gap)  # noqa: S608
    chain.seal(ours("g"))
    assert told() == []
    copy_row(first, id=gap)
    assert told() == [("inserted", gap, AuditLink.objects.get(token=ours("g")).number)]


def test_an_entry_put_in_the_place_of_another_is_named(trail):
    (keys, _, _), (number, _, _) = trail
    tamper(f"DELETE FROM {ENTRY} WHERE id = %s", keys[1])  # noqa: S608
    copy_row(keys[0], id=keys[1])
    assert told() == [("altered", keys[1], number)]


def test_an_entry_put_between_two_links_of_one_transaction_is_named(monkeypatch):
    monkeypatch.setattr(chain, "BLOCK", 2)
    monkeypatch.setattr(verify, "BLOCK", 2)
    chain.seal_rest()
    first = write("p", 2, sealed=False)[0]
    gap = write("q", 1, sealed=False)[0]
    write("p", 2, sealed=False)
    tamper(f"DELETE FROM {ENTRY} WHERE id = %s", gap)  # noqa: S608
    chain.seal(ours("p"))
    one, two = AuditLink.objects.filter(token=ours("p")).order_by("number")
    assert told() == []
    copy_row(first, id=gap)
    assert told() == [("inserted", gap, two.number)]
    assert one.last < gap < two.first


def test_an_entry_without_a_transaction_is_named(trail):
    copy_row(trail[0][0][0], id=10**9, token="")
    assert told() == [("inserted", 10**9, None)]


def test_an_entry_that_no_link_holds_is_a_warning_for_five_minutes(trail):
    (key,) = write("u", 1, sealed=False)
    assert told() == [("unsealed", key, None)]
    one_more("v")
    (warning,) = [one for one in findings() if one.warning]
    assert (warning.kind, warning.entry) == ("unsealed", AuditEntry.objects.latest("pk").pk)
    assert told() == [("unsealed", key, None)]


# --- links --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("token", ours("q")),
        ("count", 9),
        ("first", 1),
        ("last", 10**9),
        ("entries", "1 abc"),
        ("entries", "rác"),
        ("entries", ""),
        ("previous", "0" * 64),
        ("at", "2026-01-01 00:00:00+00:00"),
    ],
)
def test_an_altered_link_is_named(trail, column, value):
    keys, (_, number, _) = trail
    name = connection.ops.quote_name(column)
    tamper(f"UPDATE {LINK} SET {name} = %s WHERE number = %s", value, number)  # noqa: S608
    found = told()
    assert ("link_altered", None, number) in found
    # What it held cannot be vouched for; nothing outside it is accused.
    assert {entry for _, entry, _ in found if entry} <= set(keys[1])
    assert {link for _, _, link in found if link} == {number}


def test_a_digest_that_is_altered_breaks_the_chain_there(trail):
    _, (_, number, after) = trail
    tamper(f"UPDATE {LINK} SET digest = %s WHERE number = %s", "0" * 64, number)  # noqa: S608
    assert told() == [("chain_broken", None, after), ("link_altered", None, number)]


def test_a_link_made_anew_for_its_altered_entry_breaks_the_chain(trail):
    (_, keys, _), (_, number, after) = trail
    tamper(f"UPDATE {ENTRY} SET reason = 'giả' WHERE id = %s", keys[0])  # noqa: S608
    link = AuditLink.objects.get(number=number)
    rows = AuditEntry.objects.filter(token=link.token).order_by("pk")
    made = [chain.entry_hash(*row) for row in rows.values_list(*chain.COVERED)]
    link.entries = "\n".join(f"{pk} {one}" for pk, one in zip(keys, made, strict=True))
    tamper(
        f"UPDATE {LINK} SET entries = %s, digest = %s WHERE number = %s",  # noqa: S608
        link.entries,
        link.computed(),
        number,
    )
    assert told() == [("chain_broken", None, after)]


def test_a_missing_link_is_named_and_so_are_its_entries(trail):
    (_, keys, _), (_, number, _) = trail
    tamper(f"DELETE FROM {LINK} WHERE number = %s", number)  # noqa: S608
    assert told() == [("link_missing", None, number), *(("unsealed", key, None) for key in keys)]


def test_the_newest_link_gone_leaves_its_entries_unsealed(trail):
    (_, _, keys), (_, _, number) = trail
    tamper(f"DELETE FROM {LINK} WHERE number = %s", number)  # noqa: S608
    assert told() == [("unsealed", key, None) for key in keys]


def test_the_first_link_gone_is_named():
    chain.seal_rest()
    write("a")
    tamper(f"DELETE FROM {LINK} WHERE number = 1")  # noqa: S608
    assert ("link_missing", None, 1) in told()


def test_a_missing_trigger_is_told(trail):
    connection.check_constraints()
    triggers.drop()
    kinds = {one.kind for one in findings()}
    triggers.install()
    assert kinds == {"trigger_missing"}


# --- the command --------------------------------------------------------------------------------


def command(*arguments):
    """Return what the command prints, and its error or None."""
    out = io.StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


def test_command_says_what_it_checked(trail):
    out, error = command()
    head = AuditLink.objects.latest("number")
    assert error is None
    assert f"{head.number} mắt xích" in out
    assert head.digest in out


def test_command_fails_on_a_finding_and_names_it(trail):
    key = trail[0][0][0]
    tamper(f"UPDATE {ENTRY} SET code = 'H-66666' WHERE id = %s", key)  # noqa: S608
    out, error = command()
    assert error == "Nhật ký không còn nguyên vẹn: 1 dấu hiệu."
    assert f"SAI: Mục {key} của mắt xích {trail[1][0]} bị sửa." in out
    out, error = command("--json")
    found = json.loads(out)
    assert error
    assert found["intact"] is False
    assert found["findings"] == [
        {
            "kind": "altered",
            "text": f"Mục {key} của mắt xích {trail[1][0]} bị sửa.",
            "entry": key,
            "link": trail[1][0],
            "warning": False,
        }
    ]


def test_command_compares_a_printed_digest(trail):
    middle = AuditLink.objects.get(number=trail[1][1])
    printed = " ".join(middle.digest[n : n + 8] for n in range(0, 64, 8)).upper()
    for given in (printed, middle.digest, middle.digest[:16]):
        out, error = command("--head", given)
        assert error is None
        assert f"khớp mắt xích {middle.number}" in out
    for wrong in ("abc", "x" * 64, "1" * 65, "%", "đđđđđđđđđđđđđđđđ"):
        assert "16 đến 64 ký tự" in command("--head", wrong)[1]
    out, error = command("--head", "0" * 64)
    assert error
    assert "không còn trong chuỗi" in out


def test_a_chain_that_was_written_anew_no_longer_holds_the_printed_digest(trail):
    keys, (first, *_) = trail
    printed = AuditLink.objects.latest("number").digest
    tamper(f"UPDATE {ENTRY} SET reason = 'giả' WHERE id = %s", keys[0][0])  # noqa: S608
    tamper(f"DELETE FROM {LINK} WHERE number >= %s", first)  # noqa: S608
    for token in "abc":
        chain.seal(ours(token))
    assert command()[1] is None  # by itself it is whole
    out, error = command("--head", printed)
    assert error
    assert "không còn trong chuỗi" in out


def test_seal_takes_what_was_left_open(trail):
    write("u", 2, sealed=False)
    assert command()[1] == "Nhật ký không còn nguyên vẹn: 2 dấu hiệu."
    out, error = command("--seal")
    assert error is None
    assert "Niêm phong nốt: thêm 1 mắt xích." in out
    assert json.loads(command("--seal", "--json")[0])["sealed_now"] == 0


def test_a_young_open_entry_is_a_warning_and_no_failure(trail):
    one_more("v")
    out, error = command()
    assert error is None
    assert "Lưu ý: Mục" in out


def test_walking_costs_queries_by_the_hundred_links(trail, django_assert_max_num_queries):
    for token in "defghijklmnopqrstuvwxyz":
        write(token, 2)
    with django_assert_max_num_queries(11):
        assert told() == []


# --- how far the chain was ----------------------------------------------------------------------


def test_an_end_that_was_cut_off_is_told_at_the_next_verification(trail, settings):
    assert command()[1] is None
    number, digest = settings.AUDIT_HEAD.read_text().split()
    newest = verify.head()
    assert (int(number), digest) == (newest.number, newest.digest)
    entries = list(newest.listed())
    tamper(f"DELETE FROM {LINK} WHERE number = %s", newest.number)  # noqa: S608
    tamper(f"DELETE FROM {ENTRY} WHERE id IN ({', '.join(map(str, entries))})")  # noqa: S608
    assert told() == [("head_lost", None, newest.number)]
    assert command()[1] == "Nhật ký không còn nguyên vẹn: 1 dấu hiệu."
    assert settings.AUDIT_HEAD.read_text().split()[1] == digest  # not forgotten by that


def test_a_head_that_cannot_be_read_is_told(trail, settings):
    settings.AUDIT_HEAD.write_text("x")
    assert [one.kind for one in findings()] == ["head_unreadable"]


def test_what_somebody_put_in_under_a_token_of_his_own_is_never_sealed(trail):
    entry = AuditEntry(at=timezone.now(), action="view", table="a.b", token="1" * 32)
    entry.seal({})
    entry.save()
    assert chain.seal_rest() == 0
    assert told() == [("inserted", entry.pk, None)]
