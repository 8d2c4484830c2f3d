package schema

import (
	"fmt"
	"sort"
	"strings"
)

// didYouMean returns the hint that names the candidate nearest to name, or ""
// if none is near.
func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// oneOf is didYouMean, or the list of the candidates if none is near.
func oneOf(what, name string, candidates []string) string {
	if hint := didYouMean(name, candidates); hint != "" {
		return hint
	}
	if len(candidates) == 0 {
		return ""
	}
	return what + ": " + strings.Join(candidates, ", ")
}

// nearest returns the candidate with the smallest edit distance to name, if
// that is small for a name of this length.
func nearest(name string, candidates []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// maxNameCompared is the length beyond which names are not compared, in bytes.
const maxNameCompared = 64

// distance is the number of letters to insert, delete, change or swap with
// their neighbour that makes a b.
func distance(a, b string) int {
	if len(a) > maxNameCompared || len(b) > maxNameCompared {
		return max(len(a), len(b))
	}
	var before, last, row [maxNameCompared + 1]int
	for j := range len(b) + 1 {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last = last, row
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(last[j]+1, row[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// stable sorts names, so that of equally near ones always the same is named.
func stable(names []string) []string {
	sort.Strings(names)
	return names
}
