"""What a POC may be called, and what comes nearest to a name that it may not have."""

from __future__ import annotations

import re
import unicodedata

from modelpoc.api.meta import DNS_LABEL

LONGEST = 63
"""Of a DNS label. All names in AWS are cut to fit, and so is the longest default path (126 characters)."""


def is_good(name: str) -> bool:
    return re.fullmatch(DNS_LABEL, name) is not None


def proposed(name: str) -> str:
    """`Experience_Linker v2` as `experience-linker-v2`; "" when nothing of it can stay."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")


def objection(name: str) -> str:
    """What is wrong with `name`, and the name to use; "" when nothing is."""
    if is_good(name):
        return ""
    instead = (
        f': call it "{better}"' if (better := proposed(name)) else ": give it a name of a-z, 0-9 and '-'"
    )
    return f'"{name}" cannot name a POC: {_why(name)}{instead}'


def _why(name: str) -> str:
    reasons = (
        (len(name) > LONGEST, f"{len(name)} characters are more than {LONGEST}"),
        ("_" in name, "'-' separates words, not '_'"),
        ("." in name, "'-' separates words, not '.'"),
        (any(c.isspace() for c in name), "'-' separates words, not a space"),
        (any(c.isupper() for c in name), "capitals do not go into a URL"),
        (name.startswith("-") or name.endswith("-"), "'-' stands between words only"),
    )
    return next((words for holds, words in reasons if holds), "only a-z, 0-9 and '-' are allowed")
