// Plain is the program that one would write without Windrow: a Scanner,
// encoding/json and a map. It reads events and writes, per minute and host,
// the results of cmd/bench's W1 as CSV.
//
//	plain EVENTS.ndjson RESULT.csv
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

type event struct {
	TS      time.Time `json:"ts"`
	Host    string    `json:"host"`
	Status  int       `json:"status"`
	Latency float64   `json:"latency_ms"`
	Bytes   int64     `json:"bytes"`
}

type key struct {
	window int64 // seconds since 1970
	host   string
}

type group struct {
	n             int
	sum, min, max float64
	bytes         int64
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: plain EVENTS.ndjson RESULT.csv")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(events, result string) error {
	in, err := os.Open(events)
	if err != nil {
		return err
	}
	defer in.Close()
	groups := map[key]*group{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return err
		}
		if e.Status < 500 {
			add(groups, &e)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return write(groups, result)
}

func add(groups map[key]*group, e *event) {
	k := key{e.TS.Truncate(time.Minute).Unix(), e.Host}
	g := groups[k]
	if g == nil {
		g = &group{min: e.Latency, max: e.Latency}
		groups[k] = g
	}
	g.n++
	g.sum += e.Latency
	g.min = min(g.min, e.Latency)
	g.max = max(g.max, e.Latency)
	g.bytes += e.Bytes
}

func write(groups map[key]*group, result string) error {
	out, err := os.Create(result)
	if err != nil {
		return err
	}
	defer out.Close()
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "window,host,n,a,mi,ma,b")
	for _, k := range slices.SortedFunc(maps.Keys(groups), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.window, b.window), cmp.Compare(a.host, b.host))
	}) {
		g := groups[k]
		fmt.Fprintf(w, "%s,%s,%d,%v,%v,%v,%d\n", time.Unix(k.window, 0).UTC().Format(time.DateTime), k.host, g.n, g.sum/float64(g.n), g.min, g.max, g.bytes)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Close()
}
