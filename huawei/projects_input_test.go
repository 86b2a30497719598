// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
)

// What Huawei Cloud cannot do, or its documents do not allow, is refused before a byte is sent; also where it stands behind
// what is good.
func TestBadInputOfUnits(t *testing.T) {
	type call = func(context.Context, *huawei.Client) error
	var bad []call
	var names []string
	row := func(name string, c call) { bad, names = append(bad, c), append(names, name) }
	transfer := func(name string, change func(*costunit.Transfer)) {
		row("transfer, "+name, func(ctx context.Context, c *huawei.Client) error {
			t := disks(2)
			change(&t)
			_, err := c.TransferResources(ctx, t)
			return err
		})
	}
	query := func(name string, change func(*costunit.Query)) {
		row("query, "+name, func(ctx context.Context, c *huawei.Client) error {
			q := costunit.Query{Unit: origin, Products: []string{"disk"}}
			change(&q)
			return firstError(c.Resources(ctx, q))
		})
	}
	definition := func(name string, d ...costunit.Definition) {
		row("definition, "+name, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.CreateUnits(ctx, append([]costunit.Definition{{Name: "good"}}, d...)...)
			return err
		})
	}
	renaming := func(name string, r ...costunit.Renaming) {
		row("renaming, "+name, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.RenameUnits(ctx, append([]costunit.Renaming{{Unit: target, Name: "good-2"}}, r...)...)
			return err
		})
	}
	records := func(name string, q huawei.MigrationQuery) {
		row("records, "+name, func(ctx context.Context, c *huawei.Client) error { return firstError(c.MigrationRecords(ctx, q)) })
	}

	for _, id := range []string{" ", "a b", "a/b", "..", "a?b", "a%2f", "a#b", "é", "a\n", "\xff", strings.Repeat("x", 37)} {
		transfer("source "+id, func(t *costunit.Transfer) { t.From.ID = id })
		transfer("target "+id, func(t *costunit.Transfer) { t.To.ID = id })
		query("unit "+id, func(q *costunit.Query) { q.Unit.ID = id })
		renaming("unit "+id, costunit.Renaming{Unit: costunit.Unit{ID: id}, Name: "new"})
	}
	transfer("owner of the source", func(t *costunit.Transfer) { t.From.Owner = "1" })
	transfer("owner of the target", func(t *costunit.Transfer) { t.To.Owner = "1" })
	transfer("owner of a resource", func(t *costunit.Transfer) { t.Resources[1].Owner = "1" })
	transfer("component", func(t *costunit.Transfer) { t.Resources[1].Component = "flow" })
	transfer("object storage without a region", func(t *costunit.Transfer) { t.Resources[1].Product = "obs" })
	transfer("nothing", func(t *costunit.Transfer) { t.Resources = nil })
	transfer("twice", func(t *costunit.Transfer) { t.Resources[1] = t.Resources[0] })
	transfer("both default", func(t *costunit.Transfer) { t.From.ID, t.To.ID = "", "0" })
	query("owner", func(q *costunit.Query) { q.Unit.Owner = "1" })
	query("no type", func(q *costunit.Query) { q.Products = nil })
	query("empty type", func(q *costunit.Query) { q.Products = []string{"disk", ""} })
	query("empty project", func(q *costunit.Query) { q.Projects = []string{""} })
	row("units of an owner", func(ctx context.Context, c *huawei.Client) error { return firstError(c.Units(ctx, "1")) })
	for _, name := range []string{"", " ", "a b", "a.b", "a/b", "é", "ａ", "default", "Default", "DEFAULT", "a\n", "a\nb", "\xff", strings.Repeat("x", 65), strings.Repeat("目", 65)} {
		definition("name "+name, costunit.Definition{Name: name})
		renaming("name "+name, costunit.Renaming{Unit: origin, Name: name})
	}
	definition("owner", costunit.Definition{Name: "new", Owner: "1"})
	definition("parent", costunit.Definition{Name: "new", Parent: "source"})
	definition("name twice", costunit.Definition{Name: "new"}, costunit.Definition{Name: "good"})
	renaming("default project", costunit.Renaming{Unit: costunit.Unit{ID: "0"}, Name: "new"})
	renaming("no unit", costunit.Renaming{Name: "new"})
	renaming("owner", costunit.Renaming{Unit: costunit.Unit{ID: "source", Owner: "1"}, Name: "new"})
	renaming("unit twice", costunit.Renaming{Unit: target, Name: "new"})
	now := time.Now()
	records("backwards", huawei.MigrationQuery{From: now, To: now.Add(-time.Second)})
	records("before 1970", huawei.MigrationQuery{From: time.Unix(-1, 0)})
	records("to before 1970", huawei.MigrationQuery{To: time.Unix(-1, 0)})
	records("resource with a line end", huawei.MigrationQuery{Resource: "a\n"})
	records("resource not UTF-8", huawei.MigrationQuery{Resource: "\xff"})
	records("long resource", huawei.MigrationQuery{Resource: strings.Repeat("x", 257)})

	cloud := newCloud(t)
	put(cloud, disks(2))
	client := newClient(t, cloud)
	for i, call := range bad {
		err := call(t.Context(), client)
		require.Truef(t, errors.Is(err, errors.ErrInvalid), "%s: %v", names[i], err)
		require.Emptyf(t, cloud.Requests(), "%s was sent", names[i])
		failure, ok := errors.AsType[*errors.Error](err)
		require.True(t, ok)
		require.Equal(t, "huawei", failure.Provider, names[i])
		require.NotEmpty(t, failure.Op, names[i])
	}
	// The controls: the same without what is wrong.
	for _, op := range []string{projects, held, create, rename, migrate, migrations} {
		require.NoError(t, calls[op](t.Context(), client))
	}
	done, err := client.CreateUnits(t.Context(), costunit.Definition{Name: "项目_1-A"}, costunit.Definition{Name: strings.Repeat("目", 64)}, costunit.Definition{Name: "defaults"})
	require.NoError(t, err)
	require.Len(t, done, 3)
	_, err = client.RenameUnits(t.Context(), costunit.Renaming{Unit: origin, Name: "a"}, costunit.Renaming{Unit: target, Name: "b"})
	require.NoError(t, err)
}

