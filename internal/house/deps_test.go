// SPDX-License-Identifier: Apache-2.0

package house

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/resellkit/resell/"

var testTools = []string{
	"github.com/stretchr/testify", "gopkg.in/dnaeon/go-vcr.v4", "net/http/httptest", "github.com/anishathalye/porcupine", "pgregory.net/rapid",
	"github.com/jackc", "github.com/go-sql-driver", "modernc.org",
}

// Who imports an adapter links neither the other cloud nor anything that is for tests; who imports a fake links no tool,
// and no flags.
func TestWhatIsLinked(t *testing.T) {
	fakes := []string{"testing", module + "quota/quotatest", module + "costunit/costunittest", module + "alibaba/alibabatest", module + "huawei/huaweitest"}
	huawei := []string{"github.com/huaweicloud", module + "huawei"}
	alibaba := []string{"github.com/aliyun", module + "alibaba"}
	core := []string{module + "alibaba", module + "huawei", module + "internal", "github.com/aliyun", "github.com/huaweicloud", "net/http", "testing"}
	for _, c := range []struct {
		imported  string
		forbidden [][]string
		control   string // is linked, and found
	}{
		{"errors", [][]string{core, testTools}, "errors"},
		{"quota", [][]string{core, testTools}, "github.com/shopspring/decimal"},
		{"costunit", [][]string{core, testTools}, module + "errors"},
		{"quota/journal", [][]string{core, testTools}, "database/sql"},
		{"alibaba", [][]string{huawei, fakes, testTools}, module + "internal/acs"},
		{"huawei", [][]string{alibaba, fakes, testTools}, module + "internal/sdkhmac"},
		{"alibaba/alibabatest", [][]string{huawei, testTools}, module + "quota/quotatest"},
		{"huawei/huaweitest", [][]string{alibaba, testTools}, module + "quota/quotatest"},
	} {
		t.Run(c.imported, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+c.imported).Output()
			require.NoError(t, err)
			packages := slices.DeleteFunc(strings.Fields(string(out)), func(p string) bool { return p == module+"internal/wait" }) // a dozen lines over time
			for _, forbidden := range c.forbidden {
				require.Empty(t, within(packages, forbidden...))
			}
			require.NotEmpty(t, within(packages, c.control))
		})
	}
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
