"""An IAM role: what a POC's containers act as, when its platform gives each POC a role of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from modelpoc.aws import role_policy, role_rights, tags
from modelpoc.aws.permission import NAMED, Condition, Permission, of, passes, reads
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone, NotYet, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Phase, Resource, State

_OWN = ("arn:{partition}:iam::{account}:role/modelpoc/{region}/{owner}/*",)
_NAMED = (f"arn:{{partition}}:iam::{{account}}:role/{NAMED}",)
"""Of a role that is not there IAM does not know the path, and somebody else's of our name has another."""
_BOUNDED = Condition("StringEquals", "iam:PermissionsBoundary", ("{boundary}",))
"""Whoever could give rights to a role without a boundary could give itself any."""
PERMISSIONS = (
    reads("iam:ListRoles"),
    reads(*of("iam", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"), on=_NAMED),
    Permission(of("iam", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"), _OWN, (_BOUNDED,)),
    Permission(
        of("iam", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "TagRole", "UntagRole",
           "UpdateAssumeRolePolicy", "UpdateRole"),
        _OWN,
    ),
    passes("ecs-tasks.amazonaws.com", *_OWN),
)  # fmt: skip

NEW = State(Phase.SETTLING, "NewRole", "AWS takes some seconds to know a new role everywhere")


def path(region: str, fleet: str = "") -> str:
    """`/modelpoc/<region>/<ownerId>/`; without `fleet`, what all in the region begin with.

    Roles belong to the whole account, and platforms of two regions may have one ownerId.
    """
    return f"/modelpoc/{region}/{fleet}/" if fleet else f"/modelpoc/{region}/"


@dataclass(frozen=True, kw_only=True)
class Role(Resource):
    """`name` has at most 64 characters and is the account's, whatever the path."""

    kind: ClassVar[str] = "Role"
    path: str
    """As `path` makes it."""
    trust: role_policy.Statements
    """Who may take it on."""
    policy: role_policy.Statements
    """What it may do: its one inline policy, at most 10,240 characters."""
    boundary: str
    """ARN of the policy that it cannot go beyond, whatever its own says."""
    beside: tuple[str, ...] = ()
    """Whatever else gives it rights: names of inline policies, ARNs of attached ones. None shall."""
    mark: str
    """The owner, at the beginning of the description: ListRoles tells no tags."""
    tags: Mapping[str, str] = field(default_factory=dict)


class RoleKind(BaseKind[Role, AwsScope]):
    """Its id is its ARN.

    IAM is one for all regions, and what is written to it takes seconds to be known everywhere: ECS starts no
    task with a role that it does not know. So a new one is Settling for `scope.new_role_seconds`, which costs
    no call.
    """

    kind = "Role"
    fast = frozenset({"trust", "mark"})
    deep = frozenset({"policy", "boundary", "beside", "tags"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(want, have)
            case "policy" | "trust":
                return role_policy.same(want, have)
            case _:
                return bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed] | None:
        """One call for all. An operator that may not list roles has made none: it goes by what it knows."""
        pages = scope.pages("iam", "ListRoles", PathPrefix=path(scope.region), MaxItems=1000)
        try:
            found = [role async for page in pages for role in page["Roles"]]
        except Stall:
            return None
        return [observed(scope, role) for role in found if named_like_ours(role["RoleName"])]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(self._read(scope, name, deep) for name in names))
        return {have.name: have for have in found if have}

    async def create(self, scope: AwsScope, want: Role) -> Observed:
        have = observed(scope, await _created(scope, want), policy={}, beside=(), tags=dict(want.tags))
        # Known from here on, so that a failure of the next call leaves only a field to mend.
        scope.inventory.wrote(have)
        try:
            return await _put_policy(scope, want, have)
        except Gone as error:  # not everywhere visible yet
            raise NotYet(str(error)) from error

    async def update(
        self, scope: AwsScope, want: Role, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        """The boundary first: without it we may not write the rest."""
        changed = {c.field for c in changes}
        for name, mend in _MENDING.items():
            if name in changed:
                have = await mend(scope, want, have)
                scope.inventory.wrote(have)
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """AWS deletes a role only without policies. Those of others are looked for when it refuses."""
        await role_rights.take_off(scope, have.name, (role_rights.POLICY,))
        try:
            await scope.call("iam", "DeleteRole", RoleName=have.name)
        except NotYet:
            await role_rights.take_off(scope, have.name, await role_rights.beside(scope, have.name))
            await scope.call("iam", "DeleteRole", RoleName=have.name)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        keys = sorted(tags.OURS & have.fields.get("tags", dict.fromkeys(tags.OURS)).keys())
        await scope.call("iam", "UntagRole", RoleName=have.name, TagKeys=keys)
        await scope.call("iam", "UpdateRole", RoleName=have.name, Description="")

    async def _read(self, scope: AwsScope, name: str, deep: bool) -> Observed | None:
        known = scope.inventory.get(self.kind, name)
        if known and not deep and _still_new(scope, known) and not scope.inventory.doubted(self.kind, name):
            return known
        try:
            role = (await scope.call("iam", "GetRole", RoleName=name))["Role"]
            have = observed(scope, role, tags=tags.from_list(role.get("Tags")))
            return with_fields(have, **await role_rights.rights(scope, name)) if deep else have
        except Gone:
            return None


def observed(scope: AwsScope, role: Mapping[str, Any], **more: Any) -> Observed:
    """One role, in the words of `Role`. ListRoles leaves out boundary and tags; `more` says what is known
    besides."""
    arn, made = role["Arn"], role["CreateDate"]
    mark = (role.get("Description") or "").partition(" ")[0]
    fields = {"trust": role_policy.read(role["AssumeRolePolicyDocument"]), "mark": mark, **more}
    if "tags" in more:
        fields["boundary"] = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    return Observed(
        Role.kind,
        role["RoleName"],
        id=arn,
        fields=fields,
        attrs={"arn": arn, "id": arn, "made": made},
        owner=Mark.parse(mark),
        state=NEW if _is_new(scope, made) else State(),
    )


def _is_new(scope: AwsScope, made: datetime) -> bool:
    """By AWS's clock against ours: should they differ by more, no role is ever waited for in vain."""
    return abs((datetime.now(UTC) - made).total_seconds()) < scope.new_role_seconds


def _still_new(scope: AwsScope, have: Observed) -> bool:
    return have.state.phase is Phase.SETTLING and _is_new(scope, have.attrs["made"])


def _description(want: Role) -> str:
    return f"{want.mark} What this POC's containers act as. Made by modelpoc."


async def _created(scope: AwsScope, want: Role) -> Mapping[str, Any]:
    try:
        answer = await scope.call(
            "iam",
            "CreateRole",
            RoleName=want.name,
            Path=want.path,
            AssumeRolePolicyDocument=role_policy.written(want.trust),
            Description=_description(want),
            PermissionsBoundary=want.boundary,
            Tags=tags.to_list(want.tags),
        )
    except Gone as error:
        raise role_rights.no_boundary(want.boundary, error) from error
    # IAM's answer to a creation does not say all.
    told = {
        "Description": _description(want),
        "PermissionsBoundary": {"PermissionsBoundaryArn": want.boundary},
    }
    trust = {"AssumeRolePolicyDocument": {"Statement": [{"Sid": s, **r} for s, r in want.trust.items()]}}
    return {**answer["Role"], **told, **trust}


# what is put right, each by itself


async def _put_boundary(scope: AwsScope, want: Role, have: Observed) -> Observed:
    await role_rights.put_boundary(scope, have.name, want.boundary)
    return with_fields(have, boundary=want.boundary)


async def _put_policy(scope: AwsScope, want: Role, have: Observed) -> Observed:
    await role_rights.put_policy(scope, have.name, want.policy)
    return with_fields(have, policy=want.policy)


async def _put_trust(scope: AwsScope, want: Role, have: Observed) -> Observed:
    document = role_policy.written(want.trust)
    await scope.call("iam", "UpdateAssumeRolePolicy", RoleName=have.name, PolicyDocument=document)
    return with_fields(have, trust=want.trust)


async def _clear(scope: AwsScope, want: Role, have: Observed) -> Observed:
    await role_rights.take_off(scope, have.name, have.fields["beside"])
    return with_fields(have, beside=())


async def _put_mark(scope: AwsScope, want: Role, have: Observed) -> Observed:
    await scope.call("iam", "UpdateRole", RoleName=have.name, Description=_description(want))
    return replace(with_fields(have, mark=want.mark), owner=Mark.parse(want.mark))


async def _retag(scope: AwsScope, want: Role, have: Observed) -> Observed:
    old = have.fields["tags"]
    off, on = tags.surplus(want.tags, old), tags.missing(want.tags, old)
    if off:
        await scope.call("iam", "UntagRole", RoleName=have.name, TagKeys=off)
    if on:
        await scope.call("iam", "TagRole", RoleName=have.name, Tags=tags.to_list(on))
    return with_fields(have, tags={**{k: v for k, v in old.items() if k not in off}, **on})


_MENDING = {
    "mark": _put_mark,
    "boundary": _put_boundary,
    "beside": _clear,
    "policy": _put_policy,
    "trust": _put_trust,
    "tags": _retag,
}
