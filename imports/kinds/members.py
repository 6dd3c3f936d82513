"""Groups of a workbook and their households: rows put together, found, judged by the rules."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Min

from households.matching import address_key
from households.models import Household, Residence
from imports.kinds.base import Kind, Line, Outcome, Planned, Run
from imports.kinds.persons import MOST, SKIPPED, Areas, Home, day_of, homes_by_code, in_parts
from imports.kinds.wording import other_accents, says_anew
from kylien.areas.models import Neighbourhood
from kylien.core import text
from selfgov_groups.models import GroupMembership, GroupOfficer, SelfManagedGroup

Role = GroupOfficer.Role
CODE, HOME_CODE = re.compile(r"TLG-[0-9]{1,6}"), re.compile(r"H-[0-9]{1,6}")
LABELS = {
    "name": "Tên tổ",
    "neighbourhood_id": "Tổ dân phố",
    "founded_on": "Ngày thành lập",
    "note": "Ghi chú",
}
_OF_GROUP = tuple(f"{label}:" for label in ("Mã", *LABELS.values()))  # how such errors begin
# What names of groups begin with; what follows tells them apart within a neighbourhood.
_BEFORE = re.compile(
    r"^(?:(?:to|nhom) (?:lien gia )?(?:tu quan )?|lien gia |tlg )+(?:so )?|^so (?=[0-9])"
)
_ZEROS = re.compile(r"\b0+(?=[0-9])")


def _core(name: str) -> str:
    """Return what tells a group from others: "Tổ liên gia số 01" and "TLG 1" are near."""
    folded = " ".join(re.findall(r"\w+", text.fold(name)))
    return _ZEROS.sub("", _BEFORE.sub("", folded)) or folded


@dataclass(slots=True, eq=False)
class _Row:
    """A line: what it says of its group, its household, and who holds an office."""

    line: Line
    values: dict  # of the group, by attribute; what the cells leave out is left out
    code: str = ""
    carried: bool = False  # names no group: goes on with the one above
    home_code: str = ""
    head_name: str = ""
    address: str = ""
    asked_joined_on: dt.date | None = None
    asked_offices: list = field(default_factory=list)  # [(role, True or a name)]
    office_since: dt.date | None = None
    recognised_by: str = ""
    unit: "_Unit | None" = None
    home: Home | None = None
    joined_on: dt.date | None = None  # of the household, in this group
    joins: bool = False
    offices: list[dict] = field(default_factory=list)
    doubts: list[dict] = field(default_factory=list)  # households that may be meant
    changes: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def founds(self) -> bool:
        """Tell whether the row writes a group that is new."""
        return self is self.unit.first and self.unit.known is None

    @property
    def names_group(self) -> bool:
        """Tell whether the row says readably which group it is of; its household may be wrong."""
        wrong = any(error.startswith(_OF_GROUP) for error in self.errors)
        return not (self.carried or wrong)

    @property
    def of_household(self) -> bool:
        return bool(self.home_code or self.head_name or self.address)


@dataclass(slots=True, eq=False)
class _Unit:
    """A group of the sheet: its rows, which of the portal's it is, and what changes of it."""

    rows: list[_Row]
    values: dict = field(default_factory=dict)
    lead: _Row | None = None  # the first readable row that names it
    first: _Row | None = None  # the first that is taken: it writes the group
    stuck: bool = False  # none is taken, because of the group
    decided: bool = False
    known: SelfManagedGroup | None = None
    pk: int | None = None
    doubts: list[dict] = field(default_factory=list)
    anew: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)

    @property
    def area(self) -> int | None:
        return self.now("neighbourhood_id")

    def now(self, name):
        """Return a value as it will be once the sheet is written."""
        value = self.anew.get(name)
        return value or (getattr(self.known, name) if self.known else self.values.get(name))

    def stop(self, said: str) -> None:
        """Refuse the group, with all its rows."""
        self.lead.errors.append(said)
        self.stuck = True

    def label(self) -> str:
        if self.known:
            return f"{self.known.code} · {self.known.name}"
        first = self.lead or self.rows[0]
        return first.values.get("name") or first.code


