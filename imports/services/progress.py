"""How far a long reading or writing has come, for the page that waits for it.

In the cache, not in the database: while rows are written nothing else can be. The portal is one
process (README), so the page that asks sees what the work tells.
"""

from django.core.cache import cache

SECONDS = 3600


def tell(batch_id: int, done: int, of: int) -> None:
    cache.set(f"import:{batch_id}", (done, of), SECONDS)


def told(batch_id: int) -> tuple[int, int] | None:
    """Return `(rows done, rows in all)`; None where nobody is at work, or the server restarted."""
    return cache.get(f"import:{batch_id}")


def forget(batch_id: int) -> None:
    cache.delete(f"import:{batch_id}")
