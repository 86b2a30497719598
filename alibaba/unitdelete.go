// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"encoding/json"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/wire"
)

// deleteUnit is repeatable: ids are not given again, so that a second request finds nothing.
var deleteUnit = &operation{name: "DeleteCostUnit", write: true, repeatable: true, accept: dataDeleted}

// DeleteUnit deletes one cost unit (DeleteCostUnit). Id and owner are positive decimal numbers; what stands for the top
// (-1) and for no unit (0) is refused. Alibaba does not document what becomes of the resources in a deleted unit and of
// the units below it, nor whether it refuses to delete a unit that has any: move them out first.
//
// Data.IsSuccess decides. Where it is false, or Alibaba says that the unit is not the account's, the units are read
// (QueryCostUnit) to tell errors.ErrNotFound from errors.ErrConflict and errors.ErrDenied. After a doubt they are read,
// too: a unit that is not there any more is deleted.
func (c *Client) DeleteUnit(ctx context.Context, unit costunit.Unit) error {
	return c.call.Watch(ctx, deleteUnit.name, func(ctx context.Context) error {
		if err := checkNamed("Unit", unit); err != nil {
			return refuse(deleteUnit.name, err)
		}
		err := c.deleteUnit(ctx, unit)
		failure, ok := errors.AsType[*errors.Error](err)
		doubt, refused := errors.Is(err, errors.ErrUncertain), errors.Is(err, errors.ErrConflict)
		if !ok || !doubt && !refused && failure.Code != unitNotOwned {
			return err
		}
		there, readErr := c.isThere(ctx, unit)
		switch {
		case readErr != nil && doubt:
			return inDoubt(ctx, err)
		case readErr != nil || there:
			return err
		case doubt:
			return nil
		}
		absent := *failure
		absent.Class, absent.Message = errors.ErrNotFound, "there is no such unit"
		return &absent
	})
}

func (c *Client) deleteUnit(ctx context.Context, unit costunit.Unit) error {
	params := []acs.Param{{Name: "OwnerUid", Value: unit.Owner}, {Name: "UnitId", Value: unit.ID}}
	var env envelope
	attempts, err := c.send(ctx, deleteUnit, params, &env)
	if err != nil {
		return err
	}
	var data struct {
		UnitID wire.Text `json:"UnitId"`
	}
	if json.Unmarshal(env.Data, &data) == nil && (data.UnitID == "" || string(data.UnitID) == unit.ID) {
		return nil
	}
	return &errors.Error{
		Provider: provider, Op: deleteUnit.name, Class: errors.ErrUncertain, RequestID: string(env.RequestID), Attempts: attempts,
		Message: "the reply tells of another unit",
	}
}
