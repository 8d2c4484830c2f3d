package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

// inputFile is a file of a stream while it is made.
type inputFile struct {
	name   string // its ending tells the compression
	array  bool   // one JSON array
	csv    bool
	events []*event
}

// The files of the streams, in the order of their names.
var jsonFiles = []inputFile{{name: "a.ndjson"}, {name: "b.ndjson.gz"}, {name: "c.json", array: true}, {name: "d.ndjson"}, {name: "e.ndjson.zst"}}
var csvFiles = []inputFile{{name: "a.csv", csv: true}, {name: "b.csv.gz", csv: true}, {name: "c.csv", csv: true}}

// dealEvents spreads events over files and says so in the events. Files may
// stay empty.
func dealEvents(r *rand.Rand, files []inputFile, events []event) []inputFile {
	out := append([]inputFile{}, files...)
	weights := make([]int, len(files))
	total := 0
	for i := range weights {
		weights[i] = r.IntN(5)
		total += weights[i]
	}
	if total == 0 {
		weights[0], total = 1, 1
	}
	for i := range events {
		f, at := 0, r.IntN(total)
		for at >= weights[f] {
			at -= weights[f]
			f++
		}
		events[i].file, events[i].order = f, len(out[f].events)
		out[f].events = append(out[f].events, &events[i])
	}
	return out
}

// write makes the file in dir. A file without events has no bytes, or only
// what is no record.
func (f *inputFile) write(r *rand.Rand, dir string) error {
	var text []byte
	switch {
	case f.csv:
		text = f.csvText(r)
	case f.array:
		text = f.arrayText(r)
	default:
		text = f.lineText(r)
	}
	cut := r.IntN(len(text) + 1)
	return writeParts(filepath.Join(dir, f.name), text[:cut], text[cut:])
}

func lineEnd(r *rand.Rand) string {
	switch r.IntN(12) {
	case 0:
		return "\r\n"
	case 1:
		return "\n\n"
	case 2:
		return "\n\r\n\n"
	}
	return "\n"
}

// withoutLastEnd takes the last line's end off now and then.
func withoutLastEnd(r *rand.Rand, text []byte) []byte {
	if r.IntN(2) == 0 {
		return bytes.TrimRight(text, "\r\n")
	}
	return text
}

var brokenLines = []string{`{"ts":`, `{"k":"abc`, "not json", "42", `"text"`, "null", `{"k":1}}`, `{"a" 1}`, `{"k":[1}`, `{,}`, `{"k":1,}`, "\xff\xfe", `{"k":"a` + "\t" + `b"}`}
var brokenElements = []string{"42", `"te,xt"`, "null", "[1,[2]]", `{"a" 1}`, "truth", `{"k":1,}`}
var brokenRows = []string{"1,2", `"a"b,c`, "x", "1,2,3,4,5,6,7,8,9,10,11,12,13,14"}

func (f *inputFile) lineText(r *rand.Rand) []byte {
	var b bytes.Buffer
	for _, e := range f.events {
		if e.broken {
			b.WriteString(pick(r, brokenLines))
		} else {
			b.WriteString(jsonObject(r, e, " "))
		}
		b.WriteString(lineEnd(r))
	}
	return withoutLastEnd(r, b.Bytes())
}

func (f *inputFile) arrayText(r *rand.Rand) []byte {
	var b bytes.Buffer
	b.WriteString(pick(r, []string{"[", " \n[\n"}))
	for i, e := range f.events {
		if i > 0 {
			b.WriteString(pick(r, []string{",", " ,\n", ",\n  "}))
		}
		if e.broken {
			b.WriteString(pick(r, brokenElements))
		} else {
			b.WriteString(jsonObject(r, e, "\n "))
		}
	}
	b.WriteString(pick(r, []string{"]", "\n]\n"}))
	return b.Bytes()
}

// jsonObject spells an event. The first of equal keys counts, so more of them
// may follow; keys that no column names may stand anywhere.
func jsonObject(r *rand.Rand, e *event, blank string) string {
	var members []string
	for _, i := range r.Perm(len(columns)) {
		c, v := columns[i], e.cells[i]
		if v == nil && r.IntN(2) == 0 {
			continue
		}
		key := c.key
		if key == "pp" {
			members = append(members, `"o":`+jsonNested(r, v, c.typ))
			continue
		}
		members = append(members, jsonKey(r, key)+":"+space(r, blank)+spellJSON(r, v, c.typ))
	}
	n := len(members)
	for range r.IntN(3) {
		if n > 0 && r.IntN(2) == 0 {
			again := pick(r, []string{"ts", "k", "n", "x"})
			if has(members[:n], again) {
				members = append(members, `"`+again+`":`+pick(r, []string{"7", `"again"`, "null", "[]"}))
			}
			continue
		}
		at := r.IntN(len(members) + 1)
		extra := pick(r, []string{`"other":{"k":"no","ts":[1,{"n":2}]}`, `"K":"no"`, `"":0`, `"n2":-1.5e3`, `"é":"\"}"`})
		members = append(members[:at], append([]string{extra}, members[at:]...)...)
		n = len(members)
	}
	var b strings.Builder
	b.WriteString("{" + space(r, blank))
	for i, m := range members {
		if i > 0 {
			b.WriteString("," + space(r, blank))
		}
		b.WriteString(m)
	}
	b.WriteString(space(r, blank) + "}")
	return b.String()
}

// has tells that a member with the key is among them, however it is spelled.
func has(members []string, key string) bool {
	for _, m := range members {
		if strings.HasPrefix(m, `"`+key+`":`) {
			return true
		}
	}
	return false
}

func space(r *rand.Rand, blank string) string {
	if r.IntN(6) == 0 {
		return blank
	}
	return ""
}

func jsonKey(r *rand.Rand, key string) string {
	if r.IntN(40) == 0 {
		return fmt.Sprintf(`"\u%04x%s"`, key[0], key[1:])
	}
	return `"` + key + `"`
}

func jsonNested(r *rand.Rand, c cell, t colType) string {
	if c == nil {
		return pick(r, []string{"{}", "null", "7", `{"q":1}`, `{"pp":null}`, "[1]"})
	}
	v := spellJSON(r, c, t)
	return pick(r, []string{`{"pp":` + v + `}`, `{"q":{"pp":1},"pp": ` + v + `,"pp":"no"}`})
}

func (f *inputFile) csvText(r *rand.Rand) []byte {
	var b bytes.Buffer
	order := r.Perm(len(columns))
	var names []string
	for _, i := range order {
		names = append(names, columns[i].key)
	}
	b.WriteString(strings.Join(names, ",") + "\n")
	for _, e := range f.events {
		if e.broken {
			b.WriteString(pick(r, brokenRows))
		} else {
			var fields []string
			for _, i := range order {
				fields = append(fields, spellCSV(r, e.cells[i], columns[i].typ))
			}
			b.WriteString(strings.Join(fields, ","))
		}
		b.WriteString(lineEnd(r))
	}
	return withoutLastEnd(r, b.Bytes())
}
