"""What a POC's containers act as: the role that it names, the platform's, or one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws import role_policy, tags
from modelpoc.aws.existing_secret import ExistingSecret
from modelpoc.aws.role import Role, path
from modelpoc.desired.names import Named, partition
from modelpoc.desired.secrets import base_arn, owned_within, secret_refs
from modelpoc.reconcile.resource import Ref

LONGEST = 64
"""Of a role's name ("CreateRole", IAM API reference)."""
_SUFFIXED = re.compile(r"-[A-Za-z0-9]{6}")
"""How AWS ends the ARN of a secret."""


def own_role(poc: ModelPOC, platform: ModelPlatform, named: Named) -> Role | None:
    """The POC's own role, where the platform gives each POC one and the POC names no other."""
    shared, spec = platform.spec.ecs, platform.spec
    given = poc.spec.ecs.task_role_arn if poc.spec.ecs else None
    if shared is None or shared.task_role is None or given:
        return None
    place = (partition(spec.region), spec.region, spec.account_id)
    # Roles are the account's: the region makes the name another one.
    name = named.name(LONGEST, spec.region)
    own = named.tags(name)
    return Role(
        name=name,
        path=path(spec.region, platform.owner_id),
        trust=role_policy.trust(*place),
        policy=role_policy.reading(
            *place,
            bucket=spec.artifacts.bucket,
            prefix=f"{poc.metadata.name}/",
            secrets=_secrets(poc, named, place),
            parameters=sorted({r.ssm_parameter_arn for r in secret_refs(poc) if r.ssm_parameter_arn}),
        ),
        boundary=shared.task_role.per_poc.permissions_boundary_arn,
        mark=own[tags.MARK],
        tags=own,
    )


def _secrets(poc: ModelPOC, named: Named, place: tuple[str, str, str]) -> Iterable[str | Ref]:
    """ARNs of its secrets. The copies that the operator keeps are named by what they begin with: AWS gives
    each a suffix, and another one when it is made again."""
    if any(ref.secret_key_ref for ref in secret_refs(poc)):
        yield f"arn:{place[0]}:secretsmanager:{place[1]}:{place[2]}:secret:{owned_within(named)}/*"
    given = {base_arn(r.secrets_manager_arn) for r in secret_refs(poc) if r.secrets_manager_arn}
    # As AWS tells it: people may leave its suffix out.
    yield from (Ref(ExistingSecret.kind, arn) for arn in sorted(given))


def policy_length(role: Role) -> int:
    """Characters of its inline policy as IAM counts them, with the ARNs that AWS will tell."""
    statements = {sid: _told(statement) for sid, statement in role.policy.items()}
    return len("".join(role_policy.written(statements).split()))


def _told(statement: Mapping[str, Any]) -> dict[str, Any]:
    named = [_arn(one) if isinstance(one, Ref) else one for one in statement["Resource"]]
    return {**statement, "Resource": named}


def _arn(secret: Ref) -> str:
    return secret.name if _SUFFIXED.fullmatch(secret.name[-7:]) else f"{secret.name}-??????"
