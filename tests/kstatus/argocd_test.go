package kstatus

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

const scripts = "../../docs/health/argocd"

// health is what Argo CD reads from the table that a health script returns.
type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func TestArgoCD(t *testing.T) {
	eachState(t, func(t *testing.T, s subject, said row) {
		got := resourceHealth(t, s.object)
		if got.Status != said.argo {
			t.Errorf("Argo CD says %s (%s), the table %s", got.Status, got.Message, said.argo)
		}
		if got.Message == "" {
			t.Errorf("Argo CD shows no message for %s", got.Status)
		}
	})
}

func TestArgoCDOfAnObjectWithoutStatus(t *testing.T) {
	for _, kind := range []string{"ModelPOC", "ModelPlatform"} {
		bare := map[string]any{"kind": kind, "metadata": map[string]any{"name": "x", "generation": int64(1)}}
		if got := resourceHealth(t, &unstructured.Unstructured{Object: bare}); got.Status != "Progressing" {
			t.Errorf("%s without status is %s", kind, got.Status)
		}
	}
}

// What argocd-cm is told to hold must be what is tested here.
func TestTheConfigMapHoldsTheScripts(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(scripts, "argocd-cm.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ModelPOC", "ModelPlatform"} {
		indented := "    " + strings.ReplaceAll(strings.TrimSpace(script(t, kind)), "\n", "\n    ")
		indented = strings.ReplaceAll(indented, "\n    \n", "\n\n")
		entry := fmt.Sprintf("  resource.customizations.health.modelpoc.dev_%s: |\n%s\n", kind, indented)
		if !strings.Contains(string(text), entry) {
			t.Errorf("argocd-cm.yaml does not hold the script of %s as it is", kind)
		}
	}
}

// resourceHealth does what Argo CD's GetResourceHealth does (gitops-engine, pkg/health): what is being
// deleted is Progressing, whatever its script would say.
func resourceHealth(t *testing.T, object *unstructured.Unstructured) health {
	t.Helper()
	if object.GetDeletionTimestamp() != nil {
		return health{"Progressing", "Pending deletion"}
	}
	return run(t, script(t, object.GetKind()), object)
}

func script(t *testing.T, kind string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(scripts, strings.ToLower(kind)+".lua"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run gives a script what Argo CD gives it (util/lua of v3: VM.runLua and ExecuteHealthLua): the libraries
// package, base and table and nothing more (Argo CD adds os.time and os.date), one second of time, the
// object as the global `obj`, and its answer back through JSON. The package itself cannot be imported: the
// releases for this Go (v3.5) replace gitops-engine by a folder of their repository, which no importer has,
// and v3.6 asks for a newer Go.
func run(t *testing.T, code string, object *unstructured.Unstructured) health {
	t.Helper()
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	openLibraries(t, l)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)
	l.SetGlobal("obj", value(t, l, object.Object))
	if err := l.DoString(code); err != nil {
		t.Fatalf("the script fails: %v", err)
	}
	answer, err := luajson.Encode(l.Get(-1))
	if err != nil {
		t.Fatal(err)
	}
	var found health
	if err := json.Unmarshal(answer, &found); err != nil {
		t.Fatalf("the script returns %s: %v", answer, err)
	}
	return found
}

func openLibraries(t *testing.T, l *lua.LState) {
	t.Helper()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage,
		lua.BaseLibName: lua.OpenBase,
		lua.TabLibName:  lua.OpenTable,
	} {
		call := lua.P{Fn: l.NewFunction(open), NRet: 0, Protect: true}
		if err := l.CallByParam(call, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
}

// value is a JSON value as Lua sees it; every number is a Lua number.
func value(t *testing.T, l *lua.LState, from any) lua.LValue {
	t.Helper()
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	found, err := luajson.Decode(l, text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
