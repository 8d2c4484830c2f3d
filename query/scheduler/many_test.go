package scheduler

import (
	"bytes"
	"strings"
	"testing"
)

// Of too many rows the first are announced, and how many more there are. What
// fires goes on to, wherever it stands.
func TestAlertManyRows(t *testing.T) {
	many := `CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1005)
		SELECT 'k' || x AS k FROM c WHERE x <= (SELECT max(p99) FROM latency_1m) ORDER BY x * (SELECT min(p99) FROM latency_1m);`
	b := newBench(t, many)
	b.latency("2 06:00", "most", 1005)
	b.latency("2 06:00", "order", 1)
	b.begin()
	b.at("2 07:01")
	lines := strings.Split(strings.TrimSpace(b.file("alerts.ndjson")), "\n")
	if len(lines) != maxRows+1 {
		t.Fatalf("%d events", len(lines))
	}
	count := "SELECT state, count(*), max(key = '{\"k\":\"k1000\"}') FROM windrow_alerts GROUP BY 1"
	b.want("known", b.text(count), "firing 1001 1")
	b.want("more", b.text(`SELECT row FROM windrow_alerts WHERE key = '{"more_rows":true}'`), `{"more_rows":5}`)
	b.latency("2 06:00", "order", -1) // the last ones come first
	b.at("2 07:02")
	b.at("2 07:02:50") // looks whether late data has changed what fires
	b.want("the same", b.text(count), "firing 1001 1")
	b.want("nothing new", b.text("SELECT max(id) FROM windrow_issues"), "1001")
	b.latency("2 06:00", "most", 1000)
	b.at("2 07:03")
	b.want("no more", b.text(`SELECT kind, key FROM windrow_issues WHERE id > 1001`), `withdrawn {"more_rows":true}`)
	b.want("by hand", manyByHand(b), "1000 1001")
}

func manyByHand(b *bench) string {
	var counts []string
	for _, most := range []float64{1000, 1005} {
		b.latency("2 06:00", "most", most)
		var text bytes.Buffer
		must(ByHand(bg, b.config(), b.defs, "a", b.now, &text))
		counts = append(counts, b.text("SELECT ?", strings.Count(text.String(), "\n")))
	}
	return strings.Join(counts, " ")
}

// An alert that fails while it runs stops no other one.
func TestAlertFailsBesideOthers(t *testing.T) {
	b := newBench(t, `CREATE ALERT bad EVERY INTERVAL '1 minute' TO 'bad.ndjson' AS SELECT json_extract(host, '$.a') AS a FROM latency_1m;`+with(slow, ""))
	b.latency("2 07:00", "web-1", 900)
	b.begin()
	b.at("2 07:01")
	b.at("2 07:02")
	b.latency("2 07:02", "web-2", 900)
	b.at("2 07:03")
	b.want("the good one", b.events(), `07:01 firing {"host":"web-1"}; 07:03 firing {"host":"web-2"}`)
	b.want("the bad one", b.text("SELECT kind, state, attempts FROM windrow_issues WHERE report = 'bad'"), "evaluation due 3")
	if note := b.text("SELECT note FROM windrow_issues WHERE report = 'bad'"); !strings.Contains(note, "malformed JSON") {
		t.Error(note)
	}
}
