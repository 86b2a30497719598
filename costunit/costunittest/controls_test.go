// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

// broken is a client of a Provider, with a bug.
type broken struct {
	*Provider
	bug    bug
	memory sync.Map // what the bug remembers
	turn   sync.Mutex
}

type bug func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error)

func (b *broken) TransferResources(ctx context.Context, t costunit.Transfer) (costunit.Receipt, error) {
	return b.bug(ctx, b, t)
}

// controls are clients with one thing wrong, and expressions for the names of the checks that must notice it.
var controls = []struct {
	name    string
	bug     bug
	noticed []string
}{
	{
		"moves nothing",
		func(context.Context, *broken, costunit.Transfer) (costunit.Receipt, error) {
			return costunit.Receipt{RequestIDs: []string{"1"}, Attempts: 1}, nil
		},
		[]string{"^moves/", "refused", "throttled", "unclear", "cancelled", "at once", "arrives", "bad input"},
	},
	{
		"gives no receipt",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			_, err := b.Provider.TransferResources(ctx, t)
			return costunit.Receipt{}, err
		},
		[]string{"moves/one$", "moves/250", "moves/.*unallocated"},
	},
	{
		"sends the first hundred only",
		changed(func(t *costunit.Transfer) { t.Resources = t.Resources[:min(batch, len(t.Resources))] }),
		[]string{"moves/250", "repeated", "some are there", "second request"},
	},
	{
		"moves the whole unit",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			if t.Validate() == nil {
				for _, r := range b.Holds(t.From) {
					if !slices.Contains(t.Resources, r) {
						t.Resources = append(t.Resources, r)
					}
				}
			}
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"only what is named", "one component"},
	},
	{
		"forgets the component",
		changed(func(t *costunit.Transfer) {
			for i := range t.Resources {
				t.Resources[i].Component = ""
			}
		}),
		[]string{"one component", "component with a line break"},
	},
	{
		"cuts ids at the first sign",
		changed(func(t *costunit.Transfer) {
			sign := regexp.MustCompile(`[^a-z0-9-].*`)
			for i := range t.Resources {
				t.Resources[i].ID = sign.ReplaceAllString(t.Resources[i].ID, "")
			}
		}),
		[]string{"printable"},
	},
	{
		"moves back and forth",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			if receipt, err := b.Provider.TransferResources(ctx, t); err != nil {
				return receipt, err
			}
			back := costunit.Transfer{From: t.To, To: t.From, Resources: t.Resources}
			if receipt, err := b.Provider.TransferResources(ctx, back); err != nil {
				return receipt, err
			}
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"moves/(one$|250|repeated|some)", "at once/many", "at once/one"},
	},
	{
		"takes what was sent once for done",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			if t.Validate() == nil {
				if _, before := b.memory.LoadOrStore(t.Resources[0].ID, true); before {
					return costunit.Receipt{RequestIDs: []string{"1"}, Attempts: 1}, nil
				}
			}
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"and back", "unclear/(lost request|reset before|503|HTML|302)", "throttled", "cancelled in flight/hang/", "two targets"},
	},
	{
		"refuses what is there already",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			b.turn.Lock() // else all may look before one moves, which nobody would notice
			defer b.turn.Unlock()
			for _, r := range b.Holds(t.To) {
				if slices.Contains(t.Resources, r) {
					return costunit.Receipt{}, &errors.Error{Class: errors.ErrConflict}
				}
			}
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"repeated", "some are there", "unclear/lost reply", "unclear/reset after", "one transfer many times", "cancelled in flight/hang, applied"},
	},
	{
		"takes anything from anywhere",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			b.turn.Lock() // else all may be put there before one moves, which nobody would notice
			defer b.turn.Unlock()
			b.Put(t.From, t.Resources...)
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"not in the source", "two targets", "repeated"},
	},
	{
		"says that an uncertain transfer was not made",
		onError(func(err error) error {
			if errors.Is(err, errors.ErrUncertain) {
				return &errors.Error{Class: errors.ErrUnavailable}
			}
			return err
		}),
		[]string{"unclear/[^g]", "no reply", "cancelled in flight"},
	},
	{
		"hides how far it came",
		onError(func(err error) error {
			if partial, half := errors.AsType[*costunit.PartialError](err); half {
				return partial.Err
			}
			return err
		}),
		[]string{"refused/second", "unclear/[^g].*second", "cancelled in flight.*second", "throttled/second"},
	},
	{
		"guesses how far it came",
		onError(func(err error) error {
			if partial, half := errors.AsType[*costunit.PartialError](err); half {
				return &costunit.PartialError{Moved: slices.Concat(partial.Moved, partial.Unknown), Unmoved: partial.Unmoved, Err: partial.Err}
			}
			return err
		}),
		[]string{"unclear/(lost request|reset before|503|HTML|302)", "cancelled in flight/hang/"},
	},
	{
		"knows only the request that failed",
		onError(func(err error) error {
			if partial, half := errors.AsType[*costunit.PartialError](err); half {
				return &costunit.PartialError{Moved: partial.Moved, Unknown: partial.Unknown, Err: partial.Err}
			}
			return err
		}),
		[]string{"refused/second", "unclear/[^g]", "throttled/second"},
	},
	{
		"hides the class and the cause",
		onError(func(error) error { return errors.New("something went wrong") }),
		[]string{"cancelled", "refused", "throttled", "unclear/[^g]", "arrives", "bad input"},
	},
	{
		"swallows errors",
		onError(func(error) error { return nil }),
		[]string{"cancelled", "refused", "throttled", "unclear/(lost request|reset before|503|HTML|302)", "no request", "not in the source", "bad input", "two targets"},
	},
	{
		"is certain of everything",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			receipt, err := b.Provider.TransferResources(ctx, t)
			if receipt.Attempts > 0 && t.Resources[0].Owner != "" && len(b.Moves()) == many {
				return receipt, &errors.Error{Class: errors.ErrConflict}
			}
			return receipt, err
		},
		[]string{"unclear/gzip", "moves/250"},
	},
	{
		"ignores the context",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*verdict.Promptly)
			defer cancel()
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"cancelled"},
	},
	{
		"is slow to give up",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			receipt, err := b.Provider.TransferResources(ctx, t)
			if ctx.Err() != nil {
				time.Sleep(4 * verdict.Promptly)
			}
			return receipt, err
		},
		[]string{"cancelled in flight"},
	},
	{
		"sends before it looks",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			if f, _ := b.Faults.Next(opTransfer); f.Seen != nil {
				f.Seen()
			}
			return b.Provider.TransferResources(ctx, t)
		},
		[]string{"bad input"},
	},
	{
		"mixes up transfers",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			b.memory.Store("t", t)
			time.Sleep(time.Millisecond)
			last, _ := b.memory.Load("t")
			return b.Provider.TransferResources(ctx, last.(costunit.Transfer))
		},
		[]string{"at once/many transfers"},
	},
	{
		"claims the other's target",
		func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
			receipt, err := b.Provider.TransferResources(ctx, t)
			if errors.Is(err, errors.ErrNotFound) {
				return receipt, nil
			}
			return receipt, err
		},
		[]string{"at once/two targets", "not in the source"},
	},
}

