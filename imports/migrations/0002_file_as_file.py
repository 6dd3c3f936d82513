"""The workbook becomes a file field: backups take it along, and sweeping knows whose it is."""

from django.db import migrations, models

import kylien.core.uploads


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]
    operations = [
        migrations.RenameField("importbatch", "stored_name", "file"),
        migrations.AlterField(
            "importbatch",
            "file",
            models.FileField(
                "tệp",
                blank=True,
                editable=False,
                max_length=200,
                storage=kylien.core.uploads.PrivateStorage(),
                upload_to="",
            ),
        ),
    ]
