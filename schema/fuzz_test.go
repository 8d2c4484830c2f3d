package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/syntax"
)

// FuzzLoad checks that nothing panics, that problems lie in the text, and that
// what has none gives consistent tables and views. It does not open SQLite,
// whose own branches would drown ours: TestRandomRollups does.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.sql", "testdata/bad/*.sql"} {
		for _, path := range files(f, pattern) {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
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
			if err := consistent(r); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range p.Reports {
			if err := complete(text, r); err != nil {
				t.Fatalf("%+v: %v", r, err)
			}
		}
		for _, a := range p.Alerts {
			if a.Every == nil || a.For < 1 || len(a.Targets) == 0 || a.SQL == "" || text[a.Pos:a.Pos+len(a.SQL)] != a.SQL || !strings.Contains(a.Text, a.SQL) {
				t.Fatalf("%+v", a)
			}
		}
	})
}

// complete checks that all that a report promises is there.
func complete(text string, r *Report) error {
	if r.Schedule == nil || r.Schedule.Next(time.Unix(0, 0)).IsZero() || r.Missed == "" || r.Format == "" || len(r.Targets) == 0 || len(r.Sections) == 0 {
		return fmt.Errorf("something is missing")
	}
	for _, t := range r.Targets {
		if t.Kind == TargetFile && (t.Root == "" || !filepath.IsLocal(filepath.FromSlash(t.Address))) || t.Kind == "" || t.Text == "" {
			return fmt.Errorf("target %+v", t)
		}
	}
	for _, s := range r.Sections {
		if s.SQL == "" || text[s.Pos:s.Pos+len(s.SQL)] != s.SQL || !strings.Contains(r.Text, s.SQL) {
			return fmt.Errorf("section %+v", s)
		}
	}
	return nil
}

// consistent checks that a rollup's layout and view fit together.
func consistent(r *Rollup) error {
	known := map[string]bool{"v": true, "state": true}
	for i, c := range r.Layout() {
		low := strings.ToLower(c.Name)
		if c.Name == "" || known["column "+low] {
			return fmt.Errorf("column %d %q is empty or stands twice", i, c.Name)
		}
		known["column "+low], known[c.Name] = true, true
		if c.Key != (c.Source == FromWindow || c.Source == FromKey) || c.Key && (!c.NotNull || i > len(r.Keys)) {
			return fmt.Errorf("%+v at %d", c, i)
		}
	}
	for _, o := range r.Output {
		known[o.Name] = true
	}
	view := r.ViewSQL("v", "state")
	tokens, errs := syntax.Lex(view)
	for _, tok := range tokens {
		if tok.Quoted && !known[tok.Text] || len(errs) > 0 {
			return fmt.Errorf("the view has %q (%v):\n%s", tok.Text, errs, view)
		}
	}
	return nil
}

// phrases are drawn from to make rollups, good and bad.
var phrases = struct{ scalar, aggregate, condition []string }{
	scalar: []string{"host", "route", "status", "n", "latency", "ok", "ts", "received", "payload ->> '$.a'", "status / 100", "upper(route)",
		"CASE WHEN ok THEN n ELSE latency END", "CASE status WHEN '200' THEN 'fine' END", "coalesce(route, host)", "ts - received", "ts + INTERVAL '1 hour'",
		"CAST(ts AS TEXT)", "-n", "~n", "n % 2", "round(latency, 1)", "host || route", "nullif(n, 0)", "min(n, 3)", "iif(ok, 'a', 'b')", "typeof(latency)", "'x'", "1", "payload"},
	aggregate: []string{"count(*)", "count(%s)", "sum(%s)", "avg(%s)", "min(%s)", "max(%s)", "first(%s)", "last(%s)", "var_samp(%s)", "stddev_pop(%s)", "median(%s)", "quantile(%s, 0.9)",
		"sum(%s) FILTER (WHERE ok)", "count(*) FILTER (WHERE %s IS NULL)", "max(%s) || 'x'", "round(avg(%s), 2)", "sum(%s) / count(*)",
		"CASE WHEN count(*) > 1 THEN max(%s) END", "coalesce(sum(%s), 0)", "-avg(%s)", "max(%s) IN (1, 2)", "last(%s) LIKE 'a%%'", "window_end", "max(%s) - min(%s)"},
	condition: []string{"status < 500", "host <> 'a'", "ts > '2026-03-01'", "ok", "NOT ok", "n BETWEEN '1' AND 5", "route IS NULL", "payload -> 'a' ->> 'b' = 'c'", "host GLOB 'a*'", "latency"},
}

// TestRandomRollups creates the tables and views of random rollups in SQLite,
// and reads from them. What cannot be checked must be refused, not fail there.
func TestRandomRollups(t *testing.T) {
	db := openSQLite(t)
	good := 0
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(label string, from []string) string { return rapid.SampledFrom(from).Draw(rt, label) }
		items, group := []string{"window_start"}, []string{"window_start"}
		for i := range rapid.IntRange(0, 3).Draw(rt, "keys") {
			k := draw("key", phrases.scalar)
			items = append(items, fmt.Sprintf("%s AS k%d", k, i))
			group = append(group, fmt.Sprintf("k%d", i))
		}
		for i := range rapid.IntRange(1, 5).Draw(rt, "aggregates") {
			a := strings.ReplaceAll(draw("aggregate", phrases.aggregate), "%s", draw("argument", phrases.scalar))
			items = append(items, fmt.Sprintf("%s AS a%d", strings.ReplaceAll(a, "%%", "%"), i))
		}
		having := ""
		if rapid.Bool().Draw(rt, "having") {
			having = " HAVING a0 IS NOT NULL AND count(*) > 0 AND window_start > '2026-01-01'"
		}
		query := "SELECT " + strings.Join(items, ", ") + " FROM TUMBLE(s, INTERVAL '1 minute') WHERE " + draw("where", phrases.condition) +
			" AND " + draw("where", phrases.condition) + " GROUP BY " + strings.Join(group, ", ") + having
		r, problems := loadRollup(t, query)
		if problems != nil {
			return
		}
		good++
		if err := consistent(r); err != nil {
			rt.Fatalf("%s: %v", query, err)
		}
		prepare(t, db, r)
		readView(t, db)
	})
	if good == 0 {
		t.Error("no rollup was good")
	}
}
