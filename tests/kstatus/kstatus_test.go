// Package kstatus asks those who read a POC's status what they make of each of its states: the kstatus
// library, Flux, which goes by it, and Argo CD's health scripts. What they should make of it is read from
// the table in docs/conditions.md; the objects in states/ are written by the operator's own code
// (tests/unit/controller holds them current).
package kstatus

import (
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
)

func TestKstatus(t *testing.T) {
	eachState(t, func(t *testing.T, s subject, said row) {
		if got := compute(t, s); string(got.Status) != said.kstatus {
			t.Errorf("kstatus says %s (%s), the table %s", got.Status, got.Message, said.kstatus)
		}
	})
}

func TestFlux(t *testing.T) {
	eachState(t, func(t *testing.T, s subject, said row) {
		if got := flux(compute(t, s).Status); got != said.flux {
			t.Errorf("Flux: %s, the table says: %s", got, said.flux)
		}
	})
}

func compute(t *testing.T, s subject) *status.Result {
	t.Helper()
	result, err := status.Compute(s.object)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// flux is what a Kustomization with `wait: true` or `healthChecks` does: it waits until all is Current, and
// gives up at once when something is Failed (fluxcd/pkg, ssa/manager_wait.go, FailFast; its statuses come
// from this very library).
func flux(s status.Status) string {
	switch s {
	case status.CurrentStatus:
		return "ready"
	case status.FailedStatus:
		return "fails at once"
	default:
		return "waits"
	}
}
