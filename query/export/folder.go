package export

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// mostFiles is how many files an export may have. Tests lower it.
var mostFiles = 10_000

// writeFolder writes the result to a folder, a file for each partition.
func writeFolder(ctx context.Context, s *query.Snapshot, q query.Query, path string, o Options) (Summary, error) {
	old, err := o.inFolder(path)
	if err != nil {
		return Summary{}, err
	}
	sweep(path, time.Now().Add(-keepParts))
	columns, err := columnsOf(ctx, s, q)
	if err != nil {
		return Summary{}, err
	}
	p, err := o.partitionBy(columns)
	if err != nil {
		return Summary{}, err
	}
	f := &folder{path: path, o: o, by: p, files: map[string]int{}}
	defer f.abort()
	t := &tally{Encoder: f, progress: o.Progress}
	if _, err := s.Run(ctx, p.order(q, columns), t.encoder(o.typed())); err != nil {
		return Summary{}, cmp.Or(f.err, err)
	}
	m, err := o.manifest(ctx, s, q, t)
	if err != nil {
		return Summary{}, err
	}
	for _, staged := range f.staged {
		m.Files = append(m.Files, staged.Listed)
	}
	slices.SortFunc(m.Files, func(a, b Listed) int { return cmp.Compare(a.Path, b.Path) })
	if err := f.put(m, old); err != nil {
		return Summary{}, err
	}
	return f.summary(m), nil
}

// inFolder looks at what lies at path, and decides whether a manifest is
// written. It returns the one that is there.
func (o *Options) inFolder(path string) (Manifest, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return Manifest{}, fmt.Errorf("cannot write below %s: it is a file, and a partitioned export is a folder of files", path)
	}
	old, err := readManifest(manifestIn(path))
	switch {
	case err == nil:
		o.Manifest = true
	case !os.IsNotExist(err) && o.Manifest:
		return Manifest{}, err
	}
	return old, nil
}

// folder is an encoder that writes each partition into a file of its own. The
// files have temporary names until put.
type folder struct {
	path  string
	o     Options
	by    partition
	cols  []output.Column
	vals  []any         // a row
	kinds []output.Kind // for formats that want them

	now    string // the folder of the file that is open
	open   *file
	files  map[string]int // how many there are in each folder
	staged []staged
	made   []string // folders, each after the one that it is in
	err    error    // that of the last method
}

// staged is a file that is complete and has a temporary name.
type staged struct {
	Listed
	temp string
}

var (
	_ output.Typed   = (*folder)(nil)
	_ output.Batched = (*folder)(nil)
)

func (f *folder) Kinds(kinds []output.Kind) { f.kinds = kinds }

func (f *folder) Begin(cols []output.Column) error {
	f.cols, f.vals = cols, make([]any, len(cols))
	f.err = f.mkdir(f.path)
	return f.err
}

func (f *folder) Row(vals []any) error {
	f.err = f.row(vals)
	return f.err
}

func (f *folder) End() error {
	f.err = f.finish()
	return f.err
}

func (f *folder) row(vals []any) error {
	if err := f.enter(vals); err != nil {
		return err
	}
	f.staged[len(f.staged)-1].Rows++
	return f.open.write(f.open.enc.Row(vals))
}

// Rows implements output.Batched.
func (f *folder) Rows(b *output.Batch) error {
	f.err = f.rows(b)
	return f.err
}

// rows writes rows that follow each other with one value of the partition's
// column at once.
func (f *folder) rows(b *output.Batch) error {
	for from, to := 0, 0; from < b.Len(); from = to {
		for to = from + 1; to < b.Len() && b.Same(from, to, f.by.column); {
			to++
		}
		b.Row(from, f.vals)
		if err := f.enter(f.vals); err != nil {
			return err
		}
		f.staged[len(f.staged)-1].Rows += int64(to - from)
		part := b.Slice(from, to)
		if err := f.open.write(output.Feed(f.open.enc, &part, f.vals)); err != nil {
			return err
		}
	}
	return nil
}

