"""People entered twice: who looks alike, proposing pairs, merging two rows and taking it back.

What counts as alike is `matching.compare`'s to say; here stands how the few worth comparing are
found among all, what follows from an officer's decision, and how it is undone.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations, groupby
from operator import or_

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from households.matching import Level, Match, Person, blocking_keys, compare
from households.models import (
    Absence,
    DuplicatePair,
    EndGround,
    Residence,
    ResidenceAct,
    Resident,
    TransferRequest,
)
from households.services.ledger import (
    Act,
    End,
    acting_user,
    close_rows,
    link,
    lock_households,
    lock_people,
    one_act,
    record_act,
    refresh_places,
    settle,
)
from households.services.undo import undo_act, what_rests_on
from kylien.audit.models import AuditEntry
from kylien.core import text
from kylien.core.changes import acting, today

Decision = DuplicatePair.Decision
MOST = 8  # how many look-alikes an officer is shown
FIRST_YEAR = 1900

# --- Who looks alike ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody in the register who may be the person in question, and why."""

    resident: Resident
    certain: bool
    reasons: tuple[str, ...]


def look_alikes(
    *,
    full_name,
    birth_date,
    precision="D",
    sex="",
    citizen_id="",
    old_id="",
    address="",
    user=None,
    on=None,
    exclude=None,
):
    """Return at most 8 people of the register who may be the person described, the likeliest first.

    Two queries, whatever the size of the register. `user` narrows to his rows, `exclude` leaves out
    the person himself; addresses are those of the day `on` (today).
    """
    person = Person(full_name, birth_date, precision, sex, citizen_id, old_id, address)
    return _matches(person, user=user, on=on, exclude=exclude)[:MOST]


def _matches(person, *, user=None, on=None, exclude=None):
    found = _candidates(person, user=user, exclude=exclude)
    return judged(person, found, addresses_of([row.pk for row in found], on))


def _candidates(person, *, user=None, exclude=None):
    rows = Resident.objects.all() if user is None else Resident.objects.visible_to(user)
    rows = rows.select_related("neighbourhood").filter(_alike(person))
    # Aliases and the person himself are left out here: a condition more would tempt a planner away
    # from the four indexes.
    apart = getattr(exclude, "pk", exclude)
    return [row for row in rows if row.same_as_id is None and row.pk != apart]


def judged(person, found, addresses):
    """Return those of `found` who may be the person, the likeliest first; addresses by key."""
    matches = []
    for row in found:
        level, reasons = compare(person, person_of(row, addresses.get(row.pk, "")))
        if level:
            matches.append(LookAlike(row, level is Level.CERTAIN, reasons))
    return sorted(matches, key=_likeliest)


def _likeliest(match):
    against = sum(reason.startswith("khác") for reason in match.reasons)
    return not match.certain, against, -len(match.reasons), match.resident.pk


def person_of(resident, address=""):
    """Return a resident as `matching.compare` takes him."""
    return Person(
        resident.full_name,
        resident.birth_date,
        resident.birth_precision,
        resident.sex,
        resident.citizen_id,
        resident.old_id,
        address,
    )


def _alike(person):
    """Return the condition that holds for everybody whom `compare` may find like `person`.

    Each part is one look-up in an index; the second half of a part keeps namesakes and people born
    on one day to the few that matter.
    """
    keys, born = blocking_keys(person), person.birth
    parts = []
    if keys.citizen_id:
        parts.append(Q(citizen_id=keys.citizen_id))
    if keys.old_id:
        # A range, not equality: few people have such a number, and SQLite, which knows only how
        # many rows share a value on average, would rather read the whole table.
        parts.append(Q(old_id__range=(keys.old_id, keys.old_id)))
    if keys.folded_name:
        year = Q(birth_date__range=(born.replace(month=1, day=1), born.replace(month=12, day=31)))
        slip = Q(birth_date__in=_anniversaries(born))
        parts.append(Q(folded_name=keys.folded_name) & (year | slip))
    if keys.folded_name and keys.birth:
        words = keys.folded_name.split()
        ends = Q(folded_name__startswith=words[0], folded_name__endswith=words[-1])
        parts.append(Q(birth_date=keys.birth, birth_precision=Resident.Precision.DAY) & ends)
    return reduce(or_, parts, Q(pk__in=()))


