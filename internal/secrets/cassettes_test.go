// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// looks are what secrets look like that nobody planted. What else a cassette may hold is in the allow-lists of the
// adapters' cassette tests.
var looks = map[string]*regexp.Regexp{
	"an Alibaba key id":     regexp.MustCompile(`\b(LTAI|STS\.|TMP\.)[0-9A-Za-z]{10,}`),
	"a temporary token":     regexp.MustCompile(`\bCAIS[0-9A-Za-z/+]{8,}`),
	"an IAM token":          regexp.MustCompile(`\bMII[0-9A-Za-z/+_-]{60,}`),
	"a header of a request": regexp.MustCompile(`(?i)\b(Authorization|X-Auth-Token|X-Security-Token|X-Acs-Security-Token|X-Acs-Accesskey-Id|Set-Cookie|Cookie)\b`),
	"a signature":           regexp.MustCompile(`(?i)\b(Signature|Credential|Access|AccessKeyId|SecurityToken|SignatureNonce)=`),
	"a private key":         regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`),
	"a user in a URL":       regexp.MustCompile(`://[^/\s"']+@`),
}

// secretIn says what a committed text has in it that looks like a secret; "" is nothing.
func secretIn(text string) string {
	if what := found(text); what != "" {
		return what
	}
	for what, look := range looks {
		if look.MatchString(text) {
			return what
		}
	}
	return ""
}

func TestNothingCommittedLooksLikeASecret(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(filepath.ToSlash(path), "/testdata/") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		require.Empty(t, secretIn(string(text)), path)
		return nil
	}))
	require.Greater(t, seen, 20)
}

// The control.
func TestWhatLooksLikeASecretIsFound(t *testing.T) {
	for what, text := range map[string]string{
		"an Alibaba key id":     "key: LTAI5tAAAAAAAAAA",
		"a temporary token":     "token: CAISabcdefgh12",
		"an IAM token":          "MII" + strings.Repeat("x", 80),
		"a header of a request": "authorization: [x]",
		"a signature":           "?Signature=abc",
		"a private key":         "-----BEGIN RSA PRIVATE KEY-----",
		"a user in a URL":       "https://user:pass@host.test",
	} {
		require.Equal(t, what, secretIn(text))
	}
	require.NotEmpty(t, secretIn("body: "+token))
	require.Empty(t, secretIn("uri: https://business.aliyuncs.com/?OwnerId=1&Amount=750.00"))
}
