// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// The units and the resources of a transfer.
var (
	fromUnit = costunit.Unit{ID: "186419", Owner: "273394581313325532"}
	toUnit   = costunit.Unit{ID: "32857346527", Owner: "241021678450941490"}
	movable  = []costunit.Resource{
		{ID: "cn-hangzhou;0001", Product: "oss", Owner: "273394581313325532"},
		{ID: "cn-hangzhou;0002", Product: "oss", Owner: "273394581313325532"},
		{ID: "cn-hangzhou;0003", Product: "oss", Owner: "273394581313325532", Component: "qwer1-cn-beijing"},
	}
)

func fillUnits(w *world) {
	w.alibabaCloud.Units.Put(toUnit)
	w.alibabaCloud.Units.Put(fromUnit, movable...)
}

// allMoved is 1 where every resource moved once.
func allMoved(w *world) int {
	times := make(map[costunit.Resource]int)
	for _, m := range w.alibabaCloud.Units.Moves() {
		times[m.Resource]++
		if m.From != fromUnit || m.To != toUnit || times[m.Resource] > 1 {
			w.blame("moved wrongly, or again: %v", m)
		}
	}
	if len(times) != 0 && len(times) != len(movable) {
		w.blame("%d of %d resources moved", len(times), len(movable))
	}
	return min(1, len(times))
}

// unitBatch is how many units one request takes; there are two requests' worth of them.
const unitBatch = 100

var (
	teams = func() (names []string) {
		for i := range unitBatch + 1 {
			names = append(names, fmt.Sprintf("team-%03d", i))
		}
		return names
	}()
	definitions = func() (all []costunit.Definition) {
		for _, name := range teams {
			all = append(all, costunit.Definition{Owner: fromUnit.Owner, Parent: fromUnit.ID, Name: name})
		}
		return all
	}()
	renamings = func() (all []costunit.Renaming) {
		for i, name := range teams {
			all = append(all, costunit.Renaming{Unit: costunit.Unit{ID: strconv.Itoa(500_000 + i), Owner: fromUnit.Owner}, Name: name})
		}
		return all
	}()
)

// named is how many units have each name.
func named(all []costunit.Details) map[string]int {
	times := make(map[string]int)
	for _, u := range all {
		times[u.Name]++
	}
	return times
}

// creation is the judge of a creation of units with these names.
func creation(w *world, names []string, list func() []costunit.Details) func([]costunit.Details, error) error {
	judge := honest(w, names, func() map[string]bool {
		are := make(map[string]bool)
		for _, u := range list() {
			are[u.Name] = true
		}
		return are
	})
	return func(units []costunit.Details, err error) error {
		var done []string
		for _, d := range units {
			done = append(done, d.Name)
			if !slices.Contains(list(), d) {
				w.blame("told to be created, and not there: %+v", d)
			}
		}
		return judge(done, err)
	}
}

// teamsNamed counts the parts of the teams that there are units of.
func teamsNamed(w *world) int {
	times := named(w.alibabaCloud.Units.List(fromUnit.Owner))
	return inParts(w, teams, unitBatch, func(name string) int { return times[name] })
}

func createTeams(ctx context.Context, w *world) error {
	judge := creation(w, teams, func() []costunit.Details { return w.alibabaCloud.Units.List(fromUnit.Owner) })
	return judge(w.alibaba.CreateUnits(ctx, definitions...))
}

func renameTeams(ctx context.Context, w *world) error {
	ids := make([]string, 0, len(renamings))
	for _, r := range renamings {
		ids = append(ids, r.Unit.ID)
	}
	judge := honest(w, ids, func() map[string]bool {
		are := make(map[string]bool)
		for i, d := range w.alibabaCloud.Units.List(fromUnit.Owner) {
			are[d.ID] = d.Name == teams[i]
		}
		return are
	})
	renamed, err := w.alibaba.RenameUnits(ctx, renamings...)
	var done []string
	for _, u := range renamed {
		done = append(done, u.ID)
	}
	return judge(done, err)
}

func alibabaUnitRows() []row {
	// What was created is seen by reading first.
	taken := func(made int) outcome { return outcome{errors.ErrExists, 1 + len(teams)/unitBatch + 1 - made} }
	return []row{
		{
			name: "CreateUnits", op: "CreateCostUnit", settling: sought, back: "QueryCostUnit", before: 1, batches: 2,
			prepare: fillUnits, made: teamsNamed, already: taken, call: createTeams,
		},
		{
			name: "CreateUnits (reading first)", op: "QueryCostUnit", settling: asking, after: 1, batches: 2, stops: true,
			prepare: fillUnits, made: teamsNamed, already: taken, call: createTeams,
		},
		{
			name: "RenameUnits", op: "ModifyCostUnit", settling: readBack, back: "QueryCostUnit", batches: 2,
			prepare: func(w *world) {
				for _, r := range renamings {
					w.alibabaCloud.Units.Put(r.Unit)
				}
			},
			made: teamsNamed, call: renameTeams,
		},
		{
			name: "DeleteUnit", op: "DeleteCostUnit", settling: found, back: "QueryCostUnit", prepare: fillUnits,
			already: comes(errors.ErrNotFound, 2), // asked for, read
			made:    func(w *world) int { return 1 - len(w.alibabaCloud.Units.List(toUnit.Owner)) },
			call:    func(ctx context.Context, w *world) error { return w.alibaba.DeleteUnit(ctx, toUnit) },
		},
		{
			name: "TransferResources", op: "AllocateCostUnitResource", settling: moved, back: "QueryCostUnitResource",
			prepare: fillUnits, made: allMoved,
			call: func(ctx context.Context, w *world) error {
				_, err := w.alibaba.TransferResources(ctx, costunit.Transfer{From: fromUnit, To: toUnit, Resources: movable})
				return err
			},
		},
		{
			name: "Units", op: "QueryCostUnit", settling: asking, prepare: fillUnits,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.alibaba.Units(ctx, fromUnit.Owner))
				return w.right(err, n == 1, n)
			},
		},
		{
			name: "Resources", op: "QueryCostUnitResource", settling: asking, prepare: fillUnits,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.alibaba.Resources(ctx, costunit.Query{Unit: fromUnit}))
				return w.right(err, n == len(movable), n)
			},
		},
	}
}
