"""The lines of business a ward meets, with the days on which they are under security conditions.

NĐ 96/2016 Điều 3 in force 1/7/2016; LPG left the list on 15/3/2026 (NĐ 58/2026 Điều 1 khoản 22).
Rows, not constants: the chief edits them.
"""

import datetime as dt

from django.db import migrations

SINCE = dt.date(2016, 7, 1)
BASIS = "NĐ 96/2016/NĐ-CP Điều 3"
SECTORS = [
    ("karaoke", "Karaoke", SINCE, None, BASIS),
    ("pawnshop", "Cầm đồ", SINCE, None, BASIS),
    ("lodging", "Lưu trú", SINCE, None, BASIS),
    ("massage", "Xoa bóp", SINCE, None, BASIS),
    ("printing", "In", SINCE, None, BASIS),
    ("lpg", "Khí hoá lỏng", SINCE, dt.date(2026, 3, 15), f"{BASIS}; NĐ 58/2026/NĐ-CP Điều 1"),
    ("eating", "Ăn uống", None, None, ""),
    ("company", "Công ty, doanh nghiệp", None, None, ""),
    ("project", "Dự án", None, None, ""),
    ("other", "Khác", None, None, ""),
]


def add_sectors(apps, schema_editor):
    sector = apps.get_model("businesses", "Sector")
    for position, (code, name, since, until, basis) in enumerate(SECTORS, 1):
        sector.objects.using(schema_editor.connection.alias).get_or_create(
            code=code,
            defaults={
                "name": name,
                "conditional_from": since,
                "conditional_to": until,
                "legal_basis": basis,
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("businesses", "0001_initial")]
    operations = [migrations.RunPython(add_sectors, migrations.RunPython.noop)]
