# shellcheck shell=bash
# To be sourced: where images lie. A POC has a repository of its own, a commit of its model a tag of its own.

registry() {
  local account
  account="$(aws sts get-caller-identity --query Account --output text)"
  echo "$account.dkr.ecr.$AWS_REGION.amazonaws.com"
}

repository_of() {
  echo "${ECR_PREFIX:-modelpoc}/$1"
}

# The last commit that touched the model, in the history of $2 (default HEAD).
tag_of() {
  git log -1 --format=%H "${2:-HEAD}" -- "models/$1"
}

# The digest behind a tag, or nothing; any other error than that there is none is one.
digest_of() {
  local answer
  if answer="$(aws ecr describe-images --repository-name "$1" --image-ids "imageTag=$2" \
    --query 'imageDetails[0].imageDigest' --output text 2>&1)"; then
    echo "$answer"
  elif [[ "$answer" != *ImageNotFoundException* && "$answer" != *RepositoryNotFoundException* ]]; then
    echo "$answer" >&2
    return 1
  fi
}

# Scanned on push; a tag, once pushed, means the same for ever.
ensure_repository() {
  aws ecr describe-repositories --repository-names "$1" >/dev/null 2>&1 ||
    aws ecr create-repository --repository-name "$1" --image-tag-mutability IMMUTABLE \
      --image-scanning-configuration scanOnPush=true >/dev/null
}

log_in_to() {
  local region="${1#*.dkr.ecr.}"
  aws ecr get-login-password --region "${region%%.*}" | docker login --username AWS --password-stdin "$1"
}
