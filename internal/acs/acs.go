// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// The ways a verification fails, each with the code the service answers.
var (
	ErrIncomplete = errors.New("acs: incomplete signature")     // IncompleteSignature
	ErrTime       = errors.New("acs: malformed timestamp")      // InvalidTimeStamp.Format
	ErrUnknownKey = errors.New("acs: unknown access key id")    // InvalidAccessKeyId.NotFound
	ErrMismatch   = errors.New("acs: signature does not match") // SignatureDoesNotMatch
)

// Key is an access key. Token is the STS security token of a temporary key and
// empty for a permanent one.
//
// A Key prints and logs as its ID alone.
type Key struct{ ID, Secret, Token string }

// Format implements fmt.Formatter, so that no verb prints the secret.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.ID) }

// LogValue implements slog.LogValuer, so that no handler logs the secret.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.ID) }

// Signed is what a verified signature vouches for.
type Signed struct {
	AccessKeyID string
	Token       string // STS security token, empty for a permanent key
	Nonce       string
	At          time.Time
	Action      string
	Version     string
}

// timeLayout is the only form of time the service takes: UTC, whole seconds.
const timeLayout = "2006-01-02T15:04:05Z"

func parseTime(s string) (time.Time, error) {
	at, err := time.Parse(timeLayout, s)
	// Parse alone is too lenient: it takes "T1:02:03Z" and "T01:02:03.5Z".
	if err != nil || at.Format(timeLayout) != s {
		return time.Time{}, ErrTime
	}
	return at, nil
}
