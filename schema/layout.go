package schema

import (
	"fmt"
	"sort"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// ColumnSource says where a column of a state table comes from.
type ColumnSource uint8

const (
	FromWindow ColumnSource = iota // the window's start, text
	FromEnd                        // the window's end, text
	FromKey                        // Keys[Index]
	FromFinish                     // Calls[Index].Plan.Finish
	FromPart                       // Parts[Index], its column Col
)

// StateColumn is one column of a rollup's state table.
type StateColumn struct {
	Name    string
	Type    string // of a STRICT table
	NotNull bool
	Key     bool // part of the primary key
	Source  ColumnSource
	Index   int
	Col     int
}

// Layout returns the columns of the rollup's state table: the window's start
// and the keys, which are the primary key in this order; the window's end if
// it is stored; finished results; states; blobs last. It depends on nothing
// but what Identity is made of, so that a stored table fits every spelling of
// its rollup: names come from expressions and not from output names.
func (r *Rollup) Layout() []StateColumn {
	cols := []StateColumn{{Name: "window_start", Type: "TEXT", NotNull: true, Key: true, Source: FromWindow}}
	for i, name := range r.keyColumns() {
		cols = append(cols, StateColumn{Name: name, Type: keyType(r.Keys[i]), NotNull: true, Key: true, Source: FromKey, Index: i})
	}
	if r.StoreEnd {
		cols = append(cols, StateColumn{Name: "window_end", Type: "TEXT", NotNull: true, Source: FromEnd})
	}
	taken := r.takenNames()
	for i, c := range r.Calls {
		if c.Plan.Finish != nil {
			_, args, _ := strings.Cut(c.Name, "(")
			name := taken.name(c.Plan.Finish.Name + argName(args))
			cols = append(cols, StateColumn{Name: name, Type: c.Plan.Finish.Type, Source: FromFinish, Index: i})
		}
	}
	for i, p := range r.Parts {
		_, args, _ := strings.Cut(p.Name, "(")
		base := partName(p.Part.Name) + argName(args)
		for j, c := range p.Columns {
			cols = append(cols, StateColumn{Name: taken.name(base + c.Suffix), Type: c.Type, Source: FromPart, Index: i, Col: j})
		}
	}
	sort.SliceStable(cols, func(i, j int) bool { return !blobColumn(cols[i]) && blobColumn(cols[j]) })
	return cols
}

func blobColumn(c StateColumn) bool { return c.Type == "BLOB" && !c.Key }

// keyType is the type of a key's column. NULL is kept as an empty blob in nullable ones.
func keyType(k Key) string {
	if k.Nullable {
		return "ANY"
	}
	switch k.Expr.Type {
	case value.Integer, value.Boolean:
		return "INTEGER"
	case value.Real:
		return "REAL"
	case value.Text, value.JSON, value.Timestamp:
		return "TEXT"
	}
	return "ANY"
}

// keyColumns are the names of the keys' columns.
func (r *Rollup) keyColumns() []string {
	names, taken := make([]string, len(r.Keys)), newNames("window_start", "window_end")
	for i, k := range r.Keys {
		name := sanitized(r.Stream.canonical(k.Expr))
		if k.Expr.Op == OpColumn {
			name = r.Stream.Columns[k.Expr.Col].Name
		}
		names[i] = taken.name(name)
	}
	return names
}

func (r *Rollup) takenNames() names {
	return newNames(append([]string{"window_start", "window_end"}, r.keyColumns()...)...)
}

// names are the names in use, in lower case.
type names map[string]bool

func newNames(in ...string) names {
	n := names{}
	for _, s := range in {
		n[strings.ToLower(s)] = true
	}
	return n
}

// name makes a name unique with a number.
func (n names) name(s string) string {
	out := s
	for i := 2; n[strings.ToLower(out)]; i++ {
		out = fmt.Sprintf("%s_%d", s, i)
	}
	n[strings.ToLower(out)] = true
	return out
}

// partName is the name of a part's kind without the type it was made for.
func partName(kind string) string {
	for t := value.Integer; t <= value.Any; t++ {
		if s, ok := strings.CutSuffix(kind, "_"+strings.ToLower(t.String())); ok {
			return s
		}
	}
	return kind
}

// argName is the part of a name that stands for a call's arguments, which are
// given as canonical text after the opening parenthesis.
func argName(args string) string {
	if s := sanitized(args); s != "" {
		return "_" + s
	}
	return ""
}

// maxName is about the length of a derived name, in bytes.
const maxName = 40

// sanitized makes a name of a text: its letters and digits, small, joined by _.
func sanitized(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r > 127)
	})
	name := strings.ToLower(strings.ToValidUTF8(strings.Join(words, "_"), "_"))
	if len(name) > maxName {
		name = name[:edge(name, maxName)]
	}
	return name
}
