"""What an officer does with a business: one function, one transaction."""

from businesses.services.businesses import (
    change_state,
    issue_certificate,
    issuing_rule,
    next_number,
    receive_returns,
    revoke_certificate,
    take_back_return,
    take_back_state,
)
from businesses.services.inspections import (
    NoticeTerm,
    announce,
    call_off,
    earliest_visit,
    hold,
    mend,
    plan,
    plan_all,
    remedy_until,
    repeat_warning,
    told,
)

__all__ = [
    "NoticeTerm",
    "announce",
    "call_off",
    "change_state",
    "earliest_visit",
    "hold",
    "issue_certificate",
    "issuing_rule",
    "mend",
    "next_number",
    "plan",
    "plan_all",
    "receive_returns",
    "remedy_until",
    "repeat_warning",
    "revoke_certificate",
    "take_back_return",
    "take_back_state",
    "told",
]