// control is a client with one thing wrong, and expressions for the names of the checks that must notice it.
type control struct {
	name    string
	client  func(*Provider) any
	noticed []string
}

// TestControls: each check is failed by what it is there to find. That the Provider passes, suite_test.go shows.
func TestControls(t *testing.T) {
	var transfers []control
	for _, c := range controls {
		transfers = append(transfers, control{c.name, func(p *Provider) any { return &broken{Provider: p, bug: c.bug} }, c.noticed})
	}
	var units []control
	for _, c := range controlsOfUnits {
		units = append(units, control{c.name, func(p *Provider) any { return &brokenUnits{Provider: p, unitBug: c.bug} }, c.noticed})
	}
	var noticed sync.Map // control and expression -> true
	t.Run("suites", func(t *testing.T) {
		controlled(t, transferrerChecks(), transfers, &noticed)
		controlled(t, listerChecks(), units, &noticed)
		controlled(t, managerChecks(), units, &noticed)
		controlled(t, removerChecks(), units, &noticed)
	})
	for _, c := range slices.Concat(transfers, units) {
		for _, word := range c.noticed {
			_, used := noticed.Load(c.name + word)
			require.True(t, used, "%s: there is no check named %q", c.name, word)
		}
	}
}

// controlled holds each check against the controls that it must notice, of which there must be one.
func controlled[T any](t *testing.T, checks []check[T], controls []control, noticed *sync.Map) {
	t.Helper()
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for _, c := range controls {
				for _, word := range c.noticed {
					if !regexp.MustCompile(word).MatchString(check.name) {
						continue
					}
					noticed.Store(c.name+word, true)
					p := new(Provider)
					fixture := Fixture[T]{Subject: c.client(p).(T), State: p, Tree: true}.complete()
					require.Error(t, check.run(t.Context(), fixture), "a client that %s goes unnoticed", c.name)
					found++
					break
				}
			}
			require.NotZero(t, found, "no control proves that this check can fail")
		})
	}
}

// changed sends another transfer than the one that was asked for.
func changed(change func(*costunit.Transfer)) bug {
	return func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
		t.Resources = slices.Clone(t.Resources)
		change(&t)
		return b.Provider.TransferResources(ctx, t)
	}
}

func onError(report func(error) error) bug {
	return func(ctx context.Context, b *broken, t costunit.Transfer) (costunit.Receipt, error) {
		receipt, err := b.Provider.TransferResources(ctx, t)
		if err != nil {
			err = report(err)
		}
		return receipt, err
	}
}
