package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/window"
)

// windowOf reads the window of a rollup from its definition, which was checked
// when it was stored.
func windowOf(definition string) (window.Window, error) {
	f := syntax.Parse(definition)
	if len(f.Statements) != 1 || f.Statements[0].Rollup == nil {
		return nil, errors.New("its definition is no CREATE ROLLUP")
	}
	w := f.Statements[0].Rollup.Select.From.Window
	if w == nil {
		return nil, errors.New("it has none")
	}
	kind := window.Find(w.Name.Text)
	if kind == nil {
		return nil, fmt.Errorf("this version has no %s", w.Name.Text)
	}
	spans := make([]window.Span, len(kind.Params))
	for i, a := range w.Args {
		if a.Name != nil {
			i = paramIndex(kind, a.Name.Text)
		}
		if i < 0 || i >= len(spans) {
			return nil, fmt.Errorf("this version does not know all arguments of its %s", kind.Name)
		}
		var err error
		if spans[i], err = window.ParseSpan(a.Expr.Text); err != nil {
			return nil, err
		}
	}
	return kind.New(spans)
}

// paramIndex is where a named argument stands; -1 if there is none of the name.
func paramIndex(kind *window.Kind, name string) int {
	for i, p := range kind.Params {
		if strings.EqualFold(p, name) {
			return i
		}
	}
	return -1
}
