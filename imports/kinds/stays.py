"""Khách lưu trú: one row a guest of a lodging or a household, as its notice says.

A guest is known by the code here, else by name and birth at the same place on the same day. What a
workbook leaves out is taken as `households.forms.stays` proposes it; the hour of arrival, noon.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone

from businesses.models import Business
from households.forms.stays import is_paper_number
from households.models import Household, ResidenceRule, StayNotice
from imports.kinds.base import Cell, CellError, Column, Kind, Line, Option, Outcome, Planned, Run
from imports.kinds.people import shown_birth, shown_day
from imports.kinds.persons import MOST, SKIPPED, Rows, day_of, in_parts
from imports.kinds.wording import at_most, birth_says_anew, other_accents, says_anew
from imports.reading import values as read
from kylien.core import text
from kylien.core.periods import TZ

Channel = StayNotice.Channel
CODE = re.compile(r"LT-[0-9]{1,9}")
HOST_CODE = re.compile(r"(CS|H)-([0-9]{1,6})(?![0-9])")
NOON = dt.time(12)
REASONS = {Business: "Lưu trú", Household: "Thăm người thân"}  # where the workbook tells none

CHANNELS = {
    **{label: value for value, label in Channel.choices},
    "Tại trụ sở": Channel.IN_PERSON,
    "Gọi điện": Channel.PHONE,
    "VNeID": Channel.ONLINE,
    "Cổng dịch vụ công": Channel.ONLINE,
    "Trực tuyến": Channel.ONLINE,
    "Phần mềm": Channel.ONLINE,
    "Online": Channel.ONLINE,
}

# 14:30, 14:30:05, 14h30, 14 giờ, lúc 14 giờ 30 phút.
_HOUR = re.compile(
    r"(?:(?:vào )?lúc |hồi )?([0-9]{1,2}) ?(?::|h|giờ|g) ?([0-9]{2})?"
    r"(?: ?phút|p|:[0-9]{2}(?:\.[0-9]+)?)?",
    re.IGNORECASE,
)


def read_moment(cell: Cell, warn) -> str | None:
    """Return a day, with the hour where the cell has one: `2026-10-01` or `2026-10-01T14:30`."""
    if isinstance(cell, dt.datetime):
        day, hour = read.read_day(cell.date(), warn), cell.time()
        return day and (f"{day}T{hour:%H:%M}" if hour != dt.time() else day)
    if isinstance(cell, float) and not cell.is_integer():
        day, minutes = read.read_day(int(cell), warn), round(cell % 1 * 24 * 60) % (24 * 60)
        return day and f"{day}T{minutes // 60:02}:{minutes % 60:02}"
    if not isinstance(cell, str):
        return read.read_day(cell, warn)
    words = text.clean(cell)
    match = _HOUR.search(words)
    if not match:
        return read.read_day(words, warn)
    day = read.read_day((words[: match.start()] + words[match.end() :]).strip(" ,;-T"), warn)
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > 23 or minute > 59:
        raise CellError(f"“{words}”: giờ không hợp lệ.")
    return day and f"{day}T{hour:02}:{minute:02}"


def read_paper(cell: Cell, warn) -> str | None:
    """Return the number of a guest's paper: a citizen's, an old one, or a passport's."""
    if isinstance(cell, str) and any(map(str.isalpha, cell)):
        words = read.read_text(cell, warn)
        number = words and text.clean_id(words).upper()
        if number and "*" in number:
            return read.read_identity(words, warn)  # an export has masked it
        if number and not is_paper_number(number):
            raise CellError(f"“{words}” không phải số định danh hay hộ chiếu.")
        return number
    digits = text.clean_id(str(cell)) if isinstance(cell, str | int) else ""
    if is_paper_number(digits) and len(digits) < 9:
        return read.read_text(digits, warn)
    return read.read_identity(cell, warn)


def shown_moment(value: str) -> str:
    day, _, hour = value.partition("T")
    return f"{shown_day(day)} {hour}".strip()


