// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
	"github.com/resellkit/resell/quota/quotatest"
)

// size is how much a kill test does. RESELL_KILL=long (make kill) does as much as it takes to believe it.
type size struct {
	orders, kills int
	patience      time.Duration
}

func long() bool { return os.Getenv("RESELL_KILL") == "long" }

func killSize() size {
	if long() {
		return size{orders: 5000 - limitsOn*limitsEach, kills: 150, patience: 4 * time.Minute}
	}
	return size{orders: 300 - limitsOn*limitsEach, kills: 12, patience: 90 * time.Second}
}

const (
	fleetSize    = 3
	fleetWorkers = 8
	killLease    = time.Second
	batch        = 25 // orders in one transaction
)

func newSeed(t testing.TB) uint64 {
	seed := rand.Uint64N(1_000_000)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("seed", seed)
		}
	})
	return seed
}

// shop is one kill test: the database, the fake, what was ordered.
type shop struct {
	db      *testdb.DB
	cloud   *cloud
	journal *journal.Journal
	job     job
	size    size
	seed    uint64
	began   time.Time
	orders  []order
	repeats int // transactions of the shop that the database refused, and that were begun again
}

func newShop(t *testing.T, dialect journal.Dialect, s size) *shop {
	t.Helper()
	k := &shop{db: testdb.Open(t, dialect), cloud: newCloud(t, 15*time.Millisecond), size: s, seed: newSeed(t)}
	k.cloud.troubled(k.seed)
	k.job = job{Role: "run", Dialect: dialect, Driver: k.db.Driver, DSN: k.db.DSN, Endpoint: k.cloud.endpoint, Lease: killLease, Workers: fleetWorkers}
	var err error
	k.journal, err = openJournal(k.job, k.db.DB, k.cloud.client(t))
	require.NoError(t, err)
	require.NoError(t, k.journal.Migrate(t.Context()))
	makeShop(t, k.db.DB)
	k.began = time.Now()
	return k
}

func (k *shop) fleet(t *testing.T, role string) *fleet {
	jobs := make([]job, fleetSize)
	for i := range jobs {
		jobs[i] = k.job
		jobs[i].Role, jobs[i].Slot, jobs[i].Slots = role, i, fleetSize
	}
	return launch(t, k.seed, jobs...)
}

// transact puts a batch of orders, each with what is to be sent for it, into one transaction; again where the database
// refused it because others were in the way.
func (k *shop) transact(t *testing.T, keep bool, orders []order, intents []journal.Intent) {
	t.Helper()
	var err error
	for range 20 {
		if err = k.try(t.Context(), keep, orders, intents); err == nil {
			return
		}
		k.repeats++
		time.Sleep(10 * time.Millisecond)
	}
	require.NoError(t, err)
}

func (k *shop) try(ctx context.Context, keep bool, orders []order, intents []journal.Intent) error {
	tx, err := k.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, o := range orders {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO shop_orders (id, done) VALUES (%d, 0)", o.id)); err != nil {
			return err
		}
	}
	for _, i := range intents {
		if err := k.journal.Enqueue(ctx, tx, i); err != nil {
			return err
		}
	}
	if !keep {
		return nil
	}
	return tx.Commit()
}

// takeOrders takes the orders up to number last. Now and then a transaction is rolled back: nothing of it may be sent.
func (k *shop) takeOrders(t *testing.T, last int, intents bool) {
	t.Helper()
	for len(k.orders) < last {
		var orders []order
		for id := len(k.orders) + 1; id <= last && len(orders) < batch; id++ {
			orders = append(orders, numbered(id))
		}
		var changes []journal.Intent
		if intents {
			for _, o := range orders {
				changes = append(changes, o.intent())
			}
			never := numbered(orders[0].id + 1_000_000)
			k.transact(t, false, []order{never}, []journal.Intent{never.intent()})
		}
		k.transact(t, true, orders, changes)
		k.orders = append(k.orders, orders...)
	}
}

