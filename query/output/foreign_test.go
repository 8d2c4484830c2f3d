package output

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// cellOf is a value as testdata/roundtrip.py reads it.
func cellOf(v any) any {
	switch v := v.(type) {
	case int64:
		return []string{"integer", fmt.Sprint(v)}
	case float64:
		return []string{"real", string(appendReal(nil, v))}
	case []byte:
		return []string{"blob", fmt.Sprintf("%x", v)}
	case string:
		if IsTime(v) {
			return []string{"time", fmt.Sprint(int64(parseTime(v)))}
		}
		return []string{"text", v}
	}
	return nil
}

var kindNames = []string{"text", "integer", "real", "text", "time", "blob"}

// foreignRows are the nasty rows without what programs elsewhere cannot read
// from CSV: NUL, U+FFFE, and for pandas a carriage return at the end of a cell.
func foreignRows() [][]any {
	var rows [][]any
	for _, r := range nasty {
		row := append([]any{}, r...)
		if s, ok := row[0].(string); ok {
			row[0] = strings.NewReplacer("\x00", "", "\ufffe", "").Replace(s)
		}
		rows = append(rows, row)
	}
	return rows
}

// python returns the interpreter that has DuckDB and pandas, or skips.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("WINDROW_PYTHON")
	if name == "" {
		name = "python3"
	}
	if out, err := exec.Command(name, "-c", "import duckdb, pandas, pyarrow, openpyxl").CombinedOutput(); err != nil {
		t.Skipf("%s has no DuckDB and pandas (pip install duckdb pandas pyarrow openpyxl; WINDROW_PYTHON names another one): %s", name, bytes.TrimSpace(out))
	}
	return name
}

func TestDuckDBAndPandas(t *testing.T) {
	interpreter := python(t)
	dir := t.TempDir()
	save := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rows := foreignRows()
	for _, name := range []string{"csv", "parquet", "xlsx"} {
		save("nasty."+name, encode(t, Find(name), nastyCols, rows))
	}
	var want struct {
		Columns []string `json:"columns"`
		Kinds   []string `json:"kinds"`
		Rows    [][]any  `json:"rows"`
	}
	for i, k := range kindsOf(nastyCols, rows) {
		want.Columns = append(want.Columns, nastyCols[i].Name)
		want.Kinds = append(want.Kinds, kindNames[k])
	}
	for _, r := range rows {
		var row []any
		for _, v := range r {
			row = append(row, cellOf(v))
		}
		want.Rows = append(want.Rows, row)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	save("expected.json", string(b))
	saveMany(t, save)
	out, err := exec.Command(interpreter, filepath.Join("testdata", "roundtrip.py"), dir).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// saveMany writes rows over several row groups, and what they add up to.
func saveMany(t *testing.T, save func(name, content string)) {
	t.Helper()
	const n = parquetRows + 50_000
	var rows [][]any
	hosts := map[string]int{}
	sum, maybe := 0, 0
	for i := range n {
		row := []any{int64(i), fmt.Sprintf("a name that is there once: %d", i*7), fmt.Sprint("web-", i/1000), nil}
		sum += i
		if i%97 == 0 {
			row[3] = float64(i) / 3
			maybe++
		}
		hosts[row[2].(string)]++
		rows = append(rows, row)
	}
	cols := []Column{{"n"}, {"name"}, {"host"}, {"maybe"}}
	save("many.parquet", encode(t, Find("parquet"), cols, rows))
	save("many.csv", encode(t, Find("csv"), cols, rows))
	b, err := json.Marshal(map[string]any{
		"all": []int{n, sum, n, maybe, len(hosts)}, "name": rows[n-3][1],
		"hosts": map[string]int{"web-0": hosts["web-0"], "web-100": hosts["web-100"], "web-181": hosts["web-181"], "web-999": 0},
	})
	if err != nil {
		t.Fatal(err)
	}
	save("many.json", string(b))
}

// TestSQLite reads the CSV back into typed columns, by SQLite's own shell where
// there is one and by Go. What is lost: NULL and empty text are one, both
// empty; the shell stops a text at NUL; SQLite keeps -0.0 as 0.0 and Inf as text.
func TestSQLite(t *testing.T) {
	dir := t.TempDir()
	rows := foreignRows()
	path := filepath.Join(dir, "nasty.csv")
	if err := os.WriteFile(path, []byte(encode(t, Find("csv"), nastyCols, rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	const create = `CREATE TABLE t (text TEXT, integer INTEGER, real REAL, time TEXT, blob TEXT, mixed TEXT, "both" REAL, "nothing" TEXT, "last" TEXT)`
	for name, load := range map[string]func(t *testing.T, db, path string){"shell": importByShell, "go": importByGo} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name+".db")
			db, err := sql.Open("sqlite", "file:"+file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(create); err != nil {
				t.Fatal(err)
			}
			load(t, file, path)
			checkSQLite(t, db, rows)
		})
	}
}

func importByShell(t *testing.T, db, path string) {
	t.Helper()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		t.Skip("there is no sqlite3")
	}
	if out, err := exec.Command("sqlite3", "-bail", db, ".mode csv", ".import --skip 1 '"+path+"' t").CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
}

func importByGo(t *testing.T, file, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\r\r\n")))) // it drops one \r
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, rec := range records[1:] {
		args := make([]any, len(rec))
		for i, f := range rec {
			args[i] = f
		}
		if _, err := db.Exec("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?)", args...); err != nil {
			t.Fatal(err)
		}
	}
}

func checkSQLite(t *testing.T, db *sql.DB, rows [][]any) {
	t.Helper()
	found, err := db.Query("SELECT * FROM t ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	n := 0
	for ; found.Next(); n++ {
		got := make([]any, len(nastyCols))
		into := make([]any, len(got))
		for i := range got {
			into[i] = &got[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range rows[n] {
			if want := inSQLite(i, v); !sameValue(got[i], want) {
				t.Errorf("row %d, %s: %#v became %#v, want %#v", n, nastyCols[i].Name, v, got[i], want)
			}
		}
	}
	if n != len(rows) {
		t.Errorf("%d rows of %d", n, len(rows))
	}
}

// inSQLite is what a value of column i is after CSV and a typed table.
func inSQLite(i int, v any) any {
	number := i == 1 || i == 2 || i == 6
	switch v := v.(type) {
	case int64:
		if number && i != 1 {
			return float64(v)
		}
		if !number {
			return fmt.Sprint(v)
		}
	case float64:
		if math.IsInf(v, 0) || !number {
			return string(appendReal(nil, v))
		}
		return v + 0 // -0.0 is 0.0
	case []byte:
		return fmt.Sprintf("%x", v)
	case nil:
		return ""
	}
	return v
}
