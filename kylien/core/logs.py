"""Logs without people in them: what an exception says may quote what was typed or stored."""

import copy
import logging
import re
import traceback

from kylien.core.text import SECRET_DIGITS

# Their messages name code, never a value of a record.
TOLD = (AttributeError, ImportError, NameError, NotImplementedError)
_NUMBER = re.compile(rf"(?<![0-9a-fx])[0-9]{{{SECRET_DIGITS},}}")


def without_numbers(words: str) -> str:
    """Return a text in which each run of six or more digits is hidden."""
    return _NUMBER.sub("***", words)


def told_of(exc_info) -> str:
    """Return a traceback with the places and kinds of its exceptions, and what they say only where
    that cannot quote a person."""
    error, chain, seen = exc_info[1], [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = []
    for one in reversed(chain):
        lines += traceback.format_tb(one.__traceback__)
        kind = f"{type(one).__module__}.{type(one).__qualname__}"
        lines.append(f"{kind}: {one}\n" if isinstance(one, TOLD) else f"{kind}\n")
    return without_numbers("".join(lines)).rstrip()


class SafeFormatter(logging.Formatter):
    """A formatter whose lines hold no numbers of people and no words of exceptions."""

    def format(self, record):
        record = copy.copy(record)
        record.exc_text = None  # what another formatter has made of the exception
        return super().format(record)

    def formatException(self, exc_info):  # noqa: N802 (the base class's name)
        return told_of(exc_info)

    def formatMessage(self, record):  # noqa: N802 (the base class's name)
        return without_numbers(super().formatMessage(record))
