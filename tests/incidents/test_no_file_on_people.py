"""An incident must never become a file on a person or a family."""

import pytest
from django.apps import apps

from households.models import Household, Resident
from incidents.models import Incident, IncidentType

PEOPLE = {Resident, Household}


@pytest.mark.parametrize("model", list(apps.get_app_config("incidents").get_models()))
def test_no_key_leads_to_a_resident_or_household(model):
    for field in model._meta.get_fields(include_hidden=True):
        assert field.related_model not in PEOPLE, field
        assert "households" not in str(getattr(field, "related_model", "")), field


@pytest.mark.parametrize("model", list(apps.get_app_config("households").get_models()))
def test_nothing_of_households_leads_to_an_incident(model):
    for field in model._meta.get_fields(include_hidden=True):
        assert field.related_model not in {Incident, IncidentType}, field


def test_an_incident_has_no_place_for_names_files_or_pictures():
    names = {f.name for f in Incident._meta.get_fields()}
    assert not {n for n in names for part in ("person", "name", "victim", "reporter") if part in n}
    kinds = {f.get_internal_type() for f in Incident._meta.concrete_fields}
    assert not kinds & {"FileField", "ImageField", "JSONField"}
