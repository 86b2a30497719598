// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"bytes"
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// migration is one that was accepted.
type migration struct {
	resource   costunit.Resource // as the model has it
	region     string            // as the request has it
	associated bool
	from, to   string
	accepted   time.Time
	lost       bool
}

// migrate accepts a migration, and makes it after a while.
func (s *Server) migrate(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	asked := costunit.Resource{
		ID: form.required("resource_id", maxResourceID), Product: form.required("resource_type", maxID),
		Region: form.text("region_id", maxID), Project: form.text("project_id", maxID),
	}
	associated := form.flag("associated")
	if asked.Product == "obs" && asked.Region == "" {
		form.fail("region_id", "must be set for object storage")
	}
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	s.settle()
	if _, known := s.project(in.project); !known {
		return nil, refuse(http.StatusNotFound, "EPS.0005", "no such enterprise project")
	}
	resource, from, known := s.where(func(r costunit.Resource) bool {
		return r.ID == asked.ID && r.Product == asked.Product && (r.Project == "" || r.Project == asked.Project)
	})
	if !known {
		return nil, refuse(http.StatusNotFound, "EPS.0005", "no such resource")
	}
	s.projects.accept(migration{
		resource: resource, region: asked.Region, associated: associated, from: from, to: in.project, accepted: s.now(),
		lost: s.MigrationLost != nil && s.MigrationLost(resource.ID),
	})
	s.settle()
	return &reply{status: http.StatusNoContent}, nil
}

// where finds a resource, and the project that it is in.
func (s *Server) where(is func(costunit.Resource) bool) (r costunit.Resource, project string, known bool) {
	for _, p := range s.allProjects() {
		held := s.Units.Holds(costunit.Unit{ID: p.id})
		if i := slices.IndexFunc(held, is); i >= 0 {
			return held[i], p.id, true
		}
	}
	return costunit.Resource{}, "", false
}

func (p *projects) accept(m migration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made = append(p.made, m)
	if !m.lost {
		p.pending = append(p.pending, m)
	}
}

// settle makes the migrations that are due, wherever the resource is now.
func (s *Server) settle() {
	for _, m := range s.projects.due(s.now().Add(-s.MigrationDelay)) {
		from, known := m.from, true
		for range 100 { // somebody else may have moved it meanwhile, and again
			if !known || from == m.to {
				break
			}
			_, err := s.Units.Allocate(context.Background(), costunit.Transfer{
				From: costunit.Unit{ID: from}, To: costunit.Unit{ID: m.to}, Resources: []costunit.Resource{m.resource},
			})
			if err == nil {
				break
			}
			_, from, known = s.where(func(r costunit.Resource) bool { return r == m.resource })
		}
	}
}

// due takes out what was accepted by then.
func (p *projects) due(then time.Time) (due []migration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = slices.DeleteFunc(p.pending, func(m migration) bool {
		if m.accepted.After(then) {
			return false
		}
		due = append(due, m)
		return true
	})
	return due
}

// listMigrations lists what was accepted, the newest first.
func (s *Server) listMigrations(in *incoming) (*reply, *refusal) {
	form := queryForm(in, "limit")
	from, to := form.integerText("start_time", math.MaxInt64), form.integerText("end_time", math.MaxInt64)
	resource := form.text("resource_id", maxResourceID)
	window := window{int(form.integerText("offset", math.MaxInt32)), form.integer("limit", 1, maxProjects, maxProjects)}
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	s.projects.mu.Lock()
	found := slices.Clone(s.projects.made)
	s.projects.mu.Unlock()
	slices.Reverse(found)
	found = slices.DeleteFunc(found, func(m migration) bool {
		at := m.accepted.UnixMilli()
		return at < from || to > 0 && at > to || resource != "" && m.resource.ID != resource
	})
	first, last := window.cut(len(found))
	rows := make(array, 0, last-first)
	for _, m := range found[first:last] {
		rows = append(rows, s.record(m))
	}
	return &reply{http.StatusOK, object{{"records", rows}}}, nil
}

// record is one row: with the types and keys of the sample, or with those of the schema.
func (s *Server) record(m migration) object {
	code, message := "0", "success"
	if m.lost {
		code, message = "EPS.0001", "failed"
	}
	at := strconv.FormatInt(m.accepted.UnixMilli(), 10)
	var associated, event, failed any = strconv.FormatBool(m.associated), number(at), m.lost
	stray := `"`
	if s.Wrinkles.RecordsBySchema {
		associated, event, failed, stray = m.associated, at, strconv.FormatBool(m.lost), ""
	}
	from, _ := s.project(m.from)
	to, _ := s.project(m.to)
	return object{
		{"associated", associated},
		{"code", code},
		{"message", message},
		{"project_id", s.Wrinkles.text(m.resource.Project)},
		{"project_name", s.Wrinkles.text(m.region)},
		{"region_id", s.Wrinkles.text(m.region)},
		{"event_time", event},
		{"user_name", "operator"},
		{"operate_type", "migrateOut"},
		{"resource_id", m.resource.ID},
		{"resource_name", m.resource.ID},
		{"resource_type", m.resource.Product},
		{"initiate_ep_id" + stray, from.id},
		{"initiate_ep_name", from.name},
		{"origin_ep_id", from.id},
		{"origin_ep_name", from.name},
		{"target_ep_id", to.id},
		{"target_ep_name", to.name},
		{"exist_failed" + stray, failed},
	}
}

// Unread answers ShowResourceBindEnterpriseProject with what it has, and says that a type in a project could not be read,
// with a code: under success, as documented.
func Unread(code, resourceType, projectID string) fault.Fault {
	var b bytes.Buffer
	write(&b, object{{"error_code", code}, {"error_msg", refuse(0, code, "").Message}, {"project_id", projectID}, {"resource_type", resourceType}})
	return fault.Fault{
		Name: "unread " + code, Applied: true,
		Mangle: func(_ http.Header, body []byte) []byte {
			return bytes.Replace(body, []byte(`"errors":[]`), []byte(`"errors":[`+b.String()+`]`), 1)
		},
	}
}
