// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"slices"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
)

var _ costunit.Transferrer = (*Client)(nil)

// allocate is not repeatable by itself: after an uncertain attempt the units are read back, and only what has not moved
// is sent again.
var allocate = &operation{name: "AllocateCostUnitResource", write: true, accept: dataIsSuccess}

// Alibaba takes at most this many resources in one call.
const allocateBatch = 100

// TransferResources moves resources between cost units (AllocateCostUnitResource), in batches of 100. Ids are positive
// decimal numbers; the unallocated unit is costunit.Unallocated on either side (0 as a source, -1 as a target on the
// wire). Data.IsSuccess decides; one flag stands for a whole batch. After an uncertain attempt the target and the source
// are read, and only what has not moved is sent again. A transfer that stops after something moved, or with something
// unknown, is a *costunit.PartialError.
func (c *Client) TransferResources(ctx context.Context, t costunit.Transfer) (receipt costunit.Receipt, err error) {
	err = c.call.Watch(ctx, allocate.name, func(ctx context.Context) error {
		if err := checkTransfer(t); err != nil {
			return refuse(allocate.name, err)
		}
		return c.transfer(ctx, t, &receipt)
	})
	return receipt, err
}

func (c *Client) transfer(ctx context.Context, t costunit.Transfer, receipt *costunit.Receipt) error {
	for start := 0; start < len(t.Resources); start += allocateBatch {
		end := min(start+allocateBatch, len(t.Resources))
		batch := t.Resources[start:end]
		unmoved, unknown, err := c.moveBatch(ctx, t, batch, receipt)
		if err == nil {
			continue
		}
		partial := &costunit.PartialError{Unknown: unknown, Unmoved: append(slices.Clone(unmoved), t.Resources[end:]...), Err: err}
		partial.Moved = append(slices.Clone(t.Resources[:start]), without(batch, unmoved, unknown)...)
		if len(partial.Moved) == 0 && len(partial.Unknown) == 0 {
			return err // nothing half-way about it
		}
		return partial
	}
	return nil
}

// moveBatch moves one batch. With an error it also says which of the batch did not move, and of which it is not known.
func (c *Client) moveBatch(ctx context.Context, t costunit.Transfer, batch []costunit.Resource, receipt *costunit.Receipt) (unmoved, unknown []costunit.Resource, err error) {
	pending := batch
	for round := 1; ; round++ {
		err := c.allocate(ctx, t, pending, receipt)
		doubt := errors.Is(err, errors.ErrUncertain)
		refused := errors.Is(err, errors.ErrConflict) // by Data.IsSuccess: one flag for what may be a part of the batch
		if err != nil && round > 1 {
			err = inDoubt(ctx, err) // the earlier attempt may be late
		}
		if err == nil || (!doubt && !refused) {
			return pending, nil, err
		}
		held, readErr := c.held(ctx, t.To, pending)
		if readErr != nil {
			return nil, pending, inDoubt(ctx, err)
		}
		pending = slices.DeleteFunc(slices.Clone(pending), func(r costunit.Resource) bool { return held[r] })
		if len(pending) == 0 {
			return nil, nil, nil
		}
		if refused {
			return pending, nil, err
		}
		left, readErr := c.held(ctx, t.From, pending)
		lost := slices.DeleteFunc(slices.Clone(pending), func(r costunit.Resource) bool { return left[r] })
		if readErr != nil || len(lost) > 0 || !c.call.Pause(ctx, round) {
			return without(pending, lost), lost, inDoubt(ctx, err)
		}
	}
}

// allocate sends one AllocateCostUnitResource.
func (c *Client) allocate(ctx context.Context, t costunit.Transfer, resources []costunit.Resource, receipt *costunit.Receipt) error {
	params := make([]acs.Param, 0, 4+4*len(resources))
	params = append(params,
		acs.Param{Name: "FromUnitUserId", Value: t.From.Owner},
		acs.Param{Name: "FromUnitId", Value: wireUnit(t.From.ID, "0")},
		acs.Param{Name: "ToUnitUserId", Value: t.To.Owner},
		acs.Param{Name: "ToUnitId", Value: wireUnit(t.To.ID, "-1")})
	for i, r := range resources {
		prefix := "ResourceInstanceList." + strconv.Itoa(i+1) + "."
		params = append(params,
			acs.Param{Name: prefix + "ResourceId", Value: r.ID},
			acs.Param{Name: prefix + "CommodityCode", Value: r.Product},
			acs.Param{Name: prefix + "ResourceUserId", Value: r.Owner})
		if r.Component != "" {
			params = append(params, acs.Param{Name: prefix + "ApportionCode", Value: r.Component})
		}
	}
	var env envelope
	attempts, err := c.send(ctx, allocate, params, &env)
	receipt.Attempts += attempts
	if err != nil {
		return err
	}
	receipt.RequestIDs = append(receipt.RequestIDs, string(env.RequestID))
	return nil
}

// inDoubt is err as ErrUncertain, with the context's end visible: a refusal that could not be followed up leaves open
// what moved.
func inDoubt(ctx context.Context, err error) error {
	known, ok := errors.AsType[*errors.Error](err)
	if !ok {
		return err
	}
	doubt := *known
	call.KeepDoubt(&doubt)
	if ctx.Err() != nil {
		doubt.Err = ctx.Err()
	}
	return &doubt
}

func without(all []costunit.Resource, lists ...[]costunit.Resource) []costunit.Resource {
	out := make(map[costunit.Resource]bool)
	for _, list := range lists {
		for _, r := range list {
			out[r] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(r costunit.Resource) bool { return out[r] })
}

// wireUnit is the unit's number, or what stands for no unit on that side.
func wireUnit(id, none string) string {
	if id == "" || id == costunit.Unallocated {
		return none
	}
	return id
}

func checkTransfer(t costunit.Transfer) error {
	if err := t.Validate(); err != nil {
		return err
	}
	for _, u := range []struct {
		field string
		unit  costunit.Unit
	}{{"Transfer.From", t.From}, {"Transfer.To", t.To}} {
		if err := checkUnit(u.field, u.unit); err != nil {
			return err
		}
	}
	for i, r := range t.Resources {
		field := "Transfer.Resources[" + strconv.Itoa(i) + "]"
		if err := checkOwner(field+".Owner", r.Owner); err != nil {
			return err
		}
		for _, f := range []struct{ name, value string }{{".Region", r.Region}, {".Project", r.Project}} {
			if f.value != "" {
				return errors.Invalid(field+f.name, f.value, "must be empty: Alibaba Cloud finds a resource without it")
			}
		}
	}
	return nil
}

const accountRule = "must be an Alibaba Cloud account id: a positive decimal number below 2^63, without leading zeros"

func checkUnit(field string, u costunit.Unit) error {
	if wireUnit(u.ID, "") != "" && !positiveID(u.ID) {
		return errors.Invalid(field+".ID", u.ID, "must be a positive decimal number below 2^63, or costunit.Unallocated")
	}
	return checkOwner(field+".Owner", u.Owner)
}
