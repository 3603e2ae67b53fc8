"""Which container an invocation goes to: fleets by their share of the moment, variants by their weight."""

from __future__ import annotations

import random

from localcloud.aws.sagemaker import refusals
from localcloud.aws.sagemaker.fleet import Fleet, Variant
from localcloud.aws.sagemaker.records import Endpoint

_chance = random.SystemRandom()


def choose(endpoint: Endpoint, target: str | None) -> tuple[Fleet, Variant]:
    """The next fleet and variant. ValidationError for a target variant that is not there."""
    fleet = _fleet(endpoint)
    if target is None:
        weights = [variant.weight for variant in fleet.variants]
        if sum(weights) <= 0:
            return fleet, fleet.variants[0]
        return fleet, _chance.choices(fleet.variants, weights)[0]
    found = fleet.variant(target)
    if found is None:
        raise refusals.variant_not_found(endpoint.name, target)
    return fleet, found


def _fleet(endpoint: Endpoint) -> Fleet:
    """Turns are counted, not drawn: of few requests, too, each fleet gets its share."""
    assert endpoint.fleet is not None
    green = endpoint.pending.fleet if endpoint.pending else None
    if green is None or endpoint.green_share <= 0:
        endpoint.turns = 0.0
        return endpoint.fleet
    endpoint.turns += endpoint.green_share
    if endpoint.turns >= 1 - 1e-9:
        endpoint.turns -= 1
        return green
    return endpoint.fleet
