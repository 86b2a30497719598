// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

var someUnit = costunit.Unit{ID: "186419", Owner: "241021678450941490"}

// gather goes through an iteration to its end.
func gather[T any](all iter.Seq2[T, error]) (rows []T, err error) {
	for row, err := range all {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func unitsReply(data string) string { return `{"Code":"Success","Success":true,"Data":` + data + `}` }

// told is a list of units as Alibaba tells it: each "id parent name".
func told(units ...string) string {
	rows := make([]string, len(units))
	for i, u := range units {
		f := strings.SplitN(u, " ", 3)
		rows[i] = fmt.Sprintf(`{"ParentUnitId":%s,"UnitName":%q,"UnitId":%s,"OwnerUid":%s}`, f[1], f[2], f[0], someUnit.Owner)
	}
	return unitsReply(fmt.Sprintf(`{"TotalCount":%d,"CostUnitDtoList":[%s]}`, len(units), strings.Join(rows, ",")))
}

// paged answers the n-th request with a page of a list of ids; count is what is told of its length, in JSON, and size the
// longest page that is given.
func paged(t *testing.T, size int, list func(n int) (all []string, count string)) (*Client, *int) {
	requests := 0
	return testClient(t, func(req *http.Request) (*http.Response, error) {
		all, count := list(requests)
		requests++
		q := req.URL.Query()
		number, err1 := strconv.Atoi(q.Get("PageNum"))
		asked, err2 := strconv.Atoi(q.Get("PageSize"))
		require.NoError(t, errors.Join(err1, err2))
		size := min(size, asked)
		from := min((number-1)*size, len(all))
		rows := make([]string, 0, size)
		for _, id := range all[from:min(from+size, len(all))] {
			rows = append(rows, `{"UnitId":`+id+`,"ResourceId":"`+id+`","UnitName":"n","ParentUnitId":-1}`)
		}
		part := strings.Join(rows, ",")
		return reply(200, unitsReply(`{"TotalCount":`+count+`,"CostUnitDtoList":[`+part+`],"ResourceInstanceDtoList":[`+part+`]}`)), nil
	}), &requests
}

func manyIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.FormatInt(9_007_199_254_740_993+int64(i), 10) // beyond 2^53
	}
	return ids
}

// What changes between pages, and what is told wrongly, ends in no doublets and no endless loop.
func TestUnitPages(t *testing.T) {
	all := manyIDs(700)
	sound := func(list []string) (rows []string, count string) { return list, strconv.Itoa(len(list)) }
	for _, c := range []struct {
		name     string
		size     int
		list     func(n int) ([]string, string)
		want     []string
		requests int
	}{
		{"none", 300, func(int) ([]string, string) { return sound(nil) }, nil, 1},
		{"one page", 300, func(int) ([]string, string) { return sound(all[:299]) }, all[:299], 1},
		{"a full page", 300, func(int) ([]string, string) { return sound(all[:300]) }, all[:300], 2},
		{"one more", 300, func(int) ([]string, string) { return sound(all[:301]) }, all[:301], 2},
		{"many", 300, func(int) ([]string, string) { return sound(all) }, all, 3},
		{"shorter pages than asked for", 50, func(int) ([]string, string) { return sound(all[:120]) }, all[:120], 3},
		{"count as text", 300, func(int) ([]string, string) { return all, `"700 "` }, all, 3},
		{"no count", 300, func(int) ([]string, string) { return all, "null" }, all, 4},
		{"count of zero", 300, func(int) ([]string, string) { return all, "0" }, all, 4},
		{"count too small", 300, func(int) ([]string, string) { return all, "7" }, all, 4},
		{"count of the page", 300, func(int) ([]string, string) { return all, "300" }, all, 4},
		{"count too large", 300, func(int) ([]string, string) { return all, "100000" }, all, 4},
		{"ten removed from the front", 300, func(n int) ([]string, string) { return sound(all[min(n, 1)*10:]) }, all, 4},
		{"the last page removed", 300, func(n int) ([]string, string) {
			if n == 0 {
				return sound(all[:301])
			}
			return sound(all[1:301])
		}, all[:301], 3},
		{"ten added at the front", 300, func(n int) ([]string, string) { return sound(all[10-min(n, 1)*10:]) }, all[10:], 3},
		{"all gone", 300, func(n int) ([]string, string) {
			if n == 0 {
				return sound(all)
			}
			return sound(nil)
		}, all[:300], 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, requests := paged(t, c.size, c.list)
			rows, err := gather(client.Units(t.Context(), someUnit.Owner))
			require.NoError(t, err)
			var got []string
			for _, row := range rows {
				require.Equal(t, someUnit.Owner, row.Owner)
				got = append(got, row.ID)
			}
			require.ElementsMatch(t, c.want, got)
			require.Equal(t, c.requests, *requests)
		})
	}
}

