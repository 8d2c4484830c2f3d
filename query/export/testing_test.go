package export

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/query/querytest"
	"github.com/windrow/windrow/schema/store"
)

// source is a store, with a connection that writes into it as no user may.
type source struct {
	*sqlx.DB
	write *sql.DB
	path  string
}

func newSource(t *testing.T, script string) *source {
	t.Helper()
	s := &source{path: filepath.Join(t.TempDir(), "s.db")}
	querytest.Create(t, s.path, querytest.Rollup+script)
	var err error
	if s.DB, err = store.OpenReader(s.path, store.ReaderOptions{}); err != nil {
		t.Fatal(err)
	}
	if s.write, err = sql.Open("sqlite", "file:"+s.path+"?_dqs=0&_busy_timeout=5000"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.DB.Close(); s.write.Close() })
	return s
}

func (s *source) exec(t *testing.T, script string) {
	t.Helper()
	if _, err := s.write.Exec(script); err != nil {
		t.Fatal(err)
	}
}

// export writes what as o says, with a snapshot of its own.
func (s *source) export(t *testing.T, what, path string, o Options) (Summary, error) {
	t.Helper()
	q, err := query.Export{What: what}.Query(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	return s.query(t, q, path, o)
}

func (s *source) query(t *testing.T, q query.Query, path string, o Options) (Summary, error) {
	t.Helper()
	if o.Format == nil {
		o.Format = output.Find("csv")
	}
	snapshot, err := query.Open(t.Context(), s.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	return Write(t.Context(), snapshot, q, path, o)
}

func (s *source) mustExport(t *testing.T, what, path string, o Options) Summary {
	t.Helper()
	sum, err := s.export(t, what, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// tree returns all files below a folder with their content, a folder without
// files with "/".
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, p)
		name = filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			files[name] = read(t, p)
		default:
			if in, _ := os.ReadDir(p); len(in) == 0 {
				files[name+"/"] = ""
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v\nwant %s", err, part)
	}
}
