// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// TestMain lets this binary be the processes of the backend, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "service" {
		main()
		return
	}
	os.Exit(m.Run())
}

// On PostgreSQL it is run by the tests of quota/journal, which start a server.
func TestOnSQLite(t *testing.T) {
	for _, workers := range []int{1, 3} {
		var out strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		require.NoError(t, run(ctx, "", 60, workers, &out), "%s", &out)
		require.Contains(t, out.String(), "killed itself (kill -9)")
		require.Contains(t, out.String(), "60 bookings: each order was booked exactly once")
		t.Log("\n" + out.String())
	}
}

func TestArguments(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), "", 0, 1, &strings.Builder{}), "-orders must be")
	require.ErrorContains(t, run(t.Context(), "", 1, 0, &strings.Builder{}), "-workers")
	require.ErrorContains(t, run(t.Context(), "root@tcp(127.0.0.1)/x", 1, 1, &strings.Builder{}), "-dsn must begin with")
}

// The proof fails where it should.
func TestProof(t *testing.T) {
	s := shop{dsn: sqliteDSN(filepath.Join(t.TempDir(), "shop.db")), cloud: "http://127.0.0.1:1", name: "x", orders: 1}
	require.NoError(t, prepare(t.Context(), s))
	var cloud alibabatest.Server
	cloud.Quota.Update(customer(0), func(c *quotatest.State) { c.Opened = true })
	top := func(key quota.Key) {
		_, err := cloud.Quota.DecreaseConsumption(t.Context(), quota.Adjustment{Customer: customer(0), Amount: price(0), Key: key})
		require.NoError(t, err)
	}
	require.ErrorContains(t, prove(t.Context(), s, &cloud, &strings.Builder{}), "was booked 0 times")
	top(quota.KeyFor("topup", s.orderID(0)))
	require.ErrorContains(t, prove(t.Context(), s, &cloud, &strings.Builder{}), "nothing is recorded")
}
