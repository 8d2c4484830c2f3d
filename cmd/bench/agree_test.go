package main

import (
	"strings"
	"testing"
)

const agreed = `w,host,n,a,mi,ma,b,p50,p99
2026-03-01 12:00:00,host-0001,100,23.5,1.25,58.866,4877780,20,50
2026-03-01 12:00:00,host-0002,129,24.97547826086957,1.911,137.326,1935299,20,100
2026-03-01 12:01:00,host-0001,2,5,4,6,10,5,6
`

func compared(a, b string, exact bool) (int, error) {
	q := query{keys: []string{"host"}, quantiles: true}
	g := agreement{columns: q.columns(), names: [2]string{"Windrow", "DuckDB"}, exact: exact}
	return g.compare(strings.NewReader(a), strings.NewReader(b))
}

func TestAgree(t *testing.T) {
	for name, b := range map[string]string{
		"the same":               agreed,
		"other names":            strings.Replace(agreed, "w,host", "window_start,host", 1),
		"the last bits":          strings.Replace(agreed, "24.97547826086957", "24.97547826086956", 1),
		"1 % of a sketch":        strings.Replace(agreed, "1935299,20,100", "1935299,20.1,99.1", 1),
		"a quoted key":           strings.Replace(agreed, "host-0002", `"host-0002"`, 1),
		"another text of a real": strings.Replace(agreed, ",23.5,", ",2.35e1,", 1),
	} {
		if n, err := compared(agreed, b, false); n != 3 || err != nil {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
}

func TestDisagree(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"a key":                {"12:01:00,host-0001", "12:01:00,host-0003", `Windrow has a row ["2026-03-01 12:01:00" "host-0001" "2" "5" "4" "6" "10" "5" "6"] that DuckDB has not`},
		"a row too few":        {"2026-03-01 12:01:00,host-0001,2,5,4,6,10,5,6\n", "", "that DuckDB has not"},
		"a row too many":       {"2026-03-01 12:01", "2026-03-01 12:00:30,x,1,1,1,1,1,1,1\n2026-03-01 12:01", "DuckDB has a row"},
		"a row at the end":     {"10,5,6\n", "10,5,6\n2026-03-01 12:02:00,x,1,1,1,1,1,1,1\n", "that Windrow has not"},
		"a count":              {"host-0002,129", "host-0002,130", "n is 129 for Windrow and 130 for DuckDB"},
		"an integer":           {"4877780", "4877781", "b is 4877780"},
		"a real":               {"58.866", "58.8660002", `row ["2026-03-01 12:00:00" "host-0001"]: ma is 58.866 for Windrow and 58.8660002 for DuckDB`},
		"an exact quantile":    {"4877780,20,50", "4877780,20,50.1", "p99 is 50"},
		"more than a sketch's": {"1935299,20,100", "1935299,20,98.9", "p99 is 100"},
		"NULL":                 {",23.5,", ",,", "a is 23.5"},
		"no order":             {"12:01:00,host-0001", "12:00:00,host-0001", "DuckDB: row"},
		"a column too few":     {"10,5,6", "10,5", "DuckDB: "},
	} {
		_, err := compared(agreed, strings.Replace(agreed, c.old, c.new, 1), false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := compared(agreed, "", false); err == nil {
		t.Error("no result at all is equal to one")
	}
}

func TestExactlyEqual(t *testing.T) {
	if _, err := compared(agreed, strings.Replace(agreed, "24.97547826086957", "24.97547826086956", 1), true); err == nil {
		t.Error("the last digit may differ")
	}
}
