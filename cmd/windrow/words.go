package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// thousands writes 38412 as 38,412.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes 1 event, 2 events.
func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return thousands(n) + " " + what
}

// size writes a number of bytes as people read it.
func size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	f, u := float64(n), 0
	for f >= 1000 && u < len(units)-1 {
		f, u = f/1000, u+1
	}
	if u == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.3g %s", f, units[u])
}

func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func perSecond(n int64, d time.Duration) string {
	if d <= 0 {
		return "0"
	}
	f := float64(n) / d.Seconds()
	scale := math.Pow(10, max(0, math.Floor(math.Log10(max(f, 1)))-2)) // three digits
	return thousands(int64(math.Round(f/scale) * scale))
}

// quoteName quotes a name for SQL where that is needed.
func quoteName(s string) string {
	plain := s != ""
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			plain = false
		}
	}
	if plain {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
