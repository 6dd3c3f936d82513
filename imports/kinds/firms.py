"""Businesses of a workbook: its rows put together, found in the register, judged by its rules."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.db.models import Max, Min

from businesses.models import (
    Business,
    Certificate,
    FireGroup,
    Inspection,
    PaperKind,
    PaperRule,
    Sector,
    StateChange,
)
from businesses.services import issuing_rule
from households.matching import address_key
from imports.kinds.base import Kind, Line, Outcome, Planned, Run
from imports.kinds.persons import MOST, SKIPPED, Areas, day_of, in_parts
from imports.kinds.wording import Wordings, says_anew
from kylien.areas.models import Neighbourhood, Ward
from kylien.core import text

State = Business.State
CODE = re.compile(r"CS-[0-9]{1,6}")
REASON = "Theo danh sách nhập từ tệp"  # of a state whose reason the workbook leaves out

SECTOR_WORDS = {
    "karaoke": ("quán karaoke", "hát karaoke", "phòng hát karaoke"),
    "pawnshop": ("tiệm cầm đồ", "hiệu cầm đồ", "cầm cố", "cầm đồ, cho vay", "pawnshop"),
    "lodging": (
        "cơ sở lưu trú",
        "lưu trú du lịch",
        "nhà nghỉ",
        "khách sạn",
        "nhà nghỉ, khách sạn",
        "khách sạn, nhà nghỉ",
        "homestay",
        "hotel",
    ),
    "massage": ("massage", "mát xa", "xoa bóp, bấm huyệt", "tẩm quất"),
    "printing": ("in ấn", "hoạt động in", "cơ sở in", "nhà in"),
    "lpg": ("gas", "ga", "khí gas", "LPG", "khí", "khí dầu mỏ hoá lỏng", "khí hóa lỏng", "bán gas"),
    "eating": (
        "nhà hàng",
        "quán ăn",
        "nhà hàng, quán ăn",
        "ăn uống, giải khát",
        "giải khát",
        "quán cà phê",
        "cà phê",
        "quán nhậu",
    ),
    "company": ("công ty", "doanh nghiệp", "công ty TNHH", "công ty cổ phần", "company"),
    "project": ("công trình", "công trường", "project"),
    "other": ("ngành khác", "ngành nghề khác", "loại khác", "other"),
}
PAPER_WORDS = {
    "security": (
        "ANTT",
        "GCN ANTT",
        "an ninh trật tự",
        "an ninh, trật tự",
        "giấy ANTT",
        "đủ điều kiện ANTT",
        "GCN đủ điều kiện về ANTT",
        "giấy chứng nhận ANTT",
        "giấy chứng nhận đủ điều kiện ANTT",
        "giấy chứng nhận đủ điều kiện về ANTT",
        "giấy chứng nhận đủ điều kiện về an ninh, trật tự",
    ),
    "fire": (
        "PCCC",
        "nghiệm thu PCCC",
        "thẩm duyệt PCCC",
        "giấy PCCC",
        "văn bản nghiệm thu PCCC",
        "giấy chứng nhận PCCC",
        "phòng cháy chữa cháy",
        "phòng cháy, chữa cháy",
    ),
    "trade": ("giấy phép", "GPKD", "giấy phép kinh doanh", "giấy phép con"),
    "registration": (
        "ĐKKD",
        "GCN ĐKKD",
        "đăng ký hộ kinh doanh",
        "đăng ký doanh nghiệp",
        "giấy chứng nhận đăng ký kinh doanh",
        "giấy chứng nhận đăng ký hộ kinh doanh",
        "giấy chứng nhận đăng ký doanh nghiệp",
        "mã số thuế",
        "MST",
    ),
    "other": ("khác", "giấy khác"),
}


@dataclass(slots=True)
class _Paper:
    """A paper as a row tells it; `kind` is the code of its `PaperKind`."""

    kind: str
    number: str
    issuer: str
    issued_on: dt.date | None
    expires_on: dt.date | None
    reason: str
    by_ward: bool = False

    def key(self):
        return self.kind, _number(self.number)

    def issue(self):
        return text.fold(self.issuer), _number(self.number)


def _number(words: str) -> str:
    """Return a paper's number as numbers are compared: without case, accents and blanks."""
    return text.fold(words).replace(" ", "")


