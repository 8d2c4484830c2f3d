package report

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/query/output"
)

// text returns s as text of a page, whatever is in it.
func text(s string) string { return html.EscapeString(visible(s, false)) }

// shape is how the cells of a column look.
type shape struct {
	class    class // of the values shown
	decimals decimals
	times    timeForm
}

// shapes looks at the rows that are shown.
func shapes(cols int, rows [][]any, o output.Options) []shape {
	all := make([]shape, cols)
	for i := range all {
		var column []string
		for _, r := range rows {
			all[i].class = all[i].class.with(r[i])
			switch v := r[i].(type) {
			case float64:
				all[i].decimals.see(v)
			case string:
				column = append(column, v)
			}
		}
		if all[i].class == times {
			all[i].times = formOf(column, o)
		}
	}
	return all
}

// align is the class of a column's cells.
func (s shape) align() string {
	switch {
	case s.class.number():
		return ` class="n"`
	case s.class == times:
		return ` class="t"`
	}
	return ""
}

// cell returns the content of a cell as HTML and, where the content is not all
// of it, the rest as a title.
func (s shape) cell(v any) (content, title string) {
	switch v := v.(type) {
	case nil:
		return `<span class="null">–</span>`, "NULL"
	case int64:
		return grouped(strconv.FormatInt(v, 10)), ""
	case float64:
		return s.real(v)
	case blob:
		return text(v.String()), ""
	case string:
		if t, ok := s.times.parseIf(v, s.class); ok {
			return fmt.Sprintf(`<time datetime="%s">%s</time>`, t.UTC().Format(time.RFC3339Nano), text(s.times.show(t))), ""
		}
		return long(v)
	}
	return "", ""
}

func (f timeForm) parseIf(s string, c class) (time.Time, bool) {
	if c != times {
		return time.Time{}, false
	}
	return f.parse(s)
}

func (s shape) real(f float64) (content, title string) {
	shown := s.decimals.write(f)
	if back, err := strconv.ParseFloat(shown, 64); err != nil || back != f || math.Signbit(back) != math.Signbit(f) {
		title = exact(f)
	}
	return grouped(shown), title
}

// long returns text that is cut where it is too long for a table. Line breaks
// stay.
func long(s string) (content, title string) {
	short, more := cut(s, maxText)
	content = html.EscapeString(visible(short, true))
	switch {
	case !more:
		return content, ""
	case s == short+"…": // there was no room for more
		return content + "…", ""
	}
	return content + "…", visible(s, true)
}

// grouped sets the digits before the point apart in threes, by style alone:
// what is copied or searched for is the plain number.
func grouped(s string) string { return groupedBy(s, "<i>", "</i>") }

// groupedBy puts open and shut around each group but the first.
func groupedBy(s, open, shut string) string {
	whole, rest := s, ""
	if i := strings.IndexAny(s, ".e"); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if len(whole) < 5 || strings.IndexFunc(whole, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return sign + whole + rest
	}
	head := len(whole) % 3
	if head == 0 {
		head = 3
	}
	b := sign + whole[:head]
	for i := head; i < len(whole); i += 3 {
		b += open + whole[i:i+3] + shut
	}
	return b + rest
}
