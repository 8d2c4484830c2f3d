package schema

import "strings"

// Stream returns the stream of that name in any case, or nil.
func (p *Pipeline) Stream(name string) *Stream {
	for _, s := range p.Streams {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Rollup returns the rollup of that name in any case, or nil.
func (p *Pipeline) Rollup(name string) *Rollup {
	for _, r := range p.Rollups {
		if strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}
