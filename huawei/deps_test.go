// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// links lists the packages that a program gets which imports pkg.
func links(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg).Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// within returns those of the packages that are one of the roots, or below one.
func within(packages []string, roots ...string) (found []string) {
	for _, p := range packages {
		for _, root := range roots {
			if p == root || strings.HasPrefix(p, root+"/") {
				found = append(found, p)
			}
		}
	}
	return found
}

const module = "github.com/resellkit/resell"

var testTools = []string{"github.com/stretchr/testify", "gopkg.in/dnaeon/go-vcr.v4", "net/http/httptest"}

// Who imports the adapter links neither the other cloud nor anything that is for tests.
func TestAdapterLinksNoTestTools(t *testing.T) {
	packages := links(t, module+"/huawei")
	require.Empty(t, within(packages, testTools...))
	require.Empty(t, within(packages,
		"testing", "github.com/aliyun", module+"/alibaba", module+"/quota/quotatest", module+"/huawei/huaweitest"))
	require.NotEmpty(t, within(packages, module+"/internal/sdkhmac"), "the control: what is linked is found")
}

// The fake is for tests, and still brings no tool of its own, and no flags.
func TestFakeLinksNoTestTools(t *testing.T) {
	packages := links(t, module+"/huawei/huaweitest")
	require.Empty(t, within(packages, testTools...))
	require.Empty(t, within(packages, "github.com/aliyun", module+"/alibaba"))
	require.NotEmpty(t, within(packages, module+"/quota/quotatest"))
}
