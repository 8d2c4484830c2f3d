package main

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// event is one record of the workloads.
type event struct {
	us      int64 // microseconds since 1970, of whole milliseconds
	host    int   // 0 to 999
	region  int
	status  int
	latency float64 // milliseconds, three decimals
	bytes   int
	path    int
}

// events generates the events of the workloads, always the same ones for a
// count: one hour of event time, 95 in 100 up to 100 ms and 5 up to 2 s out
// of order, hosts after Zipf, latencies lognormal.
type events struct {
	n, i int
	r    *rand.Rand
	zipf *rand.Zipf
}

const (
	hosts   = 1000
	regions = 8
	paths   = 200
)

// first is the time of the first event, 2026-03-01 12:00 UTC.
var first = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMicro()

func newEvents(n int) *events {
	r := rand.New(rand.NewPCG(20260301, 12))
	return &events{n: n, r: r, zipf: rand.NewZipf(rand.New(rand.NewPCG(3, 4)), 1.1, 1, hosts-1)}
}

// next fills e and reports whether there was one more event.
func (s *events) next(e *event) bool {
	if s.i == s.n {
		return false
	}
	late := s.r.Float64() * 100e3
	if s.r.Float64() < 0.05 {
		late = s.r.Float64() * 2e6
	}
	at := first + int64(float64(s.i)*3600e6/float64(s.n)) - int64(late)
	e.us = at - at%1000
	e.host = int(s.zipf.Uint64())
	e.region = s.r.IntN(regions)
	e.status = s.status()
	e.latency = math.Round(math.Exp(3+s.r.NormFloat64())*1000) / 1000
	e.bytes = s.r.IntN(200_000)
	e.path = s.r.IntN(paths)
	s.i++
	return true
}

// status is 200 for nine in ten, and an error of the server for three in a
// hundred.
func (s *events) status() int {
	switch p := s.r.Float64(); {
	case p < 0.90:
		return 200
	case p < 0.935:
		return 304
	case p < 0.97:
		return 404
	case p < 0.985:
		return 500
	}
	return 503
}

func (e *event) appendTime(b []byte) []byte {
	return time.UnixMicro(e.us).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

func (e *event) appendHost(b []byte) []byte {
	b = append(b, "host-"...)
	return appendPadded(b, e.host, 4)
}

func (e *event) appendRegion(b []byte) []byte {
	b = append(b, "region-"...)
	return strconv.AppendInt(b, int64(e.region), 10)
}

func (e *event) appendLatency(b []byte) []byte {
	return strconv.AppendFloat(b, e.latency, 'f', 3, 64)
}

func (e *event) appendPath(b []byte) []byte {
	b = append(b, "/api/v1/item/"...)
	return appendPadded(b, e.path, 3)
}

func appendPadded(b []byte, n, digits int) []byte {
	for p := digits - 1; p > 0; p-- {
		if n < pow10(p) {
			b = append(b, '0')
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func pow10(p int) int {
	n := 1
	for range p {
		n *= 10
	}
	return n
}
