// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"testing"

	"github.com/resellkit/resell/quota"
)

// memory is a fixture of the Provider itself.
func memory[T any](p *Provider) Fixture[T] {
	return Fixture[T]{Subject: any(p).(T), State: p}
}

func TestProviderIsLimiter(t *testing.T) {
	TestLimiter(t, func(*testing.T) Fixture[quota.Limiter] { return memory[quota.Limiter](new(Provider)) })
}

func TestProviderIsLedger(t *testing.T) {
	TestLedger(t, func(*testing.T) Fixture[quota.Ledger] { return memory[quota.Ledger](new(Provider)) })
}

func TestProviderIsAdjuster(t *testing.T) {
	TestAdjuster(t, func(*testing.T) Fixture[quota.Adjuster] {
		return memory[quota.Adjuster](&Provider{Currency: quota.USD})
	})
}

func TestProviderIsBudgeter(t *testing.T) {
	TestBudgeter(t, func(*testing.T) Fixture[quota.Budgeter] {
		return memory[quota.Budgeter](&Provider{Currency: quota.USD})
	})
}
