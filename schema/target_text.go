package schema

import (
	"fmt"
	"strings"
)

// kindOf tells the kind of a target whose variables are not set; "" if its
// text does not say it.
func kindOf(text string) TargetKind {
	switch low := strings.ToLower(text); {
	case strings.HasPrefix(low, "mailto:"):
		return TargetMail
	case isURL(text):
		return TargetWebhook
	case strings.HasPrefix(low, "${") && !strings.HasSuffix(low, "/") && formatOf(text) == nil:
		return ""
	}
	return TargetFile
}

// isURL reports whether a target begins like a URL for requests.
func isURL(text string) bool {
	low := strings.ToLower(text)
	return strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "http://")
}

// shownTarget is a target as people and the store see it: that of a webhook
// without what may be a secret. Secrets in paths are for variables.
func shownTarget(kind TargetKind, text string) string {
	if kind == TargetWebhook || kind == "" {
		return shownURL(text)
	}
	return text
}

// shownURL takes the user out of a URL whose variables are as written, and
// what stands in its query and its fragment.
func shownURL(text string) string {
	list, _ := pieces(text)
	seen := "" // the text without what stands in variables, in the same places
	for _, p := range list {
		if p.name != "" {
			p.text = strings.Repeat("x", len(p.text))
		}
		seen += p.text
	}
	host, hostEnd, end, tail := 0, len(seen), len(seen), ""
	if i := strings.IndexAny(seen, "?#"); i >= 0 {
		hostEnd, end, tail = i, i, seen[i:i+1]+"..."
	}
	if isURL(text) {
		host = strings.Index(seen, "://") + 3
		if i := strings.IndexByte(seen[host:end], '/'); i >= 0 {
			hostEnd = host + i
		}
	}
	user := strings.LastIndexByte(seen[host:hostEnd], '@') + 1
	return shownDefaults(text[:host]+text[host+user:end]) + tail
}

// shownDefaults takes the defaults out of variables that may hold a URL with
// a user or a query.
func shownDefaults(text string) string {
	out := ""
	list, _ := pieces(text)
	for _, p := range list {
		if strings.ContainsAny(p.fallback, "@?#") {
			p.text = "${" + p.name + ":-...}"
		}
		out += p.text
	}
	return out
}

// unlike appends a number to a text that is there already.
func unlike(text string, there map[string]bool) string {
	out := text
	for n := 2; there[out]; n++ {
		out = fmt.Sprintf("%s (%d)", text, n)
	}
	there[out] = true
	return out
}
