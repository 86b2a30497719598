// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest"
)

// linearClock orders what the clients see: a call gets its number before it begins, a reply after it came.
type linearClock struct{ n atomic.Int64 }

func (c *linearClock) tick() int64 { return c.n.Add(1) }

// linearClient is a provider of which, now and then, the request, the reply or both are lost, or which makes a change
// long after the client gave up.
type linearClient struct {
	provider *quotatest.Provider
	clock    *linearClock
	mu       sync.Mutex
	dice     *rand.Rand
	late     sync.WaitGroup
	spoilt   int
}

var errLinear = &errors.Error{Class: errors.ErrUncertain}

func (c *linearClient) roll(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dice.IntN(n)
}

func (c *linearClient) send(do func() (quota.Receipt, error)) (quota.Receipt, error) {
	for range c.roll(4) {
		runtime.Gosched() // others come in between
	}
	switch c.roll(15) {
	case 0: // the request is lost
		return quota.Receipt{}, errLinear
	case 1:
		_, _ = do()
		return quota.Receipt{}, errLinear
	case 2:
		n := c.roll(200)
		c.late.Go(func() {
			for range n {
				runtime.Gosched()
			}
			_, _ = do()
		})
		return quota.Receipt{}, errLinear
	}
	r, err := do()
	for range c.roll(4) {
		runtime.Gosched()
	}
	return r, err
}

func (c *linearClient) IncreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.send(func() (quota.Receipt, error) { return c.provider.IncreaseConsumption(ctx, a) })
}

func (c *linearClient) DecreaseConsumption(ctx context.Context, a quota.Adjustment) (quota.Receipt, error) {
	return c.send(func() (quota.Receipt, error) { return c.provider.DecreaseConsumption(ctx, a) })
}

func (c *linearClient) SetQuota(ctx context.Context, g quota.Grant) (quota.Receipt, error) {
	return c.send(func() (quota.Receipt, error) { return c.provider.SetQuota(ctx, g) })
}

// linearProvider says what is wrong with the one operation that is singled out.
type linearProvider int

const (
	linearHonest linearProvider = iota
	linearDoubles
	linearLoses
	linearLate
)

// recordLedger has 8 clients make n operations on 100 ledgers, and records what they see.
func recordLedger(seed uint64, n int, p linearProvider) []porcupine.Operation {
	const clients, ledgers = 8, 100
	provider := &quotatest.Provider{}
	for l := range ledgers {
		provider.Update(fmt.Sprint("c", l), func(s *quotatest.State) {
			s.Opened, s.Limit = true, quota.Money{Amount: cents2(linearLimit), Currency: quota.CNY}
		})
	}
	clock := &linearClock{}
	c := &linearClient{provider: provider, clock: clock, dice: rand.New(rand.NewPCG(seed, 3))}
	history := make([][]porcupine.Operation, clients)
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(100+client)))
			for k := range n / clients {
				op := ledgerOp{
					customer: fmt.Sprint("c", dice.IntN(ledgers)),
					op:       []string{"SetQuota", "IncreaseConsumption", "DecreaseConsumption", "AvailableQuota", "AvailableQuota"}[dice.IntN(5)],
					amount:   1 + dice.Int64N(1<<40), // so that no sum comes about in two ways
				}
				key := quota.Key(fmt.Sprintf("k-%d-%d", client, k))
				call := clock.tick()
				out := c.operate(op, key, p, client == 3 && k >= n/clients/2)
				back := clock.tick()
				if out.unknown && dice.IntN(4) == 0 && op.op != "SetQuota" { // the same again, with the same key: one operation
					out = c.operate(op, key, linearHonest, false)
					back = clock.tick()
				}
				if out.unknown {
					back = math.MaxInt64
				}
				history[client] = append(history[client], porcupine.Operation{ClientId: client, Input: op, Output: out, Call: call, Return: back})
			}
		})
	}
	all.Wait()
	c.late.Wait()
	for l := range ledgers { // a last look at each, so that nothing goes unseen
		op := ledgerOp{customer: fmt.Sprint("c", l), op: "AvailableQuota"}
		call := clock.tick()
		history[0] = append(history[0], porcupine.Operation{Input: op, Output: c.operate(op, "", linearHonest, false), Call: call, Return: clock.tick()})
	}
	return slices.Concat(history...)
}

// operate is one operation. spoil: from here on, the first that fits is the one that goes wrong.
func (c *linearClient) operate(op ledgerOp, key quota.Key, p linearProvider, spoil bool) ledgerAnswer {
	ctx := context.Background()
	amount := quota.Money{Amount: cents2(op.amount), Currency: quota.CNY}
	change := quota.Adjustment{Customer: op.customer, Amount: amount, Key: key}
	if spoil && c.broke(p, op.op) {
		switch p {
		case linearDoubles:
			again := change
			again.Key += "-again"
			_, _ = c.provider.IncreaseConsumption(ctx, again)
			_, _ = c.provider.IncreaseConsumption(ctx, change)
		case linearLate: // the client was told that it is made
			defer func() {
				_, _ = c.provider.SetQuota(ctx, quota.Grant{Customer: op.customer, Limit: quota.Money{Amount: cents2(1), Currency: quota.CNY}})
			}()
		}
		return ledgerAnswer{silent: true}
	}
	var receipt quota.Receipt
	var err error
	switch op.op {
	case "AvailableQuota":
		left, err := c.provider.AvailableQuota(ctx, op.customer)
		if err != nil {
			panic(err)
		}
		return ledgerAnswer{cents: cents(left)}
	case "SetQuota":
		receipt, err = c.send(func() (quota.Receipt, error) {
			return c.provider.SetQuota(ctx, quota.Grant{Customer: op.customer, Limit: amount})
		})
	case "IncreaseConsumption":
		receipt, err = c.IncreaseConsumption(ctx, change)
	case "DecreaseConsumption":
		receipt, err = c.DecreaseConsumption(ctx, change)
	}
	switch {
	case errors.Is(err, errors.ErrUncertain):
		return ledgerAnswer{unknown: true}
	case err != nil:
		panic(err)
	case receipt.Consumed == nil:
		return ledgerAnswer{silent: true}
	}
	return ledgerAnswer{cents: cents(*receipt.Consumed)}
}

// broke says whether this operation is the one that goes wrong.
func (c *linearClient) broke(p linearProvider, op string) bool {
	fits := map[linearProvider]string{linearDoubles: "IncreaseConsumption", linearLoses: "IncreaseConsumption", linearLate: "SetQuota"}
	if fits[p] != op {
		return false
	}
	most := 1
	if p == linearLate {
		most = 20 // the next quota hides it, where nobody looked in between
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spoilt++
	return c.spoilt <= most
}
