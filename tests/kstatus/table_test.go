package kstatus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const table = "../../docs/conditions.md"

// folder holds the objects: states/, or wherever a test of a live cluster has put its own.
func folder() string {
	if named := os.Getenv("MODELPOC_STATES"); named != "" {
		return named
	}
	return "states"
}

// row is what the table in docs/conditions.md says of one state.
type row struct {
	kstatus, flux, argo string
}

// subject is one object in one state, as the operator's own code wrote it.
type subject struct {
	name, state string
	object      *unstructured.Unstructured
}

// readTable gives the rows of the table whose heading begins with "state", by state.
func readTable(t *testing.T) map[string]row {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := strings.Cut(string(text), "\n| state |")
	if !found {
		t.Fatalf("%s has no table of states", table)
	}
	lines := strings.Split("| state |"+body, "\n")
	heading := cells(lines[0])
	rows := map[string]row{}
	for _, line := range lines[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		said := map[string]string{}
		for i, cell := range cells(line) {
			said[heading[i]] = cell
		}
		rows[said["state"]] = row{said["kstatus"], said["Flux"], said["Argo CD"]}
	}
	return rows
}

func cells(line string) []string {
	parts := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

func readStates(t *testing.T) []subject {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder(), "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no states in %s: %v", folder(), err)
	}
	var found []subject
	for _, path := range paths {
		found = append(found, readState(t, path))
	}
	return found
}

func readState(t *testing.T, path string) subject {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		State  string          `json:"state"`
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	// Not encoding/json: numbers shall be int64, as they are to a Kubernetes client.
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(file.Object); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return subject{strings.TrimSuffix(filepath.Base(path), ".json"), file.State, object}
}

// eachState runs a check for every object, with what the table says of its state.
func eachState(t *testing.T, check func(*testing.T, subject, row)) {
	rows := readTable(t)
	for _, s := range readStates(t) {
		t.Run(s.name, func(t *testing.T) {
			said, found := rows[s.state]
			if !found {
				t.Fatalf("the table has no state %q", s.state)
			}
			check(t, s, said)
		})
	}
}

func TestEveryStateOfTheTableHasAnObject(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range readStates(t) {
		seen[s.state] = true
	}
	for state := range readTable(t) {
		if !seen[state] {
			t.Errorf("no object for the state %q", state)
		}
	}
}
