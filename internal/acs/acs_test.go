// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	testKey = Key{ID: "AK-test", Secret: "sk-hush"}
	stsKey  = Key{ID: "STS.test", Secret: "sts-hush", Token: "CAIS+/tok en=="}
	testAt  = time.Date(2026, 3, 4, 5, 6, 7, 890, time.FixedZone("CST", 8*3600))
)

func secretOf(id string) (string, bool) {
	for _, k := range []Key{testKey, stsKey} {
		if k.ID == id {
			return k.Secret, true
		}
	}
	return "", false
}

// received returns req as a server reads it off the wire, and its body.
func received(t testing.TB, req *http.Request) (*http.Request, []byte) {
	t.Helper()
	var wire bytes.Buffer
	require.NoError(t, req.Write(&wire))
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return got, body
}

// nasty is what breaks signers: sort ties, reserved bytes, empty values.
var nasty = map[string][]Param{
	"none":        nil,
	"empty value": {{"Empty", ""}, {"B", ""}},
	"reserved":    {{"Id", "cn-hangzhou;standard"}, {"P", "a/b%c+d e*f~g&h=i?j#k"}, {"Q", "%2F%20+"}, {"*;~ +/%", "name"}},
	"UTF-8":       {{"Name", "云 é 😀"}, {"名", "1"}, {"~", "2"}},
	"not UTF-8":   {{"Bytes", "\x00\xff\xfe\n\r\t"}},
	"sort":        {{"a", "1"}, {"A.2", "2"}, {"A.10", "3"}, {"A", "4"}, {"A.1", "5"}, {"A-1", "6"}, {"A/1", "7"}},
	"ties":        {{"A", "2"}, {"A", "10"}, {"A", ""}, {"A", "2"}, {"a", "0"}},
	"JSON":        {{"ExtendMap", `{"a":["b c",1.50],"d":"\u4e91"}`}},
}

func TestParseTime(t *testing.T) {
	at, err := parseTime("2016-02-23T12:46:24Z")
	require.NoError(t, err)
	require.Equal(t, time.Date(2016, 2, 23, 12, 46, 24, 0, time.UTC), at)

	for _, s := range []string{
		"",
		"2016-02-23",
		"2016-02-23 12:46:24",
		"2016-02-23T12:46:24",
		"2016-02-23T1:46:24Z",
		"2016-02-23T12:46:24.5Z",
		"2016-02-23T12:46:24,500Z",
		"2016-02-23T12:46:24+08:00",
		"2016-02-30T12:46:24Z",
		"Tue, 23 Feb 2016 12:46:24 GMT",
		"1456231584",
	} {
		_, err := parseTime(s)
		require.ErrorIs(t, err, ErrTime, s)
	}
}

func TestKeyKeepsItsSecret(t *testing.T) {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", stsKey)
		fmt.Fprintf(&out, verb+"\n", &stsKey)
		fmt.Fprintf(&out, verb+"\n", []Key{stsKey})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", stsKey)
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", stsKey)
	require.Contains(t, out.String(), stsKey.ID)
	require.NotContains(t, out.String(), stsKey.Secret)
	require.NotContains(t, out.String(), stsKey.Token)
}
