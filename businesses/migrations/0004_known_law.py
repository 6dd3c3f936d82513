"""What the law asks of businesses, as known in November 2026; rows that the chief edits.

NĐ 96/2016 (in force 1/7/2016) as amended by NĐ 58/2026 (from 15/3/2026: the ward police issues some
certificates itself, LPG is free of conditions). Where an article is not named, it was not read.
"""

import datetime as dt

from django.db import migrations
from django.utils import timezone

D96, D58 = dt.date(2016, 7, 1), dt.date(2026, 3, 15)
FIRE_OLD, FIRE_NEW = dt.date(2001, 10, 4), dt.date(2025, 7, 1)
BASIS_96 = "NĐ 96/2016/NĐ-CP"
BASIS_58 = "NĐ 96/2016/NĐ-CP Điều 24 khoản 3, sửa bởi NĐ 58/2026/NĐ-CP"
BASIS_FIRE_OLD = "Luật Phòng cháy và chữa cháy 2001"
BASIS_FIRE_NEW = "Luật PCCC và cứu nạn, cứu hộ 55/2024/QH15"

KINDS = [  # (code, name, checked after issue)
    ("security", "GCN đủ điều kiện ANTT", True),
    ("fire", "Nghiệm thu, thẩm duyệt PCCC", False),
    ("trade", "Giấy phép kinh doanh ngành nghề", False),
    ("registration", "Đăng ký kinh doanh", False),
    ("other", "Giấy tờ khác", False),
]
WARD_ISSUES = {"karaoke": None, "pawnshop": None, "lodging": 29, "massage": None, "printing": None}
FIRE_CHECKED = ("karaoke", "lodging", "massage", "lpg")
LICENSED = {  # sector: (since, basis)
    "karaoke": (dt.date(2019, 9, 1), "NĐ 54/2019/NĐ-CP"),
    "lpg": (dt.date(2018, 8, 1), "NĐ 87/2018/NĐ-CP, sửa bởi NĐ 17/2020/NĐ-CP"),
}
RULES = [  # (key, value, sentence, basis, valid from)
    (
        "notice_days",
        5,
        "Kiểm tra định kỳ phải thông báo bằng văn bản cho cơ sở trước 05 ngày làm việc.",
        BASIS_96,
        D96,
    ),
    (
        "periodic_months",
        12,
        "Kiểm tra định kỳ mỗi cơ sở không quá một lần trong một năm.",
        BASIS_96,
        D96,
    ),
    (
        "post_check_days",
        60,
        "Trong 60 ngày sau khi cấp giấy, phải kiểm tra điều kiện của cơ sở (biên bản ĐK5b).",
        "NĐ 58/2026/NĐ-CP",
        D58,
    ),
    (
        "remedy_days",
        40,
        "Thu hồi giấy nếu quá 40 ngày từ ngày kết luận bằng văn bản mà không khắc phục.",
        f"{BASIS_96} Điều 18",
        D96,
    ),
    (
        "return_days",
        7,
        "Cơ sở nộp báo cáo quý (mẫu ĐK13) trong tuần cuối của quý.",
        BASIS_96,
        D96,
    ),
    (
        "contact_months",
        6,
        "Xác nhận lại đầu mối liên hệ của công ty, dự án ít nhất sáu tháng một lần.",
        "Quy định của Công an phường",
        dt.date(2017, 1, 1),
    ),
]
FIRE_GROUPS = ["Nhóm 1", "Nhóm 2", "Không thuộc danh mục"]


def add_law(apps, schema_editor):
    def table(name):
        found = apps.get_model("businesses", name)
        return found.objects.using(schema_editor.connection.alias)

    for position, (code, name, post_check) in enumerate(KINDS, 1):
        defaults = {"name": name, "post_check": post_check, "position": position}
        table("PaperKind").get_or_create(code=code, defaults=defaults)
    for sector in table("Sector").exclude(conditional_from=None):
        table("SectorRule").create(
            sector=sector,
            valid_from=sector.conditional_from,
            valid_to=sector.conditional_to,
            legal_basis=sector.legal_basis or BASIS_96,
        )
    table("Sector").filter(code__in=("company", "project")).update(keeps_contact=True)
    table("Sector").filter(code="lodging").update(takes_guests=True)
    sectors = {sector.code: sector for sector in table("Sector").all()}

    def require(sector, kind, since, until, basis, **ward):
        if sector in sectors:
            table("PaperRule").create(
                sector=sectors[sector],
                kind_id=kind,
                valid_from=since,
                valid_to=until,
                legal_basis=basis,
                **ward,
            )

    for sector, rooms in WARD_ISSUES.items():
        require(sector, "security", D96, D58, BASIS_96)
        ward = {"ward_issues": True, "ward_max_rooms": rooms}
        require(sector, "security", D58, None, BASIS_58, **ward)
    require("lpg", "security", D96, D58, f"{BASIS_96}; NĐ 58/2026/NĐ-CP Điều 1")
    for sector in FIRE_CHECKED:
        require(sector, "fire", FIRE_OLD, FIRE_NEW, BASIS_FIRE_OLD)
        require(sector, "fire", FIRE_NEW, None, BASIS_FIRE_NEW)
    for sector, (since, basis) in LICENSED.items():
        require(sector, "trade", since, None, basis)
    for key, value, sentence, basis, since in RULES:
        table("BusinessRule").create(
            key=key, value=value, sentence=sentence, legal_basis=basis, valid_from=since
        )
    for position, name in enumerate(FIRE_GROUPS, 1):
        table("FireGroup").create(
            name=name,
            legal_basis="NĐ 105/2025/NĐ-CP",
            valid_from=FIRE_NEW,
            position=position,
        )


def tell_states(apps, schema_editor):
    """Businesses that are not open had their day of change told nowhere: the row's last change."""
    using = schema_editor.connection.alias
    change = apps.get_model("businesses", "StateChange").objects.using(using)
    rows = apps.get_model("businesses", "Business").objects.using(using).exclude(state="open")
    for business in rows.iterator(chunk_size=500):
        day = timezone.localtime(business.changed_at).date()
        change.create(
            business=business,
            state=business.state,
            changed_on=max(day, business.opened_on or day),
            reason="Ghi trước khi có sổ tình trạng",
        )


class Migration(migrations.Migration):
    dependencies = [("businesses", "0003_conditions")]
    operations = [
        migrations.RunPython(add_law, migrations.RunPython.noop),
        migrations.RunPython(tell_states, migrations.RunPython.noop),
    ]
