// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	eps "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/eps/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/eps/v1/model"
	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
)

// projectsVendor is the provider's own client of EPS, pointed at where ours would go.
func projectsVendor(t *testing.T, ours huawei.Config) *eps.EpsClient {
	t.Helper()
	credentials, err := global.NewCredentialsBuilder().WithAk(ours.Credentials.AccessKey).WithSk(ours.Credentials.SecretKey).WithDomainId("domain-1").SafeBuild()
	require.NoError(t, err)
	client, err := eps.EpsClientBuilder().
		WithEndpoint(ours.ProjectsEndpoint).
		WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().
			WithHttpTransport(&http.Transport{DisableKeepAlives: true}).
			WithUserAgent("test")). // else it writes a file into the home directory
		SafeBuild()
	require.NoError(t, err)
	return eps.NewEpsClient(client)
}

// The vendor's own client manages projects and moves resources on the fake.
func TestVendorClientOnProjects(t *testing.T) {
	cloud := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles.RecordsBySchema = true })
	client := projectsVendor(t, cloud.Config())
	created, err := client.CreateEnterpriseProject(&model.CreateEnterpriseProjectRequest{
		Body: &model.EnterpriseProject{Name: "项目_1", Description: pointer("words"), Type: pointer("poc")},
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, created.HttpStatusCode)
	id := created.EnterpriseProject.Id
	require.Len(t, id, 36)
	require.Equal(t, []costunit.Details{{Unit: costunit.Unit{ID: id}, Name: "项目_1"}}, cloud.Units.List(""))

	_, err = client.CreateEnterpriseProject(&model.CreateEnterpriseProjectRequest{Body: &model.EnterpriseProject{Name: "项目_1"}})
	refused, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []any{409, "EPS.0010"}, []any{refused.StatusCode, refused.ErrorCode})

	changed, err := client.UpdateEnterpriseProject(&model.UpdateEnterpriseProjectRequest{
		EnterpriseProjectId: id, Body: &model.EnterpriseProject{Name: "renamed", Description: pointer("other words")},
	})
	require.NoError(t, err)
	require.Equal(t, "renamed", changed.EnterpriseProject.Name)

	list, err := client.ListEnterpriseProject(&model.ListEnterpriseProjectRequest{
		Name: pointer("nam"), Status: pointer(int32(1)), Limit: pointer(int32(10)), SortKey: pointer(model.GetListEnterpriseProjectRequestSortKeyEnum().UPDATED_AT),
	})
	require.NoError(t, err)
	require.Equal(t, int32(1), *list.TotalCount)
	one := (*list.EnterpriseProjects)[0]
	require.Equal(t, []any{id, "renamed", "other words", int32(1), "poc", false}, []any{one.Id, one.Name, one.Description, one.Status, one.Type.Value(), one.DeleteFlag})

	disk := disks(1).Resources[0]
	cloud.Units.Put(origin, disk)
	moved, err := client.MigrateResource(&model.MigrateResourceRequest{EnterpriseProjectId: id, Body: &model.MigrateResource{
		ResourceId: disk.ID, ResourceType: disk.Product, ProjectId: &disk.Project, RegionId: pointer("cn-north-1"), Associated: pointer(true),
	}})
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, moved.HttpStatusCode)
	require.Equal(t, []costunit.Resource{disk}, cloud.Units.Holds(costunit.Unit{ID: id}))

	there, err := client.ShowResourceBindEnterpriseProject(&model.ShowResourceBindEnterpriseProjectRequest{
		EnterpriseProjectId: id, Body: &model.ResqEpResouce{
			Projects: &[]string{disk.Project}, ResourceTypes: []string{"disk", "ecs"}, Matches: &[]model.Match{{Key: "resource_name", Value: "disk"}},
		},
	})
	require.NoError(t, err)
	require.Equal(t, int32(1), *there.TotalCount)
	require.Equal(t, disk.ID, (*there.Resources)[0].ResourceId)

	records, err := client.ListMigrationRecord(&model.ListMigrationRecordRequest{ResourceId: &disk.ID, Offset: pointer("0"), Limit: pointer(int32(10))})
	require.NoError(t, err)
	require.Len(t, *records.Records, 1)
	require.Equal(t, []any{true, "source", id}, []any{*(*records.Records)[0].Associated, *(*records.Records)[0].OriginEpId, *(*records.Records)[0].TargetEpId})

	// Of the published sample it cannot read the types.
	plain := newCloud(t)
	put(plain, disks(1))
	_, err = newClient(t, plain).TransferResources(t.Context(), disks(1))
	require.NoError(t, err)
	_, err = projectsVendor(t, plain.Config()).ListMigrationRecord(&model.ListMigrationRecordRequest{})
	require.Error(t, err, "the vendor's client reads its sample now: say so above")
	require.NoError(t, calls[migrations](t.Context(), newClient(t, plain)))
}

