// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
	"github.com/resellkit/resell/quota"
)

// Expressions for the names of the checks of all writing and all reading methods.
const (
	writes = "^(Create|Set|Increase|Decrease|Freeze|Unfreeze)[A-Za-z]*/"
	reads  = "^(AvailableQuota|Budget|Alarms|Customers|Standings)/"
)

// control is a client with one thing wrong, and expressions for the names of the checks that must notice it.
type control struct {
	name    string
	bug     bug
	noticed []string
}

// controls are those of the quota itself, and of whatever is wrong in the same way everywhere.
var controls = []control{
	{
		"changes nothing",
		bug{write: func(context.Context, *broken, string, intent, sender) (quota.Receipt, error) {
			return quota.Receipt{RequestID: "1", Attempts: 1}, nil
		}},
		[]string{writes + "(applied|every|repeated|throttled|unclear|many|cancelled)", "last one", "then set", "up and down", "another one is", "unfreezes"},
	},
	{
		"computes in floats",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if in.amount.Amount.Exponent() > -3 && in.amount.Amount.Exponent() < 1 { // not those that floats cannot hold at all
				in.amount.Amount = decimal.NewFromFloat32(float32(in.amount.Amount.InexactFloat64())).Round(2) //nolint:forbidigo // the bug that is looked for
			}
			return send(ctx, method, in)
		}},
		[]string{writes + "every digit"},
	},
	{
		"rounds to two decimals",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if in.amount.Amount.Exponent() == -3 {
				in.amount.Amount = in.amount.Amount.Round(2)
			}
			return send(ctx, method, in)
		}},
		[]string{"three decimals"},
	},
	{
		"sends twice",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if _, err := send(ctx, method, in); err != nil {
				return quota.Receipt{}, err
			}
			if in.key != "" {
				in.key = quota.NewKey()
			}
			return send(ctx, method, in)
		}},
		[]string{"(Quota|tion)/applied as asked", "SetBudget/applied", "sum of many", "another one is"},
	},
	{
		"makes the key anew for each call",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			in.key = quota.NewKey()
			return send(ctx, method, in)
		}},
		[]string{
			"Consumption/(repeated|one intent|cancelled in flight/hang, applied)",
			"Consumption/unclear/(lost reply|reset after|empty 200|truncated JSON|cut reply|20 MB|gzip)",
			"Key/(goes|reused)", "bad input/(no key|key)",
		},
	},
	{
		"repeats with another key",
		bug{write: again(4, func(in *intent) { in.key = quota.NewKey() })},
		[]string{"Consumption/no reply", "(Create|Increase|Decrease).*/unclear/(lost reply|reset after|empty 200|truncated JSON|cut reply|20 MB)"},
	},
	{
		"adds up instead of setting",
		bug{write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
			receipt, err := send(ctx, method, in)
			if before, there := b.memory.Load(in.customer); there && err == nil {
				in.amount.Amount = in.amount.Amount.Add(before.(decimal.Decimal))
				receipt, err = send(ctx, method, in)
			}
			b.memory.Store(in.customer, in.amount.Amount)
			return receipt, err
		}},
		[]string{"Set(Quota|Budget)/(repeated|one intent)", "last one wins"},
	},
	{
		"says that an uncertain change was not applied",
		bug{write: onError(func(err error) error {
			if errors.Is(err, errors.ErrUncertain) {
				return &errors.Error{Class: errors.ErrUnavailable}
			}
			return err
		})},
		[]string{writes + "(unclear/[^g]|no reply|cancelled in flight)"},
	},
	{
		"hides the class and the cause",
		bug{write: onError(plain), read: onReadError(plain)},
		[]string{"throttled", "refused", "unclear/[^g]", "cancelled", "no request", "no reply", "bad input", "already", "AvailableQuota/not open"},
	},
	{
		"swallows errors",
		bug{write: onError(nothing), read: onReadError(nothing)},
		[]string{
			"/throttled", "refused", "unclear/(lost request|reset before|503|HTML|302)", reads + "unclear/[^g]", "no request", "cancelled",
			"bad input", "already", "Key/reused", "not open", "Metadata",
		},
	},
	{
		"ignores the context",
		bug{
			write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
				ctx, cancel := deaf(ctx)
				defer cancel()
				return send(ctx, method, in)
			},
			read: func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
				ctx, cancel := deaf(ctx)
				defer cancel()
				return ask(ctx, customer)
			},
		},
		[]string{"cancelled"},
	},
	{
		"is slow to give up",
		bug{
			write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
				receipt, err := send(ctx, method, in)
				lingers(ctx)
				return receipt, err
			},
			read: func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
				m, err := ask(ctx, customer)
				lingers(ctx)
				return m, err
			},
		},
		[]string{"cancelled in flight"},
	},
	{
		"mixes up customers",
		bug{
			write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
				return send(ctx, method, mixed(b, in))
			},
			read: mixedReads(),
		},
		[]string{"many customers at once"},
	},
	{
		"does not know a repeat of what is under way",
		bug{write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if _, busy := b.memory.LoadOrStore(in.customer+string(in.key), true); busy {
				return quota.Receipt{}, &errors.Error{Class: errors.ErrConflict}
			}
			return send(ctx, method, in)
		}},
		[]string{writes + "(one intent|repeated)"},
	},
	{
		"gives no receipt",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			_, err := send(ctx, method, in)
			return quota.Receipt{}, err
		}},
		[]string{writes + "applied as asked"},
	},
	{
		"sends before it looks",
		bug{write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if f, _ := b.Faults.Next(method); f.Seen != nil {
				f.Seen()
			}
			return send(ctx, method, in)
		}},
		[]string{writes + "bad input", "Metadata"},
	},
	{
		"makes a change of a read that failed",
		bug{read: onReadError(func(err error) error {
			if errors.Is(err, errors.ErrUnavailable) {
				return &errors.Error{Class: errors.ErrUncertain, Err: err}
			}
			return err
		})},
		[]string{reads + "(unclear/[^g]|cancelled)"},
	},
	{
		"reads a number that is never negative",
		bug{read: func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
			m, err := ask(ctx, customer)
			m.Amount = m.Amount.Abs()
			return m, err
		}},
		[]string{"limit less use", "last one wins"},
	},
	{
		"makes up a number",
		bug{read: func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
			if m, err := ask(ctx, customer); err == nil {
				return m, nil
			}
			return quota.Money{Currency: quota.CNY}, nil
		}},
		[]string{reads + "(unclear/[^g]|throttled|refused|bad input|cancelled)", "AvailableQuota/not open"},
	},
	{
		"garbles what is legal",
		bug{read: func(context.Context, string, asker) (quota.Money, error) {
			return quota.Money{}, &errors.Error{Class: errors.ErrUncertain}
		}},
		[]string{reads + "unclear/gzip"},
	},
	{
		"opens what it should only set, and sets what it should only open",
		bug{
			write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
				receipt, err := send(ctx, method, in)
				switch {
				case errors.Is(err, errors.ErrExists):
					return send(ctx, "SetQuota", in)
				case errors.Is(err, errors.ErrNotFound):
					return send(ctx, "CreateQuota", in)
				}
				return receipt, err
			},
			read: onReadError(nothing),
		},
		[]string{"open already", "not open", "CreateQuota/(repeated|one intent)"},
	},
	{
		"takes up for down",
		bug{write: func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if method == "IncreaseConsumption" {
				return send(ctx, "DecreaseConsumption", in)
			}
			return send(ctx, "IncreaseConsumption", in)
		}},
		[]string{"up and down"},
	},
	{
		"takes the same amount for a repeat",
		bug{write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
			if _, known := b.memory.LoadOrStore(in.customer+in.amount.String(), true); known {
				return quota.Receipt{RequestID: "1", Attempts: 1}, nil
			}
			return send(ctx, method, in)
		}},
		[]string{"another one is another change"},
	},
	{
		"loses updates",
		bug{write: func(ctx context.Context, b *broken, method string, in intent, send sender) (quota.Receipt, error) {
			receipt, err := send(ctx, method, in)
			if strings.HasSuffix(method, "Consumption") && err == nil && len(b.Changes(in.customer)) > 1 {
				b.Update(in.customer, func(s *State) { // as if another writer's value had come over it
					lost := in.amount.Amount
					if method == "DecreaseConsumption" {
						lost = lost.Neg()
					}
					s.Consumed.Amount = s.Consumed.Amount.Sub(lost)
				})
			}
			return receipt, err
		}},
		[]string{"sum of many"},
	},
	{
		"knows only its own terms",
		bug{terms: func(b *quota.Budget) {
			b.Period, b.OnExceed, b.Unfreeze = "", quota.FreezeByHand, !b.Unfreeze
		}},
		[]string{"SetBudget/terms", "keeps frozen", "unfreezes", "^Budget/terms", "unknown period", "unknown action"},
	},
	{
		"corrects bad terms",
		bug{terms: func(b *quota.Budget) {
			b.Reseller, b.Limit.Amount = "", decimal.Min(b.Limit.Amount, decimal.NewFromInt(1000))
		}},
		[]string{"above the highest", "SetBudget.*reseller with a space"},
	},
	{
		"reports the limit that was never set",
		bug{terms: func(b *quota.Budget) {
			b.Used.Amount = decimal.Zero
			if b.Limit.Amount.IsZero() {
				b.Limit.Amount = decimal.NewFromInt(1)
			}
		}},
		[]string{"Budget/none set", "use stays"},
	},
}