def _anniversaries(born):
    """Return the same day of every other year: a slip in the year."""
    found = []
    for year in range(FIRST_YEAR, today().year + 1):
        try:
            found.append(born.replace(year=year))
        except ValueError:  # 29 February
            continue
    return found


def addresses_of(resident_ids, on=None):
    """Return `{resident: address}` of the households where people live, or lived last."""
    rows = Residence.objects.filter(resident__in=resident_ids, household__isnull=False)
    found = {}
    for row in rows.values_list(
        "resident_id", "ended_on", "kind", "started_on", "pk", "household__address"
    ):
        resident, ended_on, kind, started_on, pk, address = row
        still = ended_on is None or (on is not None and ended_on > on)
        rank = still, still and kind == Residence.Kind.PERMANENT, started_on, pk
        if resident not in found or found[resident][0] < rank:
            found[resident] = rank, address
    return {resident: address for resident, (_, address) in found.items()}


# --- Proposing pairs ------------------------------------------------------------------------------


def propose_for(resident, *, spare=None):
    """Bring the open pairs of a person up to date with the register, after he was entered or
    edited; return them.

    Decided pairs stay as they are and are not asked again, nor those of the person's aliases.
    `spare` is an open pair to keep even if the two no longer look alike.
    """
    with transaction.atomic():
        mine = Q(first=resident) | Q(second=resident)
        existing = {(pair.first_id, pair.second_id): pair for pair in _pairs(mine)}
        found = {}
        if resident.same_as_id is None:
            candidates = _candidates(person_of(resident), exclude=resident)
            keys = [resident.pk, *(row.pk for row in candidates)]
            addresses = addresses_of(keys) if candidates else {}
            person = person_of(resident, addresses.get(resident.pk, ""))
            for match in judged(person, candidates, addresses):
                level = Level.CERTAIN if match.certain else Level.POSSIBLE
                found[_ordered(resident.pk, match.resident.pk)] = Match(level, match.reasons)
        _write(found, existing, prune=True, spare=spare)
        return list(DuplicatePair.objects.open().filter(mine)) if found else []


def propose_all(batch=500):
    """Bring all open pairs up to date with the register; return how many are new, changed, gone.

    Reads the register in the order of each look-up and keeps no more than `batch` pairs and one
    group of namesakes in memory.
    """
    counts = Counter(new=0, changed=0, gone=0)
    keys = list(DuplicatePair.objects.open().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), batch):
        counts += _look_again(keys[start : start + batch])
    pending = {}
    for one, other in _worth_comparing():
        pending[_ordered(one[0], other[0])] = one[1], other[1]
        if len(pending) >= batch:
            counts += _propose(pending)
            pending = {}
    counts += _propose(pending)
    return counts


def _look_again(keys):
    """Compare the people of open pairs anew."""
    with transaction.atomic():
        rows = _pairs(Q(pk__in=keys, decision="")).select_related("first", "second")
        pairs = {(pair.first_id, pair.second_id): pair for pair in rows}
        addresses = addresses_of({key for both in pairs for key in both})
        found = {}
        for key, pair in pairs.items():
            if not pair.first.same_as_id and not pair.second.same_as_id:
                both = (pair.first, pair.second)
                match = compare(*(person_of(one, addresses.get(one.pk, "")) for one in both))
                if match.level:
                    found[key] = match
        return _write(found, pairs, prune=True)


def _propose(pending):
    """Compare candidates, now with their addresses, and write the pairs among them."""
    if not pending:
        return Counter()
    with transaction.atomic():
        addresses = addresses_of({key for both in pending for key in both})
        found = {}
        for (first, second), (one, other) in pending.items():
            match = compare(
                replace(one, address=addresses.get(first, "")),
                replace(other, address=addresses.get(second, "")),
            )
            if match.level:
                found[first, second] = match
        firsts, seconds = ({key[side] for key in found} for side in (0, 1))
        existing = _pairs(Q(first__in=firsts, second__in=seconds)) if found else ()
        return _write(found, {(pair.first_id, pair.second_id): pair for pair in existing})


def _pairs(condition):
    return DuplicatePair.objects.filter(condition).order_by("pk")


def _ordered(one, other):
    return min(one, other), max(one, other)


