package sketch

import (
	"bytes"
	"testing"
)

// Stores ask for a column of many groups, then for the next: the answers do not
// depend on the order of the questions, nor on what was asked before a change.
func TestViewsOfManyGroups(t *testing.T) {
	const n = 700
	xs := values("milliseconds", 5000)
	tab, by1 := newTable(n), newTable(n)
	for round := range 4 {
		for i := range 1 + 60*round {
			tab.add(xs, i*round+i)
			by1.add(xs, i*round+i)
		}
		for from := 0; from < n; from += 300 {
			groups := tab.groups[from:min(n, from+300)]
			var halves []float64
			for _, g := range groups {
				x, _ := tab.Quantile(int(g), 0.5)
				halves = append(halves, x)
			}
			for i, g := range groups {
				blob := bytes.Clone(tab.Encode(int(g)))
				by1.change++ // make it anew
				if want := by1.Encode(int(g)); !bytes.Equal(blob, want) {
					t.Fatalf("round %d, group %d: %x, want %x", round, g, blob, want)
				}
				if want, _ := by1.Quantile(int(g), 0.5); halves[i] != want {
					t.Fatalf("round %d, group %d: %v, want %v", round, g, halves[i], want)
				}
			}
		}
	}
}

// What a chunk of a store's rows asks is computed once.
func TestViewsAreKept(t *testing.T) {
	tab := newTable(256)
	tab.add(values("milliseconds", 5000), 1)
	for g := range 256 {
		tab.Quantile(g, 0.5)
	}
	for g := range 256 {
		if v := tab.views.all[tab.Groups.groups[g].view]; v != tab.show(g) || v.group != g {
			t.Fatalf("the view of group %d is made again", g)
		}
	}
	if tab.next != 0 {
		t.Errorf("%d views were made again", tab.next)
	}
}
