"""Each transaction's entries are sealed into the chain once it has committed."""

import datetime as dt
import logging
import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from households.models import Household
from kylien.accounts.models import Role, User
from kylien.audit import chain, triggers, verify
from kylien.audit.apps import guard
from kylien.audit.models import AuditEntry, AuditLink
from kylien.core.changes import acting, trail
from tests import factories

# Sealing waits for commits: these tests make some.
committed = pytest.mark.django_db(transaction=True)


def ours(letter):
    """Return a token as the portal makes them, with a nonce that can be read."""
    return chain.new_token(letter * 16)


def found():
    return [one.text for one in verify.verify(timezone.now())]


def links():
    return list(AuditLink.objects.order_by("number"))


def of_token(link):
    return list(AuditEntry.objects.filter(token=link.token).order_by("pk"))


def read_once(code="H-00001"):
    trail().reading(Household, "view", code=code)


def unsealed(count, token=None, **values):
    """Write entries as a crash after the commit leaves them, with their token and no link."""
    entries = []
    for _ in range(count):
        given = {"at": timezone.now(), "action": "view", "table": "households.household"}
        entry = AuditEntry(**{**given, "token": ours("t") if token is None else token, **values})
        entry.seal({})
        entries.append(entry)
    return AuditEntry.objects.bulk_create(entries, batch_size=500)


@committed
def test_each_transaction_is_one_link_on_the_one_before(area_a):
    before = links()
    with transaction.atomic():
        first = factories.HouseholdFactory(neighbourhood=area_a)
        first.address = "Số 5"
        first.save()
    first.address = "Số 7"
    first.save()
    one, two = links()[len(before) :]
    assert two.number == one.number + 1
    assert two.previous == one.digest
    assert one.previous == (before[-1].digest if before else "")
    told = AuditEntry.objects.filter(table="households.household", row=first.pk).order_by("pk")
    assert [entry.token for entry in told] == [one.token, one.token, two.token]
    for link in (one, two):
        entries = of_token(link)
        assert (link.count, link.first, link.last) == (
            len(entries),
            entries[0].pk,
            entries[-1].pk,
        )
        assert list(link.listed()) == [entry.pk for entry in entries]
    assert found() == []


@committed
def test_a_reading_is_sealed_at_once_and_costs_two_queries_more():
    read_once()  # the process has looked for what a crash left
    with CaptureQueriesContext(connection) as queries:
        read_once()
    asked = [q["sql"] for q in queries if "audit_auditlink" in q["sql"]]
    assert len(asked) == 2
    assert asked[1].startswith("INSERT")
    assert len(of_token(links()[-1])) == 1


@committed
def test_what_a_savepoint_takes_back_is_in_no_link(area_a):
    with transaction.atomic():
        with transaction.atomic():
            factories.HouseholdFactory(neighbourhood=area_a)
            transaction.set_rollback(True)
        kept = factories.HouseholdFactory(neighbourhood=area_a)
        with transaction.atomic():
            kept.address = "Số 9"
            kept.save()
            transaction.set_rollback(True)
    entries = of_token(links()[-1])
    assert {entry.row for entry in entries if entry.table == "households.household"} == {kept.pk}
    assert [entry.action for entry in entries if entry.row == kept.pk] == ["create"]
    assert found() == []


@committed
def test_a_transaction_that_is_rolled_back_makes_no_link(area_a):
    count = len(links())
    with transaction.atomic():
        factories.HouseholdFactory(neighbourhood=area_a)
        transaction.set_rollback(True)
    assert len(links()) == count
    assert found() == []


@committed
def test_roles_and_groups_which_signals_tell_are_sealed_too():
    from django.contrib.auth.models import Group

    user = factories.UserFactory(role=Role.CLERK)
    Group.objects.create(name="thử nghiệm")
    user.groups.clear()
    assert found() == []
    assert not AuditEntry.objects.filter(token="").exists()


@committed
def test_a_failure_to_seal_breaks_nothing_and_the_next_seal_takes_the_rest(monkeypatch, caplog):
    def fail(self, *args, **kwargs):
        raise OSError("disk full")

    read_once()
    count = len(links())
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "kylien.audit.chain"):
        broken.setattr(AuditLink, "save", fail)
        read_once("H-00002")
    assert "not sealed yet" in caplog.text
    assert len(links()) == count
    read_once("H-00003")
    codes = [of_token(link)[0].code for link in links()[count:]]
    assert codes == ["H-00003", "H-00002"]
    assert found() == []


@committed
def test_a_new_process_seals_what_a_crash_left_and_nothing_dated_back(monkeypatch):
    read_once()
    (crashed,) = unsealed(1, ours("c"))
    (forged,) = unsealed(1, ours("f"), at=timezone.now() - dt.timedelta(days=3))
    monkeypatch.setattr(chain.Sealing, "looked_at", None)
    read_once()
    tokens = {link.token for link in links()}
    assert crashed.token in tokens
    assert forged.token not in tokens
    assert found() == [f"Mục {forged.pk} chưa được niêm phong."]
    assert chain.seal_rest() == 1
    assert found() == []


