package aggregate_test

import (
	"testing"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/aggregate/aggregatetest"
	"github.com/windrow/windrow/schema/value"
)

var argumentTypes = []value.Type{value.Integer, value.Real, value.Text, value.Boolean, value.Timestamp, value.JSON}

type made struct {
	part  aggregate.Part
	types []value.Type
}

// everyPart returns each part that some row of Funcs makes for some type.
func everyPart() (out []made) {
	seen := map[string]bool{}
	add := func(f aggregate.Func, types []value.Type, args []string) {
		if f.Of != nil {
			return // its parts are those of another function, too
		}
		p, err := f.Plan(types, args)
		if err != nil {
			return
		}
		for _, part := range p.Parts {
			id := part.Name
			for _, t := range types {
				id += " " + t.String()
			}
			if !seen[id] {
				seen[id] = true
				out = append(out, made{part, types})
			}
		}
	}
	for _, f := range aggregate.Funcs {
		if f.Star {
			add(f, nil, nil)
		}
		for _, t := range argumentTypes {
			add(f, []value.Type{t}, []string{"x"})
		}
	}
	return out
}

func (m made) name() string {
	name := m.part.Name
	for _, t := range m.types {
		name += "/" + t.String()
	}
	return name
}

func TestLaws(t *testing.T) {
	for _, m := range everyPart() {
		t.Run(m.name(), func(t *testing.T) { aggregatetest.Run(t, m.part, m.types...) })
	}
}

// A part's name stands for what it keeps: parts of one name are merged with
// each other.
func TestPartNames(t *testing.T) {
	columns := map[string][]aggregate.Column{}
	for _, m := range everyPart() {
		if c, ok := columns[m.part.Name]; ok && len(c) != len(m.part.Columns) {
			t.Errorf("two kinds of %s", m.part.Name)
		}
		columns[m.part.Name] = m.part.Columns
	}
}

func FuzzMerge(f *testing.F) {
	seen := map[string]bool{}
	var parts []aggregate.Part
	for _, m := range everyPart() {
		if !seen[m.part.Name] {
			seen[m.part.Name] = true
			parts = append(parts, m.part)
		}
	}
	aggregatetest.FuzzMerge(f, parts)
}

func BenchmarkStates(b *testing.B) {
	for _, m := range everyPart() {
		b.Run(m.name(), func(b *testing.B) { aggregatetest.Bench(b, m.part, m.types...) })
	}
}
