#!/usr/bin/env bash
# plan.sh FILE: what merging would change in AWS, for each of POCS (JSON list), as markdown into FILE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

file="$1" failed=0
words=()
[ -z "${NAMESPACE:-}" ] || words+=(--namespace "$NAMESPACE")

{
  echo "## Plan"
  echo
  echo "What merging this would change in AWS, as the operator sees it now."
} >"$file"
for name in $(names_in "$POCS"); do
  valid_name "$name" || { echo "::error::$name is no name for a POC" && exit 1; }
  printf '\n### %s\n\n' "$name" >>"$file"
  code=0
  # 0: no change, 2: changes; anything else: it could not be planned.
  modelpoc plan "$name" --output markdown ${words[@]+"${words[@]}"} >plan.out 2>plan.err || code=$?
  cat plan.out >>"$file"
  if [ "$code" != 0 ] && [ "$code" != 2 ]; then
    failed=1
    echo "::error file=models_config/$name/config.yaml::$(head -n 1 plan.err)"
    { echo "No plan could be made:" && echo && sed 's/^/    /' plan.err; } >>"$file"
  fi
done
rm -f plan.out plan.err
cat "$file"
exit "$failed"
