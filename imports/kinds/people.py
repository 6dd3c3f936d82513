"""Hộ và nhân khẩu: one row a person, permanent residents household by household.

A household is what rows give it by: its code here, else its number in the workbook, else a run of
rows that begins with its head. Known people keep where they live: moving, splitting and changing
heads are acts of their own.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from households.models import Household, Residence
from households.services.ledger import lock_ledger
from imports.kinds.base import Column, Line, Option, Planned, Run
from imports.kinds.persons import (
    BORN,
    LONGEST_ADDRESS,
    PERMANENT,
    Areas,
    Entry,
    Home,
    PersonsKind,
    Register,
    Relation,
    Rows,
    Stay,
    address_key,
    check_home,
    check_new,
    check_start,
    compare_fields,
    day_of,
    homes_by_code,
    identify,
    outcome_of,
    refuse_namesake,
    refuse_number,
)
from imports.reading import values as read
from kylien.areas.models import Neighbourhood
from kylien.core import text

WINDOW = 1000  # rows looked up at once
# Who came before the present law was registered when it began (Luật Cư trú 2020 Điều 38): a later
# day would count as a movement of the month in which the workbook was brought in.
LAW = dt.date(2021, 7, 1)
HOME_CODE, PERSON_CODE = re.compile(r"H-[0-9]{1,6}"), re.compile(r"NK-[0-9]{1,9}")
NAMED = 10  # rows that a sentence names


def shown_birth(value: str) -> str:
    """Return a birth as people write it."""
    born, _, precision = value.partition("/")
    return text.format_birth(dt.date.fromisoformat(born), precision)


def shown_day(value: str) -> str:
    return text.format_date(dt.date.fromisoformat(value))


def shown_relation(value: str) -> str:
    word, _, note = value.partition(":")
    return note or Relation(word).label


def shown_sex(value: str) -> str:
    return {"M": "Nam", "F": "Nữ"}[value]


CODE = Column(
    "code",
    "Mã",
    read.read_code,
    ("Mã nhân khẩu", "Mã NK", "Code"),
    hint="Mã của sổ này (NK-000123), khi nhập lại danh sách đã xuất.",
)
NAME = Column(
    "full_name",
    "Họ và tên",
    read.read_name,
    (
        "Họ tên",
        "Họ và tên khai sinh",
        "Họ, chữ đệm và tên",
        "Họ, chữ đệm và tên khai sinh",
        "Tên",
        "Full name",
        "Name",
    ),
    required=True,
    example="Nguyễn Văn Mẫu",
    width=26,
)
BIRTH = Column(
    "birth",
    "Ngày sinh",
    read.read_birth,
    (
        "Ngày tháng năm sinh",
        "Ngày, tháng, năm sinh",
        "Năm sinh",
        "Sinh ngày",
        "NTNS",
        "Date of birth",
        "Birth date",
        "DOB",
    ),
    required=True,
    example="05/09/1990",
    hint="Chỉ biết năm thì ghi năm.",
    shown=shown_birth,
)
# The classic ward list has no column for the sex: the year stands under "Nam" or under "Nữ".
BIRTH_MALE, BIRTH_FEMALE = (
    Column(
        key,
        f"Ngày sinh {sex}",
        read.read_birth,
        (f"Năm sinh {sex}", f"Ngày, tháng, năm sinh {sex}", f"Ngày tháng năm sinh {sex}"),
        shown=shown_birth,
        in_template=False,
    )
    for key, sex in zip(BORN.values(), ("Nam", "Nữ"), strict=True)
)
SEX = Column(
    "sex",
    "Giới tính",
    read.read_sex,
    ("Giới", "Nam/Nữ", "Phái", "Sex", "Gender"),
    example="Nam",
    hint="Để trống thì lấy theo số định danh.",
    width=10,
    shown=shown_sex,
)
IDENTITY = Column(
    "identity",
    "Số định danh",
    read.read_identity,
    (
        "CCCD",
        "Số CCCD",
        "Căn cước",
        "Số căn cước",
        "Căn cước công dân",
        "Số định danh cá nhân",
        "Số định danh cá nhân/CMND",
        "CCCD/CMND",
        "Số CCCD/CMND",
        "CMND/CCCD",
        "Số giấy tờ",
        "ĐDCN",
        "Citizen ID",
        "ID number",
        "ID",
    ),
    example="099090000001",
    hint="12 chữ số; 9 chữ số ghi thành số CMND cũ.",
    secret=True,
)
OLD_ID = Column(
    "old_id",
    "Số CMND cũ",
    read.read_old_id,
    ("CMND", "Số CMND", "CMND cũ", "Chứng minh nhân dân", "Old ID"),
    example="",
    secret=True,
)
PHONE = Column(
    "phone",
    "Điện thoại",
    read.read_phone,
    (
        "Số điện thoại",
        "SĐT",
        "ĐT",
        "Di động",
        "Điện thoại di động",
        "Điện thoại liên hệ",
        "Điện thoại liên lạc",
        "Phone",
        "Mobile",
        "Tel",
    ),
    example="0100123456",
    secret=True,
)
NOTE = Column("note", "Ghi chú", read.read_text, ("Chú thích", "Note", "Remarks"), width=24)


def born_by_sex(keys) -> bool:
    """Tell whether a sheet has a column of births for each sex."""
    return set(BORN.values()) <= set(keys)


class PeopleKind(PersonsKind):
    key = "people"
    label = "Hộ và nhân khẩu"
    hint = "Mỗi dòng một người thường trú; các dòng cùng số hộ, hoặc liền sau chủ hộ, là một hộ."
    columns = (
        CODE,
        Column(
            "household_code",
            "Mã hộ",
            read.read_code,
            ("Hộ", "Household code"),
            hint="Mã của sổ này (H-00012); hộ mới thì để trống.",
        ),
        Column(
            "household_number",
            "Số hộ",
            read.read_text,
            (
                "STT hộ",
                "Hộ số",
                "Số thứ tự hộ",
                "Số sổ hộ khẩu",
                "Sổ hộ khẩu",
                "Số hộ khẩu",
                "Household number",
                "Household",
            ),
            example="1",
            hint="Số nào cũng được, miễn giống nhau ở các dòng của một hộ.",
            width=10,
            shown=lambda number: f"Hộ số {number}",
        ),
        Column(
            "head_name",
            "Chủ hộ",
            read.read_name,
            ("Tên chủ hộ", "Họ tên chủ hộ", "Họ và tên chủ hộ", "Head of household"),
            hint="Danh sách hộ: mỗi dòng một hộ với chủ hộ.",
            width=26,
        ),
        NAME,
        BIRTH,
        BIRTH_MALE,
        BIRTH_FEMALE,
        SEX,
        IDENTITY,
        OLD_ID,
        PHONE,
        Column(
            "relation",
            "Quan hệ với chủ hộ",
            read.read_relation,
            (
                "Quan hệ",
                "Mối quan hệ",
                "Mối quan hệ với chủ hộ",
                "QH với chủ hộ",
                "QH",
                "Quan hệ chủ hộ",
                "Relation",
                "Relationship",
            ),
            example="Chủ hộ",
            width=18,
            shown=shown_relation,
        ),
        Column(
            "address",
            "Địa chỉ",
            read.read_address,
            (
                "Nơi thường trú",
                "Địa chỉ thường trú",
                "Địa chỉ cư trú",
                "Nơi cư trú",
                "Nơi đăng ký thường trú",
                "Nơi ĐKTT",
                "Nơi đăng ký HKTT",
                "Nơi ở",
                "Chỗ ở",
                "Nơi ở hiện tại",
                "Số nhà",
                "HKTT",
                "Hộ khẩu thường trú",
                "Address",
            ),
            example="Số 3 đường Mẫu",
            hint="Ghi ở dòng đầu của hộ là đủ.",
            width=30,
        ),
        Column(
            "neighbourhood",
            "Tổ dân phố",
            read.read_text,
            ("Tổ", "TDP", "Khu phố", "Khối phố", "Số tổ", "Neighbourhood", "Area"),
            example="Tổ dân phố 1",
        ),
        Column(
            "started_on",
            "Ngày đăng ký",
            read.read_day,
            (
                "Ngày đăng ký thường trú",
                "Đăng ký ngày",
                "Ngày ĐKTT",
                "Thường trú từ",
                "Từ ngày",
                "Ngày nhập hộ",
                "Ngày đến",
                "Lập ngày",
                "Ngày lập hộ",
                "Registered on",
            ),
            example="15/03/2019",
            hint="Để trống: ngày chung chọn cho cả tệp, hoặc ngày lập hộ, hoặc 01/07/2021.",
            shown=shown_day,
        ),
        NOTE,
    )
    options = (
        Option("neighbourhood", "Tổ dân phố", "neighbourhood", hint="Cho dòng để trống tổ."),
        Option("started_on", "Ngày đăng ký", "day", hint="Cho dòng để trống ngày đăng ký."),
    )
    examples = (
        {
            "household_number": "1",
            "full_name": "Nguyễn Văn Mẫu",
            "birth": "05/09/1980",
            "sex": "Nam",
            "identity": "099080000001",
            "phone": "0100000001",
            "relation": "Chủ hộ",
            "address": "Số 3 đường Mẫu",
            "neighbourhood": "Tổ dân phố 1",
            "started_on": "15/03/2019",
        },
        {
            "household_number": "1",
            "full_name": "Trần Thị Thử",
            "birth": "1983",
            "sex": "Nữ",
            "relation": "Vợ",
        },
        {
            "household_number": "2",
            "full_name": "Lê Thị Ví Dụ",
            "birth": "09/1975",
            "sex": "Nữ",
            "identity": "099175000002",
            "relation": "Chủ hộ",
            "address": "Số 5 đường Mẫu",
            "neighbourhood": "Tổ dân phố 1",
            "started_on": "01/06/2015",
        },
    )

    def missing(self, keys):
        """A list of households names heads instead of people, and by code it needs no births."""
        heads = "head_name" in keys and "full_name" not in keys
        excused = {"full_name"} if heads else set()
        if (heads and "household_code" in keys) or born_by_sex(keys):
            excused.add("birth")
        return [column for column in super().missing(keys) if column.key not in excused]

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        if run.final:
            lock_ledger()
        return _Sheet(self, lines, run).planned()

    def write_hosts(self, entries, journal):
        homes = {id(entry.host): entry.host for entry in entries if entry.host.pk is None}
        rows = [
            Household(address=home.address, neighbourhood_id=home.area, opened_on=home.opened_on)
            for home in homes.values()
        ]
        Household.objects.bulk_create(rows)
        for home, row in zip(homes.values(), rows, strict=True):
            home.pk = row.pk
            journal.created(home.row, row)

    def stay(self, entry):
        return Residence(
            resident_id=entry.known and entry.known.pk,
            kind=PERMANENT,
            household_id=entry.host.pk,
            neighbourhood_id=entry.host.area,
            relation=entry.relation,
            relation_note=entry.relation_note,
            started_on=entry.started_on,
            start_reason=Residence.Start.REGISTRATION,
        )


@dataclass(slots=True)
class _Group:
    """The rows of one household; without a `key` a row that says of none."""

    key: tuple | None
    code: str = ""
    area: str = ""  # as the workbook calls it
    address: str = ""
    places: list[int] = field(default_factory=list)  # of its rows among all
    entries: list[Entry] = field(default_factory=list)
    home: Home | None = None
    head: Entry | None = None  # of a household that is new
    problem: str = ""  # why nobody can begin to live in it

    def add(self, place: int, entry: Entry, area: str | None, address: str | None) -> None:
        self.places.append(place)
        self.entries.append(entry)
        self.area = self.area or area or ""
        self.address = self.address or address or ""

    def rows(self, entries: list[Entry]) -> str:
        numbers = ", ".join(str(entry.number) for entry in entries[:NAMED])
        return f"dòng {numbers}{' …' if len(entries) > NAMED else ''}"


class _Sheet:
    """A workbook's rows by household, judged some thousand at a time."""

    def __init__(self, kind: PeopleKind, lines: Sequence[Line], run: Run):
        self.kind, self.run = kind, run
        self.areas = Areas(Neighbourhood.objects.values_list("pk", "code", "name"))
        self.area = run.options.get("neighbourhood")
        self.day = day_of(run.options.get("started_on"))
        self.claimed = Rows()  # people of the register, by the row that names them
        self.groups = self._grouped(lines)

    # --- which rows are one household ---
    def _grouped(self, lines) -> list[_Group]:
        groups, alone, seen = {}, [], Rows()
        run, numbered = None, (None, None)  # what a row without household goes on with
        places = [self.kind.places[name] for name in HOUSEHOLD]
        for place, line in enumerate(lines):
            code, number, head_name, address, area = (line.values[at] for at in places)
            entry = self.kind.entry(line, self.run.on)
            if self.run.final:
                line.values = ()  # nobody asks for them again, and there are very many
            if not entry.name and head_name:
                entry.name, entry.folded = head_name, text.fold(head_name)
                entry.relation = Relation.HEAD
            check_code(entry)
            is_head = entry.relation == Relation.HEAD
            numbered = _number_key(number, area, numbered) if number else (None, None)
            key = None
            if code and HOME_CODE.fullmatch(code):
                key = ("code", f"H-{int(code[2:]):05}")
            elif number or code:
                key = ("number", *numbered) if number else ("number", text.fold(code), "")
            if key is None and is_head:
                key = ("row", line.number)
            entry.own = key is not None
            if key is not None:
                group = groups.get(key)
                if group is None:
                    group = groups[key] = _Group(key, key[1] if key[0] == "code" else "")
                run = group if is_head or run is group else None
            elif run is not None and (entry.name or not line.errors):
                group = run
            else:
                group = _Group(None)
                alone.append(group)
            group.add(place, entry, area, address)
            refuse_number(entry, seen)
        return sorted([*groups.values(), *alone], key=lambda group: group.places[0])

    # --- judging ---
    def planned(self) -> Iterator[Planned]:
        """Yield the plans in the order of the rows; a household is judged with all its rows."""
        ready, following = {}, 0
        for window in self._windows():
            self._judge(window)
            for group in window:
                for place, entry in zip(group.places, group.entries, strict=True):
                    ready[place] = plan = outcome_of(entry)
                    plan.identifier = plan.identifier or group.code
            while following in ready:
                yield ready.pop(following)
                following += 1
            self.run.progress(following)

    def _windows(self) -> Iterator[list[_Group]]:
        window, size = [], 0
        for at, group in enumerate(self.groups):
            self.groups[at] = None  # judged once, then let go
            window.append(group)
            size += len(group.entries)
            if size >= WINDOW:
                yield window
                window, size = [], 0
        yield window

    def _judge(self, window: list[_Group]) -> None:
        homes = homes_by_code(group.code for group in window if group.code)
        entries = [entry for group in window for entry in group.entries]
        register = Register(entries, {home.pk for home in homes.values()})
        for group in window:
            self._judge_group(group, register, homes)

    def _judge_group(self, group: _Group, register: Register, homes: dict) -> None:
        group.home = homes.get(group.code)
        if group.code and group.home is None:
            for entry in group.entries:
                if not entry.errors:
                    entry.refuse(f"Sổ không có hộ mã {group.code}.")
            return
        near, names = self._near(group), Rows()
        for entry in group.entries:
            refuse_namesake(entry, names)
            if not entry.errors:
                self._identify(entry, group, register, near)
        if group.key is not None and group.home is None:
            self._find_home(group, near)
        self._tell_address(group)
        days = [
            entry.started_on
            for entry in group.entries
            if entry.started_on and entry.started_on <= self.run.on and not entry.errors
        ]
        first = min(days, default=LAW)
        # The head first: the others can only be new with him.
        for entry in sorted(group.entries, key=lambda one: one.relation != Relation.HEAD):
            if not entry.errors:
                self._place(entry, group, near, first)
        if group.home and group.home.pk is None:
            starts = [entry.started_on for entry in group.entries if entry.host]
            group.home.opened_on = min(starts, default=None)

    def _near(self, group: _Group):
        """Return what tells whether a stay is where the rows say; None where they do not say."""
        if group.home is not None:
            key = group.home.pk
            return lambda stay: stay.household_id == key
        if not group.address:
            return None
        area, key = self._area_of(group), address_key(group.address)
        return lambda stay: (
            area in (None, stay.area) and bool(stay.address) and address_key(stay.address) == key
        )

    def _area_of(self, group: _Group) -> int | None:
        return self.areas.find(group.area) if group.area else self.area

    def _identify(self, entry, group, register, near) -> None:
        home = group.home
        if home is not None and not entry.birth and not entry.code:
            self._identify_by_name(entry, home, register)
        else:
            identify(entry, register, near, home.address if home else group.address)
        if entry.known:
            twice = self.claimed.repeats(entry.known.pk, entry.number)
            if twice:
                entry.refuse(f"Trùng dòng {twice}: cùng là {entry.known.code}.")
            compare_fields(entry, self.run.on)

    def _identify_by_name(self, entry, home, register) -> None:
        """Find a member of a household by name alone: lists of households tell no births."""
        if not entry.name:
            return
        members = register.by_home.get(home.pk, ())
        found = [known for known in members if known.folded_name == entry.folded]
        if entry.relation == Relation.HEAD:
            found = [known for known in found if known.now.relation == Relation.HEAD]
        if len(found) == 1:
            entry.known = found[0]
        elif entry.relation == Relation.HEAD and home.head:
            entry.refuse(f"Chủ hộ {home.code} trong sổ là {home.head}: dùng Đổi chủ hộ nếu đã đổi.")

    def _find_home(self, group: _Group, near) -> None:
        """Find the household in the register by its head, else let the rows be a new one."""
        heads = [entry for entry in group.entries if entry.relation == Relation.HEAD]
        head, area = heads[0] if len(heads) == 1 else None, self._area_of(group)
        stay = head.known.now if head and head.known and not head.errors else None
        is_head = stay and stay.household_id and stay.relation == Relation.HEAD
        if is_head and (near(stay) if near else area in (None, stay.area)):
            group.home = _home_of(stay, head.known.full_name)
            return
        group.head = head
        if head is None:
            how = "có hơn một chủ hộ" if heads else "không có chủ hộ"
            group.problem = f"Hộ {how} ({group.rows(heads or group.entries)})."
        elif group.area and not area:
            group.problem = f"Không có tổ dân phố “{group.area}”."
        elif not area:
            group.problem = "Thiếu tổ dân phố: ghi ở dòng đầu của hộ."
        elif not group.address:
            group.problem = "Thiếu địa chỉ: ghi ở dòng đầu của hộ."
        elif len(group.address) > LONGEST_ADDRESS:
            group.problem = f"Địa chỉ dài quá {LONGEST_ADDRESS} chữ."
        group.home = Home(area=area, address=group.address, row=head.number if head else 0)

    def _tell_address(self, group: _Group) -> None:
        home = group.home
        if not (home and home.pk and group.address):
            return
        if address_key(group.address) != address_key(home.address):
            told = f"Địa chỉ hộ trong sổ là “{home.address}”, không đổi qua nhập tệp."
            group.entries[0].tell(told)

    # --- where a person lives, or begins to ---
    def _place(self, entry: Entry, group: _Group, near, first: dt.date) -> None:
        stay = entry.known.now if entry.known else None
        if entry.doubts:
            return
        if stay:
            self._compare_stay(entry, stay, group, near)
        elif entry.known is None:
            if group.home and group.home.pk and not entry.name:
                return  # a row of a list of households, about one without a head
            check_new(entry)
            self._start(entry, group, first)
        elif entry.own or (group.home and entry.relation):
            self._start(entry, group, first)

    def _compare_stay(self, entry, stay: Stay, group: _Group, near) -> None:
        """Refuse to move somebody who lives elsewhere; say what else is not changed."""
        home = group.home
        if home is None or not (entry.own or not entry.code):
            return
        if home.pk:
            here = stay.household_id == home.pk
        else:  # nobody lives in a new household; without a head the rows may tell a part of one
            pending = group.head is None or group.head.doubts or group.head.errors
            here = bool(pending and near and near(stay))
        if not here:
            entry.refuse(
                f"{entry.known.code} đang {stay.kind_in_words()} tại {stay.where()}, quan hệ "
                f"{_relation_of(stay)}: dùng Chuyển trong phường, Tách hộ hoặc Đổi chủ hộ nếu "
                "đã thay đổi."
            )
        elif entry.relation and not _same_relation(entry, stay):
            entry.tell(f"Quan hệ trong sổ là {_relation_of(stay)}, không đổi qua nhập tệp.")

    def _start(self, entry: Entry, group: _Group, first: dt.date) -> None:
        """Let a person begin to live in the household of the rows, or say why not."""
        home = group.home
        if home is None:
            entry.refuse("Không rõ hộ: ghi mã hộ, số hộ, hoặc để ngay dưới chủ hộ.")
            return
        if not entry.relation:
            entry.refuse("Quan hệ với chủ hộ: để trống.")
        if group.problem:
            entry.refuse(group.problem)
        elif home.pk is None:
            self._follow_head(entry, group)
        elif entry.relation == Relation.HEAD and home.head:
            entry.refuse(f"Hộ {home.code} đã có chủ hộ là {home.head}.")
        elif entry.relation != Relation.HEAD and not home.head:
            entry.refuse(f"Hộ {home.code} chưa có chủ hộ: ghi chủ hộ trước.")
        if not entry.started_on:
            born = entry.birth or (entry.known.birth_date if entry.known else None)
            day = self.day or home.opened_on or first
            entry.started_on = max(filter(None, (day, home.opened_on, born)))
        check_start(entry, self.run.on)
        if home.pk:
            check_home(entry, home)
        if entry.errors:
            return
        entry.host = home
        if entry.relation == Relation.HEAD:
            home.head = entry.name or entry.known.full_name
        if entry.known:
            where = f"hộ {home.code or 'mới'} ({home.address})"
            told = f"Thường trú từ {text.format_date(entry.started_on)}, {where}"
            entry.change("Cư trú", "Không ở phường", told)

    def _follow_head(self, entry: Entry, group: _Group) -> None:
        """Members of a new household are new with its head or not at all."""
        head = group.head
        if entry is head:
            return
        if head.errors:
            entry.refuse(f"Chủ hộ ở dòng {head.number} không nhận được: sửa dòng đó trước.")
        elif head.doubts and self.run.final:
            entry.refuse(f"Chủ hộ ở dòng {head.number} chưa được quyết định.")
        elif head.doubts:
            entry.tell(
                f"Chủ hộ ở dòng {head.number} nghi trùng: quyết định dòng đó thì dòng này mới "
                "được nhập."
            )


