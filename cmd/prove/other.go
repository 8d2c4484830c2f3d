//go:build !linux

package main

import (
	"context"
	"errors"
	"time"
)

var errLinux = errors.New("this needs Linux, to find processes in /proc; only -pairs does not")

const quickFlush = 50 * time.Millisecond

func (j *judge) proveKills(context.Context, int, string) error          { return errLinux }
func (j *judge) proveFaults(context.Context) error                      { return errLinux }
func (j *judge) proveRotations(context.Context, int, int) error         { return errLinux }
func (j *judge) proveLatency(context.Context, int, time.Duration) error { return errLinux }
func (j *judge) proveKeys(context.Context, int) error                   { return errLinux }
func (j *judge) proveReports(context.Context, int) error                { return errLinux }
func (j *judge) proveSoak(context.Context, time.Duration) error         { return errLinux }
