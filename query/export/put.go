package export

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/windrow/windrow/query/output"
)

// put gives the files of a folder their names, then writes the manifest m, then
// removes the files of old, the manifest that was there, that are not written
// any more. Killed at any moment it leaves a manifest that names all files,
// some as leftovers, so that the next export can remove them.
func (f *folder) put(m, old Manifest) error {
	list := manifestIn(f.path)
	before, after := pathsOf(old), pathsOf(m)
	if added := without(after, before); old.Manifest != 0 && len(added) > 0 {
		old.Leftovers = append(old.Leftovers, added...)
		if err := old.write(list); err != nil {
			return err
		}
	}
	if err := f.rename(); err != nil {
		return err
	}
	if !f.o.Manifest {
		return nil
	}
	gone := without(before, after)
	if m.Leftovers = gone; len(gone) > 0 {
		if err := m.write(list); err != nil {
			return err
		}
		if err := f.remove(gone); err != nil {
			return err
		}
		m.Leftovers = nil
	}
	return m.write(list)
}

// pathsOf returns all files that a manifest names.
func pathsOf(m Manifest) []string {
	var paths []string
	for _, l := range m.Files {
		paths = append(paths, l.Path)
	}
	return append(paths, m.Leftovers...)
}

// without returns what is in all and not in some, sorted, each once.
func without(all, some []string) []string {
	there := map[string]bool{}
	for _, s := range some {
		there[s] = true
	}
	var rest []string
	for _, a := range all {
		if !there[a] {
			rest = append(rest, a)
		}
	}
	slices.Sort(rest)
	return slices.Compact(rest)
}

// rename puts the files into their places, durably.
func (f *folder) rename() error {
	for _, s := range f.staged {
		to := filepath.Join(f.path, filepath.FromSlash(s.Path))
		if err := os.Rename(s.temp, to); err != nil {
			return fmt.Errorf("cannot write %s: %w", to, output.Reason(err))
		}
	}
	dirs := append([]string{f.path}, f.made...)
	for _, s := range f.staged {
		dirs = append(dirs, filepath.Dir(s.temp))
	}
	for _, dir := range slices.Clone(f.made) {
		dirs = append(dirs, filepath.Dir(dir))
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		syncDir(dir)
	}
	f.staged, f.made = nil, nil
	return nil
}

// remove removes files that are not written any more, and folders that are
// empty then. What a manifest names outside of the folder is not touched.
func (f *folder) remove(paths []string) error {
	for _, p := range paths {
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			continue
		}
		full := filepath.Join(f.path, filepath.FromSlash(p))
		if err := os.Remove(full); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("cannot remove %s, which is not written any more: %w", full, output.Reason(err))
		}
		if dir := filepath.Dir(full); dir != filepath.Clean(f.path) {
			os.Remove(dir) // if it is empty
		}
	}
	syncDir(f.path)
	return nil
}

// syncDir makes names in a folder durable. Not every system lets a folder be
// synced.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	d.Sync()
}
