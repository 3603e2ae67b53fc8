#!/usr/bin/env bash
# Commits the digests of IMAGES (JSON list of {name}) into models_config on BRANCH. The change is made afresh on the
# newest commit at every try, so that merges that run side by side never conflict.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/names.sh"
source "$here/registry.sh"

tries="${RECORD_TRIES:-8}"
built="$(git rev-parse HEAD)"
declare -A references=() tags=()

# Git takes the token from its environment: neither a file nor a command line shows it.
if [ -n "${TOKEN:-}" ]; then
  export GIT_CONFIG_COUNT=1
  export GIT_CONFIG_KEY_0="http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader"
  GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 --wrap=0)"
  export GIT_CONFIG_VALUE_0
fi

find_images() {
  local registry name repository tag digest
  registry="$(registry)"
  for name in $(names_in "$IMAGES"); do
    repository="$(repository_of "$name")"
    tag="$(tag_of "$name")"
    digest="$(digest_of "$repository" "$tag")"
    if [ -z "$digest" ]; then
      echo "::warning::$name: there is no image of commit $tag; its configuration stays as it is."
      continue
    fi
    references[$name]="$registry/$repository@$digest"
    tags[$name]="$tag"
  done
}

set_images() {
  local name
  for name in "${!references[@]}"; do
    if [ ! -f "models_config/$name/config.yaml" ]; then
      echo "$name has left the branch meanwhile"
    elif [ "$(tag_of "$name")" != "${tags[$name]}" ]; then
      echo "$name has a newer commit on the branch, whose own run records its image"
    elif ! grep -Fq "${references[$name]}" "models_config/$name/config.yaml"; then
      modelpoc set-image "$name" "${references[$name]}"
    fi
  done
}

# The trailer and the mark keep this commit from starting another build, whosever token pushes it.
commit() {
  git -c user.name='github-actions[bot]' \
    -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
    commit --quiet --message "Record images of $(printf '%s\n' "${!references[@]}" | sort | paste -sd' ') [skip actions]" \
    --trailer "Images-Of: $built" -- models_config
}

find_images
if [ ${#references[@]} = 0 ]; then
  echo "no image to record"
  exit 0
fi
for ((try = 1; try <= tries; try++)); do
  git fetch --quiet origin "$BRANCH"
  git checkout --quiet --detach FETCH_HEAD
  set_images
  if git diff --quiet -- models_config; then
    echo "$BRANCH names these images already"
    exit 0
  fi
  commit
  if git push --quiet origin "HEAD:refs/heads/$BRANCH"; then
    echo "recorded in $(git rev-parse HEAD)"
    exit 0
  fi
  echo "$BRANCH moved on while the digests were committed (try $try of $tries)" >&2
  [ "$try" = "$tries" ] || sleep "$((RANDOM % 3 + try))"
done
echo "::error::the digests could not be pushed to $BRANCH: may this workflow push there? See docs/workflows.md."
exit 1
