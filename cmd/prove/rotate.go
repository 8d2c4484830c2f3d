package main

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// growing is a log file in the hands of a program that appends to it and of
// another one that rotates it. Rotated files lie in the same folder.
type growing struct {
	dir, name string
	shifts    bool // rotated files are NAME.1, NAME.2 ...; else NAME-0001 ...
	link      bool // NAME is a symbolic link
	f         *os.File
	turns     int        // rotations so far
	old       []*rotated // that are there, from the oldest on
}

// rotated is a file of before.
type rotated struct {
	path string
	gen  *generation // nil where nobody keeps a ledger
	f    *os.File    // still open for writing, or nil
}

func (g *growing) path() string { return filepath.Join(g.dir, g.name) }

// open opens the file for appending, and makes it if it is not there.
func (g *growing) open() (err error) {
	if g.link {
		return g.swap()
	}
	g.f, err = os.OpenFile(g.path(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return err
}

func (g *growing) close() {
	g.f.Close()
	for _, o := range g.old {
		if o.f != nil {
			o.f.Close()
		}
	}
}

func (g *growing) write(b []byte) error {
	_, err := g.f.Write(b)
	return err
}

// aside makes room for the next rotated file and says how it is called.
func (g *growing) aside() (string, error) {
	g.turns++
	if !g.shifts {
		return fmt.Sprintf("%s-%04d", g.path(), g.turns), nil
	}
	for i, o := range g.old {
		to := fmt.Sprintf("%s.%d", g.path(), len(g.old)-i+1)
		if filepath.Ext(o.path) == ".gz" {
			to += ".gz"
		}
		if err := os.Rename(o.path, to); err != nil {
			return "", err
		}
		o.path = to
	}
	return g.path() + ".1", nil
}

// rename rotates by giving the file another name. The file of before stays
// open; the new one is not made yet.
func (g *growing) rename() (*rotated, error) {
	to, err := g.aside()
	if err != nil {
		return nil, err
	}
	if err := os.Rename(g.path(), to); err != nil {
		return nil, err
	}
	o := &rotated{path: to, f: g.f}
	g.old = append(g.old, o)
	return o, nil
}

// copyTruncate rotates by copying the file and cutting it off. gap is how long
// both held the content.
func (g *growing) copyTruncate() (o *rotated, gap time.Duration, err error) {
	to, err := g.aside()
	if err != nil {
		return nil, 0, err
	}
	b, err := os.ReadFile(g.path())
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := os.WriteFile(to, b, 0o644); err != nil {
		return nil, 0, err
	}
	err = g.f.Truncate(0)
	o = &rotated{path: to}
	g.old = append(g.old, o)
	return o, time.Since(began), err
}

// truncate cuts the file off.
func (g *growing) truncate() error { return g.f.Truncate(0) }

// recreate deletes the file and makes a new one.
func (g *growing) recreate() error {
	if err := os.Remove(g.path()); err != nil {
		return err
	}
	g.f.Close()
	return g.open()
}

// swap has the link point to a new file.
func (g *growing) swap() error {
	g.turns++
	to := fmt.Sprintf("%s.to-%04d", g.path(), g.turns)
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if g.f != nil {
		g.old = append(g.old, &rotated{path: g.f.Name(), f: g.f})
	}
	g.f = f
	temp := filepath.Join(filepath.Dir(g.dir), g.name+".new")
	if err := os.Symlink(filepath.Base(to), temp); err != nil {
		return err
	}
	return os.Rename(temp, g.path())
}

// compress writes a compressed copy as gzip does and then deletes the file.
func (o *rotated) compress() error {
	b, err := os.ReadFile(o.path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.path+".gz", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	for half := range 2 { // so that it can be seen while it is not complete
		if _, err := z.Write(b[len(b)/2*half : len(b)/2+(len(b)-len(b)/2)*half]); err != nil {
			return err
		}
		z.Flush()
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Remove(o.path); err != nil {
		return err
	}
	o.path += ".gz"
	return nil
}

// forget deletes the oldest rotated file.
func (g *growing) forget() error {
	o := g.old[0]
	g.old = g.old[1:]
	if o.f != nil {
		o.f.Close()
	}
	if err := os.Remove(o.path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
