#!/usr/bin/env bash
# plan.sh FILE: what merging would change in AWS, for each of POCS (JSON list), as markdown into FILE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

file="$1"
words=()
[ -z "${NAMESPACE:-}" ] || words+=(--namespace "$NAMESPACE")
names="$(names_in "$POCS")"
for name in $names; do
  valid_name "$name" || { echo "::error::$name is no name for a POC" && exit 1; }
done

errors="$(mktemp)"
trap 'rm -f "$errors"' EXIT
{
  echo "### What merging this changes in AWS"
  echo
  # 0: no change, 2: changes; anything else: something speaks against it.
  code=0
  # shellcheck disable=SC2086 # names are plain words, one for each argument
  modelpoc plan $names --output markdown ${words[@]+"${words[@]}"} 2>"$errors" || code=$?
  if [ -s "$errors" ] && [ "$code" = 1 ]; then
    echo
    sed 's/^/    /' "$errors"
  fi
  echo
  echo "As the operator sees it now. Images of changed models are built after the merge and are not in it yet."
} >"$file"
cat "$file" "$errors"
if [ "$code" != 0 ] && [ "$code" != 2 ]; then
  echo "::error::the POCs cannot be had as their configurations ask: see the comment"
  exit 1
fi
