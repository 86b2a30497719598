// SPDX-License-Identifier: Apache-2.0

package huawei_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/internal/race"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

var origin, target = costunit.Unit{ID: "source"}, costunit.Unit{ID: "target"}

// disks is a transfer of n regional resources.
func disks(n int) costunit.Transfer {
	t := costunit.Transfer{From: origin, To: target}
	for i := range n {
		t.Resources = append(t.Resources, costunit.Resource{ID: fmt.Sprintf("disk-%03d", i+1), Product: "disk", Project: "project-1"})
	}
	return t
}

// put makes both units, and puts the resources of a transfer into its source.
func put(cloud *huaweitest.Server, t costunit.Transfer) {
	cloud.Units.Put(t.From, t.Resources...)
	cloud.Units.Put(t.To)
}

// unitOperations is the request that does the work of a method.
var unitOperations = map[string]string{
	"TransferResources": migrate, "Units": projects, "Resources": held, "CreateUnits": create, "RenameUnits": rename,
}

func unitFixture[T any](w huaweitest.Wrinkles, delay time.Duration) func(*testing.T) costunittest.Fixture[T] {
	return func(t *testing.T) costunittest.Fixture[T] {
		cloud := newCloud(t, func(s *huaweitest.Server) { s.Wrinkles, s.MigrationDelay = w, delay })
		var units, resources atomic.Int64
		return costunittest.Fixture[T]{
			Subject: any(newClient(t, cloud)).(T),
			State:   &cloud.Units,
			Plain:   true,
			NewUnit: func() costunit.Unit {
				return costunit.Unit{ID: fmt.Sprintf("6fbcf2f3-3164-4d32-9a3e-%012x", units.Add(1))}
			},
			NewResource: func(costunit.Unit) costunit.Resource {
				return costunit.Resource{ID: fmt.Sprintf("b621f5ae-b5c1-49d7-a660-%012x", resources.Add(1)), Product: "disk", Project: "e1eb7c40cbea4c8389cde527594a306d"}
			},
			Fail: func(method string, faults ...fault.Fault) { cloud.Faults.Add(unitOperations[method], faults...) },
		}
	}
}

// The suite makes many requests, one for each resource: once plain, and once with every wrinkle of these operations, late.
func TestTransferrerSuite(t *testing.T) {
	if race.Enabled { // the late one is the harder
		t.Run("late", func(t *testing.T) {
			costunittest.TestTransferrer(t, unitFixture[costunit.Transferrer](huaweitest.Wrinkles{}, 3*time.Millisecond))
		})
		return
	}
	t.Run("plain", func(t *testing.T) {
		costunittest.TestTransferrer(t, unitFixture[costunit.Transferrer](huaweitest.Wrinkles{}, 0))
	})
	t.Run("wrinkled and late", func(t *testing.T) {
		w := huaweitest.Wrinkles{IntegersAsText: true, Nulls: true, ExtraFields: true, CamelCaseErrors: true, NumericCodes: true, TextForThrottled: true}
		costunittest.TestTransferrer(t, unitFixture[costunit.Transferrer](w, 3*time.Millisecond))
	})
}

func TestListerSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { costunittest.TestLister(t, unitFixture[costunit.Lister](w, 0)) })
	}
}

func TestManagerSuite(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) { costunittest.TestManager(t, unitFixture[costunit.Manager](w, 0)) })
	}
}

// sentOf counts the requests of an operation.
func sentOf(cloud *huaweitest.Server, op string) (n int) {
	for _, r := range cloud.Requests() {
		if r.Operation == op {
			n++
		}
	}
	return n
}

// requirePartial checks how far a transfer came: the numbers of what moved, did not, and is not known.
func requirePartial(t *testing.T, transfer costunit.Transfer, class, err error, moved, unmoved, unknown []int) *errors.Error {
	t.Helper()
	requireClass(t, class, err)
	partial, ok := errors.AsType[*costunit.PartialError](err)
	require.Truef(t, ok, "%v", err)
	numbers := func(resources []costunit.Resource) (found []int) {
		for _, r := range resources {
			found = append(found, slices.Index(transfer.Resources, r))
		}
		return found
	}
	require.Equal(t, [][]int{moved, unmoved, unknown}, [][]int{numbers(partial.Moved), numbers(partial.Unmoved), numbers(partial.Unknown)})
	failure, ok := errors.AsType[*errors.Error](err)
	require.True(t, ok)
	return failure
}

