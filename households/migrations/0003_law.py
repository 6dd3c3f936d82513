"""The law's numbers and grounds as rows, and the folded names that duplicates are looked for by.

Luật Cư trú 2020 (68/2020/QH14), in force 1/7/2021. The texts of Điều 27.2 and 28.3 were read; the
letters of Điều 24.1 and 29.1 are second-hand, so the chief corrects the rows where they differ.
"""

import datetime as dt

from django.db import migrations

from kylien.core import text

SINCE = dt.date(2021, 7, 1)
RULES = [
    ("term_years", 2, "Luật Cư trú 2020 Điều 27 khoản 2"),
    ("extension_days", 15, "Luật Cư trú 2020 Điều 28 khoản 3"),
    ("stay_days", 29, "Luật Cư trú 2020 Điều 2 khoản 6"),
]
LEFT, STRUCK = "DEPARTURE", "DELETION"
P, T = "Luật Cư trú 2020 Điều 24 khoản 1", "Luật Cư trú 2020 Điều 29 khoản 1"
GROUNDS = [
    ("permanent-elsewhere", "P", "Đã đăng ký thường trú ở nơi khác", LEFT, P),
    ("permanent-abroad", "P", "Ra nước ngoài để định cư", LEFT, f"{P} điểm b"),
    ("permanent-cancelled", "P", "Có quyết định huỷ bỏ đăng ký thường trú", STRUCK, f"{P} điểm c"),
    (
        "permanent-absent",
        "P",
        "Vắng mặt liên tục từ 12 tháng mà không đăng ký tạm trú, không khai báo tạm vắng",
        STRUCK,
        f"{P} điểm d",
    ),
    ("permanent-nationality", "P", "Thôi, bị tước, bị huỷ quốc tịch", STRUCK, f"{P} điểm đ"),
    ("permanent-lease", "P", "Hết thuê, mượn, ở nhờ quá 12 tháng", STRUCK, f"{P} điểm e"),
    ("permanent-sold", "P", "Chỗ ở đã chuyển quyền sở hữu quá 12 tháng", STRUCK, f"{P} điểm g"),
    ("permanent-demolished", "P", "Chỗ ở đã bị phá dỡ, tịch thu", STRUCK, f"{P} điểm h"),
    ("permanent-duplicate", "P", "Ghi trùng với bản ghi khác", STRUCK, "Gộp bản ghi trùng"),
    ("temporary-left", "T", "Đã chuyển đi nơi khác", LEFT, T),
    ("temporary-cancelled", "T", "Có quyết định huỷ bỏ đăng ký tạm trú", STRUCK, f"{T} điểm b"),
    ("temporary-absent", "T", "Vắng mặt liên tục từ 6 tháng", STRUCK, f"{T} điểm c"),
    ("temporary-nationality", "T", "Thôi, bị tước, bị huỷ quốc tịch", STRUCK, f"{T} điểm d"),
    ("temporary-settled", "T", "Đã đăng ký thường trú tại nơi tạm trú", STRUCK, f"{T} điểm đ"),
    ("temporary-lease", "T", "Hết thuê, mượn, ở nhờ", STRUCK, f"{T} điểm e"),
    ("temporary-sold", "T", "Chỗ ở đã chuyển quyền sở hữu", STRUCK, f"{T} điểm g"),
    ("temporary-demolished", "T", "Chỗ ở đã bị phá dỡ, tịch thu", STRUCK, f"{T} điểm h"),
    ("temporary-duplicate", "T", "Ghi trùng với bản ghi khác", STRUCK, "Gộp bản ghi trùng"),
]


def add_rules(apps, schema_editor):
    using = schema_editor.connection.alias
    rule = apps.get_model("households", "ResidenceRule").objects.using(using)
    for key, value, basis in RULES:
        rule.get_or_create(
            key=key, valid_from=SINCE, defaults={"value": value, "legal_basis": basis}
        )
    ground = apps.get_model("households", "EndGround").objects.using(using)
    for position, (code, kind, name, reason, basis) in enumerate(GROUNDS, 1):
        ground.get_or_create(
            code=code,
            defaults={
                "kind": kind,
                "name": name,
                "end_reason": reason,
                "legal_basis": basis,
                "valid_from": SINCE,
                "position": position,
            },
        )


def fold_names(apps, schema_editor):
    people = apps.get_model("households", "Resident").objects.using(schema_editor.connection.alias)
    found = []
    for person in people.filter(folded_name="").only("full_name").iterator(chunk_size=2000):
        person.folded_name = text.fold(person.full_name)
        found.append(person)
        if len(found) == 2000:
            people.bulk_update(found, ["folded_name"])
            found = []
    people.bulk_update(found, ["folded_name"])


class Migration(migrations.Migration):
    dependencies = [("households", "0002_acts")]
    operations = [
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
