"""What happened in a household, in sentences, newest first.

Acts tell themselves, with their author. Rows of the ledger that no act wrote (the stock taken over
when the portal was set up) are told from the rows: who came and went, and why.
"""

from dataclasses import dataclass
from datetime import date

from households.models import Residence
from households.services.ledger import names_of

Start, End, Relation = Residence.Start, Residence.End, Residence.Relation

STARTED = {
    Start.REGISTRATION: "{} đăng ký {}.",
    Start.ARRIVAL: "{} chuyển đến.",
    Start.BIRTH: "{} mới sinh.",
    Start.EXTENSION: "{} gia hạn tạm trú.",
    Start.TRANSFER: "{} chuyển đến từ hộ khác trong phường.",
    Start.SPLIT: "{} tách hộ về đây.",
    Start.MERGE: "{} nhập vào hộ này.",
}
ENDED = {
    End.DEPARTURE: "{} chuyển khỏi phường.",
    End.DEATH: "{} chết.",
    End.DELETION: "{} xoá đăng ký {}.",
    End.TRANSFER: "{} chuyển sang hộ khác trong phường.",
    End.SPLIT: "{} tách ra hộ khác.",
    End.MERGE: "{} nhập sang hộ khác.",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened: the day, the sentence, and the act behind it (None: taken over)."""

    day: date
    sentence: str
    act: object = None
    opens: bool = False  # the act's page is among the reader's


def timeline(household, residences, acts, scope):
    """Return the entries of a household from its ledger rows and its acts, newest first."""
    found = [
        Entry(act.happened_on, act.summary, act, scope.holds(act.neighbourhood_id)) for act in acts
    ]
    found += _without_acts(residences)
    if household.opened_by_id is None:
        found.append(Entry(household.opened_on, "Lập hộ."))
    if household.dissolved_on and household.dissolved_by_id is None:
        found.append(Entry(household.dissolved_on, "Xoá hộ."))
    return sorted(found, key=lambda entry: (entry.day, entry.act is not None), reverse=True)


def _without_acts(residences):
    told = {}
    for row in residences:
        kind = row.get_kind_display().lower()
        if row.started_by_id is None:
            if row.start_reason == Start.HEAD_CHANGE:
                if row.relation == Relation.HEAD:
                    told.setdefault((row.started_on, "{} làm chủ hộ.", kind), []).append(row)
            else:
                key = (row.started_on, STARTED[row.start_reason], kind)
                told.setdefault(key, []).append(row)
        if row.ended_on and row.ended_by_id is None and row.end_reason in ENDED:
            told.setdefault((row.ended_on, ENDED[row.end_reason], kind), []).append(row)
    return [
        Entry(day, sentence.format(names_of(row.resident for row in rows), kind))
        for (day, sentence, kind), rows in told.items()
    ]