// What was accepted arrives later: the target is read until it has, in waits that grow up to two seconds.
func TestArrivalIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := &huaweitest.Server{MigrationDelay: 20 * time.Second}
		client := newClient(t, cloud, func(c *huawei.Config) {
			c.HTTPClient = &http.Client{Transport: inMemory{cloud: cloud}}
			c.Retry.Base = 250 * time.Millisecond
		})
		huawei.SetPatience(client, huawei.MigrationPatience)
		transfer := disks(2)
		put(cloud, transfer)
		begin := time.Now()
		receipt, err := client.TransferResources(t.Context(), transfer)
		require.NoError(t, err)
		require.Equal(t, transfer.Resources, cloud.Units.Holds(target))
		require.Equal(t, 2, receipt.Attempts)
		require.Len(t, receipt.RequestIDs, 2)
		require.GreaterOrEqual(t, time.Since(begin), 20*time.Second)
		require.Less(t, time.Since(begin), 23*time.Second)
		// Two before, then at 0, 250, 750, 1750 ms, and every two seconds.
		require.Equal(t, 2+4+10, sentOf(cloud, held))
		bodies := cloud.Requests()
		require.JSONEq(t, `{"project_id":"project-1","associated":false,"resource_type":"disk","resource_id":"disk-001"}`, string(bodies[2].Body))
		require.JSONEq(t, `{"projects":["project-1"],"resource_types":["disk"],"offset":0,"limit":1000}`, string(bodies[0].Body))
	})
}

// What never arrives is unknown, after two minutes, or when the context's time is over.
func TestNeverArriving(t *testing.T) {
	for _, tt := range []struct {
		name        string
		limit, want time.Duration
	}{{"patience", time.Hour, huawei.MigrationPatience}, {"deadline", 30 * time.Second, 30 * time.Second}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &huaweitest.Server{MigrationLost: func(id string) bool { return id == "disk-002" }}
				client := newClient(t, cloud, func(c *huawei.Config) { c.HTTPClient = &http.Client{Transport: inMemory{cloud: cloud}} })
				huawei.SetPatience(client, huawei.MigrationPatience)
				transfer := disks(3)
				put(cloud, transfer)
				ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
				defer cancel()
				begin := time.Now()
				_, err := client.TransferResources(ctx, transfer)
				require.Equal(t, tt.want, time.Since(begin))
				failure := requirePartial(t, transfer, errors.ErrUncertain, err, []int{0, 2}, nil, []int{1})
				require.Equal(t, migrate, failure.Op)
				require.Equal(t, tt.name == "deadline", errors.Is(err, context.DeadlineExceeded))
			})
		})
	}
	// The control: what arrives at the last moment is there.
	synctest.Test(t, func(t *testing.T) {
		cloud := &huaweitest.Server{MigrationDelay: huawei.MigrationPatience}
		client := newClient(t, cloud, func(c *huawei.Config) { c.HTTPClient = &http.Client{Transport: inMemory{cloud: cloud}} })
		huawei.SetPatience(client, huawei.MigrationPatience)
		put(cloud, disks(1))
		_, err := client.TransferResources(t.Context(), disks(1))
		require.NoError(t, err)
	})
}

