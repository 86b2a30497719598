// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"strconv"

	"github.com/resellkit/resell/errors"
)

// Threshold is when to warn that little is left: below an amount, or below a share of the limit. Exactly one is set.
type Threshold struct {
	Amount                 Money // > 0
	Numerator, Denominator int   // 0 < Numerator < Denominator <= 10000
}

// Alarms are all the thresholds of a customer. Setting them is absolute: repeating it converges.
type Alarms struct {
	Customer   string
	Thresholds []Threshold // at most 10
	Clear      bool        // must be set, and only then, to remove all thresholds
}

// Alarmer sets and reads when a customer is warned.
type Alarmer interface {
	// SetAlarms makes the customer's thresholds what is asked for. It is absolute: repeating it converges.
	SetAlarms(context.Context, Alarms) (Receipt, error)
	// Alarms reads the customer's thresholds; none is an empty list.
	Alarms(ctx context.Context, customer string) ([]Threshold, error)
}

const maxThresholds = 10

// Validate reports the first rule that a breaks, as errors.ErrInvalid, or nil.
func (a Alarms) Validate() error {
	if err := first(identifier("Alarms.Customer", a.Customer, required)); err != nil {
		return err
	}
	count := strconv.Itoa(len(a.Thresholds))
	switch {
	case len(a.Thresholds) == 0 && !a.Clear:
		return errors.Invalid("Alarms.Thresholds", count, "none would remove all alarms; say so with Alarms.Clear")
	case len(a.Thresholds) > 0 && a.Clear:
		return errors.Invalid("Alarms.Clear", "true", "contradicts the thresholds that are given")
	case len(a.Thresholds) > maxThresholds:
		return errors.Invalid("Alarms.Thresholds", count, "must be at most "+strconv.Itoa(maxThresholds))
	}
	for i, t := range a.Thresholds {
		if err := t.validate("Alarms.Thresholds[" + strconv.Itoa(i) + "]"); err != nil {
			return err
		}
	}
	return nil
}

// IsRatio reports whether t is a share of the limit rather than an amount.
func (t Threshold) IsRatio() bool { return t.Numerator != 0 || t.Denominator != 0 }

func (t Threshold) validate(field string) error {
	if !t.IsRatio() {
		return first(amount(field+".Amount", t.Amount, positive))
	}
	ratio := strconv.Itoa(t.Numerator) + "/" + strconv.Itoa(t.Denominator)
	switch {
	case t.Amount.Currency != "" || !t.Amount.Amount.IsZero():
		return errors.Invalid(field, ratio, "must be an amount or a ratio, not both")
	case t.Numerator <= 0 || t.Numerator >= t.Denominator || t.Denominator > 10000:
		return errors.Invalid(field, ratio, "must be a ratio between 0 and 1, with a denominator of at most 10000")
	}
	return nil
}
