"""The topics of outreach. Codes are stable; the chief edits names and order."""

from django.db import migrations

TOPICS = [
    ("ma-tuy", "Phòng, chống ma tuý"),
    ("toi-pham", "Phòng, chống tội phạm, trộm cắp"),
    ("lua-dao", "Cảnh giác lừa đảo, nhất là trên mạng"),
    ("cu-tru", "Khai báo cư trú, lưu trú"),
    ("chay-no", "Phòng cháy, chữa cháy"),
    ("giao-thong", "Trật tự an toàn giao thông"),
    ("bao-luc-gia-dinh", "Phòng, chống bạo lực gia đình"),
    ("vu-khi", "Giao nộp vũ khí, vật liệu nổ, pháo"),
]


def add_topics(apps, schema_editor):
    topics = apps.get_model("outreach", "Topic").objects.using(schema_editor.connection.alias)
    for position, (code, name) in enumerate(TOPICS, 1):
        topics.get_or_create(code=code, defaults={"name": name, "position": position})


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]
    operations = [migrations.RunPython(add_topics, migrations.RunPython.noop)]
