"""What a page asks for, read from its HTML: the fields of its forms with what they hold."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass
class Field:
    """One field of a form: its kind, and a value that the page itself offers."""

    kind: str
    value: str = ""


@dataclass
class Form:
    method: str
    path: str
    fields: dict[str, Field] = field(default_factory=dict)


class FormReader(HTMLParser):
    """Collect the forms of the page at `path` in `forms`."""

    def __init__(self, path):
        super().__init__()
        self.path, self.forms = path, []
        self.open = self.select = None

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            action = urlsplit(urljoin(self.path, found.get("action") or self.path)).path
            self.open = Form((found.get("method") or "get").lower(), action)
            self.forms.append(self.open)
        elif self.open is None:
            return
        elif tag in ("input", "select", "textarea", "button") and found.get("name"):
            one = Field(found.get("type", tag), found.get("value") or "")
            one = self.open.fields.setdefault(found["name"], one)
            self.select = one if tag == "select" else None
        elif tag == "option" and self.select and found.get("value"):
            chosen = "selected" in found or not self.select.value
            self.select.value = found["value"] if chosen else self.select.value

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = None


def forms_of(path, html):
    """List the forms of a page."""
    reader = FormReader(path)
    reader.feed(html)
    return reader.forms
