// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

// renameUnits is absolute, so that repeating converges.
var renameUnits = &operation{name: "ModifyCostUnit", write: true, repeatable: true, accept: dataItems}

// RenameUnits renames cost units (ModifyCostUnit), 100 with each request. Ids and owners are positive decimal numbers. It
// returns those that have their names now, in order. Where that is not all, the error is an *errors.BatchError that has
// each of the others by its id, and why: of a request that failed as a whole, each of its units, and the requests after
// that as for CreateUnits. The same unit twice is errors.ErrInvalid, and nothing is sent.
//
// Alibaba answers for each unit with a flag alone. Where that is false, or is missing, the owner's units are read
// (QueryCostUnit): a unit that has the name is renamed, one that is not there is errors.ErrNotFound, one beside which the
// name is taken errors.ErrExists, anything else errors.ErrConflict; errors.ErrUncertain where there was no flag, or an
// earlier attempt is in doubt. It is absolute: repeating it converges, but a repeated attempt of an older call can win
// over a newer one.
func (c *Client) RenameUnits(ctx context.Context, renamings ...costunit.Renaming) (renamed []costunit.Unit, err error) {
	err = c.call.Watch(ctx, renameUnits.name, func(ctx context.Context) error {
		if err := checkRenamings(renamings); err != nil {
			return refuse(renameUnits.name, err)
		}
		all := changesOf(renamings)
		inBatches(all, func(batch []*renaming) error { return c.renameBatch(ctx, batch) })
		renamed, err = outcome(all, func(ch *renaming) costunit.Unit { return ch.asked.Unit }, func(r costunit.Renaming) string { return r.Unit.ID })
		return err
	})
	return renamed, err
}

type renaming = change[costunit.Renaming]

// renameBatch sends one ModifyCostUnit and settles each of its units.
func (c *Client) renameBatch(ctx context.Context, batch []*renaming) error {
	params := make([]acs.Param, 0, 3*len(batch))
	for i, ch := range batch {
		prefix := "UnitEntityList." + strconv.Itoa(i+1) + "."
		params = append(params,
			acs.Param{Name: prefix + "UnitId", Value: ch.asked.Unit.ID},
			acs.Param{Name: prefix + "NewUnitName", Value: ch.asked.Name},
			acs.Param{Name: prefix + "OwnerUid", Value: ch.asked.Unit.Owner})
	}
	var env envelope
	attempts, err := c.send(ctx, renameUnits, params, &env)
	told := errors.Error{Provider: provider, Op: renameUnits.name, RequestID: string(env.RequestID), Attempts: attempts}
	var refused map[*renaming]bool
	switch {
	case err == nil:
		refused = takeRenamed(env.Data, batch)
		untold := told
		untold.Class, untold.Message = errors.ErrUncertain, "the reply tells of a success, but not of this unit, and reading back does not show it"
		err = &untold
	case !errors.Is(err, errors.ErrUncertain):
		fail(batch, err)
		return err
	}
	names := c.namesNow(ctx, open(batch))
	for _, ch := range open(batch) {
		switch at := names[ch.asked.Unit.Owner]; {
		case at != nil && at.names[ch.asked.Unit.ID].Name == ch.asked.Name:
			ch.done = true
		case refused[ch]:
			why := told
			why.Message, why.Class = at.reason(ch.asked)
			if env.doubt {
				call.KeepDoubt(&why)
			}
			ch.err = &why
		default:
			ch.err = inDoubt(ctx, err)
		}
	}
	return nil
}

// takeRenamed takes from a reply which units have their names, and which were refused. Those of which it tells nothing, or
// both, are open and not among the refused.
func takeRenamed(raw json.RawMessage, batch []*renaming) (refused map[*renaming]bool) {
	var rows []struct {
		IsSuccess wire.Text
		UnitID    wire.Text `json:"UnitId"`
		OwnerUID  wire.Text `json:"OwnerUid"`
	}
	if json.Unmarshal(raw, &rows) != nil {
		return nil
	}
	yes, no := make(map[costunit.Unit]bool), make(map[costunit.Unit]bool)
	for _, row := range rows {
		unit := costunit.Unit{ID: string(row.UnitID), Owner: string(row.OwnerUID)}
		yes[unit] = yes[unit] || row.IsSuccess.Is("true", "1")
		no[unit] = no[unit] || row.IsSuccess.Is("false", "0")
	}
	refused = make(map[*renaming]bool)
	for _, ch := range batch {
		ch.done = yes[ch.asked.Unit] && !no[ch.asked.Unit]
		refused[ch] = no[ch.asked.Unit] && !yes[ch.asked.Unit]
	}
	return refused
}

// naming is how some of an owner's units are called now.
type naming struct {
	names map[string]costunit.Details // by the ids that were asked for
	taken map[sibling]string          // the ids of those that have a name that was asked for
}

type sibling struct{ parent, name string }

// namesNow reads the units of the owners of these. An owner whose units cannot be read is not in the answer.
func (c *Client) namesNow(ctx context.Context, of []*renaming) map[string]*naming {
	all := make(map[string]*naming)
	for _, owner := range owners(of, func(ch *renaming) string { return ch.asked.Unit.Owner }) {
		ids, names := make(map[string]bool), make(map[string]bool)
		for _, ch := range of {
			ids[ch.asked.Unit.ID], names[ch.asked.Name] = true, true
		}
		now, whole := &naming{make(map[string]costunit.Details), make(map[sibling]string)}, true
		for u, err := range c.Units(ctx, owner) {
			if whole = err == nil; !whole {
				break
			}
			if ids[u.ID] {
				now.names[u.ID] = u
			}
			if names[u.Name] {
				now.taken[sibling{u.Parent, u.Name}] = u.ID
			}
		}
		if whole {
			all[owner] = now
		}
	}
	return all
}

// reason is why Alibaba refused: n is how the units are called now, nil if that is not known.
func (n *naming) reason(r costunit.Renaming) (message string, class error) {
	if n == nil {
		return refusedByData + ", and the units could not be read to tell why", errors.ErrConflict
	}
	unit, there := n.names[r.Unit.ID]
	other := n.taken[sibling{unit.Parent, r.Name}]
	switch {
	case !there:
		return "there is no such unit", errors.ErrNotFound
	case other != "":
		return "unit " + other + " beside it has the name", errors.ErrExists
	}
	return refusedByData, errors.ErrConflict
}

func checkRenamings(renamings []costunit.Renaming) error {
	seen := make(map[costunit.Unit]int, len(renamings))
	for i, r := range renamings {
		err := r.Validate()
		if err == nil {
			err = checkNamed("Renaming.Unit", r.Unit)
		}
		if err != nil {
			return numbered(err, "Renaming", i)
		}
		if j, twice := seen[r.Unit]; twice {
			return errors.Invalid("Renaming["+strconv.Itoa(i)+"].Unit.ID", r.Unit.ID, "is the same unit as Renaming["+strconv.Itoa(j)+"]")
		}
		seen[r.Unit] = i
	}
	return nil
}