// A context that ends while the target is read ends the call at once, and the lists are exact.
func TestCancelledWhileAwaiting(t *testing.T) {
	took := time.Hour
	for try := 0; try < 5 && took > 20*time.Millisecond; try++ { // the machine may be busy
		cloud := newCloud(t, func(s *huaweitest.Server) {
			s.MigrationLost = func(id string) bool { return id != "disk-001" }
		})
		client := newClient(t, cloud, func(c *huawei.Config) { c.Retry.Base = time.Hour }) // the waits are bounded
		huawei.SetPatience(client, time.Hour)
		transfer := disks(3)
		put(cloud, transfer)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := client.TransferResources(ctx, transfer)
			done <- err
		}()
		require.Eventually(t, func() bool { return sentOf(cloud, held) >= 3 }, 5*time.Second, time.Millisecond)
		time.Sleep(5 * time.Millisecond)
		begin := time.Now()
		cancel()
		err := <-done
		took = time.Since(begin)
		require.ErrorIs(t, err, context.Canceled)
		_ = requirePartial(t, transfer, errors.ErrUncertain, err, []int{0}, nil, []int{1, 2})
	}
	require.LessOrEqual(t, took, 20*time.Millisecond)
}

// A refusal stops the sending, and what was accepted is still awaited.
func TestRefusedHalfWay(t *testing.T) {
	disabled := huaweitest.Code(400, "EPS.0014")
	for _, tt := range []struct {
		name     string
		lost     bool
		delay    time.Duration
		passing  int
		class    error
		moved    []int
		unknown  []int
		requests int
	}{
		{"arrived", false, 0, 2, errors.ErrConflict, []int{0, 1}, nil, 3},
		{"arrives late", false, 20 * time.Millisecond, 2, errors.ErrConflict, []int{0, 1}, nil, 3},
		{"never arrives", true, 0, 2, errors.ErrUncertain, nil, []int{0, 1}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t, func(s *huaweitest.Server) {
				s.MigrationDelay, s.MigrationLost = tt.delay, func(string) bool { return tt.lost }
			})
			client := newClient(t, cloud)
			transfer := disks(4)
			put(cloud, transfer)
			cloud.Faults.Add(migrate, append(fault.Times(tt.passing, fault.Fault{}), disabled)...)
			_, err := client.TransferResources(t.Context(), transfer)
			failure := requirePartial(t, transfer, tt.class, err, tt.moved, []int{2, 3}, tt.unknown)
			require.Equal(t, []any{migrate, "EPS.0014"}, []any{failure.Op, failure.Code})
			require.Equal(t, tt.requests, sentOf(cloud, migrate))
		})
	}
	t.Run("the first", func(t *testing.T) {
		cloud := newCloud(t)
		put(cloud, disks(2))
		cloud.Faults.Add(migrate, disabled)
		_, err := newClient(t, cloud).TransferResources(t.Context(), disks(2))
		requireClass(t, errors.ErrConflict, err)
		_, half := errors.AsType[*costunit.PartialError](err)
		require.False(t, half, "nothing moved")
		require.Equal(t, 1, sentOf(cloud, migrate))
		require.Equal(t, 2, sentOf(cloud, held), "and nothing is waited for")
	})
}

// Throttling is a 403 at EPS, and is repeated all the same.
func TestThrottledAs403(t *testing.T) {
	for _, op := range []string{migrate, held, projects, create, rename, migrations} {
		t.Run(op, func(t *testing.T) {
			cloud := newCloud(t)
			put(cloud, disks(1))
			cloud.Faults.Add(op, huaweitest.Code(403, "EPS.0006"), huaweitest.Code(403, "EPS.0006"))
			require.NoError(t, calls[op](t.Context(), newClient(t, cloud)))
			cloud.Faults.Add(op, huaweitest.Code(403, "EPS.0004")) // the control: another 403 is not
			requireClass(t, errors.ErrDenied, calls[op](t.Context(), newClient(t, newDenied(t, op))))
		})
	}
}

func newDenied(t *testing.T, op string) *huaweitest.Server {
	t.Helper()
	cloud := newCloud(t)
	put(cloud, disks(1))
	cloud.Faults.Add(op, huaweitest.Code(403, "EPS.0004"))
	return cloud
}

