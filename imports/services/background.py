"""Long readings and writings, beside the request that asked for them.

A thread of the portal's one process: what dies with it is begun again by hand, since a reading
writes nothing of the ward and a writing is one transaction.
"""

import contextvars
import logging
import threading
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import connections

logger = logging.getLogger(__name__)


def attempt(work: Callable[[], object]) -> str:
    """Do the work now; return what went wrong as a sentence, "" where nothing did.

    The work itself leaves its batch in a state that says what happened.
    """
    try:
        work()
    except ValidationError as error:
        return " ".join(error.messages)
    except Exception:
        logger.exception("A workbook could not be worked on")
        return "Máy chủ gặp lỗi, chưa ghi gì. Thử lại; nếu vẫn lỗi, báo quản trị."
    return ""


def start(work: Callable[[], object]) -> threading.Thread:
    """Do the work in a thread of its own, for the same user, address and day; return the thread."""
    context = contextvars.copy_context()

    def run():
        try:
            context.run(attempt, work)
        finally:
            connections.close_all()  # a thread's connections are its own

    thread = threading.Thread(target=run, name="imports", daemon=True)
    thread.start()
    return thread
