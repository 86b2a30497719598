// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/refresh"
)

// The functions of this file return a CredentialsFunc for Config, on the credential providers of the vendor's SDK.

// When an answer of a provider is renewed, and how long it is used while the provider fails.
const (
	renewAfter = time.Minute
	keepFor    = 3 * time.Minute
)

// FromProvider adapts any credential provider of the vendor's SDK. The vendor's providers take no context and are not
// safe for concurrent use; the function returned asks the provider in one goroutine at a time, waits no longer than the
// caller's context, and renews an answer in the background once it is a minute old. The providers themselves renew temporary
// keys three minutes ahead of their expiry; so while a provider fails, its last answer is used for up to three minutes.
func FromProvider(p credentials.CredentialsProvider) func(context.Context) (Credentials, error) {
	fetch := refresh.Detached(func() (c Credentials, err error) {
		defer func() {
			if r := recover(); r != nil { // the vendor's code panics on some malformed answers
				err = fmt.Errorf("the vendor's credential provider panicked (%T)", r)
			}
		}()
		got, err := p.GetCredentials()
		if err != nil {
			return Credentials{}, providerError(err)
		}
		if got == nil || got.AccessKeyId == "" || got.AccessKeySecret == "" {
			return Credentials{}, errors.New("the vendor's credential provider returned no access key")
		}
		return Credentials{AccessKeyID: got.AccessKeyId, AccessKeySecret: got.AccessKeySecret, SecurityToken: got.SecurityToken}, nil
	})
	return refresh.Cached(keepFor-renewAfter, func(ctx context.Context) (Credentials, time.Time, error) {
		c, err := fetch(ctx)
		return c, time.Now().Add(keepFor), err
	})
}

// providerError keeps of a provider's error what cannot hold a secret. Behind the first colon the vendor's texts quote
// whole replies and configuration files.
func providerError(err error) error {
	if refused, ok := errors.AsType[*sdkerrors.ServerError](err); ok {
		return fmt.Errorf("the token service refused: HTTP %d, %s", refused.HttpStatus(), refused.ErrorCode())
	}
	words := strings.TrimPrefix(err.Error(), "ERROR: ")
	if end := strings.IndexAny(words, ":\n"); end >= 0 {
		words = words[:end] + " (the rest is withheld, it may quote credentials)"
	}
	return errors.New(words)
}

// DefaultChain looks where Alibaba's tools look, in their order: environment (ALIBABA_CLOUD_ACCESS_KEY_ID and
// ALIBABA_CLOUD_ACCESS_KEY_SECRET), OIDC, configuration files, ECS role.
func DefaultChain() func(context.Context) (Credentials, error) {
	ask := FromProvider(credentials.NewDefaultCredentialsProvider())
	return func(ctx context.Context) (Credentials, error) {
		c, err := ask(ctx)
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("neither ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET, nor OIDC, nor a configuration file, nor an ECS role gave any; the last said: %w", err)
		}
		return c, err
	}
}

// RAMRole assumes a role with the access key of a RAM user. session names the session in the audit log.
func RAMRole(key Credentials, roleARN, session string) (func(context.Context) (Credentials, error), error) {
	return built(credentials.NewRAMRoleARNCredentialsProviderBuilder().
		WithAccessKeyId(key.AccessKeyID).WithAccessKeySecret(key.AccessKeySecret).WithSecurityToken(key.SecurityToken).
		WithRoleArn(roleARN).WithRoleSessionName(session).Build())
}

// OIDC assumes a role with a token that the platform (such as Kubernetes) keeps in a file.
func OIDC(providerARN, tokenFile, roleARN, session string) (func(context.Context) (Credentials, error), error) {
	return built(credentials.NewOIDCCredentialsProviderBuilder().
		WithOIDCProviderARN(providerARN).WithOIDCTokenFilePath(tokenFile).
		WithRoleArn(roleARN).WithRoleSessionName(session).Build())
}

// ECSRole takes the keys of the role attached to the ECS instance that this program runs on.
func ECSRole(role string) (func(context.Context) (Credentials, error), error) {
	return built(credentials.NewECSRAMRoleCredentialsProviderBuilder().WithRoleName(role).Build())
}

// Profile reads a profile of Alibaba's configuration file (~/.alibabacloud/credentials).
func Profile(name string) func(context.Context) (Credentials, error) {
	return FromProvider(credentials.NewProfileCredentialsProviderBuilder().WithProfileName(name).Build())
}

func built[P credentials.CredentialsProvider](p P, err error) (func(context.Context) (Credentials, error), error) {
	if err != nil {
		return nil, refuse("credentials", errors.Invalid("credential provider", "", err.Error()))
	}
	return FromProvider(p), nil
}
