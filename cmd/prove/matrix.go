//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// rotationCase is a way in which log files are rotated.
type rotationCase struct {
	name  string
	link  bool
	whole bool // the bytes are lost with the rotation, so all must be absorbed before
	tiny  bool // files of one or two lines
	turn  func(*growing) error
}

var rotationCases = []rotationCase{
	{name: "rename", turn: renamed},
	{name: "copytruncate", turn: copied},
	{name: "gzip after rotate", turn: compressed},
	{name: "truncate", whole: true, turn: (*growing).truncate},
	{name: "delete and recreate", whole: true, turn: (*growing).recreate},
	{name: "symlink swap", link: true, turn: (*growing).swap},
	{name: "tiny file", tiny: true, turn: renamed},
}

// renamed rotates as logrotate does with create.
func renamed(g *growing) error {
	o, err := g.rename()
	if err != nil {
		return err
	}
	o.f.Close()
	return g.open()
}

func copied(g *growing) error {
	_, _, err := g.copyTruncate()
	return err
}

func compressed(g *growing) error {
	if err := renamed(g); err != nil {
		return err
	}
	return g.old[len(g.old)-1].compress()
}

// matrixRow is one case to be proven, and what came of it.
type matrixRow struct {
	rotationCase
	all, kill        bool // rotated files are among the stream's paths; processes are killed
	lines, rotations int

	kills  int
	behind time.Duration // from the last line until it was absorbed
	took   time.Duration
	err    error
}

func newMatrix(lines, rotations int) []*matrixRow {
	var rows []*matrixRow
	for _, c := range rotationCases {
		for i := range 4 {
			row := &matrixRow{rotationCase: c, all: i%2 == 0, kill: i/2 == 1, lines: lines, rotations: rotations}
			if c.tiny {
				row.rotations *= 10
				row.lines = row.rotations * 3 / 2
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// proveRotations proves the whole matrix and prints it.
func (j *judge) proveRotations(ctx context.Context, lines, rotations int) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	rows := newMatrix(lines, rotations)
	var wg sync.WaitGroup
	next := make(chan int)
	for range j.parallel {
		wg.Go(func() {
			for i := range next {
				r := rand.New(rand.NewPCG(j.seed, uint64(i)))
				rows[i].err = rows[i].prove(ctx, p, j.folder("case-%d", i), r)
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	wg.Wait()
	return j.printMatrix(rows)
}

func (j *judge) printMatrix(rows []*matrixRow) error {
	var failed []string
	j.say("%-20s %-12s %7s %10s %6s %9s %8s", "rotation", "paths", "lines", "rotations", "kills", "behind", "time")
	for i, r := range rows {
		paths, said := "log alone", ""
		if r.all {
			paths = "rotated too"
		}
		if r.err != nil {
			said = "  FAILED"
			failed = append(failed, fmt.Sprintf("%s, %s, in case-%d: %v", r.name, paths, i, r.err))
		}
		j.say("%-20s %-12s %7d %10d %6d %9v %8v%s", r.name, paths, r.lines, r.rotations, r.kills, r.behind.Round(time.Millisecond), r.took.Round(10*time.Millisecond), said)
	}
	if len(failed) > 0 {
		return fmt.Errorf("rotate: %d of %d cases of -seed %d:\n%s", len(failed), len(rows), j.seed, strings.Join(failed, "\n"))
	}
	j.say("rotate: %d cases, each line is in the store once, in %v", len(rows), j.took())
	return nil
}
