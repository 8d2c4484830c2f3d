package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// spellJSON spells a cell as a JSON value, in one of the ways in which sources
// do. Line breaks between records are the caller's.
func spellJSON(r *rand.Rand, c cell, t colType) string {
	switch v := c.(type) {
	case nil:
		return "null"
	case bad:
		return pick(r, badJSON[t])
	case string:
		return jsonString(r, v)
	case bool:
		if r.IntN(3) == 0 {
			return pick(r, [][]string{{"0", `"f"`, `"no"`}, {"1", `"TRUE"`, `"yes"`}}[stored(v).(int64)])
		}
		return strconv.FormatBool(v)
	}
	s, number := spellPlain(r, c)
	if !number || r.IntN(6) == 0 {
		return jsonString(r, s)
	}
	return s
}

var badJSON = map[colType][]string{
	integerType:   {"1.5", `"n/a"`, "true", "1e300", "{}", `[1,"]"]`, `""`, "9223372036854775808", `"0x10"`},
	realType:      {`"n/a"`, "1e400", `"NaN"`, `"Infinity"`, "false", `{"a":{"b":[]}}`, `" "`},
	textType:      {"[1]", `{"a":"}"}`, `"\q"`, "\"\xff\"", `"\u12g4"`},
	booleanType:   {"2", `"maybe"`, "[]", `""`, "0.5"},
	timestampType: {`"soon"`, "true", `"2026-13-01T00:00:00Z"`, `"2026-02-30 00:00:00"`, "1e300", "{}", `""`},
}

// spellCSV spells a cell as a CSV field.
func spellCSV(r *rand.Rand, c cell, t colType) string {
	switch v := c.(type) {
	case nil:
		return ""
	case bad:
		return pick(r, badCSV[t])
	case string:
		return csvField(r, v)
	case bool:
		return pick(r, [][]string{{"0", "false", `"F"`, "no"}, {"1", "true", `"T"`, "YES"}}[stored(v).(int64)])
	}
	s, _ := spellPlain(r, c)
	if r.IntN(6) == 0 {
		return `"` + s + `"`
	}
	if r.IntN(10) == 0 {
		return " " + s + " "
	}
	return s
}

var badCSV = map[colType][]string{
	integerType:   {"1.5", "n/a", `""`, "1e300", "9223372036854775808"},
	realType:      {"n/a", "1e400", "inf", `""`, "1_5"},
	textType:      {"\xff", "\"a\nb\xc3\""},
	booleanType:   {"2", "maybe", `""`},
	timestampType: {"soon", `"2026-13-01"`, `""`, "1e300"},
}

// spellPlain spells numbers and times without quotes; number says that it is
// a JSON number.
func spellPlain(r *rand.Rand, c cell) (s string, number bool) {
	switch v := c.(type) {
	case int64:
		return spellInteger(r, v), true
	case float64:
		return spellReal(r, v), true
	}
	return spellTime(r, c.(moment))
}

func spellInteger(r *rand.Rand, v int64) string {
	s := strconv.FormatInt(v, 10)
	switch r.IntN(12) {
	case 0:
		return s + ".0"
	case 1:
		if v%10 == 0 && v != 0 {
			return s[:len(s)-1] + "e1"
		}
	case 2:
		if v != 0 {
			return s + "00E-2"
		}
	}
	return s
}

func spellReal(r *rand.Rand, v float64) string {
	switch r.IntN(8) {
	case 0:
		return strconv.FormatFloat(v, 'e', 17, 64)
	case 1:
		return strconv.FormatFloat(v, 'e', -1, 64)
	case 2:
		return strconv.FormatFloat(v, 'e', 40, 64)
	case 3:
		if v == 0 {
			return "-0.0"
		}
	case 4:
		if v > -1e20 && v < 1e20 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	return strings.Replace(s, "e+", "e", 1)
}

func spellTime(r *rand.Rand, m moment) (string, bool) {
	t := time.UnixMicro(int64(m)).UTC()
	after := t.Year() > 2001 // numbers before are taken for other units
	switch us := int64(m); r.IntN(10) {
	case 0:
		if us%1_000_000 == 0 {
			return strconv.FormatInt(us/1_000_000, 10), true
		}
	case 1:
		if us%1000 == 0 && after {
			return strconv.FormatInt(us/1000, 10), true
		}
	case 2:
		if after {
			return strconv.FormatInt(us, 10), true
		}
	case 3:
		if us > 0 {
			return fmt.Sprintf("%d.%06d", us/1_000_000, us%1_000_000), true
		}
	case 4:
		zone := time.FixedZone("", (r.IntN(27)-13)*3600+r.IntN(4)*900)
		return t.In(zone).Format("2006-01-02T15:04:05.999999999-07:00"), false
	case 5:
		return t.Format("2006-01-02 15:04:05.999999"), false
	case 6:
		return t.Format("2006-01-02T15:04:05.000000") + "789Z", false // what is finer is cut off
	case 7:
		if us%1_000_000 == 0 && t.Second() == 0 {
			return t.Format("2006-01-02T15:04Z"), false
		}
	}
	return t.Format("2006-01-02T15:04:05.999999Z07:00"), false
}

// jsonString quotes a text, with more escapes than needed now and then.
func jsonString(r *rand.Rand, s string) string {
	if r.IntN(3) > 0 {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(r.IntN(2) == 0)
		e.Encode(s)
		return strings.TrimSuffix(b.String(), "\n")
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c < ' ' || c == '"' || c == '\\' || r.IntN(3) == 0:
			for _, u := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&b, pick(r, []string{`\u%04x`, `\u%04X`}), u)
			}
		case c == '/':
			b.WriteString(`\/`)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// csvField quotes a text where it must be, and sometimes where it need not.
func csvField(r *rand.Rand, s string) string {
	if s == "" || strings.ContainsAny(s, "\",\r\n") || r.IntN(5) == 0 {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}
