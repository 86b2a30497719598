// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
)

// createUnits is not repeatable: nothing in a request makes a second one of the same name harmless.
var createUnits = &operation{name: "CreateCostUnit", write: true, accept: contradicted}

// CreateUnits creates cost units (CreateCostUnit), 100 with each request. Ids are positive decimal numbers; an empty
// Parent is the top. It returns what was created, in the order of the definitions. Where that is not all, the error is an
// *errors.BatchError that has each of the others by its name, and why: of a request that failed as a whole, each of its
// units. The requests after that are still made, unless the context ended, or the failure is errors.ErrUnauthenticated or
// errors.ErrDenied; then the rest fails with the same class, unsent. The same definition twice is errors.ErrInvalid, and
// nothing is sent.
//
// Alibaba's documents of today do not say that it refuses a name that is taken; one of 2019 does (InvalidParameter,
// NAME_IS_INVALID), for the whole request. So the owners' units are read first (QueryCostUnit): a name that a sibling has
// is errors.ErrExists, a parent that is not among them errors.ErrNotFound, both unsent. Of two callers at the same time
// both may create a unit of that name.
//
// A creation in doubt is not sent again, for the first request may be late, and there would be two. The units are read
// back instead, a few times: those that are there now are created, the others stay errors.ErrUncertain. Calling again is
// safe once reading shows them, or shows that they did not come.
func (c *Client) CreateUnits(ctx context.Context, definitions ...costunit.Definition) (created []costunit.Details, err error) {
	err = c.call.Watch(ctx, createUnits.name, func(ctx context.Context) error {
		if err := checkDefinitions(definitions); err != nil {
			return refuse(createUnits.name, err)
		}
		all := changesOf(definitions)
		c.lookFirst(ctx, all)
		inBatches(all, func(batch []*creation) error { return c.createBatch(ctx, batch) })
		created, err = outcome(all, detailsOf, func(d costunit.Definition) string { return d.Name })
		return err
	})
	return created, err
}

type creation = change[costunit.Definition]

func detailsOf(ch *creation) costunit.Details {
	d := ch.asked
	return costunit.Details{Unit: costunit.Unit{ID: ch.id, Owner: d.Owner}, Name: d.Name, Parent: d.Parent}
}

func ownerOf(ch *creation) string { return ch.asked.Owner }

// lookFirst fails what Alibaba would refuse, or make twice, and those of owners whose units cannot be read.
func (c *Client) lookFirst(ctx context.Context, all []*creation) {
	for _, owner := range owners(all, ownerOf) {
		here := slices.DeleteFunc(open(all), func(ch *creation) bool { return ch.asked.Owner != owner })
		now, err := c.look(ctx, owner, here)
		switch {
		case errors.Class(err) == errors.ErrUnauthenticated:
			fail(all, err) // the other owners would meet it, too
			return
		case err != nil:
			fail(here, err)
			continue
		}
		failTaken(here, now)
		for _, ch := range open(here) {
			if ch.asked.Parent != "" && !now.parents[ch.asked.Parent] {
				ch.err = &errors.Error{
					Provider: provider, Op: createUnits.name, Class: errors.ErrNotFound,
					Message: "the owner has no unit " + strconv.Quote(ch.asked.Parent) + " to be the parent; the creation was not sent",
				}
			}
		}
	}
}

// failTaken fails those whose names others have.
func failTaken(all []*creation, now view) {
	for _, ch := range open(all) {
		if id := now.ids[ch.asked]; id != "" {
			ch.err = &errors.Error{
				Provider: provider, Op: createUnits.name, Class: errors.ErrExists,
				Message: "unit " + id + " beside it has the name",
			}
		}
	}
}

// view is what can be seen of the units that are asked for.
type view struct {
	ids     map[costunit.Definition]string // of those that are there; of several of one name that of the first
	parents map[string]bool                // those that are there
}

// look reads an owner's units, and keeps what says something of these.
func (c *Client) look(ctx context.Context, owner string, of []*creation) (view, error) {
	now := view{make(map[costunit.Definition]string), make(map[string]bool)}
	wanted, parents := make(map[costunit.Definition]bool, len(of)), make(map[string]bool)
	for _, ch := range of {
		wanted[ch.asked], parents[ch.asked.Parent] = true, true
	}
	for u, err := range c.Units(ctx, owner) {
		if err != nil {
			return view{}, err
		}
		if d := (costunit.Definition{Owner: owner, Parent: u.Parent, Name: u.Name}); wanted[d] && now.ids[d] == "" {
			now.ids[d] = u.ID
		}
		if parents[u.ID] {
			now.parents[u.ID] = true
		}
	}
	return now, nil
}

