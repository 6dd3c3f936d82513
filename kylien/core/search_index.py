from django.contrib.postgres.indexes import GinIndex


def folded_index(name):
    """Return the index that serves `search()` on PostgreSQL; SQLite scans the folded column."""
    return GinIndex(name=name, fields=["search_text"], opclasses=["gin_trgm_ops"])
