package export

import (
	"database/sql"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// days adds windows on several days, around midnight in Berlin too.
const days = `
INSERT INTO windrow_state_1 VALUES ('2026-03-02 22:30:00', 'web-1', 1, 1.0), ('2026-03-02 23:30:00', 'web-2', 1, 1.0),
  ('2026-03-03 00:00:00', 'a/b', 1, 1.0);
`

func TestPartitionByDay(t *testing.T) {
	s := newSource(t, days)
	dir := filepath.Join(t.TempDir(), "new", "d")
	sum := s.mustExport(t, "latency_1m", dir+"/", Options{PartitionBy: "day", Name: "latency_1m"})
	got := tree(t, dir)
	want := map[string]string{
		"day=2026-03-01/latency_1m.csv": wholeCSV,
		"day=2026-03-02/latency_1m.csv": "window_start,host,n,avg_latency\n2026-03-02 22:30:00,web-1,1,1.0\n2026-03-02 23:30:00,web-2,1,1.0\n",
		"day=2026-03-03/latency_1m.csv": "window_start,host,n,avg_latency\n2026-03-03 00:00:00,a/b,1,1.0\n",
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
	if sum.Rows != 8 || sum.Files != 3 || len(sum.Places) != 3 || sum.Places[0] != filepath.Join(dir, "day=2026-03-01", "latency_1m.csv") {
		t.Errorf("got %+v", sum)
	}
}

// With a zone the days are those that the times in the files show.
func TestPartitionByLocalDay(t *testing.T) {
	s := newSource(t, days)
	dir := t.TempDir()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s.mustExport(t, "latency_1m", dir, Options{PartitionBy: "day", Output: output.Options{Zone: zone, NoHeader: true}})
	got := tree(t, dir)
	if d := cmp.Diff(got["day=2026-03-02/export.csv"], "2026-03-02 23:30:00,web-1,1,1.0\n"); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got["day=2026-03-03/export.csv"], "2026-03-03 00:30:00,web-2,1,1.0\n2026-03-03 01:00:00,a/b,1,1.0\n"); d != "" {
		t.Error(d)
	}
}

// A zone in which a day comes back for a minute: each row is in the file of its
// day, of which there are two then.
func TestDayThatComesAgain(t *testing.T) {
	s := newSource(t, "")
	zone, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	q := query.Query{SQL: `SELECT column1 AS window_start, column2 AS n FROM (VALUES
		('1988-10-30 02:00:30', 2), ('1988-10-30 02:01:00', 3), ('1988-10-30 01:59:00', 1), ('1988-10-30 12:00:00', 4))`}
	if _, err := s.query(t, q, dir, Options{PartitionBy: "day", Output: output.Options{Zone: zone, NoHeader: true}}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, r := range []struct{ at, n string }{{"1988-10-30 01:59:00", "1"}, {"1988-10-30 02:00:30", "2"}, {"1988-10-30 02:01:00", "3"}, {"1988-10-30 12:00:00", "4"}} {
		at, _ := time.Parse(time.DateTime, r.at)
		local := at.In(zone).Format(time.DateTime)
		want["day="+local[:10]] += local + "," + r.n + "\n"
	}
	got := map[string]string{}
	for name, content := range tree(t, dir) {
		got[filepath.ToSlash(filepath.Dir(name))] += content
	}
	if d := cmp.Diff(lines(got), lines(want)); d != "" {
		t.Error(d)
	}
}

// lines counts the lines of each value.
func lines(m map[string]string) map[string]map[string]int {
	all := map[string]map[string]int{}
	for k, v := range m {
		all[k] = map[string]int{}
		for l := range strings.Lines(v) {
			all[k][l]++
		}
	}
	return all
}

func TestPartitionByColumn(t *testing.T) {
	s := newSource(t, days)
	dir := t.TempDir()
	s.mustExport(t, "latency_1m", dir, Options{PartitionBy: "HOST", Format: output.Find("ndjson")})
	want := map[string]string{
		"host=web-1/export.ndjson": `{"window_start":"2026-03-01 12:00:00","host":"web-1","n":4,"avg_latency":12.5}
{"window_start":"2026-03-01 12:01:00","host":"web-1","n":1,"avg_latency":0.1}
{"window_start":"2026-03-01 12:02:00","host":"web-1","n":3,"avg_latency":3.3333333333333335e+299}
{"window_start":"2026-03-02 22:30:00","host":"web-1","n":1,"avg_latency":1.0}
`,
		"host=web-2/export.ndjson": `{"window_start":"2026-03-01 12:00:00","host":"web-2","n":2,"avg_latency":1.5}
{"window_start":"2026-03-02 23:30:00","host":"web-2","n":1,"avg_latency":1.0}
`,
		"host=a%2Fb/export.ndjson": `{"window_start":"2026-03-03 00:00:00","host":"a/b","n":1,"avg_latency":1.0}
`,
		"host=__HIVE_DEFAULT_PARTITION__/export.ndjson": `{"window_start":"2026-03-01 12:01:00","host":null,"n":1,"avg_latency":null}
`,
	}
	if d := cmp.Diff(tree(t, dir), want); d != "" {
		t.Error(d)
	}
}

// A column that is named day comes before the date.
func TestColumnDay(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	q := query.Query{SQL: "SELECT 'Sunday' AS Day, window_start FROM latency_1m WHERE n = :n;  -- why", Params: map[string]string{"n": "4"}}
	if _, err := s.query(t, q, dir, Options{PartitionBy: "day"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "Day=Sunday", "export.csv")); err != nil {
		t.Error(err)
	}
}

// Values of several types that give one name end up in one folder, in as many
// files as there are pieces.
func TestMixedValues(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	q := query.Query{SQL: "SELECT column1 AS v FROM (VALUES (NULL), (1), ('1'), (''), (1.5), ('1.5'), (2))"}
	sum, err := s.query(t, q, dir, Options{PartitionBy: "v", Output: output.Options{NoHeader: true, Null: "NULL"}, Manifest: true})
	if err != nil || sum.Rows != 7 {
		t.Fatal(sum, err)
	}
	got := tree(t, dir)
	delete(got, "_manifest.json")
	want := map[string]string{
		"v=__HIVE_DEFAULT_PARTITION__/export.csv": "NULL\n", "v=/export.csv": "\"\"\n",
		"v=1/export.csv": "1\n", "v=1/export-2.csv": "1\n", "v=1.5/export.csv": "1.5\n", "v=1.5/export-2.csv": "1.5\n", "v=2/export.csv": "2\n",
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
}

func TestNoRows(t *testing.T) {
	s := newSource(t, "")
	dir := filepath.Join(t.TempDir(), "d")
	sum, err := s.query(t, query.Query{SQL: "SELECT * FROM latency_1m WHERE 0"}, dir, Options{PartitionBy: "day", Manifest: true})
	if err != nil || sum.Files != 0 || sum.Rows != 0 || len(sum.Places) != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if m, err := readManifest(manifestIn(dir)); err != nil || m.Rows != 0 || m.Files == nil {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestFolderNames(t *testing.T) {
	for _, c := range []struct {
		column string
		value  any
		want   string
	}{
		{"country", "DE", "country=DE"},
		{"country", "Côte d'Ivoire", "country=Côte d%27Ivoire"},
		{"country", nil, "country=__HIVE_DEFAULT_PARTITION__"},
		{"country", "", "country="},
		{"country", "..", "country=.."},
		{"country", "a/b\\c:d=e%f", "country=a%2Fb%5Cc%3Ad%3De%25f"},
		{"at", "2026-03-01 12:00:00", "at=2026-03-01 12%3A00%3A00"},
		{"x", "\x00\n\x1f\x7f\"#*?{[]^<>|", "x=%00%0A%1F%7F%22%23%2A%3F%7B%5B%5D%5E%3C%3E%7C"},
		{"x", "a\xffb", "x=a%FFb"},
		{"a=b/c", int64(-5), "a%3Db%2Fc=-5"},
		{"x", 1.5, "x=1.5"},
		{"x", 3.0, "x=3.0"},
		{"x", 1e6, "x=1000000.0"},
		{"x", -1e300, "x=-1e+300"},
		{"x", math.Inf(1), "x=Inf"},
	} {
		if got, err := folderOf(c.column, c.value); got != c.want || err != nil {
			t.Errorf("%s %v: got %s, %v, want %s", c.column, c.value, got, err, c.want)
		}
	}
}

// A name has at most 200 bytes: what is longer is cut between two characters, and
// has the hash of the whole value.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ column, value, begins string }{
		{"u", long[:198], ""},
		{"u", long[:199], "u=" + long[:181]},
		{"u", long, "u=" + long[:181]},
		{"u", long + "y", "u=" + long[:181]},
		{"u", strings.Repeat("é", 150), "u=" + strings.Repeat("é", 90)},
		{"u", strings.Repeat("/", 100), "u=" + strings.Repeat("%2F", 60)},
		{"u", "a" + strings.Repeat("\xff", 100), "u=a" + strings.Repeat("%FF", 60)},
		{long[:182], "abc", ""}, // 182 + 1 + 3
		{long[:182], long, long[:182] + "="},
		{long[:199], "", ""},
	} {
		got, err := folderOf(c.column, c.value)
		want := c.column + "=" + c.value
		if c.begins != "" {
			want = c.begins + "~" + hashOf(c.value)[:16]
		}
		if got != want || err != nil || len(got) > 200 {
			t.Errorf("%s of %d bytes: got %s, %v\nwant %s", c.column, len(c.value), got, err, want)
		}
	}
	_, err := folderOf(long[:199], "a")
	wantError(t, err, "the name of the column is too long; give it a shorter one in a SELECT, with AS")
}

// The file keeps the value that was too long for its folder, and two values
// that begin alike have a folder each.
func TestLongValueInFile(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	a, b := strings.Repeat("a", 4000), strings.Repeat("a", 4001)
	sum, err := s.query(t, query.Query{SQL: "SELECT printf('%.*c', column1, 'a') AS url FROM (VALUES (4000), (4001), (1))"}, dir, Options{PartitionBy: "url", Manifest: true})
	if err != nil || sum.Files != 3 {
		t.Fatal(sum, err)
	}
	got := tree(t, dir)
	delete(got, "_manifest.json")
	cut := "url=" + strings.Repeat("a", 179) + "~"
	want := map[string]string{
		"url=a/export.csv":                   "url\na\n",
		cut + hashOf(a)[:16] + "/export.csv": "url\n" + a + "\n",
		cut + hashOf(b)[:16] + "/export.csv": "url\n" + b + "\n",
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
}

// The statement of a whole rollup by day is not sorted: it comes in order.
func TestNoSortByDay(t *testing.T) {
	s := newSource(t, "")
	q, err := query.Export{What: "latency_1m", Since: "2026-03-01"}.Query(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	columns := []string{"window_start", "host", "n", "avg_latency"}
	p, err := Options{PartitionBy: "day"}.partitionBy(columns)
	if err != nil {
		t.Fatal(err)
	}
	q = p.order(q, columns)
	rows, err := s.Query("EXPLAIN QUERY PLAN "+q.SQL, sql.Named("since", "2026-03-01"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var a, b, c int
		var step string
		if err := rows.Scan(&a, &b, &c, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if got := strings.Join(plan, "\n"); strings.Contains(got, "B-TREE") || !strings.Contains(got, "windrow_state_1") {
		t.Error(got)
	}
}
