package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A contestant is one side of a race: processes that run one after another.
type contestant struct {
	name  string // the peer's, for messages
	dir   string // emptied before each run; the processes run in it
	steps []step
	// result returns, after a run, a CSV file of its rows in the order of
	// their keys, with a header.
	result func(context.Context) (string, error)
}

// A step is one process.
type step struct {
	args   []string
	stdout string // a file in the contestant's folder; "" for nowhere
}

// usage is what a run took, all its processes together.
type usage struct {
	wall, cpu time.Duration
	pss       int64 // bytes: the greatest sum at any moment; 0 where it was not measured
}

// clear makes the contestant's folder an empty one, and has the system write
// what it still has to write of earlier runs.
func (c *contestant) clear(ctx context.Context) error {
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		return err
	}
	exec.CommandContext(ctx, "sync").Run() // where there is none, the runs are a little less quiet
	return nil
}

// time runs the contestant and says how long it took.
func (c *contestant) time(ctx context.Context) (usage, error) {
	return c.run(ctx, func(cmd *exec.Cmd) (int64, error) { return 0, cmd.Wait() })
}

// weigh runs the contestant and says how much memory it took. Looking costs
// time, so this run is not one of those that are timed.
func (c *contestant) weigh(ctx context.Context) (int64, error) {
	u, err := c.run(ctx, waitWeighing)
	return u.pss, err
}

func (c *contestant) run(ctx context.Context, wait func(*exec.Cmd) (int64, error)) (usage, error) {
	var sum usage
	if err := c.clear(ctx); err != nil {
		return sum, err
	}
	for _, s := range c.steps {
		u, err := c.step(ctx, s, wait)
		if err != nil {
			return sum, fmt.Errorf("%s: %w", c.name, err)
		}
		sum.wall += u.wall
		sum.cpu += u.cpu
		sum.pss = max(sum.pss, u.pss)
	}
	return sum, nil
}

// step runs one process. Its CPU time is that of all its descendants that
// were waited for.
func (c *contestant) step(ctx context.Context, s step, wait func(*exec.Cmd) (int64, error)) (u usage, err error) {
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Dir = c.dir
	errs, err := os.Create(filepath.Join(c.dir, "stderr"))
	if err != nil {
		return u, err
	}
	defer errs.Close()
	cmd.Stderr = errs
	if s.stdout != "" {
		out, err := os.Create(filepath.Join(c.dir, s.stdout))
		if err != nil {
			return u, err
		}
		defer out.Close()
		cmd.Stdout = out
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return u, err
	}
	u.pss, err = wait(cmd)
	u.wall = time.Since(began)
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if err != nil {
		return u, fmt.Errorf("%w: %s", err, said(errs.Name()))
	}
	return u, nil
}

// said is the beginning of what a process wrote to its standard error.
func said(path string) string {
	b, _ := os.ReadFile(path)
	lines := strings.Fields(string(b[:min(len(b), 400)]))
	return strings.Join(lines, " ")
}

// output runs a process that is not measured and returns what it prints.
func output(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
