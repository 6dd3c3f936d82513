"""Forms of stay notices: one guest in five fields, or many guests of one place, a row each."""

import datetime as dt
import re
from dataclasses import dataclass, field, replace

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html

from businesses.models import Business
from households.forms.fields import BirthField, BirthMixin, PersonNameField
from households.models import Household, ResidenceRule, StayNotice
from households.services.ledger import link
from kylien.core import text
from kylien.core.changes import current_act
from kylien.core.forms import CodeField, MaskedField, RecordForm
from kylien.core.periods import Period

ENTER_PEOPLE = ("households.add_resident", "households.add_residence")
FOLDED = ("reason", "arrived_at", "channel", "notified_at")  # they have good defaults
MOST_OFFERED = 8
MOST_GUESTS = 200


def is_paper_number(value):
    """Tell whether a cleaned number is a citizen's 12 digits, or may be a passport's: what has
    digits alone and is longer than a passport's is a slip."""
    if not (value.isascii() and value.isalnum() and 6 <= len(value) <= 20):
        return False
    return not value.isdecimal() or len(value) <= 9 or bool(text.CITIZEN_ID_RE.match(value))


# --- where a guest stays: a household or a business, in one field ---------------------------------


@dataclass(frozen=True)
class Hosts:
    """Rows of several kinds, asked as `CodeField` asks the rows of one."""

    kinds: tuple[QuerySet, ...]

    @classmethod
    def open(cls):
        return cls((Household.objects.active(), Business.objects.trading()))

    def visible_to(self, user):
        return replace(self, kinds=tuple(rows.visible_to(user) for rows in self.kinds))

    def filter(self, **asked):
        return replace(self, kinds=tuple(rows.filter(**asked) for rows in self.kinds))

    def first(self):
        return next((row for rows in self.kinds if (row := rows.first())), None)

    def __or__(self, rows):
        return replace(self, kinds=(*self.kinds, rows))

    def look_up(self, words):
        """Return what the picker offers for some words: of each kind a part, by name."""
        found = [self._options(rows, words) for rows in self.kinds]
        fair = MOST_OFFERED // len(found)
        shown = [option for options in found for option in options[:fair]]
        rest = [option for options in found for option in options[fair:]]
        return (shown + rest)[:MOST_OFFERED]

    @staticmethod
    def _options(rows, words):
        found = rows.look_up(words)
        if rows.model is Business:  # few enough to look at each: "nhà nghỉ" before "doanh nghiệp"
            found = found.same_accents_first(words, "sort_key", "pk")
        else:
            found = found.order_by("sort_key", "pk")
        wanted = list(found.values_list("pk", flat=True)[:MOST_OFFERED])
        kept = {row.pk: row for row in rows.model.objects.for_list().filter(pk__in=wanted)}
        return [kept[key].as_option() for key in wanted]


class HostField(CodeField):
    """A household or a business picked by its code."""

    def __init__(self, **kwargs):
        super().__init__(Hosts.open(), url="/stay-notices/hosts/", **kwargs)

    def to_python(self, value):
        found = super().to_python(value)
        if found is not None:
            self.widget.attrs["data-picker-label"] = str(found)
        return found


# --- one guest ------------------------------------------------------------------------------------