HOUSEHOLD = ("household_code", "household_number", "head_name", "address", "neighbourhood")


def check_code(entry: Entry) -> None:
    """Refuse a code that is none of ours; ours may have lost zeros."""
    if PERSON_CODE.fullmatch(entry.code):
        entry.code = f"NK-{int(entry.code[3:]):06}"
    elif entry.code and not entry.errors:
        entry.refuse(
            f"“{entry.code}” không phải mã của sổ này (NK-000123): bỏ chọn cột Mã nếu tệp dùng mã "
            "khác."
        )


def _number_key(number: str, area: str | None, before: tuple) -> tuple:
    """Return what makes a household number unique: many lists begin with 1 in every
    neighbourhood. A row that leaves the neighbourhood out goes on with the row before."""
    number = text.fold(number)
    if not area and before[0] == number:
        return before
    return number, text.fold(area or "")


def _home_of(stay: Stay, head: str) -> Home:
    return Home(
        stay.household_id, stay.household_code, stay.area, stay.address, stay.opened_on, head=head
    )


def _same_relation(entry: Entry, stay: Stay) -> bool:
    return entry.relation == stay.relation and (
        entry.relation != Relation.OTHER
        or text.fold(entry.relation_note) == text.fold(stay.relation_note)
    )


def _relation_of(stay: Stay) -> str:
    return stay.relation_note or Relation(stay.relation).label
