"""Every address of the portal, read from the URL resolver: tests meet new pages by themselves."""

from dataclasses import dataclass

from django.urls import URLPattern, get_resolver, reverse

from kylien.core.records import RecordView, Role, ScopedMixin


@dataclass(frozen=True)
class Route:
    """One address: its pattern from the root, its full name (`admin:index`), and what answers."""

    pattern: str
    name: str
    callback: object
    parameters: tuple[str, ...]

    @property
    def view_class(self):
        return getattr(self.callback, "view_class", None)

    @property
    def role(self):
        return getattr(self.callback, "role", None)

    @property
    def is_record(self):
        return isinstance(self.view_class, type) and issubclass(self.view_class, RecordView)

    @property
    def is_scoped(self):
        return isinstance(self.view_class, type) and issubclass(self.view_class, ScopedMixin)

    @property
    def verb(self):
        """Return the verb that a page of records asks for."""
        return self.role.verb if self.is_record else self.view_class.verb

    @property
    def permission(self):
        meta = self.view_class.model._meta
        return f"{meta.app_label}.{self.verb}_{meta.model_name}"

    @property
    def list_address(self):
        """Return the address of a list; of the list of a sector that of the karaoke bars."""
        return reverse(self.name, kwargs=dict.fromkeys(self.parameters, "karaoke"))

    def __str__(self):
        return self.name or self.pattern


def every_route(resolver=None, prefix="", namespace="", parameters=()):
    """List all routes, those of included urlconfs too."""
    found = []
    for item in (resolver or get_resolver()).url_patterns:
        pattern = prefix + str(item.pattern)
        names = (*parameters, *item.pattern.converters, *item.pattern.regex.groupindex)
        names = tuple(dict.fromkeys(names))
        if isinstance(item, URLPattern):
            name = f"{namespace}{item.name}" if item.name else ""
            found.append(Route(pattern, name, item.callback, names))
        else:
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            found.extend(every_route(item, pattern, inner, names))
    return found


def record_routes(*roles):
    """List the routes of the record mechanism, of some roles of theirs if named."""
    wanted = roles or tuple(Role)
    return [route for route in every_route() if route.is_record and route.role in wanted]
