"""The five roles as groups; what each may do is granted after every migration (accounts.grants)."""

from django.db import migrations

ROLES = ("chief", "area_officer", "duty_officer", "clerk", "leader")


def make_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.using(schema_editor.connection.alias).get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("core", "0001_initial")]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
