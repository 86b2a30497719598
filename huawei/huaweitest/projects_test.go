// SPDX-License-Identifier: Apache-2.0

package huaweitest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

const projectsPath = "/v1.0/enterprise-projects"

// onProjects is a good request about enterprise projects.
func onProjects(method, path, query, body string) message {
	return message{method: method, path: projectsPath + path, query: query, body: body, key: key, at: time.Now()}
}

// withUnits is a server with a resource in a project.
func withUnits() *huaweitest.Server {
	s := new(huaweitest.Server)
	s.Units.Put(costunit.Unit{ID: "a"}, costunit.Resource{ID: "disk-1", Product: "disk", Project: "p"}, costunit.Resource{ID: "cdn-1", Product: "cdn"})
	s.Units.Put(costunit.Unit{ID: "b"})
	return s
}

const move = `{"resource_id":"disk-1","resource_type":"disk","project_id":"p","associated":false}`

// What EPS does not document is refused, and nothing happens; the message names the field.
func TestProjectsAreStrict(t *testing.T) {
	long := strings.Repeat("x", 65)
	for _, tt := range []struct {
		m      message
		status int
		code   string
		names  string
	}{
		{onProjects("GET", "", "limit=0", ""), 400, "EPS.0002", "limit"},
		{onProjects("GET", "", "limit=1001", ""), 400, "EPS.0002", "limit"},
		{onProjects("GET", "", "offset=-1", ""), 400, "EPS.0002", "offset"},
		{onProjects("GET", "", "status=3", ""), 400, "EPS.0002", "status"},
		{onProjects("GET", "", "type=x", ""), 400, "EPS.0002", "type"},
		{onProjects("GET", "", "sort_key=name", ""), 400, "EPS.0002", "sort_key"},
		{onProjects("GET", "", "sort_dir=up", ""), 400, "EPS.0002", "sort_dir"},
		{onProjects("GET", "", "Limit=1", ""), 400, "EPS.0002", "Limit is no field"},
		{onProjects("POST", "", "", `{}`), 400, "EPS.0002", "name"},
		{onProjects("POST", "", "", `{"name":"a b"}`), 400, "EPS.0002", "name"},
		{onProjects("POST", "", "", `{"name":"Default"}`), 400, "EPS.0002", "name"},
		{onProjects("POST", "", "", `{"name":"`+long+`"}`), 400, "EPS.0002", "name"},
		{onProjects("POST", "", "", `{"name":1}`), 400, "EPS.0002", "name"},
		{onProjects("POST", "", "", `{"name":"n","type":"x"}`), 400, "EPS.0002", "type"},
		{onProjects("POST", "", "", `{"name":"n","description":"`+strings.Repeat("x", 513)+`"}`), 400, "EPS.0002", "description"},
		{onProjects("POST", "", "", `{"name":"n","parent":"a"}`), 400, "EPS.0002", "parent is no field"},
		{onProjects("POST", "", "", `[]`), 400, "EPS.0002", "object"},
		{onProjects("POST", "", "", `{"name":"a"}`), 409, "EPS.0010", ""},
		{onProjects("PUT", "/0", "", `{"name":"n"}`), 400, "EPS.0002", "default"},
		{onProjects("PUT", "/nowhere", "", `{"name":"n"}`), 404, "EPS.0005", ""},
		{onProjects("PUT", "/a", "", `{"name":"b"}`), 409, "EPS.0010", ""},
		{onProjects("PUT", "/a", "", `{"name":"n","id":"a"}`), 400, "EPS.0002", "id"},
		{onProjects("POST", "/a/resources/filter", "", `{}`), 400, "EPS.0002", "resource_types"},
		{onProjects("POST", "/a/resources/filter", "", `{"resource_types":[]}`), 400, "EPS.0002", "resource_types"},
		{onProjects("POST", "/a/resources/filter", "", `{"resource_types":["disk"],"limit":"10"}`), 400, "EPS.0002", "limit"},
		{onProjects("POST", "/a/resources/filter", "", `{"resource_types":["disk"],"projects":[""]}`), 400, "EPS.0002", "projects"},
		{onProjects("POST", "/a/resources/filter", "", `{"resource_types":["disk"],"matches":[{"key":"name","value":"x"}]}`), 400, "EPS.0002", "matches"},
		{onProjects("POST", "/nowhere/resources/filter", "", `{"resource_types":["disk"]}`), 404, "EPS.0005", ""},
		{onProjects("POST", "/b/resources-migrate", "", `{"resource_id":"disk-1"}`), 400, "EPS.0002", "resource_type"},
		{onProjects("POST", "/b/resources-migrate", "", `{"resource_type":"disk"}`), 400, "EPS.0002", "resource_id"},
		{onProjects("POST", "/b/resources-migrate", "", `{"resource_id":"b","resource_type":"obs"}`), 400, "EPS.0002", "region_id"},
		{onProjects("POST", "/b/resources-migrate", "", strings.Replace(move, "false", `"false"`, 1)), 400, "EPS.0002", "associated"},
		{onProjects("POST", "/b/resources-migrate", "", strings.Replace(move, "{", `{"from":"a",`, 1)), 400, "EPS.0002", "from is no field"},
		{onProjects("POST", "/b/resources-migrate", "", strings.Replace(move, `"p"`, `"q"`, 1)), 404, "EPS.0005", ""},
		{onProjects("POST", "/b/resources-migrate", "", strings.Replace(move, `"disk"`, `"Disk"`, 1)), 404, "EPS.0005", ""},
		{onProjects("POST", "/nowhere/resources-migrate", "", move), 404, "EPS.0005", ""},
		{onProjects("GET", "/migrate-record/list", "start_time=2026-01-01", ""), 400, "EPS.0002", "start_time"},
		{onProjects("GET", "/migrate-record/list", "offset=x", ""), 400, "EPS.0002", "offset"},
		{onProjects("GET", "/migrate-record/list", "limit=0", ""), 400, "EPS.0002", "limit"},
		{onProjects("GET", "/a", "", ""), 404, "APIGW.0101", ""},
		{onProjects("POST", "/a/b/resources-migrate", "", move), 404, "APIGW.0101", ""},
		{onProjects("POST", "//resources-migrate", "", move), 404, "APIGW.0101", ""},
		{onProjects("DELETE", "/a", "", ""), 404, "APIGW.0101", ""},
	} {
		t.Run(tt.m.method+" "+tt.m.path+" "+tt.names, func(t *testing.T) {
			s := withUnits()
			endpoint := start(t, s)
			before := s.Units.List("")
			a := send(t, endpoint, tt.m)
			require.Equal(t, []any{tt.status, tt.code}, []any{a.status, a.Code}, a.text)
			require.Contains(t, a.Message, tt.names)
			require.Equal(t, strings.HasPrefix(tt.code, "EPS."), strings.HasPrefix(a.text, `{"error":{"error_code":`))
			require.Empty(t, s.Units.Moves())
			require.Equal(t, before, s.Units.List(""))
		})
	}
	// The controls.
	s := withUnits()
	endpoint := start(t, s)
	for m, status := range map[*message]int{
		pointer(onProjects("GET", "", "id=a&limit=1000&name=a&offset=0&sort_dir=asc&sort_key=updated_at&status=1&type=prod", "")):             200,
		pointer(onProjects("POST", "", "", `{"name":"`+long[:64]+`","description":"x","type":"poc"}`)):                                        201,
		pointer(onProjects("PUT", "/a", "", `{"name":"a-2"}`)):                                                                                200,
		pointer(onProjects("POST", "/0/resources/filter", "", `{"resource_types":["disk"],"matches":[{"key":"resource_name","value":"x"}]}`)): 200,
		pointer(onProjects("POST", "/b/resources-migrate", "", move)):                                                                         204,
		pointer(onProjects("GET", "/migrate-record/list", "end_time=1753267100170&limit=10&offset=0&resource_id=x&start_time=0", "")):         200,
	} {
		require.Equal(t, status, send(t, endpoint, *m).status, m.path)
	}
	unsigned := onProjects("GET", "", "", "")
	unsigned.key.Secret = "another"
	require.Equal(t, http.StatusUnauthorized, send(t, endpoint, unsigned).status)
}

