"""What the law's numbers mean for a day: since when, until when, how soon."""

import datetime as dt

from businesses.models import BusinessRule
from kylien.core.periods import Quarter, add_months

Key = BusinessRule.Key


def contact_since(on, book=None):
    """Return the day since which a contact must have been verified to count as known on `on`;
    `book` where the numbers are read already."""
    book = book or BusinessRule.objects
    return add_months(on, -book.number(Key.CONTACT_MONTHS, on))


def quarter_to_collect(on, book=None):
    """Return the quarter whose returns are being collected on `on`: from its last week (the days
    of the rule) until the next one's; `book` where the numbers are read already."""
    quarter = Quarter.containing(on)
    return quarter if on >= collected_from(quarter, on, book) else quarter.previous()


def collected_from(quarter, on, book=None):
    """Return the first of the days in which the returns for a quarter are handed in, by the rule
    that holds on `on`."""
    days = (book or BusinessRule.objects).number(Key.RETURN_DAYS, on)
    return quarter.last_day - dt.timedelta(days=days - 1)


def in_words(quarter):
    """Return the name of a quarter inside a sentence: "quý IV/2026"."""
    return quarter.label[:1].lower() + quarter.label[1:]
