// SPDX-License-Identifier: Apache-2.0

package quota

import "context"

// Freeze asks that a customer be stopped, or started again. It is absolute: repeating it converges.
type Freeze struct {
	Customer string
	Reseller string // the indirect partner's id, where the customer belongs to one; empty otherwise (Huawei Cloud)
	// Reason is kept by the provider where it has a place for one (Huawei Cloud, which requires it): at most 256 characters.
	Reason string
	// Resources asks that what is running be stopped too, and at once. Unfreezing must say the same as freezing did: a
	// cloud that knows two kinds of freezing (Huawei Cloud) refuses to lift the other one.
	Resources bool
}

// Freezer stops customers and starts them again.
type Freezer interface {
	// Freeze stops the customer.
	Freeze(context.Context, Freeze) (Receipt, error)
	// Unfreeze starts the customer again.
	Unfreeze(context.Context, Freeze) (Receipt, error)
}

const maxReason = 256

// Validate reports the first rule that f breaks, as errors.ErrInvalid, or nil.
func (f Freeze) Validate() error {
	return first(
		identifier("Freeze.Customer", f.Customer, required),
		identifier("Freeze.Reseller", f.Reseller, optional),
		line("Freeze.Reason", f.Reason, maxReason),
	)
}