// TestControls: each check of the suites is failed by what it is there to find. That the Provider passes, suite_test.go shows.
func TestControls(t *testing.T) {
	var noticed sync.Map // control and word -> true
	t.Run("suites", func(t *testing.T) {
		controlled(t, limiterChecks(), &noticed)
		controlled(t, ledgerChecks(), &noticed)
		controlled(t, adjusterChecks(), &noticed)
		controlled(t, budgeterChecks(), &noticed)
		controlled(t, freezerChecks(), &noticed)
		controlled(t, alarmerChecks(), &noticed)
		controlled(t, directoryChecks(), &noticed)
		controlled(t, standingChecks(), &noticed)
	})
	for _, c := range slices.Concat(controls, controlsOfCustomers) {
		for _, word := range c.noticed {
			_, used := noticed.Load(c.name + word)
			require.True(t, used, "%s: there is no check named %q", c.name, word)
		}
	}
}

// controlled holds each check against the controls that it must notice, of which there must be one.
func controlled[T any](t *testing.T, checks []check[T], noticed *sync.Map) {
	t.Helper()
	for _, check := range checks {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for _, c := range slices.Concat(controls, controlsOfCustomers) {
				for _, word := range c.noticed {
					if !regexp.MustCompile(word).MatchString(check.name) {
						continue
					}
					noticed.Store(c.name+word, true)
					p := new(Provider)
					client := &broken{Provider: p, bug: c.bug}
					fixture := Fixture[T]{Subject: any(client).(T), State: p}.complete()
					require.Error(t, check.run(t.Context(), fixture), "a client that %s goes unnoticed", c.name)
					found++
					break
				}
			}
			require.NotZero(t, found, "no control proves that this check can fail")
		})
	}
}