// paced takes half of the orders at once, and the others spread over the kills, so that each kill finds something to
// interrupt. Then the workers are left in peace to finish.
func (k *shop) paced(t *testing.T, f *fleet, intents bool, also func(step, steps int)) {
	t.Helper()
	half := k.size.orders / 2
	steps := min(k.size.kills, (k.size.orders-half)/10)
	for step := range steps + 1 {
		f.killed(k.size.kills * step / steps)
		k.takeOrders(t, half+(k.size.orders-half)*step/steps, intents)
		also(step, steps)
	}
	f.rest()
}

func each(t *testing.T, test func(*testing.T, journal.Dialect)) {
	for _, d := range []journal.Dialect{journal.SQLite, journal.Postgres, journal.MySQL} {
		t.Run(string(d), func(t *testing.T) { test(t, d) })
	}
}

// Workers are killed, replies are lost, and every change is made once: by the provider's books.
func TestKill(t *testing.T) {
	each(t, func(t *testing.T, d journal.Dialect) {
		k := newShop(t, d, killSize())
		k.takeOrders(t, k.size.orders/2, true)
		f := k.fleet(t, "run")
		limits := 0
		k.paced(t, f, true, func(step, steps int) {
			for ; limits < limitsEach*(step+1)/(steps+1); limits++ {
				for n := range limitsOn {
					k.transact(t, true, nil, []journal.Intent{limit(customerID(n), limits)})
				}
			}
		})
		k.drained(t)
		f.stop()
		k.cloud.settled(t)
		k.prove(t, f)
	})
}

// drained waits until no intent is open.
func (k *shop) drained(t *testing.T) {
	t.Helper()
	var stats journal.Stats
	for deadline := k.began.Add(k.size.patience); ; time.Sleep(50 * time.Millisecond) {
		var err error
		stats, err = k.journal.Stats(t.Context())
		if err == nil && open(stats) == 0 {
			return
		}
		if time.Now().After(deadline) {
			require.FailNow(t, "intents are still open", "%v, %v\n%s", stats, err, k.listing(t))
		}
	}
}

func open(s journal.Stats) int64 {
	return s.ByState[journal.Pending] + s.ByState[journal.Sending] + s.ByState[journal.Uncertain]
}

// listing is the first intents that are open.
func (k *shop) listing(t *testing.T) string {
	var lines []string
	for e, err := range k.journal.Entries(t.Context(), journal.Filter{States: []journal.State{journal.Pending, journal.Sending, journal.Uncertain}}) {
		if err != nil {
			return err.Error()
		}
		if lines = append(lines, fmt.Sprintf("%+v", e.Line())); len(lines) == 20 {
			break
		}
	}
	return strings.Join(lines, "\n")
}

