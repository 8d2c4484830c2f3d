package schema

import "github.com/windrow/windrow/schema/value"

// Function is a scalar function that may stand in WHERE, keys and arguments.
// Its meaning is SQLite's; workers/eval implements every row of Functions.
type Function struct {
	Name    string // lower case
	MinArgs int
	MaxArgs int // -1 for any number
	Help    string
	// Result checks the types of the arguments and gives the result's type;
	// the error is a sentence for the user.
	Result func(args []value.Type) (value.Type, error)
}
