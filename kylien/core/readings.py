"""What is told of looking things up: the trail keeps that a number was searched for, never which.

The number's place is taken by a digest keyed with the portal's secret. The same number gives the
same digest, so that two searches can be compared; nobody gets back from it to the number without
the key, however few numbers there are to try.
"""

from django.utils.crypto import salted_hmac

from kylien.core import text
from kylien.core.changes import trail

SHOWN = 16  # hexadecimal digits: enough to tell numbers apart


def number_digest(number: str) -> str:
    """Return what stands in the trail for a number that was looked for."""
    return salted_hmac("kylien.core.readings", number, algorithm="sha256").hexdigest()[:SHOWN]


def described_query(query: str) -> str:
    """Return a search's words as the trail may keep them: a number only as its digest."""
    number = text.number_in(query)
    return f"số {number_digest(number)}" if number else query


def looked_up(model, number, *, rows, code="", row=None):
    """Keep that a number was searched for among rows of `model` and how many there were; `code`
    and `row` where it was one record's."""
    filters = {"Mã của số": number_digest(number)}
    trail().reading(model, "lookup", row=row, code=code, rows=rows, filters=filters)
