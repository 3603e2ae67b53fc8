#!/usr/bin/env bash
# Puts `modelpoc`, as this checkout has it, on the PATH of the steps that follow.
set -euo pipefail

uv="$(kind-cluster/setup/uv.sh)"
environment="${UV_PROJECT_ENVIRONMENT:-$PWD/.venv}"
"$uv" sync --frozen --no-dev --quiet
echo "$environment/bin" >>"$GITHUB_PATH"