@dataclass(slots=True)
class _Person:
    """Somebody who lives in a member household today."""

    pk: int
    home: int
    name: str
    folded: str
    is_head: bool
    since: dt.date


@dataclass(slots=True)
class _Term:
    """An office that somebody holds or held."""

    resident: int
    name: str
    role: str
    start: dt.date
    end: dt.date | None

    def overlaps(self, start) -> bool:
        return self.end is None or self.end > start

    def told(self) -> str:
        since = f"từ {text.format_date(self.start)}"
        return f"{since} đến {text.format_date(self.end)}" if self.end else since


class Sheet:
    """The rows of a workbook by group, beside what the portal knows."""

    def __init__(self, kind: Kind, lines: Sequence[Line], run: Run):
        self.kind, self.run = kind, run
        areas = list(Neighbourhood.objects.values_list("pk", "code", "name"))
        self.areas, self.area_names = Areas(areas), {pk: name for pk, _, name in areas}
        self.founded_on = day_of(run.options.get("founded_on"))
        self.joined_on = day_of(run.options.get("joined_on"))
        groups = list(SelfManagedGroup.objects.order_by("pk"))  # some hundreds
        self.by_key = {group.pk: group for group in groups}
        self.by_code = {group.code: group for group in groups}
        self.by_name, self.by_core = {}, defaultdict(list)
        for group in groups:
            self.by_name.setdefault((group.neighbourhood_id, text.fold(group.name)), group)
            self.by_core[group.neighbourhood_id, _core(group.name)].append(group)
        self.rows = [self._row(line) for line in lines]
        self.units = self._units()
        self.claimed, self.homes_told = {}, {}

    # --- reading rows ---
    def _row(self, line: Line) -> _Row:
        get = {key: line.values[place] for key, place in self.kind.places.items()}
        row = _Row(line, {}, errors=list(line.errors))
        row.code = self._code(get["code"], CODE, "TLG-", 3, "Mã", row)
        row.home_code = self._code(get["household_code"], HOME_CODE, "H-", 5, "Mã hộ", row)
        row.head_name, row.address = get["head_name"] or "", get["address"] or ""
        if get["name"]:
            row.values["name"] = get["name"]
        if get["neighbourhood"]:
            row.values["neighbourhood_id"] = self.areas.find(get["neighbourhood"])
            if row.values["neighbourhood_id"] is None:
                row.errors.append(f"Tổ dân phố: không có “{get['neighbourhood']}”.")
        if get["founded_on"]:
            row.values["founded_on"] = day_of(get["founded_on"])
            if row.values["founded_on"] > self.run.on:
                row.errors.append("Ngày thành lập: không thể sau hôm nay.")
        if get["note"]:
            row.values["note"] = get["note"]
        row.asked_joined_on = day_of(get["joined_on"])
        if get["office"]:
            row.asked_offices.append((get["office"], True))
        for role in (Role.HEAD, Role.DEPUTY):
            if get[role.value]:
                row.asked_offices.append((role, get[role.value]))
        row.office_since = day_of(get["office_since"])
        row.recognised_by = get["recognised_by"] or ""
        row.carried = not (row.code or "name" in row.values)
        return row

    @staticmethod
    def _code(words, shape, prefix, width, label, row) -> str:
        if not words:
            return ""
        if not shape.fullmatch(words):
            example = f"{prefix}{12:0{width}}"
            row.errors.append(
                f"{label}: “{words}” không phải mã của sổ này ({example}), bỏ chọn cột mã nếu "
                "tệp dùng mã khác."
            )
            return words
        return f"{prefix}{int(words.removeprefix(prefix)):0{width}}"

    def _units(self) -> list[_Unit]:
        """Put rows of one group together: by code, by name, by standing below."""
        found, units, above, area = {}, [], None, None
        for row in self.rows:
            if not row.carried:
                # A merged cell holds the neighbourhood of the rows below it.
                area = row.values.get("neighbourhood_id") or area
                if area and not row.code:
                    row.values["neighbourhood_id"] = area
                key = row.code or (text.fold(row.values["name"]), area)
                unit = above = found.setdefault(key, _Unit([]))
            elif above is not None and (row.of_household or row.values or not row.errors):
                unit = above
            else:  # a total or a signature, or the first row
                unit = _Unit([])
                if not row.errors:
                    row.errors.append("Tên tổ: để trống.")
            if not unit.rows:
                units.append(unit)
            unit.rows.append(row)
            row.unit = unit
        return units

    # --- judging ---
    def planned(self) -> Iterator[Planned]:
        units = []
        for unit in self.units:
            unit.lead = next((row for row in unit.rows if row.names_group), None)
            if unit.lead:
                self._identify(unit)
            units.append(self._merged(unit))
        units = list(dict.fromkeys(units))
        for unit in units:
            if unit.lead:
                self._settle(unit)
        self._check_groups([unit for unit in units if unit.anew])
        self._refuse_taken_names(units)
        going = [unit for unit in units if unit.lead and not (unit.stuck or unit.doubts)]
        rows = [row for unit in going for row in unit.rows if row.of_household and not row.errors]
        self._find_homes(rows)
        self._join([row for row in rows if row.home and not row.errors])
        for unit in going:
            taken = (row for row in unit.rows if not (row.errors or row.doubts))
            unit.first = next(taken, None)
        self._fill_offices(going)
        for done, row in enumerate(self.rows, 1):
            yield self._outcome(row)
            if not done % 1000:
                self.run.progress(done)

    def _identify(self, unit: _Unit) -> None:
        """Find out which of the portal's groups it is, and follow the decision of its row."""
        lead, doubts = unit.lead, []
        area, name = lead.values.get("neighbourhood_id"), lead.values.get("name", "")
        if lead.code:
            known = self.by_code.get(lead.code)
            if known is None:
                unit.stop(f"Sổ không có tổ liên gia mã {lead.code}.")
        else:
            known = self.by_name.get((area, text.fold(name)))
            doubts = [] if known else self.by_core[area, _core(name)]
        if doubts and lead.line.decision:
            decision, unit.decided = lead.line.decision, True
            if decision == "skip":
                unit.stop(SKIPPED)
            key = decision.removeprefix("same:")
            known = next((group for group in doubts if str(group.pk) == key), None)
            if known or decision in ("new", "skip"):
                doubts = []
        unit.known, unit.pk = known, known and known.pk
        unit.doubts = [_group_candidate(group, self.area_names) for group in doubts[:MOST]]

    def _merged(self, unit: _Unit) -> _Unit:
        """Return the unit, or an earlier one that is the same group and takes its rows."""
        if unit.known is None:
            return unit
        first = self.claimed.setdefault(unit.known.pk, unit)
        if first is not unit:
            first.rows += unit.rows
            for row in unit.rows:
                row.unit = first
        return first

    def _settle(self, unit: _Unit) -> None:
        """Take what the rows say of the group, and what of that is new."""
        lead, known = unit.lead, unit.known
        for row in unit.rows:
            if row.errors and row is not lead:
                continue
            for name, value in row.values.items():
                first = unit.values.setdefault(name, value)
                if _differs(first, value):
                    row.errors.append(f"{LABELS[name]}: khác dòng {lead.number}.")
        if known is None:
            if not unit.values.get("founded_on") and self.founded_on:
                unit.values["founded_on"] = self.founded_on
            lacking = [
                label
                for name, label in LABELS.items()
                if name != "note" and not unit.values.get(name)
            ]
            for label in lacking if not (unit.stuck or unit.doubts) else ():
                unit.stop(f"{label}: để trống.")
            return
        for name, new in unit.values.items():
            old = getattr(known, name)
            if _differs(old, new):
                unit.anew[name] = new
                unit.changes.append((LABELS[name], self._show(name, old), self._show(name, new)))

    def _show(self, name, value) -> str:
        if name == "neighbourhood_id":
            return self.area_names.get(value, "")
        return text.format_date(value) if isinstance(value, dt.date) else str(value)

    def _check_groups(self, units) -> None:
        """Check what `SelfManagedGroup.clean` asks of a group that changes."""
        for part in in_parts(units):
            rows = GroupMembership.objects.filter(group__in=[unit.pk for unit in part]).order_by()
            first = dict(rows.values_list("group").annotate(first=Min("joined_on")))
            for unit in part:
                joined = first.get(unit.pk)
                if joined and "neighbourhood_id" in unit.anew:
                    unit.stop(
                        "Tổ đã có hộ thì không đổi tổ dân phố: giải thể rồi lập tổ mới ở nơi kia."
                    )
                if joined and joined < unit.anew.get("founded_on", dt.date.min):
                    told = text.format_date(joined)
                    unit.stop(f"Ngày thành lập: tổ đã có hộ vào ngày {told}, không thể sau đó.")

    def _refuse_taken_names(self, units) -> None:
        """Refuse a new name that another group of the neighbourhood has, here or in the sheet."""
        taken = {place: group.pk for place, group in self.by_name.items()}
        for unit in units:
            renamed = unit.known is None or {"name", "neighbourhood_id"} & set(unit.anew)
            if unit.lead is None or unit.stuck or not renamed:
                continue
            place = unit.area, text.fold(unit.now("name"))
            if taken.setdefault(place, unit.pk or unit) != (unit.pk or unit):
                unit.stop("Tên tổ: tổ dân phố đã có tổ liên gia tên này.")

    # --- households ---
    def _find_homes(self, rows: list[_Row]) -> None:
        """Find the household of each row: by code, else by its head and address."""
        by_code = homes_by_code({row.home_code for row in rows if row.home_code})
        asked = [row for row in rows if not row.home_code]
        by_head, by_address = self._homes_of({row.unit.area for row in asked} - {None})
        for row in rows:
            if row.home_code:
                row.home = by_code.get(row.home_code)
                if row.home is None:
                    row.errors.append(f"Sổ không có hộ mã {row.home_code}.")
                continue
            area = row.unit.area
            named = by_head[area, text.fold(row.head_name)] if row.head_name else []
            placed = by_address[area, address_key(row.address)] if row.address else []
            self._choose_home(row, named, placed)

    @staticmethod
    def _homes_of(areas):
        """Map the households of neighbourhoods by head and by address."""
        by_head, by_address, homes = defaultdict(list), defaultdict(list), {}
        fields = ("pk", "code", "neighbourhood_id", "address", "opened_on", "dissolved_on")
        for part in in_parts(areas):
            rows = Household.objects.active().filter(neighbourhood__in=part).order_by("pk")
            homes |= {values[0]: Home(*values) for values in rows.values_list(*fields)}
            heads = Residence.objects.current().filter(
                household__neighbourhood__in=part, relation=Residence.Relation.HEAD
            )
            for key, name in heads.values_list("household", "resident__full_name"):
                if key in homes:
                    homes[key].head = name
        for home in homes.values():
            by_address[home.area, address_key(home.address)].append(home)
            if home.head:
                by_head[home.area, text.fold(home.head)].append(home)
        return by_head, by_address

    def _choose_home(self, row: _Row, named: list[Home], placed: list[Home]) -> None:
        sure = [home for home in named if not other_accents(home.head, row.head_name)]
        if row.head_name and row.address:
            sure = [home for home in sure if home in placed]
        elif row.address:
            sure = placed
        if len(sure) == 1:
            row.home = sure[0]
            return
        doubts = {home.pk: home for home in [*sure, *named, *placed]}
        if not doubts:
            told = ", ".join(filter(None, (row.head_name, row.address)))
            where = self.area_names.get(row.unit.area, "tổ dân phố này")
            row.errors.append(f"Không có hộ “{told}” ở {where}: ghi mã hộ.")
        else:
            self._decide_home(row, list(doubts.values()))

    @staticmethod
    def _decide_home(row, homes) -> None:
        decision = row.line.decision
        if row is row.unit.lead and row.unit.decided:  # it was about the group
            row.errors.append("Tổ và hộ đều chưa rõ: ghi mã hộ.")
            return
        key = decision.removeprefix("same:")
        row.home = next((home for home in homes if str(home.pk) == key), None)
        if row.home is None and decision == "skip":
            row.errors.append(SKIPPED)
        elif row.home is None and decision == "new":
            row.errors.append("Hộ mới không lập ở đây: nhập hộ trước, hoặc ghi mã hộ.")
        elif row.home is None:
            row.doubts = [_home_candidate(home, row) for home in homes[:MOST]]

    def _join(self, rows: list[_Row]) -> None:
        """Check each membership as `services.membership.check_join` does."""
        past = defaultdict(list)
        fields = ("group_id", "household_id", "joined_on", "left_on")
        for part in in_parts({row.home.pk for row in rows}):
            if self.run.final:  # two desks cannot both find a household free
                locked = Household.objects.select_for_update().filter(pk__in=part).order_by("pk")
                list(locked.values_list("pk"))
            members = GroupMembership.objects.filter(household__in=part).order_by("joined_on")
            for group, home, joined_on, left_on in members.values_list(*fields):
                past[home].append((group, joined_on, left_on))
        for row in rows:
            twice = self.homes_told.get(row.home.pk)
            if twice:
                row.errors.append(f"Trùng dòng {twice}: cùng hộ {row.home.code}.")
                continue
            self._join_one(row, row.unit, row.home, past[row.home.pk])
            if not row.errors:
                self.homes_told[row.home.pk] = row.number

    def _join_one(self, row, unit, home, past) -> None:
        now = next((joined for group, joined, left in past if group == unit.pk and not left), None)
        if now:
            row.joined_on = now
            if row.asked_joined_on and row.asked_joined_on != now:
                told = text.format_date(now)
                row.notes.append(f"Trong sổ vào tổ ngày {told}, không đổi qua nhập tệp.")
            return
        founded_on = unit.now("founded_on")
        day = row.asked_joined_on or self.joined_on
        if day is None:
            day = max(founded_on, home.opened_on)
            row.notes.append(f"Vào tổ ngày: để trống, ghi {text.format_date(day)}.")
        row.joined_on, row.joins = day, True
        if day > self.run.on:
            row.errors.append("Vào tổ ngày: không thể sau hôm nay.")
        elif day < founded_on:
            told = text.format_date(founded_on)
            row.errors.append(f"Tổ thành lập ngày {told}: hộ không thể vào trước đó.")
        elif day < home.opened_on:
            told = text.format_date(home.opened_on)
            row.errors.append(f"Hộ {home.code} lập ngày {told}: không thể vào tổ trước đó.")
        if unit.known and unit.known.dissolved_on:
            row.errors.append("Tổ này đã giải thể.")
        if home.dissolved_on:
            row.errors.append(f"Hộ {home.code} đã xoá.")
        elif home.area != unit.area:
            row.errors.append(
                f"Hộ {home.code} ở {self.area_names[home.area]}, tổ liên gia ở "
                f"{self.area_names.get(unit.area, 'nơi khác')}."
            )
        clash = next((one for one in past if one[2] is None or one[2] > day), None)
        if clash:
            group, joined_on, left_on = clash
            end = f" đến {text.format_date(left_on)}" if left_on else ""
            row.errors.append(
                f"Hộ {home.code} đã ở tổ {self.by_key[group].name} từ "
                f"{text.format_date(joined_on)}{end}."
            )

    # --- offices ---
    def _fill_offices(self, units: list[_Unit]) -> None:
        """Let people take the offices that rows give them, where `services.life` would."""
        asking = [
            unit for unit in units if any(row.asked_offices and not row.errors for row in unit.rows)
        ]
        members = {unit: self._members(unit) for unit in asking}
        self._add_members(members)
        people = self._people({home for homes in members.values() for home in homes})
        terms = self._terms({unit.pk for unit in asking if unit.pk})
        for unit in asking:
            of_unit = [one for home in members[unit] for one in people[home]]
            held = terms[unit.pk] if unit.pk else []
            for row in unit.rows:
                if not (row.errors or row.doubts):
                    for role, who in row.asked_offices:
                        self._fill_office(row, Role(role), who, of_unit, members[unit], held)

    @staticmethod
    def _members(unit) -> dict[int, dt.date]:
        """Return the households that the sheet names, with the day each joined."""
        good = (row for row in unit.rows if row.home and row.joined_on and not row.errors)
        return {row.home.pk: row.joined_on for row in good}

    @staticmethod
    def _add_members(members) -> None:
        """Add the households that are in the groups already."""
        by_key = {unit.pk: homes for unit, homes in members.items() if unit.pk}
        for part in in_parts(by_key):
            rows = GroupMembership.objects.current().filter(group__in=part)
            for group, home, day in rows.values_list("group", "household", "joined_on"):
                by_key[group].setdefault(home, day)

    @staticmethod
    def _people(homes) -> dict[int, list[_Person]]:
        found = defaultdict(list)
        for part in in_parts(homes):
            rows = Residence.objects.current().filter(household__in=part).order_by("pk")
            told = ("resident", "household", "resident__full_name", "resident__folded_name")
            for *values, relation, since in rows.values_list(*told, "relation", "started_on"):
                person = _Person(*values, relation == Residence.Relation.HEAD, since)
                found[person.home].append(person)
        return found

    @staticmethod
    def _terms(groups) -> dict[int, list[_Term]]:
        found = defaultdict(list)
        told = ("resident", "resident__full_name", "role", "started_on", "ended_on")
        for part in in_parts(groups):
            rows = GroupOfficer.objects.filter(group__in=part).order_by("started_on", "pk")
            for group, *values in rows.values_list("group", *told):
                found[group].append(_Term(*values))
        return found

    def _fill_office(self, row, role, who, people, members, held) -> None:
        person, said = self._holder(row, who, people)
        if person is None:
            row.notes.append(f"{role.label}: {said}, không ghi chức vụ.")
            return
        if any(t.resident == person.pk and t.role == role and t.end is None for t in held):
            return
        joined_on = members[person.home]
        start = row.office_since or max(joined_on, person.since)
        said = self._why_not(row, role, person, start, joined_on, held)
        if said:
            row.notes.append(f"{role.label} {person.name}: {said}, không ghi chức vụ.")
            return
        held.append(_Term(person.pk, person.name, role, start, None))
        row.offices.append(
            {
                "resident_id": person.pk,
                "role": role,
                "started_on": start,
                "recognised_by": row.recognised_by,
            }
        )
        told = f"{person.name} từ {text.format_date(start)}"
        row.changes.append((role.label, "chưa ghi", told))

    @staticmethod
    def _holder(row, who, people) -> tuple[_Person | None, str]:
        """Return who is meant by a tick or a name, or None and why nobody is."""
        if who is True:
            if row.home is None:
                return None, "dòng không ghi hộ nào"
            people = [one for one in people if one.home == row.home.pk]
            who = row.head_name
            if not who:
                heads = [one for one in people if one.is_head]
                return (heads[0], "") if heads else (None, f"hộ {row.home.code} chưa có chủ hộ")
        found = [
            one
            for one in people
            if one.folded == text.fold(who) and not other_accents(one.name, who)
        ]
        if len(found) > 1:
            found = [one for one in found if one.is_head] or found
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, f"có {len(found)} người tên {who}"
        return None, f"{who} không ở hộ nào trong tổ"

    def _why_not(self, row, role, person, start, joined_on, held) -> str:
        """Return why a person cannot hold an office from a day; empty if he can."""
        founded_on = row.unit.now("founded_on")
        if start > self.run.on:
            return "nhiệm kỳ không thể bắt đầu sau hôm nay"
        if row.unit.known and row.unit.known.dissolved_on:
            return "tổ đã giải thể"
        if start < max(founded_on, joined_on, person.since):
            return f"ngày {text.format_date(start)} không ở hộ nào trong tổ"
        for term in held:
            if term.overlaps(start) and term.resident == person.pk:
                return f"đã là {Role(term.role).label.lower()} {term.told()}"
            if term.overlaps(start) and role == Role.HEAD and term.role == Role.HEAD:
                return f"tổ đã có tổ trưởng {term.name} {term.told()}"
        return ""

    # --- outcomes ---
    def _outcome(self, row: _Row) -> Planned:
        unit, home = row.unit, row.home
        label = unit.label()
        if home:
            label += f" · {home.code} {home.head}".rstrip()
        elif row.of_household:
            label += f" · {row.home_code or row.head_name or row.address}"
        if not row.errors and row is not unit.lead:
            self._follow(row, unit)
        if row.errors:
            return Planned(Outcome.REFUSED, label, [*row.errors, *row.notes])
        doubts = (unit.doubts if row is unit.lead else []) or row.doubts
        if doubts:
            said = f"Có thể là {doubts[0]['code']}: {doubts[0]['why']}."
            return Planned(Outcome.DOUBTFUL, label, [said, *row.notes], candidates=doubts)
        if unit.doubts:
            return Planned(Outcome.NEW, label, row.notes, data=row)
        changes = [*(unit.changes if row is unit.first else ()), *row.changes]
        if row.joins:
            told = f"{home.code} từ {text.format_date(row.joined_on)}"
            changes.append(("Vào tổ", "chưa ở tổ", told))
        if row.founds or row.joins:
            return Planned(Outcome.NEW, label, row.notes, changes if unit.known else [], data=row)
        if changes:
            return Planned(Outcome.CHANGED, label, row.notes, changes, data=row)
        return Planned(Outcome.SAME, label, row.notes)

    def _follow(self, row, unit) -> None:
        """A further row of a group is taken if the group is."""
        lead = unit.lead or unit.rows[0]
        if unit.lead is None or unit.stuck:
            row.errors.append(f"Tổ ở dòng {lead.number} không nhận được: sửa dòng đó trước.")
        elif unit.doubts and self.run.final:
            row.errors.append(f"Tổ ở dòng {lead.number} chưa được quyết định.")
        elif unit.doubts:
            row.notes.append(
                f"Tổ ở dòng {lead.number} nghi trùng: quyết định dòng đó thì dòng này mới được "
                "nhập."
            )


def _differs(old, new) -> bool:
    return says_anew(old, new) if isinstance(new, str) else old != new


def _group_candidate(group: SelfManagedGroup, areas: dict) -> dict:
    return {
        "pk": group.pk,
        "code": group.code,
        "label": group.name,
        "detail": areas.get(group.neighbourhood_id, ""),
        "why": "tên gần giống, cùng tổ dân phố",
    }


def _home_candidate(home: Home, row: _Row) -> dict:
    """Return a household that may be meant: what of the row it has, and what not."""
    why = []
    if row.head_name:
        alike = text.fold(home.head) == text.fold(row.head_name)
        accents = alike and other_accents(home.head, row.head_name)
        why.append(
            "tên chủ hộ chỉ khác dấu"
            if accents
            else "cùng tên chủ hộ"
            if alike
            else f"chủ hộ là {home.head or 'chưa rõ'}"
        )
    if row.address:
        same = address_key(home.address) == address_key(row.address)
        why.append("cùng địa chỉ" if same else "khác địa chỉ")
    return {
        "pk": home.pk,
        "code": home.code,
        "label": home.head or "chưa có chủ hộ",
        "detail": home.address,
        "why": ", ".join(why),
    }
