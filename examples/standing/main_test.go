// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	var out, progress strings.Builder
	require.NoError(t, run(t.Context(), 500, &out, &progress))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 1+2*500)
	rows := map[string][]string{}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		rows[fields[1]] = fields
	}
	require.Len(t, rows, 1000, "each customer once")
	require.Equal(t, "alibaba 1442098300000021 ? ? 69.79 CNY no", strings.Join(rows["1442098300000021"], " "), "Alibaba does not tell limit and use")
	require.Equal(t, "huawei 053a48736500d5f40ffec01600000020 120.00 USD 20.20 USD 99.80 USD yes", strings.Join(rows["053a48736500d5f40ffec01600000020"], " "))
	frozen := strings.Count(out.String(), "yes")
	require.Equal(t, 50, frozen)
	require.Contains(t, progress.String(), "huawei: 500 of 500 customers")
	require.NotContains(t, out.String(), "\r", "the table is for pipes too")
}
