"""All of SageMaker's records of one cloud, and how they are found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from localcloud.aws.sagemaker import errors
from localcloud.aws.sagemaker.records import Document, Endpoint, EndpointConfig, Model, Tags

T = TypeVar("T")

MODEL, CONFIG, ENDPOINT = "model", "endpoint-config", "endpoint"
_SPOKEN = {MODEL: "model", CONFIG: "endpoint configuration", ENDPOINT: "endpoint"}
_MOST_TAGS = 50


@dataclass
class Store:
    """Lives on the event loop, so that nothing in it needs a lock. Keys are ARNs: names ignore case there."""

    prefix: str  # arn:<partition>:sagemaker:<region>:<account>:
    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, EndpointConfig] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a thing of that name."""
        return f"{self.prefix}{kind}/{name.lower()}"

    def model(self, name: str) -> Model:
        """ValidationException if there is none."""
        return self._found(self.models, MODEL, name)

    def config(self, name: str) -> EndpointConfig:
        """ValidationException if there is none."""
        return self._found(self.configs, CONFIG, name)

    def endpoint(self, name: str) -> Endpoint:
        """ValidationException if there is none."""
        return self._found(self.endpoints, ENDPOINT, name)

    def find_endpoint(self, name: str) -> Endpoint | None:
        """None if there is none."""
        return self.endpoints.get(self.arn(ENDPOINT, name))

    def new_arn(self, kind: str, name: str) -> str:
        """The ARN of a thing to be made; ValidationException if there is one already."""
        arn = self.arn(kind, name)
        known: dict[str, dict[str, object]] = {
            MODEL: dict(self.models),
            CONFIG: dict(self.configs),
            ENDPOINT: dict(self.endpoints),
        }
        if arn in known[kind]:
            raise errors.exists(_SPOKEN[kind], arn)
        return arn

    def tags(self, arn: str) -> Tags:
        """The tags of a thing, to be changed in place."""
        found: Model | EndpointConfig | Endpoint | None = (
            self.models.get(arn) or self.configs.get(arn) or self.endpoints.get(arn)
        )
        if found is None:
            kind = arn.removeprefix(self.prefix).partition("/")[0]
            raise errors.missing(_SPOKEN.get(kind, "resource"), arn)
        return found.tags

    def _found(self, known: dict[str, T], kind: str, name: str) -> T:
        arn = self.arn(kind, name)
        if arn not in known:
            raise errors.missing(_SPOKEN[kind], arn)
        return known[arn]


def tags_of(request: Document, known: Tags | None = None) -> Tags:
    """The `Tags` member as a dict; refuses what AWS refuses. `known` are there already."""
    given: list[dict[str, str]] = request.get("Tags") or []
    keys = [tag["Key"] for tag in given]
    if any(key.lower().startswith("aws:") for key in keys):
        raise errors.invalid("Tag keys starting with 'aws:' are reserved for system use.")
    if len(set(keys)) != len(keys):
        raise errors.invalid("Duplicate tag keys are not allowed.")
    if len({*keys, *(known or {})}) > _MOST_TAGS:
        raise errors.invalid(f"A resource can have at most {_MOST_TAGS} tags.")
    return {tag["Key"]: tag["Value"] for tag in given}


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """A dict as the `Tags` member."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