def _write(found, existing, *, prune=False, spare=None):
    """Write pairs that are new and refresh the open ones; return how many of each.

    `found` maps `(first, second)` to a `Match`, `existing` to the pair where there is one; with
    `prune` open pairs that were not found go, except `spare`.
    """
    counts = Counter()
    apart = _kept_apart(found)
    found = {key: match for key, match in found.items() if key not in apart}
    is_open = {key: pair for key, pair in existing.items() if not pair.decision}
    for key in is_open.keys() & found.keys():
        values = _values(found[key])
        if any(getattr(is_open[key], name) != value for name, value in values.items()):
            DuplicatePair.objects.filter(pk=is_open[key].pk).update(**values)
            counts["changed"] += 1
    gone = [is_open[key].pk for key in is_open.keys() - found.keys() if is_open[key] != spare]
    if gone and prune:
        DuplicatePair.objects.filter(pk__in=gone).delete()
        counts["gone"] = len(gone)
    new = {key: match for key, match in found.items() if key not in existing}
    if new:
        rows = [
            DuplicatePair(first_id=first, second_id=second, **_values(match))
            for (first, second), match in sorted(new.items())
        ]
        try:
            with transaction.atomic():
                DuplicatePair.objects.bulk_create(rows)
            counts["new"] = len(rows)
        except IntegrityError:
            pass  # another desk proposed one of them at this very moment
    return counts


def _values(match):
    return {
        "certain": match.level is Level.CERTAIN,
        "reasons": ", ".join(match.reasons)[:300],
    }


def _kept_apart(pairs):
    """Return those of the pairs that were decided different under the name of an alias."""
    people = {key for both in pairs for key in both}
    if not people:
        return set()
    aliases = dict(Resident.objects.filter(same_as__in=people).values_list("pk", "same_as_id"))
    if not aliases:
        return set()
    family = {*people, *aliases}
    decided = DuplicatePair.objects.filter(
        decision=Decision.DIFFERENT, first__in=family, second__in=family
    )
    apart = {
        _ordered(aliases.get(first, first), aliases.get(second, second))
        for first, second in decided.values_list("first_id", "second_id")
    }
    return apart.intersection(pairs)


_COLUMNS = (
    "pk",
    "folded_name",
    "full_name",
    "birth_date",
    "birth_precision",
    "sex",
    "citizen_id",
    "old_id",
)
# Whoever may match at the same address is looked at; the addresses are read for those alone.
_SOME_ADDRESS = "x"


def _worth_comparing():
    """Yield pairs `((pk, person), (pk, person))` that match if they live at one address."""
    people = Resident.objects.filter(same_as=None)
    by_day = people.filter(birth_precision=Resident.Precision.DAY)
    groups = (
        (people.exclude(folded_name=""), ("folded_name",), _alike_in_birth),
        (by_day.exclude(folded_name=""), ("birth_date",), _alike_at_ends),
        (people.exclude(old_id=""), ("old_id",), lambda group: combinations(group, 2)),
    )
    for rows, order, pairs in groups:
        stream = rows.order_by(*order, "pk").values_list(*_COLUMNS).iterator(chunk_size=2000)
        place = _COLUMNS.index(order[0])
        for _, group in groupby(stream, key=lambda row, place=place: row[place]):
            for one, other in pairs(list(group)):
                ends = tuple((row[0], Person(*row[2:], _SOME_ADDRESS)) for row in (one, other))
                if compare(ends[0][1], ends[1][1]).level:
                    yield ends


def _alike_in_birth(namesakes):
    """Yield the pairs of namesakes born in one year, or on one day of different years."""
    for year in _grouped(namesakes, lambda row: row[3].year):
        yield from combinations(year, 2)
    for day in _grouped(namesakes, lambda row: (row[3].month, row[3].day)):
        for one, other in combinations(day, 2):
            if one[3].year != other[3].year:
                yield one, other


def _alike_at_ends(same_day):
    """Yield the pairs of people born on one day that share family and given name alone."""
    for group in _grouped(same_day, lambda row: (row[1].split()[0], row[1].split()[-1])):
        for one, other in combinations(group, 2):
            if one[1] != other[1]:
                yield one, other


def _grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return [group for group in groups.values() if len(group) > 1]


