// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"cmp"
	"context"
	"iter"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

var (
	_ costunit.Lister  = (*Client)(nil)
	_ costunit.Manager = (*Client)(nil)
	_ costunit.Remover = (*Client)(nil)
)

var listUnits = &operation{name: "QueryCostUnit", accept: dataObject}

const (
	// unitsPage is the largest that is documented.
	unitsPage = 300
	// unitBatch is how many units one request may create or rename.
	unitBatch = 100
	// root is the number of what is above the units at the top. As the parent in a question it means all units.
	root = "-1"
)

// Units iterates over the cost units of an account, of every level, page by page (QueryCostUnit); it is required, and a
// positive decimal number. It ends after the first error, which it yields. A unit is yielded once; one that is created or
// deleted while the pages are read may be there or not. Alibaba gives the number -1 as the parent of those at the top:
// their Parent is empty.
func (c *Client) Units(ctx context.Context, owner string) iter.Seq2[costunit.Details, error] {
	if err := checkOwner("owner", owner); err != nil {
		return call.Failing[costunit.Details](ctx, c.call, listUnits.name, err)
	}
	all := each(ctx, c, listing[costunit.Details, int64]{
		op: listUnits, size: unitsPage,
		key: func(d costunit.Details) int64 {
			id, _ := strconv.ParseInt(d.ID, 10, 64) // which unitsPage made sure of
			return id
		},
		fetch: func(ctx context.Context, number int) (page[costunit.Details], error) {
			return c.unitsPage(ctx, owner, number)
		},
	})
	return only(all, func(d costunit.Details) bool { return !wire.Text(d.ID).Is(root, costunit.Unallocated) })
}

// unitDto is a unit as it is read. Numbers may come as strings; ids pass 2^53.
type unitDto struct {
	ParentUnitID wire.Text `json:"ParentUnitId"`
	UnitName     wire.Text
	UnitID       wire.Text `json:"UnitId"`
	OwnerUID     wire.Text `json:"OwnerUid"`
}

// details is the unit, of the account that was asked for unless another is told.
func (d unitDto) details(owner string) costunit.Details {
	return costunit.Details{
		Unit: costunit.Unit{ID: string(d.UnitID), Owner: cmp.Or(string(d.OwnerUID), owner)},
		Name: string(d.UnitName), Parent: parentOf(d.ParentUnitID),
	}
}

// parentOf is the id of the unit above, empty for what stands for none.
func parentOf(id wire.Text) string {
	if id.Is(root, costunit.Unallocated) {
		return ""
	}
	return string(id)
}

func (c *Client) unitsPage(ctx context.Context, owner string, number int) (p page[costunit.Details], err error) {
	params := []acs.Param{
		{Name: "OwnerUid", Value: owner},
		{Name: "ParentUnitId", Value: root},
		{Name: "PageNum", Value: strconv.Itoa(number)},
		{Name: "PageSize", Value: strconv.Itoa(unitsPage)},
	}
	var data struct {
		TotalCount      wire.Text
		CostUnitDtoList []unitDto
	}
	err = c.read(ctx, listUnits, params, &data, func() string {
		p.total = data.TotalCount.Count()
		if data.CostUnitDtoList != nil {
			p.rows = make([]costunit.Details, 0, len(data.CostUnitDtoList))
		}
		for _, dto := range data.CostUnitDtoList {
			if !positiveID(string(dto.UnitID)) && !dto.UnitID.Is(root, costunit.Unallocated) {
				return "a cost unit whose id is none"
			}
			p.rows = append(p.rows, dto.details(owner))
		}
		return ""
	})
	return p, err
}

// owners are the accounts of several units, each once.
func owners[T any](of []T, owner func(T) string) []string {
	seen, all := make(map[string]bool), []string(nil)
	for _, item := range of {
		if o := owner(item); !seen[o] {
			seen[o] = true
			all = append(all, o)
		}
	}
	return all
}

// isThere reports whether there is such a unit.
func (c *Client) isThere(ctx context.Context, unit costunit.Unit) (bool, error) {
	for u, err := range c.Units(ctx, unit.Owner) {
		if err != nil {
			return false, err
		}
		if u.ID == unit.ID {
			return true, nil
		}
	}
	return false, nil
}

func checkOwner(field, owner string) error {
	if !positiveID(owner) {
		return errors.Invalid(field, owner, accountRule)
	}
	return nil
}

// checkNamed checks a unit that must be one: neither what is above those at the top nor what is in none.
func checkNamed(field string, u costunit.Unit) error {
	if !positiveID(u.ID) {
		return errors.Invalid(field+".ID", u.ID, "must be the id of a cost unit: a positive decimal number below 2^63, without leading zeros")
	}
	return checkOwner(field+".Owner", u.Owner)
}
