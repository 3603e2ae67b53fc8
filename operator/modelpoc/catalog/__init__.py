"""models_config → ModelPOC: read, convert, check, render."""

from modelpoc.catalog.catalog import CONFIG, DEFAULT_NAMESPACE, Catalog, Entry, load, load_one, load_text
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.manifest import Format, dump, render

__all__ = [
    "CONFIG",
    "DEFAULT_NAMESPACE",
    "Catalog",
    "Entry",
    "Finding",
    "Format",
    "Severity",
    "dump",
    "load",
    "load_one",
    "load_text",
    "render",
]
