#!/usr/bin/env bash
# test-model.sh NAME: a model's own tests, in its own environment.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

name="$1"
valid_name "$name" || { echo "::error::$name is no name for a model" && exit 1; }
if [ ! -d "models/$name/tests" ]; then
  echo "::notice::models/$name has no tests"
  exit 0
fi
make --no-print-directory test-model MODEL="$name"