// A cloud that gives the same page for ever is not asked for ever.
func TestPageThatStaysTheSame(t *testing.T) {
	for count, class := range map[string]error{"1000000": errors.ErrUnavailable, "null": nil, "300": nil} {
		requests := 0
		row := `{"UnitId":1},`
		client := testClient(t, func(*http.Request) (*http.Response, error) {
			requests++
			return reply(200, unitsReply(`{"TotalCount":`+count+`,"CostUnitDtoList":[`+strings.TrimSuffix(strings.Repeat(row, 300), ",")+`]}`)), nil
		})
		got, err := gather(client.Units(t.Context(), "7"))
		require.Equal(t, class, errors.Class(err), "%v", err)
		require.Len(t, got, 1)
		require.LessOrEqual(t, requests, 1+maxStale)
	}
}

func TestUnitsAsTold(t *testing.T) {
	unit := func(id, owner, parent, name string) []costunit.Details {
		return []costunit.Details{{Unit: costunit.Unit{ID: id, Owner: owner}, Parent: parent, Name: name}}
	}
	for _, c := range []struct {
		name, data string
		want       []costunit.Details
		class      error
	}{
		{"the sample", `{"PageNum":1,"PageSize":20,"TotalCount":1,"CostUnitDtoList":[{"ParentUnitId":-1,"UnitName":"test","UnitId":23534,"OwnerUid":2343464}]}`, unit("23534", "2343464", "", "test"), nil},
		{"as text", `{"TotalCount":"1","CostUnitDtoList":[{"ParentUnitId":"9223372036854775807 ","UnitName":"a","UnitId":"9007199254740993\n","OwnerUid":" 7"}]}`, unit("9007199254740993", "7", "9223372036854775807", "a"), nil},
		{"parent 0", `{"TotalCount":1,"CostUnitDtoList":[{"ParentUnitId":0,"UnitName":"a","UnitId":5,"OwnerUid":7}]}`, unit("5", "7", "", "a"), nil},
		{"no parent", `{"TotalCount":1,"CostUnitDtoList":[{"UnitName":"a","UnitId":5,"OwnerUid":7}]}`, unit("5", "7", "", "a"), nil},
		{"no owner", `{"TotalCount":1,"CostUnitDtoList":[{"UnitName":"a","UnitId":5}]}`, unit("5", someUnit.Owner, "", "a"), nil},
		{"no name", `{"TotalCount":1,"CostUnitDtoList":[{"UnitId":5}]}`, unit("5", someUnit.Owner, "", ""), nil},
		{"root and what is in none", `{"TotalCount":3,"CostUnitDtoList":[{"UnitId":-1},{"UnitId":0},{"UnitId":5}]}`, unit("5", someUnit.Owner, "", ""), nil},
		{"none", `{"TotalCount":0,"CostUnitDtoList":[]}`, nil, nil},
		{"none, not counted", `{"CostUnitDtoList":[]}`, nil, nil},
		{"none, not listed", `{"TotalCount":"0"}`, nil, nil},
		{"neither counted nor listed", `{}`, nil, errors.ErrUnavailable},
		{"counted, not listed", `{"TotalCount":1}`, nil, errors.ErrUnavailable},
		{"counted, none listed", `{"TotalCount":1,"CostUnitDtoList":[]}`, nil, errors.ErrUnavailable},
		{"no id", `{"TotalCount":1,"CostUnitDtoList":[{"UnitName":"a"}]}`, nil, errors.ErrUnavailable},
		{"id by name", `{"TotalCount":1,"CostUnitDtoList":[{"UnitId":"sales"}]}`, nil, errors.ErrUnavailable},
		{"masked id", `{"TotalCount":1,"CostUnitDtoList":[{"UnitId":"12***45"}]}`, nil, errors.ErrUnavailable},
		{"id as a float", `{"TotalCount":1,"CostUnitDtoList":[{"UnitId":2.3534e4}]}`, nil, errors.ErrUnavailable},
		{"nothing", `{"TotalCount":1,"CostUnitDtoList":[null]}`, nil, errors.ErrUnavailable},
		{"no list", `{"TotalCount":1,"CostUnitDtoList":{}}`, nil, errors.ErrUnavailable},
		{"Data is the list", `[{"UnitId":5}]`, nil, errors.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := gather(testClient(t, answer(200, unitsReply(c.data))).Units(t.Context(), someUnit.Owner))
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestUnitsAreAskedForAsTheyAreWanted(t *testing.T) {
	client, requests := paged(t, 300, func(int) ([]string, string) { return manyIDs(700), "700" })
	for _, err := range client.Units(t.Context(), "7") {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, *requests, "a break sends nothing more")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen, failures := 0, 0
	var last error
	for _, err := range client.Units(ctx, "7") {
		if seen++; seen == 250 {
			cancel()
		}
		if last = err; err != nil {
			failures++
		}
	}
	require.Equal(t, []int{251, 1, 2}, []int{seen, failures, *requests}, "at once, and with one error")
	require.ErrorIs(t, last, context.Canceled)
	require.Equal(t, errors.ErrUnavailable, errors.Class(last))
}

func TestResourcesOfSomeProducts(t *testing.T) {
	var asked url.Values
	client := testClient(t, func(req *http.Request) (*http.Response, error) {
		asked = req.URL.Query()
		return reply(200, unitsReply(`{"TotalCount":3,"ResourceInstanceDtoList":[{"ResourceId":"a","CommodityCode":"oss"},{"ResourceId":"b","CommodityCode":"ecs"},{"ResourceId":"c","CommodityCode":"rds"}]}`)), nil
	})
	for _, c := range []struct {
		products []string
		want     int
	}{{nil, 3}, {[]string{"oss"}, 1}, {[]string{"rds", "oss"}, 2}, {[]string{"OSS"}, 0}} {
		rows, err := gather(client.Resources(t.Context(), costunit.Query{Unit: someUnit, Products: c.products}))
		require.NoError(t, err)
		require.Len(t, rows, c.want)
		require.Equal(t, "OwnerUid=241021678450941490&PageNum=1&PageSize=100&UnitId=186419", asked.Encode(), "Alibaba is not asked for products")
	}
}

// Listing 100,000 resources stays small: live-MiB is what the iteration holds near its end, above what was there before.
func BenchmarkResources100k(b *testing.B) {
	const n = 100_000
	client, err := New(Config{Credentials: testKey, Site: China, HTTPClient: &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
		number, _ := strconv.Atoi(req.URL.Query().Get("PageNum"))
		var rows strings.Builder
		for i := (number - 1) * resourcesPage; i < min(number*resourcesPage, n); i++ {
			fmt.Fprintf(&rows, `,{"ResourceId":"i-bp1234567890abcdef%06d","CommodityCode":"ecs","ResourceUserId":241021678450941490}`, i)
		}
		return reply(200, unitsReply(fmt.Sprintf(`{"TotalCount":%d,"ResourceInstanceDtoList":[%s]}`, n, strings.TrimPrefix(rows.String(), ",")))), nil
	})}})
	require.NoError(b, err)
	live := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before, most := live(), 0.0
	for b.Loop() {
		seen := 0
		for _, err := range client.Resources(b.Context(), costunit.Query{Unit: someUnit}) {
			require.NoError(b, err)
			if seen++; seen == n-1 {
				most = max(most, live()-before)
			}
		}
		require.Equal(b, n, seen)
	}
	require.Less(b, most, 8.0)
	b.ReportMetric(most, "live-MiB")
}