class StaysKind(Kind):
    key = "stays"
    label = "Khách lưu trú"
    hint = "Mỗi dòng một khách của nhà nghỉ, khách sạn hoặc của một hộ, với ngày đến và ngày đi."
    columns = (
        Column(
            "code",
            "Mã",
            read.read_code,
            ("Mã lưu trú", "Code"),
            hint="Mã của sổ này (LT-000123), khi nhập lại danh sách đã xuất.",
            width=12,
        ),
        Column(
            "guest_name",
            "Họ và tên khách",
            at_most(100, read.read_name),
            (
                "Khách",
                "Tên khách",
                "Họ tên khách",
                "Họ tên khách lưu trú",
                "Họ và tên",
                "Họ tên",
                "Người lưu trú",
                "Tên",
                "Guest",
                "Guest name",
                "Full name",
                "Name",
            ),
            required=True,
            example="Nguyễn Văn Mẫu",
            width=26,
        ),
        Column(
            "birth",
            "Ngày sinh",
            read.read_birth,
            ("Năm sinh", "Ngày tháng năm sinh", "NTNS", "Date of birth", "DOB"),
            required=True,
            example="05/09/1990",
            hint="Chỉ biết năm thì ghi năm.",
            shown=shown_birth,
        ),
        Column(
            "id_number",
            "Số giấy tờ",
            read_paper,
            (
                "Số định danh, hộ chiếu",
                "CCCD/Hộ chiếu",
                "CCCD, hộ chiếu",
                "Số CCCD/Hộ chiếu",
                "Số CCCD",
                "CCCD",
                "CMND/CCCD",
                "CCCD/CMND",
                "CMND",
                "Số CMND",
                "Căn cước",
                "Số căn cước",
                "Số định danh",
                "Hộ chiếu",
                "Số hộ chiếu",
                "Passport",
                "Passport number",
                "ID number",
            ),
            example="099090000001",
            secret=True,
        ),
        Column(
            "host",
            "Nơi lưu trú",
            read.read_text,
            (
                "Cơ sở lưu trú",
                "Tên cơ sở",
                "Tên cơ sở lưu trú",
                "Mã cơ sở",
                "Nhà nghỉ",
                "Khách sạn",
                "Mã hộ",
                "Lodging",
                "Hotel",
            ),
            example="CS-00012",
            hint="Mã hoặc tên cơ sở, hoặc mã hộ; để trống nếu chọn chung cho cả tệp.",
            width=24,
        ),
        Column(
            "arrived_at",
            "Đến lúc",
            read_moment,
            (
                "Ngày đến",
                "Đến ngày",
                "Giờ đến",
                "Thời gian đến",
                "Thời điểm đến",
                "Từ ngày",
                "Ngày vào",
                "Ngày nhận phòng",
                "Lưu trú từ",
                "Lưu trú từ ngày",
                "Check in",
                "Check-in",
                "Arrival",
                "Arrived at",
            ),
            required=True,
            example="01/10/2026 14:30",
            hint="Ngày, kèm giờ nếu có; không ghi giờ thì lấy 12:00.",
            width=18,
            shown=shown_moment,
        ),
        Column(
            "leaves_on",
            "Đi ngày",
            read.read_day,
            (
                "Ngày đi",
                "Ngày ra",
                "Ngày trả phòng",
                "Đến hết ngày",
                "Dự kiến đi",
                "Dự kiến đi ngày",
                "Lưu trú đến",
                "Lưu trú đến ngày",
                "Check out",
                "Check-out",
                "Departure",
                "Leaves on",
            ),
            example="02/10/2026",
            hint="Để trống: hôm sau ngày đến.",
            shown=shown_day,
        ),
        Column(
            "reason",
            "Lý do lưu trú",
            at_most(100, read.read_text),
            ("Lý do", "Mục đích", "Mục đích lưu trú", "Reason", "Purpose"),
            example="Du lịch",
            width=20,
        ),
        Column(
            "channel",
            "Hình thức",
            read.read_choice(CHANNELS),
            ("Hình thức thông báo", "Hình thức báo", "Channel"),
            hint="Trực tiếp, Điện thoại, hoặc VNeID, cổng dịch vụ công.",
            shown=lambda value: Channel(value).label,
        ),
        Column(
            "notified_at",
            "Báo lúc",
            read_moment,
            ("Thông báo lúc", "Ngày báo", "Ngày thông báo", "Thời điểm thông báo", "Notified at"),
            hint="Để trống: lúc khách đến, tức báo đúng hạn.",
            width=18,
            shown=shown_moment,
        ),
    )
    options = (
        Option(
            "lodging",
            "Cơ sở lưu trú",
            "record",
            model="businesses.Business",
            hint="Cho dòng để trống nơi lưu trú.",
        ),
    )
    examples = (
        {
            "guest_name": "Nguyễn Văn Mẫu",
            "birth": "05/09/1990",
            "id_number": "099090000001",
            "host": "Nhà trọ Mẫu",
            "arrived_at": "01/10/2026 14:30",
            "leaves_on": "03/10/2026",
            "reason": "Du lịch",
        },
        {
            "guest_name": "Jane Sample",
            "birth": "1985",
            "id_number": "X0000001",
            "host": "Nhà trọ Mẫu",
            "arrived_at": "01/10/2026",
        },
    )

    def missing(self, keys):
        """A list that was exported names its guests by code."""
        return [] if "code" in keys else super().missing(keys)

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        return _Sheet(self, lines, run).planned()

    def write(self, chosen, journal, run):
        guests = [plan.data for _, plan in chosen]
        new = [guest for guest in guests if guest.known is None]
        notices = [guest.notice(run.user) for guest in new]
        StayNotice.objects.bulk_create(notices)
        for guest, notice in zip(new, notices, strict=True):
            journal.created(guest.number, notice)
        known = [guest for guest in guests if guest.known]
        for part in in_parts(known):
            rows = StayNotice.objects.select_related("household", "lodging")
            found = rows.in_bulk([guest.known.pk for guest in part])
            for guest in part:
                row = found[guest.known.pk]
                told = {name: (getattr(row, name), new) for name, new in guest.anew.items()}
                for name, new in guest.anew.items():
                    setattr(row, name, new)
                row.save()
                journal.changed(guest.number, row, told)
        run.progress(len(guests))


