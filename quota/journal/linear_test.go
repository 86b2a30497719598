// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// Linearizability: whatever many clients did at the same time, and whatever they were told of it, there is an order of
// single steps that explains every answer. A change whose outcome is unknown may have been made at any time after it was
// called, or never; never is the same as after the last look.

// ledgerOp is one operation on one customer's ledger; amounts are in cents.
type ledgerOp struct {
	customer string
	op       string // a method of quota.Limiter or quota.Adjuster
	amount   int64
}

// ledgerAnswer is what the client was told.
type ledgerAnswer struct {
	unknown bool
	cents   int64 // what is available, or what is consumed after an adjustment
	silent  bool  // nothing but that it was made
}

type ledgerState struct{ limit, consumed int64 }

const linearLimit = 100_000

var ledgerModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		at := make(map[string]int)
		for _, o := range history {
			c := o.Input.(ledgerOp).customer
			n, known := at[c]
			if !known {
				n, parts = len(parts), append(parts, nil)
				at[c] = n
			}
			parts[n] = append(parts[n], o)
		}
		return parts
	},
	Init: func() any { return ledgerState{limit: linearLimit} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(ledgerState), input.(ledgerOp), output.(ledgerAnswer)
		told := int64(0)
		switch in.op {
		case "SetQuota":
			s.limit = in.amount
			return true, s
		case "AvailableQuota":
			told = s.limit - s.consumed
		case "IncreaseConsumption":
			s.consumed += in.amount
			told = s.consumed
		case "DecreaseConsumption":
			s.consumed -= in.amount
			told = s.consumed
		}
		return out.unknown || out.silent || out.cents == told, s
	},
}

func cents(m quota.Money) int64 { return m.Amount.Shift(2).IntPart() }

func linearRuns(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("RESELL_LINEAR"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	return int(scenariosOf(20)) // a tenth under the race detector: histories are checked by one goroutine each
}

func TestLinear(t *testing.T) {
	runs, operations, unknown := linearRuns(t), 0, 0
	for seed := range runs {
		history := recordLedger(uint64(seed), 10_000, linearHonest)
		operations += len(history)
		for _, o := range history {
			unknown += bit(o.Output.(ledgerAnswer).unknown)
		}
		if result := porcupine.CheckOperationsTimeout(ledgerModel, history, time.Minute); result != porcupine.Ok {
			t.Fatalf("history %d is %s", seed, result)
		}
	}
	t.Logf("%d histories, %d operations, %d with an unknown outcome", runs, operations, unknown)
	require.InDelta(t, 0.1, float64(unknown)/float64(operations), 0.03)
	require.GreaterOrEqual(t, operations, runs*9_000)
}

// A provider that makes one operation twice, or not at all, is found, in every history.
func TestLinearFindsWhatIsBroken(t *testing.T) {
	for name, provider := range map[string]linearProvider{"doubles one": linearDoubles, "loses one": linearLoses, "undoes quotas": linearLate} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				history := recordLedger(seed, 10_000, provider)
				require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(ledgerModel, history, time.Minute), "history %d", seed)
			}
		})
	}
}

// Through the journal nothing stays unknown: what Do could not settle, Run does, and at the end everything was made.
func TestLinearThroughTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		history, unknown := r.recordJournal(t, 1500)
		require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(ledgerModel, history, time.Minute))
		require.Greater(t, unknown, 100)
		t.Logf("%d operations, of which %d were not settled by Do", len(history), unknown)

		lost := slices.IndexFunc(history, func(o porcupine.Operation) bool {
			return o.Input.(ledgerOp).op == "IncreaseConsumption" && o.Output.(ledgerAnswer).silent
		})
		require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(ledgerModel, slices.Delete(slices.Clone(history), lost, lost+1), time.Minute))
	})
}

// recordJournal has clients call Do, some of them in doubt, with Run beside them; the reads go past the journal.
func (r *rig) recordJournal(t *testing.T, n int) (history []porcupine.Operation, unknown int) {
	t.Helper()
	clock := &linearClock{}
	cloud := &linearClient{provider: &r.client.Provider, dice: rand.New(rand.NewPCG(1, 7)), clock: clock}
	r.accounts["a"] = cloud
	end := r.running(t)
	clients := make([][]porcupine.Operation, 8)
	done := make(chan int)
	for c := range clients {
		go func() {
			dice, missed := rand.New(rand.NewPCG(2, uint64(c))), 0
			for k := range n / len(clients) {
				op := ledgerOp{customer, []string{"IncreaseConsumption", "DecreaseConsumption", "AvailableQuota"}[dice.IntN(3)], 1 + dice.Int64N(1<<40)}
				call := clock.tick()
				out := ledgerAnswer{silent: true}
				amount := quota.Money{Amount: cents2(op.amount), Currency: quota.CNY}
				i := Intent{Key: quota.Key(fmt.Sprintf("k-%d-%d", c, k)), Account: "a"}
				time.Sleep(time.Duration(dice.IntN(1000)) * time.Microsecond)
				var err error
				var receipt quota.Receipt
				switch op.op {
				case "AvailableQuota":
					var m quota.Money
					m, err = r.client.AvailableQuota(t.Context(), customer)
					out = ledgerAnswer{cents: cents(m)}
				case "IncreaseConsumption":
					i.Change = Increase{Customer: customer, Amount: amount}
					receipt, err = r.Do(t.Context(), i)
				default:
					i.Change = Decrease{Customer: customer, Amount: amount}
					receipt, err = r.Do(t.Context(), i)
				}
				returned := clock.tick()
				if receipt.Consumed != nil {
					out = ledgerAnswer{cents: cents(*receipt.Consumed)}
				}
				if errors.Is(err, errors.ErrUncertain) {
					missed++
					for !r.settled(i.Key) {
						time.Sleep(100 * time.Millisecond)
					}
					returned = clock.tick()
				}
				clients[c] = append(clients[c], porcupine.Operation{ClientId: c, Input: op, Output: out, Call: call, Return: returned})
			}
			done <- missed
		}()
	}
	for range clients {
		unknown += <-done
	}
	end()
	m, err := r.client.AvailableQuota(t.Context(), customer)
	require.NoError(t, err)
	last := porcupine.Operation{Input: ledgerOp{customer: customer, op: "AvailableQuota"}, Output: ledgerAnswer{cents: cents(m)}, Call: clock.tick(), Return: math.MaxInt64}
	return append(slices.Concat(clients...), last), unknown
}

func (r *rig) settled(key quota.Key) bool {
	r.mem.mu.Lock()
	defer r.mem.mu.Unlock()
	return r.mem.byKey[key].state == Applied
}
