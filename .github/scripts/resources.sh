#!/usr/bin/env bash
# resources.sh check ACTION NAME: whether the inputs make sense
#   apply NAME     what models_config says, applied, until it answers
#   destroy NAME   everything in AWS but logs and secrets taken away; apply brings it back
#   remove NAME    the object too: its configuration has left the repository
#   deploy NAME    what the branch now says, serving: by whoever DEPLOY says deploys (`sync` or `apply`)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

words=()
[ -z "${NAMESPACE:-}" ] || words+=(--namespace "$NAMESPACE")
kubectl_words=("${words[@]+"${words[@]}"}")

check() {
  [[ "$1" == apply || "$1" == destroy ]] || { echo "::error::action: apply or destroy, not '$1'" && exit 1; }
  # What is left in the cluster can go without a configuration.
  if ! valid_name "$2" || { [ "$1" = apply ] && [ ! -f "models_config/$2/config.yaml" ]; }; then
    echo "::error::there is no POC '${2//[^a-zA-Z0-9._-]/?}' in models_config; there are: $(find models_config -mindepth 2 -maxdepth 2 -name config.yaml -printf '%h\n' | sed 's|.*/||' | sort | paste -sd' ')"
    exit 1
  fi
}

# `modelpoc sync` says at each object which commit it came from.
wait_for_sync() {
  local commit deadline
  commit="$(git log -1 --format=%H -- "models_config/$1")"
  deadline=$((SECONDS + ${SYNC_TIMEOUT:-900}))
  echo "waiting until the cluster has $1 of commit $commit"
  until [ "$(kubectl get modelpoc "$1" "${kubectl_words[@]+"${kubectl_words[@]}"}" \
    --output 'jsonpath={.metadata.annotations.modelpoc\.dev/commit}' --ignore-not-found)" = "$commit" ]; do
    if ((SECONDS > deadline)); then
      echo "::error::the cluster does not have $commit of $1 yet: does \`modelpoc sync\` run there?"
      exit 1
    fi
    sleep 5
  done
  kubectl wait "modelpoc/$1" "${kubectl_words[@]+"${kubectl_words[@]}"}" --for=condition=Ready --timeout=20m
}

action="$1"
case "$action" in
  check) check "$2" "$3" ;;
  apply) check apply "$2" && modelpoc apply "$2" --no-build ${words[@]+"${words[@]}"} ;;
  destroy) check destroy "$2" && modelpoc destroy "$2" ${words[@]+"${words[@]}"} ;;
  remove) check destroy "$2" && modelpoc destroy "$2" --delete --yes ${words[@]+"${words[@]}"} ;;
  deploy)
    check apply "$2"
    if [ "${DEPLOY:-sync}" = apply ]; then
      modelpoc apply "$2" --no-build ${words[@]+"${words[@]}"}
    else
      wait_for_sync "$2"
    fi
    ;;
  *) echo "usage: resources.sh check|apply|destroy|remove|deploy NAME" >&2 && exit 2 ;;
esac
