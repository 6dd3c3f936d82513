"""The ward's numbers about groups, and a first table of points; the chief keeps both."""

import datetime as dt

from django.db import migrations

OWN = "Quy ước của Công an phường"
SINCE = dt.date(2017, 1, 1)
NUMBERS = {"silent_days": 90, "meeting_days": 92, "contact_days": 30}
YEAR = 2026
BASIS = "Bảng mẫu 100 điểm: thay bằng quy định của tỉnh khi có"
CRITERIA = [
    ("Họp tổ đều, có biên bản, từ 70% số hộ dự", 20, "meetings"),
    ("Các hộ khai báo cư trú, lưu trú, tạm vắng đầy đủ", 20, "residence"),
    ("Tự quản về tài sản: có việc cụ thể, hạn chế mất trộm", 15, "property"),
    ("Tự quản về trật tự: mâu thuẫn được hoà giải tại tổ", 15, "order"),
    ("Báo tin kịp thời cho công an", 15, "news"),
    ("Các hộ giúp nhau, tham gia phong trào, mô hình", 15, "help"),
]


def add_rules(apps, schema_editor):
    using = schema_editor.connection.alias
    rules = apps.get_model("selfgov_groups", "GroupRule").objects.using(using)
    for key, value in NUMBERS.items():
        rules.get_or_create(
            key=key, valid_from=SINCE, defaults={"value": value, "legal_basis": OWN}
        )
    schemes = apps.get_model("selfgov_groups", "ScoringScheme").objects.using(using)
    scheme, made = schemes.get_or_create(year=YEAR, defaults={"legal_basis": BASIS})
    if made:
        criteria = apps.get_model("selfgov_groups", "Criterion").objects.using(using)
        for position, (content, most, fact) in enumerate(CRITERIA, 1):
            criteria.create(
                scheme=scheme, position=position, content=content, max_points=most, fact=fact
            )


class Migration(migrations.Migration):
    dependencies = [("selfgov_groups", "0003_life")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