// createBatch sends one CreateCostUnit and settles each of its units.
func (c *Client) createBatch(ctx context.Context, batch []*creation) error {
	params := make([]acs.Param, 0, 3*len(batch))
	for i, ch := range batch {
		prefix := "UnitEntityList." + strconv.Itoa(i+1) + "."
		params = append(params,
			acs.Param{Name: prefix + "OwnerUid", Value: ch.asked.Owner},
			acs.Param{Name: prefix + "ParentUnitId", Value: wireUnit(ch.asked.Parent, root)},
			acs.Param{Name: prefix + "UnitName", Value: ch.asked.Name})
	}
	var env envelope
	attempts, err := c.send(ctx, createUnits, params, &env)
	if err == nil {
		takeCreated(env.Data, batch)
		err = &errors.Error{
			Provider: provider, Op: createUnits.name, Class: errors.ErrUncertain, RequestID: string(env.RequestID), Attempts: attempts,
			Message: "the reply tells of a success, but not of this unit, and reading back does not show it",
		}
	}
	switch {
	case errors.Is(err, errors.ErrUncertain):
		c.readBackCreated(ctx, batch)
		err = inDoubt(ctx, err)
	case errors.Is(err, errors.ErrInvalid):
		// NAME_IS_INVALID may mean that somebody took a name since we looked.
		for _, owner := range owners(batch, ownerOf) {
			if now, readErr := c.look(ctx, owner, batch); readErr == nil {
				failTaken(batch, now)
			}
		}
	}
	if len(open(batch)) == 0 {
		return nil
	}
	fail(batch, err)
	return err
}

// takeCreated takes the ids from a reply. What it does not tell, or not without contradiction, stays open.
func takeCreated(raw json.RawMessage, batch []*creation) {
	var data struct{ CostUnitDtoList []unitDto }
	if json.Unmarshal(raw, &data) != nil {
		return
	}
	wanted, taken := make(map[costunit.Definition]*creation, len(batch)), make(map[string]bool, len(batch))
	for _, ch := range batch {
		wanted[ch.asked] = ch
	}
	for _, dto := range data.CostUnitDtoList {
		id := string(dto.UnitID)
		ch := wanted[costunit.Definition{Owner: string(dto.OwnerUID), Parent: parentOf(dto.ParentUnitID), Name: string(dto.UnitName)}]
		if ch != nil && !ch.done && positiveID(id) && !taken[id] {
			ch.done, ch.id, taken[id] = true, id, true
		}
	}
}

// readBackCreated settles those that are found to be there, in a few rounds.
func (c *Client) readBackCreated(ctx context.Context, batch []*creation) {
	for round := 1; len(open(batch)) > 0; round++ {
		var failure error
		for _, owner := range owners(open(batch), ownerOf) {
			now, err := c.look(ctx, owner, open(batch))
			if err != nil {
				failure = err
			}
			for _, ch := range open(batch) {
				ch.id = now.ids[ch.asked]
				ch.done = ch.id != ""
			}
		}
		if failure != nil || len(open(batch)) > 0 && !c.call.Pause(ctx, round) {
			return
		}
	}
}

func checkDefinitions(definitions []costunit.Definition) error {
	seen := make(map[costunit.Definition]int, len(definitions))
	for i, d := range definitions {
		err := d.Validate()
		if err == nil {
			err = checkOwner("Definition.Owner", d.Owner)
		}
		if err == nil && d.Parent != "" && !positiveID(d.Parent) {
			err = errors.Invalid("Definition.Parent", d.Parent, "must be the id of a cost unit, or empty for the top")
		}
		if err != nil {
			return numbered(err, "Definition", i)
		}
		if j, twice := seen[d]; twice {
			return errors.Invalid("Definition["+strconv.Itoa(i)+"]", d.Name, "is the same as Definition["+strconv.Itoa(j)+"]")
		}
		seen[d] = i
	}
	return nil
}

// numbered says in a refusal which of several items it is.
func numbered(err error, what string, i int) error {
	refused, ok := errors.AsType[*errors.Error](err)
	if !ok {
		return err
	}
	named := *refused
	named.Message = strings.Replace(refused.Message, what, what+"["+strconv.Itoa(i)+"]", 1)
	return &named
}
