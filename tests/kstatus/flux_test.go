package kstatus

import (
	"context"
	"os"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/runtime/cel"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"sigs.k8s.io/yaml"
)

const manifests = "../../docs/gitops/flux.yaml"

// The manifests that docs/ gives for Flux are what Flux reads: no field that it does not know.
func TestTheManifestsForFlux(t *testing.T) {
	source, kustomization := readManifests(t)
	if kustomization.Spec.SourceRef.Name != source.Name || kustomization.Spec.SourceRef.Kind != source.Kind {
		t.Errorf("the Kustomization takes from %v, not from %s", kustomization.Spec.SourceRef, source.Name)
	}
	if !kustomization.Spec.Wait || !kustomization.Spec.Prune {
		t.Error("the Kustomization neither waits nor prunes")
	}
}

// Flux's own evaluator makes of the expressions what it makes of the conditions, but for a stand-in that
// serves: that is as Git asks, and should not hold up the others.
func TestTheExpressionsForFlux(t *testing.T) {
	_, kustomization := readManifests(t)
	exprs := kustomization.Spec.HealthCheckExprs[0]
	evaluator, err := cel.NewStatusEvaluator(&exprs.HealthCheckExpressions)
	if err != nil {
		t.Fatal(err)
	}
	eachState(t, func(t *testing.T, s subject, said row) {
		if s.object.GetKind() != exprs.Kind || s.object.GetDeletionTimestamp() != nil {
			t.Skip("not what a Kustomization waits for")
		}
		result, err := evaluator.Evaluate(context.Background(), s.object)
		if err != nil {
			t.Fatal(err)
		}
		want := said.flux
		if s.name == "placeholder" {
			want = "ready"
		}
		if got := flux(result.Status); got != want {
			t.Errorf("the expressions say %s, the table %s", got, want)
		}
	})
}

func readManifests(t *testing.T) (sourcev1.GitRepository, kustomizev1.Kustomization) {
	t.Helper()
	text, err := os.ReadFile(manifests)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n---\n")
	var source sourcev1.GitRepository
	var kustomization kustomizev1.Kustomization
	for part, into := range map[string]any{parts[0]: &source, parts[1]: &kustomization} {
		if err := yaml.UnmarshalStrict([]byte(part), into); err != nil {
			t.Fatal(err)
		}
	}
	return source, kustomization
}
