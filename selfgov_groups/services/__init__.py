"""What is done with groups: one function, one transaction."""

from selfgov_groups.services.life import (
    answer_request,
    call_off_meeting,
    check_office,
    end_duty,
    end_office,
    hold_meeting,
    is_member,
    mend_office,
    move_meeting,
    plan_meeting,
    take_office,
)
from selfgov_groups.services.membership import check_join, join_group, join_many, leave_group

__all__ = [
    "answer_request",
    "call_off_meeting",
    "check_join",
    "check_office",
    "end_duty",
    "end_office",
    "hold_meeting",
    "is_member",
    "join_group",
    "join_many",
    "leave_group",
    "mend_office",
    "move_meeting",
    "plan_meeting",
    "take_office",
]
