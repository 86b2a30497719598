// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// Flags and counts come in every type; the default project and deleted ones are no units.
func TestUnitsLeaveOut(t *testing.T) {
	const row = `{"id":"%s","name":"n","status":%s,"delete_flag":%s,"created_at":"2018-05-18T06:49:06Z"}`
	var rows []string
	for id, flags := range map[string][2]string{
		"0": {"1", "false"}, "kept-1": {"1", "false"}, "kept-2": {`"2"`, `"false"`}, "kept-3": {"1", "0"}, "kept-4": {"null", "null"}, "kept-5": {"1", `"0"`},
		"gone-1": {"1", "true"}, "gone-2": {"1", `"true"`}, "gone-3": {"1", "1"}, "gone-4": {"1", `"TRUE"`},
	} {
		rows = append(rows, fmt.Sprintf(row, id, flags[0], flags[1]))
	}
	body := `{"enterprise_projects":[` + strings.Join(rows, ",") + `],"total_count":"10"}`
	client := newTestClient(t, answers(reply{status: 200, body: body}))
	units, err := gather(client.Units(t.Context(), ""))
	require.NoError(t, err)
	require.Len(t, units, 5)
	for _, u := range units {
		require.True(t, strings.HasPrefix(u.ID, "kept-"), u.ID)
		require.Empty(t, u.Owner)
	}
	all, err := gather(client.EnterpriseProjects(t.Context()))
	require.NoError(t, err)
	require.Len(t, all, 10)
	for _, p := range all {
		require.Equal(t, strings.HasPrefix(p.ID, "gone-"), p.Deleted, p.ID)
		require.Equal(t, p.ID == "kept-2", p.Status == "2")
		require.Equal(t, 2018, p.Created.Year())
	}
}

// Lists that are none prove nothing.
func TestNoLists(t *testing.T) {
	for body, good := range map[string]bool{
		`{}`: false, `{"total_count":1}`: false, `{"enterprise_projects":null,"resources":null,"total_count":0}`: true,
		`{"enterprise_projects":[],"resources":[],"errors":[],"total_count":0}`:          true,
		`{"enterprise_projects":[{"name":"x"}],"resources":[{"resource_id":"x"}]}`:       false,
		`{"enterprise_projects":{},"resources":{}}`:                                      false,
		`{"error":{"error_code":"EPS.0001"},"enterprise_projects":[],"resources":[]}`:    false,
		`{"error_code":"EPS.0001","enterprise_projects":[],"resources":[],"records":[]}`: false,
	} {
		client := newTestClient(t, answers(reply{status: 200, body: body}), once)
		for name, err := range map[string]error{
			"units": last(client.Units(t.Context(), "")), "resources": last(client.Resources(t.Context(), testQuery())),
		} {
			want := errors.ErrUnavailable
			if good {
				want = nil
			}
			require.Truef(t, errors.Class(err) == want, "%s of %s: %v", name, body, err)
		}
	}
}

// A list that says it is not whole ends in an error, after what it has; the class is that of the code, and no secret is shown.
func TestIncompleteResources(t *testing.T) {
	const rows = `"resources":[{"resource_id":"disk-1","resource_type":"disk","project_id":"p"},{"resource_id":"disk-2","resource_type":"disk"}],"total_count":2`
	for _, tt := range []struct {
		name, errors string
		class        error
		rows         int
	}{
		{"whole", `[]`, nil, 2},
		{"whole, null", `null`, nil, 2},
		{"unknown code", `[{"error_code":"ECS.0001","error_msg":"SecretKey","project_id":"p","resource_type":"ecs"}]`, errors.ErrUnavailable, 2},
		{"busy", `[{"error_code":"EPS.0000"},{}]`, errors.ErrUnavailable, 2},
		{"no permission", `[{"error_code":"EPS.0004","error_msg":"m"}]`, errors.ErrDenied, 2},
		{"throttled", `[{"errorCode":"EPS.0006"}]`, errors.ErrThrottled, 2},
		{"without anything", `[{}]`, errors.ErrUnavailable, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answers(reply{status: 200, body: `{` + rows + `,"errors":` + tt.errors + `}`, header: http.Header{"X-Request-Id": {"id-1"}}})
			found, err := gather(newTestClient(t, w).Resources(t.Context(), testQuery()))
			require.Len(t, found, tt.rows)
			requireClass(t, tt.class, err)
			require.Len(t, w.requests, 1)
			if err == nil {
				return
			}
			failure := failureOf(t, err)
			require.Equal(t, []any{listResources.name, 200, "id-1", 1}, []any{failure.Op, failure.Status, failure.RequestID, failure.Attempts})
			require.ErrorContains(t, err, "incomplete")
			require.NotContains(t, err.Error(), "SecretKey")
		})
	}
}

