// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
)

// noEnvironment clears what the vendor's providers read.
func noEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"AK", "SK", "SECURITY_TOKEN", "IDP_ID", "ID_TOKEN_FILE", "DOMAIN_ID"} {
		t.Setenv("HUAWEICLOUD_SDK_"+name, "")
	}
	t.Setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
}

func TestFromEnvironment(t *testing.T) {
	noEnvironment(t)
	_, err := FromEnvironment()(t.Context())
	requireClass(t, errors.ErrUnauthenticated, err)
	require.ErrorContains(t, err, "does not exist")

	t.Setenv("HUAWEICLOUD_SDK_AK", planted.AccessKey)
	t.Setenv("HUAWEICLOUD_SDK_SK", planted.SecretKey)
	got, err := FromEnvironment()(t.Context())
	require.NoError(t, err)
	require.True(t, got == Credentials{AccessKey: planted.AccessKey, SecretKey: planted.SecretKey})

	t.Setenv("HUAWEICLOUD_SDK_SECURITY_TOKEN", planted.SecurityToken)
	got, err = FromEnvironment()(t.Context())
	require.NoError(t, err)
	require.True(t, got == planted)

	t.Setenv("HUAWEICLOUD_SDK_IDP_ID", "idp")
	t.Setenv("HUAWEICLOUD_SDK_ID_TOKEN_FILE", "/run/token")
	_, err = FromEnvironment()(t.Context())
	requireClass(t, errors.ErrUnauthenticated, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "Config.TokenFunc")
}

func TestFromProfile(t *testing.T) {
	noEnvironment(t)
	_, err := FromProfile()(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)

	file := os.Getenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("[global]\nak = PLANTED-AK\nsk = PLANTED-SK\nsecurity_token = PLANTED-TOKEN\n")
	got, err := FromProfile()(t.Context())
	require.NoError(t, err)
	require.True(t, got == planted)

	write("[basic]\nak = PLANTED-AK\nsk = PLANTED-SK\n")
	_, err = FromProfile()(t.Context())
	requireClass(t, errors.ErrUnauthenticated, err)
	requireClean(t, err.Error())

	write("[global]\nak = PLANTED-AK\nsk PLANTED-SK\n") // the vendor's parser quotes this line
	_, err = FromProfile()(t.Context())
	require.Error(t, err)
	requireClean(t, err.Error())

	_, err = FromProvider(vendor.NewCredentialProviderChain([]vendor.ICredentialProvider{vendor.GlobalCredentialProfileProvider()}))(t.Context())
	require.Error(t, err)
	requireClean(t, err.Error())
	require.ErrorContains(t, err, "unable to get credential")
}

// The vendor's metadata client sends through http.DefaultTransport, to a fixed address.
func TestFromMetadata(t *testing.T) {
	standard := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = standard })
	tests := []struct {
		name   string
		status int
		body   string
		err    error
		want   string // of the error
	}{
		{"key", 200, `{"credential":{"access":"PLANTED-AK","secret":"PLANTED-SK","securitytoken":"PLANTED-TOKEN","expires_at":"2099-01-01T00:00:00.000000Z"}}`, nil, ""},
		{"no agency", 401, `Please configure Cloud Service Agency first`, nil, "agency"},
		{"no such thing", 404, `PLANTED`, nil, "HTTP 404"},
		{"no credential in it", 200, `{"x":"PLANTED"}`, nil, "panicked"},
		{"broken", 200, `{"credential":{"access":"PLANTED-AK","secret":"PLANTED-SK`, nil, "withheld"},
		{"unreachable", 0, "", context.DeadlineExceeded, "deadline"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			http.DefaultTransport = roundTripper(func(r *http.Request) (*http.Response, error) {
				require.Equal(t, "169.254.169.254", r.URL.Host)
				if tt.err != nil {
					return nil, tt.err
				}
				status, body := tt.status, tt.body
				if r.Method == http.MethodPut {
					status, body = 200, "metadata-token"
				}
				return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})
			got, err := FromMetadata()(t.Context())
			if tt.want == "" {
				require.NoError(t, err)
				require.True(t, got == planted)
				return
			}
			require.ErrorContains(t, err, tt.want)
			requireClean(t, err.Error())
		})
	}
}

// stub is a provider of the vendor's kind.
type stub func() (auth.ICredential, error)

func (s stub) GetCredentials() (auth.ICredential, error) { return s() }

func global(ak string) (auth.ICredential, error) {
	return auth.NewGlobalCredentialsBuilder().WithAk(ak).WithSk("sk").SafeBuild()
}

func TestFromProviderRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []string{"first", "second", "", "third"} // empty: fails
		asked := 0
		get := FromProvider(stub(func() (auth.ICredential, error) {
			ak := answers[min(asked, len(answers)-1)]
			asked++
			if ak == "" {
				return nil, errors.New("down")
			}
			return global(ak)
		}))
		for _, step := range []struct {
			after time.Duration
			want  string
			asked int
		}{
			{0, "first", 1},
			{59 * time.Second, "first", 1},
			{time.Second, "first", 2}, // renewed behind this call
			{0, "second", 2},
			{time.Minute, "second", 3},      // down: the last answer holds
			{time.Second, "second", 3},      // and is not asked for again at once
			{10 * time.Second, "second", 4}, // renewed behind this call
			{0, "third", 4},
		} {
			time.Sleep(step.after)
			got, err := get(t.Context())
			require.NoError(t, err)
			require.True(t, got.AccessKey == step.want)
			synctest.Wait()
			require.Equal(t, step.asked, asked)
		}
	})
}

func TestFromProviderGivesUpAfterTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down error
		get := FromProvider(stub(func() (auth.ICredential, error) {
			if down != nil {
				return nil, down
			}
			return global("ak")
		}))
		_, err := get(t.Context())
		require.NoError(t, err)
		down = errors.New("down")
		time.Sleep(9 * time.Minute)
		_, err = get(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Minute)
		_, err = get(t.Context())
		require.Error(t, err)
	})
}

func TestFromProviderIsNotDeafToContexts(t *testing.T) {
	release := make(chan struct{})
	get := FromProvider(stub(func() (auth.ICredential, error) { <-release; return global("ak") }))
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := get(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(release)
	got, err := get(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ak", got.AccessKey)
}

func TestFromProviderOddities(t *testing.T) {
	basic := func() (auth.ICredential, error) {
		return auth.NewBasicCredentialsBuilder().WithAk("ak").WithSk("sk").SafeBuild()
	}
	got, err := FromProvider(stub(basic))(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ak", got.AccessKey)

	_, err = FromProvider(stub(func() (auth.ICredential, error) { panic("PLANTED") }))(t.Context())
	require.ErrorContains(t, err, "panicked")
	requireClean(t, err.Error())

	_, err = FromProvider(stub(func() (auth.ICredential, error) { return nil, nil }))(t.Context())
	requireClass(t, errors.ErrUnauthenticated, err)
	require.ErrorIs(t, err, errors.ErrUnsupported)

	_, err = FromProvider(nil)(t.Context())
	require.Error(t, err)

	// Through a client: an empty answer names the function.
	client := newTestClient(t, answers(reply{status: 204}), func(c *Config) {
		c.Credentials = Credentials{}
		c.CredentialsFunc = FromProvider(stub(func() (auth.ICredential, error) { return &auth.GlobalCredentials{}, nil }))
	})
	_, err = client.SetBudget(t.Context(), testBudget())
	requireClass(t, errors.ErrUnauthenticated, err)
	require.ErrorContains(t, err, "Config.CredentialsFunc")
}
