package split

import "testing"

func TestOf(t *testing.T) {
	for _, tc := range []struct {
		format           string
		multiline, array bool
		want             Kind
	}{
		{"json", false, false, Lines}, {"json", true, false, Lines}, {"json", false, true, Array},
		{"csv", false, false, Lines}, {"csv", true, false, CSV(';', '\'')},
	} {
		if got := Of(tc.format, ';', '\'', tc.multiline, tc.array); got != tc.want {
			t.Errorf("%s, multiline %v, array %v: %v", tc.format, tc.multiline, tc.array, got)
		}
	}
}
