package schema

import (
	"fmt"
	"strings"
)

// parsePath reads a JSON path: $.a.b, $.a[3], $."a key". Keys and indexes are
// returned from the outside in, an index as "[3]".
func parsePath(text string) ([]string, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, fmt.Errorf("a path begins with $, as in '$.request.route'")
	}
	var steps []string
	for rest != "" {
		step, tail, err := pathStep(rest)
		if err != nil {
			return nil, fmt.Errorf("%q is not a path like '$.request.route' or '$.tags[0]': %w", clip(text), err)
		}
		steps, rest = append(steps, step), tail
	}
	if len(steps) == 0 {
		return nil, fmt.Errorf("the path %q names no key, write '$.key'", text)
	}
	return steps, nil
}

func pathStep(s string) (step, rest string, err error) {
	switch {
	case strings.HasPrefix(s, "."):
		step, rest, err = pathKey(s[1:])
		if err == nil && strings.HasPrefix(step, "[") {
			err = fmt.Errorf("a key that begins with [ cannot be read")
		}
		return step, rest, err
	case strings.HasPrefix(s, "["):
		inner, rest, ok := strings.Cut(s[1:], "]")
		if !ok || inner == "" || strings.Trim(inner, "0123456789") != "" || len(inner) > 9 {
			return "", "", fmt.Errorf("[ and ] hold an index, counted from 0")
		}
		inner = strings.TrimLeft(inner, "0")
		if inner == "" {
			inner = "0"
		}
		return "[" + inner + "]", rest, nil
	}
	return "", "", fmt.Errorf("a . or [ should follow %q", clip(s))
}

func pathKey(s string) (key, rest string, err error) {
	if strings.HasPrefix(s, "\"") {
		key, rest, ok := strings.Cut(s[1:], "\"")
		if !ok {
			return "", "", fmt.Errorf("a quote is not closed")
		}
		return key, rest, nil
	}
	n := strings.IndexAny(s, ".[")
	if n < 0 {
		n = len(s)
	}
	if n == 0 || strings.ContainsAny(s[:n], "*\"") {
		return "", "", fmt.Errorf("a key should follow the dot")
	}
	return s[:n], s[n:], nil
}
