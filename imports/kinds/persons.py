"""People as rows of a workbook: found in the register, compared with it, and written in bulk.

What the kinds of people share. A row becomes an `Entry`; a `Register` holds those of the portal's
people whom some entries may be about; `identify` says who an entry is, `compare_fields` what it
would change, `write_people` writes. Tens of thousands of rows pass here at once, so people of the
register are read as plain values, some hundreds a query.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from operator import attrgetter

from django.db.models import Exists, OuterRef, Q

from households.identity import check_citizen_id, described_by
from households.matching import Person, address_key
from households.models import DuplicatePair, Household, Residence, Resident
from households.services.duplicates import judged
from households.services.ledger import refresh_places
from imports.kinds.base import Journal, Kind, Line, Outcome, Planned, Run
from imports.kinds.wording import other_accents
from kylien.core import text

Relation = Residence.Relation
PERMANENT, TEMPORARY = Residence.Kind.PERMANENT, Residence.Kind.TEMPORARY
PART = 500  # keys in one question: SQLite's limit on parameters
WRITTEN = 1000  # people written at once
MOST = 5  # candidates of a doubtful row
LONGEST_NAME, LONGEST_FOLDED, LONGEST_NOTE, LONGEST_RELATION = 100, 200, 500, 60
LONGEST_ADDRESS = 200
DAY, MONTH = Resident.Precision.DAY, Resident.Precision.MONTH
SECRET = {"citizen_id": text.mask_id, "old_id": text.mask_id, "phone": text.mask_phone}
SEXES = dict(Resident.Sex.choices)
OTHER = f"{Relation.OTHER}:"


def in_parts(keys: Iterable) -> Iterator[list]:
    """Yield keys some hundreds at a time."""
    keys = list(keys)
    return (keys[start : start + PART] for start in range(0, len(keys), PART))


def day_of(value) -> dt.date | None:
    """Return a day as JSON keeps it, as a date."""
    return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None


# --- A row's person -------------------------------------------------------------------------------


@dataclass(slots=True)
class Entry:
    """The person of a row; "" and None are unknown. What follows from the register stands below."""

    line: Line
    code: str = ""
    name: str = ""
    folded: str = ""
    birth: dt.date | None = None
    precision: str = DAY
    sex: str = ""
    citizen_id: str = ""
    old_id: str = ""
    phone: str = ""
    note: str = ""
    relation: str = ""
    relation_note: str = ""
    started_on: dt.date | None = None
    expires_on: dt.date | None = None
    known: "Known | None" = None
    # Empty for most of a hundred thousand rows, so these are no lists.
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[dict, ...] = ()  # candidates
    changes: tuple[tuple[str, str, str], ...] = ()  # label, old, new, as people read them
    values: tuple[tuple[str, object], ...] = ()  # field and new value of the known person
    own: bool = False  # the row itself says in which household
    host: object = None  # where a residence begins, if one does

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def identifier(self) -> str:
        name = f"{self.known.code} · {self.name or self.known.full_name}" if self.known else ""
        born = f" · {text.format_birth(self.birth, self.precision)}" if self.birth else ""
        return name or f"{self.name}{born}"

    def refuse(self, sentence: str) -> None:
        self.errors += (sentence,)

    def tell(self, sentence: str) -> None:
        self.notes += (sentence,)

    def change(self, label: str, old: str, new: str, **values) -> None:
        self.changes += ((label, old, new),)
        self.values += tuple(values.items())

    def person(self, address: str = "") -> Person:
        """Return the person as `matching.compare` takes him."""
        return Person(
            self.name,
            self.birth,
            self.precision,
            self.sex,
            self.citizen_id,
            self.old_id,
            address,
        )


BORN = {"M": "birth_male", "F": "birth_female"}  # columns of births by sex
FIELDS = (
    "code",
    "full_name",
    "birth",
    *BORN.values(),
    "sex",
    "identity",
    "old_id",
    "phone",
    "relation",
    "note",
)


def entry_of(line: Line, values: dict, on: dt.date) -> Entry:
    """Return a line's person; what no record of ours could hold is among its errors.

    `values` holds the line's own by column; columns that a kind lacks are left out.
    """
    get = values.get
    entry = Entry(line, get("code") or "", get("full_name") or "")
    entry.errors = tuple(line.errors)
    entry.folded = text.fold(entry.name)
    by_sex = {sex: get(key) for sex, key in BORN.items() if get(key)}
    if said := get("birth") or next(iter(by_sex.values()), ""):
        born, _, entry.precision = said.partition("/")
        entry.birth = dt.date.fromisoformat(born)
    entry.sex, entry.phone = get("sex") or "", get("phone") or ""
    if len(by_sex) > 1:
        entry.refuse("Ngày sinh: ghi ở cả cột Nam và cột Nữ.")
    elif by_sex:
        entry.sex = entry.sex or next(iter(by_sex))
    entry.note = text.clean_lines(get("note") or "")
    number, entry.old_id = get("identity") or "", get("old_id") or ""
    if len(number) == 9:
        if entry.old_id and entry.old_id != number:
            entry.refuse("Hai cột ghi hai số CMND khác nhau.")
        entry.old_id = number
    else:
        entry.citizen_id = number
    relation = get("relation") or ""
    if relation.startswith(OTHER):
        entry.relation, entry.relation_note = Relation.OTHER, relation.removeprefix(OTHER)
    else:
        entry.relation = relation
    entry.started_on, entry.expires_on = day_of(get("started_on")), day_of(get("expires_on"))
    if not line.errors:
        _check(entry, on)
    return entry


def _check(entry: Entry, on: dt.date) -> None:
    if entry.birth and entry.birth > on:
        entry.refuse("Ngày sinh không thể sau hôm nay.")
    if len(entry.name) > LONGEST_NAME or len(entry.folded) > LONGEST_FOLDED:
        entry.refuse(f"Họ và tên: dài quá {LONGEST_NAME} chữ.")
    if len(entry.note) > LONGEST_NOTE:
        entry.refuse(f"Ghi chú: dài quá {LONGEST_NOTE} chữ.")
    if len(entry.relation_note) > LONGEST_RELATION:
        entry.refuse(f"Quan hệ: dài quá {LONGEST_RELATION} chữ.")


class Rows:
    """Which row of the workbook said something first: a person stands in it once."""

    def __init__(self):
        self.first = {}

    def repeats(self, key, number: int) -> int:
        """Return the number of the row that said `key` before, 0 for the first to say it."""
        first = self.first.setdefault(key, number)
        return 0 if first == number else first


def refuse_number(entry: Entry, rows: Rows) -> None:
    """Refuse a row whose citizen id an earlier one has."""
    if entry.citizen_id and not entry.errors:
        twice = rows.repeats(entry.citizen_id, entry.number)
        if twice:
            entry.refuse(f"Trùng dòng {twice}: cùng số định danh.")


def refuse_namesake(entry: Entry, rows: Rows, place: tuple = ()) -> None:
    """Refuse a row whose name, birth and place an earlier one has.

    Accents count: Hùng and Hưng may be twins.
    """
    if entry.birth and not entry.code and not entry.errors:
        key = *place, text.exact(entry.name), entry.birth, entry.precision
        twice = rows.repeats(key, entry.number)
        if twice:
            entry.refuse(f"Trùng dòng {twice}: cùng họ tên, ngày sinh và nơi ở.")


# --- The register ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Stay:
    """A row of the ledger with what it says of its host."""

    resident_id: int
    kind: str
    household_id: int | None
    lodging_id: int | None
    employer_id: int | None
    relation: str
    relation_note: str
    started_on: dt.date
    expires_on: dt.date | None
    ended_on: dt.date | None
    end_reason: str
    household_code: str | None
    address: str | None
    area: int | None  # the household's neighbourhood
    opened_on: dt.date | None
    lodging: str | None
    employer: str | None

    def where(self) -> str:
        """Return where the person stays, in words."""
        if self.household_id:
            return f"hộ {self.household_code} ({self.address})"
        return self.lodging or self.employer

    def kind_in_words(self) -> str:
        return Residence.Kind(self.kind).label.lower()


_STAY = (
    "resident_id",
    "kind",
    "household_id",
    "lodging_id",
    "employer_id",
    "relation",
    "relation_note",
    "started_on",
    "expires_on",
    "ended_on",
    "end_reason",
    "household__code",
    "household__address",
    "household__neighbourhood_id",
    "household__opened_on",
    "lodging__name",
    "employer__name",
)


@dataclass(slots=True)
class Known:
    """A person of the register; the names are the model's, for `duplicates.judged`."""

    pk: int
    code: str
    full_name: str
    folded_name: str
    birth_date: dt.date
    birth_precision: str
    sex: str
    citizen_id: str
    old_id: str
    phone: str
    note: str
    same_as_id: int | None
    stays: list[Stay] = field(default_factory=list)
    alias_ids: tuple[str, ...] = ()  # citizen ids that stand in duplicate rows of the person

    @property
    def now(self) -> Stay | None:
        """Where the person lives now: permanently before temporarily."""
        rows = [stay for stay in self.stays if stay.ended_on is None]
        return min(rows, key=attrgetter("kind"), default=None)

    @property
    def last(self) -> Stay | None:
        """The stay of now, else the last one."""
        return self.now or max(self.stays, key=attrgetter("started_on"), default=None)

    @property
    def died(self) -> bool:
        return any(stay.end_reason == Residence.End.DEATH for stay in self.stays)

    @property
    def address(self) -> str:
        return (self.last and self.last.address) or ""


