"""Who deals with an incident, its notes and files, and whom the news is from.

Keyword-only; `at` is now. Raises ValidationError with the reason where something stands in the way.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.models import Assignment, Attachment, Incident, IncidentEntry, IncidentParty
from incidents.services import log
from kylien.core.uploads import check_upload, clean_name, stored

Kind = IncidentEntry.Kind
CROWD = "Tụ tập, khiếu kiện: chỉ ghi quy mô, biện pháp và một ghi chú ngắn."


@transaction.atomic
def assign(incident, *, officers, at):
    """Let exactly these officers deal with an incident; the log names who came and who went."""
    incident = locked(incident)
    not_closed(incident)
    wanted = {officer.pk: officer for officer in officers}
    now = {row.officer_id: row for row in incident.assignments.open().select_related("officer")}
    gone = [row for key, row in now.items() if key not in wanted]
    new = [officer for key, officer in wanted.items() if key not in now]
    for row in gone:
        row.ended_at = max(at, row.assigned_at)
        row.save()
    for officer in new:
        Assignment.objects.create(incident=incident, officer=officer, assigned_at=at)
    told = []
    if new:
        told.append("Giao " + ", ".join(str(officer) for officer in new))
    if gone:
        told.append("Thôi giao " + ", ".join(str(row.officer) for row in gone))
    if told:
        log.write(incident, Kind.ASSIGNMENT, "Giao việc", at, ". ".join(told))
    return incident


@transaction.atomic
def note(incident, *, words, at):
    """Add a note to the log; not for crowds and complaints."""
    incident = locked(incident)
    not_closed(incident)
    if incident.type.crowd:
        raise ValidationError({"note": CROWD})
    return log.write(incident, Kind.NOTE, "Ghi chú", at, words)


def attach(incident, *, upload, checked=None, words="", at):
    """Keep a file with an incident, once its content is what its name says.

    The log stays when the file's name and note go, so it has neither.

    `checked`: what `check_upload()` found, where the caller has asked already. The file is taken
    away again where the transaction fails, which therefore stands inside.
    """
    checked = checked or check_upload(upload)
    with stored(upload) as name, transaction.atomic():
        incident = locked(incident)
        not_closed(incident)
        if incident.type.crowd:
            raise ValidationError({"file": CROWD})
        row = Attachment.objects.create(
            incident=incident,
            file=name,
            name=clean_name(upload.name),
            content_type=checked.content_type,
            size=checked.size,
            sha256=checked.sha256,
            note=words,
        )
        log.write(incident, Kind.FILE, "Thêm tệp", at, row.label)
    return row


@transaction.atomic
def put_away(attachment, *, reason, at):
    """Take a file out: the row stays with the reason, the file itself and its name go."""
    incident = locked(attachment.incident)
    row = Attachment.objects.select_for_update(of=("self",)).get(pk=attachment.pk)
    if row.removed_at:
        raise ValidationError("Tệp này đã bỏ rồi.")
    stored_name = row.file.name
    row.removed_at, row.remove_reason, row.name = at, reason, "Tệp đã bỏ"
    row.save()
    log.write(incident, Kind.FILE, "Bỏ tệp", at, f"{row.label}. {reason}")
    # A file that is being read cannot be deleted on Windows: that is logged, the row is right.
    transaction.on_commit(lambda: row.file.storage.delete(stored_name), robust=True)
    return row


@transaction.atomic
def tell_who(incident, *, party, at):
    """Keep who told of an incident or was harmed, new or mended; the log says that, not who."""
    incident = locked(incident)
    not_closed(incident)
    if incident.type.crowd:
        raise ValidationError("Tụ tập, khiếu kiện: không ghi tên người.")
    new = party.pk is None
    party.incident = incident
    party.save()
    told = IncidentParty.Role(party.role).label.lower()
    log.write(incident, Kind.PARTY, f"{'Ghi' if new else 'Sửa'} {told}", at)
    return party


def locked(incident):
    """Return the incident as it stands, locked until the transaction ends; its kind is not."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("type")
    return rows.get(pk=incident.pk)


def not_closed(incident):
    """Raise ValidationError where an incident is closed."""
    if incident.state == Incident.State.CLOSED:
        raise ValidationError("Vụ việc đã kết thúc: chỉ huy mở lại rồi mới ghi thêm.")
