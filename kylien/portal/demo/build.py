"""Loads the demo ward: one transaction, one ward's worth after the other."""

from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from businesses.models import Business
from households.models import Household
from households.services.duplicates import propose_all
from kylien.accounts.models import User
from kylien.areas.models import Ward
from kylien.core.changes import acting
from kylien.portal.demo import (
    dealings,
    events,
    groups,
    homes,
    incidents,
    inspections,
    outreach,
    places,
    reports,
    residence,
    retention,
    tenants,
    trade,
)
from kylien.portal.demo.scene import Numbers, Scene

REASON = "Nạp dữ liệu trình diễn"


def is_empty():
    """Tell whether the database holds nothing that the demo ward would mix with."""
    return not (
        any(model.objects.exists() for model in (Household, Ward, Business))
        or User.objects.filter(username__in=places.ACCOUNTS).exists()
    )


def load(*, password, scale=1, seed=7, progress=lambda part: None):
    """Load the ward as it is today, `scale` times its figures, all accounts with `password`.

    Whole or not at all. `progress` is called with the number of each part that is done. Same seed
    and day give the same people. Raises IntegrityError where the database is not empty.
    """
    on = timezone.localdate()
    with transaction.atomic(), acting(day=on, reason=REASON):
        officers = places.make_accounts(password)
        areas = places.make_areas()
        places.make_beats(areas, officers, on)
        scene = Scene(
            rng=Random(),
            on=on,
            now=timezone.localtime().replace(second=0, microsecond=0),
            start_day=settings.REPORT_START_DAY,
            areas=areas,
            officers=officers,
            numbers=Numbers(),
            taken_names=set(),
            serials=places.paper_serials(),
            police=areas[0].row.ward.police,
        )
        scene.rng = Random(f"{seed}/ward")
        groups.make_schemes(scene)
        kept = outreach.make_ward(scene)
        for part in range(1, scale + 1):
            scene.slots = []
            scene.rng = Random(f"{seed}/{part}")
            _load_part(scene, kept)
            progress(part)
        residence.make_acts(scene)
        groups.make_rosters(scene)
        incidents.make_handovers(scene)
        propose_all()
        reports.make_reports(scene)
        retention.make_retention(scene)


def _load_part(scene, kept):
    """Load one ward's worth; nothing of it is kept in memory for the next. `kept` is what the ward
    has once for its outreach."""
    shares = {area: places.AREAS[area.row.name] for area in scene.areas}
    businesses = trade.make_businesses(scene)
    inspections.make_inspections(scene, businesses)
    dealings.make_dealings(scene, businesses)
    here, gone = homes.make_homes(scene, {area: share[0] for area, share in shares.items()})
    tenants.make_tenants(scene, here, businesses)
    residence.make_absences(scene, here)
    residence.enter_twice(scene)
    made = groups.make_groups(scene, here, gone, {area: s[1:] for area, s in shares.items()})
    incidents.make_incidents(scene, businesses, made.telling())
    groups.make_life(scene, made)
    outreach.make_sessions(scene, kept, made)
    events.make_stay_notices(scene, here, businesses)


def analyse():
    """Let the database learn how its tables are filled; on PostgreSQL tidy them as well."""
    tidy = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if tidy else "ANALYZE")
