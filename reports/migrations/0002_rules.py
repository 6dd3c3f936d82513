"""The day until which the month's report is sent, as long as no rule of reporting says another."""

import datetime as dt

from django.db import migrations


def add_rules(apps, schema_editor):
    rules = apps.get_model("reports", "ReportRule").objects.using(schema_editor.connection.alias)
    rules.get_or_create(
        key="due_days",
        valid_from=dt.date(2019, 3, 12),  # Nghị định 09/2019/NĐ-CP is in force
        defaults={"value": 3, "legal_basis": "Quy ước của Công an phường (NĐ 09/2019/NĐ-CP Đ.12)"},
    )


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