// A renaming keeps the description and the type.
func TestDescriptionsAreKept(t *testing.T) {
	cloud := newCloud(t)
	vendor := projectsVendor(t, cloud.Config())
	created := createByVendor(t, vendor, "before", "words")
	client := newClient(t, cloud)
	_, err := client.RenameUnits(t.Context(), costunit.Renaming{Unit: costunit.Unit{ID: created}, Name: "after"})
	require.NoError(t, err)
	for project, err := range client.EnterpriseProjects(t.Context()) {
		require.NoError(t, err)
		if project.ID == created {
			require.Equal(t, []string{"after", "words", "poc", "1"}, []string{project.Name, project.Description, project.Type, project.Status})
		}
	}
	// The control: this server drops what is left out, as Huawei may.
	renameByVendor(t, vendor, created, "again")
	for project, err := range client.EnterpriseProjects(t.Context()) {
		require.NoError(t, err)
		if project.ID == created {
			require.Empty(t, project.Description)
		}
	}
}

// 2,500 projects are three pages, each once; so are as many resources.
func TestProjectPages(t *testing.T) {
	const many = 2500
	cloud := newCloud(t)
	cloud.Units.Put(origin, disks(many).Resources...)
	for i := range many - 1 {
		cloud.Units.Put(costunit.Unit{ID: "unit-" + disks(1).Resources[0].ID + "-" + strings.Repeat("x", i%10) + time.Unix(int64(i), 0).UTC().Format("150405")})
	}
	client := newClient(t, cloud)
	seen := make(map[string]bool)
	for unit, err := range client.Units(t.Context(), "") {
		require.NoError(t, err)
		require.False(t, seen[unit.ID])
		seen[unit.ID] = true
	}
	require.Len(t, seen, many)
	requireSent(t, cloud, projects, projects, projects)
	for r, err := range client.Resources(t.Context(), costunit.Query{Unit: origin, Products: []string{"disk"}, Projects: []string{"project-1"}}) {
		require.NoError(t, err)
		require.False(t, seen[r.ID])
		seen[r.ID] = true
	}
	require.Len(t, seen, 2*many)
	requireSent(t, cloud, projects, projects, projects, held, held, held)
	for _, err := range client.Units(t.Context(), "") {
		require.NoError(t, err)
		break
	}
	requireSent(t, cloud, projects, projects, projects, held, held, held, projects)
}
