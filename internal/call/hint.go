// SPDX-License-Identifier: Apache-2.0

package call

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxHint bounds a wait hint, so that a nonsensical one cannot overflow.
const maxHint = 24 * time.Hour

// RetryAfter reads a Retry-After header, in seconds or as a date; 0 where there is none, or none that makes sense.
func RetryAfter(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return clampHint(seconds, time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(time.Until(at), maxHint))
	}
	return 0
}

// Milliseconds reads a wait hint in milliseconds; 0 where it makes no sense.
func Milliseconds(value string) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		return 0
	}
	return clampHint(n, time.Millisecond)
}

func clampHint(n int64, unit time.Duration) time.Duration {
	switch {
	case n <= 0:
		return 0
	case n > int64(maxHint/unit):
		return maxHint
	}
	return time.Duration(n) * unit
}