func pointer[T any](v T) *T { return &v }

// What is answered looks like the published samples, or like what the wrinkles say.
func TestProjectReplies(t *testing.T) {
	at := time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	const created = `{"id":"5aa119a8-d25b-45a7-8d1b-000000000001","name":"n",`
	for _, tt := range []struct {
		name     string
		wrinkles huaweitest.Wrinkles
		create   string
		list     string
		held     string
		record   string
	}{
		{
			"none", huaweitest.Wrinkles{},
			`{"enterprise_project":` + created + `"description":"","type":"prod","status":1,"created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z"}}`,
			created + `"description":"","status":1,"delete_flag":false,"type":"prod","created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z"}`,
			`{"resources":[{"project_id":"p","project_name":"","resource_type":"disk","resource_id":"disk-1","resource_name":"disk-1","resource_detail":null,"enterprise_project_id":"b"}],"errors":[],"total_count":1}`,
			`{"associated":"false","code":"0","message":"success","project_id":"p","project_name":"","region_id":"","event_time":1767323045000,"user_name":"operator","operate_type":"migrateOut",` +
				`"resource_id":"disk-1","resource_name":"disk-1","resource_type":"disk","initiate_ep_id\"":"a","initiate_ep_name":"a","origin_ep_id":"a","origin_ep_name":"a",` +
				`"target_ep_id":"b","target_ep_name":"b","exist_failed\"":false}`,
		},
		{
			"all", huaweitest.Wrinkles{IntegersAsText: true, Nulls: true, FlagsAsNumbers: true, RecordsBySchema: true},
			`{"enterprise_project":` + created + `"description":null,"type":"prod","status":"1","created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z"}}`,
			created + `"description":null,"status":"1","delete_flag":0,"type":"prod","created_at":"2026-01-02T03:04:05Z","updated_at":"2026-01-02T03:04:05Z"}`,
			`{"resources":[{"project_id":"p","project_name":null,"resource_type":"disk","resource_id":"disk-1","resource_name":"disk-1","resource_detail":null,"enterprise_project_id":"b"}],"errors":[],"total_count":"1"}`,
			`{"associated":false,"code":"0","message":"success","project_id":"p","project_name":null,"region_id":null,"event_time":"1767323045000","user_name":"operator","operate_type":"migrateOut",` +
				`"resource_id":"disk-1","resource_name":"disk-1","resource_type":"disk","initiate_ep_id":"a","initiate_ep_name":"a","origin_ep_id":"a","origin_ep_name":"a",` +
				`"target_ep_id":"b","target_ep_name":"b","exist_failed":"false"}`,
		},
		{"flags as text", huaweitest.Wrinkles{FlagsAsText: true}, "", `"delete_flag":"false"`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withUnits()
			s.Wrinkles, s.Now = tt.wrinkles, func() time.Time { return at }
			endpoint := start(t, s)
			ask := func(method, path, query, body string) answer {
				m := onProjects(method, path, query, body)
				m.at = at
				return send(t, endpoint, m)
			}
			require.Contains(t, ask("POST", "", "", `{"name":"n"}`).text, tt.create)
			list := ask("GET", "", "", "").text
			require.Contains(t, list, tt.list)
			require.Less(t, strings.Index(list, `"name":"n"`), strings.Index(list, `"name":"a"`), "the newest is the first")
			require.Contains(t, list, `"id":"0","name":"default"`)
			require.Equal(t, 204, ask("POST", "/b/resources-migrate", "", move).status)
			require.Contains(t, ask("POST", "/b/resources/filter", "", `{"resource_types":["disk","cdn"],"projects":["p"]}`).text, tt.held)
			require.Contains(t, ask("GET", "/migrate-record/list", "", "").text, tt.record)
			require.Contains(t, ask("POST", "/b/resources/filter", "", `{"resource_types":["disk"]}`).text, `"resources":[]`, "regional, and the project is not named")
		})
	}
}