_KNOWN = (
    "pk",
    "code",
    "full_name",
    "folded_name",
    "birth_date",
    "birth_precision",
    "sex",
    "citizen_id",
    "old_id",
    "phone",
    "note",
    "same_as_id",
)


class Register:
    """Those of the register whom some entries may be about: whoever `matching.compare` could find
    like one of them (as `services.duplicates` looks), and whom a code or a household names."""

    def __init__(self, entries: list[Entry], homes: Iterable[int] = ()):
        entries = [entry for entry in entries if not entry.errors]
        self.people = {}
        self._read(self._keys(entries) | self._living_in(homes))
        self._read({known.same_as_id for known in self.people.values()} - {None})
        self._read_stays()
        self.by_code = {known.code: known for known in self.people.values()}
        everybody = [known for known in self.people.values() if not known.same_as_id]
        self.by_citizen = {}
        for known in self.people.values():
            if known.citizen_id:
                person = self.by_citizen[known.citizen_id] = self.original(known)
                if person is not known:
                    person.alias_ids += (known.citizen_id,)
        self.by_old, self.by_name, self.by_day, self.by_home = {}, {}, {}, {}
        for known in everybody:
            if known.old_id:
                self.by_old.setdefault(known.old_id, []).append(known)
            self.by_name.setdefault(known.folded_name, []).append(known)
            if known.birth_precision == DAY:
                ends = known.birth_date, *_ends(known.folded_name)
                self.by_day.setdefault(ends, []).append(known)
            if known.now and known.now.household_id:
                self.by_home.setdefault(known.now.household_id, []).append(known)

    def original(self, known: Known) -> Known:
        """Return the person himself where `known` is a duplicate row of him."""
        return self.people[known.same_as_id] if known.same_as_id else known

    def _keys(self, entries) -> set[int]:
        """Return the keys of people by code, by number, by name and year, by day and ends of the
        name."""
        named, found = [entry for entry in entries if entry.name and entry.birth], set()
        for name, values in (
            ("code", {entry.code for entry in entries}),
            ("citizen_id", {entry.citizen_id for entry in entries}),
            ("old_id", {entry.old_id for entry in entries}),
        ):
            for part in in_parts(values - {""}):
                rows = Resident.objects.filter(**{f"{name}__in": part})
                found.update(rows.values_list("pk", flat=True))
        years = {(entry.folded, entry.birth.year) for entry in named}
        days = {(entry.folded, entry.birth.month, entry.birth.day) for entry in named}
        for part in in_parts({entry.folded for entry in named}):
            rows = Resident.objects.filter(folded_name__in=part)
            for pk, name, born in rows.values_list("pk", "folded_name", "birth_date"):
                if (name, born.year) in years or (name, born.month, born.day) in days:
                    found.add(pk)
        born_on = {(e.birth, *_ends(e.folded)) for e in named if e.precision == DAY}
        for part in in_parts({day for day, _, _ in born_on}):
            rows = Resident.objects.filter(birth_date__in=part, birth_precision=DAY)
            for pk, name, born in rows.values_list("pk", "folded_name", "birth_date"):
                if (born, *_ends(name)) in born_on:
                    found.add(pk)
        return found

    def _living_in(self, homes) -> set[int]:
        found = set()
        for part in in_parts(homes):
            rows = Residence.objects.current().filter(household__in=part)
            found.update(rows.values_list("resident", flat=True))
        return found

    def _read(self, keys) -> None:
        for part in in_parts(set(keys) - set(self.people)):
            rows = Resident.objects.filter(pk__in=part).order_by()
            for values in rows.values_list(*_KNOWN):
                self.people[values[0]] = Known(*values)

    def _read_stays(self) -> None:
        for part in in_parts(self.people):
            rows = Residence.objects.filter(resident__in=part).order_by("pk")
            for values in rows.values_list(*_STAY):
                self.people[values[0]].stays.append(Stay(*values))

    def alike(self, entry: Entry) -> list[Known]:
        """Return those who may be the entry's person, to be compared."""
        born, found = entry.birth, {}
        named = (
            known
            for known in self.by_name.get(entry.folded, ())
            if known.birth_date.year == born.year
            or (known.birth_date.month, known.birth_date.day) == (born.month, born.day)
        )
        same_day = ()
        if entry.precision == DAY:
            same_day = self.by_day.get((born, *_ends(entry.folded)), ())
        holder = self.by_citizen.get(entry.citizen_id)
        same_number = chain([holder] if holder else (), self.by_old.get(entry.old_id, ()))
        for known in chain(same_number, named, same_day):
            found[known.pk] = known
        return list(found.values())


