// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"testing"

	"github.com/resellkit/resell/costunit"
)

func TestProviderIsTransferrer(t *testing.T) {
	TestTransferrer(t, func(*testing.T) Fixture[costunit.Transferrer] {
		p := new(Provider)
		return Fixture[costunit.Transferrer]{Subject: p, State: p}
	})
}

func TestProviderIsLister(t *testing.T) { onProvider(t, TestLister) }

func TestProviderIsManager(t *testing.T) { onProvider(t, TestManager) }

func TestProviderIsRemover(t *testing.T) { onProvider(t, TestRemover) }

// onProvider runs a suite on units that form a tree.
func onProvider[T any](t *testing.T, suite func(*testing.T, func(*testing.T) Fixture[T])) {
	suite(t, func(*testing.T) Fixture[T] {
		p := new(Provider)
		return Fixture[T]{Subject: any(p).(T), State: p, Tree: true}
	})
}
