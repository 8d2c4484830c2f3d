package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/windrow/windrow/query/output"
)

func newJSON(w io.Writer, o output.Options) Writer {
	return &jsonReport{w: w, o: o, format: output.Find("json")}
}

// jsonReport writes an untitled section as the plain array that a query gives,
// and titled ones within an object that begins with the head.
type jsonReport struct {
	w        io.Writer
	o        output.Options
	format   *output.Format
	head     Head
	sections int
	plain    bool // there is an untitled section
}

var _ Writer = (*jsonReport)(nil)

func (r *jsonReport) Begin(h Head) error {
	r.head = h
	return nil
}

func (r *jsonReport) Section(title string) (output.Encoder, error) {
	r.sections++
	if title == "" && r.sections == 1 {
		r.plain = true
		return r.format.New(r.w, r.o), nil
	}
	if r.plain {
		return nil, fmt.Errorf("a section without a title is the only one: give each section a title")
	}
	if r.sections == 1 {
		if err := r.begin(); err != nil {
			return nil, err
		}
	}
	quoted, err := quote(title)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(r.w, "%s\n {\"title\":%s,\"rows\":", comma(r.sections), quoted); err != nil {
		return nil, err
	}
	return closed{r.format.New(r.w, r.o), r.w}, nil
}

// begin writes the head and leaves the object open within its sections.
func (r *jsonReport) begin() error {
	h := r.head
	b, err := json.Marshal(struct {
		Report   string   `json:"report"`
		Title    string   `json:"title"`
		Slot     any      `json:"slot"`
		Start    any      `json:"start"`
		End      any      `json:"end"`
		Zone     string   `json:"zone"`
		Revision int      `json:"revision"`
		Notes    []string `json:"notes"`
	}{h.Name, h.title(), instant(h.Slot), instant(h.Start), instant(h.End), h.zone().String(), max(1, h.Revision), append([]string{}, h.Notes...)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.w, "%s,\"sections\":[", b[:len(b)-1])
	return err
}

func (r *jsonReport) End() error {
	if r.plain {
		return nil
	}
	if r.sections == 0 {
		if err := r.begin(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(r.w, "]}\n")
	return err
}

// closed ends the object of a section after its rows.
type closed struct {
	output.Encoder
	w io.Writer
}

func (c closed) End() error {
	if err := c.Encoder.End(); err != nil {
		return err
	}
	_, err := io.WriteString(c.w, " }")
	return err
}

func comma(section int) string {
	if section == 1 {
		return ""
	}
	return ","
}

func quote(s string) ([]byte, error) { return json.Marshal(s) }

// instant is a time as the store writes it, nil for none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