def _ends(folded: str) -> tuple[str, str]:
    words = folded.split() or [""]
    return words[0], words[-1]


# --- Who it is ------------------------------------------------------------------------------------


def identify(
    entry: Entry, register: Register, near: Callable[[Stay], bool] | None, address: str = ""
) -> None:
    """Find the entry's person and follow its decision; it is known, doubtful, new, or has errors.

    By code; by citizen id and name; by name, birth and place (`near` tells whether a stay is where
    the entry lives); else whoever looks alike makes it doubtful.
    """
    entry.known = _surely(entry, register, near)
    if entry.known is None and not entry.errors:
        entry.doubts = _doubts(entry, register, address)
        if entry.doubts:
            _decide(entry, register)


def _surely(entry, register, near) -> Known | None:
    holder = register.by_citizen.get(entry.citizen_id)
    if entry.code:
        known = register.by_code.get(entry.code)
        if known is None:
            entry.refuse(f"Sổ không có nhân khẩu mã {entry.code}.")
        elif holder and holder not in (known, register.original(known)):
            entry.refuse(f"Số định danh này là của {holder.code} {holder.full_name}.")
        elif _is_stranger(entry, known):
            return None
        return known
    if holder:
        return holder if holder.folded_name == entry.folded else None
    if near is None or not entry.birth:
        return None
    found = [
        known
        for known in register.by_name.get(entry.folded, ())
        if _births_fit(entry, known)
        and not (entry.citizen_id and known.citizen_id)
        and not other_accents(entry.name, known.full_name)
        and known.last
        and near(known.last)
    ]
    if len(found) > 1:
        found = [known for known in found if known.full_name == entry.name]
    return found[0] if len(found) == 1 else None


