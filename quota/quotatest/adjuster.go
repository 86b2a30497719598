// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

func adjusterChecks() []check[quota.Adjuster] {
	checks := []check[quota.Adjuster]{
		{"Consumption/up and down", upAndDown},
		{"Consumption/sum of many at once", sumOfMany},
		{"Key/goes with the change", keyGoesAlong},
		{"Key/another one is another change", anotherKey},
		{"Key/reused for another amount", keyReused(func(_ Fixture[quota.Adjuster], in *intent) {
			in.amount.Amount = in.amount.Amount.Add(decimal.NewFromInt(1))
		})},
		{"Key/reused for another customer", keyReused(func(f Fixture[quota.Adjuster], in *intent) { in.customer = increase().intend(f, "1.00").customer })},
		{"Key/reused in the other direction", keyReusedBackwards},
		{"Metadata/too many entries", badMetadata(tooMany())},
		{"Metadata/empty name", badMetadata(map[string]string{"": "value"})},
		{"Metadata/not UTF-8", badMetadata(map[string]string{"name": "\xff"})},
	}
	return slices.Concat(increase().checks(), decrease().checks(), checks)
}

type adjust func(quota.Adjuster, context.Context, quota.Adjustment) (quota.Receipt, error)

func increase() write[quota.Adjuster] {
	return adjusting("IncreaseConsumption", quota.Adjuster.IncreaseConsumption)
}

func decrease() write[quota.Adjuster] {
	return adjusting("DecreaseConsumption", quota.Adjuster.DecreaseConsumption)
}

func adjusting(method string, call adjust) write[quota.Adjuster] {
	return write[quota.Adjuster]{
		method: method, opened: true, once: true,
		bad: append(badKeys(),
			badInput{"no key", func(in *intent) { in.key = "" }},
			badInput{"zero amount", zeroAmount},
		),
		send: func(ctx context.Context, a quota.Adjuster, in intent) (quota.Receipt, error) {
			return call(a, ctx, quota.Adjustment{Customer: in.customer, Amount: in.amount, Key: in.key})
		},
	}
}

// upAndDown: increase adds, decrease takes away, below zero too, and the receipt tells where it came to.
func upAndDown(ctx context.Context, f Fixture[quota.Adjuster]) error {
	in := increase().intend(f, "1.00")
	for _, row := range []struct {
		w                write[quota.Adjuster]
		amount, consumed string
	}{
		{increase(), "10.10", "10.10"},
		{increase(), "0.20", "10.30"},
		{decrease(), "15.00", "-4.70"},
		{increase(), "4.70", "0.00"},
	} {
		in.amount, in.key = f.money(row.amount), quota.NewKey()
		receipt, err := row.w.send(ctx, f.Subject, in)
		if err != nil {
			return verdict.Want(err, nil)
		}
		state, _ := f.State.Customer(in.customer)
		if err := same("booked consumption", state.Consumed, f.money(row.consumed)); err != nil {
			return err
		}
		if receipt.Consumed == nil {
			continue
		}
		if err := same("consumption on the receipt", *receipt.Consumed, f.money(row.consumed)); err != nil {
			return err
		}
	}
	return nil
}

func sumOfMany(ctx context.Context, f Fixture[quota.Adjuster]) error {
	customer := increase().intend(f, "1.00").customer
	sum := f.money("0.00")
	intents := make([]intent, verdict.Crowd)
	for i := range intents {
		amount := f.money(strconv.Itoa(i) + ".07")
		intents[i] = intent{customer, amount, quota.NewKey()}
		if i%2 == 1 {
			amount.Amount = amount.Amount.Neg()
		}
		sum.Amount = sum.Amount.Add(amount.Amount)
	}
	err := verdict.Together(func(i int) error {
		return []write[quota.Adjuster]{increase(), decrease()}[i%2].sent(ctx, f, intents[i], nil)
	})
	if err != nil {
		return err
	}
	state, _ := f.State.Customer(customer)
	return same("booked consumption", state.Consumed, sum)
}

func keyGoesAlong(ctx context.Context, f Fixture[quota.Adjuster]) error {
	for _, key := range []quota.Key{"k", "Order_2026-10-31", quota.KeyFor("topup", "42"), "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"} {
		in := increase().intend(f, "10.00")
		in.key = key
		if err := increase().sent(ctx, f, in, nil); err != nil {
			return err
		}
		for _, c := range f.State.Changes(in.customer) {
			if c.Key != key {
				return fmt.Errorf("the provider was told the key %q; want %q", string(c.Key), string(key))
			}
		}
	}
	return nil
}

// anotherKey: the same amount for the same customer, but wanted twice.
func anotherKey(ctx context.Context, f Fixture[quota.Adjuster]) error {
	in := increase().intend(f, "10.00")
	for range 2 {
		in.key = quota.NewKey()
		if err := increase().sent(ctx, f, in, nil); err != nil {
			return err
		}
	}
	state, _ := f.State.Customer(in.customer)
	return same("booked consumption", state.Consumed, f.money("20.00"))
}

// keyReused: a key that stands for one change never makes another. What class the refusal has depends on the cloud.
func keyReused(other func(Fixture[quota.Adjuster], *intent)) func(context.Context, Fixture[quota.Adjuster]) error {
	return func(ctx context.Context, f Fixture[quota.Adjuster]) error {
		return reuse(ctx, f, increase(), func(in *intent) { other(f, in) })
	}
}

func keyReusedBackwards(ctx context.Context, f Fixture[quota.Adjuster]) error {
	return reuse(ctx, f, decrease(), func(*intent) {})
}

func reuse(ctx context.Context, f Fixture[quota.Adjuster], second write[quota.Adjuster], other func(*intent)) error {
	in := increase().intend(f, "10.00")
	if err := increase().sent(ctx, f, in, nil); err != nil {
		return err
	}
	changed := in
	other(&changed)
	_, err := second.send(ctx, f.Subject, changed)
	if n := len(f.State.Changes("")); n != 1 {
		return fmt.Errorf("one key made %d changes: %v", n, f.State.Changes(""))
	}
	return refusedSomehow(err)
}

func badMetadata(m map[string]string) func(context.Context, Fixture[quota.Adjuster]) error {
	return func(ctx context.Context, f Fixture[quota.Adjuster]) error {
		in := increase().intend(f, "10.00")
		met := f.script("IncreaseConsumption", fault.Fault{})
		_, err := f.Subject.IncreaseConsumption(ctx, quota.Adjustment{Customer: in.customer, Amount: in.amount, Key: in.key, Metadata: m})
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			func() error { return untouched(f) },
		)
	}
}

func tooMany() map[string]string {
	m := make(map[string]string)
	for i := range 33 {
		m[strconv.Itoa(i)] = "value"
	}
	return m
}
