import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0004_known_law"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="sector",
            name="sector_conditional_ends_after_start",
        ),
        migrations.RemoveField(
            model_name="sector",
            name="conditional_from",
        ),
        migrations.RemoveField(
            model_name="sector",
            name="conditional_to",
        ),
        migrations.RemoveField(
            model_name="sector",
            name="legal_basis",
        ),
        migrations.AlterField(
            model_name="certificate",
            name="kind",
            field=models.ForeignKey(
                db_column="kind",
                default="security",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="certificates",
                to="businesses.paperkind",
                to_field="code",
                verbose_name="loại giấy",
            ),
        ),
    ]