def _is_stranger(entry, known) -> bool:
    """Tell whether a code names somebody of another name and birth: a slip in the code."""
    if not entry.birth or entry.folded == known.folded_name:
        return False
    return not _births_fit(entry, known) and entry.citizen_id != known.citizen_id


def _births_fit(entry, known) -> bool:
    """Tell whether two births are one, the less precise holding the other."""
    one, other = entry.birth, known.birth_date
    precisions = {entry.precision, known.birth_precision}
    if precisions == {DAY}:
        return one == other
    return one.year == other.year and (not precisions <= {DAY, MONTH} or one.month == other.month)


def _doubts(entry, register, address) -> tuple[dict, ...]:
    """Return the candidates of a doubtful entry, the likeliest first."""
    if entry.code:
        named = register.by_code[entry.code]
        return (_candidate(named, f"mã {named.code} là người khác họ tên, khác ngày sinh"),)
    found = register.alike(entry) if entry.name and entry.birth else ()
    if not found:
        return ()
    addresses = {known.pk: known.address for known in found}
    matches = judged(entry.person(address), found, addresses)[:MOST]
    return tuple(_candidate(match.resident, ", ".join(match.reasons)) for match in matches)


def _candidate(known, why) -> dict:
    born = text.format_birth(known.birth_date, known.birth_precision)
    detail = f"{born} · {known.address}" if known.address else born
    return {
        "pk": known.pk,
        "code": known.code,
        "label": known.full_name,
        "detail": detail,
        "why": why,
    }


