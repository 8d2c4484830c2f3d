package syntax

import "strings"

// Nearest returns the candidate with the smallest edit distance to name, in
// any case, if that is small for a name of this length; else "".
func Nearest(name string, candidates []string) string {
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
