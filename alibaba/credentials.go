// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/wire"
)

// Credentials is an access key, permanent or temporary. It shows as "[redacted]" in every verb of fmt, in JSON and XML,
// and in slog.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string // of a temporary key (STS); empty for a permanent one
}

const redacted = "[redacted]"

// Format writes "[redacted]".
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "[redacted]": credentials are not written out by accident.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode returns "[redacted]".
func (c Credentials) GobEncode() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (c Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// check reports what is missing or cannot be sent in a header. The values themselves are never shown.
func (c Credentials) check(field string) error {
	for _, part := range []struct {
		name, value string
		needed      bool
	}{
		{".AccessKeyID", c.AccessKeyID, true},
		{".AccessKeySecret", c.AccessKeySecret, true},
		{".SecurityToken", c.SecurityToken, false},
	} {
		switch {
		case part.value == "" && part.needed:
			return errors.Invalid(field+part.name, "", "must be set")
		case part.value != "" && !wire.Visible(part.value, 16<<10):
			return errors.Invalid(field+part.name, redacted, "must be visible ASCII without spaces or line ends")
		}
	}
	return nil
}
