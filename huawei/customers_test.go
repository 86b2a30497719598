// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func TestCustomerFilter(t *testing.T) {
	at := time.Date(2019, time.May, 6, 16, 5, 1, 999, time.FixedZone("", 8*3600))
	for _, tt := range []struct {
		name   string
		filter CustomerFilter
		want   string
	}{
		{"none", CustomerFilter{}, `{"offset":0,"limit":100}`},
		{"all", CustomerFilter{
			AccountName: "betahc_kehu107", Name: "王", Label: "sunny", Association: Consulting, Customer: "c1", Reseller: "r1", AssociatedFrom: at, AssociatedTo: at,
		}, `{"account_name":"betahc_kehu107","customer":"王","offset":0,"limit":100,"label":"sunny","association_type":"1",
			"associated_on_begin":"2019-05-06T08:05:01Z","associated_on_end":"2019-05-06T08:05:01Z","customer_id":"c1","indirect_partner_id":"r1"}`},
		{"one end", CustomerFilter{Association: Resale, AssociatedTo: at}, `{"offset":0,"limit":100,"association_type":"3","associated_on_end":"2019-05-06T08:05:01Z"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: `{"count":0,"customer_infos":[]}`})
			require.NoError(t, last(newTestClient(t, w).ListCustomers(t.Context(), tt.filter)))
			require.Len(t, w.requests, 1)
			r := w.requests[0]
			require.JSONEq(t, tt.want, r.body)
			require.Equal(t, []string{http.MethodPost, customersPath, "application/json"}, []string{r.Method, r.URL.Path, r.Header.Get("Content-Type")})
		})
	}
	w := answers(reply{status: 200, body: `{"count":0,"indirect_partners":[]}`})
	filter := ResellerFilter{AccountName: "account_name", Reseller: "r1", AssociatedFrom: at, AssociatedTo: at}
	require.NoError(t, last(newTestClient(t, w).ListResellers(t.Context(), filter)))
	require.JSONEq(t, `{"account_name":"account_name","associated_on_begin":"2019-05-06T08:05:01Z","associated_on_end":"2019-05-06T08:05:01Z",
		"offset":0,"limit":100,"indirect_partner_id":"r1"}`, w.requests[0].body)
	require.Equal(t, resellersPath, w.requests[0].URL.Path)

	// The neutral list is of those whom a reseller may act on.
	w = answers(reply{status: 200, body: `{"count":0}`})
	require.NoError(t, last(newTestClient(t, w).Customers(t.Context())))
	require.JSONEq(t, `{"offset":0,"limit":100,"association_type":"3"}`, w.requests[0].body)
}

func TestRefusedFilters(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	now := time.Now()
	for _, tt := range []struct {
		filter CustomerFilter
		want   string
	}{
		{CustomerFilter{AccountName: long(129)}, "AccountName"},
		{CustomerFilter{AccountName: "a b"}, "AccountName"},
		{CustomerFilter{Name: strings.Repeat("王", 129)}, "Name"},
		{CustomerFilter{Name: "\xff"}, "Name"},
		{CustomerFilter{Label: long(65)}, "Label"},
		{CustomerFilter{Label: "a\nb"}, "Label"},
		{CustomerFilter{Association: "4"}, "Association"},
		{CustomerFilter{Association: "resale"}, "Association"},
		{CustomerFilter{Customer: long(65)}, "Customer"},
		{CustomerFilter{Customer: "c 1"}, "Customer"},
		{CustomerFilter{Reseller: long(65)}, "Reseller"},
		{CustomerFilter{AssociatedFrom: now, AssociatedTo: now.Add(-time.Second)}, "AssociatedTo"},
		{CustomerFilter{AssociatedFrom: time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC)}, "years"},
		{CustomerFilter{AssociatedTo: time.Date(-1, 1, 2, 0, 0, 0, 0, time.UTC)}, "years"},
	} {
		w := answers(reply{status: 200, body: `{}`})
		err := last(newTestClient(t, w).ListCustomers(t.Context(), tt.filter))
		requireClass(t, errors.ErrInvalid, err)
		require.ErrorContains(t, err, tt.want)
		require.Equal(t, listCustomers.name, failureOf(t, err).Op)
		require.Empty(t, w.requests)
	}
	for _, filter := range []ResellerFilter{{AccountName: long(65)}, {AccountName: "a b"}, {Reseller: "r 1"}, {AssociatedFrom: now, AssociatedTo: now.Add(-time.Hour)}} {
		w := answers(reply{status: 200, body: `{}`})
		err := last(newTestClient(t, w).ListResellers(t.Context(), filter))
		requireClass(t, errors.ErrInvalid, err)
		require.Equal(t, listResellers.name, failureOf(t, err).Op)
		require.Empty(t, w.requests)
	}
}

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

func TestCustomersAsTold(t *testing.T) {
	sample := `{"customer_infos":[{"customer":"sun***01","account_name":"betahc_kehu107","customer_id":"0b11fa870f20c003f6a53940",
		"associated_on":"2021-01-05T06:35:51Z","association_type":"1","label":"sunny","telephone":"134****6666","verified_status":"2",
		"country_code":"0086","customer_type":0,"is_frozen":"0","account_managers":[{"account_name":"tan_ma"}],"xaccount_id":"98**9707",
		"xaccount_type":"***_IDP","customer_level":"V0","email":"test***@123"}],"count":"1"}`
	w := answers(reply{status: 200, body: sample})
	rows, err := gather(newTestClient(t, w).ListCustomers(t.Context(), CustomerFilter{}))
	require.NoError(t, err)
	require.Len(t, w.requests, 1)
	require.Equal(t, []CustomerInfo{{
		ID: "0b11fa870f20c003f6a53940", AccountName: "betahc_kehu107", Name: "sun***01", Associated: time.Date(2021, 1, 5, 6, 35, 51, 0, time.UTC),
		Association: Consulting, Label: "sunny", Telephone: "134****6666", CountryCode: "0086", Email: "test***@123", Verified: "2", Type: "0",
		Frozen: "0", Manager: "tan_ma", XAccountID: "98**9707", XAccountType: "***_IDP", Level: "V0",
	}}, rows)

	yes, no := true, false
	for _, tt := range []struct {
		name, row string
		want      quota.Customer
	}{
		{"least", `"customer_id":"c1","account_name":"a"`, quota.Customer{ID: "c1", Name: "a"}},
		{"nulls", `"customer_id":"c1","account_name":"a","associated_on":null,"is_frozen":null,"account_managers":null,"customer_type":null`, quota.Customer{ID: "c1", Name: "a"}},
		{"id beyond 2^53", `"customer_id":90071992547409931,"account_name":"a"`, quota.Customer{ID: "90071992547409931", Name: "a"}},
		{"not frozen", `"customer_id":"c1","is_frozen":0`, quota.Customer{ID: "c1", Frozen: &no}},
		{"not frozen, text", `"customer_id":"c1","is_frozen":"0"`, quota.Customer{ID: "c1", Frozen: &no}},
		{"frozen", `"customer_id":"c1","is_frozen":1`, quota.Customer{ID: "c1", Frozen: &yes}},
		{"frozen, text with a stray space", `"customer_id":"c1","is_frozen":" 1"`, quota.Customer{ID: "c1", Frozen: &yes}},
		{"frozen with resources", `"customer_id":"c1","is_frozen":2`, quota.Customer{ID: "c1", Frozen: &yes}},
		{"frozen in another way", `"customer_id":"c1","is_frozen":3`, quota.Customer{ID: "c1"}},
		{"a time", `"customer_id":"c1","associated_on":"2017-12-17T10:32:02+08:00"`, quota.Customer{ID: "c1", Associated: time.Date(2017, 12, 17, 2, 32, 2, 0, time.UTC)}},
		{"no time", `"customer_id":"c1","associated_on":"yesterday"`, quota.Customer{ID: "c1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: `{"count":1,"customer_infos":[{` + tt.row + `}]}`})
			rows, err := gather(newTestClient(t, w).Customers(t.Context()))
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, tt.want.ID, rows[0].Detail.(CustomerInfo).ID)
			rows[0].Detail = nil
			require.Equal(t, tt.want, rows[0])
		})
	}
	for _, body := range []string{`{"count":1,"customer_infos":[{"account_name":"a"}]}`, `{"count":1,"customer_infos":[null]}`, `{"count":1,"customer_infos":{}}`, `[]`, ``} {
		_, err := gather(newTestClient(t, answers(reply{status: 200, body: body}), once).Customers(t.Context()))
		requireClass(t, errors.ErrUnavailable, err)
	}
}

func TestResellersAsTold(t *testing.T) {
	sample := `{"count":1,"indirect_partners":[{"indirect_partner_id":"c9e731c4663646988ef4cdb3122837b6","mobile_phone":"186xxxxxxxxx","email":"xxx@huawei.com",
		"account_name":"account_name","name":"account_name2","associated_on":"2017-12-17T10:32:02Z","account_manager_id":"manager_id","account_manager_name":"manager_name"}]}`
	rows, err := gather(newTestClient(t, answers(reply{status: 200, body: sample})).ListResellers(t.Context(), ResellerFilter{}))
	require.NoError(t, err)
	require.Equal(t, []Reseller{{
		ID: "c9e731c4663646988ef4cdb3122837b6", AccountName: "account_name", Name: "account_name2", Telephone: "186xxxxxxxxx", Email: "xxx@huawei.com",
		Associated: time.Date(2017, 12, 17, 10, 32, 2, 0, time.UTC), ManagerID: "manager_id", Manager: "manager_name",
	}}, rows)
	_, err = gather(newTestClient(t, answers(reply{status: 200, body: `{"count":1,"indirect_partners":[{"name":"a"}]}`}), once).ListResellers(t.Context(), ResellerFilter{}))
	requireClass(t, errors.ErrUnavailable, err)
}

// paged answers the n-th request with a part of a list; count is what is told of its length, in JSON.
func paged(list func(n int) (all []string, count string)) *script {
	return &script{answer: func(n int, r sent) reply {
		var asked struct{ Offset, Limit int }
		if err := json.Unmarshal([]byte(r.body), &asked); err != nil {
			return reply{status: 400}
		}
		all, count := list(n)
		from := min(asked.Offset, len(all))
		rows := make([]string, 0, asked.Limit)
		for _, id := range all[from:min(from+asked.Limit, len(all))] {
			rows = append(rows, `{"customer_id":"`+id+`"}`)
		}
		return reply{status: 200, body: `{"count":` + count + `,"customer_infos":[` + strings.Join(rows, ",") + `]}`}
	}}
}

// What changes between pages, and what is told wrongly, ends in no doublets and no endless loop.
func TestPages(t *testing.T) {
	all := ids(350)
	told := func(list []string) (rows []string, count string) { return list, fmt.Sprint(len(list)) }
	for _, tt := range []struct {
		name     string
		list     func(n int) ([]string, string)
		want     []string
		class    error
		requests int
	}{
		{"none", func(int) ([]string, string) { return told(nil) }, nil, nil, 1},
		{"one page", func(int) ([]string, string) { return told(all[:100]) }, all[:100], nil, 1},
		{"one more", func(int) ([]string, string) { return told(all[:101]) }, all[:101], nil, 2},
		{"many", func(int) ([]string, string) { return told(all) }, all, nil, 4},
		{"count as text", func(int) ([]string, string) { return all, `"350"` }, all, nil, 4},
		{"no count", func(int) ([]string, string) { return all, "null" }, all, nil, 5},
		{"count of zero", func(int) ([]string, string) { return all, "0" }, all, nil, 5},
		{"count too large", func(int) ([]string, string) { return all[:250], "251" }, all[:250], nil, 5},
		{"ten removed from the front", func(n int) ([]string, string) { return told(all[min(n, 1)*10:]) }, all, nil, 4},
		{"ten more before every page", func(n int) ([]string, string) { return told(all[min(n*10, 350):]) }, all, nil, 4},
		{"a hundred added at the front", func(n int) ([]string, string) {
			if n == 0 {
				return told(all[100:])
			}
			return told(all)
		}, append(append([]string{}, all[100:200]...), append(append([]string{}, all[90:100]...), all[200:]...)...), nil, 4},
		{"all gone", func(n int) ([]string, string) {
			if n == 0 {
				return told(all)
			}
			return told(nil)
		}, all[:100], nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := paged(tt.list)
			rows, err := gather(newTestClient(t, w).Customers(t.Context()))
			requireClass(t, tt.class, err)
			var got []string
			for _, row := range rows {
				got = append(got, row.ID)
			}
			require.ElementsMatch(t, tt.want, got)
			require.Len(t, w.requests, tt.requests)
		})
	}
}

// A cloud that gives the same page for ever is not asked for ever.
func TestPageThatStaysTheSame(t *testing.T) {
	for count, class := range map[string]error{"1000000": errors.ErrUnavailable, "null": nil} {
		rows := make([]string, 100)
		for i, id := range ids(100) {
			rows[i] = `{"customer_id":"` + id + `"}`
		}
		w := answers(reply{status: 200, body: `{"count":` + count + `,"customer_infos":[` + strings.Join(rows, ",") + `]}`})
		got, err := gather(newTestClient(t, w).Customers(t.Context()))
		requireClass(t, class, err)
		require.Len(t, got, 100)
		require.LessOrEqual(t, len(w.requests), 1+maxStale)
	}
}

// A list that is longer than the API pages through says so.
func TestPagesBeyondTheOffset(t *testing.T) {
	n := 0
	l := list[string]{op: listCustomers, offset: 1000, id: func(id string) string { return id }, fetch: func(context.Context, int) (page[string], error) {
		rows := make([]string, pageSize)
		for i := range rows {
			n++
			rows[i] = fmt.Sprint(n)
		}
		return page[string]{rows: rows, total: 1 << 30}, nil
	}}
	rows, err := gather(each(t.Context(), newTestClient(t, answers()), l))
	requireClass(t, errors.ErrUnavailable, err)
	require.ErrorContains(t, err, "longer")
	require.Len(t, rows, 1200)
}

// Breaking off and the end of the context send nothing more, and a second time the list is read anew.
func TestIterationsEnd(t *testing.T) {
	w := paged(func(int) ([]string, string) { return ids(350), "350" })
	client := newTestClient(t, w)
	for _, err := range client.Customers(t.Context()) {
		require.NoError(t, err)
		break
	}
	require.Len(t, w.requests, 1)

	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("enough")
	pairs, end := 0, error(nil)
	for _, err := range client.Customers(ctx) {
		pairs, end = pairs+1, err
		cancel(why)
	}
	require.Equal(t, 2, pairs)
	requireClass(t, errors.ErrUnavailable, end)
	require.ErrorIs(t, end, context.Canceled)
	require.ErrorIs(t, end, why)
	require.Len(t, w.requests, 2)

	all := client.Customers(t.Context())
	for range 2 {
		rows, err := gather(all)
		require.NoError(t, err)
		require.Len(t, rows, 350)
	}
}

// Each page is watched as an operation of its own.
func TestIterationsAreObserved(t *testing.T) {
	w := paged(func(n int) ([]string, string) { return ids(150), "150" })
	var seen []string
	client := newTestClient(t, w, func(c *Config) {
		c.Observe = func(ctx context.Context, op string) (context.Context, func(error)) {
			return ctx, func(err error) { seen = append(seen, fmt.Sprint(op, " ", errors.Class(err))) }
		}
	})
	require.NoError(t, last(client.Customers(t.Context())))
	require.Error(t, last(client.ListCustomers(t.Context(), CustomerFilter{Customer: "c 1"})))
	require.Equal(t, []string{"ListSubCustomers <nil>", "ListSubCustomers <nil>", "ListSubCustomers invalid"}, seen)
}
