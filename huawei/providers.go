// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/refresh"
)

// The functions of this file return a CredentialsFunc for Config, on the credential providers of the vendor's SDK.

// An answer of a provider is renewed after a minute. The vendor does not show when temporary credentials expire, but its
// own client takes those with 40 minutes left for old; so while a provider fails, the last answer is used for ten.
const (
	renewAfter = time.Minute
	keepFor    = 10 * time.Minute
)

// FromProvider adapts any credential provider of the vendor's SDK that has an access key to give. The vendor's providers
// take no context; the function returned asks the provider in one goroutine at a time, waits no longer than the caller's
// context, keeps an answer for a minute, and while the provider fails uses the last one for up to ten. Providers that
// have only an identity provider's token (IdpId) are errors.ErrUnsupported: exchange it for an IAM token and use
// Config.TokenFunc.
func FromProvider(p vendor.ICredentialProvider) func(context.Context) (Credentials, error) {
	fetch := refresh.Detached(func() (Credentials, error) { return ask(p) })
	return refresh.Cached(keepFor-renewAfter, func(ctx context.Context) (Credentials, time.Time, error) {
		c, err := fetch(ctx)
		return c, time.Now().Add(keepFor), err
	})
}

// FromEnvironment reads HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and HUAWEICLOUD_SDK_SECURITY_TOKEN, as [FromProvider]
// does.
func FromEnvironment() func(context.Context) (Credentials, error) {
	return FromProvider(vendor.GlobalCredentialEnvProvider())
}

// FromMetadata takes the temporary keys of the agency attached to the ECS instance that this program runs on, as
// [FromProvider] does.
func FromMetadata() func(context.Context) (Credentials, error) {
	return FromProvider(vendor.GlobalCredentialMetadataProvider())
}

// FromProfile reads the section "global" of the vendor's credentials file (~/.huaweicloud/credentials, or the file that
// HUAWEICLOUD_SDK_CREDENTIALS_FILE names), as [FromProvider] does.
func FromProfile() func(context.Context) (Credentials, error) {
	return FromProvider(vendor.GlobalCredentialProfileProvider())
}

// ask asks the vendor's provider once.
func ask(p vendor.ICredentialProvider) (c Credentials, err error) {
	defer func() {
		if r := recover(); r != nil { // the vendor's code panics on some malformed answers
			c, err = Credentials{}, fmt.Errorf("the vendor's %T panicked (%T)", p, r)
		}
	}()
	got, err := p.GetCredentials()
	if err != nil {
		return Credentials{}, providerError(p, err)
	}
	var base auth.BaseCredentials
	switch got := got.(type) {
	case *auth.GlobalCredentials:
		base = got.BaseCredentials
	case *auth.BasicCredentials:
		base = got.BaseCredentials
	default:
		return Credentials{}, unsupported(fmt.Sprintf("the vendor's %T gave %T, which has no access key", p, got))
	}
	if base.AK == "" && base.IdpId != "" {
		return Credentials{}, unsupported(fmt.Sprintf("the vendor's %T gave a token of an identity provider, no access key; exchange it for an IAM token and use Config.TokenFunc", p))
	}
	return Credentials{AccessKey: base.AK, SecretKey: base.SK, SecurityToken: base.SecurityToken}, nil
}

func unsupported(message string) error {
	return &errors.Error{Class: errors.ErrUnauthenticated, Message: message, Err: errors.ErrUnsupported}
}

// providerError keeps of a provider's error what cannot hold a secret: the vendor's parsers quote the line, or the reply,
// that they stumble over.
func providerError(p vendor.ICredentialProvider, err error) error {
	name := fmt.Sprintf("the vendor's %T", p)
	if known, ok := errors.AsType[*sdkerr.CredentialsTypeError](err); ok {
		message, _, _ := strings.Cut(known.ErrorMessage, "\n") // a fixed text; a chain's has its members' words below
		return noCredentials(name + ": " + message)
	}
	if known, ok := errors.AsType[*sdkerr.ServiceResponseError](err); ok {
		return fmt.Errorf("%s: HTTP %d; is an agency configured for the instance?", name, known.StatusCode)
	}
	if known, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", name, known)
	}
	if known, ok := errors.AsType[net.Error](err); ok {
		return fmt.Errorf("%s: %w", name, known)
	}
	return fmt.Errorf("%s failed; its words (%T) are withheld, they may quote credentials", name, err)
}
