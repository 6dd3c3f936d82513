"""The demo ward: invented people, shops and events for a portal that shows what it can do.

Everything is drawn from one fixed seed and dated back from the day of loading, so that something is
always due. `build.load()` is the way in; one module an aggregate:

`scene` (what all share) <- `places`, `trade`, `people` <- `homes` <- `tenants`, `groups`, `events`
<- `build`; the words to draw from stand in `names` and `phrases`.
"""
