"""The kinds of incident in two levels. Codes are stable; the chief edits names and order."""

from django.db import migrations

TYPES = [
    (
        "hinh-su",
        "Trật tự xã hội (hình sự)",
        [
            ("trom-cap", "Trộm cắp tài sản"),
            ("cuop-giat", "Cướp, cướp giật"),
            ("lua-dao", "Lừa đảo"),
            ("co-y-gay-thuong-tich", "Cố ý gây thương tích"),
        ],
    ),
    ("ma-tuy", "Ma tuý", [("ma-tuy-khac", "Vụ việc về ma tuý")]),
    (
        "kinh-te-moi-truong",
        "Kinh tế, môi trường",
        [("moi-truong", "Vi phạm về môi trường"), ("hang-gia", "Hàng giả, hàng lậu")],
    ),
    (
        "hanh-chinh",
        "Trật tự xã hội (hành chính)",
        [
            ("gay-roi", "Gây rối trật tự công cộng"),
            ("co-bac", "Đánh bạc nhỏ"),
            ("tieng-on", "Tiếng ồn"),
        ],
    ),
    ("giao-thong", "Tai nạn giao thông", [("va-cham", "Va chạm, tai nạn giao thông")]),
    ("chay-no", "Cháy, nổ", [("chay", "Cháy"), ("no", "Nổ")]),
    ("dat-dai", "Đất đai", [("tranh-chap-dat", "Tranh chấp đất đai")]),
    ("khieu-kien", "Khiếu kiện", [("khieu-kien-dong-nguoi", "Khiếu kiện đông người")]),
    ("tu-tap", "Tụ tập đông người", [("tu-tap-dong-nguoi", "Tụ tập đông người")]),
    (
        "chong-nguoi-thi-hanh",
        "Chống người thi hành công vụ",
        [("chong-doi", "Chống người thi hành công vụ")],
    ),
    (
        "mau-thuan",
        "Mâu thuẫn nội bộ nhân dân",
        [("xich-mich", "Xích mích, mâu thuẫn"), ("bao-luc-gia-dinh", "Bạo lực gia đình")],
    ),
    ("tai-nan", "Tai nạn, thiên tai", [("duoi-nuoc", "Đuối nước"), ("thien-tai", "Thiên tai")]),
    ("mat-tich", "Mất tích, tìm người", [("tim-nguoi", "Tìm người")]),
    ("mang", "An ninh mạng", [("lua-dao-mang", "Lừa đảo qua mạng")]),
    ("khac", "Khác", [("khac-khac", "Vụ việc khác")]),
]
CROWD = {"khieu-kien", "tu-tap"}


def add_types(apps, schema_editor):
    kinds = apps.get_model("incidents", "IncidentType").objects.using(
        schema_editor.connection.alias
    )
    position = 0
    for code, name, children in TYPES:
        position += 1
        crowd = code in CROWD
        parent, _ = kinds.get_or_create(
            code=code, defaults={"name": name, "position": position, "crowd": crowd}
        )
        for child_code, child_name in children:
            position += 1
            kinds.get_or_create(
                code=child_code,
                defaults={
                    "name": child_name,
                    "position": position,
                    "crowd": crowd,
                    "parent": parent,
                },
            )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunPython(add_types, migrations.RunPython.noop)]
