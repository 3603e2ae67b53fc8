#!/usr/bin/env bash
# Lets the steps that follow reach the cluster: EKS_CLUSTER by its name, or the one that this runner knows already.
set -euo pipefail

if [ -n "${EKS_CLUSTER:-}" ]; then
  kubeconfig="${RUNNER_TEMP:?}/kubeconfig"
  aws eks update-kubeconfig --name "$EKS_CLUSTER" --kubeconfig "$kubeconfig"
  chmod 600 "$kubeconfig"
  echo "KUBECONFIG=$kubeconfig" >>"$GITHUB_ENV"
elif [ -n "${KUBECONFIG:-}" ] || [ -f "$HOME/.kube/config" ] || [ -n "${KUBERNETES_SERVICE_HOST:-}" ]; then
  echo "the runner knows a cluster"
else
  echo "::error::no cluster is known: set the repository variable EKS_CLUSTER (see docs/workflows.md)."
  exit 1
fi
