package workers

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Ranges that are cut anywhere take each line exactly once: the one in which
// the line begins.
func TestLinesBelongToOneRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "bcd", "\n", "a long line of text"}), 0, 20).Draw(t, "lines"), "\n")
		start := int64(rapid.IntRange(0, min(3, len(text))).Draw(t, "start"))
		limit := int64(len(text))
		f := bytes.NewReader([]byte(text))
		var got strings.Builder
		for lo := start; lo < limit; {
			hi := lo + rapid.Int64Range(1, limit-lo).Draw(t, "size")
			from, to, err := lines(f, start, lo, hi, limit)
			if err != nil {
				t.Fatal(err)
			}
			if from < to {
				got.WriteString(text[from:to])
			}
			lo = hi
		}
		if got.String() != text[start:] {
			t.Fatalf("%q, want %q", got.String(), text[start:])
		}
	})
}
