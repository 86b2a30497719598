// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"slices"
	"sync"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
)

// Two enterprise projects, and what moves from one into the other: one request for each.
var (
	fromProject = costunit.Unit{ID: "0aa119a8-d25b-45a7-8d1b-88e127885135"}
	toProject   = costunit.Unit{ID: "1bb119a8-d25b-45a7-8d1b-88e127885136"}
	migrating   = []costunit.Resource{
		{ID: "f5f5d6d5-0001", Product: "ecs", Project: "project-1"},
		{ID: "bucket-1", Product: "obs", Region: "eu-west-101"},
	}
	transfer = costunit.Transfer{From: fromProject, To: toProject, Resources: migrating}
	projects = []string{"team-1", "team-2"}
)

func fillProjects(w *world) {
	w.huaweiCloud.Units.Put(toProject)
	w.huaweiCloud.Units.Put(fromProject, migrating...)
}

// projectsNamed counts the projects of some names.
func projectsNamed(names ...string) func(*world) int {
	return func(w *world) int {
		times := named(w.huaweiCloud.Units.List(""))
		return inParts(w, names, 1, func(name string) int { return times[name] })
	}
}

func createProjects(ctx context.Context, w *world) error {
	var wanted []costunit.Definition
	for _, name := range projects {
		wanted = append(wanted, costunit.Definition{Name: name})
	}
	judge := creation(w, projects, func() []costunit.Details { return w.huaweiCloud.Units.List("") })
	return judge(w.huawei.CreateUnits(ctx, wanted...))
}

func renameProject(ctx context.Context, w *world) error {
	renamed, err := w.huawei.RenameUnits(ctx, costunit.Renaming{Unit: toProject, Name: projects[0]})
	if (err == nil) != slices.Equal(renamed, []costunit.Unit{toProject}) {
		w.blame("told to be renamed: %v, %v", renamed, err)
	}
	return err
}

// migrated counts the resources that moved, each once.
func migrated(w *world) int {
	times := make(map[costunit.Resource]int)
	for _, m := range w.huaweiCloud.Units.Moves() {
		if times[m.Resource]++; m.From != fromProject || m.To != toProject {
			w.blame("moved wrongly: %v", m)
		}
	}
	return inParts(w, migrating, 1, func(r costunit.Resource) int { return times[r] })
}

// migrate is a caller who leaves when the client looks for what it sent for the third time: by itself the client has the
// patience of huawei.MigrationPatience.
func migrate(ctx context.Context, w *world) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	sent, looked := false, 0
	end := w.watched(func(op string) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case op == "MigrateResource":
			sent, looked = true, 0
		case sent:
			if looked++; looked == looks {
				cancel()
			}
		}
	})
	defer end()
	_, err := w.huawei.TransferResources(ctx, transfer)
	there := w.huaweiCloud.Units.Holds(toProject)
	partial, ok := errors.AsType[*costunit.PartialError](err)
	if !ok {
		if err == nil && len(there) != len(migrating) {
			w.blame("no error, but there are only %v", there)
		}
		return err
	}
	for _, r := range migrating {
		moved, unmoved, unknown := slices.Contains(partial.Moved, r), slices.Contains(partial.Unmoved, r), slices.Contains(partial.Unknown, r)
		if (moved || unmoved) == unknown || !unknown && moved != slices.Contains(there, r) {
			w.blame("%v is told otherwise than it is: %+v", r, partial)
		}
	}
	return err
}

func huaweiUnitRows() []row {
	// One read where everything is there already; else the source is read, what is missing is sent, and looked for.
	there := func(made int) outcome {
		if made == len(migrating) {
			return outcome{nil, 1}
		}
		return outcome{nil, 3 + len(migrating) - made}
	}
	return []row{
		{
			name: "CreateUnits", op: "CreateEnterpriseProject", settling: found, back: "ListEnterpriseProject", batches: 2,
			prepare: fillProjects, made: projectsNamed(projects...), already: comes(errors.ErrExists, 2), call: createProjects,
		},
		{
			name: "RenameUnits", op: "UpdateEnterpriseProject", settling: readBack, back: "ListEnterpriseProject", before: 1,
			prepare: fillProjects, made: projectsNamed(projects[0]), call: renameProject,
		},
		{
			name: "RenameUnits (reading first)", op: "ListEnterpriseProject", settling: asking, after: 1,
			prepare: fillProjects, made: projectsNamed(projects[0]), call: renameProject,
		},
		{
			name: "TransferResources", op: "MigrateResource", settling: awaited, back: "ShowResourceBindEnterpriseProject",
			before: 2, after: 1, batches: len(migrating), stops: true, bodiless: true,
			prepare: fillProjects, made: migrated, already: there, call: migrate,
		},
		{
			name: "TransferResources (reading first)", op: "ShowResourceBindEnterpriseProject", settling: asking,
			after: 3, batches: len(migrating), stops: true,
			prepare: fillProjects, made: migrated, already: there, call: migrate,
		},
		{
			name: "EnterpriseProjects", op: "ListEnterpriseProject", settling: asking, prepare: fillProjects,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.EnterpriseProjects(ctx))
				return w.right(err, n == 3, n) // the default one among them
			},
		},
		{
			name: "Units", op: "ListEnterpriseProject", settling: asking, prepare: fillProjects,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.Units(ctx, ""))
				return w.right(err, n == 2, n)
			},
		},
		{
			name: "Resources", op: "ShowResourceBindEnterpriseProject", settling: asking, prepare: fillProjects,
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.Resources(ctx, costunit.Query{Unit: fromProject, Products: []string{"ecs", "obs"}, Projects: []string{"project-1"}}))
				return w.right(err, n == len(migrating), n)
			},
		},
		{
			name: "MigrationRecords", op: "ListMigrationRecord", settling: asking, after: 1, // the list does not tell its length
			prepare: func(w *world) {
				fillProjects(w)
				if err := migrate(context.Background(), w); err != nil {
					w.blame("nothing to read: %v", err)
				}
				w.wire.closeIdle() // over a connection that was used before, net/http repeats a GET by itself
			},
			call: func(ctx context.Context, w *world) error {
				n, err := first(w.huawei.MigrationRecords(ctx, huawei.MigrationQuery{}))
				return w.right(err, n == len(migrating), n)
			},
		},
	}
}
