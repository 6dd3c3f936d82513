"""The owner of a task: an officer of the station, or a body outside it."""


class OwnedFormMixin:
    """Put in front of a form of a task: exactly one owner, an officer or a body."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            self.fields["owner"].offer(self.instance.owner_id)
            for name in ("owner", "owner_body", "due_on"):
                self.fields[name].widget.attrs["data-half"] = ""
            self.fields["owner"].help_text = "Chọn cán bộ, hoặc ghi cơ quan ở ô bên."

    def group_of(self, data):
        """Return the group that the task is about."""
        kept = self.instance.group if self.instance.group_id else None
        return data.get("group") or kept

    def clean(self):
        """A new owner sees what he owns: he has the neighbourhood, or the whole ward."""
        data = super().clean()
        owner, group = data.get("owner"), self.group_of(data)
        new = "owner" in self.changed_data
        if owner and new and group and not owner.scope.holds(group.neighbourhood_id):
            self.add_error("owner", "Cán bộ này không phụ trách tổ dân phố của tổ.")
        return data
