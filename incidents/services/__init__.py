"""What is done with an incident: one function, one transaction, one line of its log."""

from incidents.services.clocks import due_if_extended, due_if_resumed, set_clocks
from incidents.services.handling import assign, attach, note, put_away, tell_who
from incidents.services.handovers import hand_over, shift_of, take_over
from incidents.services.steps import mend, receive, take

__all__ = [
    "assign",
    "attach",
    "due_if_extended",
    "due_if_resumed",
    "hand_over",
    "mend",
    "note",
    "put_away",
    "receive",
    "set_clocks",
    "shift_of",
    "take",
    "take_over",
    "tell_who",
]
