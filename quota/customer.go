// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"iter"
	"time"
)

// Customer is one account that the reseller may act on, as far as the provider tells.
type Customer struct {
	ID         string
	Name       string    // empty: not told
	Reseller   string    // the indirect partner's id; empty: none, or not told
	Frozen     *bool     // nil: not told
	Associated time.Time // zero: not told
	Detail     any       // the provider's own record, of the adapter's type; nil: none
}

// Directory lists customers.
type Directory interface {
	// Customers iterates over the customers that the reseller may act on, page by page, each once. It ends after the
	// first error, which it yields. Breaking off sends nothing more.
	Customers(context.Context) iter.Seq2[Customer, error]
}

// Standing is what a customer may spend, has spent and has left, as far as the provider tells: nil is not told, never
// zero.
type Standing struct {
	Customer               string
	Limit, Used, Available *Money
	Frozen                 *bool
}

// StandingReader reads how customers stand.
type StandingReader interface {
	// Standings yields exactly one pair for each customer that is named, in that order, with the error of that customer
	// if its standing could not be read (errors.ErrNotFound where the provider does not know it). After the end of the
	// context one last pair carries its error.
	Standings(ctx context.Context, customers ...string) iter.Seq2[Standing, error]
}

// CustomerChecker knows what a customer's id looks like, so that a wrong one can be refused before it is stored anywhere.
type CustomerChecker interface {
	// CheckCustomer reports what is wrong with the id, as errors.ErrInvalid, or nil. It sends nothing: the customer need
	// not exist.
	CheckCustomer(customer string) error
}
