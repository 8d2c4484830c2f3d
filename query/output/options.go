package output

import (
	"fmt"
	"time"
)

// Options say how values are written. The zero value is each format's usual
// form. A format ignores what does not concern it.
type Options struct {
	Delimiter     byte           // csv: between the fields; 0 for a comma
	NoHeader      bool           // csv, tsv: no line with the names of the columns
	Null          string         // csv, tsv: how NULL is written; "" for an empty field
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
	return nil
}

// checkDelimiter refuses what would make fields ambiguous: numbers are not
// quoted.
func checkDelimiter(c byte) error {
	switch {
	case c == 0 || c == '\t' || c == ' ':
		return nil
	case c < ' ' || c >= 0x7f || c == '"' || c == '.' || c == '+' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return fmt.Errorf("%q cannot stand between fields: take a character like ',' ';' '|' or a tab", c)
	}
	return nil
}