SKIPPED = "Bỏ qua theo quyết định."


def _decide(entry, register) -> None:
    """Follow what was decided of a doubtful entry."""
    decision = entry.line.decision
    if decision == "skip":
        entry.refuse(SKIPPED)
    elif decision == "new":
        holder = register.by_citizen.get(entry.citizen_id)
        if holder:
            entry.refuse(
                f"Số định danh này là của {holder.code} {holder.full_name}: không nhập thành "
                "người mới được."
            )
        entry.doubts = ()
    elif decision.startswith("same:"):
        key = decision.removeprefix("same:")
        found = [one["pk"] for one in entry.doubts if str(one["pk"]) == key]
        if found:
            entry.known, entry.doubts = register.people[found[0]], ()
            holder = register.by_citizen.get(entry.citizen_id)
            if holder not in (None, entry.known):
                entry.refuse(f"Số định danh này là của {holder.code} {holder.full_name}.")


# --- What changes ---------------------------------------------------------------------------------


def compare_fields(entry: Entry, on: dt.date) -> None:
    """Write into the entry what it changes of its known person; empty cells change nothing.

    A coarser birth and a name without its accents are no news. The error names what may not be.
    """
    known = entry.known
    _compare_name(entry, known)
    _compare_birth(entry, known)
    for name, label in (
        ("sex", "Giới tính"),
        ("citizen_id", "Số định danh"),
        ("old_id", "Số CMND cũ"),
        ("phone", "Điện thoại"),
        ("note", "Ghi chú"),
    ):
        old, new = getattr(known, name), getattr(entry, name)
        if new and new != old and new not in known.alias_ids:
            entry.change(label, _shown(name, old), _shown(name, new), **{name: new})
    if entry.changes and known.same_as_id:
        entry.refuse("Đây là bản ghi trùng của một người khác: sửa ở bản ghi chính.")


def _compare_name(entry, known) -> None:
    if entry.name in ("", known.full_name):
        return
    exact = text.exact(entry.name)
    bare = entry.folded == known.folded_name and exact == entry.folded
    if not bare and exact != text.exact(known.full_name):
        entry.change("Họ và tên", known.full_name, entry.name, full_name=entry.name)


def _compare_birth(entry, known) -> None:
    if not entry.birth:
        return
    old, new = (known.birth_date, known.birth_precision), (entry.birth, entry.precision)
    coarser = "YMD".index(entry.precision) <= "YMD".index(known.birth_precision)
    if old == new or (coarser and _births_fit(entry, known)):
        return
    told = text.format_birth(*old), text.format_birth(*new)
    entry.change("Ngày sinh", *told, birth_date=entry.birth, birth_precision=entry.precision)
    first = min((stay.started_on for stay in known.stays), default=None)
    if first and entry.birth > first:
        entry.refuse(f"Đã cư trú từ {text.format_date(first)}: không thể sinh sau đó.")


def _shown(name, value) -> str:
    if name == "sex":
        return SEXES.get(value, "")
    return SECRET[name](value) if name in SECRET and value else value


# --- Whether a stay may begin ---------------------------------------------------------------------


def check_new(entry: Entry) -> None:
    """Check what a person needs who is not in the register; the sex may come from his number."""
    if not entry.name:
        entry.refuse("Họ và tên: để trống.")
    if not entry.birth:
        entry.refuse("Ngày sinh: để trống.")
    if not entry.sex:
        entry.sex = described_by(entry.citizen_id)[1]
        if entry.sex:
            told = SEXES[entry.sex].lower()
            entry.tell(f"Giới tính: lấy theo số định danh ({told}).")
        else:
            entry.refuse("Giới tính: để trống, và không có số định danh để suy ra.")
    if entry.citizen_id and entry.birth:
        said = check_citizen_id(entry.citizen_id, sex=entry.sex, birth_year=entry.birth.year)
        entry.notes += tuple(one for one in said if "đang ghi là" in one)


