"""Names and ARNs of functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.aws.lambda_.errors import function_not_found, invalid

# `name`, `<account>:function:name`, or the ARN; each with or without a qualifier.
_REFERENCE = re.compile(
    r"(?:arn:[\w-]+:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[$\w-]+))?"
)
LONGEST_NAME = 64
LATEST = "$LATEST"


@dataclass(frozen=True)
class Names:
    """Makes and reads the ARNs of one account and region."""

    partition: str
    region: str
    account: str

    def arn(self, name: str) -> str:
        """The ARN of a function, without qualifier."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{name}"

    def name_of(self, reference: str, qualifier: str | None = None) -> str:
        """The name that a reference means here.

        Raises `AwsError` ResourceNotFoundException for another account, region or a version that is not
        `$LATEST`: versions and aliases are never made here.
        """
        found = _REFERENCE.fullmatch(reference)
        if not found:
            raise invalid(f"Invalid function name: {reference}")
        asked = qualifier or found["qualifier"]
        arn = self.arn(found["name"])
        if asked not in (None, LATEST):
            raise function_not_found(f"{arn}:{asked}")
        if found["region"] not in (None, self.region) or found["account"] not in (None, self.account):
            raise function_not_found(reference)
        return found["name"]
