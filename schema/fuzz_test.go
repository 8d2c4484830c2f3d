package schema

import (
	"os"
	"strings"
	"testing"
)

// FuzzLoad checks that nothing panics, that problems lie in the text, and that
// what has none gives tables and views that SQLite takes.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.sql", "testdata/bad/*.sql"} {
		for _, text := range seeds(f, pattern) {
			f.Add(text)
		}
	}
	db := openSQLite(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := Load([]Source{{Name: "x.sql", Dir: "dir", Text: text}}, LoadOptions{Getenv: env})
		if (p == nil) == (len(problems) == 0) {
			t.Fatalf("pipeline %v with %d problems", p, len(problems))
		}
		for _, q := range problems {
			if q.Pos < 0 || q.End < q.Pos || q.End > len(text) || q.Line < 1 || q.Col < 1 || q.Message == "" || !strings.Contains(q.Format(), "^") {
				t.Fatalf("%+v", q)
			}
		}
		if p == nil {
			return
		}
		for _, r := range p.Rollups {
			prepare(t, db, r)
			q, err := db.Query("SELECT * FROM v LIMIT 0")
			if err != nil {
				t.Fatalf("%v\n%s", err, r.ViewSQL("v", "state"))
			}
			q.Close()
			if _, err := db.Exec("DROP VIEW v"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func seeds(f *testing.F, pattern string) []string {
	f.Helper()
	var out []string
	for _, path := range files(f, pattern) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}