@dataclass(slots=True, eq=False)
class _Row:
    """A line: the values of its business, its paper, and what becomes of it."""

    line: Line
    values: dict  # of the business, by attribute; what the cells leave out is left out
    code: str = ""
    carried: bool = False  # names no business: goes on with the one above
    asked_state: tuple | None = None  # (state, day, reason)
    registration: str = ""
    paper: _Paper | None = None
    held: "_Held | None" = None
    mended: dict = field(default_factory=dict)  # of the held paper
    changes: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    firm: "_Firm | None" = None
    is_new_paper: bool = False

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def founds(self) -> bool:
        """Tell whether the row writes a business that is new."""
        return self is self.firm.lead and self.firm.known is None


@dataclass(slots=True, eq=False)
class _Firm:
    """A business of the sheet: its rows, which of the portal's it is, and what changes of it."""

    rows: list[_Row]
    values: dict = field(default_factory=dict)
    lead: _Row | None = None  # the first good row that names it
    known: Business | None = None
    pk: int | None = None
    doubts: list[dict] = field(default_factory=list)
    anew: dict = field(default_factory=dict)  # of the business that is known
    changes: list = field(default_factory=list)
    change: dict = field(default_factory=dict)  # the change of state to write
    asked_state: tuple | None = None

    def label(self) -> str:
        if self.known:
            return f"{self.known.code} · {self.known.name}"
        first = self.lead or self.rows[0]
        return first.values.get("name") or first.code


@dataclass(slots=True)
class _Held:
    """A paper of the portal's."""

    pk: int
    business_id: int
    kind_id: str
    number: str
    issuer: str
    issued_on: dt.date
    expires_on: dt.date | None
    revoked_on: dt.date | None
    by_ward: bool


_HELD = (
    "pk",
    "business_id",
    "kind_id",
    "number",
    "issuer",
    "issued_on",
    "expires_on",
    "revoked_on",
    "by_ward",
)
PLAIN = (
    "responsible_name",
    "phone",
    "rooms",
    "area_m2",
    "staff_count",
    "security_unit",
    "note",
)
LABELS = {
    "name": "Tên cơ sở",
    "sector_id": "Ngành nghề",
    "address": "Địa chỉ",
    "neighbourhood_id": "Tổ dân phố",
    "responsible_name": "Người phụ trách",
    "phone": "Điện thoại",
    "opened_on": "Ngày hoạt động",
    "rooms": "Số phòng",
    "area_m2": "Diện tích (m²)",
    "staff_count": "Số nhân viên",
    "fire_group_id": "Nhóm cơ sở PCCC",
    "security_unit": "Lực lượng bảo vệ",
    "note": "Ghi chú",
}
NEEDED = ("name", "sector_id", "address", "neighbourhood_id")
# What ties a business to its neighbourhood, as `Business.clean` has it.
TIES = (
    "lodged_residences",
    "employed_residences",
    "stay_notices",
    "incidents",
    "inspections",
    "sanctions",
)
# Words of names that many businesses share; what is left is compared.
_COMMON = (
    "co so cua hang quan nha nghi khach san karaoke cong ty tnhh cp phan mtv mot thanh vien doanh "
    "nghiep tu nhan tiem dich vu kinh doanh ho cam do massage"
)
COMMON = frozenset(_COMMON.split())
ALIKE = 0.8


def _alike(one: str, other: str) -> bool:
    """Tell whether two names may be one: the words that are their own, or nearly their letters."""
    words, others = (
        [word for word in text.fold(name).split() if word not in COMMON] for name in (one, other)
    )
    if not words or not others or set(words) <= set(others) or set(others) <= set(words):
        return True
    return SequenceMatcher(None, " ".join(words), " ".join(others)).ratio() >= ALIKE


def _differs(name: str, old, new) -> bool:
    """Tell whether a new value of a business is another one, and not only spelled otherwise."""
    if name == "address":
        return address_key(old) != address_key(new)
    if isinstance(new, str) and name != "phone":
        return says_anew(old, new)
    return old != new


