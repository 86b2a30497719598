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

func TestProviderIsFreezer(t *testing.T) {
	TestFreezer(t, func(*testing.T) Fixture[quota.Freezer] { return memory[quota.Freezer](new(Provider)) })
}

func TestProviderIsAlarmer(t *testing.T) {
	TestAlarmer(t, func(*testing.T) Fixture[quota.Alarmer] {
		return memory[quota.Alarmer](&Provider{Currency: quota.USD})
	})
}

func TestProviderIsDirectory(t *testing.T) {
	TestDirectory(t, func(*testing.T) Fixture[quota.Directory] { return memory[quota.Directory](new(Provider)) })
}

func TestProviderIsStandingReader(t *testing.T) {
	TestStandingReader(t, func(*testing.T) Fixture[quota.StandingReader] {
		return memory[quota.StandingReader](&Provider{Currency: quota.USD})
	})
}
