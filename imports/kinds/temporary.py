"""Người tạm trú: one row a person, such as a company's list of its workers.

Where they stay is a household, a lodging or, where only that is known, their employer. Who stays
there already is the same; a longer term is an act of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from businesses.models import Business
from households.models import Household, Residence, ResidenceRule
from households.services.ledger import lock_ledger, years_later
from imports.kinds.base import Column, Line, Option, Planned, Run
from imports.kinds.people import (
    BIRTH,
    BIRTH_FEMALE,
    BIRTH_MALE,
    CODE,
    IDENTITY,
    NAME,
    NOTE,
    OLD_ID,
    PHONE,
    SEX,
    born_by_sex,
    check_code,
    shown_day,
    shown_relation,
)
from imports.kinds.persons import (
    TEMPORARY,
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
PLACE_CODE = re.compile(r"(H-[0-9]{1,6})(?:[ ·,:;-].*)?")
PLACES = ("household_code", "lodging", "employer", "place", "neighbourhood")


class TemporaryKind(PersonsKind):
    key = "temporary"
    label = "Người tạm trú"
    hint = "Mỗi dòng một người: danh sách công nhân của một công ty, người ở một khu trọ."
    columns = (
        CODE,
        NAME,
        BIRTH,
        BIRTH_MALE,
        BIRTH_FEMALE,
        SEX,
        IDENTITY,
        OLD_ID,
        PHONE,
        Column(
            "household_code",
            "Mã hộ",
            read.read_code,
            ("Hộ", "Household code"),
            hint="Mã của sổ này (H-00012), nếu ở trong một hộ.",
        ),
        Column(
            "lodging",
            "Cơ sở lưu trú",
            read.read_text,
            ("Nhà trọ", "Khu trọ", "Tên nhà trọ", "Nhà nghỉ", "Lodging"),
            example="Nhà trọ Mẫu",
            hint="Mã hoặc tên cơ sở trong sổ.",
            width=24,
        ),
        Column(
            "place",
            "Nơi ở",
            read.read_address,
            ("Địa chỉ", "Địa chỉ tạm trú", "Nơi tạm trú", "Chỗ ở", "Nơi ở hiện tại", "Address"),
            hint="Địa chỉ của một hộ, hoặc mã, tên của hộ hay cơ sở.",
            width=30,
        ),
        Column(
            "neighbourhood",
            "Tổ dân phố",
            read.read_text,
            ("Tổ", "TDP", "Khu phố", "Khối phố", "Neighbourhood"),
            hint="Cần khi hai tổ có cùng địa chỉ.",
        ),
        Column(
            "employer",
            "Nơi làm việc",
            read.read_text,
            (
                "Công ty",
                "Tên công ty",
                "Đơn vị",
                "Đơn vị làm việc",
                "Cơ quan",
                "Employer",
                "Company",
            ),
            example="Công ty Mẫu",
            hint="Mã hoặc tên cơ sở trong sổ.",
            width=24,
        ),
        Column(
            "relation",
            "Quan hệ với chủ hộ",
            read.read_relation,
            ("Quan hệ", "Mối quan hệ", "Mối quan hệ với chủ hộ", "Relation"),
            hint="Để trống: ở thuê, ở nhờ.",
            width=18,
            shown=shown_relation,
        ),
        Column(
            "started_on",
            "Từ ngày",
            read.read_day,
            (
                "Tạm trú từ",
                "Tạm trú từ ngày",
                "Ngày đăng ký",
                "Ngày đăng ký tạm trú",
                "Ngày đến",
                "Ngày bắt đầu",
                "Ngày bắt đầu tạm trú",
                "From",
            ),
            example="01/10/2026",
            shown=shown_day,
        ),
        Column(
            "expires_on",
            "Thời hạn",
            read.read_day,
            (
                "Đến ngày",
                "Thời hạn đến",
                "Thời hạn tạm trú",
                "Hạn tạm trú",
                "Tạm trú đến",
                "Tạm trú đến ngày",
                "Ngày hết hạn",
                "Until",
            ),
            example="01/10/2027",
            hint="Tối đa 2 năm.",
            shown=shown_day,
        ),
        NOTE,
    )
    options = (
        Option("employer", "Nơi làm việc", "record", "businesses.Business"),
        Option("lodging", "Cơ sở lưu trú", "record", "businesses.Business"),
        Option("started_on", "Từ ngày", "day", hint="Cho dòng để trống."),
        Option("expires_on", "Thời hạn", "day", hint="Cho dòng để trống."),
    )
    examples = (
        {
            "full_name": "Phạm Thị Minh Hoạ",
            "birth": "12/04/1999",
            "sex": "Nữ",
            "identity": "099199000003",
            "phone": "0100000003",
            "lodging": "Nhà trọ Mẫu",
            "employer": "Công ty Mẫu",
            "started_on": "01/10/2026",
            "expires_on": "01/10/2027",
        },
    )

    def missing(self, keys):
        """Births by sex stand for the birth."""
        found = super().missing(keys)
        return [one for one in found if one is not BIRTH] if born_by_sex(keys) else found

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        if run.final:
            lock_ledger()
        return _Sheet(self, lines, run).planned()

    def stay(self, entry):
        host = entry.host
        return Residence(
            resident_id=entry.known and entry.known.pk,
            kind=TEMPORARY,
            household_id=host.home and host.home.pk,
            lodging_id=host.lodging and host.lodging.pk,
            employer_id=host.employer and host.employer.pk,
            neighbourhood_id=host.area,
            relation=entry.relation,
            relation_note=entry.relation_note,
            started_on=entry.started_on,
            expires_on=entry.expires_on,
            start_reason=Residence.Start.REGISTRATION,
        )


@dataclass(slots=True)
class _Business:
    pk: int
    code: str
    name: str
    area: int
    state: str


@dataclass(slots=True)
class _Host:
    """Where a row says a person stays and works."""

    home: Home | None = None
    lodging: _Business | None = None
    employer: _Business | None = None

    @property
    def first(self) -> Home | _Business | None:
        return self.home or self.lodging or self.employer

    @property
    def area(self) -> int:
        return self.first.area

    @property
    def key(self) -> tuple:
        return (type(self.first).__name__, self.first.pk) if self.first else ()

    @property
    def address(self) -> str:
        return self.home.address if self.home else ""

    def words(self) -> str:
        return f"hộ {self.home.code} ({self.home.address})" if self.home else self.first.name

    def holds(self, stay: Stay) -> bool:
        """Tell whether a stay of the register is here."""
        if self.home:
            return stay.household_id == self.home.pk
        if self.lodging:
            return stay.lodging_id == self.lodging.pk
        return bool(self.employer) and stay.employer_id == self.employer.pk


class _Sheet:
    """A workbook's rows, judged some thousand at a time."""

    def __init__(self, kind: TemporaryKind, lines: Sequence[Line], run: Run):
        self.kind, self.lines, self.run = kind, lines, run
        self.places = [kind.places[name] for name in PLACES]
        self.days = {name: day_of(run.options.get(name)) for name in ("started_on", "expires_on")}
        self.rules = ResidenceRule.objects.book()
        self.areas = Areas(Neighbourhood.objects.values_list("pk", "code", "name"))
        self.by_address = None  # of the households, read once a row needs it
        self.numbers, self.seen, self.claimed = Rows(), Rows(), Rows()
        rows = Business.objects.values_list("pk", "code", "name", "neighbourhood_id", "state")
        self.businesses = {values[0]: _Business(*values) for values in rows}
        self.by_name = {}
        for one in self.businesses.values():
            for key in (text.fold(one.code), text.fold(one.name)):
                self.by_name.setdefault(key, []).append(one)
        self.homes = {}

    def planned(self) -> Iterator[Planned]:
        for start in range(0, len(self.lines), WINDOW):
            window = self.lines[start : start + WINDOW]
            entries = [self.kind.entry(line, self.run.on) for line in window]
            for entry in entries:
                check_code(entry)
            self._read_homes(window)
            hosts = [
                _Host() if entry.errors else self._host_of(entry, line)
                for entry, line in zip(entries, window, strict=True)
            ]
            for entry, host in zip(entries, hosts, strict=True):
                refuse_number(entry, self.numbers)
                refuse_namesake(entry, self.seen, host.key)
            register = Register(entries)
            for entry, host in zip(entries, hosts, strict=True):
                if not entry.errors:
                    self._judge(entry, host, register)
                yield outcome_of(entry)
            self.run.progress(start + len(window))

    # --- where ---
    def _read_homes(self, window) -> None:
        codes = set()
        for line in window:
            code, _, _, place, _ = (line.values[at] for at in self.places)
            codes |= {_home_code(code), _home_code(place)}
            if place and not _home_code(place):
                codes |= {code for code, _ in self._homes_at(place)}
        # Read once: who became the head of a household in this workbook is its head from then on.
        self.homes |= homes_by_code(codes - {"", *self.homes})

    def _host_of(self, entry: Entry, line: Line) -> _Host:
        code, lodging, employer, place, area = (line.values[at] for at in self.places)
        host = _Host()
        if code:
            host.home = self.homes.get(_home_code(code))
            if host.home is None:
                entry.refuse(f"Sổ không có hộ mã {code}.")
        host.lodging = self._business(entry, "Cơ sở lưu trú", lodging, "lodging")
        host.employer = self._business(entry, "Nơi làm việc", employer, "employer")
        if place and not entry.errors and not (host.home or lodging):
            self._place(entry, host, place, area)
        if host.first is None and not entry.errors:
            entry.refuse("Thiếu nơi ở: ghi mã hộ, cơ sở lưu trú, địa chỉ hoặc nơi làm việc.")
        return host

    def _business(self, entry, label: str, words: str | None, option: str) -> _Business | None:
        """Return the business that a cell means, or the whole workbook's where it is empty."""
        if not words:
            return self.businesses.get(self.run.options.get(option))
        found = self.by_name.get(text.fold(words), ())
        if len(found) == 1:
            return found[0]
        if found:
            codes = ", ".join(one.code for one in found)
            entry.refuse(f"{label}: có {len(found)} cơ sở tên “{words}” ({codes}): ghi mã.")
        else:
            entry.refuse(f"{label}: sổ không có cơ sở “{words}”.")
        return None

    def _place(self, entry, host: _Host, place: str, area: str | None) -> None:
        """Find what a free text means: a household by code, a business, or an address."""
        if code := _home_code(place):
            host.home = self.homes.get(code)
            if host.home is None:
                entry.refuse(f"Sổ không có hộ mã {code}.")
        elif found := self.by_name.get(text.fold(place)):
            if host.employer not in found:
                host.lodging = self._business(entry, "Nơi ở", place, "")
        else:
            self._find_address(entry, host, place, area)

    def _find_address(self, entry, host: _Host, place: str, area: str | None) -> None:
        area_key = self.areas.find(area) if area else None
        if area and area_key is None:
            entry.refuse(f"Không có tổ dân phố “{area}”.")
            return
        found = [one for one in self._homes_at(place) if area_key in (None, one[1])]
        if not found and not host.lodging and not host.employer:
            entry.refuse(f"Không có hộ nào ở “{place}”: lập hộ trước, hoặc ghi cơ sở lưu trú.")
        elif not found:
            entry.tell(f"Không có hộ nào ở “{place}”: ghi theo {host.words()}.")
        elif len(found) > 1:
            codes = ", ".join(code for code, _ in found[:5])
            entry.refuse(f"Có {len(found)} hộ ở “{place}” ({codes}): ghi mã hộ.")
        else:
            host.home = self.homes[found[0][0]]

    def _homes_at(self, place: str) -> list[tuple[str, int]]:
        """Return code and neighbourhood of the households at an address."""
        if self.by_address is None:
            self.by_address = {}
            rows = Household.objects.active().order_by("code")
            for code, address, area in rows.values_list("code", "address", "neighbourhood_id"):
                self.by_address.setdefault(address_key(address), []).append((code, area))
        return self.by_address.get(address_key(place), [])

    # --- who ---
    def _judge(self, entry: Entry, host: _Host, register: Register) -> None:
        entry.relation = entry.relation or Relation.TENANT
        for name, day in self.days.items():
            if getattr(entry, name) is None:
                setattr(entry, name, day)
        identify(entry, register, host.holds, host.address)
        if entry.known:
            twice = self.claimed.repeats(entry.known.pk, entry.number)
            if twice:
                entry.refuse(f"Trùng dòng {twice}: cùng là {entry.known.code}.")
            compare_fields(entry, self.run.on)
        if entry.doubts or entry.errors:
            return
        stay = entry.known.now if entry.known else None
        if stay:
            self._compare_stay(entry, stay, host)
        else:
            if entry.known is None:
                check_new(entry)
            self._start(entry, host)

    def _compare_stay(self, entry, stay: Stay, host: _Host) -> None:
        known = entry.known
        if stay.kind != TEMPORARY:
            entry.refuse(f"{known.code} đang thường trú tại {stay.where()}: không ghi tạm trú.")
        elif not host.holds(stay):
            entry.refuse(
                f"{known.code} đang tạm trú tại {stay.where()}: dùng Chuyển trong phường, hoặc "
                "kết thúc tạm trú đó trước."
            )
        elif entry.expires_on and entry.expires_on != stay.expires_on:
            day = text.format_date(stay.expires_on)
            entry.refuse(f"{known.code} đang tạm trú ở đây đến {day}: dùng Gia hạn nếu đã gia hạn.")
        elif host.employer and host.employer.pk != stay.employer_id:
            entry.tell(f"Nơi làm việc trong sổ là {stay.employer or 'trống'}, không đổi.")

    def _start(self, entry: Entry, host: _Host) -> None:
        """Let a stay begin, or say why not."""
        if not entry.started_on:
            entry.refuse("Từ ngày: để trống.")
        if not entry.expires_on:
            entry.refuse("Thời hạn: để trống.")
        if entry.errors:
            return
        self._check_term(entry)
        check_start(entry, self.run.on)
        for business in (host.lodging, host.employer):
            if business and business.state == Business.State.CLOSED:
                entry.refuse(f"{business.name} ({business.code}) đã đóng cửa.")
        is_head = entry.relation == Relation.HEAD
        if host.home:
            check_home(entry, host.home)
            if is_head and host.home.head:
                entry.refuse(f"Hộ {host.home.code} đã có chủ hộ là {host.home.head}.")
        if entry.errors:
            return
        entry.host = host
        if is_head and host.home:
            host.home.head = entry.name or entry.known.full_name
        if entry.known:
            term = f"đến {text.format_date(entry.expires_on)}"
            told = f"Tạm trú từ {text.format_date(entry.started_on)} {term}, {host.words()}"
            entry.change("Cư trú", "Không ở phường", told)

    def _check_term(self, entry: Entry) -> None:
        years = self.rules.number(ResidenceRule.Key.TERM_YEARS, entry.started_on)
        last = years_later(entry.started_on, years)
        if entry.expires_on <= entry.started_on:
            entry.refuse("Thời hạn phải sau ngày bắt đầu.")
        elif entry.expires_on > last:
            entry.refuse(
                f"Tạm trú tối đa {years} năm (Luật Cư trú Điều 27): "
                f"muộn nhất {text.format_date(last)}."
            )
        elif entry.expires_on < self.run.on:
            entry.tell("Đã quá hạn tạm trú.")


def _home_code(words: str | None) -> str:
    """Return the code of a household that a text begins with, "" if none."""
    match = PLACE_CODE.fullmatch((words or "").upper())
    return f"H-{int(match[1][2:]):05}" if match else ""
