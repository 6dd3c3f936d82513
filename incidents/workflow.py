"""The way of an incident, declared once: states, steps, who may, what is filled, which clocks.

The page draws the steps that `open_steps()` returns, `services.take()` refuses the others with
`refusal()`, and the tests go over every state, step and role. Source: the states of BLTTHS 2015
Điều 144 to 147 as the ward keeps them (an index of what was done, not the case file).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from incidents.models import Clock, Incident
from kylien.accounts.models import Role

State = Incident.State
RESULTS = frozenset(State.results())
OPEN = frozenset(State.open())

ON_RECEIPT = (Clock.RESPONSE, Clock.HAND_OVER, Clock.RESOLVE)
"""The clocks that start when the news comes in, where a rule sets a term for them."""

LIVES_IN = {
    Clock.RESPONSE: frozenset({State.RECEIVED}),
    Clock.HAND_OVER: OPEN,
    Clock.RESOLVE: OPEN,
    Clock.ANSWER: RESULTS | {State.CLOSED},
}
"""The states in which each clock runs; entering another state stops it."""


class Who(enum.Enum):
    """What lets a user take a step with an incident that he sees."""

    CHIEF = "chỉ huy"
    BEAT = "cảnh sát khu vực của địa bàn"
    ASSIGNED = "cán bộ được giao"
    DESK = "trực ban"


HANDLERS = frozenset({Who.CHIEF, Who.BEAT, Who.ASSIGNED})
WITH_DESK = HANDLERS | {Who.DESK}
CHIEF_ALONE = frozenset({Who.CHIEF})


def standing(user, incident) -> frozenset[Who]:
    """Return what `user` is to an incident that he sees (`incident.assigned`: open officers)."""
    found = set()
    if user.has_role(Role.CHIEF):
        found.add(Who.CHIEF)
    if user.has_role(Role.DUTY_OFFICER):
        found.add(Who.DESK)
    if user.has_role(Role.AREA_OFFICER) and incident.neighbourhood_id in (
        beat.pk for beat in user.beats
    ):
        found.add(Who.BEAT)
    if user.is_active and user.pk in incident.assigned_ids():
        found.add(Who.ASSIGNED)
    return frozenset(found)


# --- what stands in the way beyond state and person: a sentence, or "" ----------------------------


def needs_answer(incident):
    if incident.source == Incident.Source.GROUP and not incident.told_group_on:
        return "Tổ liên gia báo tin chưa được trả lời: trả lời tổ rồi mới kết thúc được."
    return ""


def may_tell(incident):
    if incident.source != Incident.Source.GROUP:
        return "Tin này không do tổ liên gia báo."
    return "Đã trả lời tổ rồi." if incident.told_group_on else ""


def may_pause(incident):
    clock = incident.clock(Clock.RESOLVE)
    if clock is None:
        return "Vụ việc này không có thời hạn giải quyết đang tính."
    return "Thời hạn đang tạm dừng." if clock.open_pause() else ""


def may_resume(incident):
    clock = incident.clock(Clock.RESOLVE)
    return "" if clock and clock.open_pause() else "Thời hạn không tạm dừng."


def may_extend(incident):
    clock = incident.clock(Clock.RESOLVE)
    if clock is None:
        return "Vụ việc này không có thời hạn giải quyết đang tính."
    if clock.extended_at:
        return "Thời hạn chỉ được gia hạn một lần."
    if clock.open_pause():
        return "Thời hạn đang tạm dừng: tính tiếp rồi mới gia hạn."
    return "" if clock.rule.extension else "Thời hạn này không được gia hạn theo quy định."


def nothing(incident):
    return ""


@dataclass(frozen=True)
class Step:
    """A step: from which states, to which (None: it stays), who, which fields, which clocks.

    `fields` are asked for, `required` among them; `guard` returns what else stands in the way.
    """

    key: str
    label: str  # on the button
    done: str  # in the log
    sources: frozenset
    target: State | None
    who: frozenset
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    starts: tuple[Clock, ...] = ()
    stops: tuple[Clock, ...] = ()
    pauses: tuple[Clock, ...] = ()
    resumes: tuple[Clock, ...] = ()
    extends: tuple[Clock, ...] = ()
    guard: Callable = nothing
    icon: str = "arrow-right"

    @property
    def clocks_alone(self):
        """Tell whether the step is about a term and leads nowhere else."""
        return bool(self.pauses or self.resumes or self.extends)

    def asks(self, incident):
        """Return `(fields, required)` for an incident: nothing is told freely of a crowd."""
        left_out = {"result", "note"} if incident.type.crowd else set()
        return tuple(
            tuple(name for name in names if name not in left_out)
            for names in (self.fields, self.required)
        )


STARTED = frozenset({State.CLASSIFIED, State.VERIFYING})


def _ends(key, label, done, target, *, sources=STARTED, fields=(), required=()):
    """Return a step that ends the matter with a result; the reporting group is then to be told."""
    return Step(
        key,
        label,
        done,
        sources,
        target,
        HANDLERS,
        ("resolved_on", *fields),
        ("resolved_on", *required),
        starts=(Clock.ANSWER,),
        icon="check",
    )


STEPS = (
    Step(
        "classify",
        "Phân loại",
        "Phân loại",
        frozenset({State.RECEIVED}),
        State.CLASSIFIED,
        WITH_DESK,
        ("type", "urgency", "note"),
        ("type", "urgency"),
        icon="tag",
    ),
    Step(
        "verify",
        "Xác minh",
        "Bắt đầu xác minh",
        frozenset({State.CLASSIFIED}),
        State.VERIFYING,
        HANDLERS,
        icon="search",
    ),
    _ends(
        "resolve",
        "Giải quyết xong",
        "Giải quyết xong",
        State.RESOLVED,
        fields=("result", "file_number"),
        required=("result",),
    ),
    _ends(
        "mediate",
        "Hoà giải thành",
        "Hoà giải thành",
        State.MEDIATED,
        fields=("result", "file_number"),
        required=("result",),
    ),
    _ends(
        "sanction",
        "Xử phạt hành chính",
        "Xử phạt hành chính",
        State.SANCTIONED,
        sources=frozenset({State.VERIFYING}),
        fields=("file_number", "result"),
        required=("file_number", "result"),
    ),
    _ends(
        "hand_over",
        "Chuyển cơ quan khác",
        "Chuyển cơ quan khác",
        State.HANDED_OVER,
        fields=("handed_to", "file_number", "result"),
        required=("handed_to",),
    ),
    _ends(
        "refer",
        "Không thuộc thẩm quyền",
        "Không thuộc thẩm quyền",
        State.NOT_COMPETENT,
        fields=("handed_to", "file_number", "result"),
        required=("handed_to",),
    ),
    _ends(
        "answer",
        "Trả lời đơn",
        "Trả lời đơn",
        State.ANSWERED,
        fields=("file_number", "result"),
        required=("file_number",),
    ),
    Step(
        "tell_group",
        "Trả lời tổ báo tin",
        "Trả lời tổ liên gia báo tin",
        RESULTS | {State.CLOSED},
        None,
        WITH_DESK,
        ("told_group_on", "told_group"),
        ("told_group_on", "told_group"),
        stops=(Clock.ANSWER,),
        guard=may_tell,
        icon="message-square-reply",
    ),
    Step(
        "close",
        "Kết thúc",
        "Kết thúc vụ việc",
        RESULTS,
        State.CLOSED,
        CHIEF_ALONE,
        guard=needs_answer,
        icon="archive",
    ),
    Step(
        "reopen",
        "Mở lại",
        "Mở lại",
        RESULTS | {State.CLOSED},
        State.VERIFYING,
        CHIEF_ALONE,
        ("reason",),
        ("reason",),
        starts=(Clock.RESOLVE, Clock.HAND_OVER),
        icon="rotate-ccw",
    ),
    Step(
        "pause",
        "Tạm dừng thời hạn",
        "Tạm dừng thời hạn giải quyết",
        OPEN,
        None,
        HANDLERS,
        ("reason",),
        ("reason",),
        pauses=(Clock.RESOLVE,),
        guard=may_pause,
        icon="circle-pause",
    ),
    Step(
        "resume",
        "Tính tiếp thời hạn",
        "Tính tiếp thời hạn giải quyết",
        OPEN,
        None,
        HANDLERS,
        resumes=(Clock.RESOLVE,),
        guard=may_resume,
        icon="circle-play",
    ),
    Step(
        "extend",
        "Gia hạn",
        "Gia hạn thời hạn giải quyết",
        OPEN,
        None,
        CHIEF_ALONE,
        ("reason",),
        ("reason",),
        extends=(Clock.RESOLVE,),
        guard=may_extend,
        icon="calendar-plus",
    ),
)
BY_KEY = {step.key: step for step in STEPS}


def refusal(step, incident, user) -> str:
    """Return why `user` cannot take `step` with `incident` now, as a sentence; "" if he can."""
    if incident.state not in step.sources:
        now = incident.get_state_display()
        return f"Vụ việc đang ở bước “{now}”: không làm được bước “{step.label}”."
    if standing(user, incident).isdisjoint(step.who):
        names = ", ".join(one.value for one in Who if one in step.who)
        return f"Bước này dành cho {names}."
    return step.guard(incident)


def open_steps(incident, user) -> list[Step]:
    """Return the steps that `user` can take now, in the order of the way."""
    return [step for step in STEPS if not refusal(step, incident, user)]
