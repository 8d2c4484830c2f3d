package schema

import (
	"sort"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// typeNames are the names of the types of columns, in capitals.
var typeNames = map[string]value.Type{
	"INTEGER": value.Integer, "INT": value.Integer, "BIGINT": value.Integer, "SMALLINT": value.Integer, "TINYINT": value.Integer,
	"INT2": value.Integer, "INT4": value.Integer, "INT8": value.Integer,
	"REAL": value.Real, "DOUBLE": value.Real, "DOUBLE PRECISION": value.Real, "FLOAT": value.Real, "FLOAT4": value.Real, "FLOAT8": value.Real,
	"TEXT": value.Text, "VARCHAR": value.Text, "CHAR": value.Text, "CHARACTER": value.Text, "CHARACTER VARYING": value.Text, "STRING": value.Text, "UUID": value.Text,
	"BOOLEAN": value.Boolean, "BOOL": value.Boolean,
	"TIMESTAMP": value.Timestamp, "TIMESTAMPTZ": value.Timestamp, "DATETIME": value.Timestamp,
	"TIMESTAMP WITH TIME ZONE": value.Timestamp, "TIMESTAMP WITHOUT TIME ZONE": value.Timestamp,
	"JSON": value.JSON, "JSONB": value.JSON,
}

// refusedTypes are types of other systems, and what to write instead.
var refusedTypes = map[string]string{
	"DECIMAL": "use REAL, whose sums are exact here, or INTEGER with the smallest unit, such as cents",
	"NUMERIC": "use REAL, whose sums are exact here, or INTEGER with the smallest unit, such as cents",
	"NUMBER":  "use REAL or INTEGER",
	"DATE":    "use TIMESTAMP, which reads dates too",
	"TIME":    "use TEXT",
	"BLOB":    "use TEXT",
	"BYTEA":   "use TEXT",
	"ARRAY":   "use JSON",
	"STRUCT":  "use JSON, or columns with PATH '$.a.b'",
	"MAP":     "use JSON",
}

// typeOf finds a column's type, and reports one that is unknown.
func (f *file) typeOf(t syntax.Type) (value.Type, bool) {
	up := strings.ToUpper(t.Text)
	if typ, ok := typeNames[up]; ok {
		return typ, true
	}
	at := span{t.Pos, t.End}
	if hint := refusedTypes[up]; hint != "" {
		f.problem(at, hint, "the type %s is not supported", up)
		return 0, false
	}
	hint := didYouMean(up, knownTypes())
	if hint == "" {
		hint = "types are INTEGER, REAL, TEXT, BOOLEAN, TIMESTAMP and JSON"
	}
	f.problem(at, hint, "there is no type %s", clip(t.Text))
	return 0, false
}

func knownTypes() []string {
	var names []string
	for n := range typeNames {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
