// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import "syscall"

// processorTime is what this process has used so far.
func processorTime() float64 {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return float64(used.Utime.Nano() + used.Stime.Nano())
}
