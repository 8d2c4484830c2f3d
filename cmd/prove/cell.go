package main

import (
	"time"
)

// cell is a value of an event as the generator means it, before it is spelled
// in JSON or CSV: nil, int64, float64, string, bool, moment, or bad.
type cell any

// moment is a point in time in microseconds since 1970.
type moment int64

// bad is a value that does not convert to the column's type.
type bad struct{}

// text spells a moment as the store shows it, with as many digits of a second
// as it needs.
func (m moment) text() string {
	s := time.UnixMicro(int64(m)).UTC().Format("2006-01-02 15:04:05.000000")
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

// stored is what SQLite holds for a cell that is not bad.
func stored(c cell) any {
	switch v := c.(type) {
	case moment:
		return v.text()
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return c
}

// colType is a type of the language, spelled as in SQL.
type colType string

const (
	integerType   colType = "INTEGER"
	realType      colType = "REAL"
	textType      colType = "TEXT"
	booleanType   colType = "BOOLEAN"
	timestampType colType = "TIMESTAMP"
)

// sqlite is the type of the column in the judge's own table.
func (t colType) sqlite() string {
	switch t {
	case booleanType:
		return "INTEGER"
	case timestampType:
		return "TEXT"
	}
	return string(t)
}

// column is a column of the events.
type column struct {
	name    string
	typ     colType
	key     string // in the input: a JSON key or a CSV name
	notNull bool
}

// event is a record: cells by column, or broken, which is no record at all.
type event struct {
	cells  []cell
	broken bool
	// where it lies: files by number, and the order in its file
	file, order int
}
