// Package schema turns definition files into checked definitions: streams,
// rollups and settings with every name resolved and every type known. It does
// no I/O and opens no database.
package schema

import (
	"time"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

// Pipeline is everything that a set of definition files declares. It is
// immutable after Load.
type Pipeline struct {
	Streams  []*Stream
	Rollups  []*Rollup
	Reports  []*Report
	Alerts   []*Alert
	Settings Settings
	Warnings Problems // what is allowed but probably not meant
}

// StreamRollups returns the rollups of a stream, in the order of the files.
func (p *Pipeline) StreamRollups(s *Stream) []*Rollup {
	var out []*Rollup
	for _, r := range p.Rollups {
		if r.Stream == s {
			out = append(out, r)
		}
	}
	return out
}

// Settings are the values of SET statements, or their defaults.
type Settings struct {
	FlushInterval time.Duration // 1s
	Workers       int           // per stream; 0 means one per CPU
	Durability    string        // "power" (fsync at each commit) or "process"

	SMTP          string // URL of the mail server; "" for none
	MailFrom      string
	WebhookSecret string // of webhooks that have none of their own
	ReportRoot    string // file targets stay below it; "" for the folder of the definition file
}

// Stream is a declared stream: the shape of its events and where they come from.
type Stream struct {
	Name    string
	Columns []Column
	// Time is the index of the column that carries event time (WATERMARK FOR,
	// or the only TIMESTAMP column), -1 if there is none.
	Time  int
	Delay time.Duration // of the watermark
	Options
	File string // definition file, for messages
	Pos  int
}

// Options are the checked WITH options of a stream.
type Options struct {
	Connector string   // "file"
	Paths     []string // absolute or relative to the working directory; globs with **
	Format    Format
	CSV       CSV
	// TimestampFormat is "auto", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"
	// or a strptime pattern.
	TimestampFormat string
	Timezone        *time.Location // of stamps without offset
	MaxRecord       int            // bytes; longer records are quarantined
	// IdleTimeout is after how long without growth a file no longer holds back
	// the watermark; 0 for never.
	IdleTimeout time.Duration
	// OnRewrite says what to do with a file of which absorbed bytes have changed.
	OnRewrite OnRewrite
}

// OnRewrite is an answer to absorbed bytes that have changed.
type OnRewrite string

const (
	RewritePause  OnRewrite = "pause"  // read nothing more of the file, and say so
	RewriteAppend OnRewrite = "append" // what the file holds now are new records
)

// Format is the format of the records of a stream.
type Format string

const (
	FormatJSON Format = "json" // a JSON object per line, or one array of objects
	FormatCSV  Format = "csv"
)

// CSV are the options of FormatCSV.
type CSV struct {
	Delimiter byte // ','
	Quote     byte // '"'; 0 for none
	// Header: the first record of each file names the columns. Otherwise
	// fields are taken in the order of the declared physical columns.
	Header    bool
	Multiline bool // quoted fields may hold line breaks
}

// Column is a column of a stream.
type Column struct {
	Name    string
	Type    value.Type
	NotNull bool
	// Path leads to the value in a JSON record: keys from the outside in, an
	// index into an array as "[3]". For a column without PATH it is its name.
	// For CSV it has one element, the header's name.
	Path []string
	// Expr is set for a computed column. Its result is converted to Type as a
	// decoded value would be.
	Expr *Expr
	Pos  int
}

// Rollup is a checked CREATE ROLLUP.
type Rollup struct {
	Name      string
	Stream    *Stream
	Window    window.Window
	Where     *Expr // nil for all; compute it on usable rows
	Keys      []Key
	Calls     []Call
	Parts     []Part // without repetition, in order of first use
	Output    []Output
	Having    *ViewExpr // nil for none
	Retention time.Duration
	// Columns are the stream's columns that the rollup names, the event time
	// and what its computed columns name included, ascending. They alone
	// decide whether a record is usable.
	Columns []int
	// Identity is the hash of all that the stored states depend on.
	Identity [32]byte
	// StoreEnd: the window's end is stored, because the view shows it.
	StoreEnd bool
	Text     string // the statement as written
	File     string
	Pos      int
}

// Key is a grouping key other than the window.
type Key struct {
	Name string // output name if it has one, else derived from the expression
	Expr *Expr
	// Nullable keys are ANY columns that hold x'' for NULL.
	Nullable bool
}

// Call is one aggregate call of a rollup; equal calls stand once.
type Call struct {
	Func  *aggregate.Func
	Plan  aggregate.Plan
	Name  string // canonical text, e.g. "avg(latency)"
	Parts []int  // indexes into Rollup.Parts, in the order of Plan.Parts
}

// Part is one state that a rollup keeps.
type Part struct {
	aggregate.Part
	Args   []*Expr
	Filter *Expr  // FILTER (WHERE ...); nil for all
	Name   string // canonical text: kind, arguments, filter
}

// Output is a column of the rollup's view.
type Output struct {
	Name string
	Type value.Type // as far as it is known; Any otherwise
	Expr ViewExpr
}

// ViewExpr is an expression over keys, window bounds and aggregates, which
// SQLite evaluates in the view. SQL has the names of Rollup.Layout's columns
// substituted in.
type ViewExpr struct {
	SQL string
	Pos int
	End int
}

// Op is the operation of an Expr.
type Op uint8

const (
	OpLiteral Op = iota // Lit
	OpColumn            // Col
	OpNeg               // -a
	OpBitNot            // ~a
	OpNot               // NOT a
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpMod
	OpConcat // ||
	OpBitAnd
	OpBitOr
	OpShiftLeft
	OpShiftRight
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpIs      // a IS b: never NULL; Not for IS NOT. IS TRUE and IS FALSE are OpIsTrue, OpIsFalse
	OpIsTrue  // a IS TRUE; Not for IS NOT TRUE
	OpIsFalse // a IS FALSE; Not for IS NOT FALSE
	OpAnd
	OpOr
	OpBetween // a BETWEEN b AND c; Not
	OpIn      // a IN (b, c, ...); Not
	OpLike    // a LIKE b [ESCAPE c]; Not
	OpGlob    // a GLOB b; Not
	OpCase    // [base,] when, then, when, then, ... [, else]: see HasBase, HasElse
	OpCast    // CAST(a AS Type)
	OpArrow   // a -> b
	OpArrow2  // a ->> b
	OpCall    // Func(args...): a row of Functions
)

// Expr is a resolved expression over the columns of a stream, evaluated in the
// worker with SQLite's meaning. Types are static: Type is that of every value
// that is not NULL, or Any. Where SQLite would go from INTEGER to REAL on
// overflow, the record is unusable instead. Timestamps compare with timestamps
// only (literals were converted when checked), their difference is REAL
// seconds, and plus or minus Interval is a Timestamp (OpAdd has the Interval on
// either side, OpSub on the right; it is always a literal).
//
// What the checker leaves to be compared (by =, <, IS, BETWEEN, IN, a CASE with
// a base, nullif, min, max) is two numbers, two texts, two timestamps, or a
// NULL or an Any with something that is no timestamp. Only with an Any does
// SQLite's affinity matter: see Affinity. Conditions are numbers, NULL or Any.
// Arithmetic is on numbers, NULL or Any.
type Expr struct {
	Op      Op
	Type    value.Type
	Not     bool // IS NOT, NOT BETWEEN, NOT IN, NOT LIKE, NOT GLOB
	HasBase bool // OpCase
	HasElse bool // OpCase
	Col     int  // OpColumn: index into Stream.Columns
	Lit     value.Value
	Func    *Function
	Args    []*Expr
	Pos     int // byte offsets in the definition file
	End     int
}