# --- What a sheet says ----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Guest:
    """A row: the guest, where and when he stays, and what becomes of it."""

    line: Line
    code: str = ""
    name: str = ""
    birth: dt.date | None = None
    precision: str = "D"
    paper: str = ""
    host: Business | Household | None = None
    arrived_on: dt.date | None = None
    hour: dt.time | None = None  # of the arrival, where the cell has one
    values: dict = field(default_factory=dict)  # others of the notice
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    known: StayNotice | None = None
    doubts: list[dict] = field(default_factory=list)
    anew: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def identifier(self) -> str:
        if self.known:
            return f"{self.known.code} · {self.known.guest_name}"
        born = f" · {text.format_birth(self.birth, self.precision)}" if self.birth else ""
        return f"{self.name}{born}"

    def person(self):
        return text.fold(self.name), self.birth, self.precision

    def arrived_at(self, now: dt.datetime) -> dt.datetime:
        """Return when the guest came; by day alone at noon, or now if it is not noon yet."""
        moment = dt.datetime.combine(self.arrived_on, self.hour or NOON, TZ)
        return moment if self.hour else min(moment, now)

    def notice(self, user) -> StayNotice:
        return StayNotice(
            guest_name=self.name,
            birth_date=self.birth,
            birth_precision=self.precision,
            id_number=self.paper,
            household=self.host if isinstance(self.host, Household) else None,
            lodging=self.host if isinstance(self.host, Business) else None,
            created_by=user if getattr(user, "is_authenticated", False) else None,
            **self.values,
        )


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(TZ).replace(second=0, microsecond=0)