# --- Deciding -------------------------------------------------------------------------------------

MOVED_FIELDS = ("citizen_id", "old_id", "phone")
# The trail's reasons of what is written here: it moves a number without anybody having edited it.
MERGING, PARTING = "Gộp bản ghi trùng", "Bỏ gộp bản ghi trùng"


@one_act
def keep_apart(*, pair):
    """Record that the two are different people; they are not proposed again. Return the pair."""
    return _decide(_undecided(pair), Decision.DIFFERENT)


@one_act
def merge_people(*, pair, keep, on):
    """Make the other row of a pair an alias of `keep`, which takes over what it can; return the
    pair.

    Requests to correct data go over, and offices in self-managed groups; two of one group at once
    are refused. Stays and absences go over where the kept person has none at that time. Where he
    has, his stand: open ones of the other end today as duplicates, past ones stay with the alias.
    Raises ValidationError where the rows contradict each other, or a household would lose its head.
    """
    pair = _undecided(pair)
    kept, gone = (pair.first, pair.second)[:: 1 if keep.pk == pair.first_id else -1]
    own = list(kept.residences.all())
    theirs = list(gone.residences.select_related("household", "resident").order_by("pk"))
    moving = [row for row in theirs if not _meets(row, own)]
    closing = [row for row in theirs if row.ended_on is None and row not in moving]
    _check_merge(kept, gone, own, theirs, moving, closing)
    with acting(reason=MERGING):
        moved = {
            "kept": kept.pk,
            "residences": [row.pk for row in moving],
            "open": [row.pk for row in moving if row.ended_on is None],
            "aliases": list(gone.aliases.order_by("pk").values_list("pk", flat=True)),
            **_move_absences(kept, gone, on),
            "offices": list(gone.group_offices.order_by("pk").values_list("pk", flat=True)),
            "requests": list(gone.correction_requests.order_by("pk").values_list("pk", flat=True)),
        }
        # Of apps that stand on this one.
        gone.group_offices.all().update(resident=kept)
        gone.correction_requests.all().update(resident=kept)
        if closing:
            moved["act"] = _close_duplicates(kept, gone, closing, on).pk
        Residence.objects.filter(pk__in=moved["residences"]).update(resident=kept)
        Resident.objects.filter(pk__in=moved["aliases"]).update(same_as=kept)
        moved["fields"] = _move_fields(gone, kept, same_as=kept)
        refresh_places([kept.pk, gone.pk])
        _decide(pair, Decision.SAME, moved)
        _propose_again(kept, gone)
    return pair


def _propose_again(*people, spare=None):
    for person in people:
        person.refresh_from_db()
        propose_for(person, spare=spare)


def _undecided(pair):
    """Lock the two people and the pair. Raises ValidationError where it is no longer open."""
    people = {row.pk: row for row in lock_people([pair.first_id, pair.second_id])}
    found = DuplicatePair.objects.select_for_update().filter(pk=pair.pk).first()
    if found is None:
        raise _refusal("Hai người này vừa được sửa, không còn nghi trùng.")
    if found.decision:
        raise _refusal(f"Cặp này đã kết luận rồi: {found.get_decision_display().lower()}.")
    found.first, found.second = people[found.first_id], people[found.second_id]
    for person in (found.first, found.second):
        if person.same_as_id:
            same = link(person.same_as, person.same_as.code)
            raise _refusal(format_html("{} đã gộp vào {}.", person.code, same))
    return found


def _refusal(sentence):
    return ValidationError({NON_FIELD_ERRORS: sentence})


def _decide(pair, decision, moved=None):
    pair.decision, pair.moved = decision, moved or {}
    pair.decided_at, pair.decided_by = timezone.now(), acting_user()
    pair.save()
    return pair


def _meets(row, others, end="ended_on"):
    """Tell whether a stay or an absence shares a day with one of the others."""
    return any(
        (getattr(other, end) is None or row.started_on < getattr(other, end))
        and (getattr(row, end) is None or other.started_on < getattr(row, end))
        for other in others
    )


