"""Fixtures every test may use. The browser's own stand in tests/browser/conftest.py."""
