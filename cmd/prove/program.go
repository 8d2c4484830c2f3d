package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// program is a windrow binary that this program has built.
type program struct {
	path  string
	fault string // planted in every process, "" for none
}

// build makes the binary, with the points where faults can be planted if a
// fault is named.
func (j *judge) build(ctx context.Context, fault string) (*program, error) {
	p := &program{path: filepath.Join(j.dir, "windrow"), fault: fault}
	if j.binary != "" && fault == "" {
		path, err := filepath.Abs(j.binary)
		if err == nil {
			p.path, err = filepath.EvalSymlinks(path) // as /proc will show it
		}
		return p, err
	}
	args := []string{"build", "-o", p.path}
	if fault != "" {
		args = append(args, "-tags", "faults")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/windrow/windrow/cmd/windrow")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cannot build windrow: %w\n%s", err, out)
	}
	return p, nil
}

// runOptions are how a run is done.
type runOptions struct {
	definition, store string
	once              bool // else it follows
	workers           int
	block, budget     int64         // bytes, 0 for the defaults
	poll, settle      time.Duration // 0 for the defaults
	clock             string        // of reports; "" for the real one
}

func (o runOptions) args() []string {
	args := []string{"run", "--store", o.store, "--workers", strconv.Itoa(o.workers)}
	if o.once {
		args = append(args, "--once")
	}
	if o.poll > 0 {
		args = append(args, "--poll", o.poll.String())
	}
	if o.settle > 0 {
		args = append(args, "--settle", o.settle.String())
	}
	if o.clock != "" {
		args = append(args, "--clock", o.clock)
	}
	if o.block > 0 {
		args = append(args, "--block-bytes", strconv.FormatInt(o.block, 10))
	}
	if o.budget > 0 {
		args = append(args, "--budget-bytes", strconv.FormatInt(o.budget, 10))
	}
	return append(args, o.definition)
}

// command makes a command of the binary, with an environment of its own.
func (p *program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	if p.fault != "" {
		cmd.Env = append(cmd.Env, "WINDROW_FAULT="+p.fault)
	}
	return cmd
}

// run does a whole run and fails unless it ends well.
func (p *program) run(ctx context.Context, o runOptions) error {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	cmd := p.command(ctx, o.args()...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out.String())
	}
	return nil
}

// runLimit is how long a run may take before it counts as hung.
const runLimit = time.Minute

// export returns what `windrow export` writes of a rollup.
func (p *program) export(ctx context.Context, store, name string) ([]byte, error) {
	cmd := p.command(ctx, "export", "--store", store, name)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("export %s: %w\n%s", name, err, said.String())
	}
	return out.Bytes(), nil
}

// openStore opens a store as any client would: read-only.
func openStore(path string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&_busy_timeout=20000"}
	db, err := sql.Open("sqlite", u.String())
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}
