package report

import (
	"strconv"
	"time"

	"github.com/ncruces/go-strftime"

	"github.com/windrow/windrow/query/output"
)

// timeForm is how the times of a column look: all alike, and no finer than
// they need to be.
type timeForm struct {
	zone   *time.Location
	layout string // of package time; "" where format is set
	format string // output.Options.TimeFormat
}

// formOf finds the form for the times of a column: dates if all are midnights
// of the zone, else without seconds if none has any. Where the zone's offset
// changes among them its name is shown, so that the hour that comes twice can
// be told apart.
func formOf(column []string, o output.Options) timeForm {
	f := timeForm{zone: o.Zone, format: o.TimeFormat, layout: "2006-01-02"}
	if f.zone == nil {
		f.zone = time.UTC
	}
	var clockTime, second, fraction, changes bool
	first := 0
	for i, s := range column {
		t, _ := f.parse(s)
		_, offset := t.Zone()
		if i == 0 {
			first = offset
		}
		changes = changes || offset != first
		clockTime = clockTime || !midnight(t)
		second = second || t.Second() != 0
		fraction = fraction || len(s) > 19
	}
	switch {
	case fraction:
		f.layout += " 15:04:05.000000"
	case second:
		f.layout += " 15:04:05"
	case clockTime:
		f.layout += " 15:04"
	}
	if changes && clockTime {
		f.layout += " MST"
	}
	return f
}

// parse reads a time as the store writes it.
func (f timeForm) parse(s string) (time.Time, bool) {
	t, err := time.Parse(storeTime, s)
	return t.In(f.zone), err == nil
}

func (f timeForm) show(t time.Time) string {
	switch f.format {
	case "":
		return t.Format(f.layout)
	case "iso":
		return t.Format(time.RFC3339Nano)
	case "epoch_s":
		return strconv.FormatInt(t.Unix(), 10)
	case "epoch_ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return strftime.Format(f.format, t)
}
