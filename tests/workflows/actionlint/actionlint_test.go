// Actionlint reads the workflows as GitHub would, and shellcheck (where it is installed) what their steps run.
package actionlint_test

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/rhysd/actionlint"
)

func TestWorkflowsAreClean(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		shellcheck = ""
	}
	var out bytes.Buffer
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{Shellcheck: shellcheck})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.LintRepository("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		t.Fatal("\n" + out.String())
	}
}

// A rule that never fires would make the test above worthless.
func TestFindsWhatIsWrong(t *testing.T) {
	const bad = `on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo ${{ github.event.head_commit.message }}
      - run: echo ${{ nothing.like.this }}
`
	linter, err := actionlint.NewLinter(&bytes.Buffer{}, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.Lint("bad.yaml", []byte(bad), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 {
		t.Fatalf("wanted an injection and an unknown context, got %v", found)
	}
}
