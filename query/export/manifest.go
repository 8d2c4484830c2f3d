package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/syntax"
)

// Manifest says what the files of an export hold and where that comes from. It
// is written last: where it is there, and its hashes are those of the files, the
// export is complete. It depends on the store alone, not on when it is made.
type Manifest struct {
	Manifest    int               `json:"manifest"` // version of this format
	Windrow     string            `json:"windrow"`  // version of the program
	Name        string            `json:"name"`
	SQL         string            `json:"sql"`
	Parameters  map[string]string `json:"parameters"`
	Format      string            `json:"format"`
	PartitionBy string            `json:"partition_by,omitempty"`
	Columns     []string          `json:"columns"`
	Rows        int64             `json:"rows"`
	Bytes       int64             `json:"bytes"`
	Windows     Windows           `json:"window_start"`
	Rollups     []Origin          `json:"rollups"`
	Files       []Listed          `json:"files"`

	// Leftovers are files that may lie in the folder and are none of Files:
	// an export that was interrupted while it changed the folder leaves them,
	// and the next one removes them.
	Leftovers []string `json:"leftovers,omitempty"`
}

// Windows are the first and the last window of an export, null if it has no
// column window_start or no rows.
type Windows struct {
	Least    text `json:"least"`
	Greatest text `json:"greatest"`
}

// Origin is a rollup that the statement reads, at the moment of the export.
type Origin struct {
	Name        string `json:"name"`
	Watermark   text   `json:"watermark"`
	FinalBefore text   `json:"final_before"`
	Horizon     text   `json:"horizon"`
}

// Listed is one file of an export.
type Listed struct {
	Path   string `json:"path"` // below the folder of the manifest, with slashes
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// text is null where it is empty.
type text string

func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

const manifestVersion = 1

// manifestOf is the place of the manifest of a file.
func manifestOf(path string) string { return path + ".manifest.json" }

// manifestIn is the place of the manifest of a folder.
func manifestIn(folder string) string { return filepath.Join(folder, "_manifest.json") }

// manifest describes an export, but for its files.
func (o Options) manifest(ctx context.Context, s *query.Snapshot, q query.Query, t *tally) (Manifest, error) {
	m := Manifest{
		Manifest: manifestVersion, Windrow: o.Version, Name: o.name(), SQL: strings.TrimSpace(q.SQL), Parameters: parametersOf(q),
		Format: o.Format.Name, PartitionBy: o.PartitionBy, Columns: t.columns, Rows: t.rows,
		Windows: Windows{Least: text(t.least), Greatest: text(t.most)},
	}
	var err error
	m.Rollups, err = originsOf(ctx, s, q)
	return m, err
}

// parametersOf returns the parameters that the statement names.
func parametersOf(q query.Query) map[string]string {
	used := map[string]string{}
	tokens, _ := syntax.Lex(q.SQL)
	for _, t := range tokens {
		if t.Kind != syntax.Param {
			continue
		}
		name := q.SQL[t.Pos+1 : t.End]
		if v, ok := q.Offered[name]; ok {
			used[name] = v
		}
		if v, ok := q.Params[name]; ok {
			used[name] = v
		}
	}
	return used
}

// originsOf finds the rollups that the statement names.
func originsOf(ctx context.Context, s *query.Snapshot, q query.Query) ([]Origin, error) {
	all, err := s.Rollups(ctx)
	if err != nil {
		return nil, err
	}
	known := make([]string, len(all))
	for i, r := range all {
		known[i] = r.Name
	}
	origins := []Origin{}
	used := query.Tables(q.SQL, known)
	for _, r := range all {
		if find(used, r.Name) >= 0 {
			origins = append(origins, Origin{r.Name, text(r.Watermark), text(r.FinalBefore), text(r.Horizon)})
		}
	}
	return origins, nil
}

// write puts the manifest into its place, durably.
func (m Manifest) write(path string) error {
	m.Bytes = 0
	for _, f := range m.Files {
		m.Bytes += f.Bytes
	}
	if m.Files == nil {
		m.Files = []Listed{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return place(path, b.Bytes())
}

// place writes a small file in one step, durably.
func place(path string, content []byte) error {
	f, err := output.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		f.Abort()
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return f.Commit()
}

// readManifest reads a manifest of ours; another file of that name is an error.
func readManifest(path string) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil || m.Manifest == 0 {
		return m, fmt.Errorf("%s is no manifest of an export; take it away, or choose another place", path)
	}
	if m.Manifest > manifestVersion {
		return m, fmt.Errorf("%s is from a newer version of windrow", path)
	}
	return m, nil
}
