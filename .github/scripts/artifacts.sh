#!/usr/bin/env bash
# artifacts.sh [NAME…] (default: the names in POCS): whether what SageMaker models load from S3 has been uploaded.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/names.sh"

# The objects that a POC's spec needs, as s3:// URLs; those without an own URL lie in the POC's prefix.
needed() {
  modelpoc render models_config "$1" --output json | python3 -c '
import json, os, sys
document = json.load(sys.stdin)
[poc] = document["items"] if "items" in document else [document]
sagemaker = poc["spec"].get("sagemaker")
if sagemaker is None or sagemaker.get("endpointConfigName"):
    sys.exit()
prefix = "s3://{}/{}/".format(os.environ["ARTIFACTS_BUCKET"], poc["metadata"]["name"])
print(sagemaker.get("modelDataUrl") or prefix + "model.tar.gz")
handler = (sagemaker.get("proxy") or {}).get("handler")
if handler:
    print(prefix + handler)
'
}

exists() {
  local path="${1#s3://}"
  aws s3api head-object --bucket "${path%%/*}" --key "${path#*/}" >/dev/null
}

if [ $# -gt 0 ]; then names="$*"; else names="$(names_in "${POCS:-[]}")"; fi
if [ -z "${ARTIFACTS_BUCKET:-}" ]; then
  echo "::notice::artifacts are not looked for: there is no repository variable ARTIFACTS_BUCKET."
  exit 0
fi
missing=0
for name in $names; do
  valid_name "$name" || { echo "::error::$name is no name for a POC" && exit 1; }
  # Only SageMaker's models have any.
  grep -qs sagemaker "models_config/$name/config.yaml" || continue
  for url in $(needed "$name"); do
    if exists "$url"; then
      echo "$name: $url is there"
    else
      echo "::error file=models_config/$name/config.yaml::$url is missing: train the model and upload it there first."
      missing=1
    fi
  done
done
exit "$missing"
