// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// The database goes away in the middle of the work, in good order and then as in a power cut, and comes back: nothing is
// lost or doubled, and work goes on by itself.
func TestDatabaseAway(t *testing.T) {
	server := testdb.NewServer(t, journal.Postgres)
	for _, c := range []struct {
		name string
		end  func()
	}{{"stopped", server.Stop}, {"killed", server.Kill}} {
		t.Run(c.name, func(t *testing.T) { outage(t, server, c.end) })
	}
}

func outage(t *testing.T, server *testdb.Server, end func()) {
	const (
		orders  = 300
		resumes = 5 * time.Second // after the server answers again
	)
	k := &shop{db: server.Open(t), cloud: newCloud(t, 20*time.Millisecond), size: size{orders: orders, patience: 2 * time.Minute}}
	k.cloud.Faults.Rate("*", 1, 0, fault.Fault{Name: "slow", Delay: k.cloud.latency})
	k.job = job{Role: "run", Dialect: journal.Postgres, Driver: k.db.Driver, DSN: k.db.DSN, Endpoint: k.cloud.endpoint, Lease: killLease, Workers: 4}
	var err error
	k.journal, err = openJournal(k.job, k.db.DB, k.cloud.client(t))
	require.NoError(t, err)
	require.NoError(t, k.journal.Migrate(t.Context()))
	makeShop(t, k.db.DB)
	k.takeOrders(t, orders, true)
	k.began = time.Now()
	start(t, k.job)
	start(t, k.job)

	eventually(t, time.Minute, "the work did not begin", func() bool { return k.cloud.bookings() >= orders/10 })
	end()
	away := time.Now()
	k.cloud.settled(t)    // what was under way when it went
	time.Sleep(killLease) // all leases end
	before := k.cloud.bookings()
	require.Less(t, before, orders, "there is work left")
	requests, _, _ := k.cloud.seen()

	require.NoError(t, server.Start())
	back := time.Now()
	eventually(t, resumes, "the work does not go on", func() bool { return k.cloud.bookings() > before })
	resumed := time.Since(back)
	k.drained(t)
	k.cloud.settled(t)
	lost, doubled, strange := audit(k.orders, k.cloud.Quota.Changes(""))
	require.Zero(t, lost, "lost")
	require.Zero(t, doubled, "doubled")
	require.Empty(t, strange)
	stats, err := k.journal.Stats(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, orders, stats.ByState[journal.Applied])
	total, _, _ := k.cloud.seen()
	t.Logf("away for %.1f s with %d of %d booked and %d requests sent; work went on %.2f s after the database answered; %d requests in all, 0 lost, 0 doubled",
		back.Sub(away).Seconds(), before, orders, requests, resumed.Seconds(), total)
}
