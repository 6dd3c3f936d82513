"""Materials: their files, their versions, the chief's approval.

Keyword-only; `on` is today. Raises ValidationError with the reason where something stands in the
way.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from kylien.core.uploads import check_upload, clean_name, stored
from outreach.models import Material


def save_material(*, material, upload=None):
    """Write a version that is not approved yet, with a file where one was sent; return it.

    The file it had before goes. Raises ValidationError where it was approved meanwhile, where the
    file is not what it says, and for a version with neither text nor file.
    """
    kind = None
    if upload is not None:
        try:
            kind = check_upload(upload)
        except ValidationError as error:
            raise ValidationError({"upload": error.messages}) from error
    if not material.body and kind is None and not material.file:
        raise ValidationError({"body": "Ghi nội dung hoặc tải một tệp lên."})
    if kind is None:
        return _write(material)
    old, storage = material.file.name, material.file.storage
    with stored(upload) as name, transaction.atomic():
        material.file = name
        material.file_name = clean_name(upload.name)
        material.content_type = kind.content_type
        _write(material)
        if old:
            transaction.on_commit(lambda: storage.delete(old))
    return material


@transaction.atomic
def _write(material):
    if material.pk:
        stands = Material.objects.select_for_update(of=("self",)).get(pk=material.pk)
        if stands.approved_on:
            raise ValidationError("Bản này vừa được duyệt: soạn bản mới.")
    material.full_clean()
    material.save()
    return material


@transaction.atomic
def new_version(*, material, body, upload=None):
    """Write the next version of a material, to be approved in its turn; return it.

    Raises ValidationError while another version waits for approval, and as `save_material()` does.
    """
    versions = Material.objects.filter(title=material.title).order_by("-version_number")
    last = versions.select_for_update(of=("self",)).first()
    if not last.approved_on:
        raise ValidationError(f"Bản {last.version_number} đang chờ duyệt: sửa bản đó.")
    made = Material(
        topic=last.topic,
        title=last.title,
        version_number=last.version_number + 1,
        body=body,
    )
    return save_material(material=made, upload=upload)


@transaction.atomic
def approve(*, material, by, on):
    """Approve a version, which from then on is the one in use; return it."""
    stands = Material.objects.select_for_update(of=("self",)).get(pk=material.pk)
    if not stands.approved_on:
        stands.approved_on, stands.approved_by = on, by
        stands.save(update_fields=["approved_on", "approved_by"])
    return stands
