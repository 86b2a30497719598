// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// maxResources is the documented length of ResourceInstanceList.
const maxResources = 100

func allocate(ctx context.Context, s *Server, p params) (any, *refusal) {
	from, refused := p.unit("FromUnitUserId", "FromUnitId", "0")
	if refused != nil {
		return nil, refused
	}
	to, refused := p.unit("ToUnitUserId", "ToUnitId", "-1")
	if refused != nil {
		return nil, refused
	}
	resources, refused := p.resources()
	if refused != nil {
		return nil, refused
	}
	_, err := s.Units.Allocate(ctx, costunit.Transfer{From: from, To: to, Resources: resources})
	switch {
	case err == nil, errors.Is(err, errors.ErrNotFound): // which is told by the flag
	case errors.Is(err, errors.ErrInvalid):
		e, _ := errors.AsType[*errors.Error](err)
		return nil, p.refuse("InvalidParameter", e.Message)
	default:
		return nil, p.refuse("InternalError", "")
	}
	return object{
		{"ToUnitUserId", number(p.get("ToUnitUserId"))},
		{"IsSuccess", err == nil},
		{"ToUnitId", number(p.get("ToUnitId"))},
	}, nil
}

// unit reads one side of a transfer; none is the number that stands for no unit there.
func (p params) unit(ownerName, idName, none string) (costunit.Unit, *refusal) {
	owner, id := p.get(ownerName), p.get(idName)
	switch {
	case !account(owner):
		return costunit.Unit{}, p.refuse("InvalidParameter", ownerName+" is not an account id.")
	case id == none:
		id = costunit.Unallocated
	case !account(id):
		return costunit.Unit{}, p.refuse("InvalidParameter", idName+" is neither "+none+" nor the id of a unit.")
	}
	return costunit.Unit{ID: id, Owner: owner}, nil
}

var listItem = regexp.MustCompile(`^ResourceInstanceList\.([1-9][0-9]{0,5})\.(ResourceId|CommodityCode|ResourceUserId|ApportionCode)$`)

// resources reads the flattened list. Numbers may be left out; the order is that of the numbers.
func (p params) resources() ([]costunit.Resource, *refusal) {
	byNumber := make(map[int]*costunit.Resource)
	for name := range p.values {
		m := listItem.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		r := byNumber[n]
		if r == nil {
			r = new(costunit.Resource)
			byNumber[n] = r
		}
		*map[string]*string{
			"ResourceId": &r.ID, "CommodityCode": &r.Product, "ResourceUserId": &r.Owner, "ApportionCode": &r.Component,
		}[m[2]] = p.get(name)
	}
	if len(byNumber) == 0 {
		return nil, p.refuse("MissingParameter", "It is ResourceInstanceList.")
	}
	if len(byNumber) > maxResources {
		return nil, p.refuse("InvalidParameter", "ResourceInstanceList has more than 100 items.")
	}
	numbers := make([]int, 0, len(byNumber))
	for n := range byNumber {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	resources := make([]costunit.Resource, 0, len(numbers))
	for _, n := range numbers {
		r := *byNumber[n]
		if r.ID == "" || r.Product == "" || r.Owner == "" {
			return nil, p.refuse("MissingParameter", "It is in ResourceInstanceList."+strconv.Itoa(n)+".")
		}
		if !account(r.Owner) {
			return nil, p.refuse("InvalidParameter", "ResourceInstanceList."+strconv.Itoa(n)+".ResourceUserId is not an account id.")
		}
		resources = append(resources, r)
	}
	return resources, nil
}

// Sizes of a page. The highest is documented for QueryCostUnit only.
const (
	defaultPage = 20
	maxPage     = 300
)

func listResources(_ context.Context, s *Server, p params) (any, *refusal) {
	unit, refused := p.unit("OwnerUid", "UnitId", "0")
	if refused != nil {
		return nil, refused
	}
	page, size, refused := p.page()
	if refused != nil {
		return nil, refused
	}
	size = min(size, maxPage)
	held := s.Units.Holds(unit)
	start := min((page-1)*size, len(held))
	end := min(start+size, len(held))
	resources := list{}
	for _, r := range held[start:end] {
		resources = append(resources, resourceFields(r))
	}
	return object{
		{"PageNum", count(page)},
		{"PageSize", count(size)},
		{"TotalCount", count(len(held))},
		{"ResourceInstanceDtoList", resources},
		{"CostUnit", s.unitFields(unit)},
		{"CostUnitStatisInfo", object{
			{"TotalResourceCount", count(len(held))},
			{"ResourceCount", count(len(held))},
			{"TotalUserCount", count(0)},
			{"SubUnitCount", count(0)},
			{"ResourceGroupCount", count(0)},
			{"TotalResourceGroupCount", count(0)},
			{"UserCount", count(0)},
		}},
	}, nil
}

// page reads which page is asked for, and how long it is to be.
func (p params) page() (number, size int, refused *refusal) {
	number, err1 := strconv.Atoi(cmp.Or(p.get("PageNum"), "1"))
	size, err2 := strconv.Atoi(cmp.Or(p.get("PageSize"), strconv.Itoa(defaultPage)))
	if err1 != nil || err2 != nil || number < 1 || size < 1 || number > 1<<30 || size > 1<<30 {
		return 0, 0, p.refuse("InvalidParameter", "PageNum and PageSize are numbers from 1.")
	}
	return number, size, nil
}

func count(n int) number { return number(strconv.Itoa(n)) }

func resourceFields(r costunit.Resource) object {
	return object{
		{"CommodityCode", r.Product},
		{"ResourceUserName", ""},
		{"CommodityName", r.Product},
		{"ResourceUserId", number(r.Owner)},
		{"ApportionName", r.Component},
		{"ApportionCode", r.Component},
		{"ResourceType", ""},
		{"ResourceNick", ""},
		{"ResourceTag", ""},
		{"ResourceId", r.ID},
		{"ResourceGroup", ""},
		{"RelatedResources", ""},
		{"ResourceStatus", "Available"},
		{"PipCode", ""},
		{"ResourceSource", ""},
	}
}

// unitFields: what is in no unit has the number -1 here, as in the XML sample, and neither parent nor name.
func (s *Server) unitFields(u costunit.Unit) object {
	if u.ID == costunit.Unallocated {
		return object{{"UnitId", number(root)}, {"OwnerUid", number(u.Owner)}}
	}
	for _, d := range s.Units.List(u.Owner) {
		if d.Unit == u {
			return detailFields(d)
		}
	}
	return detailFields(costunit.Details{Unit: u, Name: "unit " + u.ID})
}
