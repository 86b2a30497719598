// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

const (
	// maxUnits is the documented length of UnitEntityList.
	maxUnits = 100
	// root is the number of what is above the units at the top.
	root = "-1"
)

// listUnits: below -1 are all units, below any other those of every level under it.
func listUnits(_ context.Context, s *Server, p params) (any, *refusal) {
	owner, refused := p.owner("OwnerUid", p.get("OwnerUid"))
	if refused != nil {
		return nil, refused
	}
	above := p.get("ParentUnitId")
	if above != root && !account(above) {
		return nil, p.refuse("InvalidParameter", "ParentUnitId is neither -1 nor the id of a unit.")
	}
	page, size, refused := p.page()
	if refused != nil {
		return nil, refused
	}
	if size > maxPage {
		return nil, p.refuse("InvalidParameter", "PageSize is more than 300.")
	}
	units := s.Units.List(owner)
	if above != root {
		units = below(units, above)
	}
	start := min((page-1)*size, len(units))
	rows := list{}
	for _, d := range units[start:min(start+size, len(units))] {
		rows = append(rows, detailFields(d))
	}
	return object{
		{"PageNum", count(page)},
		{"PageSize", count(size)},
		{"TotalCount", count(len(units))},
		{"CostUnitDtoList", rows},
	}, nil
}

// below is every unit under one, in their order.
func below(units []costunit.Details, id string) []costunit.Details {
	under := map[string]bool{id: true}
	for range units { // as deep as there are units
		for _, d := range units {
			under[d.ID] = under[d.ID] || under[d.Parent]
		}
	}
	return slices.DeleteFunc(units, func(d costunit.Details) bool { return d.ID == id || !under[d.ID] })
}

// createUnits makes all of a request, or none.
func createUnits(_ context.Context, s *Server, p params) (any, *refusal) {
	items, refused := p.entities("OwnerUid", "ParentUnitId", "UnitName")
	if refused != nil {
		return nil, refused
	}
	s.creating.Lock()
	defer s.creating.Unlock()
	definitions := make([]costunit.Definition, 0, len(items))
	seen := make(map[costunit.Definition]bool)
	for _, item := range items {
		d := costunit.Definition{Owner: item["OwnerUid"], Parent: item["ParentUnitId"], Name: item["UnitName"]}
		if d.Parent == root {
			d.Parent = ""
		} else if !account(d.Parent) {
			return nil, p.refuse("InvalidParameter", "ParentUnitId is neither -1 nor the id of a unit.")
		}
		there := s.Units.List(d.Owner)
		switch {
		case d.Validate() != nil, seen[d], slices.ContainsFunc(there, func(u costunit.Details) bool { return u.Parent == d.Parent && u.Name == d.Name }):
			return nil, p.refuse("InvalidParameter", "")
		case d.Parent != "" && !slices.ContainsFunc(there, func(u costunit.Details) bool { return u.ID == d.Parent }):
			return nil, p.refuse("UnitNotBelongToUser", "")
		}
		seen[d] = true
		definitions = append(definitions, d)
	}
	rows := list{}
	for _, d := range definitions {
		made, err := s.Units.Create(d)
		if err != nil {
			return nil, p.refuse("InternalError", "")
		}
		rows = append(rows, detailFields(made))
	}
	return object{{"CostUnitDtoList", rows}}, nil
}

// modifyUnits renames each unit that it can.
func modifyUnits(_ context.Context, s *Server, p params) (any, *refusal) {
	items, refused := p.entities("UnitId", "NewUnitName", "OwnerUid")
	if refused != nil {
		return nil, refused
	}
	renamings := make([]costunit.Renaming, 0, len(items))
	for _, item := range items {
		r := costunit.Renaming{Unit: costunit.Unit{ID: item["UnitId"], Owner: item["OwnerUid"]}, Name: item["NewUnitName"]}
		if r.Validate() != nil {
			return nil, p.refuse("InvalidParameter", "")
		}
		renamings = append(renamings, r)
	}
	rows := list{}
	for _, r := range renamings {
		rows = append(rows, operated(r.Unit, s.Units.Rename(r) == nil))
	}
	return rows, nil
}

func deleteUnit(_ context.Context, s *Server, p params) (any, *refusal) {
	owner, refused := p.owner("OwnerUid", p.get("OwnerUid"))
	if refused != nil {
		return nil, refused
	}
	unit := costunit.Unit{ID: p.get("UnitId"), Owner: owner}
	if !account(unit.ID) {
		return nil, p.refuse("InvalidParameter", "UnitId is not the id of a unit.")
	}
	err := s.Units.Delete(unit)
	if err != nil && !errors.Is(err, errors.ErrNotFound) && !errors.Is(err, errors.ErrConflict) { // which are told by the flag
		return nil, p.refuse("InternalError", "")
	}
	return operated(unit, err == nil), nil
}

// operated is what became of one unit.
func operated(u costunit.Unit, done bool) object {
	return object{{"IsSuccess", done}, {"UnitId", number(u.ID)}, {"OwnerUid", number(u.Owner)}}
}

func detailFields(d costunit.Details) object {
	return object{
		{"ParentUnitId", number(cmp.Or(d.Parent, root))},
		{"UnitName", d.Name},
		{"UnitId", number(d.ID)},
		{"OwnerUid", number(d.Owner)},
	}
}

func (p params) owner(name, value string) (string, *refusal) {
	if !account(value) {
		return "", p.refuse("InvalidParameter", name+" is not an account id.")
	}
	return value, nil
}

var entityItem = regexp.MustCompile(`^UnitEntityList\.([1-9][0-9]{0,5})\.([A-Za-z]+)$`)

// entities reads the flattened list, whose items have these fields, all of them and no others. Numbers may be left out;
// the order is that of the numbers. UnitId and OwnerUid are numbers.
func (p params) entities(fields ...string) ([]map[string]string, *refusal) {
	byNumber := make(map[int]map[string]string)
	for name := range p.values {
		if !strings.HasPrefix(name, "UnitEntityList") {
			continue
		}
		m := entityItem.FindStringSubmatch(name)
		if m == nil || !slices.Contains(fields, m[2]) {
			return nil, p.refuse("InvalidParameter", name+" is none of UnitEntityList's.")
		}
		n, _ := strconv.Atoi(m[1])
		if byNumber[n] == nil {
			byNumber[n] = make(map[string]string)
		}
		byNumber[n][m[2]] = p.get(name)
	}
	switch {
	case len(byNumber) == 0:
		return nil, p.refuse("MissingParameter", "It is UnitEntityList.")
	case len(byNumber) > maxUnits:
		return nil, p.refuse("InvalidParameter", "UnitEntityList has more than 100 items.")
	}
	numbers := make([]int, 0, len(byNumber))
	for n := range byNumber {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	items := make([]map[string]string, 0, len(numbers))
	for _, n := range numbers {
		for _, field := range fields {
			value, name := byNumber[n][field], "UnitEntityList."+strconv.Itoa(n)+"."+field
			if value == "" {
				return nil, p.refuse("MissingParameter", "It is "+name+".")
			}
			if (field == "OwnerUid" || field == "UnitId") && !account(value) {
				return nil, p.refuse("InvalidParameter", name+" is not a number.")
			}
		}
		items = append(items, byNumber[n])
	}
	return items, nil
}
