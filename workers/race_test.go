//go:build race

package workers

func init() { raced = true }