def check_start(entry: Entry, on: dt.date) -> None:
    """Check what the ledger asks of a stay beyond its host, as `services.ledger.check_start`."""
    known, day = entry.known, entry.started_on
    if day > on:
        entry.refuse("Ngày bắt đầu không thể sau hôm nay.")
    born = dict(entry.values).get("birth_date") or (known.birth_date if known else entry.birth)
    if born and day < born:
        entry.refuse("Không thể cư trú từ trước ngày sinh.")
    if known is None:
        return
    if known.same_as_id:
        entry.refuse("Đây là bản ghi trùng của một người khác.")
    if known.died:
        entry.refuse(f"{known.code} đã được ghi là chết.")
    elif clash := next((s for s in known.stays if s.ended_on is None or s.ended_on > day), None):
        entry.refuse(
            f"Đã {clash.kind_in_words()} tại {clash.where()} từ "
            f"{text.format_date(clash.started_on)}"
            + (f" đến {text.format_date(clash.ended_on)}" if clash.ended_on else "")
            + ": ghi ngày bắt đầu sau đó."
        )


def outcome_of(entry: Entry) -> Planned:
    """Return an entry's plan, once all is known of it."""
    told = entry.identifier
    if entry.errors:
        return Planned(Outcome.REFUSED, told, [*entry.errors, *entry.notes])
    if entry.doubts:
        first = entry.doubts[0]
        why = f"Có thể là {first['code']}: {first['why']}."
        return Planned(Outcome.DOUBTFUL, told, [why, *entry.notes], candidates=[*entry.doubts])
    if not entry.changes and entry.host is None:
        return Planned(Outcome.SAME, told, [*entry.notes])
    outcome = Outcome.CHANGED if entry.known else Outcome.NEW
    return Planned(outcome, told, [*entry.notes], [*entry.changes], data=entry)


# --- Neighbourhoods -------------------------------------------------------------------------------


class Areas:
    """The neighbourhoods, found by what a workbook calls them: "TDP 03", "Tổ 3" and "3" are one."""

    _BEFORE = ("to dan pho ", "tdp ", "t d p ", "khu pho ", "khoi pho ", "khoi ", "kp ", "to ")

    def __init__(self, rows: Iterable[tuple[int, str, str]]):
        self.found = {}
        for pk, code, name in rows:
            for key in {text.fold(code), self._key(name)}:
                self.found.setdefault(key, set()).add(pk)
        self.asked = {}

    def find(self, words: str | None) -> int | None:
        """Return the key of the one that is meant; None where none is, or more than one."""
        if words not in self.asked:
            found = self.found.get(text.fold(words or "")) or self.found.get(self._key(words or ""))
            self.asked[words] = next(iter(found)) if found and len(found) == 1 else None
        return self.asked[words]

    def _key(self, words):
        key = " ".join(text.fold(words).replace(".", " ").replace("-", " ").split())
        for before in self._BEFORE:
            if key.startswith(before) and key != before:
                key = key.removeprefix(before)
                break
        for before in ("so ", "tdp", "to", "kp"):
            if key.startswith(before) and key.removeprefix(before).isdecimal():
                key = key.removeprefix(before)
        return key.lstrip("0") if key.isdecimal() else key


# --- Households -----------------------------------------------------------------------------------


@dataclass(slots=True)
class Home:
    """A household, of the register or (without a key) of the workbook."""

    pk: int | None = None
    code: str = ""
    area: int | None = None
    address: str = ""
    opened_on: dt.date | None = None
    dissolved_on: dt.date | None = None
    head: str = ""  # the head's name
    row: int = 0  # the row that the household is undone with

    def place(self) -> tuple:
        return self.area, address_key(self.address)


_HOME = ("pk", "code", "neighbourhood_id", "address", "opened_on", "dissolved_on")


def homes_by_code(codes: Iterable[str]) -> dict[str, Home]:
    """Return the households of some codes, with the names of their heads."""
    found = {}
    for part in in_parts(set(codes)):
        for values in Household.objects.filter(code__in=part).values_list(*_HOME):
            found[values[1]] = Home(*values)
    by_key = {home.pk: home for home in found.values()}
    for part in in_parts(by_key):
        rows = Residence.objects.current().filter(household__in=part, relation=Relation.HEAD)
        for key, name in rows.values_list("household", "resident__full_name"):
            by_key[key].head = name
    return found


