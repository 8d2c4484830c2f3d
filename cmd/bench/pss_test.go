package main

import "testing"

const smaps = `559a4c000000-7ffd0a1e2000 ---p 00000000 00:00 0                          [rollup]
Rss:               52340 kB
Pss:               48123 kB
Pss_Dirty:         40000 kB
Pss_Anon:          39000 kB
`

func TestParsePSS(t *testing.T) {
	if n, err := parsePSS([]byte(smaps)); n != 48123<<10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"", "Rss: 1 kB\n", "Pss: 12\n", "Pss: x kB\n"} {
		if n, err := parsePSS([]byte(bad)); err == nil {
			t.Errorf("%q is %d", bad, n)
		}
	}
}
