// SPDX-License-Identifier: Apache-2.0

package costunit

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/resellkit/resell/errors"
)

// Unallocated is the id of the unit that holds what belongs to no cost unit. The empty id means the same.
const Unallocated = "0"

// Unit is one cost unit.
type Unit struct {
	ID    string // the provider's id; Unallocated or "" for what is in no unit
	Owner string // the account that the unit belongs to; empty at Huawei Cloud, where it is that of the credentials
}

// Resource is one billed resource. It is comparable, so that it can be a map key.
type Resource struct {
	ID      string // the provider's resource id; may contain any printable characters, such as "cn-hangzhou;standard"
	Product string // the provider's product, such as "oss": Alibaba's commodity code, Huawei's resource type
	Owner   string // the account that the resource belongs to; empty at Huawei Cloud, where it is that of the credentials
	Region  string // Huawei Cloud: the region, which object storage needs; empty at Alibaba Cloud
	Project string // Huawei Cloud: the IAM project id, which regional products need; empty at Alibaba Cloud
	// Component is the split item of an instance that several units share (Alibaba's ApportionCode); empty for others.
	Component string
}

// Transfer asks that resources move from one unit to another. Either side, not both, may be Unallocated.
type Transfer struct {
	From, To  Unit
	Resources []Resource
}

// Receipt is what a provider said of an applied transfer.
type Receipt struct {
	RequestIDs []string // the provider's ids of the requests that moved something, in order
	Attempts   int      // requests sent to move resources
}

// Transferrer moves resources between cost units.
type Transferrer interface {
	// TransferResources moves every resource of the transfer into the target. A failure half-way is a *PartialError.
	TransferResources(context.Context, Transfer) (Receipt, error)
}

// PartialError says how far a transfer came. The three lists together are the resources of the transfer.
type PartialError struct {
	Moved   []Resource // in the target
	Unmoved []Resource // not in the target
	Unknown []Resource // not known: sent, but neither answered nor found by reading back
	Err     error      // what stopped the transfer; its class is the class of the whole
}

// Error says in one line how many of each there are, and why.
func (e *PartialError) Error() string {
	return fmt.Sprintf("transfer stopped half-way: %d moved, %d not moved, %d unknown: %v", len(e.Moved), len(e.Unmoved), len(e.Unknown), e.Err)
}

// Unwrap returns what stopped the transfer.
func (e *PartialError) Unwrap() error { return e.Err }

// Validate reports the first rule that t breaks, as errors.ErrInvalid, or nil. An adapter adds its own cloud's rules.
func (t Transfer) Validate() error {
	if err := t.From.validate("Transfer.From"); err != nil {
		return err
	}
	if err := t.To.validate("Transfer.To"); err != nil {
		return err
	}
	if t.From.unallocated() && t.To.unallocated() {
		return errors.Invalid("Transfer.To.ID", t.To.ID, "source and target are both unallocated")
	}
	if t.From == t.To {
		return errors.Invalid("Transfer.To.ID", t.To.ID, "source and target are the same unit")
	}
	if len(t.Resources) == 0 {
		return errors.Invalid("Transfer.Resources", "", "must name at least one resource")
	}
	seen := make(map[Resource]int, len(t.Resources))
	for i, r := range t.Resources {
		field := "Transfer.Resources[" + strconv.Itoa(i) + "]"
		for _, f := range []struct{ name, value string }{{".ID", r.ID}, {".Product", r.Product}} {
			if f.value == "" {
				return errors.Invalid(field+f.name, "", "must be set")
			}
		}
		for _, f := range []struct{ name, value string }{{".ID", r.ID}, {".Product", r.Product}, {".Owner", r.Owner}, {".Region", r.Region}, {".Project", r.Project}, {".Component", r.Component}} {
			if err := text(field+f.name, f.value); err != nil {
				return err
			}
		}
		if j, twice := seen[r]; twice {
			return errors.Invalid(field, r.ID, "is the same resource as Transfer.Resources["+strconv.Itoa(j)+"]")
		}
		seen[r] = i
	}
	return nil
}

func (u Unit) unallocated() bool { return u.ID == "" || u.ID == Unallocated }

func (u Unit) validate(field string) error {
	if err := text(field+".ID", u.ID); err != nil {
		return err
	}
	return text(field+".Owner", u.Owner)
}

const maxText = 256

func text(field, value string) error {
	if len(value) > maxText {
		return errors.Invalid(field, value, "must have at most "+strconv.Itoa(maxText)+" characters, has "+strconv.Itoa(len(value)))
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == '�' }) {
		return errors.Invalid(field, value, "must have no control characters and be UTF-8")
	}
	return nil
}
