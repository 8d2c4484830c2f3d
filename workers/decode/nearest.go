package decode

import (
	"slices"
	"strings"
)

// hint names the header's name that is nearest to what was looked for.
func hint(name string, names []string) string {
	best, at := 1+len(name)/2, -1
	for i, n := range names {
		if dist := distance(strings.ToLower(name), strings.ToLower(n)); dist < best {
			best, at = dist, i
		}
	}
	switch {
	case at >= 0:
		return "; did you mean '" + names[at] + "'? (PATH '" + names[at] + "' reads it)"
	case len(names) <= 12:
		return "; it has " + strings.Join(names, ", ")
	}
	return "; it has " + strings.Join(names[:12], ", ") + " and more"
}

// distance is the number of letters to change, add, take out, or swap with
// their neighbour.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	var before []int
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, slices.Clone(next)
	}
	return row[len(b)]
}
