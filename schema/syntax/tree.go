package syntax

// File is the tree of one definition file.
type File struct {
	Statements []Statement
	Errors     []Error // in the order of their places
}

// Statement is one statement. At most one of Stream, Rollup, Report, Alert and
// Set is set. A Broken statement was read as far as it goes; its mistakes are
// in File.Errors.
type Statement struct {
	Pos, End int
	Broken   bool
	Stream   *CreateStream
	Rollup   *CreateRollup
	Report   *CreateReport
	Alert    *CreateAlert
	Set      *Set
}

// Name is a name as written, without quotes. It is empty where it is missing.
type Name struct {
	Text     string
	Quoted   bool
	Pos, End int
}

// CreateStream is CREATE STREAM.
type CreateStream struct {
	Name       Name
	Columns    []Column
	Watermarks []Watermark // more than one is a mistake, which the checker reports
	Options    []Option
}

// Column is a column of a stream: name TYPE [PATH '...'] [NOT NULL] or name
// TYPE AS (expr).
type Column struct {
	Name    Name
	Type    Type
	Path    *Literal
	NotNull bool
	Expr    *Expr // nil if not computed
	Pos     int
	End     int
	Broken  bool // its mistake is in File.Errors
}

// Type is the name of a type as written, words separated by one space:
// "double precision". What stands in parentheses after it is in Args.
type Type struct {
	Text     string
	Args     string
	Pos, End int
}

// Literal is a text in single quotes.
type Literal struct {
	Text     string
	Pos, End int
}

// Watermark is WATERMARK FOR column [AS expr].
type Watermark struct {
	Column   Name
	Expr     *Expr
	Pos, End int
}

// Option is key = value, in WITH and in SET. The value is the text of a
// literal, or a bare word.
type Option struct {
	Key   Name
	Value Literal
}

// Set is SET name = value.
type Set struct{ Option }

// CreateRollup is CREATE ROLLUP.
type CreateRollup struct {
	Name    Name
	Options []Option
	Select  Select
}

// Select is the query of a rollup.
type Select struct {
	Items    []Item
	From     From
	Where    *Expr
	Group    []*Expr
	Having   *Expr
	Pos, End int
}

// Item is an output column: expr [[AS] alias].
type Item struct {
	Expr  *Expr
	Alias *Name
}

// From is what a rollup reads: a stream, or a window function over one.
type From struct {
	Stream   Name
	Window   *Window // nil for the stream itself
	Alias    *Name
	Pos, End int
}

// Window is a window function: NAME(stream[, time], args...). A second
// argument that is a name without => is the time column.
type Window struct {
	Name     Name
	Time     *Name
	Args     []Arg
	Pos, End int
}

// Arg is an argument of a window function.
type Arg struct {
	Name *Name // of name => value
	Expr *Expr
}

// CreateReport is CREATE REPORT. What is not there, or has a mistake that is in
// File.Errors, is nil or empty.
type CreateReport struct {
	Name     Name
	Schedule *Literal
	Zone     *Literal
	Missed   string // ALL, LAST or NONE
	Wait     bool
	WaitUpTo *Literal // of the interval: "30 minutes"
	Revise   bool
	Format   *Name
	Targets  []Literal // texts, or the word stdout
	Options  []Option
	Sections []Section
}

// CreateAlert is CREATE ALERT, with what CreateReport says.
type CreateAlert struct {
	Name    Name
	Every   *Literal // of the interval: "1 minute"
	For     *Literal // a number
	Targets []Literal
	Options []Option
	Query   Section
}

// Section is one SELECT for SQLite, at the bytes [Pos, End): without the
// comments around it. It is empty where it is missing.
type Section struct {
	Title    *Literal // nil without SECTION
	Pos, End int
}

// Kind is the kind of an Expr.
type Kind uint8

const (
	NumberExpr   Kind = iota // Text
	StringExpr               // Text
	BlobExpr                 // Text, as written
	NullExpr                 // NULL
	TrueExpr                 // TRUE
	FalseExpr                // FALSE
	IntervalExpr             // Text: "1 minute", of both spellings
	NameExpr                 // Text, Quoted; Table is set in table.column
	StarExpr                 // *, only as an output
	UnaryExpr                // Text: - + ~ NOT
	BinaryExpr               // Text: an operator, AND, OR
	IsExpr                   // a IS b, IS NOT, IS [NOT] DISTINCT FROM, ISNULL, NOTNULL: Not
	BetweenExpr              // a, low, high; Not
	InExpr                   // a, list...; Not
	LikeExpr                 // Text: LIKE, GLOB, REGEXP, MATCH; a, pattern[, escape]; Not
	CaseExpr                 // [base,] when, then, ... [, else]; HasBase, HasElse
	CastExpr                 // a; Type
	CallExpr                 // Text: the function's name as written; Star, Distinct, Filter
	CollateExpr              // a; Text: the collation
)

// Expr is an expression.
type Expr struct {
	Kind     Kind
	Text     string
	Table    *Name
	Quoted   bool
	Not      bool
	HasBase  bool
	HasElse  bool
	Star     bool // count(*)
	Distinct bool // count(DISTINCT x)
	Filter   *Expr
	Type     Type
	Args     []*Expr
	Parens   bool // it stands in parentheses of its own
	OpPos    int  // of the operator of a Unary, Binary, Is, Between, In, Like
	// Pos and End are its place, without the parentheses around it; Outer and
	// OuterEnd with them.
	Pos, End        int
	Outer, OuterEnd int
	height          int
}

// Walk calls f for e and everything in it, parents first. It does not go into
// an expression for which f returns false. A nil e is allowed.
func (e *Expr) Walk(f func(*Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, a := range e.Args {
		a.Walk(f)
	}
	e.Filter.Walk(f)
}
