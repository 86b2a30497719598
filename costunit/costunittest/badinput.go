// SPDX-License-Identifier: Apache-2.0

package costunittest

import (
	"context"
	"strings"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/verdict"
)

// badInput is one way to spoil a transfer of three resources.
var badInput = []struct {
	name  string
	spoil func(*costunit.Transfer)
}{
	{"no resources", func(t *costunit.Transfer) { t.Resources = nil }},
	{"both unallocated", func(t *costunit.Transfer) { t.From.ID, t.To.ID = "", costunit.Unallocated }},
	{"source is target", func(t *costunit.Transfer) { t.To = t.From }},
	{"the same resource twice", func(t *costunit.Transfer) { t.Resources[2] = t.Resources[0] }},
	{"resource without id", func(t *costunit.Transfer) { t.Resources[1].ID = "" }},
	{"resource without product", func(t *costunit.Transfer) { t.Resources[1].Product = "" }},
	{"resource id with a line break", func(t *costunit.Transfer) { t.Resources[1].ID = "i-1\n" }},
	{"resource id not UTF-8", func(t *costunit.Transfer) { t.Resources[1].ID = "i-\xff" }},
	{"resource id of 257 characters", func(t *costunit.Transfer) { t.Resources[1].ID = strings.Repeat("i", 257) }},
	{"component with a line break", func(t *costunit.Transfer) { t.Resources[1].Component = "flow\n" }},
	{"unit id with a line break", func(t *costunit.Transfer) { t.To.ID = "1\n" }},
}

func badInputChecks() []check[costunit.Transferrer] {
	checks := make([]check[costunit.Transferrer], 0, len(badInput))
	for _, b := range badInput {
		checks = append(checks, check[costunit.Transferrer]{"bad input/" + b.name, refusedBefore(b.spoil)})
	}
	return checks
}

// refusedBefore: refused before anything is sent.
func refusedBefore(spoil func(*costunit.Transfer)) func(context.Context, Fixture[costunit.Transferrer]) error {
	return func(ctx context.Context, f Fixture[costunit.Transferrer]) error {
		t := f.transfer(3)
		spoil(&t)
		met := f.counted(opTransfer)
		_, err := f.Subject.TransferResources(ctx, t)
		return verdict.First(
			func() error { return verdict.Want(err, errors.ErrInvalid) },
			func() error { return verdict.Unmet(met) },
			f.untouched,
		)
	}
}