class StayNoticeForm(BirthMixin, RecordForm):
    """A guest: five fields to fill, the rest folded. The admin takes its fields from here too."""

    guest_name = PersonNameField(label="Họ và tên khách")
    birth = BirthField()
    id_number = MaskedField(
        clean_number=text.clean_id,
        check=is_paper_number,
        sentence="Số định danh có 12 chữ số; hộ chiếu có 6 đến 20 chữ, số.",
        label="Số định danh, hộ chiếu",
        required=False,
        max_length=30,
    )
    host = HostField(
        label="Nơi ở (hộ hoặc cơ sở)",
        error_messages={"required": "Chọn hộ hoặc cơ sở nơi khách ở."},
    )
    field_order = ("guest_name", "birth", "id_number", "host", "leaves_on", *FOLDED)
    too_long = False

    class Meta(RecordForm.Meta):
        model = StayNotice
        fields = (
            "guest_name",
            "birth",
            "id_number",
            "household",
            "lodging",
            "reason",
            "arrived_at",
            "leaves_on",
            "channel",
            "notified_at",
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("household", "lodging"):  # `host` fills them
            del self.fields[name]
        now = timezone.localtime().replace(second=0, microsecond=0)
        if self.instance.pk:
            self.fields["host"].keep(self.instance.host())
            self.initial["host"] = self.instance.host().code
        else:
            self.initial.setdefault("arrived_at", now)
            self.initial.setdefault("notified_at", now)
            self.initial.setdefault("leaves_on", self.on + dt.timedelta(days=1))
            self.initial.setdefault("reason", "Thăm người thân")
        for name in ("birth", "id_number", "host", "leaves_on", *FOLDED):
            self.fields[name].widget.attrs["data-half"] = ""

    def main_fields(self):
        return [bound for bound in self.visible_fields() if bound.name not in FOLDED]

    def folded_fields(self):
        return [bound for bound in self.visible_fields() if bound.name in FOLDED]

    def unfolded(self):
        """Tell whether the folded fields are shown: one of them is wrong, or all were chosen."""
        return bool(self.instance.pk) or any(bound.errors for bound in self.folded_fields())

    def offers_residence(self):
        """Tell whether the page offers to register a temporary residence instead."""
        return self.too_long and not self.instance.pk and self.user.has_perms(ENTER_PEOPLE)

    def clean(self):
        data = super().clean()
        for name, sentence in (
            ("arrived_at", "Khách chưa đến: ghi khi khách đã đến."),
            ("notified_at", "Thời điểm này chưa tới."),
        ):
            if data.get(name) and data[name] > timezone.now():
                self.add_error(name, sentence)
        arrived = self.arrived_at(data)
        if arrived and data.get("leaves_on"):
            self._check_nights(timezone.localdate(arrived), data["leaves_on"])
        return data

    def arrived_at(self, data):
        return data.get("arrived_at")

    def _check_nights(self, arrived_on, leaves_on):
        limit = self.instance.most_nights = self.most_nights(arrived_on)
        last = arrived_on + dt.timedelta(days=limit)
        if leaves_on > last:
            self.too_long = True
            self.add_error(
                "leaves_on",
                f"Lưu trú tối đa {limit} đêm: đi muộn nhất {text.format_date(last)}. "
                "Ở lâu hơn thì đăng ký tạm trú.",
            )

    def most_nights(self, day):
        return ResidenceRule.objects.number(ResidenceRule.Key.STAY_DAYS, day)

    def _post_clean(self):
        host = self.cleaned_data.get("host")
        if host is not None:
            self.instance.household = host if isinstance(host, Household) else None
            self.instance.lodging = host if isinstance(host, Business) else None
        elif "host" in self.fields:  # its own sentence stands beside it
            self.unready = frozenset({"household", "lodging"})
        super()._post_clean()

    def _update_errors(self, errors):
        """Put what the model says of the two links beside the field that fills them."""
        said = getattr(errors, "error_dict", {})
        for name in ("household", "lodging"):
            if name in said and "host" in self.fields:
                said.setdefault("host", []).extend(said.pop(name))
        super()._update_errors(errors)


# --- many guests of one place ---------------------------------------------------------------------

COLUMNS = ("guest_name", "birth", "id_number", "leaves_on")


@dataclass
class Guest:
    """A pasted row: what will be written, or why it cannot be."""

    line: int
    cells: list[str]
    notice: StayNotice | None = None
    problems: list[str] = field(default_factory=list)

    def shown(self):
        """Return name, birth, number and last day: as read, or as typed where refused."""
        if self.notice is None:
            return [*self.cells, "", "", "", ""][:4]
        row = self.notice
        born = text.format_birth(row.birth_date, row.birth_precision)
        return [row.guest_name, born, row.id_number, text.format_date(row.leaves_on)]


def read_rows(pasted):
    """Return `(rows, header)`: the pasted rows as `(line, cells)`, and whether the first line was a
    header, which is left out. Cells are separated by tabs, semicolons or bars."""
    rows = []
    for line, typed in enumerate(pasted.splitlines(), 1):
        if not text.clean(re.sub(r"[\t;|]", "", typed)):
            continue
        mark = next((mark for mark in "\t;|" if mark in typed), None)
        cells = [text.clean(cell.strip().strip('"')) for cell in typed.split(mark)] if mark else []
        cells = cells or [text.clean(typed)]
        while len(cells) > 1 and not cells[-1]:
            cells.pop()
        rows.append((line, cells))
    header = bool(rows) and _is_header(rows[0][1])
    return rows[header:], header


def _is_header(cells):
    """Tell whether a first line names columns: a birth has digits, the name of its column none."""
    words = text.fold(" ".join(cells)).split()
    titled = len(cells) > 1 and "sinh" in text.fold(cells[1]).split()
    return titled or (text.count_digits(" ".join(cells)) == 0 and {"ho", "ten"} <= set(words))


class PasteForm(StayNoticeForm):
    """Guests of one place who came together: what they share, and a pasted row each."""

    guests = forms.CharField(
        label="Danh sách khách",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "autocomplete": "off"}),
        help_text="Mỗi dòng một khách: họ tên, ngày sinh, số giấy tờ, ngày đi. Các cột cách nhau "
        f"bằng tab, dấu ; hoặc dấu |. Tối đa {MOST_GUESTS} dòng.",
    )
    field_order = ("host", "arrived_at", "leaves_on", "guests", "reason", "channel", "notified_at")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in COLUMNS[:3]:
            del self.fields[name]
        self.fields["leaves_on"].label = "Đi ngày"
        self.fields["leaves_on"].help_text = "Cho dòng không ghi ngày đi."
        self.fields["host"].widget.attrs.pop("data-half")

    def main_fields(self):
        return [self[name] for name in ("host", "arrived_at", "leaves_on", "guests")]

    def folded_fields(self):
        return [self[name] for name in ("reason", "channel", "notified_at")]

    def most_nights(self, day):
        self.limit = super().most_nights(day)
        return self.limit

    def clean_guests(self):
        rows, self.header = read_rows(self.cleaned_data["guests"])
        if not rows:
            raise forms.ValidationError("Chưa có dòng khách nào.")
        if len(rows) > MOST_GUESTS:
            raise forms.ValidationError(
                f"Có {text.format_number(len(rows))} dòng: mỗi lần tối đa {MOST_GUESTS} dòng."
            )
        return rows

    def read_guests(self):
        """Return the rows of a valid form, each as a `Guest`; asks the database once."""
        known = {identity(notice): notice for notice in self._same_day()}
        found, lines = [], {}
        for line, cells in self.cleaned_data["guests"]:
            guest = self._read(line, cells)
            if guest.notice:
                key = identity(guest.notice)
                if key in known:
                    twin = link(known[key], known[key].code)
                    guest.problems.append(format_html("Khách này đã có: {}.", twin))
                elif key in lines:
                    guest.problems.append(f"Trùng với dòng {lines[key]}.")
                lines.setdefault(key, line)
            if guest.problems:
                guest.notice = None
            found.append(guest)
        return found

    def _same_day(self):
        """Return the notices of guests who came to this place on the same day."""
        row = self.instance
        day = timezone.localdate(row.arrived_at)
        rows = StayNotice.objects.filter(household=row.household, lodging=row.lodging)
        return rows.arrived_in(Period(day, day + dt.timedelta(days=1)))

    def _read(self, line, cells):
        if len(cells) < 2:
            return Guest(line, cells, problems=["Thiếu ngày sinh, hoặc các cột chưa tách được."])
        if len(cells) > len(COLUMNS):
            return Guest(line, cells, problems=["Thừa cột: chỉ nhận bốn cột."])
        form = GuestForm(cells, head=self)
        if form.is_valid():
            return Guest(line, cells, notice=form.instance)
        return Guest(line, cells, problems=form.problems())

    def write(self, guests):
        """Write the rows that can be, all or none; inside a transaction."""
        notices = [guest.notice for guest in guests if guest.notice]
        for notice in notices:
            notice.created_by = current_act().user
        return StayNotice.objects.bulk_create(notices)


