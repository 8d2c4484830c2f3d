package main

// A race is one row of the table: Windrow against another program on one
// query.
type race struct {
	name   string // for -only; rows may share one
	title  string
	query  query
	a, b   peer
	target float64 // b's time over a's, at least; 0 for none
	slow   bool    // b takes half a minute for 10 million events
	exact  bool    // equal to the last bit, not to 1e-9
}

var (
	inOrder   = query{file: "events.ndjson", keys: []string{"host"}}
	shuffledQ = query{file: "shuffled.ndjson", keys: []string{"host"}}
	fromCSV   = query{file: "events.csv", keys: []string{"host"}}
	fromGzip  = query{file: "events.ndjson.gz", keys: []string{"host"}}
	fromZstd  = query{file: "events.ndjson.zst", keys: []string{"host"}}
	quantiles = query{file: "events.ndjson", keys: []string{"host"}, quantiles: true}
	manyKeys  = query{file: "events.ndjson", keys: []string{"host", "path"}}
	moreKeys  = query{file: "events.ndjson", keys: []string{"host", "path", "region"}}
)

// races are all rows, in the order of the table.
var races = []race{
	{name: "w1", title: "W1 NDJSON", query: inOrder, a: windrow(2), b: duckDB, target: 4},
	{name: "w1s", title: "W1 NDJSON, shuffled and nested", query: shuffledQ, a: windrow(2), b: duckDB, target: 1.6},
	{name: "w1csv", title: "W1 CSV", query: fromCSV, a: windrow(2), b: duckDB, target: 3},
	{name: "w1gz", title: "W1 NDJSON, gzip", query: fromGzip, a: windrow(2), b: duckDB, target: 1},
	{name: "w1zst", title: "W1 NDJSON, zstd", query: fromZstd, a: windrow(2), b: duckDB, target: 1},
	{name: "w2", title: "W2 median and p99", query: quantiles, a: windrow(2), b: duckDB, target: 3},
	{name: "w3", title: "W3 many rows", query: manyKeys, a: windrow(2), b: duckDBThenSQLite, target: 2},
	{name: "w3", title: "W3 many rows", query: manyKeys, a: windrow(2), b: duckDBThenSQLiteBest, target: 2},
	{name: "export", title: "export to CSV", query: moreKeys, a: windrowExport, b: sqliteExport, target: 1},
	{name: "workers", title: "W1 NDJSON", query: inOrder, a: windrow(2), b: windrow(1), target: 1.85, exact: true},
	{name: "go", title: "W1 NDJSON", query: inOrder, a: windrow(2), b: plainGo, slow: true},
	{name: "node", title: "W1 NDJSON", query: inOrder, a: windrow(2), b: nodeJS, target: 25, slow: true},
	{name: "node", title: "W1 NDJSON", query: inOrder, a: windrow(2), b: nodeJSByLine, target: 25, slow: true},
}

// flatName selects the table of memory by length and by keys.
const flatName = "flat"

// raceNames are what -only knows.
func raceNames() []string {
	var names []string
	for _, r := range races {
		if len(names) == 0 || names[len(names)-1] != r.name {
			names = append(names, r.name)
		}
	}
	return append(names, flatName)
}
