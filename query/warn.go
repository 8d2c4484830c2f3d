package query

import (
	"fmt"
	"regexp"

	"github.com/windrow/windrow/schema/syntax"
)

// warnings finds what is legal and probably not meant.
func (st *statement) warnings() []string {
	var w []string
	for i := range st.tokens {
		if s := st.averageOfAverages(i); s != "" {
			w = append(w, s)
		}
		if s := st.foreignTime(i); s != "" {
			w = append(w, s)
		}
	}
	return w
}

// averaged are names that averages and quantiles usually have.
var averaged = regexp.MustCompile(`(?i)^(avg|average|mean|median|quantile)_|_(avg|mean|median)$|^p\d{2,3}(_|$)|_p\d{2,3}$`)

// averageOfAverages warns of avg(x) where x is an average itself.
func (st *statement) averageOfAverages(i int) string {
	if !st.is(i, "AVG") || !st.is(i+1, "(") {
		return ""
	}
	at := i + 2
	if st.is(at+1, ".") {
		at += 2
	}
	name := st.nameAt(at)
	if name == "" || !st.is(at+1, ")") || !averaged.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("avg(%s) gives every window the same weight: it is not the average of the events", name)
}

// timeNames are names of columns that hold times as the store writes them.
var timeNames = regexp.MustCompile(`(?i)^(window_start|window_end|complete_from|final_before|ts|time|timestamp)$|_(at|time|ts|timestamp)$`)

// isoTime are times in a form that sorts differently from the store's.
var isoTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d(T.*|[ ]\d\d:.*(Z|z|[+-]\d\d:?\d\d))$`)

// foreignTime warns where a time column is compared with text of another form.
func (st *statement) foreignTime(i int) string {
	if st.tokens[i].Kind != syntax.String {
		return ""
	}
	literal := st.tokens[i].Text
	if !isoTime.MatchString(literal) {
		return ""
	}
	name := st.comparedWith(i)
	if name == "" || !timeNames.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%s is text in UTC like '2026-03-01 12:00:00' and does not compare with '%s': write ts('%s')", name, literal, literal)
}

// comparedWith returns the name that the literal at i is compared with.
func (st *statement) comparedWith(i int) string {
	switch {
	case st.comparison(i - 1):
		return st.nameAt(i - 2)
	case st.comparison(i + 1):
		name := st.nameAt(i + 2)
		if st.is(i+3, ".") {
			name = st.nameAt(i + 4)
		}
		return name
	case st.is(i-1, "BETWEEN"):
		return st.beforeNot(i - 2)
	case st.is(i-1, "AND"):
		// x BETWEEN low AND high, low being one token or a call of one argument
		for _, back := range []int{3, 6} {
			if st.is(i-back, "BETWEEN") {
				return st.beforeNot(i - back - 1)
			}
		}
	}
	return ""
}

func (st *statement) beforeNot(i int) string {
	if st.is(i, "NOT") {
		i--
	}
	return st.nameAt(i)
}

func (st *statement) comparison(i int) bool {
	for _, op := range []string{"=", "==", "<", ">", "<=", ">=", "<>", "!=", "IS"} {
		if st.is(i, op) {
			return true
		}
	}
	return false
}
