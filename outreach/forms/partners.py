"""Forms of partners and materials."""

from django import forms
from django.core.exceptions import ValidationError

from kylien.core.forms import PhoneField, RecordForm
from kylien.core.uploads import ACCEPT, ACCEPTED
from outreach.models import Material, Partner, Topic
from outreach.services import partners as services

FILE_HELP = f"{ACCEPTED}; không quá 10 MB. Không tải tài liệu mật."


class PartnerForm(RecordForm):
    contact_phone = PhoneField(label="Điện thoại đầu mối")

    class Meta(RecordForm.Meta):
        model = Partner
        fields = ("name", "kind", "contact_name", "contact_phone", "ended_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("kind", "contact_name", "ended_on"):
            self.fields[name].widget.attrs["data-half"] = ""
        if not self.instance.pk:
            del self.fields["ended_on"]


class UploadField(forms.FileField):
    """A file for a material; what it is gets checked by its content when it is saved."""

    def __init__(self, **kwargs):
        super().__init__(
            label="Tệp",
            required=False,
            allow_empty_file=True,  # the check of the content says it in its own words
            help_text=FILE_HELP,
            widget=forms.FileInput(attrs={"accept": ACCEPT}),
            **kwargs,
        )


class MaterialForm(RecordForm):
    """A version that is not approved yet. A later version keeps its material's name and topic."""

    upload = UploadField()

    class Meta(RecordForm.Meta):
        model = Material
        fields = ("title", "topic", "body", "upload")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].queryset = Topic.objects.in_use() | Topic.objects.filter(
            pk=self.instance.topic_id
        )
        self.fields["topic"].empty_label = "Chọn chủ đề"
        self.fields["body"].widget.attrs["rows"] = 12
        if self.instance.version_number > 1:
            del self.fields["title"], self.fields["topic"]
        if self.instance.file_name:
            self.fields[
                "upload"
            ].help_text = (
                f"Đang có {self.instance.file_name}; tải tệp khác lên thì tệp cũ bỏ. {FILE_HELP}"
            )

    def clean_title(self):
        title = self.cleaned_data["title"]
        same = Material.objects.filter(title=title).exclude(pk=self.instance.pk)
        if found := same.first():
            raise ValidationError(
                f"Đã có tài liệu tên này ({found.code}): mở tài liệu đó, bấm Soạn bản mới."
            )
        return title

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        upload = self.cleaned_data.get("upload")
        return services.save_material(material=self.instance, upload=upload)


class VersionForm(RecordForm):
    """The next version, begun from the text of the last one."""

    upload = UploadField()

    class Meta(RecordForm.Meta):
        model = Material
        fields = ("body", "upload")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["rows"] = 14
        self.fields["upload"].help_text = f"Bản mới không lấy tệp của bản trước. {FILE_HELP}"

    def _post_clean(self):
        """Leave the version it begins from as it stands."""

    def is_stale(self, seen):
        """A version is added, nothing is overwritten: never stale."""
        return False

    def save(self, commit=True):
        """Write it through the service. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        return services.new_version(
            material=self.instance, body=data["body"], upload=data.get("upload")
        )
