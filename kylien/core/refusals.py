"""How many refusals the trail keeps: enough to see what somebody was after, too few to fill the
disk with."""

import logging
import time

from django.core.cache import cache

A_MINUTE = 20  # of one person, or of one machine that nobody has signed in on

log = logging.getLogger(__name__)


def may_tell(who) -> bool:
    """Count a refusal of a person or machine; tell whether the trail is to keep it."""
    key = f"refusals:{who}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    count = cache.incr(key)
    if count == A_MINUTE + 1:
        log.warning("refusals left out")
    return count <= A_MINUTE
