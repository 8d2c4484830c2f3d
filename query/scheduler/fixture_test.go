package scheduler

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/windrow/windrow/query/querytest"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

var bg = context.Background()

// script makes a store with the rollup latency_1m. It has no rows yet.
const script = `
INSERT INTO windrow_streams (id, name, delay) VALUES (1, 'requests', 5000000);
INSERT INTO windrow_cohorts (id, stream) VALUES (1, 1);
INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition) VALUES (1, 'latency_1m', 1, 1, x'00', 'CREATE ROLLUP latency_1m ...');
CREATE TABLE windrow_state_1 (window_start TEXT NOT NULL, host TEXT NOT NULL, p99 REAL, PRIMARY KEY (window_start, host)) STRICT, WITHOUT ROWID;
CREATE VIEW latency_1m AS SELECT window_start, host, p99 FROM windrow_state_1;
`

// bench is a store, definitions, and a clock that stands still. A run is begun
// with begin; everything else happens when the test says so, in one goroutine.
type bench struct {
	t       *testing.T
	dir     string
	store   *store.Store
	sql     *sql.DB
	now     time.Time // of the schedules
	real    time.Time // of retries
	defs    Definitions
	run     *Scheduler
	log     *bytes.Buffer // of the run
	out     *bytes.Buffer
	kill    func(point string) bool // whether the run is to be killed there
	hook    *hook
	dead    bool // the run was killed
	stopped bool // the process stands still until the next pass
}

// newBench makes a bench on which it is 2 March 2026, 07:00:01.
func newBench(t *testing.T, definitions string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), now: at(t, "2 07:00:01"), real: at(t, "1 00:00"), out: &bytes.Buffer{}, log: &bytes.Buffer{}}
	querytest.Create(t, b.path(), script)
	b.store = must(store.Open(bg, b.path(), store.Options{Durability: "process"}))
	b.sql = must(sql.Open("sqlite", "file:"+(&url.URL{Path: b.path()}).EscapedPath()+"?_pragma=synchronous(0)"))
	t.Cleanup(func() {
		b.sql.Close()
		b.store.Close()
	})
	b.define(definitions)
	return b
}

func (b *bench) path() string { return filepath.Join(b.dir, "windrow.db") }

// define reads definitions. HOOK is the address of a web server.
func (b *bench) define(text string) {
	b.t.Helper()
	if strings.Contains(text, "HOOK") && b.hook == nil {
		b.hook = newHook(b.t)
	}
	if b.hook != nil {
		text = strings.ReplaceAll(text, "HOOK", b.hook.url)
	}
	p, problems := schema.Load([]schema.Source{{Name: "windrow.sql", Dir: b.dir, Text: text}}, schema.LoadOptions{})
	if len(problems) > 0 {
		b.t.Fatalf("%s: %v", text, problems)
	}
	b.defs = Definitions{Reports: p.Reports, Alerts: p.Alerts, Settings: p.Settings}
}

func (b *bench) config() Config {
	return Config{Store: b.store, Path: b.path(), Log: slog.New(slog.NewTextHandler(b.log, nil)), Stdout: b.out, Version: "test",
		Now: func() time.Time { return b.now }}
}

// begin begins a run, as if the one before had been killed.
func (b *bench) begin() {
	b.t.Helper()
	c := b.config()
	c.Epoch = must(b.store.NextEpoch(bg))
	b.run = New(c, b.defs)
	b.run.real = func() time.Time { return b.real }
	b.run.seam = func(point string) error {
		if b.kill != nil && b.kill(point) {
			return errKilled
		}
		return nil
	}
	b.dead = false
	b.run.tidy()
	b.pass()
}

// pass has the run do all that it can do now, unless it was killed.
func (b *bench) pass() {
	b.t.Helper()
	if b.dead {
		return
	}
	err := b.run.books(bg)
	if err == nil {
		b.run.look(b.stopped)
		b.stopped = false
		err = b.run.books(bg)
	}
	for _, e := range b.run.all() {
		if err == nil {
			err = e.watch(bg)
		}
		if err == nil {
			err = e.work(bg, false)
		}
	}
	if err != nil && !isStop(err) {
		b.t.Fatal(err)
	}
	b.dead = err != nil
}

// at moves the clock of the schedules and has the run do what is due.
func (b *bench) at(moment string) {
	b.t.Helper()
	b.until(at(b.t, moment))
}

func (b *bench) until(m time.Time) {
	b.t.Helper()
	b.real = b.real.Add(max(0, m.Sub(b.now)))
	b.now = m
	b.pass()
}

// after lets real time pass.
func (b *bench) after(d time.Duration) {
	b.t.Helper()
	b.real = b.real.Add(d)
	b.pass()
}

// exec changes the store behind the run's back.
func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	if _, err := b.sql.Exec(query, args...); err != nil {
		b.t.Fatal(err)
	}
}

// latency puts a row into the rollup, as a commit of a worker does.
func (b *bench) latency(moment, host string, p99 float64) {
	b.t.Helper()
	b.exec("REPLACE INTO windrow_state_1 VALUES (?, ?, ?)", stamp(at(b.t, moment)), host, p99)
	b.exec("UPDATE windrow_rollup_data SET revision = revision + 1")
}

// final makes windows final before a moment.
func (b *bench) final(moment string) {
	b.t.Helper()
	b.exec("UPDATE windrow_rollup_data SET final_before = ?", stamp(at(b.t, moment)))
}

// text asks the store, with the cells of a row apart by spaces and rows by
// semicolons.
func (b *bench) text(query string, args ...any) string {
	b.t.Helper()
	rows, err := b.sql.Query(query, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	cols, _ := rows.Columns()
	for rows.Next() {
		cells, at := make([]any, len(cols)), make([]any, len(cols))
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			b.t.Fatal(err)
		}
		list = append(list, strings.TrimSuffix(fmt.Sprintln(cells...), "\n"))
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(list, "; ")
}

// issues are all issues of a run: slot, kind, revision, state.
func (b *bench) issues() string {
	b.t.Helper()
	return b.text(`SELECT substr(slot, 9, 8) || CASE kind WHEN 'report' THEN '' ELSE ' ' || kind END || CASE revision WHEN 1 THEN '' ELSE ' r' || revision END, state
		FROM windrow_issues WHERE NOT by_hand ORDER BY slot, id`)
}

// want compares.
func (b *bench) want(what, got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s:\n got %s\nwant %s\n%s", what, got, want, b.log)
	}
}

// file reads a file that was delivered.
func (b *bench) file(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Error(err)
	}
	return string(text)
}

// files lists what lies below a folder, temporary files too.
func (b *bench) files(folder string) string {
	b.t.Helper()
	var list []string
	filepath.WalkDir(filepath.Join(b.dir, folder), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(filepath.Join(b.dir, folder), path)
			list = append(list, filepath.ToSlash(rel))
		}
		return nil
	})
	return strings.Join(list, " ")
}

// hook is a web server that remembers what was sent to it.
type hook struct {
	url string

	mu     sync.Mutex
	answer int // status; 0 for 200
	after  string
	got    []message
}

// message is one request.
type message struct{ path, key, body, slot, revision string }

func newHook(t *testing.T) *hook {
	h := &hook{}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.after != "" {
		w.Header().Set("Retry-After", h.after)
	}
	if h.answer != 0 {
		w.WriteHeader(h.answer)
		return
	}
	h.got = append(h.got, message{r.URL.Path, r.Header.Get("Idempotency-Key"), string(body), r.Header.Get("Windrow-Slot"), r.Header.Get("Windrow-Revision")})
}

func (h *hook) says(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = status
}

func (h *hook) messages() []message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}
