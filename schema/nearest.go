package schema

import (
	"fmt"
	"sort"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// didYouMean returns the hint that names the candidate nearest to name, or ""
// if none is near.
func didYouMean(name string, candidates []string) string {
	if n := syntax.Nearest(name, candidates); n != "" {
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

// stable sorts names, so that of equally near ones always the same is named.
func stable(names []string) []string {
	sort.Strings(names)
	return names
}
