package track

import (
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The writer and the rotation go on while the tracker looks and the ingestor
// reads: what is between two calls of the system may change, too.
func TestConcurrent(t *testing.T) {
	for _, kind := range []string{"rename", "copytruncate", "gzip", "copygzip"} {
		t.Run(kind, func(t *testing.T) {
			for seed := range uint64(*seeds) {
				path := filepath.Join(t.TempDir(), "app.log")
				s := newSim(t, seed, path+"*")
				done := make(chan int)
				go func() { done <- rotateFast(path, kind, seed) }()
				n := -1
				for n < 0 {
					select {
					case n = <-done:
					default:
						s.scan()
						s.absorb(false)
						s.wait(5 * time.Millisecond) // a packer that takes longer than Settle is taken for a copier
						if s.rand.IntN(50) == 0 {
							s.kill()
						}
					}
				}
				s.drain()
				s.check(n)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// rotateFast writes and rotates without pause and returns how many lines it
// has written.
func rotateFast(path, kind string, seed uint64) int {
	r := rand.New(rand.NewPCG(seed, 2))
	n := 0
	open := func() *os.File {
		f, _ := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		return f
	}
	f := open()
	for turn := range 20 {
		for range 50 + r.IntN(200) {
			f.WriteString(line(n)[:3])
			f.WriteString(line(n)[3:] + "\n")
			n++
		}
		suffix := ""
		if kind == "gzip" || kind == "copygzip" {
			suffix = ".gz"
		}
		for k := turn; k > 0; k-- {
			os.Rename(fmt.Sprintf("%s.%d%s", path, k, suffix), fmt.Sprintf("%s.%d%s", path, k+1, suffix))
		}
		switch kind {
		case "rename", "gzip":
			os.Rename(path, path+".1")
			f.Close()
			f = open()
			if kind == "gzip" {
				pack(path+".1", path+".1.gz")
				os.Remove(path + ".1")
			}
		case "copytruncate":
			data, _ := os.ReadFile(path)
			os.WriteFile(path+".1", data, 0o644)
			os.Truncate(path, 0)
		case "copygzip":
			pack(path, path+".1.gz")
			os.Truncate(path, 0)
		}
	}
	f.Close()
	return n
}

func pack(from, to string) {
	data, _ := os.ReadFile(from)
	f, _ := os.Create(to)
	z := gzip.NewWriter(f)
	z.Write(data)
	z.Close()
	f.Close()
}
