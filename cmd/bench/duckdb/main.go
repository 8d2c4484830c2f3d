// Duckdb runs SQL statements in DuckDB: a process with nothing else in it, for
// cmd/bench.
//
//	duckdb THREADS STATEMENT...
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "github.com/duckdb/duckdb-go/v2"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 1 && args[0] == "version" {
		return version()
	}
	if len(args) < 2 {
		return fmt.Errorf("usage: duckdb THREADS STATEMENT..., duckdb version")
	}
	db, err := sql.Open("duckdb", "?threads="+args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range args[1:] {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

func version() error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	var v string
	if err := db.QueryRow("SELECT version()").Scan(&v); err != nil {
		return err
	}
	fmt.Println(v)
	return nil
}
