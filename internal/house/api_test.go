// SPDX-License-Identifier: Apache-2.0

package house

import (
	"flag"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/internal/house/listing"
)

var update = flag.Bool("update", false, "write the listings of api/ anew")

// public are the packages whose listings are kept. A new one is one line here.
var public = []string{
	"errors",
	"quota",
	"quota/journal",
	"costunit",
	"alibaba",
	"huawei",
	"quota/quotatest",
	"quota/quotatest/fault",
	"costunit/costunittest",
	"alibaba/alibabatest",
	"huawei/huaweitest",
}

// What users can write is what api/*.txt lists: a change shows in the diff of those files.
//
//	go test ./internal/house -run TestAPI -update
func TestAPI(t *testing.T) {
	packages, err := listing.Load(t.Context(), public...)
	require.NoError(t, err)
	kept := map[string]bool{}
	for _, p := range packages {
		file := filepath.Join("api", path.Base(p.Path)+".txt")
		require.False(t, kept[file], "two packages of one name")
		kept[file] = true
		now := strings.Join(p.Lines(), "\n") + "\n"
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(now), 0o600))
			continue
		}
		before, err := os.ReadFile(file)
		require.NoError(t, err)
		gone, new := difference(string(before), now)
		require.Empty(t, gone, "%s: these are gone; if that is meant, go test ./internal/house -run TestAPI -update", file)
		require.Empty(t, new, "%s: these are new; if that is meant, go test ./internal/house -run TestAPI -update", file)
		require.Equal(t, string(before), now, "%s is not in order", file)
	}
	files, err := filepath.Glob(filepath.Join("api", "*"))
	require.NoError(t, err)
	for _, file := range files {
		require.True(t, kept[file], "%s lists no package", file)
	}
}

// No package that can be imported is without its listing.
func TestAPIListsEveryPackage(t *testing.T) {
	importable, err := listing.Public(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, importable, public)
}

func TestEveryExportedNameHasAComment(t *testing.T) {
	packages, err := listing.Load(t.Context(), public...)
	require.NoError(t, err)
	var without []string
	for _, p := range packages {
		for _, name := range p.Undocumented() {
			without = append(without, p.Types.Name()+": "+name)
		}
	}
	require.Empty(t, without)
}

// difference lists the lines that one text has and the other has not.
func difference(before, now string) (gone, new []string) {
	only := func(a, b string) (lines []string) {
		there := map[string]bool{}
		for line := range strings.SplitSeq(b, "\n") {
			there[line] = true
		}
		for line := range strings.SplitSeq(a, "\n") {
			if !there[line] {
				lines = append(lines, line)
			}
		}
		return lines
	}
	return only(before, now), only(now, before)
}