// A creation is the documented success, or it is in doubt; what is in doubt is looked up.
func TestCreationIsSettled(t *testing.T) {
	const good = `{"enterprise_project":{"id":"id-1","name":"new"}}`
	listed := func(name, created string) reply {
		return reply{status: 200, body: `{"enterprise_projects":[{"id":"id-0","name":"new-2"},{"id":"id-1","name":"` + name + `","created_at":"` + created + `"}],"total_count":2}`}
	}
	now := time.Now().UTC().Format(wireTime)
	none, exists := reply{status: 200, body: `{"enterprise_projects":[],"total_count":0}`}, reply{status: 409, body: `{"error":{"error_code":"EPS.0010","error_msg":"m"}}`}
	lost := reply{status: 502}
	for _, tt := range []struct {
		name    string
		answers []reply
		look    reply
		class   error
		posts   int
		looks   int
	}{
		{"success", []reply{{status: 201, body: good}}, none, nil, 1, 0},
		{"taken", []reply{exists}, listed("new", now), errors.ErrExists, 1, 0},
		{"in doubt, then success", []reply{lost, {status: 201, body: good}}, none, nil, 2, 0},
		{"in doubt, then taken: by this call", []reply{lost, exists}, listed("new", now), nil, 2, 1},
		{"in doubt, then taken: time not told", []reply{lost, exists}, listed("new", ""), nil, 2, 1},
		{"in doubt, then taken: long ago", []reply{lost, exists}, listed("new", "2018-05-18T06:49:06Z"), errors.ErrExists, 2, 1},
		{"in doubt, then taken: not to be seen", []reply{lost, exists}, listed("New", now), errors.ErrUncertain, 2, 1},
		{"in doubt, then taken: not to be read", []reply{lost, exists}, reply{status: 403}, errors.ErrUncertain, 2, 1},
		{"in doubt, then denied", []reply{lost, {status: 403}}, none, errors.ErrUncertain, 2, 1},
		{"always in doubt, there", []reply{lost}, listed("new", now), nil, 4, 1},
		{"always in doubt, not there", []reply{lost}, none, errors.ErrUncertain, 4, 1},
		{"200", []reply{{status: 200, body: good}}, none, errors.ErrUncertain, 4, 1},
		{"201 with another name", []reply{{status: 201, body: `{"enterprise_project":{"id":"id-1","name":"other"}}`}}, none, errors.ErrUncertain, 1, 1},
		{"201 without an id", []reply{{status: 201, body: `{"enterprise_project":{"name":"new"}}`}}, none, errors.ErrUncertain, 4, 1},
		{"201 with an error", []reply{{status: 201, body: `{"enterprise_project":{"id":"id-1","name":"new"},"error":{"error_code":"EPS.0001"}}`}}, none, errors.ErrUncertain, 4, 1},
		{"201 without a body", []reply{{status: 201}}, none, errors.ErrUncertain, 4, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			posts := 0
			w := &script{answer: func(_ int, r sent) reply {
				if r.Method == http.MethodGet {
					require.Equal(t, "limit=1000&name=new&offset=0", r.URL.RawQuery)
					return tt.look
				}
				posts++
				return tt.answers[min(posts, len(tt.answers))-1]
			}}
			done, err := newTestClient(t, w).CreateUnits(t.Context(), costunit.Definition{Name: "new"})
			requireClass(t, tt.class, err)
			require.Equal(t, []int{tt.posts, tt.looks}, []int{w.count(http.MethodPost), w.count(http.MethodGet)})
			if tt.class == nil {
				require.Equal(t, []costunit.Details{{Unit: costunit.Unit{ID: "id-1"}, Name: "new"}}, done)
				return
			}
			require.Empty(t, done)
			batch, ok := errors.AsType[*errors.BatchError](err)
			require.True(t, ok)
			require.Equal(t, "new", batch.Failed[0].Item)
		})
	}
}

