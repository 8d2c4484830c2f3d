//go:build linux

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// reportDefinition has two streams: events of the one come in order, those of
// the other up to some hours late. %[1]s is the address of a server.
const reportDefinition = `SET flush_interval = '50 milliseconds';
CREATE STREAM orderly (ts TIMESTAMP, host TEXT NOT NULL, ms INTEGER NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '30 seconds')
  WITH (connector = 'file', path = 'in/orderly.log', format = 'json');
CREATE STREAM late (ts TIMESTAMP, host TEXT NOT NULL, ms INTEGER NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '30 seconds')
  WITH (connector = 'file', path = 'in/late.log', format = 'json');
CREATE ROLLUP orderly_1m AS SELECT window_start, host, count(*) AS n, sum(ms) AS ms, max(ms) AS top FROM TUMBLE(orderly, INTERVAL '1 minute') GROUP BY 1, 2;
CREATE ROLLUP late_1m AS SELECT window_start, host, count(*) AS n, sum(ms) AS ms, max(ms) AS top FROM TUMBLE(late, INTERVAL '1 minute') GROUP BY 1, 2;

CREATE REPORT final SCHEDULE '*/15 * * * *' MISSED RUN ALL WAIT FOR FINAL FORMAT csv TO 'final/{slot}.csv', '%[1]s/final'
AS SELECT window_start, host, n, ms FROM orderly_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;

CREATE REPORT revised SCHEDULE '*/20 * * * *' TIME ZONE 'Europe/Berlin' MISSED RUN ALL REVISE FORMAT csv TO 'revised/{slot}.csv'
AS SELECT window_start, host, n, ms FROM late_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;

CREATE REPORT parts SCHEDULE '7,37 * * * *' MISSED RUN ALL WAIT FOR FINAL FORMAT csv TO 'parts/{slot}/' WITH (partition_by = 'host', manifest = true)
AS SELECT window_start, host, n, ms FROM orderly_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;

CREATE ALERT slow EVERY INTERVAL '1 minute' TO 'alerts.ndjson', '%[1]s/slow'
AS SELECT host, max(top) AS top FROM orderly_1m WHERE window_start >= ago('3 minutes') AND window_start < :slot_end GROUP BY host HAVING max(top) > 900;
CREATE ALERT doubtful EVERY INTERVAL '5 minutes' FOR 2 TO 'doubts.ndjson'
AS SELECT host, sum(n) AS n FROM late_1m WHERE window_start >= :slot_start AND window_start < :slot_end GROUP BY host HAVING sum(n) < 30;
`

// reportLoad writes the events. Every half hour, one host is slow for some
// minutes.
type reportLoad struct {
	r    *rand.Rand
	dir  string
	last time.Time
}

const reportStep = 4 * time.Second

// until appends all events up to now to both files.
func (l *reportLoad) until(now time.Time) error {
	if l.last.IsZero() {
		l.last = now.Add(-10 * time.Minute).Truncate(reportStep)
	}
	var orderly, late []byte
	for ; l.last.Before(now); l.last = l.last.Add(reportStep) {
		host, ms := l.r.IntN(3), l.r.IntN(900)
		if l.last.Minute()%30 < 7 && l.r.IntN(3) == 0 {
			host, ms = l.last.Hour()%3, 901+l.r.IntN(5000)
		}
		orderly = appendEvent(orderly, l.last, host, ms)
		at := l.last
		if l.r.IntN(50) == 0 {
			at = at.Add(-time.Duration(l.r.IntN(5*3600)) * time.Second)
		}
		late = appendEvent(late, at, host, ms)
	}
	for name, text := range map[string][]byte{"orderly.log": orderly, "late.log": late} {
		if err := appendTo(filepath.Join(l.dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

func appendEvent(b []byte, at time.Time, host, ms int) []byte {
	return fmt.Appendf(b, `{"ts":"%s","host":"h%d","ms":%d}`+"\n", at.UTC().Format(time.RFC3339), host, ms)
}

func appendTo(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(text)
	return err
}

// hooks is a web server that remembers what was sent to it.
type hooks struct {
	url    string
	server *http.Server
	mu     sync.Mutex
	got    []hook
}

// hook is one message that has come.
type hook struct{ path, key, slot, body string }

func newHooks() (*hooks, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &hooks{url: "http://" + l.Addr().String()}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go h.server.Serve(l)
	return h, nil
}

func (h *hooks) close() { h.server.Close() }

// ServeHTTP refuses one message in eight for the moment.
func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if rand.IntN(8) == 0 {
		http.Error(w, "come again", http.StatusServiceUnavailable)
		return
	}
	h.got = append(h.got, hook{r.URL.Path, r.Header.Get("Idempotency-Key"), r.Header.Get("Windrow-Slot"), string(body)})
}

// of returns what has come to a path, by key, and how many messages these were.
func (h *hooks) of(path string) (bodies map[string]string, messages int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	bodies = map[string]string{}
	for _, m := range h.got {
		if m.path != path {
			continue
		}
		messages++
		if before, ok := bodies[m.key]; ok && before != m.body {
			return nil, 0, violated("webhook", "two messages to %s with the key %s differ:\n%s\n%s", path, m.key, before, m.body)
		}
		bodies[m.key] = m.body
	}
	return bodies, messages, nil
}
