#!/usr/bin/env bash
# changed.sh BASE | --only NAME: which models and POCs differ between BASE and HEAD. Outputs, JSON lists all:
#   pocs     names whose model or configuration changed
#   gone     names whose configuration left
#   images   {name, runner} of changed models; public and private are the same, parted by where their base image is
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

# A push tells nothing of before when the branch is new or was forced: then everything counts as changed.
changed_paths() {
  if git cat-file -e "$1^{commit}" 2>/dev/null; then
    git diff --name-only --no-renames "$1" HEAD -- models models_config
  else
    git ls-files -- models models_config
  fi
}

# Folders right below models/ or models_config/ that the paths on stdin lie in.
folders() {
  sed -n "s|^$1/\([^/]*\)/.*|\1|p" | sort -u
}

runner_of() {
  if grep -Eqs '^[[:space:]]*architecture:[[:space:]]*"?ARM64' "models_config/$1/config.yaml"; then
    echo ubuntu-24.04-arm
  else
    echo ubuntu-24.04
  fi
}

has_private_base() {
  grep -Eqi '^[[:space:]]*(FROM|ARG)[[:space:]].*\.dkr\.ecr\.' "models/$1/Dockerfile"
}

output() {
  echo "$1=$2" | tee -a "$GITHUB_OUTPUT"
}

if [ "$1" = --only ]; then
  paths="$(printf '%s\n' "models/$2/." "models_config/$2/.")"
else
  paths="$(changed_paths "$1")"
fi
# Digests that a run of ours recorded: their images are there, and that run deploys them.
if [ -n "$(git log -1 --format='%(trailers:key=Images-Of,valueonly)')" ] && [ -z "$(folders models <<<"$paths")" ]; then
  paths=""
fi

pocs=() gone=() images=() public=() private=()
for name in $( (folders models <<<"$paths"; folders models_config <<<"$paths") | sort -u); do
  if ! valid_name "$name"; then
    echo "::warning::$name is no name for a POC; it is left out. \`modelpoc validate\` says why."
    continue
  fi
  if [ -f "models_config/$name/config.yaml" ]; then
    pocs+=("$name")
  elif folders models_config <<<"$paths" | grep -Fqx "$name"; then
    gone+=("$name")
  fi
  if folders models <<<"$paths" | grep -Fqx "$name" && [ -f "models/$name/Dockerfile" ]; then
    image="{\"name\": \"$name\", \"runner\": \"$(runner_of "$name")\"}"
    images+=("$image")
    if has_private_base "$name"; then private+=("$image"); else public+=("$image"); fi
  fi
done

joined() {
  local IFS=,
  echo "[$*]"
}
output pocs "$(json_list ${pocs[@]+"${pocs[@]}"})"
output gone "$(json_list ${gone[@]+"${gone[@]}"})"
output images "$(joined ${images[@]+"${images[@]}"})"
output public "$(joined ${public[@]+"${public[@]}"})"
output private "$(joined ${private[@]+"${private[@]}"})"
