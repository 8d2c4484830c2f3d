package report

import (
	"math"
	"strings"
	"time"

	"github.com/windrow/windrow/query/output"
)

// class says what a column holds. Every value that is not NULL is of it.
type class uint8

const (
	nothing class = iota // NULLs only, or no rows
	integers
	reals // at least one; the others may be integers
	times // text, each a time as the store writes it
	texts
	mixed // several kinds, or blobs
)

func (c class) number() bool { return c == integers || c == reals }

// with returns the class of a column of class c that gets one more value.
func (c class) with(v any) class {
	var n class
	switch v := v.(type) {
	case nil:
		return c
	case int64:
		n = integers
	case float64:
		n = reals
	case string:
		if n = texts; output.IsTime(v) {
			n = times
		}
	default:
		return mixed
	}
	switch {
	case c == nothing || c == n:
		return n
	case c.number() && n.number():
		return reals
	case (c == times || c == texts) && n != integers && n != reals:
		return texts
	}
	return mixed
}

// maxNames is how many different texts of a column a chart can tell apart.
const maxNames = 2000

// column keeps the values of one column as charts need them: 12 bytes each,
// and each different text once.
type column struct {
	name   string
	class  class
	values []float64 // numbers, or seconds since 1970; NaN for what has none
	texts  []int32   // indexes of names, -1 for NULL; of times too, until the class is known
	names  []string
	index  map[string]int32
	many   bool // there are more different texts than maxNames: texts and names are void
}

func newColumn(name string) *column { return &column{name: name, index: map[string]int32{}} }

func (c *column) add(v any) {
	was := c.class
	if c.class = was.with(v); was == times && c.class != times {
		c.many = true // what looked like times was not kept as text
	}
	value, text := math.NaN(), int32(-1)
	switch v := v.(type) {
	case int64:
		value = float64(v)
	case float64:
		if !math.IsInf(v, 0) {
			value = v
		}
	case string:
		if c.class == times {
			value = seconds(v)
		} else {
			text = c.intern(v)
		}
	}
	c.values = append(c.values, value)
	c.texts = append(c.texts, text)
}

// intern returns the index of a text. Texts count by their first 100 characters.
func (c *column) intern(s string) int32 {
	s, _ = cut(s, 100)
	if n, ok := c.index[s]; ok {
		return n
	}
	if c.many = c.many || len(c.names) == maxNames; c.many {
		return -1
	}
	n, s := int32(len(c.names)), strings.Clone(s) // of a long text only this much shall stay
	c.index[s] = n
	c.names = append(c.names, s)
	return n
}

// text returns the text of a row for a legend.
func (c *column) text(row int) string {
	if n := c.texts[row]; n >= 0 {
		return c.names[n]
	}
	return "NULL"
}

const storeTime = "2006-01-02 15:04:05"

// seconds since 1970 of a time as the store writes it.
func seconds(s string) float64 {
	t, err := time.Parse(storeTime, s)
	if err != nil {
		return math.NaN()
	}
	return float64(t.Unix()) + float64(t.Nanosecond())/1e9
}

// at is the inverse of seconds, to the microsecond.
func at(seconds float64, zone *time.Location) time.Time {
	whole, frac := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(frac*1e6))*1000).In(zone)
}
