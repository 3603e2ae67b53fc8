"""The pages of `docs/reference`, as they follow from the code."""

from __future__ import annotations

from collections.abc import Mapping

from docs.site.actions import actions_page
from docs.site.commands import commands_page
from docs.site.fields import fields_page

from modelpoc.api.crd import inlined
from modelpoc.api.modelplatform import ModelPlatformSpec, ModelPlatformStatus
from modelpoc.api.modelpoc import ModelPOCSpec, ModelPOCStatus
from modelpoc.catalog.older import OlderConfig

_CONFIG = """\
# config.yaml, field by field

`models_config/<name>/config.yaml` holds these fields and nothing else. The same stand below `spec` of a
`ModelPOC`. Only one of [`ecs`](#ecs) and [`sagemaker`](#sagemaker) must be there, with what it says it needs.

`modelpoc validate` and the cluster check the same rules and use the same words. In a cluster,
`kubectl explain modelpoc.spec` shows this page too.
"""
_PLATFORM = """\
# ModelPlatform, field by field

The `spec` of a `ModelPlatform`: one AWS account and region, what its POCs share there, and what they may ask
for. [Run it on your AWS account](../aws-account.md) shows a whole one.
"""
_STATUS = """\
# Status of a ModelPOC, field by field

What the operator writes into the `status` of a `ModelPOC`. [Conditions](../conditions.md) says what the
conditions mean together, and [Troubleshooting](../troubleshooting.md) has a paragraph for each reason.
"""
_PLATFORM_STATUS = """\
# Status of a ModelPlatform, field by field

What the operator writes into the `status` of a `ModelPlatform`. [Conditions](../conditions.md) says what the
conditions mean together.
"""
_OLDER = """\
# The older form of config.yaml

A file with `app:` at its top is of the older form. It is read everywhere a config is, and means what the
right side says. `modelpoc migrate` rewrites it.

| older | now |
|---|---|
| `app.container.image` | [`ecs.image`](config.md#ecsimage) |
| `app.container.run_time.env` | [`ecs.env`](config.md#ecsenv) |
| `app.container.run_time.secrets` | [`ecs.secrets`](config.md#ecssecrets), `value` as `ssmParameterArn` |
| `app.port_mapping.port` | [`ecs.port`](config.md#ecsport) |
| `routing.priority` | [`route.priority`](config.md#routepriority) |
"""


def reference() -> Mapping[str, str]:
    """Each page as Markdown, by its name in `docs/reference`."""
    return {
        "config.md": fields_page(_CONFIG, inlined(ModelPOCSpec)),
        "older-form.md": fields_page(_OLDER, inlined(OlderConfig)),
        "platform.md": fields_page(_PLATFORM, inlined(ModelPlatformSpec)),
        "status.md": fields_page(_STATUS, inlined(ModelPOCStatus)),
        "platform-status.md": fields_page(_PLATFORM_STATUS, inlined(ModelPlatformStatus)),
        "commands.md": commands_page(),
        "aws-actions.md": actions_page(),
    }
