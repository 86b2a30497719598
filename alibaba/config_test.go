// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
)

var testKey = Credentials{AccessKeyID: "planted-id", AccessKeySecret: "planted-secret", SecurityToken: "planted-token"}

func TestNewRefuses(t *testing.T) {
	key := Credentials{AccessKeyID: "id", AccessKeySecret: "secret"}
	for _, c := range []struct {
		name   string
		config Config
		names  string
	}{
		{"nothing", Config{}, "Config.Site"},
		{"unknown site", Config{Site: "cn-hangzhou", Credentials: key}, "Config.Site"},
		{"no credentials", Config{Site: China}, "Config.Credentials.AccessKeyID"},
		{"no secret", Config{Site: China, Credentials: Credentials{AccessKeyID: "id"}}, "Config.Credentials.AccessKeySecret"},
		{"line end in the secret", Config{Site: China, Credentials: Credentials{AccessKeyID: "id", AccessKeySecret: "planted-secret\n"}}, "Config.Credentials.AccessKeySecret"},
		{"both credentials", Config{Site: China, Credentials: key, CredentialsFunc: func(context.Context) (Credentials, error) { return key, nil }}, "Config.CredentialsFunc"},
		{"yen", Config{Site: China, Credentials: key, Currency: "JPY"}, "Config.Currency"},
		{"source with space", Config{Site: China, Credentials: key, Source: "my system"}, "Config.Source"},
		{"source too long", Config{Site: China, Credentials: key, Source: strings.Repeat("x", 65)}, "Config.Source"},
		{"plain http", Config{Site: China, Credentials: key, Endpoint: "http://business.aliyuncs.com"}, "Config.Endpoint"},
		{"userinfo", Config{Site: China, Credentials: key, Endpoint: "https://u:planted-secret@business.aliyuncs.com"}, "Config.Endpoint"},
		{"negative wait", Config{Site: China, Credentials: key, Retry: Retry{Base: -time.Second}}, "Config.Retry.Base"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := New(c.config)
			require.Nil(t, client)
			require.ErrorIs(t, err, errors.ErrInvalid)
			require.Contains(t, err.Error(), c.names)
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

// Both Retry structs have the same fields, so that one converts into the other.
func TestRetryIsCallRetry(t *testing.T) {
	require.True(t, reflect.TypeFor[Retry]().ConvertibleTo(reflect.TypeFor[call.Retry]()))
}

func TestSites(t *testing.T) {
	for site, want := range map[Site]string{China: "business.aliyuncs.com CNY", International: "business.ap-southeast-1.aliyuncs.com USD"} {
		c, err := New(Config{Site: site, Credentials: testKey})
		require.NoError(t, err)
		require.Equal(t, want, c.endpoint.Host+" "+string(c.currency))
		require.Equal(t, "https", c.endpoint.Scheme)
	}
}

func TestCredentialsAreRedactedEverywhere(t *testing.T) {
	config := Config{Credentials: testKey, Site: China}
	client, err := New(config)
	require.NoError(t, err)
	var texts []string
	for _, value := range []any{testKey, &testKey, config, &config, client, *client, []Credentials{testKey}, map[string]Credentials{"k": testKey}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, value))
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", value)
		texts = append(texts, log.String(), fmt.Sprint(value), fmt.Sprintf("%v", fmt.Errorf("x: %v", value)))
	}
	for _, value := range []any{testKey, &testKey, []Credentials{testKey}, struct{ C Credentials }{testKey}} {
		b, err := json.Marshal(value)
		require.NoError(t, err)
		texts = append(texts, string(b))
	}
	b, err := xml.Marshal(testKey)
	require.NoError(t, err)
	texts = append(texts, string(b))
	hexSecret := fmt.Sprintf("%x", "planted")
	for _, text := range texts {
		require.NotContains(t, text, "planted")
		require.NotContains(t, strings.ToLower(text), hexSecret)
	}
	// Control: the same search finds what is not redacted.
	require.Contains(t, fmt.Sprintf("%x", struct{ S string }{"planted-secret"}), hexSecret)
}

func TestCredentialsFunc(t *testing.T) {
	keys := []Credentials{{}, {AccessKeyID: "a", AccessKeySecret: "s1"}, {AccessKeyID: "b", AccessKeySecret: "s2", SecurityToken: "t"}}
	var asked int
	var auths, tokens []string
	c, err := New(Config{
		Site:            China,
		CredentialsFunc: func(context.Context) (Credentials, error) { asked++; return keys[asked-1], nil },
		Retry:           Retry{Base: time.Microsecond, Throttled: time.Microsecond},
		HTTPClient: &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
			auths = append(auths, req.Header.Get("Authorization"))
			tokens = append(tokens, req.Header.Get("X-Acs-Security-Token"))
			if len(auths) == 1 {
				return reply(400, `{"Code":"Throttling.User"}`), nil
			}
			return reply(200, `{"Code":"200","Success":true}`), nil
		})},
	})
	require.NoError(t, err)
	_, err = c.SetQuota(t.Context(), grant)
	require.ErrorIs(t, err, errors.ErrUnauthenticated, "an empty key is not sent")
	require.Empty(t, auths)
	_, err = c.SetQuota(t.Context(), grant)
	require.NoError(t, err)
	require.Len(t, auths, 2)
	require.Contains(t, auths[0], "Credential=a,")
	require.Contains(t, auths[1], "Credential=b,", "asked for every attempt")
	require.Equal(t, []string{"", "t"}, tokens)
}

