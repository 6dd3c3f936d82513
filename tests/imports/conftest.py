"""What tests of the engine, the pages and the commands share: a small kind, and whom it knows."""

import pytest

from imports.kinds import KINDS
from tests import factories
from tests.imports.partners import PartnersKind


@pytest.fixture
def kind(monkeypatch, settings, tmp_path):
    """Put the small kind in the place of that of people."""
    settings.ATTACHMENTS_DIR = tmp_path / "kept"
    found = PartnersKind()
    monkeypatch.setitem(KINDS, "people", found)
    return found


@pytest.fixture
def known(ward):
    """Two partners that are in the register already."""
    return [
        factories.PartnerFactory(name="Hội Cựu chiến binh", contact_name="Lê Văn An"),
        factories.PartnerFactory(name="Hội Phụ nữ phường", contact_name="Trần Thị Bình"),
    ]
