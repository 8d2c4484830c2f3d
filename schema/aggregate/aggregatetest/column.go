package aggregatetest

import (
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

// columnsAreCells holds CellColumn against Cell, over groups in any order, some
// more than once.
func (s suite) columnsAreCells(t *rapid.T) {
	state := s.fresh(s.draw(t, "events"))
	by, ok := state.(aggregate.CellColumn)
	if !ok {
		return
	}
	picked := rapid.SliceOfN(rapid.Int32Range(0, groups-1), 1, 2*groups).Draw(t, "groups")
	for col := range s.part.Columns {
		out := value.Column{Type: value.Any}
		out.Resize(len(picked))
		if !by.CellColumn(picked, col, &out) {
			continue
		}
		for i, g := range picked {
			got, want := []any{cellOf(&out, i)}, Cells(state, s.part, int(g))[col:col+1]
			if Show(got) != Show(want) {
				t.Fatalf("column %d of group %d is %s, its cell %s", col, g, Show(got), Show(want))
			}
		}
	}
}

func cellOf(c *value.Column, i int) any {
	switch c.Kind[i] {
	case value.KindInt:
		return c.Int[i]
	case value.KindReal:
		return c.Real[i]
	case value.KindText:
		return string(c.Text[i])
	}
	return nil
}
