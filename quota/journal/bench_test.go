// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/journal/internal/testdb"
)

// instant is a cloud that answers at once, so that what is measured is the journal.
type instant struct{}

func (instant) IncreaseConsumption(context.Context, quota.Adjustment) (quota.Receipt, error) {
	return quota.Receipt{RequestID: "1", Attempts: 1}, nil
}

func (instant) DecreaseConsumption(context.Context, quota.Adjustment) (quota.Receipt, error) {
	return quota.Receipt{RequestID: "1", Attempts: 1}, nil
}

var dialects = []journal.Dialect{journal.Postgres, journal.MySQL, journal.SQLite}

func opened(b *testing.B, d journal.Dialect) (*testdb.DB, *journal.Journal) {
	db := testdb.Open(b, d)
	j, err := journal.New(journal.Config{DB: db.DB, Dialect: d, Accounts: map[string]any{"instant": instant{}}})
	require.NoError(b, err)
	require.NoError(b, j.Migrate(b.Context()))
	return db, j
}

func intent(n int) journal.Intent {
	return journal.Intent{
		Key: quota.KeyFor("bench", strconv.Itoa(n)), Account: "instant",
		Change: journal.Decrease{Customer: strconv.Itoa(1000 + n%100), Amount: quota.MustMoney("1.00 CNY")},
	}
}

// What recording before and after costs over the bare call, which takes no time here.
func BenchmarkDo(b *testing.B) {
	for _, d := range dialects {
		b.Run(string(d), func(b *testing.B) {
			_, j := opened(b, d)
			took := make([]time.Duration, 0, b.N)
			n := 0
			for b.Loop() {
				begin := time.Now()
				_, err := j.Do(b.Context(), intent(n))
				took = append(took, time.Since(begin))
				require.NoError(b, err)
				n++
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// How many intents a process carries out in a second, with 16 workers.
func BenchmarkRun(b *testing.B) {
	const intents = 5000
	for _, d := range dialects {
		b.Run(string(d), func(b *testing.B) {
			db, j := opened(b, d)
			next := 0
			for b.Loop() {
				b.StopTimer()
				for range intents / 500 {
					tx, err := db.BeginTx(b.Context(), nil)
					require.NoError(b, err)
					for range 500 {
						require.NoError(b, j.Enqueue(b.Context(), tx, intent(next)))
						next++
					}
					require.NoError(b, tx.Commit())
				}
				b.StartTimer()
				ctx, cancel := context.WithCancel(b.Context())
				var running sync.WaitGroup
				running.Go(func() { _ = j.Run(ctx) })
				for {
					stats, err := j.Stats(ctx)
					require.NoError(b, err)
					if stats.ByState[journal.Applied] == int64(next) {
						break
					}
					time.Sleep(20 * time.Millisecond)
				}
				cancel()
				running.Wait()
			}
			b.ReportMetric(float64(intents*b.N)/b.Elapsed().Seconds(), "intents/s")
		})
	}
}

var _ quota.Adjuster = instant{}
