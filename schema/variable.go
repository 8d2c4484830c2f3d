package schema

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
)

// piece is a part of a value: text as it is, or a variable.
type piece struct {
	text     string // of a variable: ${NAME} or ${NAME:-default} as written
	name     string // of a variable; "" for text
	fallback string
	falls    bool   // it has a default, which may be empty
	rest     string // what follows
}

// pieces cuts a value at its variables. Where one is not closed or has no
// name, bad is the text from there on.
func pieces(v string) (out []piece, bad string) {
	for rest := v; ; {
		before, after, found := strings.Cut(rest, "${")
		if before != "" {
			out = append(out, piece{text: before, rest: rest[len(before):]})
		}
		if !found {
			return out, ""
		}
		inner, tail, closed := strings.Cut(after, "}")
		name, fallback, falls := strings.Cut(inner, ":-")
		if !closed || name == "" {
			return out, "${" + after
		}
		out = append(out, piece{"${" + inner + "}", name, fallback, falls, tail})
		rest = tail
	}
}

// expand replaces ${NAME} and ${NAME:-default} in an option's value. It
// reports what is not set.
func (f *file) expand(v syntax.Literal) (string, bool) {
	return f.expandWith(v, func(_ string, _ piece, val string) string { return val })
}

// expandURL is expand. What variables give as user or password of a URL, or
// as the value of ca, is escaped: it may hold any character.
func (f *file) expandURL(v syntax.Literal) (string, bool) {
	return f.expandWith(v, func(before string, p piece, val string) string {
		switch {
		case strings.Contains(before, "?ca="):
			return escapeQuery(val)
		case strings.Contains(before, "://") && strings.Contains(p.rest, "@"):
			return escapeUser(val)
		}
		return val
	})
}

// expandWith puts fit(what stands before, the variable, its value) where
// variables are.
func (f *file) expandWith(v syntax.Literal, fit func(before string, p piece, val string) string) (string, bool) {
	var b strings.Builder
	ok := true
	list, bad := pieces(v.Text)
	for _, p := range list {
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		val, isSet := f.lookup(p)
		if !isSet {
			ok = false
			f.problem(span{v.Pos, v.End}, fmt.Sprintf("set it, or write ${%s:-default}", p.name), "the environment variable %s is not set", p.name)
		}
		b.WriteString(fit(b.String(), p, val))
	}
	if bad != "" {
		f.problem(span{v.Pos, v.End}, "write ${NAME} or ${NAME:-default}", "%q is not the name of a variable", "${"+clip(bad[2:]))
		return "", false
	}
	return b.String(), ok
}

// lookup returns what a variable stands for, and whether that is known.
func (f *file) lookup(p piece) (string, bool) {
	val, isSet := "", false
	if f.l.opts.Getenv != nil {
		val, isSet = f.l.opts.Getenv(p.name)
	}
	if p.falls && val == "" {
		return p.fallback, true
	}
	return val, isSet
}

// unset reports whether a value stays as it is written, because it has
// variables that are not set and need not be.
func (f *file) unset(v syntax.Literal) bool {
	list, bad := pieces(v.Text)
	if !f.l.opts.Unset || bad != "" {
		return false
	}
	for _, p := range list {
		if p.name == "" {
			continue
		}
		if _, ok := f.lookup(p); !ok {
			return true
		}
	}
	return false
}