// again repeats what is uncertain, spoiled a little each time.
func again(times int, spoil func(*intent)) func(context.Context, *broken, string, intent, sender) (quota.Receipt, error) {
	return func(ctx context.Context, _ *broken, method string, in intent, send sender) (receipt quota.Receipt, err error) {
		for range times {
			if receipt, err = send(ctx, method, in); !errors.Is(err, errors.ErrUncertain) {
				break
			}
			spoil(&in)
		}
		return receipt, err
	}
}

func onError(report func(error) error) func(context.Context, *broken, string, intent, sender) (quota.Receipt, error) {
	return func(ctx context.Context, _ *broken, method string, in intent, send sender) (quota.Receipt, error) {
		receipt, err := send(ctx, method, in)
		if err != nil {
			err = report(err)
		}
		return receipt, err
	}
}

func onReadError(report func(error) error) func(context.Context, string, asker) (quota.Money, error) {
	return func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
		m, err := ask(ctx, customer)
		if err != nil {
			err = report(err)
		}
		return m, err
	}
}

func nothing(error) error { return nil }

func plain(error) error { return errors.New("something went wrong") }

// deaf does not hear that ctx was cancelled, and has a time limit of its own.
func deaf(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 4*verdict.Promptly)
}

func lingers(ctx context.Context) {
	if ctx.Err() != nil {
		time.Sleep(4 * verdict.Promptly)
	}
}

// mixed keeps the request in one place for all goroutines, without a data race.
func mixed(b *broken, in intent) intent {
	b.memory.Store("in", in)
	time.Sleep(time.Millisecond)
	last, _ := b.memory.Load("in")
	return last.(intent)
}

func mixedReads() func(context.Context, string, asker) (quota.Money, error) {
	var last atomic.Value
	return func(ctx context.Context, customer string, ask asker) (quota.Money, error) {
		last.Store(customer)
		time.Sleep(time.Millisecond)
		return ask(ctx, last.Load().(string))
	}
}
