package store

import (
	"math"
	"testing"

	"github.com/jmoiron/sqlx"
)

// Keys are equal if SQLite says so.
func TestEqualKeys(t *testing.T) {
	db := must(sqlx.Open("sqlite", ":memory:"))(t)
	defer db.Close()
	for _, c := range [][2]any{
		{int64(5), 5.0}, {int64(5), 5.5}, {int64(5), int64(5)}, {int64(5), "5"}, {"a", "a"}, {"a", []byte("a")}, {[]byte{}, []byte{}},
		{int64(math.MaxInt64), float64(1 << 63)}, {int64(math.MinInt64), float64(-1 << 63)}, {int64(1<<53 + 1), float64(1 << 53)}, {int64(1 << 53), float64(1 << 53)},
	} {
		var want bool
		if err := db.QueryRow("SELECT ? = ?", c[0], c[1]).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if equal(c[0], c[1]) != want || equal(c[1], c[0]) != want {
			t.Errorf("%T %v and %T %v: SQLite says %v", c[0], c[0], c[1], c[1], want)
		}
	}
}
