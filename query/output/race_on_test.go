//go:build race

package output

// raceDetector says that everything, SQLite too, is many times slower.
const raceDetector = true
