//go:build race

package query

// raceDetector says that everything, SQLite too, is many times slower.
const raceDetector = true
