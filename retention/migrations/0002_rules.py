"""How long each type of record is kept to begin with: by law where it says so, else carefully."""

import datetime as dt

from django.db import migrations

FROM = dt.date(2025, 7, 1)  # Luật Lưu trữ 33/2024/QH15 is in force
OWN = "Công an phường tự đặt; sửa theo danh mục của Bộ (Luật Lưu trữ 33/2024/QH15)"
LODGING = "Nghị định 96/2016/NĐ-CP Điều 44: cơ sở lưu trú giữ thông tin khách 36 tháng"
HISTORY = "Nghị định 154/2024/NĐ-CP Điều 13 khoản 2: giữ đủ lịch sử các lần cập nhật"
INDEX = "Công an phường tự đặt: vụ việc không xoá, chỉ bỏ tên người và tệp"

PERIODS = (
    ("residence", "keep", None, HISTORY),
    ("resident", "blank", 120, OWN),
    ("absence", "delete", 60, OWN),
    ("stay_notice", "delete", 36, LODGING),
    ("business", "blank", 60, OWN),
    ("question", "delete", 60, OWN),
    ("incident", "keep", None, INDEX),
    ("incident_party", "delete", 60, OWN),
    ("incident_file", "blank", 120, OWN),
    ("correction", "delete", 60, OWN),
    ("import", "blank", 24, OWN),
    ("audit", "blank", 120, OWN),
)


def add_rules(apps, schema_editor):
    using = schema_editor.connection.alias
    rules = apps.get_model("retention", "RetentionRule").objects.using(using)
    for record_type, outcome, months, basis in PERIODS:
        rules.get_or_create(
            record_type=record_type,
            valid_from=FROM,
            defaults={"outcome": outcome, "months": months, "legal_basis": basis},
        )
    apps.get_model("retention", "AnswerRule").objects.using(using).get_or_create(
        key="correction_days",
        valid_from=FROM,
        defaults={
            "value": 10,
            "legal_basis": "Công an phường tự đặt; sửa theo Nghị định 356/2025/NĐ-CP",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