def _check_merge(kept, gone, own, theirs, moving, closing):
    """Refuse what would leave the kept person's ledger untrue."""
    death, their_death = (
        next((row for row in rows if row.end_reason == End.DEATH), None) for rows in (own, theirs)
    )
    if their_death and (their_death not in moving or _lasts_beyond(own, their_death.ended_on)):
        day = text.format_date(their_death.ended_on)
        sentence = "{} ({}) đã khai tử ngày {}: chọn giữ bản ghi này."
        raise _refusal(format_html(sentence, link(gone), gone.code, day))
    if death and _lasts_beyond(moving, death.ended_on):
        day = text.format_date(death.ended_on)
        sentence = "{} đã khai tử ngày {}, còn {} vẫn cư trú sau đó: sửa bản ghi sai trước."
        raise _refusal(format_html(sentence, link(kept, kept.code), day, link(gone, gone.code)))
    if closing and not death and all(row.ended_on for row in own):
        sentence = "{} đang cư trú, còn {} đã rời phường: giữ bản ghi {}."
        raise _refusal(format_html(sentence, link(gone), link(kept, kept.code), gone.code))
    early = min((row.started_on for row in moving), default=kept.birth_date)
    if early < kept.birth_date:
        sentence = "{} cư trú từ {}, trước ngày sinh ghi ở {}: sửa ngày sinh trước."
        day = text.format_date(early)
        raise _refusal(format_html(sentence, link(gone, gone.code), day, link(kept, kept.code)))
    waiting = TransferRequest.objects.open().filter(members__residence__in=closing).first()
    if waiting:
        sentence = "{} có đề nghị chuyển {} chưa trả lời: trả lời hoặc rút lại trước."
        raise _refusal(format_html(sentence, link(gone), link(waiting, waiting.code)))


def _lasts_beyond(rows, day):
    return any(row.ended_on is None or row.ended_on > day for row in rows)


def _close_duplicates(kept, gone, rows, on):
    """End open stays that are entered twice; return the act."""
    homes = lock_households(*(row.household for row in rows))
    act = record_act(
        Act.ENDING,
        on,
        household=rows[0].household,
        neighbourhood_id=rows[0].neighbourhood_id,
        summary=f"Gộp bản ghi trùng {gone.full_name} ({gone.code}) vào {kept.code}.",
        on=on,
    )
    for row in rows:
        permanent = row.kind == Residence.Kind.PERMANENT
        code = "permanent-duplicate" if permanent else "temporary-duplicate"
        ground = EndGround.objects.filter(code=code).first()
        close_rows([row], on, End.DELETION, act=act, on=on, ground=ground)
    for home in homes:
        settle(home, on, act=act)
    return act


def _move_absences(kept, gone, on):
    own = list(kept.absences.all())
    theirs = list(gone.absences.order_by("pk"))
    moving = [row for row in theirs if not _meets(row, own, "returned_on")]
    twice = [row for row in theirs if row.returned_on is None and row not in moving]
    for row in twice:
        row.returned_on = max(on, row.started_on)
        row.save()
    moved = [row.pk for row in moving]
    Absence.objects.filter(pk__in=moved).update(resident=kept)
    return {"absences": moved, "absences_ended": [row.pk for row in twice]}


def _move_fields(source, target, names=MOVED_FIELDS, **others):
    """Move numbers to a row that lacks them, first off the one, since none stands in two rows; the
    `others` are written on the source. Return the names of what moved."""
    filled = [name for name in names if getattr(source, name) and not getattr(target, name)]
    values = {name: getattr(source, name) for name in filled}
    Resident.objects.filter(pk=source.pk).update(**dict.fromkeys(filled, ""), **others)
    if values:
        Resident.objects.filter(pk=target.pk).update(**values)
    return filled


# --- Taking a decision back -----------------------------------------------------------------------


@one_act
def reopen_pair(*, pair, reason, on):
    """Take a decision back, whichever it was; the pair is open again. Return it."""
    if pair.decision == Decision.SAME:
        return unmerge_people(pair=pair, reason=reason, on=on)
    lock_people([pair.first_id, pair.second_id])
    pair = _decided(pair, Decision.DIFFERENT)
    with acting(reason=reason):
        return _undecide(pair)


