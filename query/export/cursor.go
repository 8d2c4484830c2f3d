package export

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/windrow/windrow/query/output"
)

// cursor says how far a file that follows a rollup is.
type cursor struct {
	Version int    `json:"cursor"` // of this format
	Rollup  string `json:"rollup"`
	Since   string `json:"since,omitempty"`
	form

	Columns []string `json:"columns"` // null before the first row
	Before  string   `json:"before"`  // windows that start before it are in the file
	Size    int64    `json:"size"`    // of the file, in bytes
	Tail    string   `json:"tail"`    // SHA-256 of the last 4096 bytes before Size
	Rows    int64    `json:"rows"`
	Windows int64    `json:"windows"`
	Changed int64    `json:"changed"` // windows that are different in the store now

	// Recent are the newest windows that were written, to see whether the store
	// changes them; those of older files too, after which this one goes on.
	Recent []digest `json:"recent"`
}

// form is how a file is written, which must not change while it grows.
type form struct {
	Format        string `json:"format"`
	Delimiter     string `json:"delimiter,omitempty"`
	NoHeader      bool   `json:"no_header,omitempty"`
	Null          string `json:"null,omitempty"`
	TimeZone      string `json:"time_zone,omitempty"`
	TimeFormat    string `json:"time_format,omitempty"`
	GuardFormulas bool   `json:"guard_formulas,omitempty"`
}

const cursorVersion = 1

func newCursor(rollup, since string, o FollowOptions) cursor {
	c := cursor{Version: cursorVersion, Rollup: rollup, Since: since, Before: since}
	c.form = form{
		Format: o.Format.Name, NoHeader: o.Output.NoHeader, Null: o.Output.Null,
		TimeFormat: o.Output.TimeFormat, GuardFormulas: o.Output.GuardFormulas,
	}
	if d := o.Output.Delimiter; d != 0 && d != ',' {
		c.Delimiter = string(rune(d))
	}
	if z := o.Output.Zone; z != nil {
		c.TimeZone = z.String()
	}
	return c
}

// load reads the cursor at path, if there is one, into c. It must be of the
// same rollup and the same form.
func (c *cursor) load(path string) (known bool, err error) {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", path, output.Reason(err))
	}
	var old cursor
	if err := json.Unmarshal(b, &old); err != nil || old.Version == 0 || old.Size < 0 {
		return false, fmt.Errorf("%s is no cursor of an export; take it away, or choose another name", path)
	}
	file := strings.TrimSuffix(filepath.Base(path), ".cursor")
	switch {
	case old.Version > cursorVersion:
		return false, fmt.Errorf("%s is from a newer version of windrow", path)
	case !strings.EqualFold(old.Rollup, c.Rollup):
		return false, fmt.Errorf("%s follows %s, not %s; choose another file", file, old.Rollup, c.Rollup)
	case old.form != c.form:
		return false, fmt.Errorf("%s was begun in another form: give the same format and options as then, %s; or choose another file", file, old.form)
	}
	*c = old
	return true, nil
}

// String gives the form as flags.
func (f form) String() string {
	flags := []string{"--format " + f.Format}
	for _, t := range []struct{ flag, text string }{
		{"--delimiter", f.Delimiter}, {"--null", f.Null}, {"--time-zone", f.TimeZone}, {"--time-format", f.TimeFormat},
	} {
		if t.text != "" {
			flags = append(flags, fmt.Sprintf("%s %q", t.flag, t.text))
		}
	}
	if f.NoHeader {
		flags = append(flags, "--no-header")
	}
	if f.GuardFormulas {
		flags = append(flags, "--guard-formulas")
	}
	return strings.Join(flags, " ")
}

func (c *cursor) save(path string) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return place(path, append(b, '\n'))
}

// The newest windows that were written and are looked at again: so many, and so
// many rows of them; at least one.
const (
	recentWindows = 1000
	recentRows    = 200_000
)

// add counts a page as written.
func (c *cursor) add(p *page) {
	c.Rows += p.rows
	c.Windows += p.windows
	c.Recent = append(c.Recent, p.digests...)
	from, rows := len(c.Recent), int64(0)
	for from > 0 && len(c.Recent)-from < recentWindows {
		if rows += c.Recent[from-1].Rows; rows > recentRows && from < len(c.Recent) {
			break
		}
		from--
	}
	c.Recent = append([]digest(nil), c.Recent[from:]...)
}
