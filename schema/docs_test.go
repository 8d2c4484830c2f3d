package schema

import (
	"os"
	"strings"
	"testing"
)

// TestLanguagePage checks that the page of the language has a row for each
// option, format and placeholder of reports and for each setting.
func TestLanguagePage(t *testing.T) {
	page, err := os.ReadFile("../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range reportOptions {
		names = append(names, o.name)
	}
	for _, s := range settings {
		names = append(names, s.name)
	}
	for _, f := range ReportFormats {
		names = append(names, f.Name)
		for _, e := range f.Endings {
			if !strings.Contains(string(page), "`"+e+"`") {
				t.Errorf("docs/language.md does not name the ending %s", e)
			}
		}
	}
	for _, p := range Placeholders {
		names = append(names, "{"+p+"}")
	}
	rows := ""
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") {
			cell, _, _ := strings.Cut(line[2:], " |")
			rows += cell + ", "
		}
	}
	for _, n := range names {
		if !strings.Contains(rows, "`"+n+"`") {
			t.Errorf("docs/language.md has no row for %s", n)
		}
	}
}
