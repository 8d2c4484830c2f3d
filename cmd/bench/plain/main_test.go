package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	const events = `{"ts":"2026-03-01T12:00:59.999Z","host":"b","status":200,"latency_ms":1.5,"bytes":3}
{"ts":"2026-03-01T12:00:00Z","host":"b","status":404,"latency_ms":2.5,"bytes":4}
{"ts":"2026-03-01T12:00:00Z","host":"b","status":500,"latency_ms":9,"bytes":9}
{"ts":"2026-03-01T12:01:00Z","host":"a","status":200,"latency_ms":1,"bytes":1}
`
	if err := os.WriteFile(in, []byte(events), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	const want = `window,host,n,a,mi,ma,b
2026-03-01 12:00:00,b,2,2,1.5,2.5,7
2026-03-01 12:01:00,a,1,1,1,1,1
`
	if got, err := os.ReadFile(out); string(got) != want || err != nil {
		t.Errorf("got\n%s%v", got, err)
	}
}