// A migration is made after its delay, or never.
func TestMigrationDelay(t *testing.T) {
	now := time.Now()
	s := withUnits()
	s.Now, s.MigrationDelay = func() time.Time { return now }, time.Minute
	s.MigrationLost = func(id string) bool { return id == "cdn-1" }
	endpoint := start(t, s)
	look := func() string {
		m := onProjects("POST", "/b/resources/filter", "", `{"resource_types":["disk","cdn"],"projects":["p"]}`)
		m.at = now
		return send(t, endpoint, m).text
	}
	for _, body := range []string{move, `{"resource_id":"cdn-1","resource_type":"cdn"}`} {
		m := onProjects("POST", "/b/resources-migrate", "", body)
		m.at = now
		require.Equal(t, 204, send(t, endpoint, m).status)
	}
	require.Contains(t, look(), `"total_count":0`)
	now = now.Add(time.Minute - 1)
	require.Contains(t, look(), `"total_count":0`)
	now = now.Add(1)
	require.Contains(t, look(), `"total_count":1`)
	now = now.Add(time.Hour)
	require.NotContains(t, look(), "cdn-1")
	require.Len(t, s.Units.Moves(), 1)
}

// Scripted faults in the words of EPS.
func TestProjectFaults(t *testing.T) {
	s := withUnits()
	endpoint := start(t, s)
	s.Faults.Add("ListEnterpriseProject", fault.Fault{Status: http.StatusForbidden}, huaweitest.Code(403, "EPS.0006"), fault.Throttled)
	require.Equal(t, `{"error":{"error_code":"EPS.0004","error_msg":"No permission."}}`, send(t, endpoint, onProjects("GET", "", "", "")).text)
	require.Equal(t, `{"error":{"error_code":"EPS.0006","error_msg":"The request is too much, try again later."}}`, send(t, endpoint, onProjects("GET", "", "", "")).text)
	require.Equal(t, "APIGW.0308", send(t, endpoint, onProjects("GET", "", "", "")).Code)
	s.Faults.Add("ShowResourceBindEnterpriseProject", huaweitest.Unread("EPS.0001", "ecs", "p"))
	m := onProjects("POST", "/a/resources/filter", "", `{"resource_types":["cdn"]}`)
	require.Equal(t, `{"resources":[{"project_id":"","project_name":"","resource_type":"cdn","resource_id":"cdn-1","resource_name":"cdn-1","resource_detail":null,"enterprise_project_id":"a"}],`+
		`"errors":[{"error_code":"EPS.0001","error_msg":"Internal error.","project_id":"p","resource_type":"ecs"}],"total_count":1}`, send(t, endpoint, m).text)
}
