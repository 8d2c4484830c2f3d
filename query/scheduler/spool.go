package scheduler

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// spool is the folder in which documents are written before they are
// delivered. Nothing in it outlives the run: what is needed after a crash is
// made again.
type spool string

// spoolOf is the spool of the store at a path.
func spoolOf(store string) spool { return spool(store + ".spool") }

// byHandAge is how old the folder of an issue by hand is when nobody can be
// working on it any more.
const byHandAge = 24 * time.Hour

// clean removes what an earlier run has left.
func (s spool) clean(now time.Time) error {
	entries, err := os.ReadDir(string(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, infoErr := e.Info()
		if strings.HasPrefix(e.Name(), "hand-") && infoErr == nil && now.Sub(info.ModTime()) < byHandAge {
			continue
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(string(s), e.Name())))
	}
	if err != nil {
		return fmt.Errorf("cannot empty the folder for unfinished reports: %w", err)
	}
	return s.leave()
}

// issue makes an empty folder for an issue of a run.
func (s spool) issue(id int64) (string, error) {
	dir := filepath.Join(string(s), strconv.FormatInt(id, 10))
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", fmt.Errorf("cannot make the folder for an unfinished report: %w", err)
	}
	return dir, nil
}

// byHand makes an empty folder for an issue by hand, beside a run.
func (s spool) byHand() (string, error) {
	err := os.MkdirAll(string(s), 0o700)
	if err == nil {
		var dir string
		if dir, err = os.MkdirTemp(string(s), "hand-"); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("cannot make the folder for an unfinished report: %w", err)
}

// leave removes the folder if nothing is in it.
func (s spool) leave() error {
	os.Remove(string(s)) // fails if there is
	return nil
}

// fileName makes a plain file name of the name of a report.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '_'
	}, name)
	const longest = 100 // characters
	if r := []rune(clean); len(r) > longest {
		clean = string(r[:longest])
	}
	return strings.TrimLeft(clean, ".-")
}
