package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/schema"
)

// checkPlaces refuses reports and alerts whose files would be written over the
// store or a definition file.
func checkPlaces(storePath string, defs *definitions) error {
	taken := map[string]string{}
	for _, ending := range []string{"", "-wal", "-shm", ".lock", ".spool"} {
		taken[storePath+ending] = "the store"
	}
	for _, s := range defs.sources {
		taken[s.Name] = "a definition file"
	}
	check := func(name string, zone *time.Location, targets []schema.Target) error {
		for _, t := range targets {
			if t.Kind != schema.TargetFile {
				continue
			}
			sample := deliver.Message{Report: name, Slot: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), Zone: zone}
			place := filepath.Join(t.Root, filepath.FromSlash(deliver.Expand(t.Address, sample)))
			for path, what := range taken {
				if within(place, path) {
					return fmt.Errorf("%s writes to %s, where %s is: choose another name", name, t.Text, what)
				}
			}
		}
		return nil
	}
	for _, r := range defs.pipeline.Reports {
		if err := check("report "+r.Name, r.Schedule.Zone(), r.Targets); err != nil {
			return err
		}
	}
	for _, a := range defs.pipeline.Alerts {
		if err := check("alert "+a.Name, a.Every.Zone(), a.Targets); err != nil {
			return err
		}
	}
	return nil
}

// within reports whether a path is another one, or lies below it, by whatever
// names.
func within(path, other string) bool {
	path, other = trueName(path), trueName(other)
	return path == other || strings.HasPrefix(path, other+string(filepath.Separator))
}

// trueName is a path from the root without symbolic links, as far as it exists.
func trueName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	for rest := ""; ; {
		if found, err := filepath.EvalSymlinks(abs); err == nil || !os.IsNotExist(err) {
			return filepath.Join(found, rest)
		}
		parent := filepath.Dir(abs)
		if parent == abs {
			return filepath.Join(abs, rest)
		}
		abs, rest = parent, filepath.Join(filepath.Base(abs), rest)
	}
}