def identity(notice):
    """Return what tells whether two notices are of one guest."""
    born = notice.birth_date, notice.birth_precision
    return text.exact(notice.guest_name), *born, notice.id_number.upper()


class GuestForm(StayNoticeForm):
    """One pasted row. What the rows share was checked in the `PasteForm` they belong to."""

    unready = frozenset({"household", "lodging"})

    def __init__(self, cells, *, head):
        self.head = head
        row = head.instance
        shared = {
            name: getattr(row, name)
            for name in ("household", "lodging", "reason", "arrived_at", "channel", "notified_at")
        }
        typed = dict(zip(COLUMNS, [*cells, "", ""], strict=False))
        typed["leaves_on"] = typed["leaves_on"] or text.format_date(row.leaves_on)
        super().__init__(typed, instance=StayNotice(**shared), user=head.user, on=head.on)
        self.fields = {name: self.fields[name] for name in COLUMNS}

    def arrived_at(self, data):
        return self.instance.arrived_at

    def most_nights(self, day):
        return self.head.limit

    def problems(self):
        """List what is wrong, each sentence after the name of its column."""
        found = [
            f"{self.fields[name].label}: {sentence}" if name in self.fields else sentence
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]
        digits = text.clean_id(self.data["id_number"])
        if "id_number" in self.errors and digits.isdecimal() and len(digits) in (10, 11):
            found.append("Bảng tính có thể đã bỏ số 0 ở đầu.")
        return found