@committed
def test_a_long_transaction_is_sealed_in_pieces_and_half_of_it_goes_on(monkeypatch):
    monkeypatch.setattr(chain, "BLOCK", 4)
    monkeypatch.setattr(verify, "BLOCK", 4)
    unsealed(10)
    save, calls = AuditLink.save, []

    def fail_once(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 2:
            raise OSError("power cut")
        save(self, *args, **kwargs)

    count = len(links())
    monkeypatch.setattr(AuditLink, "save", fail_once)
    with pytest.raises(OSError, match="power cut"):
        chain.seal(ours("t"))
    assert [link.count for link in links()[count:]] == [4]
    assert chain.seal_recent() == 2
    assert [link.count for link in links()[count:]] == [4, 4, 2]
    assert chain.seal(ours("t")) == 0
    assert found() == []


@committed
def test_a_transaction_of_just_one_piece_has_no_empty_link(monkeypatch):
    monkeypatch.setattr(chain, "BLOCK", 4)
    unsealed(8)
    assert chain.seal(ours("t")) == 2
    assert chain.seal(ours("t")) == 0


@committed
def test_who_comes_second_goes_behind_whoever_was_first(monkeypatch):
    """Two sealers read the same head: the second meets the number, reads again and goes on."""
    read_once()
    unsealed(1, ours("a"))
    unsealed(1, ours("b"))
    save, calls = AuditLink.save, []

    def overtaken(self, *args, **kwargs):
        calls.append(self.token)
        if calls == [ours("a")]:
            chain.seal(ours("b"))
        save(self, *args, **kwargs)

    count = len(links())
    monkeypatch.setattr(AuditLink, "save", overtaken)
    assert chain.seal(ours("a")) == 1
    assert [link.token[0] for link in links()[count:]] == ["b", "a"]
    assert found() == []


@committed
def test_the_same_transaction_is_never_sealed_twice(monkeypatch):
    read_once()
    unsealed(1, ours("a"))
    save, calls = AuditLink.save, []

    def overtaken(self, *args, **kwargs):
        calls.append(self.token)
        if len(calls) == 1:
            chain.seal(ours("a"))
        save(self, *args, **kwargs)

    monkeypatch.setattr(AuditLink, "save", overtaken)
    assert chain.seal(ours("a")) == 0
    assert AuditLink.objects.filter(token=ours("a")).count() == 1


@committed
def test_desks_that_write_at_once_make_one_whole_chain(area_a):
    homes = [factories.HouseholdFactory(neighbourhood=area_a) for _ in range(4)]
    count, each = len(links()), 8
    barrier, errors = threading.Barrier(len(homes)), []

    def desk(home):
        try:
            barrier.wait()
            for number in range(each):
                home.address = f"Số {number} đường {home.pk}"
                home.save()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    desks = [threading.Thread(target=desk, args=[home]) for home in homes]
    for thread in desks:
        thread.start()
    for thread in desks:
        thread.join()
    assert errors == []
    assert [link.number for link in links()] == list(range(1, len(links()) + 1))
    assert len(links()) == count + each * len(homes)
    assert found() == []


@committed
def test_entries_from_before_the_chain_are_its_first_link():
    empty_chain()
    old = unsealed(3, chain.BEFORE)
    read_once()
    first, second = links()
    assert (first.token, first.count, first.number) == ("", 3, 1)
    assert list(first.listed()) == [entry.pk for entry in old]
    assert second.previous == first.digest
    (late,) = unsealed(1, chain.BEFORE)
    assert chain.seal_first() == chain.seal_rest() == 0
    assert found() == [f"Mục {late.pk} bị chèn thêm vào giao dịch của mắt xích 1."]


@committed
def test_a_migration_seals_what_was_before_the_chain():
    empty_chain()
    unsealed(2, chain.BEFORE)
    guard("default")
    assert [(link.token, link.count) for link in links()] == [("", 2)]


def empty_chain():
    """Take the trail back to before its first entry."""
    triggers.drop()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_auditlink")
        cursor.execute("DELETE FROM audit_auditentry")
    triggers.install()


# --- readings -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_reading_names_row_code_and_fields_and_keeps_the_reason(chief):
    home = factories.HouseholdFactory()
    with acting(user=chief, reason="Xác minh theo công văn 12"):
        trail().reading(Household, "reveal", code=home.code, row=home.pk, fields=["address"])
    entry = AuditEntry.objects.latest("pk")
    assert (entry.row, entry.code, entry.fields) == (home.pk, home.code, ["address"])
    assert (entry.reason, entry.user, entry.values) == ("Xác minh theo công văn 12", chief, "{}")
    assert entry in AuditEntry.objects.of(home)


@pytest.mark.django_db
def test_all_entries_of_a_test_transaction_share_one_token():
    factories.HouseholdFactory()
    trail().reading(User, "signin", code="chihuy")
    (token,) = set(AuditEntry.objects.values_list("token", flat=True)) - set(
        AuditLink.objects.values_list("token", flat=True)
    )
    assert len(token) == 32
