package schema

import (
	"testing"
	"time"
	_ "time/tzdata" // zones do not depend on the machine
)

func TestNearZone(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Berlim": "Europe/Berlin", "Berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "Europ/Berlin": "Europe/Berlin", "Asia/Moscow": "Europe/Moscow",
		"New York": "America/New_York", "America/New York": "America/New_York", "Buenos_Aires": "America/Argentina/Buenos_Aires", "utc": "UTC", "pst": "America/Los_Angeles",
		"Tokio": "Asia/Tokyo", "Germany": "Europe/Berlin", "Europe/": "", "x": "", "Nowhere/Middle": "", "+02:00": "", "/": "",
	} {
		if got := nearZone(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestSuggestedZones checks that what is suggested exists, and that each is
// found by its last element.
func TestSuggestedZones(t *testing.T) {
	for _, z := range commonZones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Error(err)
		}
		if got := nearZone(lastElement(z)); got != z {
			t.Errorf("%s is found as %s", z, got)
		}
	}
	for short, z := range shortZones {
		if _, err := time.LoadLocation(z); err != nil {
			t.Error(err)
		}
		if _, err := time.LoadLocation(short); err == nil {
			t.Errorf("%s is a name of the database", short)
		}
	}
}