// A lost reply is repeated, which converges; where every reply is lost, the target tells.
func TestLostMigrations(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults []fault.Fault
		class  error
		sent   int
		moved  []int
	}{
		{"one reply", fault.Times(1, fault.LostReply), nil, 4, nil},
		{"every reply of one", fault.Times(4, fault.LostReply), nil, 6, nil},
		{"one request", fault.Times(1, fault.LostRequest), nil, 4, nil},
		{"every request of one", fault.Times(4, fault.LostRequest), errors.ErrUncertain, 4, nil},
		{"the reply, then refused", []fault.Fault{fault.LostReply, huaweitest.Code(403, "EPS.0004")}, nil, 4, nil},
		{"the request, then refused", []fault.Fault{fault.LostRequest, huaweitest.Code(403, "EPS.0004")}, errors.ErrUncertain, 2, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cloud := newCloud(t)
			transfer := disks(3)
			put(cloud, transfer)
			cloud.Faults.Add(migrate, tt.faults...)
			_, err := newClient(t, cloud).TransferResources(t.Context(), transfer)
			require.Equal(t, tt.sent, sentOf(cloud, migrate))
			if tt.class == nil {
				require.NoError(t, err)
				require.Equal(t, transfer.Resources, cloud.Units.Holds(target))
				require.Len(t, cloud.Units.Moves(), 3)
				return
			}
			_ = requirePartial(t, transfer, tt.class, err, nil, []int{1, 2}, []int{0})
		})
	}
}

// Nothing is moved where a resource is in neither project, and what is in the target already is not sent.
func TestWhereResourcesAre(t *testing.T) {
	cloud := newCloud(t)
	client := newClient(t, cloud)
	transfer := disks(3)
	put(cloud, transfer)
	cloud.Units.Put(costunit.Unit{ID: "elsewhere"}, transfer.Resources[1])
	_, err := client.TransferResources(t.Context(), transfer)
	requireClass(t, errors.ErrNotFound, err)
	require.ErrorContains(t, err, "disk-002")
	require.Zero(t, sentOf(cloud, migrate))

	cloud.Units.Put(target, transfer.Resources[1])
	receipt, err := client.TransferResources(t.Context(), transfer)
	require.NoError(t, err)
	require.Equal(t, 2, receipt.Attempts)
	receipt, err = client.TransferResources(t.Context(), transfer)
	require.NoError(t, err)
	require.Zero(t, receipt.Attempts)

	other := disks(1) // the same id, in another project
	other.Resources[0].Project = "project-2"
	_, err = client.TransferResources(t.Context(), other)
	requireClass(t, errors.ErrNotFound, err)
	cloud.Units.Put(origin, other.Resources[0])
	other.Resources = append(other.Resources, transfer.Resources[0]) // which is in the target, under the same id
	receipt, err = client.TransferResources(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, 1, receipt.Attempts)
	require.Len(t, cloud.Units.Holds(target), 4)
	_, err = client.TransferResources(t.Context(), costunit.Transfer{From: origin, To: costunit.Unit{ID: "nowhere"}, Resources: transfer.Resources})
	requireClass(t, errors.ErrNotFound, err)
}

// What arrives in the target between the two readings is not missed.
func TestArrivalBetweenTheReadings(t *testing.T) {
	cloud := newCloud(t)
	transfer := disks(3)
	put(cloud, transfer)
	cloud.Faults.Add(held, fault.Fault{Seen: func() { cloud.Units.Put(target, transfer.Resources[0]) }}) // after the target was read
	_, err := newClient(t, cloud).TransferResources(t.Context(), transfer)
	require.NoError(t, err)
	require.Equal(t, 2, sentOf(cloud, migrate))
	requireSent(t, cloud, held, held, held, migrate, migrate, held)
}

