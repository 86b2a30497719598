// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"iter"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/wire"
)

var listResources = &operation{name: "QueryCostUnitResource", accept: dataObject}

// resourcesPage is how many resources are asked for at once. The largest size is not documented for this operation.
const resourcesPage = 100

// Resources iterates over what a cost unit holds, page by page (QueryCostUnitResource); costunit.Unallocated is what the
// owner has in no unit. It ends after the first error, which it yields. A resource that moves while the pages are read
// may be missed or, on the page after, be there again; it is yielded once.
func (c *Client) Resources(ctx context.Context, unit costunit.Unit) iter.Seq2[costunit.Resource, error] {
	return func(yield func(costunit.Resource, error) bool) {
		if err := checkUnit("Unit", unit); err != nil {
			yield(costunit.Resource{}, refuse(listResources.name, err))
			return
		}
		seen := make(map[costunit.Resource]bool)
		for number, read := 1, 0; ; number++ {
			page, err := c.resourcesPage(ctx, unit, number)
			if err != nil {
				yield(costunit.Resource{}, err)
				return
			}
			for _, r := range page.ResourceInstanceDtoList {
				resource := r.resource()
				if seen[resource] {
					continue
				}
				seen[resource] = true
				if !yield(resource, nil) {
					return
				}
			}
			read += len(page.ResourceInstanceDtoList)
			if total, _ := strconv.Atoi(string(page.TotalCount)); len(page.ResourceInstanceDtoList) == 0 || read >= total {
				return
			}
		}
	}
}

// holdings is what a unit holds, as a set.
func (c *Client) holdings(ctx context.Context, unit costunit.Unit) (map[costunit.Resource]bool, error) {
	held := make(map[costunit.Resource]bool)
	for r, err := range c.Resources(ctx, unit) {
		if err != nil {
			return nil, err
		}
		held[r] = true
	}
	return held, nil
}

// resourcePage is the Data of QueryCostUnitResource, as far as it is used. Numbers may come as strings and the reverse;
// ids pass 2^53.
type resourcePage struct {
	TotalCount              wire.Text
	ResourceInstanceDtoList []resourceDto
}

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

func (c *Client) resourcesPage(ctx context.Context, unit costunit.Unit, number int) (page resourcePage, err error) {
	params := []acs.Param{
		{Name: "OwnerUid", Value: unit.Owner},
		{Name: "UnitId", Value: wireUnit(unit.ID, "0")},
		{Name: "PageNum", Value: strconv.Itoa(number)},
		{Name: "PageSize", Value: strconv.Itoa(resourcesPage)},
	}
	return page, c.read(ctx, listResources, params, &page, nil)
}