// prove holds books and journal against what was ordered.
func (k *shop) prove(t *testing.T, f *fleet) {
	t.Helper()
	changes := k.cloud.Quota.Changes("")
	lost, doubled, strange := audit(k.orders, changes)
	require.Zero(t, lost, "lost")
	require.Zero(t, doubled, "doubled")
	require.Empty(t, strange, "of no order")
	byKey := make(map[quota.Key]int)
	for _, c := range changes {
		byKey[c.Key]++
	}
	consumed := make(map[string]decimal.Decimal)
	for _, o := range k.orders {
		require.Equal(t, 1, byKey[o.key()], "bookings of order %d", o.id)
		amount := o.amount.Amount
		if o.op == decreased {
			amount = amount.Neg()
		}
		consumed[o.customer] = consumed[o.customer].Add(amount)
	}
	for n := range customers {
		state, _ := k.cloud.Quota.Customer(customerID(n))
		require.True(t, state.Consumed.Amount.Equal(consumed[customerID(n)]), "customer %d: %s booked, %s ordered", n, state.Consumed, consumed[customerID(n)])
	}
	k.proveLimits(t, changes)

	intents, takeovers, stale := 0, 0, 0
	for e, err := range k.journal.Entries(t.Context(), journal.Filter{}) {
		require.NoError(t, err)
		intents++
		_, absolute := e.Change.(journal.SetQuota)
		if e.State != journal.Superseded || !absolute {
			require.Equal(t, journal.Applied, e.State, "%+v", e.Line())
		}
		if e.Attempts < 2 {
			continue
		}
		attempts, err := k.journal.Attempts(t.Context(), e.Key)
		require.NoError(t, err)
		require.Len(t, attempts, e.Attempts, "each time that it was taken up is kept: %+v", e.Line())
		for _, a := range attempts {
			takeovers += one(a.Lost)
			stale += one(a.Stale)
		}
	}
	require.Equal(t, len(k.orders)+limitsOn*limitsEach, intents, "what was rolled back is not there")
	require.GreaterOrEqual(t, int(f.kills.Load()), k.size.kills)
	require.NotZero(t, takeovers, "the kills interrupted something")
	requests, _, _ := k.cloud.seen()
	t.Logf("%s: %d intents, %d kills, %d requests, %d takeovers, %d stale reports, %d transactions repeated, %.1f s, seed %d: 0 lost, 0 doubled",
		k.job.Dialect, intents, f.kills.Load(), requests, takeovers, stale, k.repeats, time.Since(k.began).Seconds(), k.seed)
}

// proveLimits: of a customer's limits none was set after a newer one, and the last stands.
func (k *shop) proveLimits(t *testing.T, changes []quotatest.Change) {
	t.Helper()
	for n := range limitsOn {
		customer := customerID(n)
		last := decimal.Zero
		for _, c := range changes {
			if c.Op != limited || c.Customer != customer {
				continue
			}
			require.True(t, c.Amount.Amount.GreaterThanOrEqual(last), "%s: %s was set after %s", customer, c.Amount, last)
			last = c.Amount.Amount
		}
		state, _ := k.cloud.Quota.Customer(customer)
		require.True(t, state.Limit.Equal(limitAmount(limitsEach-1)), "%s: the limit is %s, %s was asked for last", customer, state.Limit, limitAmount(limitsEach-1))
		e, err := k.journal.Entry(t.Context(), limit(customer, limitsEach-1).Key)
		require.NoError(t, err)
		require.Equal(t, journal.Applied, e.State)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The control: the same shop, the same kills, the same losses, and no journal. If nothing were doubled here, TestKill
// would prove nothing.
func TestKillWithoutJournal(t *testing.T) {
	naive := func(t *testing.T, d journal.Dialect) {
		const tries = 5 // one is all but certain to do
		for range tries {
			k := newShop(t, d, killSize())
			k.takeOrders(t, k.size.orders/2, false)
			f := k.fleet(t, "naive")
			k.paced(t, f, false, func(int, int) {})
			eventually(t, k.size.patience, "orders are still open", func() bool {
				ids, err := openOrders(t.Context(), k.db.DB, "")
				return err == nil && len(ids) == 0
			})
			f.stop()
			k.cloud.settled(t)
			lost, doubled, strange := audit(k.orders, k.cloud.Quota.Changes(""))
			require.Zero(t, lost)
			require.Empty(t, strange)
			requests, _, _ := k.cloud.seen()
			t.Logf("%s, without a journal: %d orders, %d kills, %d requests, %.1f s, seed %d: %d doubled (%.1f %%)",
				d, len(k.orders), f.kills.Load(), requests, time.Since(k.began).Seconds(), k.seed, doubled, 100*float64(doubled)/float64(len(k.orders)))
			if doubled > 0 {
				return
			}
		}
		require.FailNow(t, "nothing was doubled without a journal", "in %d tries: the kill test proves nothing", tries)
	}
	if long() {
		each(t, naive)
		return
	}
	naive(t, journal.SQLite)
}
