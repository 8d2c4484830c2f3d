package output

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Options say how values are written. The zero value is each format's usual
// form. A format ignores what does not concern it.
type Options struct {
	Delimiter     byte           // csv: between the fields; 0 for a comma
	NoHeader      bool           // csv, tsv: no line with the names of the columns
	Null          string         // csv, tsv: how NULL is written, never in quotes; "" for an empty field
	Zone          *time.Location // times of the store are shown in this zone; nil: as they are, in UTC
	TimeFormat    string         // of times: "" as the store writes them, "iso", "epoch_s", "epoch_ms", or a pattern like %d.%m.%Y %H:%M
	GuardFormulas bool           // csv, tsv: text that begins with = + - @ TAB CR gets a leading ', so that no spreadsheet computes it
	Title         string         // html: of the page; xlsx: of the sheet
}

// Check says what is wrong with the options. Encoder.Begin says the same.
func (o Options) Check() error {
	if err := checkDelimiter(o.Delimiter); err != nil {
		return err
	}
	if strings.ContainsAny(o.Null, "\"\r\n") || o.Delimiter != 0 && strings.IndexByte(o.Null, o.Delimiter) >= 0 {
		return badNull(o.Null)
	}
	return checkTimeFormat(o.TimeFormat)
}

// checkDelimiter refuses what would make fields ambiguous: numbers are not
// quoted.
func checkDelimiter(c byte) error {
	switch {
	case c == 0 || c == '\t' || c == ' ':
		return nil
	case c < ' ' || c >= 0x7f || strings.IndexByte(`"'.+-`, c) >= 0 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return fmt.Errorf("%q cannot stand between fields: take ',' ';' '|' ':' or a tab", c)
	}
	return nil
}

func badNull(s string) error {
	return fmt.Errorf("NULL cannot be written as %q: leave out quotes, line breaks and what stands between the fields", s)
}

// made is what a row of Formats has for New: options with mistakes make an
// encoder that says so, and times come as the options want them.
func made(make func(io.Writer, Options) Encoder) func(io.Writer, Options) Encoder {
	return checked(func(w io.Writer, o Options) Encoder { return withTimes(make(w, o), o) })
}

// checked is made for a format that looks after times itself.
func checked(make func(io.Writer, Options) Encoder) func(io.Writer, Options) Encoder {
	return func(w io.Writer, o Options) Encoder {
		if err := o.Check(); err != nil {
			return mistaken{err}
		}
		return make(w, o)
	}
}

// mistaken is the encoder of options with a mistake.
type mistaken struct{ err error }

var _ Encoder = mistaken{}

func (e mistaken) Begin([]Column) error { return e.err }
func (e mistaken) Row([]any) error      { return e.err }
func (e mistaken) End() error           { return e.err }
