// Package aggregate holds the aggregate functions and their states.
//
// A state is a monoid: merging is associative and commutative to the last
// bit, the empty state is its identity, and what is stored is a function of
// the set of values alone, so that it makes no difference who read what, in
// which order and in how many parts. Each aggregate is one row of Funcs;
// parser, checker, help, workers and the law tests all range over that table.
package aggregate

import (
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// Func describes one aggregate function as users call it.
type Func struct {
	Name    string // lower case
	Aliases []string
	MinArgs int
	MaxArgs int
	Star    bool   // may be called as name(*), with no types and args for Plan
	Help    string // one line: name(args): what it gives
	// Plan checks the types of the arguments and says how the call is kept.
	// The error is a sentence for the user: `sum needs numbers, host is TEXT`
	// without the function's position. args holds the argument's text for it.
	Plan func(types []value.Type, args []string) (Plan, error)
	// Of is set instead of Plan if a constant follows the other arguments: a
	// number that is part of the definition. It checks the constant, given as
	// a value and as it was written, and returns the Plan of the others.
	Of func(constant value.Value, text string) (func(types []value.Type, args []string) (Plan, error), error)
}

// Plan says how one call is kept: the parts it reads, and how its result is
// made of them.
type Plan struct {
	Result value.Type
	Parts  []Part // each takes the call's own arguments; equal parts of a rollup are kept once
	// View gives the SQL expression of the result over the columns of the
	// parts, cols[part][column] being their quoted names. It uses only
	// operators and functions that SQLite and DuckDB evaluate alike, is exact,
	// and is wrapped in parentheses where it is not a single term.
	// Nil if Finish is set.
	View func(cols [][]string) string
	// Finish computes the result in Go at commit, to be stored as a plain
	// column, for what SQL cannot derive exactly.
	Finish *Finish
	// Name and Constant give the call its canonical text, Name(args, Constant),
	// by which equal calls are known, if that is not the function's name and
	// the arguments.
	Name, Constant string
}

// Part is one kind of mergeable state.
type Part struct {
	Name    string // "count", "sum_real", "moments": names the kind and the types it was made for
	Columns []Column
	New     func() State
}

// Column is a column of a state in the store.
type Column struct {
	Suffix string // "" or "_lo": appended to the state's name
	Type   string // INTEGER, REAL, TEXT, BLOB or ANY, of a STRICT table
}

// Finish computes a result from states.
type Finish struct {
	Name string // "var_samp": names the column and enters the rollup's identity
	Type string // column type
	// Value returns the result for a group: nil, int64, float64, string or []byte.
	Value func(parts []State, group int) any
}

// State holds the states of one part for all groups of a table: a
// structure of arrays indexed by group. It is used by one goroutine.
type State interface {
	// Grow makes room for groups 0 to n-1; new ones are empty.
	Grow(n int)
	// Add folds rows[i] into groups[i], for every i. args are the columns of
	// the arguments, indexed by row; NULLs are ignored (except by count(*),
	// which has no arguments). It does not allocate in steady state and does
	// not keep text, which the caller reuses.
	Add(groups, rows []int32, args []*value.Column, at *Positions)
	// Cell returns column col of group's state as it is stored, in canonical
	// form: nil, int64, float64, string or []byte. The result may be reused by
	// the next call.
	Cell(group, col int) any
	// Merge folds a stored state, all its cells in column order, into a group.
	// An error means that the cells are no state of this part.
	Merge(group int, cells []any) error
	// Bytes is about the memory that the groups' states need, long text and
	// spilled sums included.
	Bytes() int
	// Reset empties all groups and keeps the memory for the next table.
	Reset()
}

// Positions says where the rows of a batch come from, for what depends on
// order: (event time, split, offset) orders all events of a stream.
type Positions struct {
	Time   []int64 // per row, microseconds
	Split  int64
	Offset []int64 // per row
}

// Funcs is the table of aggregate functions, in the order that help shows.
var Funcs = []Func{
	{Name: "count", MinArgs: 1, MaxArgs: 1, Star: true, Plan: planCount,
		Help: "count(*): the number of events; count(x): of those where x is not NULL"},
	{Name: "sum", MinArgs: 1, MaxArgs: 1, Plan: planSum,
		Help: "sum(x): the exact sum, rounded once when read; NULL if there is no x"},
	{Name: "avg", MinArgs: 1, MaxArgs: 1, Plan: planAvg,
		Help: "avg(x): the exact sum, rounded, divided by the count; NULL if there is no x"},
	{Name: "min", MinArgs: 1, MaxArgs: 1, Plan: planMin,
		Help: "min(x): the least number, time, or text by its bytes"},
	{Name: "max", MinArgs: 1, MaxArgs: 1, Plan: planMax,
		Help: "max(x): the greatest number, time, or text by its bytes"},
	{Name: "var_samp", Aliases: []string{"variance"}, MinArgs: 1, MaxArgs: 1, Plan: planVariance(varSamp),
		Help: "var_samp(x): the variance of a sample, divided by n-1; NULL for fewer than 2"},
	{Name: "var_pop", MinArgs: 1, MaxArgs: 1, Plan: planVariance(varPop),
		Help: "var_pop(x): the variance of a population, divided by n"},
	{Name: "stddev_samp", Aliases: []string{"stddev"}, MinArgs: 1, MaxArgs: 1, Plan: planVariance(stddevSamp),
		Help: "stddev_samp(x): the square root of var_samp(x)"},
	{Name: "stddev_pop", MinArgs: 1, MaxArgs: 1, Plan: planVariance(stddevPop),
		Help: "stddev_pop(x): the square root of var_pop(x)"},
	{Name: "median", MinArgs: 1, MaxArgs: 1, Plan: planMedian,
		Help: "median(x): the value in the middle, which is quantile(x, 0.5)"},
	{Name: "quantile", MinArgs: 2, MaxArgs: 2, Of: quantileOf,
		Help: "quantile(x, q): the value that a fraction q of the x are below, such as 0.99: exact for up to 128 x, within 1 % for more; NULL if there is no x"},
	{Name: "first", MinArgs: 1, MaxArgs: 1, Plan: planFirst,
		Help: "first(x): the x of the earliest event where it is not NULL"},
	{Name: "last", MinArgs: 1, MaxArgs: 1, Plan: planLast,
		Help: "last(x): the x of the latest event where it is not NULL"},
}

// Find returns the function of that name in any case, or nil.
func Find(name string) *Func {
	for i := range Funcs {
		f := &Funcs[i]
		if strings.EqualFold(f.Name, name) {
			return f
		}
		for _, a := range f.Aliases {
			if strings.EqualFold(a, name) {
				return f
			}
		}
	}
	return nil
}