def _shown(moment: dt.datetime) -> str:
    return f"{_minute(moment):%d/%m/%Y %H:%M}"


class _Sheet:
    """The rows of a workbook beside the notices of the same places and days."""

    def __init__(self, kind: StaysKind, lines: Sequence[Line], run: Run):
        self.kind, self.run, self.now = kind, run, timezone.now()
        self.rules = ResidenceRule.objects.filter(key=ResidenceRule.Key.STAY_DAYS).book()
        hosts = [kind.value(line, "host") for line in lines]
        self._read_hosts(hosts)
        self.above = None
        self.guests = [self._guest(line, words) for line, words in zip(lines, hosts, strict=True)]
        self._read_notices()
        self.first = Rows()

    # --- places ---
    def _read_hosts(self, words) -> None:
        """Read the places that codes and names of the sheet, and its option, may mean."""
        self.by_code, self.by_name = {}, defaultdict(list)
        codes = {self._host_code(one) for one in words if one} - {""}
        for part in in_parts(codes):
            for model in (Business, Household):
                rows = model.objects.filter(code__in=part)
                self.by_code |= {row.code: row for row in rows}
        if any(one and not self._host_code(one) for one in words):
            for row in Business.objects.filter(sector__takes_guests=True).order_by("pk"):
                self.by_name[text.fold(row.name)].append(row)
        key = self.run.options.get("lodging")
        self.default = Business.objects.filter(pk=key).first() if key else None

    @staticmethod
    def _host_code(words) -> str:
        match = HOST_CODE.match(words.upper())
        return f"{match[1]}-{int(match[2]):05}" if match else ""

    def _host(self, words, guest):
        """Return the place of a row: its own, the workbook's, or that of the row above."""
        if not words:
            return self.default or self.above
        code = self._host_code(words)
        if code:
            host = self.by_code.get(code)
            if host is None:
                guest.errors.append(f"Nơi lưu trú: sổ không có {code}.")
            return host
        found = self.by_name.get(text.fold(words), [])
        found = [one for one in found if one.state != Business.State.CLOSED] or found
        if len(found) == 1:
            return found[0]
        said = f"có {len(found)} cơ sở tên" if found else "không có cơ sở lưu trú"
        guest.errors.append(f"Nơi lưu trú: {said} “{words}”, ghi mã cơ sở hoặc mã hộ.")
        return None

    # --- reading rows ---
    def _guest(self, line: Line, host: str | None) -> _Guest:
        get = {key: line.values[place] for key, place in self.kind.places.items()}
        guest = _Guest(line, get["code"] or "", get["guest_name"] or "", errors=list(line.errors))
        guest.paper = get["id_number"] or ""
        if get["birth"]:
            born, _, guest.precision = get["birth"].partition("/")
            guest.birth = dt.date.fromisoformat(born)
            if guest.birth > self.run.on:
                guest.errors.append("Ngày sinh: không thể sau hôm nay.")
        if guest.code and not CODE.fullmatch(guest.code):
            guest.errors.append(
                f"“{guest.code}” không phải mã của sổ này (LT-000123): bỏ chọn cột Mã nếu tệp "
                "dùng mã khác."
            )
        elif guest.code:
            guest.code = f"LT-{int(guest.code[3:]):06}"
        if get["arrived_at"]:
            day, _, hour = get["arrived_at"].partition("T")
            guest.arrived_on = dt.date.fromisoformat(day)
            guest.hour = dt.time.fromisoformat(hour) if hour else None
        guest.values = {
            name: value
            for name, value in (
                ("leaves_on", day_of(get["leaves_on"])),
                ("reason", get["reason"]),
                ("channel", get["channel"]),
                ("notified_at", self._notified_at(get["notified_at"], guest)),
            )
            if value
        }
        if not guest.code:
            guest.host = self.above = self._host(host, guest)
        elif host:
            guest.values["host"] = host
        return guest

    def _notified_at(self, words, guest) -> dt.datetime | None:
        if not words:
            return None
        day, _, hour = words.partition("T")
        told_on = dt.date.fromisoformat(day)
        if hour or told_on != guest.arrived_on:
            time = dt.time.fromisoformat(hour) if hour else NOON
            moment = dt.datetime.combine(told_on, time, TZ)
            moment = moment if hour else min(moment, self.now)
        else:
            moment = guest.arrived_at(self.now)
        if told_on > self.run.on or moment > self.now:
            guest.errors.append("Báo lúc: thời điểm này chưa tới.")
        return moment

    # --- the notices there are ---
    def _read_notices(self) -> None:
        """Read the notices that codes name, and those of the same places about the same time."""
        self.notices, self.named = {}, {}
        rows = StayNotice.objects.select_related("household", "lodging").order_by("pk")
        guests = [guest for guest in self.guests if not guest.errors]
        for part in in_parts({guest.code for guest in guests if guest.code}):
            self.named |= {row.code: row for row in rows.filter(code__in=part)}
        placed = [guest for guest in guests if guest.host and guest.arrived_on]
        self.here = defaultdict(list)
        if not placed:
            return
        days = [guest.arrived_on for guest in placed]
        most = dt.timedelta(days=max((rule.value for rule in self.rules.rows), default=30) + 1)
        start = dt.datetime.combine(min(days) - most, dt.time(), TZ)
        end = dt.datetime.combine(max(days) + most, dt.time(), TZ)
        during = rows.filter(arrived_at__gte=start, arrived_at__lt=end)
        for name, model in (("lodging", Business), ("household", Household)):
            keys = {guest.host.pk for guest in placed if isinstance(guest.host, model)}
            for part in in_parts(keys):
                for row in during.filter(**{f"{name}__in": part}):
                    self.here[self._place(row.host())].append(row)

    @staticmethod
    def _place(host):
        return type(host), host.pk

    @cached_property
    def by_person(self):
        """Map a place to its notices by the guest's name and birth, and by his number."""
        found = {}
        for place, rows in self.here.items():
            people, numbers = defaultdict(list), defaultdict(list)
            for row in rows:
                born = row.birth_date, row.birth_precision
                people[text.fold(row.guest_name), *born].append(row)
                if row.id_number:
                    numbers[row.id_number.upper()].append(row)
            found[place] = people, numbers
        return found

    # --- judging ---
    def planned(self) -> Iterator[Planned]:
        for done, guest in enumerate(self.guests, 1):
            if not guest.errors:
                self._judge(guest)
            yield self._outcome(guest)
            if not done % 1000:
                self.run.progress(done)

    def _judge(self, guest: _Guest) -> None:
        if guest.code:
            known, doubts = self._by_code(guest)
        elif guest.host is None:
            guest.errors.append("Nơi lưu trú: để trống; ghi mã cơ sở, hoặc chọn cho cả tệp.")
            return
        else:
            known, doubts = self._alike(guest)
        decision = guest.line.decision
        if doubts and decision == "skip":
            guest.errors.append(SKIPPED)
        elif doubts and decision == "new":
            doubts = []
        elif doubts and decision:
            key = decision.removeprefix("same:")
            known = next((row for row, _ in doubts if str(row.pk) == key), None)
            doubts = [] if known else doubts
        guest.known = known
        guest.doubts = [_candidate(row, why) for row, why in doubts[:MOST]]
        if guest.errors or guest.doubts:
            return
        if known:
            self._compare(guest, known)
        else:
            self._check_new(guest)
        if known is None or "leaves_on" in guest.anew or "arrived_at" in guest.anew:
            self._check_nights(guest)
        if not guest.errors:
            self._refuse_repeated(guest)

    def _by_code(self, guest):
        known = self.named.get(guest.code)
        if known is None:
            guest.errors.append(f"Sổ không có thông báo mã {guest.code}.")
            return None, []
        other_name = guest.name and text.fold(guest.name) != text.fold(known.guest_name)
        if other_name and _other_birth(guest, known):
            guest.host = known.host()  # where he would be a guest of his own
            return None, [(known, f"mã {known.code} là khách khác tên, khác ngày sinh")]
        return known, []

    def _alike(self, guest):
        """Return the notice of the guest's stay, or None and those that may be, with reasons."""
        people, numbers = self.by_person.get(self._place(guest.host), ({}, {}))
        named = people.get(guest.person(), [])
        same_number = numbers.get(guest.paper, []) if guest.paper else []
        doubts = {}
        for row in named:
            if self._day(row) != guest.arrived_on:
                continue
            if guest.paper and row.id_number and row not in same_number:
                doubts[row.pk] = row, "cùng họ tên, ngày sinh, khác số giấy tờ"
            elif row not in same_number and other_accents(guest.name, row.guest_name):
                doubts[row.pk] = row, "tên chỉ khác dấu, cùng ngày sinh"
            else:
                return row, []
        for row in same_number:
            if self._day(row) == guest.arrived_on:
                doubts[row.pk] = row, "cùng số giấy tờ, khác họ tên hoặc ngày sinh"
        for row in [*same_number, *named]:
            apart = guest.paper and row.id_number and row not in same_number
            if not apart and self._day(row) < guest.arrived_on < row.leaves_on:
                until = text.format_date(row.leaves_on)
                doubts[row.pk] = row, f"đang ở đây từ {_shown(row.arrived_at)} đến {until}"
        return None, list(doubts.values())

    @staticmethod
    def _day(row) -> dt.date:
        return row.arrived_at.astimezone(TZ).date()

    def _refuse_repeated(self, guest) -> None:
        """Refuse a row whose stay an earlier one told: of a known notice, or of the same guest."""
        if guest.known:
            key = guest.known.pk
        else:
            day = guest.arrived_on
            key = self._place(guest.host), text.exact(guest.name), guest.birth, guest.paper, day
        twice = self.first.repeats(key, guest.number)
        if twice:
            guest.errors.append(f"Trùng dòng {twice}: cùng khách, cùng nơi, cùng ngày đến.")

    def _compare(self, guest, known) -> None:
        self._compare_person(guest, known)
        if guest.arrived_on:
            self._compare_arrival(guest, known)
        self._compare_host(guest, known)
        for name, label, show in (
            ("leaves_on", "Đi ngày", text.format_date),
            ("reason", "Lý do lưu trú", str),
            ("channel", "Hình thức", lambda value: Channel(value).label),
            ("notified_at", "Báo lúc", _shown),
        ):
            old, new = getattr(known, name), guest.values.get(name)
            if new is None or (show(old) == show(new)):
                continue
            guest.anew[name] = new
            guest.changes.append((label, show(old), show(new)))

    def _compare_person(self, guest, known) -> None:
        if says_anew(known.guest_name, guest.name):
            guest.anew["guest_name"] = guest.name
            guest.changes.append(("Họ và tên khách", known.guest_name, guest.name))
        if _other_birth(guest, known):
            born = guest.birth, guest.precision
            guest.anew |= {"birth_date": guest.birth, "birth_precision": guest.precision}
            guest.changes.append(("Ngày sinh", known.birth(), text.format_birth(*born)))
        if guest.paper and guest.paper != known.id_number.upper():
            guest.anew["id_number"] = guest.paper
            pair = text.mask_id(known.id_number), text.mask_id(guest.paper)
            guest.changes.append(("Số giấy tờ", *pair))

    def _compare_arrival(self, guest, known) -> None:
        if guest.hour is None and guest.arrived_on == self._day(known):
            return
        new = guest.arrived_at(self.now)
        self._check_arrival(guest, new)
        if new != _minute(known.arrived_at):
            guest.anew["arrived_at"] = new
            guest.changes.append(("Đến lúc", _shown(known.arrived_at), _shown(new)))

    def _compare_host(self, guest, known) -> None:
        """Take another place by its code or name; a list that was exported says the same one."""
        words = guest.values.pop("host", None)
        if not words or text.fold(words) == text.fold(str(known.host())):
            return
        host = self._host(words, guest)
        if host is None or self._place(host) == self._place(known.host()):
            return
        self._check_host(guest, host)
        guest.anew["household_id"] = host.pk if isinstance(host, Household) else None
        guest.anew["lodging_id"] = host.pk if isinstance(host, Business) else None
        guest.changes.append(("Nơi lưu trú", str(known.host()), str(host)))

    def _check_new(self, guest) -> None:
        if not guest.name:
            guest.errors.append("Họ và tên khách: để trống.")
        if not guest.birth:
            guest.errors.append("Ngày sinh: để trống.")
        if not guest.arrived_on:
            guest.errors.append("Đến lúc: để trống.")
        self._check_host(guest, guest.host)
        if guest.errors:
            return
        values = guest.values
        values.pop("host", None)
        values["arrived_at"] = guest.arrived_at(self.now)
        self._check_arrival(guest, values["arrived_at"])
        if "leaves_on" not in values:
            values["leaves_on"] = guest.arrived_on + dt.timedelta(days=1)
            guest.notes.append("Đi ngày: để trống, ghi hôm sau ngày đến.")
        values.setdefault("reason", REASONS[type(guest.host)])
        if "notified_at" not in values:
            values["notified_at"] = values["arrived_at"]

    @staticmethod
    def _check_host(guest, host) -> None:
        if isinstance(host, Household):
            if host.dissolved_on:
                guest.errors.append(f"Nơi lưu trú: hộ {host.code} đã xoá.")
        elif host.state == Business.State.CLOSED:
            guest.errors.append(f"Nơi lưu trú: {host.code} {host.name} đã đóng cửa.")

    def _check_arrival(self, guest, moment) -> None:
        if guest.arrived_on > self.run.on or moment > self.now:
            guest.errors.append("Đến lúc: khách chưa đến, ghi khi khách đã đến.")

    def _check_nights(self, guest) -> None:
        """Check the stay's length, as `StayNotice.clean` does."""
        if guest.errors:
            return
        arrived_on = guest.arrived_on or self._day(guest.known)
        leaves_on = guest.values.get("leaves_on") or guest.known.leaves_on
        nights = (leaves_on - arrived_on).days
        if nights < 0:
            guest.errors.append("Đi ngày: không thể trước ngày đến.")
            return
        limit = self.rules.number(ResidenceRule.Key.STAY_DAYS, arrived_on)
        if nights > limit:
            guest.errors.append(
                f"Đi ngày: lưu trú tối đa {limit} đêm, ở lâu hơn thì đăng ký tạm trú."
            )

    @staticmethod
    def _outcome(guest) -> Planned:
        label = guest.identifier
        if guest.errors:
            return Planned(Outcome.REFUSED, label, [*guest.errors, *guest.notes])
        if guest.doubts:
            first = guest.doubts[0]
            said = [f"Có thể là {first['code']}: {first['why']}.", *guest.notes]
            return Planned(Outcome.DOUBTFUL, label, said, candidates=guest.doubts)
        if guest.known is None:
            return Planned(Outcome.NEW, label, guest.notes, data=guest)
        if guest.anew:
            return Planned(Outcome.CHANGED, label, guest.notes, guest.changes, data=guest)
        return Planned(Outcome.SAME, label, guest.notes)


def _other_birth(guest, known) -> bool:
    """Tell whether a row says another birth, or more of it: a list shows the year alone."""
    return bool(guest.birth) and birth_says_anew(
        guest.birth, guest.precision, known.birth_date, known.birth_precision
    )


def _candidate(notice: StayNotice, why: str) -> dict:
    until = text.format_date(notice.leaves_on)
    return {
        "pk": notice.pk,
        "code": notice.code,
        "label": notice.guest_name,
        "detail": f"{notice.birth()} · {_shown(notice.arrived_at)} đến {until}",
        "why": why,
    }