class Sheet:
    """The rows of a workbook by business, beside what the portal knows."""

    def __init__(self, kind: Kind, lines: Sequence[Line], run: Run):
        self.kind, self.run = kind, run
        areas = list(Neighbourhood.objects.values_list("pk", "code", "name"))
        self.areas = Areas(areas)
        sectors = list(Sector.objects.prefetch_related("paper_rules"))
        self.sectors = {sector.pk: sector for sector in sectors}
        self.sector_words = Wordings(
            ((sector.pk, sector.code, sector.name) for sector in sectors),
            SECTOR_WORDS,
            ("kinh doanh dich vu ", "kinh doanh ", "dich vu ", "nganh "),
        )
        kinds = list(PaperKind.objects.values_list("code", "name"))
        self.paper_words = Wordings(((code, code, name) for code, name in kinds), PAPER_WORDS)
        self.kinds = dict(kinds)
        groups = list(FireGroup.objects.in_force(run.on).values_list("pk", "name"))
        self.fire_words = Wordings((pk, name, name) for pk, name in groups)
        self.shown = {
            "sector_id": {sector.pk: sector.name for sector in sectors},
            "neighbourhood_id": {pk: name for pk, _, name in areas},
            "fire_group_id": dict(FireGroup.objects.values_list("pk", "name")),
        }
        self.wards = list(Ward.objects.order_by("-valid_from"))
        self.rules = defaultdict(list)
        for rule in PaperRule.objects.all():
            self.rules[rule.kind_id].append(rule)
        self._read_register()
        self.rows = [self._row(line) for line in lines]
        self.firms = self._firms()
        self.claimed, self.told = {}, {}  # businesses by key; papers, by who told them first

    def _read_register(self) -> None:
        """Read the ward's businesses and papers: some thousands, and any may be the one meant."""
        firms = list(Business.objects.order_by("pk"))
        self.by_key = {firm.pk: firm for firm in firms}
        self.by_code = {firm.code: firm for firm in firms}
        self.by_name, self.by_place = defaultdict(list), defaultdict(list)
        for firm in firms:
            self.by_name[text.fold(firm.name)].append(firm)
            self.by_place[address_key(firm.address)].append(firm)
        self.papers, self.issues = defaultdict(list), {}
        for values in Certificate.objects.order_by("pk").values_list(*_HELD):
            held = _Held(*values)
            self.papers[held.kind_id, _number(held.number)].append(held)
            self.issues[text.fold(held.issuer), _number(held.number)] = held

    # --- reading rows ---
    def _row(self, line: Line) -> _Row:
        kind = self.kind
        row = _Row(line, {}, errors=list(line.errors))
        get = {key: line.values[place] for key, place in kind.places.items()}
        row.code = self._code(get["code"], row)
        self._read_place(get, row)
        for name, words, known in (
            ("sector_id", get["sector"], self.sector_words),
            ("fire_group_id", get["fire_group"], self.fire_words),
        ):
            if words:
                found = known.find(words)
                if found is None:
                    listed = ", ".join(known.names)
                    row.errors.append(f"{LABELS[name]}: không có “{words}”; chọn trong: {listed}.")
                row.values[name] = found
        row.values |= {name: get[name] for name in PLAIN if get[name] is not None}
        if get["opened_on"]:
            row.values["opened_on"] = day_of(get["opened_on"])
            if row.values["opened_on"] > self.run.on:
                row.errors.append("Ngày hoạt động: không thể sau hôm nay.")
        if get["state"]:
            row.asked_state = get["state"], day_of(get["state_on"]), get["state_reason"] or ""
        row.registration = get["registration"] or ""
        row.paper = self._paper(get, row)
        row.carried = not (row.code or "name" in row.values)
        return row

    @staticmethod
    def _code(words, row) -> str:
        if not words:
            return ""
        if not CODE.fullmatch(words):
            row.errors.append(
                f"“{words}” không phải mã của sổ này (CS-00012): bỏ chọn cột Mã nếu tệp dùng mã "
                "khác."
            )
            return words
        return f"CS-{int(words[3:]):05}"

    def _read_place(self, get, row) -> None:
        name, address, area = get["name"], get["address"], get["neighbourhood"]
        if name:  # the lists of a sector say the state behind the name
            for label in State.labels:
                name = name.removesuffix(f" · {label}")
            row.values["name"] = name
        if address and not area:  # and the neighbourhood behind the address
            before, _, last = address.rpartition(", ")
            if not last.isdecimal() and self.areas.find(last):
                address, area = before, last
        if address:
            row.values["address"] = address
        if area:
            row.values["neighbourhood_id"] = self.areas.find(area)
            if row.values["neighbourhood_id"] is None:
                row.errors.append(f"Tổ dân phố: không có “{area}”.")

    def _paper(self, get, row) -> _Paper | None:
        number, words = get["paper_number"], get["paper_kind"]
        issued_on, expires_on = day_of(get["issued_on"]), day_of(get["expires_on"])
        if not number:
            if issued_on or expires_on:
                row.errors.append("Số giấy: để trống mà có ngày cấp hoặc hạn.")
            elif words or get["issuer"]:
                row.notes.append("Không có số giấy: không ghi giấy.")
            return None
        kind = self.paper_words.find(words or "security")
        if kind is None:
            listed = ", ".join(self.paper_words.names)
            row.errors.append(f"Loại giấy: không có “{words}”; chọn trong: {listed}.")
            return None
        if not words:
            row.notes.append(f"Loại giấy: để trống, ghi là {self.kinds[kind]}.")
        if issued_on and issued_on > self.run.on:
            row.errors.append("Ngày cấp: không thể sau hôm nay.")
        reason = get["issue_reason"] or Certificate.IssueReason.NEW
        return _Paper(kind, number, get["issuer"] or "", issued_on, expires_on, reason)

    def _firms(self) -> list[_Firm]:
        """Put rows of one business together: by code, by name and address, by standing below."""
        found, firms, above = {}, [], None
        for row in self.rows:
            if not row.carried:
                key = row.code or (
                    text.fold(row.values["name"]),
                    address_key(row.values.get("address", "")),
                    row.values.get("neighbourhood_id"),
                )
                firm = above = found.setdefault(key, _Firm([]))
            elif above is not None and (row.values or not row.errors):
                firm = above
            else:  # a total or a signature, or the first row
                firm = _Firm([])
                if not row.errors:
                    row.errors.append("Tên cơ sở: để trống.")
            if not firm.rows:
                firms.append(firm)
            firm.rows.append(row)
            row.firm = firm
        return firms

    # --- judging ---
    def planned(self) -> Iterator[Planned]:
        firms = []
        for firm in self.firms:
            firm.lead = next((r for r in firm.rows if not (r.errors or r.carried)), None)
            if firm.lead:
                self._identify(firm)
            firms.append(self._merged(firm))
        firms = list(dict.fromkeys(firms))
        for firm in firms:
            self._settle(firm)
        self._check_ties([firm for firm in firms if "neighbourhood_id" in firm.anew])
        self._check_openings([firm for firm in firms if firm.anew.get("opened_on")])
        self._change_states([firm for firm in firms if firm.asked_state and firm.lead])
        for firm in firms:
            for row in firm.rows:
                if row.paper and not row.errors and firm.lead:
                    self._judge_paper(row, row.paper)
        for done, row in enumerate(self.rows, 1):
            yield self._outcome(row)
            if not done % 1000:
                self.run.progress(done)

    def _identify(self, firm: _Firm) -> None:
        """Find out which of the portal's businesses it is, and follow the decision of its row."""
        lead = firm.lead
        known, doubts = self._surely(firm)
        decision = lead.line.decision
        if known is None and doubts and decision:
            if decision == "skip":
                lead.errors.append(SKIPPED)
            key = decision.removeprefix("same:")
            known = next((one for one, _ in doubts if str(one.pk) == key), None)
            if known or decision in ("new", "skip"):
                doubts = []
        firm.known, firm.pk = known, known and known.pk
        if known is None:
            firm.doubts = [_candidate(one, why) for one, why in doubts[:MOST]]

    def _surely(self, firm):
        """Return the business that is meant, or None and those that may be, each with a reason."""
        lead = firm.lead
        name, address = lead.values.get("name", ""), lead.values.get("address", "")
        area, place = lead.values.get("neighbourhood_id"), address_key(address)
        if lead.code:
            known = self.by_code.get(lead.code)
            if known is None:
                lead.errors.append(f"Sổ không có cơ sở mã {lead.code}.")
            elif (
                name
                and address
                and not (_alike(name, known.name) or place == address_key(known.address))
            ):
                return None, [(known, f"mã {known.code} là cơ sở khác tên, khác địa chỉ")]
            return known, []
        named = self.by_name[text.fold(name)]
        both = [one for one in named if address and address_key(one.address) == place]
        here = [one for one in both if area in (None, one.neighbourhood_id)]
        if len(here) > 1:
            here = [one for one in here if one.state != State.CLOSED] or here
        if len(here) == 1:
            return here[0], []
        doubts = {one.pk: (one, "cùng tên, cùng địa chỉ") for one in here}
        for holder in self._holders(firm):
            if _alike(name, holder.name) or address_key(holder.address) == place:
                return holder, []
            doubts.setdefault(holder.pk, (holder, "cùng số giấy, khác tên, khác địa chỉ"))
        for one in both:
            doubts.setdefault(one.pk, (one, "cùng tên, cùng địa chỉ, khác tổ dân phố"))
        for one in self.by_place[place] if place else ():
            if _alike(name, one.name):
                doubts.setdefault(one.pk, (one, "cùng địa chỉ, tên gần giống"))
        for one in named:
            doubts.setdefault(one.pk, (one, "cùng tên, khác địa chỉ"))
        return None, list(doubts.values())

    def _holders(self, firm) -> list[Business]:
        """Return the businesses that hold a paper of the sheet's."""
        keys = [row.paper.key() for row in firm.rows if row.paper]
        keys += [
            ("registration", _number(row.registration)) for row in firm.rows if row.registration
        ]
        found = {held.business_id for key in keys for held in self.papers.get(key, ())}
        return [self.by_key[key] for key in sorted(found)]

    def _merged(self, firm: _Firm) -> _Firm:
        """Return the firm, or an earlier one that is the same business and takes its rows."""
        if firm.known is None:
            return firm
        first = self.claimed.setdefault(firm.known.pk, firm)
        if first is not firm:
            first.rows += firm.rows
            for row in firm.rows:
                row.firm = first
        return first

    def _settle(self, firm: _Firm) -> None:
        """Take what the rows say of the business, and what of that is new."""
        lead = firm.lead
        if lead is None:
            return
        for row in firm.rows:
            if row.errors:
                continue
            for name, value in row.values.items():
                first = firm.values.setdefault(name, value)
                if first != value and _differs(name, first, value):
                    row.errors.append(f"{LABELS[name]}: khác dòng {lead.number}.")
            firm.asked_state = firm.asked_state or row.asked_state
            if row.asked_state and row.asked_state[0] != firm.asked_state[0]:
                row.errors.append(f"Tình trạng: khác dòng {lead.number}.")
        if firm.known:
            self._compare(firm, firm.known)
        elif not (lead.errors or firm.doubts):
            lead.errors += [
                f"{LABELS[name]}: để trống." for name in NEEDED if not firm.values.get(name)
            ]
            if lead.registration:
                lead.notes.append("Số đăng ký kinh doanh: chưa có cơ sở nào, số không được ghi.")

    def _compare(self, firm, known) -> None:
        for name, new in firm.values.items():
            old = getattr(known, name)
            if _differs(name, old, new):
                firm.anew[name] = new
                firm.changes.append((LABELS[name], self._show(name, old), self._show(name, new)))

    def _show(self, name, value) -> str:
        if value in (None, ""):
            return ""
        if name in self.shown:
            return self.shown[name].get(value, "")
        if name == "phone":
            return text.mask_phone(value)
        return text.format_date(value) if isinstance(value, dt.date) else str(value)

    # --- the rules of businesses ---
    def _check_ties(self, firms) -> None:
        for part in in_parts(firms):
            keys = [firm.pk for firm in part]
            tied = set()
            for name in TIES:
                rows = Business.objects.filter(pk__in=keys, **{f"{name}__isnull": False})
                tied.update(rows.values_list("pk", flat=True))
            rows = Business.objects.filter(pk__in=keys, certificates__by_ward=True)
            tied.update(rows.values_list("pk", flat=True))
            for firm in part:
                if firm.pk in tied:
                    firm.lead.errors.append(
                        "Cơ sở đã có người cư trú, lưu trú, kiểm tra, xử phạt, giấy phường cấp "
                        "hoặc vụ việc thì không đổi tổ dân phố: đóng cơ sở này, lập cơ sở ở nơi "
                        "mới."
                    )

    def _check_openings(self, firms) -> None:
        for part in in_parts(firms):
            keys = [firm.pk for firm in part]
            first = {}
            for rows, day in (
                (StateChange.objects.filter(business__in=keys), "changed_on"),
                (Inspection.objects.filter(business__in=keys), "held_on"),
            ):
                told = rows.order_by().values_list("business").annotate(first=Min(day))
                for key, found in told:
                    if found and found < first.get(key, dt.date.max):
                        first[key] = found
            for firm in part:
                if first.get(firm.pk, dt.date.max) < firm.anew["opened_on"]:
                    firm.lead.errors.append(
                        "Ngày hoạt động: cơ sở đã có kiểm tra hoặc đổi tình trạng trước ngày này."
                    )

    def _change_states(self, firms) -> None:
        """Change states as `services.change_state` does; a new business begins in its own."""
        changing = [f for f in firms if f.asked_state[0] != (f.known.state if f.known else "open")]
        last = {}
        for part in in_parts({firm.pk for firm in changing if firm.pk}):
            rows = StateChange.objects.filter(business__in=part).order_by()
            last.update(rows.values_list("business").annotate(last=Max("changed_on")))
        for firm in changing:
            state, day, reason = firm.asked_state
            lead = firm.lead
            opened_on = firm.values.get("opened_on") or (firm.known and firm.known.opened_on)
            if day is None:
                lead.notes.append("Ngày đổi tình trạng: để trống, ghi hôm nay.")
            day = day or self.run.on
            if day > self.run.on:
                lead.errors.append("Ngày đổi tình trạng: không thể sau hôm nay.")
            elif opened_on and day < opened_on:
                told = text.format_date(opened_on)
                lead.errors.append(f"Ngày đổi tình trạng: cơ sở hoạt động từ {told}.")
            elif firm.pk in last and day <= last[firm.pk]:
                told = text.format_date(last[firm.pk])
                lead.errors.append(f"Ngày đổi tình trạng: lần đổi trước là {told}, ghi sau đó.")
            if not reason and state != State.OPEN:
                reason = REASON
            firm.change = {"state": state, "changed_on": day, "reason": reason}
            if firm.known:
                firm.anew["state"] = state
                told = f"{State(state).label} từ {text.format_date(day)}"
                firm.changes.append(("Tình trạng", firm.known.get_state_display(), told))
            else:
                firm.values["state"] = state

    # --- the rules of papers ---
    def _judge_paper(self, row: _Row, paper: _Paper) -> None:
        firm, name = row.firm, self.kinds[paper.kind]
        held = self._held_by(firm, paper)
        key = id(firm), *paper.key()
        teller = self.told.get(key)
        if teller:
            row.notes.append(f"Giấy số {paper.number} đã ở dòng {teller.number}.")
        elif held:
            self._compare_paper(row, paper, held)
        else:
            self._check_paper(row, paper)
            row.is_new_paper = True
            row.changes.append((f"Giấy: {name}", "chưa có", f"số {paper.number}"))
        if not row.errors:
            self.told.setdefault(key, row)
            self.told.setdefault(paper.issue(), row)

    def _held_by(self, firm, paper) -> _Held | None:
        found = [one for one in self.papers.get(paper.key(), ()) if one.business_id == firm.pk]
        if len(found) > 1 and paper.issuer:
            issuer = text.fold(paper.issuer)
            found = [one for one in found if text.fold(one.issuer) == issuer] or found
        return found[0] if found else None

    def _compare_paper(self, row, paper, held) -> None:
        """Take other days of a paper that is held, unless it is revoked or the ward's own."""
        asked = {"issued_on": paper.issued_on, "expires_on": paper.expires_on}
        anew = {name: day for name, day in asked.items() if day and day != getattr(held, name)}
        name = f"{self.kinds[paper.kind]} số {held.number}"
        if held.revoked_on:
            told = text.format_date(held.revoked_on)
            row.notes.append(f"{name} đã thu hồi ngày {told}: giữ nguyên.")
        elif anew and held.by_ward:
            row.notes.append(f"{name} do phường cấp: sửa ở trang của cơ sở, không đổi qua tệp.")
        elif anew:
            row.held, row.mended = held, anew
            for key, label in (("issued_on", "ngày cấp"), ("expires_on", "hạn")):
                if key in anew:
                    old, new = self._show(key, getattr(held, key)), self._show(key, anew[key])
                    row.changes.append((f"{name}, {label}", old, new))
            issued_on = anew.get("issued_on", held.issued_on)
            self._check_days(row, issued_on, anew.get("expires_on", held.expires_on))

    @staticmethod
    def _check_days(row, issued_on, expires_on) -> None:
        if issued_on and expires_on and expires_on <= issued_on:
            row.errors.append("Hạn đến: phải sau ngày cấp.")

    def _check_paper(self, row, paper) -> None:
        """Check a paper that is not held yet."""
        self._check_days(row, paper.issued_on, paper.expires_on)
        if not paper.issuer:
            row.errors.append("Nơi cấp: để trống.")
        if not paper.issued_on:
            row.errors.append("Ngày cấp: để trống.")
        # Of a doubtful business it may be the very paper.
        other = paper.issuer and not row.firm.doubts and self.issues.get(paper.issue())
        if other:
            owner = self.by_key[other.business_id]
            row.errors.append(
                f"{other.issuer} đã cấp giấy số {other.number} ({self.kinds[other.kind_id]}) cho "
                f"{owner.code} {owner.name}."
            )
        elif teller := paper.issuer and self.told.get(paper.issue()):
            row.errors.append(f"Số giấy: nơi cấp này đã cấp số này ở dòng {teller.number}.")
        if not row.errors:
            self._check_law(row, paper)

    def _check_law(self, row, paper) -> None:
        """The ward's own paper is one it may issue; one that no law asks for is told."""
        firm, day = row.firm, paper.issued_on
        sector_id = firm.values.get("sector_id") or (firm.known and firm.known.sector_id)
        rooms = firm.values.get("rooms", firm.known and firm.known.rooms)
        sector, rules = self.sectors[sector_id], self.rules[paper.kind]
        ward = self._ward_on(day)
        own = ward and text.fold(paper.issuer) == text.fold(ward.police)
        if own and any(rule.ward_issues and rule.holds_on(day) for rule in rules):
            try:
                issuing_rule(Business(sector=sector, rooms=rooms), paper.kind, day)
            except ValidationError as error:
                row.errors += error.messages
                return
            paper.issuer, paper.by_ward = ward.police, True
        if rules and not any(r.sector_id == sector.pk and r.holds_on(day) for r in rules):
            told = text.format_date(day)
            row.notes.append(f"Ngày {told}, ngành {sector} không phải có {self.kinds[paper.kind]}.")

    def _ward_on(self, day):
        found = (w for w in self.wards if w.valid_from <= day)
        return next((w for w in found if w.valid_to is None or day < w.valid_to), None)

    # --- outcomes ---
    def _outcome(self, row: _Row) -> Planned:
        firm = row.firm
        label = firm.label() + (f" · số {row.paper.number}" if row.paper else "")
        if not row.errors and row is not firm.lead:
            self._follow(row, firm)
        if row.errors:
            return Planned(Outcome.REFUSED, label, [*row.errors, *row.notes])
        if row is firm.lead and firm.doubts:
            first = firm.doubts[0]
            said = f"Có thể là {first['code']}: {first['why']}."
            doubtful = Planned(Outcome.DOUBTFUL, label, [said, *row.notes])
            doubtful.candidates = firm.doubts
            return doubtful
        changes = [*(firm.changes if row is firm.lead else ()), *row.changes]
        if row.founds or (changes and firm.known is None):
            return Planned(Outcome.NEW, label, row.notes, data=row)
        if changes:
            return Planned(Outcome.CHANGED, label, row.notes, changes, data=row)
        return Planned(Outcome.SAME, label, row.notes)

    def _follow(self, row, firm) -> None:
        """A further row of a business is taken with the first or not at all."""
        lead = firm.lead
        first = lead or firm.rows[0]
        if lead is None or lead.errors:
            row.errors.append(f"Cơ sở ở dòng {first.number} không nhận được: sửa dòng đó trước.")
        elif firm.doubts and self.run.final:
            row.errors.append(f"Cơ sở ở dòng {lead.number} chưa được quyết định.")
        elif firm.doubts:
            row.notes.append(
                f"Cơ sở ở dòng {lead.number} nghi trùng: quyết định dòng đó thì dòng này mới được "
                "nhập."
            )
        elif not row.changes and not row.carried and firm.known is None and not row.paper:
            row.notes.append(f"Giống dòng {lead.number}.")


def _candidate(firm: Business, why: str) -> dict:
    return {
        "pk": firm.pk,
        "code": firm.code,
        "label": firm.name,
        "detail": firm.address,
        "why": why,
    }
