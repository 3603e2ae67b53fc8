#!/usr/bin/env bash
# operator-image.sh: builds the operator's image and pushes it, unless its commit's is there already; its digest, by
# which the chart names it, goes into the run's summary. What is in it stands in it, at $parts.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
source "$here/names.sh"
source "$here/registry.sh"

sources=(operator pyproject.toml uv.lock .dockerignore LICENSE README.md)
parts=/usr/share/modelpoc/sbom.json

# One image, not an index: what is pushed is what the digest names.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1

version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1
}

build() {
  docker build --pull --platform linux/amd64 --file operator/Dockerfile --tag "$1" \
    --build-arg "VERSION=$(version)" \
    --build-arg "REVISION=$commit" \
    --build-arg "CREATED=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd "$commit")" \
    --build-arg "SOURCE=${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY" \
    .
}

# An image that cannot say what is in it, or does not start, is not pushed.
check() {
  docker run --rm --network none --read-only "$1" --version
  docker run --rm --network none --read-only --entrypoint cat "$1" "$parts" | python3 -c '
import json, sys
parts = json.load(sys.stdin)["components"]
print(len(parts), "parts are listed")
sys.exit(not parts)
'
}

commit="$(git log -1 --format=%H -- "${sources[@]}")"
registry="$(registry)"
repository="${ECR_PREFIX:-modelpoc}-operator"
image="$registry/$repository:$commit"
digest="$(digest_of "$repository" "$commit")"
if [ -z "$digest" ]; then
  ensure_repository "$repository"
  log_in_to "$registry"
  build "$image"
  check "$image"
  docker push "$image" || echo "the push was refused; looking for the image all the same" >&2
  digest="$(digest_of "$repository" "$commit")"
fi
[ -n "$digest" ] || { echo "::error::$image was not pushed" && exit 1; }
echo "modelpoc $(version): $registry/$repository@$digest" | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
