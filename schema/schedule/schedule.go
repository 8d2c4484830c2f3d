// Package schedule says when something is due: at the slots of a cron
// expression in a time zone, or at the multiples of a length of time.
package schedule

// Schedule is a set of slots, points in time with whole seconds.
type Schedule struct{}
