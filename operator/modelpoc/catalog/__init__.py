"""models_config → ModelPOC: read, convert, check, render."""

from modelpoc.catalog.catalog import CONFIG, DEFAULT_NAMESPACE, Catalog, Entry, load, load_one
from modelpoc.catalog.finding import Finding
from modelpoc.catalog.manifest import Format, dump, render

__all__ = [
    "CONFIG",
    "DEFAULT_NAMESPACE",
    "Catalog",
    "Entry",
    "Finding",
    "Format",
    "dump",
    "load",
    "load_one",
    "render",
]
