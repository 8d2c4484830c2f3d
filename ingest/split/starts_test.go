package split

import (
	"slices"
	"testing"
)

func TestStarts(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		data string
		want []int
	}{
		{"nothing", Lines, "", nil},
		{"lines", Lines, "a\nbc\n\nd", []int{0, 2, 5, 6}},
		{"csv", CSV(',', '"'), "a,\"b\nc\"\nd,e\n", []int{0, 8}},
		{"csv without quotes", CSV(',', 0), "a,\"b\nc\"\n", []int{0, 5}},
		{"csv, a stray quote", CSV(',', '"'), "\"a\nb\nc\n", []int{0}},
		{"array", Array, ` {"a":[1,2]}, "x,y" ,3`, []int{0, 13, 21}},
	} {
		if got := c.kind.Starts([]byte(c.data), 100); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