// A renaming keeps what else is known of the project, and is read back where it is in doubt.
func TestRenamingIsSettled(t *testing.T) {
	listed := func(name string) reply {
		return reply{status: 200, body: `{"enterprise_projects":[{"id":"other","name":"x"},{"id":"source","name":"` + name + `","description":"a \"word\"","type":"poc"}],"total_count":2}`}
	}
	lost, good := reply{status: 502}, reply{status: 200, body: `{"enterprise_project":{"id":"source","name":"new"}}`}
	none := reply{status: 200, body: `{"enterprise_projects":[{"id":"source","name":"x","delete_flag":true}],"total_count":1}`}
	for _, tt := range []struct {
		name          string
		before, after reply
		answer        reply
		class         error
		puts, looks   int
	}{
		{"success", listed("old"), none, good, nil, 1, 1},
		{"not there", none, none, good, errors.ErrNotFound, 0, 1},
		{"not to be read", lost, none, good, errors.ErrUnavailable, 0, 4},
		{"taken", listed("old"), listed("old"), reply{status: 409, body: `{"error":{"error_code":"EPS.0010"}}`}, errors.ErrExists, 1, 1},
		{"in doubt, made", listed("old"), listed("new"), lost, nil, 4, 2},
		{"in doubt, not made", listed("old"), listed("old"), lost, errors.ErrUncertain, 4, 2},
		{"another name", listed("old"), listed("old"), reply{status: 200, body: `{"enterprise_project":{"id":"source","name":"old"}}`}, errors.ErrUncertain, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &script{}
			w.answer = func(_ int, r sent) reply {
				switch {
				case r.Method == http.MethodPut:
					require.JSONEq(t, `{"name":"new","description":"a \"word\"","type":"poc"}`, r.body)
					require.Equal(t, "/v1.0/enterprise-projects/source", r.URL.Path)
					return tt.answer
				case w.count(http.MethodPut) == 0:
					require.Equal(t, "id=source&limit=1000&offset=0", r.URL.RawQuery)
					return tt.before
				}
				return tt.after
			}
			done, err := newTestClient(t, w).RenameUnits(t.Context(), costunit.Renaming{Unit: testSource, Name: "new"})
			requireClass(t, tt.class, err)
			require.Equal(t, []int{tt.puts, tt.looks}, []int{w.count(http.MethodPut), w.count(http.MethodGet)})
			require.Equal(t, tt.class == nil, len(done) == 1)
		})
	}
}

// After a failure of one the others are still made, unless it speaks of the caller.
func TestUnitsGoOn(t *testing.T) {
	for code, tt := range map[string]struct {
		status, posts int
		done          []string
	}{"EPS.0010": {409, 3, []string{"a", "c"}}, "EPS.0004": {403, 2, []string{"a"}}, "EPS.0003": {401, 2, []string{"a"}}} {
		w := &script{answer: func(_ int, r sent) reply {
			if strings.Contains(r.body, `"b"`) {
				return reply{status: tt.status, body: `{"error":{"error_code":"` + code + `","error_msg":"m"}}`}
			}
			name := r.body[len(`{"name":"`) : len(r.body)-2]
			return reply{status: 201, body: `{"enterprise_project":{"id":"id-` + name + `","name":"` + name + `"}}`}
		}}
		done, err := newTestClient(t, w).CreateUnits(t.Context(), costunit.Definition{Name: "a"}, costunit.Definition{Name: "b"}, costunit.Definition{Name: "c"})
		var names []string
		for _, d := range done {
			names = append(names, d.Name)
		}
		require.Equal(t, tt.done, names)
		require.Len(t, w.requests, tt.posts)
		batch, ok := errors.AsType[*errors.BatchError](err)
		require.True(t, ok)
		require.Len(t, batch.Failed, 3-len(tt.done))
		require.Equal(t, "b", batch.Failed[0].Item)
		for _, item := range batch.Failed {
			requireClass(t, classOf("", code, tt.status, ""), item)
		}
	}
}

// Where enterprise projects are asked for.
func TestProjectsEndpoint(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"international": {func(*Config) {}, "https://eps.myhuaweicloud.com"},
		"europe":        {func(c *Config) { c.Site = Europe }, "https://eps.eu-west-101.myhuaweicloud.eu"},
		"another":       {func(c *Config) { c.ProjectsEndpoint = "https://eps.my-kualalumpur-1.myhuaweicloud.com" }, "https://eps.my-kualalumpur-1.myhuaweicloud.com"},
		"not Endpoint":  {func(c *Config) { c.Endpoint = "http://127.0.0.1:8080" }, "https://eps.myhuaweicloud.com"},
		"a fake":        {func(c *Config) { c.ProjectsEndpoint = "http://127.0.0.1:8080/" }, "http://127.0.0.1:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			w := answers(reply{status: 200, body: `{"resources":[],"errors":[],"total_count":0}`})
			require.NoError(t, last(newTestClient(t, w, tt.change).Resources(t.Context(), testQuery())))
			require.Equal(t, tt.want+"/v1.0/enterprise-projects/source/resources/filter", w.requests[0].URL.String())
			require.NotEmpty(t, w.requests[0].Header.Get("Authorization"))
		})
	}
}
