package syntax

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"latency", "host", "status", "route", "ts"}
	for name, want := range map[string]string{
		"latnecy": "latency", "LATENCY": "latency", "hots": "host", "stat": "", "statu": "status", "x": "", "t": "ts", "": "", "rouet": "route",
		strings.Repeat("x", 1000): "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%.20q: got %q, want %q", name, got, want)
		}
	}
}
