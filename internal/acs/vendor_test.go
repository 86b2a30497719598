// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/stretchr/testify/require"
)

// Random requests signed by the vendor's own SDK carry the signature SignV1
// computes, and VerifyV1 takes them off the wire. RESELL_SIGN_ROUNDS sets how
// many; RESELL_SIGN_SEED repeats a run that failed.
func TestSignV1AgainstVendor(t *testing.T) {
	rounds := envInt(t, "RESELL_SIGN_ROUNDS", 500)
	seed := envInt(t, "RESELL_SIGN_SEED", rand.Uint64())
	r := rand.New(rand.NewPCG(seed, 0))

	for round := range rounds {
		key := Key{ID: "id" + randomText(r), Secret: randomText(r)}
		var provider credentials.CredentialsProvider = credentials.NewStaticAKCredentialsProvider(key.ID, key.Secret)
		if r.IntN(2) == 0 {
			key.Token = "t" + randomText(r)
			provider = credentials.NewStaticSTSCredentialsProvider(key.ID, key.Secret, key.Token)
		}
		var req requests.RpcRequest
		req.InitWithApiInfo("BssOpenApi", "2017-12-14", "a"+randomText(r), "", "")
		req.Method = []string{http.MethodGet, http.MethodPost}[r.IntN(2)]
		for range r.IntN(12) {
			req.QueryParams[randomText(r)] = randomText(r)
		}
		for range r.IntN(12) {
			name := randomText(r)
			if _, ok := req.QueryParams[name]; !ok { // the SDK signs but one of the two
				req.FormParams[name] = randomText(r)
			}
		}
		require.NoError(t, auth.Sign(&req, nil, "cn-hangzhou", provider))

		params := url.Values{}
		for name, value := range maps.All(req.QueryParams) {
			params.Set(name, value)
		}
		for name, value := range req.FormParams {
			params.Set(name, value)
		}
		require.Equal(t, req.QueryParams["Signature"], SignV1(req.Method, params, key.Secret),
			"RESELL_SIGN_SEED=%d, round %d, string to sign %q", seed, round, req.GetStringToSign())

		out, err := http.NewRequest(req.Method, "http://business.aliyuncs.com"+req.BuildQueries(), strings.NewReader(string(req.Content)))
		require.NoError(t, err)
		got, body := received(t, out)
		form, err := url.ParseQuery(string(body))
		require.NoError(t, err)
		signed, err := VerifyV1(got, form, func(id string) (string, bool) { return key.Secret, id == key.ID })
		require.NoError(t, err, "RESELL_SIGN_SEED=%d, round %d", seed, round)
		require.Equal(t, key.Token, signed.Token)
	}
}

// randomText is made of what signers get wrong, and may be empty.
func randomText(r *rand.Rand) string {
	pieces := []string{
		";", " ", "*", "~", "+", "%", "/", "&", "=", "?", "#", ":", ",", "'", "\"", "<", "\n", "\x00", "\xff",
		"%7E", "%20", "%2A", "é", "云", "😀", ".", ".1", ".10", "-", "_", "a", "A", "Z", "z", "0", "9",
	}
	var b strings.Builder
	for range r.IntN(10) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func envInt(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s, ok := os.LookupEnv(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, name)
	return n
}
