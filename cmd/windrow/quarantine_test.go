package main

import (
	"bytes"
	"testing"
)

func TestReasonKind(t *testing.T) {
	for reason, want := range map[string]string{
		"status: 'oops' is not an INTEGER":              "status: '…' is not an INTEGER",
		"x2: 'it''s' is not a REAL":                     "x2: '…' is not a REAL",
		"x: 1e400 is out of range":                      "x: N is out of range",
		"n: -9223372036854775809 is out of range":       "n: N is out of range",
		"host is missing":                               "host is missing",
		"',' or '}' is missing at byte 52":              "',' or '}' is missing at byte N",
		"3 fields, 4 expected":                          "N fields, N expected",
		"longer than 1048576 bytes":                     "longer than N bytes",
		"ts: '2026-02-30T00:00:00Z' is not a TIMESTAMP": "ts: '…' is not a TIMESTAMP",
	} {
		if got := reasonKind(reason); got != want {
			t.Errorf("%s: %s, want %s", reason, got, want)
		}
	}
}

func TestPrintCauses(t *testing.T) {
	var b bytes.Buffer
	err := printCauses(&b, []*cause{
		{"latency_1m", "status: '…' is not an INTEGER", 1234, position{1, "logs/a.ndjson", 171}, position{2, "logs/b.ndjson", 9}, "{\"x\":\x1b[31m1}"},
		{"latency_1m", "host is missing", 1, position{1, "logs/a.ndjson", 5}, position{1, "logs/a.ndjson", 5}, "{}"},
		{"traffic_5m", "host is missing", 1, position{1, "logs/a.ndjson", 5}, position{1, "logs/a.ndjson", 5}, "{}"},
	})
	const want = `latency_1m
    1,234  status: '…' is not an INTEGER
           from logs/a.ndjson:171 to logs/b.ndjson:9
           {"x":[31m1}
        1  host is missing
           at logs/a.ndjson:5
           {}
traffic_5m
        1  host is missing
           at logs/a.ndjson:5
           {}
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, &b)
	}
	b.Reset()
	if printCauses(&b, nil); b.String() != "no record is in quarantine\n" {
		t.Errorf("%s", &b)
	}
}