// Where the lists cannot be read whole, nothing is concluded from what is not in them.
func TestIncompleteListsProveNothing(t *testing.T) {
	for name, passing := range map[string]int{"target": 0, "source": 1} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t)
			put(cloud, disks(1))
			cloud.Units.Put(costunit.Unit{ID: "elsewhere"}, disks(1).Resources...)
			cloud.Faults.Add(held, append(fault.Times(passing, fault.Fault{}), huaweitest.Unread("EPS.0001", "disk", "project-1"))...)
			_, err := newClient(t, cloud).TransferResources(t.Context(), disks(1))
			requireClass(t, errors.ErrUnavailable, err)
			require.Zero(t, sentOf(cloud, migrate))
		})
	}
	// While it is waited for, such a list does no harm.
	cloud := newCloud(t)
	put(cloud, disks(1))
	cloud.Faults.Add(held, fault.Fault{}, fault.Fault{}, fault.Unavailable, huaweitest.Unread("EPS.0001", "disk", "project-1"), huaweitest.Unread("EPS.0001", "disk", "project-1"))
	_, err := newClient(t, cloud, func(c *huawei.Config) { c.Retry.Attempts = 1 }).TransferResources(t.Context(), disks(1))
	require.NoError(t, err)
	// One that will not be told ever ends the waiting.
	cloud = newCloud(t, func(s *huaweitest.Server) { s.MigrationLost = func(string) bool { return true } })
	put(cloud, disks(1))
	client := newClient(t, cloud)
	huawei.SetPatience(client, time.Hour)
	cloud.Faults.Add(held, fault.Fault{}, fault.Fault{}, fault.Fault{}, huaweitest.Code(403, "EPS.0004"))
	_, err = client.TransferResources(t.Context(), disks(1))
	_ = requirePartial(t, disks(1), errors.ErrUncertain, err, nil, nil, []int{0})
	require.ErrorContains(t, err, "EPS.0004")
}

// Transfers of one resource through one client do not cross each other; others do not wait.
func TestTransfersOfOneResourceWait(t *testing.T) {
	cloud := newCloud(t)
	client := newClient(t, cloud)
	transfer := disks(1)
	put(cloud, transfer)
	met := make(chan struct{})
	hang := fault.Hang
	hang.Seen = func() { close(met) }
	cloud.Faults.Add(migrate, hang)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := client.TransferResources(ctx, transfer)
		first <- err
	}()
	<-met
	other := costunit.Transfer{From: origin, To: target, Resources: []costunit.Resource{{ID: "other", Product: "disk"}}}
	put(cloud, other)
	_, err := client.TransferResources(t.Context(), other)
	require.NoError(t, err, "the control: another resource")

	short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	requests := len(cloud.Requests())
	_, err = client.TransferResources(short, transfer)
	requireClass(t, errors.ErrUnavailable, err)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, cloud.Requests(), requests)

	second := make(chan error, 1)
	go func() {
		_, err := client.TransferResources(t.Context(), transfer)
		second <- err
	}()
	cancel()
	requireClass(t, errors.ErrUncertain, <-first)
	require.NoError(t, <-second)
	require.Equal(t, transfer.Resources, []costunit.Resource{cloud.Units.Moves()[1].Resource})
}

// The default project is "0" on both sides of the wire, whatever it is called here.
func TestUnallocatedIsTheDefaultProject(t *testing.T) {
	for _, id := range []string{"", costunit.Unallocated} {
		cloud := newCloud(t)
		client := newClient(t, cloud)
		out := disks(2)
		out.From = costunit.Unit{ID: id}
		put(cloud, out)
		_, err := client.TransferResources(t.Context(), out)
		require.NoError(t, err)
		_, err = client.TransferResources(t.Context(), costunit.Transfer{From: target, To: costunit.Unit{ID: id}, Resources: out.Resources})
		require.NoError(t, err)
		var paths []string
		for _, r := range cloud.Requests() {
			if r.Operation == migrate {
				paths = append(paths, r.Path)
			}
		}
		require.Equal(t, []string{
			"/v1.0/enterprise-projects/target/resources-migrate", "/v1.0/enterprise-projects/target/resources-migrate",
			"/v1.0/enterprise-projects/0/resources-migrate", "/v1.0/enterprise-projects/0/resources-migrate",
		}, paths)
	}
}

