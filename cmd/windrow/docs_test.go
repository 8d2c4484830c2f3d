package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/window"
)

var updateDocs = flag.Bool("update-docs", false, "write the lists of docs/language.md anew")

// TestLanguagePage: the page lists what the tables hold. After a change of a
// table: go test ./cmd/windrow -run TestLanguagePage -update-docs
func TestLanguagePage(t *testing.T) {
	const file = "../../docs/language.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, list := range []struct {
		name  string
		helps []string
	}{
		{"windows", windowHelps()},
		{"aggregates", aggregateHelps()},
		{"functions", functionHelps()},
	} {
		page = replaceList(t, page, list.name, list.helps)
	}
	switch {
	case page == string(b):
	case *updateDocs:
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/language.md does not list what the tables hold; run: go test ./cmd/windrow -run TestLanguagePage -update-docs")
	}
}

// replaceList puts a list between <!-- name --> and <!-- end -->.
func replaceList(t *testing.T, page, name string, helps []string) string {
	t.Helper()
	mark := "<!-- " + name + " -->\n"
	before, rest, ok := strings.Cut(page, mark)
	_, after, end := strings.Cut(rest, "<!-- end -->\n")
	if !ok || !end {
		t.Fatalf("docs/language.md has no place for the list of %s", name)
	}
	var list strings.Builder
	for _, h := range helps {
		call, meaning, _ := strings.Cut(h, ": ")
		list.WriteString("- `" + call + "`: " + meaning + "\n")
	}
	return before + mark + list.String() + "<!-- end -->\n" + after
}

func windowHelps() (helps []string) {
	for _, k := range window.Kinds {
		helps = append(helps, k.Help)
	}
	return helps
}

func aggregateHelps() (helps []string) {
	for _, f := range aggregate.Funcs {
		helps = append(helps, f.Help)
	}
	return helps
}

func functionHelps() (helps []string) {
	for _, f := range schema.Functions {
		helps = append(helps, f.Help)
	}
	return helps
}
