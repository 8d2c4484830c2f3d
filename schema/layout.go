package schema

// ColumnSource says where a column of a state table comes from.
type ColumnSource uint8

const (
	FromWindow ColumnSource = iota // the window's start, text
	FromEnd                  // the window's end, text
	FromKey                  // Keys[Index]
	FromFinish               // Calls[Index].Plan.Finish
	FromPart                 // Parts[Index], its column Col
)

// StateColumn is one column of a rollup's state table.
type StateColumn struct {
	Name    string
	Type    string // of a STRICT table
	NotNull bool
	Key     bool // part of the primary key
	Source  ColumnSource
	Index   int
	Col     int
}
