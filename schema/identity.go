package schema

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// identity hashes all that the stored states depend on. Each line of the text
// is one fact; texts are quoted, so that no two definitions share it.
func (r *Rollup) identity() [32]byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	s := r.Stream
	line("rollup 1 of %q", strings.ToLower(s.Name))
	line("window %q of %q, end stored %t", r.Window.String(), s.Columns[s.Time].Name, r.StoreEnd)
	if r.Where != nil {
		line("where %q", s.canonical(r.Where))
	}
	for _, k := range r.Keys {
		line("key %q %s nullable %t", s.canonical(k.Expr), k.Expr.Type, k.Nullable)
	}
	for _, p := range r.Parts {
		line("part %q", p.Name)
	}
	for _, c := range r.Calls {
		if c.Plan.Finish != nil {
			line("finish %q %q", c.Name, c.Plan.Finish.Name)
		}
	}
	line("format %q", s.Format)
	if s.Format == FormatCSV {
		line("csv %+v", s.CSV)
	}
	times := false
	for _, i := range r.Columns {
		c := s.Columns[i]
		times = times || c.Type == value.Timestamp
		line("column %q %s not null %t path %q", c.Name, c.Type, c.NotNull, c.Path)
		if c.Expr != nil {
			line("computed %q", s.canonical(c.Expr))
		} else if s.Format == FormatCSV && !s.CSV.Header {
			line("place %d", s.place(i))
		}
	}
	if times {
		line("times %q in %q", s.TimestampFormat, s.Timezone.String())
	}
	return sha256.Sum256([]byte(b.String()))
}

// place returns which of the physical columns a column is, from 0.
func (s *Stream) place(col int) int {
	n := 0
	for _, c := range s.Columns[:col] {
		if c.Expr == nil {
			n++
		}
	}
	return n
}
