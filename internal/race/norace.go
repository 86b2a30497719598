// SPDX-License-Identifier: Apache-2.0

//go:build !race

// Package race says to tests whether the race detector is on. Where a test repeats the same concurrency with other data (how a
// reply is written, one more spelling of a secret), the detector has nothing more to find there, and is ten times slower.
package race

// Enabled reports that the race detector is on.
const Enabled = false
