import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import businesses.models.sectors


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0002_sectors"),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("legal_basis", models.CharField(max_length=200, verbose_name="căn cứ")),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="hết áp dụng từ"),
                ),
                (
                    "key",
                    models.CharField(
                        choices=[
                            ("notice_days", "Thông báo trước kiểm tra định kỳ (ngày làm việc)"),
                            ("periodic_months", "Kiểm tra định kỳ một lần trong (tháng)"),
                            ("post_check_days", "Hậu kiểm sau khi cấp giấy (ngày)"),
                            ("remedy_days", "Khắc phục tồn tại (ngày)"),
                            ("return_days", "Nhận báo cáo quý: số ngày cuối quý"),
                            ("contact_months", "Xác nhận lại đầu mối liên hệ (tháng)"),
                        ],
                        max_length=20,
                        verbose_name="quy định",
                    ),
                ),
                ("value", models.PositiveSmallIntegerField(verbose_name="giá trị")),
                ("sentence", models.CharField(blank=True, max_length=300, verbose_name="nội dung")),
            ],
            options={
                "verbose_name": "quy định về cơ sở kinh doanh",
                "verbose_name_plural": "quy định về cơ sở kinh doanh",
                "ordering": ("key", "-valid_from"),
                "abstract": False,
                "default_permissions": ("view", "add", "change"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="FireGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("legal_basis", models.CharField(max_length=200, verbose_name="căn cứ")),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="hết áp dụng từ"),
                ),
                ("name", models.CharField(max_length=100, verbose_name="nhóm")),
                (
                    "months",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="kiểm tra mỗi (tháng)"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="thứ tự")),
            ],
            options={
                "verbose_name": "nhóm cơ sở PCCC",
                "verbose_name_plural": "nhóm cơ sở PCCC",
                "ordering": ("position", "pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                (
                    "code",
                    models.CharField(editable=False, max_length=20, unique=True, verbose_name="mã"),
                ),
                ("search_text", models.TextField(default="", editable=False)),
                ("exact_text", models.TextField(default="", editable=False)),
                ("sort_key", models.CharField(default="", editable=False, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("periodic", "Định kỳ"),
                            ("post_issue", "Hậu kiểm sau cấp giấy"),
                            ("unannounced", "Đột xuất"),
                            ("special", "Chuyên đề"),
                            ("follow_up", "Phúc tra khắc phục"),
                            ("fire", "An toàn PCCC"),
                        ],
                        default="periodic",
                        max_length=12,
                        verbose_name="loại kiểm tra",
                    ),
                ),
                ("planned_on", models.DateField(verbose_name="ngày dự kiến")),
                (
                    "ground",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("violation", "Phát hiện vi phạm"),
                            ("signs", "Có dấu hiệu vi phạm"),
                            ("complaint", "Có phản ánh, tố cáo"),
                        ],
                        max_length=10,
                        verbose_name="căn cứ đột xuất",
                    ),
                ),
                (
                    "ground_note",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="nội dung căn cứ, văn bản chỉ đạo"
                    ),
                ),
                (
                    "content",
                    models.TextField(blank=True, max_length=1000, verbose_name="nội dung kiểm tra"),
                ),
                (
                    "repeat_reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="lý do kiểm tra định kỳ lần nữa"
                    ),
                ),
                (
                    "notice_number",
                    models.CharField(blank=True, max_length=50, verbose_name="số thông báo"),
                ),
                (
                    "noticed_on",
                    models.DateField(blank=True, null=True, verbose_name="ngày thông báo"),
                ),
                ("held_on", models.DateField(blank=True, null=True, verbose_name="ngày kiểm tra")),
                (
                    "minutes_number",
                    models.CharField(blank=True, max_length=50, verbose_name="số biên bản"),
                ),
                (
                    "team",
                    models.TextField(blank=True, max_length=500, verbose_name="đoàn kiểm tra"),
                ),
                (
                    "met_with",
                    models.CharField(blank=True, max_length=100, verbose_name="đại diện cơ sở"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("passed", "Chấp hành đúng"), ("findings", "Có tồn tại, vi phạm")],
                        max_length=10,
                        verbose_name="kết quả",
                    ),
                ),
                (
                    "conclusion",
                    models.TextField(blank=True, max_length=2000, verbose_name="kết luận"),
                ),
                ("cancelled_on", models.DateField(blank=True, null=True, verbose_name="ngày huỷ")),
                (
                    "cancel_reason",
                    models.CharField(blank=True, max_length=200, verbose_name="lý do huỷ"),
                ),
            ],
            options={
                "verbose_name": "cuộc kiểm tra",
                "verbose_name_plural": "kiểm tra",
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="InspectionFinding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("finding", models.CharField(max_length=300, verbose_name="tồn tại, vi phạm")),
                (
                    "remedy",
                    models.CharField(blank=True, max_length=300, verbose_name="yêu cầu khắc phục"),
                ),
                ("due_on", models.DateField(verbose_name="hạn khắc phục")),
                (
                    "mended_on",
                    models.DateField(blank=True, null=True, verbose_name="ngày khắc phục xong"),
                ),
                (
                    "mended_note",
                    models.CharField(blank=True, max_length=300, verbose_name="kết quả khắc phục"),
                ),
            ],
            options={
                "verbose_name": "tồn tại",
                "verbose_name_plural": "tồn tại",
                "ordering": ("due_on", "pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="LiaisonNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("met_on", models.DateField(verbose_name="ngày")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("visit", "Gặp tại cơ sở"),
                            ("phone", "Điện thoại"),
                            ("meeting", "Họp, giao ban"),
                            ("other", "Khác"),
                        ],
                        default="visit",
                        max_length=10,
                        verbose_name="cách",
                    ),
                ),
                ("met_with", models.CharField(blank=True, max_length=100, verbose_name="gặp ai")),
                ("note", models.TextField(blank=True, max_length=500, verbose_name="nội dung")),
                (
                    "confirms_contact",
                    models.BooleanField(default=False, verbose_name="đã xác nhận đầu mối liên hệ"),
                ),
            ],
            options={
                "verbose_name": "lần liên hệ",
                "verbose_name_plural": "lần liên hệ",
                "ordering": ("-met_on", "-pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PaperKind",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("code", models.SlugField(max_length=30, unique=True, verbose_name="mã")),
                ("name", models.CharField(max_length=100, verbose_name="loại giấy")),
                (
                    "post_check",
                    models.BooleanField(
                        default=False,
                        help_text="Phải kiểm tra cơ sở sau khi cấp giấy này.",
                        verbose_name="hậu kiểm sau khi cấp",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="thứ tự")),
            ],
            options={
                "verbose_name": "loại giấy",
                "verbose_name_plural": "loại giấy",
                "ordering": ("position", "pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PaperRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("legal_basis", models.CharField(max_length=200, verbose_name="căn cứ")),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="hết áp dụng từ"),
                ),
                (
                    "ward_issues",
                    models.BooleanField(default=False, verbose_name="công an phường cấp"),
                ),
                (
                    "ward_max_rooms",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="cấp cho cơ sở tối đa (phòng)"
                    ),
                ),
            ],
            options={
                "verbose_name": "giấy phải có",
                "verbose_name_plural": "giấy phải có",
                "ordering": ("sector__position", "kind__position", "-valid_from"),
                "abstract": False,
                "default_permissions": ("view", "add", "change"),
                "base_manager_name": "objects",
            },
            bases=(businesses.models.sectors.NoOverlap, models.Model),
        ),
        migrations.CreateModel(
            name="QuarterlyReturn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="năm")),
                ("quarter", models.PositiveSmallIntegerField(verbose_name="quý")),
                ("received_on", models.DateField(verbose_name="ngày nhận")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="ghi chú")),
            ],
            options={
                "verbose_name": "báo cáo quý",
                "verbose_name_plural": "báo cáo quý",
                "ordering": ("-year", "-quarter"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Sanction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("number", models.CharField(max_length=50, verbose_name="số quyết định")),
                ("decided_on", models.DateField(verbose_name="ngày quyết định")),
                ("authority", models.CharField(max_length=100, verbose_name="nơi ra quyết định")),
                ("violation", models.CharField(max_length=300, verbose_name="hành vi")),
                (
                    "legal_basis",
                    models.CharField(blank=True, max_length=200, verbose_name="căn cứ"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("warning", "Cảnh cáo"),
                            ("fine", "Phạt tiền"),
                            ("licence", "Tước, thu hồi giấy phép"),
                            ("suspension", "Đình chỉ hoạt động"),
                            ("other", "Khác"),
                        ],
                        default="fine",
                        max_length=10,
                        verbose_name="hình thức",
                    ),
                ),
                (
                    "amount",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="số tiền (đồng)"
                    ),
                ),
                (
                    "executed_on",
                    models.DateField(blank=True, null=True, verbose_name="chấp hành xong"),
                ),
            ],
            options={
                "verbose_name": "xử phạt",
                "verbose_name_plural": "xử phạt",
                "ordering": ("-decided_on", "-pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SectorRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                ("legal_basis", models.CharField(max_length=200, verbose_name="căn cứ")),
                ("valid_from", models.DateField(verbose_name="áp dụng từ")),
                (
                    "valid_to",
                    models.DateField(blank=True, null=True, verbose_name="hết áp dụng từ"),
                ),
                (
                    "quarterly_return",
                    models.BooleanField(
                        default=True,
                        help_text="Mẫu ĐK13, tuần cuối của quý.",
                        verbose_name="nộp báo cáo quý",
                    ),
                ),
            ],
            options={
                "verbose_name": "ngành có điều kiện",
                "verbose_name_plural": "ngành có điều kiện",
                "ordering": ("sector__position", "-valid_from"),
                "abstract": False,
                "default_permissions": ("view", "add", "change"),
                "base_manager_name": "objects",
            },
            bases=(businesses.models.sectors.NoOverlap, models.Model),
        ),
        migrations.CreateModel(
            name="StateChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, editable=False, verbose_name="phiên bản"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="tạo lúc"
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="sửa lúc"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Đang hoạt động"),
                            ("suspended", "Tạm ngừng"),
                            ("closed", "Đã đóng cửa"),
                        ],
                        max_length=10,
                        verbose_name="tình trạng",
                    ),
                ),
                ("changed_on", models.DateField(verbose_name="từ ngày")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="lý do")),
            ],
            options={
                "verbose_name": "lần đổi tình trạng",
                "verbose_name_plural": "lần đổi tình trạng",
                "ordering": ("-changed_on", "-pk"),
                "abstract": False,
                "default_permissions": ("view", "add", "change", "delete", "export"),
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="business",
            name="area_m2",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="diện tích (m²)"),
        ),
        migrations.AddField(
            model_name="business",
            name="rooms",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="số phòng"),
        ),
        migrations.AddField(
            model_name="business",
            name="security_unit",
            field=models.CharField(
                blank=True,
                help_text="Đội bảo vệ riêng, công ty thuê.",
                max_length=100,
                verbose_name="lực lượng bảo vệ",
            ),
        ),
        migrations.AddField(
            model_name="business",
            name="staff_count",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="số nhân viên"),
        ),
        migrations.AddField(
            model_name="certificate",
            name="by_ward",
            field=models.BooleanField(
                default=False, editable=False, verbose_name="công an phường cấp"
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="issue_reason",
            field=models.CharField(
                choices=[("new", "Cấp mới"), ("change", "Cấp đổi"), ("reissue", "Cấp lại")],
                default="new",
                max_length=10,
                verbose_name="cấp theo",
            ),
        ),
        migrations.AddField(
            model_name="certificate",
            name="responsible_name",
            field=models.CharField(
                blank=True, max_length=100, verbose_name="người chịu trách nhiệm ghi trên giấy"
            ),
        ),
        migrations.AddField(
            model_name="sector",
            name="keeps_contact",
            field=models.BooleanField(
                default=False,
                help_text="Công ty, dự án: xác nhận đầu mối liên hệ định kỳ.",
                verbose_name="giữ liên hệ",
            ),
        ),
        migrations.AddField(
            model_name="sector",
            name="takes_guests",
            field=models.BooleanField(default=False, verbose_name="đón khách lưu trú"),
        ),
        migrations.AlterField(
            model_name="business",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Đang hoạt động"),
                    ("suspended", "Tạm ngừng"),
                    ("closed", "Đã đóng cửa"),
                ],
                default="open",
                editable=False,
                max_length=10,
                verbose_name="tình trạng",
            ),
        ),
        migrations.AddConstraint(
            model_name="businessrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="business_rule_ends_after_start",
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
        ),
        migrations.AddConstraint(
            model_name="businessrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__gt", 0), ("value__lte", 366)),
                name="business_rule_positive",
                violation_error_message="Giá trị từ 1 đến 366.",
            ),
        ),
        migrations.AddConstraint(
            model_name="businessrule",
            constraint=models.UniqueConstraint(
                fields=("key", "valid_from"),
                name="business_rule_once_a_day",
                violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
            ),
        ),
        migrations.AddConstraint(
            model_name="firegroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="fire_group_ends_after_start",
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
        ),
        migrations.AddConstraint(
            model_name="firegroup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("months", None),
                    models.Q(("months__gt", 0), ("months__lte", 120)),
                    _connector="OR",
                ),
                name="fire_group_positive_cycle",
                violation_error_message="Chu kỳ từ 1 đến 120 tháng.",
            ),
        ),
        migrations.AddField(
            model_name="business",
            name="fire_group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="businesses",
                to="businesses.firegroup",
                verbose_name="nhóm cơ sở PCCC",
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="business",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="inspections",
                to="businesses.business",
                verbose_name="cơ sở",
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="certificate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="checks",
                to="businesses.certificate",
                verbose_name="sau khi cấp giấy",
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="follow_ups",
                to="businesses.inspection",
                verbose_name="phúc tra cuộc",
            ),
        ),
        migrations.AddField(
            model_name="inspectionfinding",
            name="inspection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings",
                to="businesses.inspection",
                verbose_name="cuộc kiểm tra",
            ),
        ),
        migrations.AddField(
            model_name="liaisonnote",
            name="business",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="liaison_notes",
                to="businesses.business",
                verbose_name="cơ sở",
            ),
        ),
        migrations.AddField(
            model_name="paperrule",
            name="kind",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules",
                to="businesses.paperkind",
                to_field="code",
                verbose_name="loại giấy",
            ),
        ),
        migrations.AddField(
            model_name="paperrule",
            name="sector",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="paper_rules",
                to="businesses.sector",
                verbose_name="ngành nghề",
            ),
        ),
        migrations.AddField(
            model_name="quarterlyreturn",
            name="business",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="businesses.business",
                verbose_name="cơ sở",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="business",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sanctions",
                to="businesses.business",
                verbose_name="cơ sở",
            ),
        ),
        migrations.AddField(
            model_name="sanction",
            name="inspection",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sanctions",
                to="businesses.inspection",
                verbose_name="từ cuộc kiểm tra",
            ),
        ),
        migrations.AddField(
            model_name="sectorrule",
            name="sector",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rules",
                to="businesses.sector",
                verbose_name="ngành nghề",
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="business",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="state_changes",
                to="businesses.business",
                verbose_name="cơ sở",
            ),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(fields=["-planned_on", "-id"], name="inspection_order"),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(fields=["held_on"], name="inspection_held"),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(
                condition=models.Q(("cancelled_on", None), ("held_on", None)),
                fields=["planned_on"],
                name="inspection_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "unannounced"), _negated=True),
                    models.Q(("ground", ""), _negated=True),
                    _connector="OR",
                ),
                name="inspection_unannounced_with_ground",
                violation_error_message="Kiểm tra đột xuất phải có căn cứ: vi phạm, dấu hiệu vi phạm hoặc phản ánh, tố cáo.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "special"), _negated=True),
                    models.Q(("ground_note", ""), _negated=True),
                    _connector="OR",
                ),
                name="inspection_special_with_order",
                violation_error_message="Kiểm tra chuyên đề phải ghi văn bản chỉ đạo hoặc phê duyệt của cấp trên.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "post_issue"), _negated=True),
                    ("certificate__isnull", False),
                    _connector="OR",
                ),
                name="inspection_post_issue_of_certificate",
                violation_error_message="Hậu kiểm thì chọn giấy đã cấp.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "follow_up"), _negated=True),
                    ("follows__isnull", False),
                    _connector="OR",
                ),
                name="inspection_follow_up_of_another",
                violation_error_message="Phúc tra thì chọn cuộc kiểm tra trước.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("noticed_on", None),
                    ("held_on", None),
                    ("noticed_on__lt", models.F("held_on")),
                    _connector="OR",
                ),
                name="inspection_announced_before_held",
                violation_error_message="Thông báo phải trước ngày kiểm tra.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(("held_on", None), ("cancelled_on", None), _connector="OR"),
                name="inspection_held_or_cancelled",
                violation_error_message="Đã kiểm tra thì không huỷ.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancelled_on", None),
                    models.Q(("cancel_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="inspection_cancelled_with_reason",
                violation_error_message="Ghi lý do huỷ.",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_on", None), ("outcome", "")),
                    models.Q(("held_on__isnull", False), models.Q(("outcome", ""), _negated=True)),
                    _connector="OR",
                ),
                name="inspection_outcome_once_held",
                violation_error_message="Đã kiểm tra thì ghi kết quả.",
            ),
        ),
        migrations.AddIndex(
            model_name="inspectionfinding",
            index=models.Index(
                condition=models.Q(("mended_on", None)),
                fields=["due_on"],
                name="finding_outstanding",
            ),
        ),
        migrations.AddIndex(
            model_name="liaisonnote",
            index=models.Index(
                condition=models.Q(("confirms_contact", True)),
                fields=["business", "-met_on"],
                name="liaison_confirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="liaisonnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirms_contact", True),
                    models.Q(("note", ""), _negated=True),
                    _connector="OR",
                ),
                name="liaison_note_says_something",
                violation_error_message="Ghi nội dung, hoặc đánh dấu đã xác nhận đầu mối.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paperrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="paper_rule_ends_after_start",
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paperrule",
            constraint=models.UniqueConstraint(
                fields=("sector", "kind", "valid_from"),
                name="paper_rule_once_a_day",
                violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarterlyreturn",
            constraint=models.UniqueConstraint(
                fields=("business", "year", "quarter"),
                name="quarterly_return_once_a_quarter",
                violation_error_message="Báo cáo quý này đã nhận rồi.",
            ),
        ),
        migrations.AddConstraint(
            model_name="quarterlyreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quarter__gte", 1),
                    ("quarter__lte", 4),
                    ("year__gte", 1900),
                    ("year__lte", 2999),
                ),
                name="quarterly_return_real_quarter",
                violation_error_message="Quý từ 1 đến 4, năm từ 1900 đến 2999.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.UniqueConstraint(
                fields=("authority", "number"),
                name="sanction_number_once_an_authority",
                violation_error_message="Nơi này đã có quyết định mang số này.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "fine"), _negated=True),
                    models.Q(("amount__gt", 0), ("amount__isnull", False)),
                    _connector="OR",
                ),
                name="sanction_fine_with_amount",
                violation_error_message="Phạt tiền thì ghi số tiền.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sanction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("executed_on", None),
                    ("executed_on__gte", models.F("decided_on")),
                    _connector="OR",
                ),
                name="sanction_executed_after_decision",
                violation_error_message="Ngày chấp hành không thể trước ngày quyết định.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sectorrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="sector_rule_ends_after_start",
                violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sectorrule",
            constraint=models.UniqueConstraint(
                fields=("sector", "valid_from"),
                name="sector_rule_once_a_day",
                violation_error_message="Ngành này đã có quy định áp dụng từ ngày đó.",
            ),
        ),
        migrations.AddConstraint(
            model_name="statechange",
            constraint=models.UniqueConstraint(
                fields=("business", "changed_on"),
                name="state_change_once_a_day",
                violation_error_message="Ngày này đã ghi một lần đổi tình trạng.",
            ),
        ),
    ]
