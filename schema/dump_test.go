package schema

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// dump shows all that a pipeline holds.
func dump(p *Pipeline) string {
	var b strings.Builder
	fmt.Fprintf(&b, "settings %+v\n", p.Settings)
	for _, s := range p.Streams {
		fmt.Fprintf(&b, "\nstream %s time %d delay %s\n  %s %v %s csv %q %q %t %t times %q in %s max %d\n", s.Name, s.Time, s.Delay,
			s.Connector, s.Paths, s.Format, s.CSV.Delimiter, s.CSV.Quote, s.CSV.Header, s.CSV.Multiline, s.TimestampFormat, s.Timezone, s.MaxRecord)
		for _, c := range s.Columns {
			fmt.Fprintf(&b, "  column %q %s not null %t path %q%s\n", c.Name, c.Type, c.NotNull, c.Path, exprText(s, " as", c.Expr))
		}
	}
	for _, r := range p.Rollups {
		dumpRollup(&b, r)
	}
	for _, r := range p.Reports {
		fmt.Fprintf(&b, "\nreport %s at %q missed %s wait %t up to %s revise %t format %s\n", r.Name, r.Schedule.String(), r.Missed, r.Wait, r.WaitUpTo, r.Revise, r.Format)
		dumpSending(&b, r.Targets, r.Options)
		for _, s := range r.Sections {
			fmt.Fprintf(&b, "  section %q at %d\n    %s\n", s.Title, s.Pos, strings.ReplaceAll(s.SQL, "\n", "\n    "))
		}
	}
	for _, a := range p.Alerts {
		fmt.Fprintf(&b, "\nalert %s %q for %d\n", a.Name, a.Every.String(), a.For)
		dumpSending(&b, a.Targets, a.Options)
		fmt.Fprintf(&b, "  select at %d\n    %s\n", a.Pos, strings.ReplaceAll(a.SQL, "\n", "\n    "))
	}
	for _, w := range p.Warnings {
		b.WriteString("\nwarning " + w.Format())
	}
	return b.String()
}

func dumpSending(b *strings.Builder, targets []Target, o ReportOptions) {
	for _, t := range targets {
		fmt.Fprintf(b, "  to %s %q below %q, written %q\n", t.Kind, t.Address, t.Root, t.Text)
	}
	zone := "nil"
	if o.Zone != nil {
		zone = o.Zone.String()
	}
	o.Zone = nil
	fmt.Fprintf(b, "  options %q zone %s\n", fmt.Sprintf("%+v", o), zone)
}

func dumpRollup(b *strings.Builder, r *Rollup) {
	fmt.Fprintf(b, "\nrollup %s of %s window %q retention %s columns %v%s\n", r.Name, r.Stream.Name, r.Window.String(), r.Retention, r.Columns, exprText(r.Stream, " where", r.Where))
	for _, k := range r.Keys {
		fmt.Fprintf(b, "  key %s nullable %t%s\n", k.Name, k.Nullable, exprText(r.Stream, " =", k.Expr))
	}
	for _, c := range r.Calls {
		fmt.Fprintf(b, "  call %s %s parts %v\n", c.Name, c.Plan.Result, c.Parts)
	}
	for _, p := range r.Parts {
		fmt.Fprintf(b, "  part %s\n", p.Name)
	}
	for _, o := range r.Output {
		fmt.Fprintf(b, "  output %s %s\n", o.Name, o.Type)
	}
	fmt.Fprintf(b, "  %s\n  %s\n", strings.ReplaceAll(tableSQL(r), "\n", "\n  "), strings.ReplaceAll(r.ViewSQL(r.Name, "state"), "\n", "\n  "))
	fmt.Fprintf(b, "  identity %x\n", r.Identity[:4])
}

func exprText(s *Stream, label string, e *Expr) string {
	if e == nil {
		return ""
	}
	return fmt.Sprintf("%s %s: %s", label, s.canonical(e), e.Type)
}

// tableSQL creates the state table of a rollup.
func tableSQL(r *Rollup) string {
	var cols, keys []string
	for _, c := range r.Layout() {
		col := quoteName(c.Name) + " " + c.Type
		if c.NotNull {
			col += " NOT NULL"
		}
		cols = append(cols, col)
		if c.Key {
			keys = append(keys, quoteName(c.Name))
		}
	}
	return "CREATE TABLE state (" + strings.Join(cols, ",\n  ") + ",\n  PRIMARY KEY (" + strings.Join(keys, ", ") + ")) STRICT, WITHOUT ROWID"
}

func TestGoodFiles(t *testing.T) {
	for _, path := range files(t, "testdata/good/*.sql") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sql"), func(t *testing.T) {
			p, problems := loadFile(t, path)
			if err := problems.Err(); err != nil {
				t.Fatalf("\n%v", err)
			}
			golden(t, strings.TrimSuffix(path, ".sql")+".golden", dump(p))
		})
	}
}
