"""Static files that come in Python packages, one by one: none is copied into the repository.

Only the files named in `settings.PACKAGE_STATIC_FILES` are served: whole package folders would
bring eighteen fonts and every flavour of Bootstrap along.
"""

from importlib.resources import files
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage


class PackageFileFinder(BaseFinder):
    def _paths(self):
        for name, (package, inner) in settings.PACKAGE_STATIC_FILES.items():
            yield name, Path(str(files(package) / inner))

    def find(self, path, find_all=False, **kwargs):
        matches = [str(full) for name, full in self._paths() if name == path]
        return matches if find_all else (matches[0] if matches else [])

    def list(self, ignore_patterns):
        for name, full in self._paths():
            storage = FileSystemStorage(location=full.parent)
            storage.prefix = str(Path(name).parent)
            yield full.name, storage