@one_act
def unmerge_people(*, pair, reason, on):
    """Part two rows that were merged: exactly what went over goes back. Return the pair.

    Raises ValidationError where something later rests on it: each is named, with a link.
    """
    lock_people([pair.first_id, pair.second_id])
    pair = _decided(pair, Decision.SAME)
    found = what_rests_on_merge(pair)
    if found:
        sentences = format_html_join("; ", "{}", ((one,) for one in found))
        sentence = "Chưa bỏ gộp được, vì có việc sau dựa vào việc gộp: {}."
        raise _refusal(format_html(sentence, sentences))
    kept, gone = _merged(pair)
    moved, act = pair.moved, _act_of(pair)
    decided_on = timezone.localdate(pair.decided_at)
    with acting(reason=f"{PARTING}: {reason}"):
        # First: what a standing merge has touched is not undone by itself.
        _undecide(pair)
        Resident.objects.filter(pk=gone.pk).update(same_as=None)
        if act is not None and not act.undone_at:
            undo_act(act=act, reason=reason, on=on)
        Residence.objects.filter(pk__in=moved["residences"]).update(resident=gone)
        Absence.objects.filter(pk__in=moved["absences"]).update(resident=gone)
        kept.group_offices.filter(pk__in=moved.get("offices", ())).update(resident=gone)
        kept.correction_requests.filter(pk__in=moved.get("requests", ())).update(resident=gone)
        # Ended by the merge that day; a day mended since is an officer's word.
        ended = Absence.objects.filter(pk__in=moved["absences_ended"])
        ended.filter(returned_on=decided_on).update(returned_on=None)
        Resident.objects.filter(pk__in=moved["aliases"], same_as=kept).update(same_as=gone)
        _move_fields(kept, gone, moved["fields"])
        refresh_places([kept.pk, gone.pk])
        _propose_again(kept, gone, spare=pair)
    pair.refresh_from_db()
    return pair


def _decided(pair, decision):
    pair = DuplicatePair.objects.select_for_update().get(pk=pair.pk)
    if pair.decision != decision:
        raise _refusal("Kết luận này đã được bỏ rồi.")
    return pair


def _undecide(pair):
    pair.decision, pair.decided_by, pair.decided_at, pair.moved = "", None, None, {}
    pair.save()
    return pair


def _merged(pair):
    """Return `(kept, gone)` of a pair that was merged."""
    both = (pair.first, pair.second)
    return both if pair.moved["kept"] == pair.first_id else both[::-1]


def _act_of(pair):
    return ResidenceAct.objects.filter(pk=pair.moved.get("act")).first()


def what_rests_on_merge(pair):
    """List what later rests on a merge, each a sentence with a link; empty where it may go back."""
    kept, _ = _merged(pair)
    if kept.same_as_id:
        return [_told_later(kept)]
    found, moved = [], pair.moved
    stays = Residence.objects.select_related("ended_by").filter(pk__in=moved["residences"])
    stays = {row.pk: row for row in stays}
    for pk in moved["residences"]:
        row = stays.get(pk)
        if row is None:
            found.append(format_html("một lần cư trú của {} không còn", link(kept)))
        elif row.resident_id != kept.pk or (row.ended_on is None) != (pk in moved["open"]):
            found.append(_told_stay(row))
    edits = AuditEntry.objects.filter(
        table=Resident._meta.label_lower, row=kept.pk, at__gt=pair.decided_at
    ).exclude(Q(reason=MERGING) | Q(reason__startswith=f"{PARTING}:"))
    edited = {name for fields in edits.values_list("fields", flat=True) for name in fields}
    for name in [name for name in moved["fields"] if name in edited]:
        label = Resident._meta.get_field(name).verbose_name
        found.append(format_html("{} của {} đã được sửa", label, link(kept, kept.code)))
    act = _act_of(pair)
    if act is not None and not act.undone_at:
        found += what_rests_on(act)
    return found


def _told_stay(row):
    act = row.ended_by
    began = f"cư trú từ {text.format_date(row.started_on)}"
    if act is None:
        return format_html("{} đã được sửa", link(row.resident, began))
    label = f"{act.get_kind_display()} {text.format_date(act.happened_on)}"
    return format_html("{}: {}", link(row.resident, began), link(act, label))


def _told_later(kept):
    """Say into whom the kept person was merged afterwards."""
    other = kept.same_as
    return format_html("{} sau đó đã gộp vào {}", link(kept, kept.code), link(other, other.code))