// What our client sends has the fields of the vendor's models, with the same values.
func TestProjectFieldsAreTheVendors(t *testing.T) {
	at := time.UnixMilli(1753267100170)
	disk := disks(1).Resources[0]
	disk.Region = "cn-north-1"
	for op, tt := range map[string]struct {
		theirs func(*eps.EpsClient) error
		ours   func(context.Context, *huawei.Client) error
	}{
		projects: {func(c *eps.EpsClient) error {
			_, err := c.ListEnterpriseProject(&model.ListEnterpriseProjectRequest{Offset: pointer(int32(0)), Limit: pointer(int32(1000))})
			return err
		}, func(ctx context.Context, c *huawei.Client) error { return firstError(c.Units(ctx, "")) }},
		held: {func(c *eps.EpsClient) error {
			_, err := c.ShowResourceBindEnterpriseProject(&model.ShowResourceBindEnterpriseProjectRequest{
				EnterpriseProjectId: "source", Body: &model.ResqEpResouce{
					Projects: &[]string{"p1", "p2"}, ResourceTypes: []string{"disk", "ecs"}, Offset: pointer(int32(0)), Limit: pointer(int32(1000)),
				},
			})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.Resources(ctx, costunit.Query{Unit: origin, Products: []string{"disk", "ecs"}, Projects: []string{"p1", "p2"}}))
		}},
		create: {func(c *eps.EpsClient) error {
			_, err := c.CreateEnterpriseProject(&model.CreateEnterpriseProjectRequest{Body: &model.EnterpriseProject{Name: "theirs"}})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.CreateUnits(ctx, costunit.Definition{Name: "ours"})
			return err
		}},
		rename: {func(c *eps.EpsClient) error {
			_, err := c.UpdateEnterpriseProject(&model.UpdateEnterpriseProjectRequest{
				EnterpriseProjectId: "source", Body: &model.EnterpriseProject{Name: "new", Description: pointer("words"), Type: pointer("prod")},
			})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.RenameUnits(ctx, costunit.Renaming{Unit: origin, Name: "new"})
			return err
		}},
		migrate: {func(c *eps.EpsClient) error {
			_, err := c.MigrateResource(&model.MigrateResourceRequest{EnterpriseProjectId: "target", Body: &model.MigrateResource{
				ResourceId: disk.ID, ResourceType: disk.Product, ProjectId: &disk.Project, RegionId: &disk.Region, Associated: pointer(false),
			}})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			_, err := c.TransferResources(ctx, costunit.Transfer{From: target, To: origin, Resources: []costunit.Resource{disk}})
			return err
		}},
		migrations: {func(c *eps.EpsClient) error {
			_, err := c.ListMigrationRecord(&model.ListMigrationRecordRequest{
				StartTime: pointer("1753267100170"), EndTime: pointer("1753267100170"), ResourceId: pointer("disk-001"), Offset: pointer("0"), Limit: pointer(int32(100)),
			})
			return err
		}, func(ctx context.Context, c *huawei.Client) error {
			return firstError(c.MigrationRecords(ctx, huawei.MigrationQuery{From: at, To: at, Resource: "disk-001"}))
		}},
	} {
		t.Run(op, func(t *testing.T) {
			cloud := newCloud(t)
			put(cloud, disks(1))
			require.NoError(t, tt.theirs(projectsVendor(t, cloud.Config())))
			require.NoError(t, tt.ours(t.Context(), newClient(t, cloud)))
			var same []huaweitest.Request
			for _, r := range cloud.Requests() {
				if r.Operation == op {
					require.True(t, r.Signed)
					same = append(same, r)
				}
			}
			require.Len(t, same, 2)
			require.Equal(t, same[0].Query, same[1].Query)
			if op != migrate { // it goes back
				require.Equal(t, same[0].Path, same[1].Path)
			}
			if len(same[0].Body)+len(same[1].Body) > 0 {
				theirs, ours := fieldsOf(t, same[0]), fieldsOf(t, same[1])
				if op == create {
					require.Equal(t, []string{`"theirs"`, `"ours"`}, []string{theirs["name"], ours["name"]})
					delete(theirs, "name")
					delete(ours, "name")
				}
				require.Equal(t, theirs, ours)
			}
		})
	}
}

func createByVendor(t *testing.T, client *eps.EpsClient, name, description string) (id string) {
	t.Helper()
	created, err := client.CreateEnterpriseProject(&model.CreateEnterpriseProjectRequest{
		Body: &model.EnterpriseProject{Name: name, Description: &description, Type: pointer("poc")},
	})
	require.NoError(t, err)
	return created.EnterpriseProject.Id
}

func renameByVendor(t *testing.T, client *eps.EpsClient, id, name string) {
	t.Helper()
	_, err := client.UpdateEnterpriseProject(&model.UpdateEnterpriseProjectRequest{EnterpriseProjectId: id, Body: &model.EnterpriseProject{Name: name}})
	require.NoError(t, err)
}
