#!/usr/bin/env bash
# image.sh build|publish NAME: builds a model's image; `publish` also pushes it, unless its commit's is there already.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
source "$here/names.sh"
source "$here/registry.sh"

action="$1" name="$2"
valid_name "$name" || { echo "::error::$name is no name for a model" && exit 1; }

# Without attestations the push is one image, not an index, which SageMaker and Lambda refuse.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1

platform() {
  if grep -Eqs '^[[:space:]]*architecture:[[:space:]]*"?ARM64' "models_config/$name/config.yaml"; then
    echo linux/arm64
  else
    echo linux/amd64
  fi
}

# Registries of AWS that base images come from answer to whoever has logged in to them.
log_in_for_bases() {
  local bases base
  bases="$(grep -Eoi '[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?' "models/$name/Dockerfile" | sort -u || true)"
  for base in $bases; do log_in_to "$base"; done
}

build() {
  docker build --pull --platform "$(platform)" --tag "$1" \
    --label "org.opencontainers.image.revision=$(tag_of "$name")" "models/$name"
}

publish() {
  local registry repository tag digest
  registry="$(registry)"
  repository="$(repository_of "$name")"
  tag="$(tag_of "$name")"
  digest="$(digest_of "$repository" "$tag")"
  if [ -z "$digest" ]; then
    ensure_repository "$repository"
    log_in_for_bases
    log_in_to "$registry"
    build "$registry/$repository:$tag"
    # Another run may have pushed the same commit meanwhile: the tag cannot be pushed twice, and need not be.
    docker push "$registry/$repository:$tag" || echo "the push was refused; looking for the image all the same" >&2
    digest="$(digest_of "$repository" "$tag")"
  fi
  [ -n "$digest" ] || { echo "::error::$registry/$repository:$tag was not pushed" && exit 1; }
  echo "$name: $registry/$repository:$tag is $digest"
}

case "$action" in
  build)
    log_in_for_bases
    build "modelpoc/$name:pull-request"
    ;;
  publish) publish ;;
  *) echo "usage: image.sh build|publish NAME" >&2 && exit 2 ;;
esac
