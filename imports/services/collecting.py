"""Python's search for cycles, made rarer while many rows are at hand: they have none, and looking
through them again and again would take a sixth of the time."""

import gc
from contextlib import contextmanager

USUAL = gc.get_threshold()
RARE = 50_000  # objects made before the young ones are looked through


@contextmanager
def rare_collections():
    """Search less often within the block, or the function, that this stands before."""
    gc.set_threshold(RARE, *USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)
