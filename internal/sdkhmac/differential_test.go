// SPDX-License-Identifier: Apache-2.0

package sdkhmac

import (
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/stretchr/testify/require"
)

// TestVendor compares with the signer of Huawei's own SDK on random requests:
// Sign must write the same bytes, and Verify must accept what the SDK sends.
// RESELL_SIGN_ROUNDS raises their number, RESELL_SIGN_SEED repeats a run.
func TestVendor(t *testing.T) {
	seed := fromEnv(t, "RESELL_SIGN_SEED", rand.Uint64())
	t.Logf("RESELL_SIGN_SEED=%d", seed) // seen when the test fails
	rng := rand.New(rand.NewPCG(seed, 0))
	for round := range fromEnv(t, "RESELL_SIGN_ROUNDS", 500) {
		s := randomSample(rng)

		vendor := s.vendorRequest(map[string]string{"Host": s.host}) // sign it, as Sign does
		added, err := signer.Sign(vendor, s.key.ID, s.key.Secret)
		require.NoError(t, err)
		ours := s.request(t)
		Sign(ours, []byte(s.body), s.key, s.at)
		require.Equal(t, added["X-Sdk-Date"], ours.Header.Get("X-Sdk-Date"), "round %d: %#v", round, s)
		require.Equal(t, added["Authorization"], ours.Header.Get("Authorization"), "round %d: %#v", round, s)

		vendor = s.vendorRequest(map[string]string{"User-Agent": "huaweicloud-usdk-go/3.0"}) // as the SDK's client does
		added, err = signer.Sign(vendor, s.key.ID, s.key.Secret)
		require.NoError(t, err)
		vendor.AddHeaderParam("Authorization", added["Authorization"])
		sent, err := vendor.ConvertRequest()
		require.NoError(t, err)
		for _, req := range []*http.Request{ours, sent} {
			received, body := receive(t, req)
			signed, err := Verify(received, body, s.at, func(string) (string, bool) { return s.key.Secret, true })
			require.NoError(t, err, "round %d: %#v", round, s)
			require.Equal(t, Signed{AccessKeyID: s.key.ID, Token: s.key.Token, At: s.at}, signed)
			_, err = Verify(received, body, s.at, func(string) (string, bool) { return s.key.Secret + "x", true })
			require.ErrorIs(t, err, ErrMismatch, "round %d: %#v", round, s)
		}
	}
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, name)
	return n
}

// sample is a request from which both sides build theirs.
type sample struct {
	method, host, path, contentType, body string
	params                                []Param
	header                                map[string]string
	key                                   Key
	at                                    time.Time
}

func randomSample(rng *rand.Rand) sample {
	s := sample{
		method:      pick(rng, "GET", "POST", "PUT", "DELETE", "PATCH"),
		host:        pick(rng, "bss-intl.myhuaweicloud.com", "eps.eu-west-101.myhuaweicloud.eu", "127.0.0.1:8080"),
		contentType: pick(rng, "", "application/json", "application/json;charset=utf8", "text/plain"),
		body:        pick(rng, "", budgetBody, randomText(rng, anyRune, 200)),
		header:      map[string]string{},
		key:         Key{ID: "AK" + randomText(rng, alnum, 20), Secret: "SK" + randomText(rng, anyRune, 100)},
		at:          time.Unix(rng.Int64N(1<<32), 0).UTC(),
	}
	for range rng.IntN(6) {
		s.path += "/" + randomText(rng, anyRune, 12)
	}
	for range rng.IntN(8) {
		// Never without a name: the SDK cuts the "=" off the front of such a
		// query and so sends another than it has signed.
		name := pick(rng, "limit", "a", "n"+randomText(rng, anyRune, 6), "é"+randomText(rng, anyRune, 6))
		s.params = append(s.params, Param{name, pick(rng, "", "1", randomText(rng, anyRune, 30))})
	}
	for range rng.IntN(5) {
		name := pick(rng, "X-Domain-Id", "X-Language", "x-request-id", "X-"+randomText(rng, alnum, 6)+"-z", "X-Under_score")
		s.header[http.CanonicalHeaderKey(name)] = pick(rng, "", " padded\t", randomText(rng, headerRune, 40))
	}
	if rng.IntN(2) == 0 {
		s.key.Token = "T" + randomText(rng, alnum, 300)
	}
	return s
}

const (
	alnum      = "ABCXYZabcxyz0189"
	headerRune = alnum + " \t-_.~+/*%&=;:,?#@!\"'{}é一"
	anyRune    = headerRune + "\x00\n\x7f\u0085\U0001F600"
)

// randomText returns up to n runes of the set, once in a while with a byte that
// is no rune.
func randomText(rng *rand.Rand, set string, n int) string {
	runes := []rune(set)
	var b []byte
	for range rng.IntN(n + 1) {
		if set == anyRune && rng.IntN(50) == 0 {
			b = append(b, 0xff)
			continue
		}
		b = append(b, string(runes[rng.IntN(len(runes))])...)
	}
	return string(b)
}

func pick(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }

func (s sample) request(t testing.TB) *http.Request {
	t.Helper()
	req := newRequest(t, s.method, "https://"+s.host, s.body)
	req.URL.Path = s.path
	req.URL.RawQuery = EncodeQuery(s.params)
	for name, value := range s.header {
		req.Header.Set(name, value)
	}
	if s.contentType == "text/plain" { // the SDK does this by itself
		req.Header.Set(headerPayload, unsignedPayload)
	}
	return req
}

func (s sample) vendorRequest(header map[string]string) *request.DefaultHttpRequest {
	b := request.NewHttpRequestBuilder().WithMethod(s.method).WithEndpoint("https://" + s.host).WithPath(s.path)
	if s.body != "" {
		b.WithBody("", s.body)
	}
	values := map[string][]string{}
	for _, p := range s.params {
		values[p.Name] = append(values[p.Name], p.Value)
	}
	for name, v := range values {
		if len(v) == 1 {
			b.AddQueryParam(name, reflect.ValueOf(v[0]))
		} else {
			b.AddQueryParam(name, reflect.ValueOf(v))
		}
	}
	for _, h := range []map[string]string{s.header, header} {
		for name, value := range h {
			b.AddHeaderParam(name, value)
		}
	}
	if s.contentType != "" {
		b.AddHeaderParam("Content-Type", s.contentType)
	}
	if s.key.Token != "" {
		b.AddHeaderParam(headerToken, s.key.Token)
	}
	return b.AddHeaderParam(headerDate, s.at.Format(dateLayout)).Build()
}

func BenchmarkVendorSign(b *testing.B) {
	s := sample{
		method: "POST", host: "bss-intl.myhuaweicloud.com", path: "/v2/partners/sub-customers/budget", body: budgetBody,
		header: map[string]string{"X-Domain-Id": "domain-1"}, key: testKey, at: testTime,
	}
	req := s.vendorRequest(map[string]string{"Host": s.host})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signer.Sign(req, s.key.ID, s.key.Secret); err != nil {
			b.Fatal(err)
		}
	}
}
