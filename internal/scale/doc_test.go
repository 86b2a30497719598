// SPDX-License-Identifier: Apache-2.0

// Package scale asks whether one client takes a thousand goroutines and a hundred thousand calls: whether its memory stays
// flat, whether anything runs on, whether a call costs what the first one cost. It has no code of its own.
//
//	go test ./internal/scale                             # a short form, as in CI
//	RESELL_SCALE=long go test ./internal/scale -v        # at full length, with the figures
package scale
