// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"iter"
	"slices"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

var listResources = &operation{name: "QueryCostUnitResource", accept: dataObject}

// resourcesPage is how many resources are asked for at once. The largest size is not documented for this operation.
const resourcesPage = 100

// Resources iterates over what a cost unit holds, page by page (QueryCostUnitResource); costunit.Unallocated is what the
// owner has in no unit. It ends after the first error, which it yields. Alibaba lists all products together: those that
// q.Products does not name are left out here, not there. q.Projects must be empty. A resource is yielded once; one that
// moves while the pages are read may be missed. Of a resource that was read 16 bytes are kept.
func (c *Client) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	if err := checkQuery(q); err != nil {
		return call.Failing[costunit.Resource](ctx, c.call, listResources.name, err)
	}
	all := each(ctx, c, listing[costunit.Resource, digest]{
		op: listResources, size: resourcesPage, key: digestOf,
		fetch: func(ctx context.Context, number int) (page[costunit.Resource], error) {
			return c.resourcesPage(ctx, q.Unit, number)
		},
	})
	if len(q.Products) == 0 {
		return all
	}
	return only(all, func(r costunit.Resource) bool { return slices.Contains(q.Products, r.Product) })
}

// held is which of these resources a unit holds.
func (c *Client) held(ctx context.Context, unit costunit.Unit, of []costunit.Resource) (map[costunit.Resource]bool, error) {
	asked, held := make(map[costunit.Resource]bool, len(of)), make(map[costunit.Resource]bool, len(of))
	for _, r := range of {
		asked[r] = true
	}
	for r, err := range c.Resources(ctx, costunit.Query{Unit: unit}) {
		if err != nil {
			return nil, err
		}
		if !asked[r] {
			continue
		}
		if held[r] = true; len(held) == len(asked) {
			break
		}
	}
	return held, nil
}

// digest stands for a resource that was read: there may be a million of them.
type digest [16]byte

func digestOf(r costunit.Resource) digest {
	text, _ := json.Marshal(r) // strings do not fail
	sum := sha256.Sum256(text)
	return digest(sum[:16])
}

// resourceDto is a resource as it is read. Numbers may come as strings and the reverse; ids pass 2^53.
type resourceDto struct {
	ResourceID     wire.Text `json:"ResourceId"`
	CommodityCode  wire.Text
	ResourceUserID wire.Text `json:"ResourceUserId"`
	ApportionCode  wire.Text
}

func (r resourceDto) resource() costunit.Resource {
	return costunit.Resource{
		ID:        string(r.ResourceID),
		Product:   string(r.CommodityCode),
		Owner:     string(r.ResourceUserID),
		Component: string(r.ApportionCode),
	}
}

func (c *Client) resourcesPage(ctx context.Context, unit costunit.Unit, number int) (page[costunit.Resource], error) {
	params := []acs.Param{
		{Name: "OwnerUid", Value: unit.Owner},
		{Name: "UnitId", Value: wireUnit(unit.ID, "0")},
		{Name: "PageNum", Value: strconv.Itoa(number)},
		{Name: "PageSize", Value: strconv.Itoa(resourcesPage)},
	}
	var data struct {
		TotalCount              wire.Text
		ResourceInstanceDtoList []resourceDto
	}
	if err := c.read(ctx, listResources, params, &data, nil); err != nil {
		return page[costunit.Resource]{}, err
	}
	var rows []costunit.Resource
	if data.ResourceInstanceDtoList != nil {
		rows = make([]costunit.Resource, len(data.ResourceInstanceDtoList))
	}
	for i, dto := range data.ResourceInstanceDtoList {
		rows[i] = dto.resource()
	}
	return page[costunit.Resource]{rows, data.TotalCount.Count()}, nil
}

func checkQuery(q costunit.Query) error {
	if err := q.Validate(); err != nil {
		return err
	}
	if len(q.Projects) > 0 {
		return errors.Invalid("Query.Projects", q.Projects[0], "must be empty: Alibaba Cloud has no projects")
	}
	return checkUnit("Query.Unit", q.Unit)
}
