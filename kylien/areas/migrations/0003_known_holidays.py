"""The days off of 2025 to 2027, as far as they are known; rows that the chief keeps up.

2025 and 2026: the yearly notices. 2027: Bộ luật Lao động 2019 Điều 112 alone, since the notice on
Tết and on moved days was not out; the names say so. Hùng Vương: 10/3 of the lunar year.
"""

import datetime as dt

from django.db import migrations

EXPECTED = "(dự kiến, chờ thông báo)"
NEW_YEAR, TET, KINGS = "Tết Dương lịch", "Tết Nguyên đán", "Giỗ Tổ Hùng Vương"
LIBERATION, LABOUR, NATIONAL = "Ngày Chiến thắng 30/4", "Quốc tế Lao động 1/5", "Quốc khánh 2/9"
OFF = [  # (first day, last day, name)
    ("2025-01-01", "2025-01-01", NEW_YEAR),
    ("2025-01-27", "2025-01-31", TET),
    ("2025-04-07", "2025-04-07", KINGS),
    ("2025-04-30", "2025-04-30", LIBERATION),
    ("2025-05-01", "2025-05-02", LABOUR),
    ("2025-09-01", "2025-09-02", NATIONAL),
    ("2026-01-01", "2026-01-02", NEW_YEAR),
    ("2026-02-16", "2026-02-20", TET),
    ("2026-04-27", "2026-04-27", f"{KINGS} (nghỉ bù)"),
    ("2026-04-30", "2026-04-30", LIBERATION),
    ("2026-05-01", "2026-05-01", LABOUR),
    ("2026-08-31", "2026-09-02", NATIONAL),
    ("2027-01-01", "2027-01-01", NEW_YEAR),
    ("2027-02-05", "2027-02-10", f"{TET} {EXPECTED}"),
    ("2027-04-16", "2027-04-16", KINGS),
    ("2027-04-30", "2027-04-30", LIBERATION),
    ("2027-05-03", "2027-05-03", f"{LABOUR} (nghỉ bù)"),
    ("2027-09-02", "2027-09-03", f"{NATIONAL} {EXPECTED}"),
]
WORKED = [
    ("2025-04-26", "Làm bù ngày 02/5"),
    ("2026-01-10", "Làm bù ngày 02/01"),
    ("2026-08-22", "Làm bù ngày 31/8"),
]


def add_days(apps, schema_editor):
    holiday = apps.get_model("areas", "Holiday").objects.using(schema_editor.connection.alias)
    rows = [(dt.date.fromisoformat(day), "worked", name) for day, name in WORKED]
    for first, last, name in OFF:
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        days = (start + dt.timedelta(days=n) for n in range((end - start).days + 1))
        rows += [(day, "off", name) for day in days]
    for day, kind, name in rows:
        holiday.get_or_create(day=day, defaults={"kind": kind, "name": name})


class Migration(migrations.Migration):
    dependencies = [("areas", "0002_holidays")]
    operations = [migrations.RunPython(add_days, migrations.RunPython.noop)]
