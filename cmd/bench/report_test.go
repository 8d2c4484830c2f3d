package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// raced is a report of one race that was run once.
func raced(target float64, o *outcome, err error) *report {
	r := &report{machine: "a machine", events: forTargets}
	r.add(race{name: "w1", title: "W1 NDJSON", a: windrow(2), b: duckDB, target: target}, o, err)
	return r
}

func once(a, b time.Duration) *outcome {
	return &outcome{pairs: []pair{{usage{wall: a, cpu: a}, usage{wall: b, cpu: 2 * b}}}, pssA: 50e6, pssB: 120e6, rows: 60746}
}

func text(r *report, markdown bool) string {
	var b bytes.Buffer
	r.write(&b, markdown)
	return b.String()
}

func TestTable(t *testing.T) {
	r := raced(4, once(500*time.Millisecond, 2*time.Second), nil)
	const want = `10,000,000 events; a machine

workload   against  ratio  target  wall s    its  CPU s   its  MB  its  pairs  equal rows
---------  -------  -----  ------  ------  -----  -----  ----  --  ---  -----  ----------
W1 NDJSON  DuckDB    4.00       4   0.500  2.000   0.50  4.00  50  120      1      60,746
`
	if got := text(r, false); got != want {
		t.Errorf("got\n%s", got)
	}
	if r.failed() {
		t.Error("it failed")
	}
	const line = "| W1 NDJSON | DuckDB  |  4.00 |      4 |"
	if got := text(r, true); !strings.Contains(got, line) || !strings.Contains(got, "| ----: |") {
		t.Errorf("as Markdown:\n%s", got)
	}
}

func TestMissedTargets(t *testing.T) {
	o := once(time.Second, 2*time.Second)
	o.pssA = 130e6
	r := raced(4, o, nil)
	for _, want := range []string{"- target missed: w1 against DuckDB, 2.00 of 4\n", "- target missed: memory of w1, 130 MB against 120\n"} {
		if got := text(r, false); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if r.failed() {
		t.Error("a missed target is no failure")
	}
	if r.events--; strings.Contains(text(r, false), "missed") {
		t.Error("targets hold for fewer events")
	}
}

func TestNotRun(t *testing.T) {
	r := raced(4, nil, missing("sqlite3 is not installed"))
	if got := text(r, false); !strings.Contains(got, "not run") || !strings.Contains(got, "- w1 not run: sqlite3 is not installed\n") || r.failed() {
		t.Errorf("failed: %v\n%s", r.failed(), got)
	}
}

func TestFailures(t *testing.T) {
	r := raced(4, nil, errors.New("DuckDB: exit status 1"))
	if got := text(r, false); !r.failed() || !strings.Contains(got, " failed ") || !strings.Contains(got, "- w1: DuckDB: exit status 1\n") {
		t.Errorf("failed: %v\n%s", r.failed(), got)
	}
	o := once(time.Second, time.Second)
	o.differ = errors.New("w1: row 7")
	r = raced(0, o, nil)
	if got := text(r, false); !r.failed() || !strings.Contains(got, "NOT EQUAL") || !strings.Contains(got, "- w1: row 7\n") {
		t.Errorf("failed: %v\n%s", r.failed(), got)
	}
}

func TestBetween(t *testing.T) {
	page := "# Title\n" + tableBegins + "old\n" + tableEnds + "rest\n"
	got, err := between([]byte(page), []byte("new\n"))
	if want := "# Title\n" + tableBegins + "\nnew\n\n" + tableEnds + "rest\n"; string(got) != want || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := between([]byte("# Title\n"), nil); err == nil {
		t.Error("a page without the comments is written over")
	}
}