// Object storage is moved with its region, and found without.
func TestObjectStorage(t *testing.T) {
	cloud := newCloud(t)
	bucket := costunit.Resource{ID: "bucket-1", Product: "obs"}
	cloud.Units.Put(origin, bucket)
	cloud.Units.Put(target)
	bucket.Region = "eu-west-101"
	transfer := costunit.Transfer{From: origin, To: target, Resources: []costunit.Resource{bucket}}
	_, err := newClient(t, cloud).TransferResources(t.Context(), transfer)
	require.NoError(t, err)
	require.JSONEq(t, `{"region_id":"eu-west-101","associated":false,"resource_type":"obs","resource_id":"bucket-1"}`, string(cloud.Requests()[2].Body))
	transfer.Resources[0].Region = ""
	_, err = newClient(t, cloud).TransferResources(t.Context(), transfer)
	requireClass(t, errors.ErrInvalid, err)
}

func TestTransferIsObserved(t *testing.T) {
	cloud := newCloud(t)
	put(cloud, disks(1))
	var begun []string
	client := newClient(t, cloud, func(c *huawei.Config) {
		c.Observe = func(ctx context.Context, op string) (context.Context, func(error)) {
			begun = append(begun, op)
			return ctx, func(error) {}
		}
	})
	_, err := client.TransferResources(t.Context(), disks(1))
	require.NoError(t, err)
	require.Equal(t, []string{migrate, held, held, held}, begun)
}

// Records of migrations, in the types of the sample and in those of the schema.
func TestMigrationRecords(t *testing.T) {
	for name, w := range forms() {
		t.Run(name, func(t *testing.T) {
			at := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
			cloud := &huaweitest.Server{Wrinkles: w, Now: func() time.Time { return at }}
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(at))
				client := newClient(t, cloud, func(c *huawei.Config) { c.HTTPClient = &http.Client{Transport: inMemory{cloud: cloud}} })
				put(cloud, disks(250))
				_, err := client.TransferResources(t.Context(), disks(250))
				require.NoError(t, err)
				seen := make(map[string]huawei.MigrationRecord)
				for record, err := range client.MigrationRecords(t.Context(), huawei.MigrationQuery{}) {
					require.NoError(t, err)
					seen[record.Resource.ID] = record
				}
				require.Len(t, seen, 250)
				no := false
				require.Equal(t, huawei.MigrationRecord{
					Resource: disks(7).Resources[6], ResourceName: "disk-007",
					Origin: costunit.Details{Unit: origin, Name: "source"}, Target: costunit.Details{Unit: target, Name: "target"},
					Initiator: costunit.Details{Unit: origin, Name: "source"}, Operation: "migrateOut",
					Time: at, User: "operator", Code: "0", Message: "success", Associated: &no, Failed: &no,
				}, seen["disk-007"])

				for query, want := range map[huawei.MigrationQuery]int{
					{Resource: "disk-007"}:                1,
					{From: at, To: at}:                    250,
					{From: at.Add(time.Second)}:           0,
					{To: at.Add(-time.Millisecond)}:       0,
					{From: at, Resource: "disk-007 nope"}: 0,
				} {
					n := 0
					for _, err := range client.MigrationRecords(t.Context(), query) {
						require.NoError(t, err)
						n++
					}
					require.Equal(t, want, n)
				}
				last := cloud.Requests()[len(cloud.Requests())-1]
				require.NotContains(t, last.Query, "start_time=&")
			})
			require.Contains(t, cloud.Requests()[len(cloud.Requests())-1].Query, "limit=100")
		})
	}
}

// What is told of a failed one.
func TestFailedMigrationRecord(t *testing.T) {
	cloud := newCloud(t, func(s *huaweitest.Server) { s.MigrationLost = func(string) bool { return true } })
	put(cloud, disks(1))
	client := newClient(t, cloud)
	huawei.SetPatience(client, 0)
	_, err := client.TransferResources(t.Context(), disks(1))
	requireClass(t, errors.ErrUncertain, err)
	n := 0
	for record, err := range client.MigrationRecords(t.Context(), huawei.MigrationQuery{Resource: "disk-001", From: time.Now().Add(-time.Minute)}) {
		require.NoError(t, err)
		require.True(t, *record.Failed)
		require.NotEqual(t, "0", record.Code)
		n++
	}
	require.Equal(t, 1, n)
	require.Contains(t, cloud.Requests()[len(cloud.Requests())-1].Query, "start_time="+strconv.FormatInt(time.Now().UnixMilli(), 10)[:6])
}
