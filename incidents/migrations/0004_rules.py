"""The terms of the law and of the ward, and how urgent each kind of incident commonly is.

Articles that were not read are named by their circular alone; the chief keeps these rows.
"""

import datetime as dt

from django.db import migrations

CODE = "BLTTHS 2015 Điều 147 (việc không phải tội phạm: vận dụng)"
CIRCULAR = "Thông tư 28/2020/TT-BCA"
OWN = "Quy ước của Công an phường"
SINCE = dt.date(2018, 1, 1)  # the code of criminal procedure is in force
CRIMES = ("hinh-su", "ma-tuy", "kinh-te-moi-truong", "chong-nguoi-thi-hanh", "mang")
RESPONSE = (("at_once", 1, "hours"), ("today", 24, "hours"), ("soon", 3, "days"))
URGENCY = {
    "at_once": (
        "cuop-giat",
        "co-y-gay-thuong-tich",
        "gay-roi",
        "chay",
        "no",
        "chong-doi",
        "bao-luc-gia-dinh",
        "duoi-nuoc",
    ),
    "today": (
        "trom-cap",
        "lua-dao",
        "ma-tuy-khac",
        "va-cham",
        "khieu-kien-dong-nguoi",
        "tu-tap-dong-nguoi",
        "thien-tai",
        "tim-nguoi",
        "lua-dao-mang",
    ),
    "soon": ("moi-truong", "hang-gia", "co-bac", "tieng-on", "tranh-chap-dat", "xich-mich"),
}


def add_rules(apps, schema_editor):
    using = schema_editor.connection.alias
    kinds = apps.get_model("incidents", "IncidentType").objects.using(using)
    rules = apps.get_model("incidents", "ClockRule").objects.using(using)

    def add(clock, basis, value, unit, type=None, urgency="", **more):
        rules.get_or_create(
            clock=clock,
            type=type,
            urgency=urgency,
            valid_from=SINCE,
            defaults={"legal_basis": basis, "value": value, "unit": unit, **more},
        )

    add("resolve", CODE, 20, "days", rolls=True, extension=2, extension_unit="months")
    for kind in kinds.filter(code__in=CRIMES):
        add("hand_over", CIRCULAR, 24, "hours", type=kind)
    add("response", OWN, 7, "days")
    for urgency, value, unit in RESPONSE:
        add("response", OWN, value, unit, urgency=urgency)
    add("answer", OWN, 3, "working_days")
    for urgency, codes in URGENCY.items():
        kinds.filter(code__in=codes).update(urgency=urgency)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_handling")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
