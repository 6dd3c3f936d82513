"""Sentences proposed from the figures: what an officer would write from the table anyway.

They are proposals until somebody accepts them. Leaders read the report, so a sentence tells only
numbers that leaders may see (`reports.disclosure`): a clause with another one is left out, and a
sentence whose first clause cannot be told is not proposed at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kylien.core.text import format_number, format_percent
from reports.disclosure import SMALL, Shown


class WithheldError(Exception):
    """A number that a clause needs is hidden from leaders, or there is none to compare with."""


@dataclass(frozen=True)
class Sentence:
    """Clauses with `{figure}`, `{figure.change}`, and the names of `RESTS` and `SHARES`."""

    key: str
    part: str
    clauses: tuple[str, ...]

    def tell(self, told: "Told") -> str:
        """Return the sentence, or an empty text where it cannot be told."""
        found = []
        for clause in self.clauses:
            try:
                found.append(clause.format_map(told))
            except WithheldError:
                if not found:
                    return ""
        return f"{''.join(found)}."


RESTS = {  # what of a total is not its part
    "groups_silent": ("groups", "groups_met"),
    "sessions_mute": ("sessions", "sessions_questions"),
    "households_alone": ("households", "households_in_groups"),
}
SHARES = {  # (part, total)
    "share_grouped": ("households_in_groups", "households"),
    "share_solved": ("incidents_solved", "incidents"),
    "share_lacking": ("businesses_lacking", "businesses_conditional"),
}

SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "incidents",
        "order",
        (
            "Trong kỳ xảy ra {incidents} vụ việc",
            ", {incidents.change}",
            "; đã giải quyết {incidents_solved} vụ ({share_solved})",
        ),
    ),
    Sentence(
        "population",
        "administration",
        (
            "Cuối kỳ phường có {households} hộ",
            ", {population_closing} nhân khẩu thường trú",
            ", {temporary_closing} người tạm trú",
        ),
    ),
    Sentence(
        "movement_in",
        "administration",
        ("Thường trú trong kỳ tăng {population_in} người", ", giảm {population_out} người"),
    ),
    Sentence(
        "temporary",
        "administration",
        ("Tạm trú trong kỳ tăng {temporary_in} người", ", giảm {temporary_out} người"),
    ),
    Sentence(
        "stays",
        "administration",
        (
            "Tiếp nhận {stay_notices} thông báo lưu trú",
            ", {stay_notices.change}",
        ),
    ),
    Sentence(
        "businesses",
        "administration",
        (
            "Quản lý {businesses_conditional} cơ sở kinh doanh có điều kiện",
            "; kiểm tra {inspections} lượt",
            ", {inspections_findings} lượt có tồn tại",
        ),
    ),
    Sentence(
        "groups",
        "movement",
        (
            "Phường có {groups} tổ liên gia tự quản",
            " với {households_in_groups} hộ tham gia ({share_grouped})",
            "; trong kỳ {groups_met} tổ có họp",
        ),
    ),
    Sentence(
        "sessions",
        "movement",
        (
            "Tổ chức {sessions} buổi tuyên truyền",
            ", {sessions_questions} buổi có ghi ý kiến của người dân",
            "; trả lời {questions_answered} ý kiến",
        ),
    ),
    Sentence(
        "contacts",
        "movement",
        (
            "Cảnh sát khu vực gặp tổ liên gia {group_contacts} lần",
            ", trả lời {group_requests_solved} kiến nghị của tổ",
        ),
    ),
    Sentence(
        "fulfilments",
        "joint",
        (
            "Cam kết liên tịch được thực hiện {fulfilments} lần",
            ", {fulfilments_partners} lần do tổ chức phối hợp làm chính",
        ),
    ),
    # What the ward's chief said goes wrong is told as plainly as what went well.
    Sentence("groups_silent", "shortcomings", ("{groups_silent} tổ liên gia không họp trong kỳ",)),
    Sentence(
        "sessions_mute",
        "shortcomings",
        ("{sessions_mute} buổi tuyên truyền không ghi được ý kiến nào của người dân",),
    ),
    Sentence(
        "stays_late",
        "shortcomings",
        ("{stay_notices_late} thông báo lưu trú đến sau giờ quy định",),
    ),
    Sentence(
        "businesses_lacking",
        "shortcomings",
        ("{businesses_lacking} cơ sở có điều kiện còn thiếu giấy tờ ({share_lacking})",),
    ),
    Sentence(
        "households_alone",
        "shortcomings",
        ("{households_alone} hộ chưa tham gia tổ liên gia nào",),
    ),
)


class Told(dict):
    """The numbers of a month by name, for `str.format_map`; WithheldError for a hidden one."""

    def __init__(self, now: Shown, before: Shown):
        self.now, self.before = now, before

    def __missing__(self, name):
        if name in RESTS:
            total, part = (self.count(key) for key in RESTS[name])
            if total - part < SMALL:
                raise WithheldError
            return format_number(total - part)
        if name in SHARES:
            part, total = (self.count(key) for key in SHARES[name])
            if not total:
                raise WithheldError
            return format_percent(part, total)
        return Number(self.count(name), self.before.number(name))

    def count(self, key) -> int:
        found = self.now.number(key) if key in self.now.numbers else None
        if found is None:
            raise WithheldError
        return found


@dataclass(frozen=True)
class Number:
    value: int
    previous: int | None

    def __str__(self):
        return format_number(self.value)

    def __format__(self, spec):
        return str(self)

    @property
    def change(self) -> str:
        """Say how the number changed since the month before; percent never from zero."""
        if self.previous is None:
            raise WithheldError
        step = self.value - self.previous
        if not step:
            return "bằng kỳ trước"
        share = f" ({format_percent(abs(step), self.previous)})" if self.previous else ""
        return f"{'tăng' if step > 0 else 'giảm'} {format_number(abs(step))}{share} so với kỳ trước"


def propose(now: Shown, before: Shown) -> Iterator[tuple[Sentence, str]]:
    """Yield the sentences that the figures give, each with its words."""
    told = Told(now, before)
    for sentence in SENTENCES:
        words = sentence.tell(told)
        if words:
            yield sentence, words
