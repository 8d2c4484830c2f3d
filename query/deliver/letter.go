package deliver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode"
)

// summary says in plain text what a mail is about.
func summary(m Message) string {
	const layout = "2006-01-02 15:04 MST"
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s", m.Report, m.local(m.Slot).Format(layout))
	if m.Kind != "report" {
		fmt.Fprintf(&b, ": %s", m.Kind)
	}
	b.WriteString("\n")
	if m.Content != nil && !m.Start.IsZero() {
		fmt.Fprintf(&b, "From %s to %s.\n", m.local(m.Start).Format(layout), m.local(m.End).Format(layout))
	}
	if m.Revision > 1 {
		fmt.Fprintf(&b, "This is revision %d; it replaces the earlier ones.\n", m.Revision)
	}
	for _, note := range m.Notes {
		b.WriteString(oneLine(note, 1000) + "\n")
	}
	b.WriteString("\n")
	return b.String()
}

// preformatted shows text as it is, also where the font of plain text has
// letters of different widths: tables stay tables.
func preformatted(text []byte) string {
	return "<!DOCTYPE html>\n<html><body><pre style=\"font-family: monospace\">" + html.EscapeString(string(text)) + "</pre></body></html>\n"
}

// eventText is the record of an event as lines of names and values, in its
// order.
func eventText(record []byte) string {
	d := json.NewDecoder(bytes.NewReader(record))
	d.UseNumber()
	var b strings.Builder
	if t, err := d.Token(); err != nil || t != json.Delim('{') || writeMembers(&b, d, "") != nil {
		return visible(string(record)) + "\n"
	}
	return b.String()
}

// writeMembers writes the members of an object, those of inner objects
// indented. Arrays stay JSON.
func writeMembers(b *strings.Builder, d *json.Decoder, indent string) error {
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		fmt.Fprintf(b, "%s%s:", indent, visible(name.(string)))
		if value[0] != '{' {
			b.WriteString(" " + scalar(value) + "\n")
			continue
		}
		b.WriteString("\n")
		inner := json.NewDecoder(bytes.NewReader(value))
		if _, err := inner.Token(); err != nil {
			return err
		}
		if err := writeMembers(b, inner, indent+"  "); err != nil {
			return err
		}
	}
	return nil
}

// scalar is a value as people read it.
func scalar(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil && value[0] == '"' {
		return visible(text)
	}
	return visible(string(value))
}

// visible replaces what would steer a terminal, or begin a line that looks
// like one of ours.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