// vendorProvider stands in for the vendor's: deaf to contexts, and not safe for concurrent use.
type vendorProvider struct {
	get func() (*credentials.Credentials, error)
}

func (p vendorProvider) GetCredentials() (*credentials.Credentials, error) { return p.get() }
func (vendorProvider) GetProviderName() string                             { return "test" }

func TestFromProvider(t *testing.T) {
	asked := 0
	get := FromProvider(vendorProvider{func() (*credentials.Credentials, error) {
		asked++
		return &credentials.Credentials{AccessKeyId: "a", AccessKeySecret: "s", SecurityToken: "t"}, nil
	}})
	for range 3 {
		got, err := get(t.Context())
		require.NoError(t, err)
		require.True(t, got == Credentials{AccessKeyID: "a", AccessKeySecret: "s", SecurityToken: "t"})
	}
	require.Equal(t, 1, asked, "kept for a minute")

	_, err := FromProvider(vendorProvider{func() (*credentials.Credentials, error) { panic("planted-secret") }})(t.Context())
	require.ErrorContains(t, err, "panicked")
	require.NotContains(t, err.Error(), "planted")
	_, err = FromProvider(vendorProvider{func() (*credentials.Credentials, error) { return &credentials.Credentials{}, nil }})(t.Context())
	require.ErrorContains(t, err, "no access key")

	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("unmarshal aliyun cli config from '/home/u/.aliyun/config.json' failed: %s", `{"access_key_secret":"planted-secret"`), "config.json"},
		{errors.New("ERROR: Can not open filekey-value delimiter not found: access_key_secret planted-secret"), "Can not open file"},
		{sdkerrors.NewServerError(403, `{"Code":"NoPermission","Message":"server string to sign is: planted-secret"}`, "refresh session token failed"), "HTTP 403, NoPermission"},
		{errors.New("The CLI profile is disabled"), "The CLI profile is disabled"},
	} {
		_, err = FromProvider(vendorProvider{func() (*credentials.Credentials, error) { return nil, c.err }})(t.Context())
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "planted")
	}

	block := make(chan struct{})
	defer close(block)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err = FromProvider(vendorProvider{func() (*credentials.Credentials, error) { <-block; return nil, nil }})(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), time.Second)
}

func TestVendorProviders(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret")
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "env-token")
	got, err := DefaultChain()(t.Context())
	require.NoError(t, err)
	require.True(t, got == Credentials{AccessKeyID: "env-id", AccessKeySecret: "env-secret", SecurityToken: "env-token"})

	for _, name := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	_, err = DefaultChain()(t.Context())
	require.ErrorContains(t, err, "neither ALIBABA_CLOUD_ACCESS_KEY_ID", "says where it looked")
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "")

	for name, build := range map[string]func() (func(context.Context) (Credentials, error), error){
		"RAMRole": func() (func(context.Context) (Credentials, error), error) { return RAMRole(testKey, "", "session") },
		"OIDC":    func() (func(context.Context) (Credentials, error), error) { return OIDC("", "", "", "session") },
	} {
		_, err := build()
		require.ErrorIs(t, err, errors.ErrInvalid, name)
		require.NotContains(t, err.Error(), "planted")
	}
	f, err := RAMRole(testKey, "acs:ram::1:role/r", "session")
	require.NoError(t, err)
	require.NotNil(t, f)
	f, err = ECSRole("role")
	require.NoError(t, err)
	require.NotNil(t, f)
	require.NotNil(t, Profile("default"))
}
