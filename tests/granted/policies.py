"""What the roles of a local account may do: what `modelpoc iam-policy` prints, without a process for each."""

from __future__ import annotations

from localcloud.context import CloudConfig
from modelpoc.aws import policy
from modelpoc.aws.policy import Where

Documents = dict[str, policy.Document]
BUCKET = "models"
_ROLES = ("operator", "execution", "task", "sagemaker", "function", "boundary")


def of_account() -> Documents:
    """Of all roles, as `modelpoc local up` gives them."""
    return {f"modelpoc-{role}": _document(role) for role in _ROLES}


def of_operator(*, anywhere: bool = False) -> Documents:
    """Of the operator alone. `anywhere`: with every bucket, as when no platform is named."""
    return {"modelpoc-operator": _document("operator", () if anywhere else (BUCKET,))}


def beside(listener: str, balancer: str) -> policy.Document:
    """The operator's, when a platform names a listener and a load balancer that are not its own."""
    named = Where(
        account=(CloudConfig.account,),
        region=(CloudConfig.region,),
        bucket=(BUCKET,),
        listener=(listener,),
        load_balancer=(balancer,),
    )
    return policy.document("operator", named)


def _document(role: str, bucket: tuple[str, ...] = (BUCKET,)) -> policy.Document:
    where = Where(account=(CloudConfig.account,), region=(CloudConfig.region,), bucket=bucket)
    return policy.document(role, where)
