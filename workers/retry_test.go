package workers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// retried takes records through Retry for the first rollup of definitions.
func retried(t testing.TB, ctx context.Context, definitions string, records []RetryRecord) (RetryResult, error) {
	t.Helper()
	p := load(t, definitions)
	return Retry(ctx, p.Streams[0], store.RollupRef{ID: 1, Rollup: p.Rollups[0]}, records)
}

// shown are the cells of rows as text.
func shown(rows store.Rows, r *schema.Rollup) []string {
	var out []string
	for row := range rows.Len() {
		var cells []string
		for c := range r.Layout() {
			cells = append(cells, fmt.Sprint(rows.Cell(row, c)))
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

// Records that are tried one by one, in any order, come to what a worker makes
// of them in their file.
func TestRetryIsWhatAWorkerDoes(t *testing.T) {
	definitions := strings.Replace(stream0, "'json'", "'csv'", 1) +
		`CREATE ROLLUP r AS SELECT window_start, host, count(*) AS n, sum(latency_ms) AS x, first(bytes) AS f, last(bytes) AS l
FROM TUMBLE(requests, INTERVAL '1 minute') WHERE status < 500 GROUP BY window_start, host;`
	header := []string{"ts", "host", "region", "status", "latency_ms", "bytes", "path"}
	lines := []string{
		"2026-03-01T12:00:00Z,a,eu,200,1.5,1,/", `2026-03-01T12:00:00Z,"b ""q"", c",eu,200,0.1,2,/`, "2026-03-01T12:00:01Z,a,eu,200,0.2,3,/",
		"2026-03-01T12:00:00Z,a,eu,503,7,4,/", "2026-03-01T12:00:00Z,,eu,200,7,5,/", "2026-03-01T12:00:00Z,a,eu,200", "soon,a,eu,200,7,6,/",
		"2026-03-01T12:00:00Z,a,eu,200,0.3,7,/", "2026-03-01T12:01:00Z,a,eu,,0.3,8,/",
	}
	text := strings.Join(lines, "\n") + "\n"
	p := load(t, definitions)
	r := reader(t, p, wire.Split{Number: 1, Header: header})
	var progress atomic.Int64
	if _, err := r.block(t.Context(), &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(text))}, []byte(text), &progress); err != nil {
		t.Fatal(err)
	}
	want := r.pipe.rollups[0].commit()

	var records []RetryRecord
	var offset int64
	for _, l := range lines {
		records = append(records, RetryRecord{Split: 1, Offset: offset, Header: header, Record: []byte(l)})
		offset += int64(len(l)) + 1
	}
	rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	got, err := retried(t, t.Context(), definitions, records)
	if err != nil {
		t.Fatal(err)
	}
	byOffset := func(a, b store.Reject) int { return int(a.Offset - b.Offset) }
	slices.SortFunc(got.Left, byOffset)
	slices.SortFunc(want.Rejects, byOffset)
	if diff := gocmp.Diff(shown(want.Rows, p.Rollups[0]), shown(got.Rows, p.Rollups[0])); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(want.Rejects, got.Left); diff != "" || got.Absorbed != want.Absorbed || got.Filtered != want.Filtered || want.Absorbed == 0 || want.Filtered == 0 {
		t.Errorf("%d absorbed, %d filtered, want %d, %d\n%s", got.Absorbed, got.Filtered, want.Absorbed, want.Filtered, diff)
	}
	if len(got.Rejects) != 0 || len(got.Taken) != len(lines)-len(got.Left) {
		t.Errorf("taken: %v of %d", got.Taken, len(lines))
	}
	for _, p := range got.Taken {
		if slices.ContainsFunc(got.Left, func(r store.Reject) bool { return r.Offset == p.Offset }) {
			t.Errorf("the record at %d is taken and left", p.Offset)
		}
	}
}

// What is not one whole record stays rejected, with a reason.
func TestRetryRejects(t *testing.T) {
	long := `{"ts":"2026-03-01T12:00:00Z","n":1,"pad":"` + strings.Repeat("x", 5000) + `"}`
	for _, c := range []struct {
		name   string
		record RetryRecord
		want   string // "" if it is taken
	}{
		{"fine", RetryRecord{Record: []byte(strings.TrimSpace(record))}, ""},
		{"cut", RetryRecord{Record: []byte(long[:RecordCut])}, "only its first 4096 bytes were kept"},
		{"cut, as CSV", RetryRecord{Header: []string{"ts", "n", "pad"}, Record: []byte(long[:RecordCut])}, "only its first 4096 bytes were kept"},
		{"whole", RetryRecord{Record: []byte(long), Whole: true}, ""},
		{"element of an array", RetryRecord{Record: []byte(strings.ReplaceAll(strings.TrimSpace(record), ",", ",\n")), Array: true}, ""},
		{"lines", RetryRecord{Record: []byte(strings.Repeat(record, 2))}, "2 records where there was one"},
		{"nothing", RetryRecord{Record: []byte("  ")}, "0 records where there was one"},
		{"no record", RetryRecord{Record: []byte("{")}, "a key is missing at byte 2"},
		{"no number", RetryRecord{Record: []byte(`{"ts":"2026-03-01T12:00:00Z","n":"x"}`)}, "n: 'x' is not an INTEGER"},
	} {
		got, err := retried(t, t.Context(), one, []RetryRecord{c.record})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		taken := len(got.Taken) == 1 && got.Absorbed == 1 && len(got.Left) == 0
		refused := len(got.Taken) == 0 && got.Absorbed == 0 && len(got.Left) == 1 && strings.Contains(got.Left[0].Reason, c.want)
		if c.want == "" && !taken || c.want != "" && !refused {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
}

// A CSV file's header decides about its records, which may differ from split
// to split; one that lacks a column says so.
func TestRetryOfSeveralLayouts(t *testing.T) {
	definitions := strings.Replace(one, "'json'", "'csv'", 1)
	got, err := retried(t, t.Context(), definitions, []RetryRecord{
		{Split: 1, Header: []string{"ts", "n"}, Record: []byte("2026-03-01T12:00:00Z,5")},
		{Split: 2, Header: []string{"n", "x", "ts"}, Record: []byte("7,,2026-03-01T12:00:00Z")},
		{Split: 3, Header: []string{"ts", "m"}, Record: []byte("2026-03-01T12:00:00Z,5")},
	})
	if err != nil || got.Absorbed != 2 || !slices.Equal(got.Taken, []store.Position{{Split: 1}, {Split: 2}}) || len(got.Left) != 1 || !strings.Contains(got.Left[0].Reason, "the header has no 'n'") {
		t.Errorf("%+v, %v", got, err)
	}
	if rows := shown(got.Rows, got.Rollup); !slices.Equal(rows, []string{"2026-03-01 12:00:00|2|0|12"}) {
		t.Error(rows)
	}
}

func TestRetryErrors(t *testing.T) {
	r := RetryRecord{Split: 1, Offset: 5, Record: []byte(strings.TrimSpace(record))}
	if _, err := retried(t, t.Context(), one, []RetryRecord{r, r}); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := retried(t, ctx, one, []RetryRecord{r}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got, err := retried(t, t.Context(), one, nil); err != nil || len(got.Taken) != 0 || got.ID != 1 {
		t.Error(got, err)
	}
}

// A record that panics is rejected, and leaves nothing of itself in the rows
// of the others.
func TestRetryOfARecordThatPanics(t *testing.T) {
	p := load(t, one)
	ref := store.RollupRef{ID: 1, Rollup: p.Rollups[0]}
	var records []RetryRecord
	for i := range int64(5) {
		records = append(records, RetryRecord{Split: 1, Offset: i, Record: []byte(strings.TrimSpace(record))})
	}
	trials := 0
	fresh := func() (*trial, error) {
		trials++
		tr, err := newTrial(p.Streams[0], ref)
		if err != nil {
			return nil, err
		}
		tr.read.pipe.now = func() time.Time { // when the record is in the table
			if n := tr.ru.absorbed; n == 2 && trials == 1 || n == 3 && trials == 2 {
				panic("boom")
			}
			return time.Now()
		}
		return tr, nil
	}
	var at atomic.Int64
	got, err := retry(t.Context(), fresh, records, &at)
	if err != nil || got.Absorbed != 3 || len(got.Left) != 2 || got.Left[0].Reason != "BUG: boom" || !slices.Equal(got.Taken, []store.Position{{Split: 1}, {Split: 1, Offset: 2}, {Split: 1, Offset: 4}}) {
		t.Errorf("%+v, %v", got, err)
	}
	if rows := shown(got.Rows, got.Rollup); !slices.Equal(rows, []string{"2026-03-01 12:00:00|3|0|21"}) {
		t.Error(rows)
	}
}

// What is tried again merges with what the worker has stored, and leaves the
// quarantine; what is left stays there as it is.
func TestRetryIntoTheStore(t *testing.T) {
	c := talk(t, one, nil)
	end := c.block(1, 0, record)
	c.expect(wire.TypeDone)
	good := strings.TrimSpace(record)
	for i, r := range []string{good, "no record", good} {
		c.send(wire.TypeBlock, wire.Block{ID: int64(2 + i), Split: 1, Mode: wire.Refused, Lo: end, Hi: end + 100, Reason: "it ends workers"}, []byte(r))
		c.expect(wire.TypeDone)
		end += 100
	}
	c.send(wire.TypeFlush, wire.Flush{}, nil)
	c.expect(wire.TypeWant)
	c.send(wire.TypeGrant, struct{}{}, nil)
	c.expect(wire.TypeCommitted)
	if err := c.stop(); err != nil {
		t.Fatal(err)
	}
	p := load(t, one)
	ref, err := c.st.Find(t.Context(), p.Rollups[0])
	if err != nil {
		t.Fatal(err)
	}
	kept, err := c.st.Quarantined(t.Context(), ref.ID, store.Position{}, 10)
	if err != nil || len(kept) != 3 {
		t.Fatalf("%+v, %v", kept, err)
	}
	var records []RetryRecord
	for _, r := range kept {
		records = append(records, RetryRecord{Split: r.Split, Offset: r.Offset, Record: r.Record})
	}
	got, err := Retry(t.Context(), p.Streams[0], ref, records)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.st.Retry(t.Context(), &got.RetryCommit); err != nil {
		t.Fatal(err)
	}
	left, err := c.st.Quarantined(t.Context(), ref.ID, store.Position{}, 10)
	if err != nil || len(left) != 1 || left[0].Reason != "it ends workers" || string(left[0].Record) != "no record" || len(got.Left) != 1 || !strings.HasPrefix(got.Left[0].Reason, "not a JSON") {
		t.Errorf("%+v, %+v, %v", left, got.Left, err)
	}
	totals, err := c.st.Totals(t.Context())
	if err != nil || totals.Rollups[0].Absorbed != 3 || totals.Rollups[0].Quarantined != 1 {
		t.Errorf("%+v, %v", totals, err)
	}
}

// tellRetry is a process that tries a record again, as the environment says.
func tellRetry() {
	limit, _ := time.ParseDuration(os.Getenv("RETRY_LIMIT"))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	p, problems := schema.Load([]schema.Source{{Name: "test.sql", Text: one}}, schema.LoadOptions{})
	if len(problems) > 0 {
		fmt.Println(problems.Format())
		return
	}
	record := strings.Replace(strings.TrimSpace(record), `"n":7`, `"n":7,"note":"`+os.Getenv("RETRY_MARK")+`"`, 1)
	got, err := Retry(ctx, p.Streams[0], store.RollupRef{ID: 1, Rollup: p.Rollups[0]}, []RetryRecord{{Split: 1, Offset: 5, Record: []byte(record)}})
	for _, r := range got.Left {
		fmt.Println("left:", r.Reason)
	}
	fmt.Println(err)
}