// enter sees to it that the file is open that a row belongs into.
func (f *folder) enter(vals []any) error {
	name, err := f.by.folder(vals)
	if err != nil || f.open != nil && name == f.now {
		return err
	}
	return f.turn(name)
}

// turn finishes the open file and begins one in another folder.
func (f *folder) turn(name string) error {
	if err := f.finish(); err != nil {
		return err
	}
	if len(f.staged) == mostFiles {
		return fmt.Errorf("partitioning by %s makes more than %d files; take a column with fewer values", f.by.name, mostFiles)
	}
	dir := filepath.Join(f.path, name)
	if err := f.mkdir(dir); err != nil {
		return err
	}
	f.files[name]++
	base := f.base(f.files[name])
	temp := filepath.Join(dir, "."+base+"."+rand.Text()[:8]+".part")
	open, err := create(temp, filepath.Join(dir, base), f.o)
	if err != nil {
		return err
	}
	f.now, f.open = name, open
	f.staged = append(f.staged, staged{Listed{Path: path.Join(name, base)}, temp})
	if t, ok := open.enc.(output.Typed); ok {
		t.Kinds(f.kinds)
	}
	return open.write(open.enc.Begin(f.cols))
}

// base is the name of the nth file of a folder: there is a second one where
// its rows do not come all together.
func (f *folder) base(n int) string {
	name, ending := f.o.name(), "."+f.o.Format.Name
	if n > 1 {
		name += "-" + strconv.Itoa(n)
	}
	if e := f.o.Format.Endings; len(e) > 0 {
		ending = e[0]
	}
	return name + ending
}

// finish completes the open file under its temporary name.
func (f *folder) finish() error {
	if f.open == nil {
		return nil
	}
	open := f.open
	if err := open.write(open.enc.End()); err != nil {
		return err
	}
	f.open = nil
	last := &f.staged[len(f.staged)-1]
	if err := open.Commit(); err != nil {
		return err
	}
	if err := open.measure(last.temp); err != nil {
		return err
	}
	last.Bytes, last.SHA256 = open.bytes, hexOf(open.sum)
	return nil
}

// mkdir makes a folder, and those above it, and remembers which were not there.
func (f *folder) mkdir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if up := filepath.Dir(dir); up != dir {
		if err := f.mkdir(up); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, 0o777)
	if err == nil {
		f.made = append(f.made, dir)
	}
	if err != nil && !os.IsExist(err) {
		return fmt.Errorf("cannot make the folder %s: %w", dir, output.Reason(err))
	}
	return nil
}

// keepParts is how long files of an export that was killed lie in a folder:
// longer than an export may take, for another one may be at work.
const keepParts = 24 * time.Hour

// sweep removes what exports that were killed have left, if it was last
// written before that time.
func sweep(path string, before time.Time) {
	parts, err := filepath.Glob(filepath.Join(escapeGlob(path), "*=*", ".*.part"))
	if err != nil {
		return
	}
	for _, p := range parts {
		if info, err := os.Lstat(p); err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			os.Remove(p)
		}
	}
}

var escapeGlob = strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace

// abort takes away what has no place yet. After put it does nothing.
func (f *folder) abort() {
	if f.open != nil {
		f.open.Abort()
	}
	for _, s := range f.staged {
		os.Remove(s.temp)
	}
	for _, dir := range slices.Backward(f.made) {
		os.Remove(dir) // if it is empty
	}
}

// summary describes the folder after put.
func (f *folder) summary(m Manifest) Summary {
	sum := Summary{Rows: m.Rows, Files: len(m.Files)}
	list := sha256.New()
	for _, l := range m.Files {
		sum.Bytes += l.Bytes
		fmt.Fprintf(list, "%s  %s\n", l.SHA256, l.Path)
		sum.Places = append(sum.Places, filepath.Join(f.path, filepath.FromSlash(l.Path)))
	}
	list.Sum(sum.SHA256[:0])
	if f.o.Manifest {
		sum.Places = append(sum.Places, manifestIn(f.path))
	}
	return sum
}
