package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/workers"
	"github.com/windrow/windrow/workers/wire"
)

// defaultDefinitions is the file that is read when none is named.
const defaultDefinitions = "windrow.sql"

// definitions are definition files as read and checked.
type definitions struct {
	sources  []schema.Source
	env      map[string]string // what their ${VAR}s stood for
	pipeline *schema.Pipeline
}

// problemsError shows all mistakes of definition files.
type problemsError struct {
	problems schema.Problems
	text     string
}

func (e *problemsError) Error() string {
	n := "1 mistake"
	if len(e.problems) != 1 {
		n = fmt.Sprintf("%d mistakes", len(e.problems))
	}
	return n + " in the definitions\n\n" + strings.TrimRight(e.text, "\n")
}

// readDefinitions reads files, and the *.sql files of folders; none stands for
// ./windrow.sql. Mistakes in them are a *problemsError.
func readDefinitions(paths []string) (*definitions, error) {
	return loadDefinitions(paths, schema.LoadOptions{})
}

// readToLook is readDefinitions for who sends nothing: the variables of
// targets and servers need not be set.
func readToLook(paths []string) (*definitions, error) {
	return loadDefinitions(paths, schema.LoadOptions{Unset: true})
}

func loadDefinitions(paths []string, o schema.LoadOptions) (*definitions, error) {
	if len(paths) == 0 {
		if _, err := os.Stat(defaultDefinitions); errors.Is(err, fs.ErrNotExist) {
			return nil, usageError{fmt.Errorf("no definition file was named, and there is no ./%s", defaultDefinitions), "windrow run"}
		}
		paths = []string{defaultDefinitions}
	}
	d := &definitions{env: map[string]string{}}
	for _, p := range paths {
		files, err := definitionFiles(p)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				return nil, fmt.Errorf("cannot read the definitions: %w", err)
			}
			d.sources = append(d.sources, schema.Source{Name: f, Dir: filepath.Dir(f), Text: string(text)})
		}
	}
	var problems schema.Problems
	o.Getenv = d.getenv
	d.pipeline, problems = schema.Load(d.sources, o)
	if len(problems) > 0 {
		return nil, &problemsError{problems, problems.Format()}
	}
	return d, workers.Check(d.pipeline)
}

// getenv looks a variable up and remembers it for the workers, which have an
// environment of their own.
func (d *definitions) getenv(name string) (string, bool) {
	v, ok := os.LookupEnv(name)
	if ok {
		d.env[name] = v
	}
	return v, ok
}

func definitionFiles(path string) ([]string, error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("no definition file at %s", path)
	case err != nil:
		return nil, fmt.Errorf("cannot read the definitions: %w", err)
	case !st.IsDir():
		return []string{path}, nil
	}
	files, err := filepath.Glob(filepath.Join(path, "*.sql"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no *.sql file in the folder %s", path)
	}
	sort.Strings(files)
	return files, err
}

// wireFiles are the definitions for the workers. Their paths are as the main
// process resolved them.
func (d *definitions) wireFiles() []wire.File {
	var out []wire.File
	for _, s := range d.sources {
		out = append(out, wire.File{Name: s.Name, Dir: s.Dir, Text: s.Text})
	}
	return out
}
