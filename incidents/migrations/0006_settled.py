"""What the moved rows keep to from now on."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_moved")]
    operations = [
        migrations.RemoveField(
            model_name="incident",
            name="measure",
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("resolved_on", None),
                        ("state__in", ["received", "classified", "verifying"]),
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ["received", "classified", "verifying"]), _negated=True
                        ),
                        ("resolved_on__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="incident_done_has_day",
                violation_error_message="Vụ việc đã xong thì ghi ngày giải quyết; chưa xong thì để trống.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("outcome", ""), ("state__in", ["received", "classified", "verifying"])
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ["received", "classified", "verifying"]), _negated=True
                        ),
                        models.Q(
                            ("outcome__in", ["", "received", "classified", "verifying", "closed"]),
                            _negated=True,
                        ),
                        models.Q(
                            ("state", "closed"), ("state", models.F("outcome")), _connector="OR"
                        ),
                    ),
                    _connector="OR",
                ),
                name="incident_outcome_once_done",
                violation_error_message="Vụ việc đã xong thì ghi kết quả.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ["handed_over", "not_competent"]), _negated=True),
                    models.Q(("handed_to", ""), _negated=True),
                    _connector="OR",
                ),
                name="incident_handed_over_to_whom",
                violation_error_message="Ghi cơ quan nhận.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_on__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_on", None)),
                    _connector="OR",
                ),
                name="incident_closed_has_day",
                violation_error_message="Vụ việc kết thúc thì ghi ngày.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "group"), _negated=True),
                    ("reporting_group__isnull", False),
                    _connector="OR",
                ),
                name="incident_group_news_names_group",
                violation_error_message="Tin do tổ liên gia báo thì chọn tổ.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("told_group", ""), ("told_group_on", None)),
                    models.Q(
                        ("told_group_on__isnull", False),
                        models.Q(("told_group", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="incident_answer_has_day",
                violation_error_message="Đã trả lời tổ thì ghi ngày và nội dung.",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("received_at__gte", models.F("occurred_at"))),
                name="incident_received_after_it_happened",
                violation_error_message="Không thể nhận tin trước khi vụ việc xảy ra.",
            ),
        ),
    ]