def check_home(entry: Entry, home: Home) -> None:
    """Check what a household of the register asks of a new stay."""
    if home.dissolved_on:
        entry.refuse(f"Hộ {home.code} đã xoá.")
    elif home.opened_on and entry.started_on < home.opened_on:
        day = text.format_date(home.opened_on)
        entry.refuse(f"Hộ {home.code} lập ngày {day}: không thể ở từ trước đó.")


# --- Writing --------------------------------------------------------------------------------------


def _resident(entry: Entry, stay: Residence) -> Resident:
    return Resident(
        full_name=entry.name,
        birth_date=entry.birth,
        birth_precision=entry.precision,
        sex=entry.sex,
        citizen_id=entry.citizen_id,
        old_id=entry.old_id,
        phone=entry.phone,
        note=entry.note,
        present=True,
        residence_kind=stay.kind,
        neighbourhood_id=stay.neighbourhood_id,
    )


class PersonsKind(Kind):
    """What writing and undoing people have in common."""

    repeating = (DuplicatePair,)

    def entry(self, line: Line, on: dt.date) -> Entry:
        values = line.values
        return entry_of(line, {key: values[place] for key, place in self._read_places}, on)

    @cached_property
    def _read_places(self):
        wanted = (*FIELDS, "started_on", "expires_on")
        return [(key, self.places[key]) for key in wanted if key in self.places]

    def write(self, chosen, journal: Journal, run: Run) -> None:
        entries, done = (plan.data for _, plan in chosen), 0
        while part := list(islice(entries, WRITTEN)):
            self._write_part(part, journal)
            done += len(part)
            run.progress(done)

    def _write_part(self, entries: list[Entry], journal: Journal) -> None:
        starting = [entry for entry in entries if entry.host]
        self.write_hosts(starting, journal)
        stays = [self.stay(entry) for entry in starting]
        both = list(zip(starting, stays, strict=True))
        new = [(entry, stay) for entry, stay in both if entry.known is None]
        people = [_resident(entry, stay) for entry, stay in new]
        Resident.objects.bulk_create(people)
        for (entry, stay), person in zip(new, people, strict=True):
            journal.created(entry.number, person)
            stay.resident_id = person.pk
        self._write_changed([entry for entry in entries if entry.values], journal)
        Residence.objects.bulk_create(stays)
        for entry, stay in both:
            journal.created(entry.number, stay)
        refresh_places([entry.known.pk for entry in starting if entry.known])

    def write_hosts(self, entries: list[Entry], journal: Journal) -> None:
        """Write the households that the entries found."""

    def stay(self, entry: Entry) -> Residence:
        """Return the row of the ledger that an entry begins; a new person has no key yet."""
        raise NotImplementedError

    def _write_changed(self, entries, journal) -> None:
        for part in in_parts(entries):
            rows = Resident.objects.in_bulk([entry.known.pk for entry in part])
            for entry in part:
                row = rows[entry.known.pk]
                values = {name: (getattr(row, name), new) for name, new in entry.values}
                for name, (_, new) in values.items():
                    setattr(row, name, new)
                row.save()
                journal.changed(entry.number, row, values)

    # --- undoing ---
    def kept_with(self, undo):
        """A head stays while somebody lives permanently in his household who does not go."""
        going = undo.remove.get(Residence, {})
        heads = {}
        for part in in_parts(going):
            rows = Residence.objects.current().filter(pk__in=part, relation=Relation.HEAD)
            heads.update(rows.exclude(household=None).values_list("household", "pk"))
        for part in in_parts(heads):
            rows = Residence.objects.current().permanent().filter(household__in=part)
            staying = {}
            for key, home, name in rows.values_list("pk", "household", "resident__full_name"):
                if key not in going:
                    staying.setdefault(home, name)
            for home, name in staying.items():
                yield Residence, heads[home], f"là chủ hộ, hộ còn {name}"

    def undoing(self, undo) -> None:
        """Pairs of look-alikes repeat what the register says; of who goes there are none."""
        for part in in_parts(undo.remove.get(Resident, {})):
            DuplicatePair.objects.filter(Q(first__in=part) | Q(second__in=part)).delete()

    def undone(self, undo) -> None:
        """Whose only stay is gone lives nowhere again."""
        now = Residence.objects.current().filter(resident=OuterRef("pk"))
        gone = Resident.objects.present().exclude(Exists(now))
        refresh_places(list(gone.values_list("pk", flat=True)))
