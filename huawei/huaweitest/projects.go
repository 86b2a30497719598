// SPDX-License-Identifier: Apache-2.0

package huaweitest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// What EPS takes.
const (
	maxProjects    = 1000
	maxDescription = 512
	maxResourceID  = 256
	maxTypes       = 1000
	defaultProject = "default"
)

// projects is what the model of cost units does not have.
type projects struct {
	mu      sync.Mutex
	kept    map[string]project
	pending []migration // accepted, and not yet made
	made    []migration // all that were accepted
}

// project is what is kept of one.
type project struct {
	description, kind string
	created, updated  time.Time
}

// longAgo is when a project was created that nobody created through this server.
var longAgo = time.Date(2018, time.May, 18, 6, 49, 6, 0, time.UTC)

func (p *projects) get(id string) project {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept, known := p.kept[id]; known {
		return kept
	}
	return project{kind: "prod", created: longAgo, updated: longAgo}
}

func (p *projects) set(id string, kept project) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = make(map[string]project)
	}
	p.kept[id] = kept
}

// listed is one project of the list.
type listed struct {
	id, name string
	project
}

// allProjects are the default one and those of the model, in the order of their creation.
func (s *Server) allProjects() []listed {
	all := []listed{{costunit.Unallocated, defaultProject, s.projects.get(costunit.Unallocated)}}
	for _, d := range s.Units.List("") {
		all = append(all, listed{d.ID, d.Name, s.projects.get(d.ID)})
	}
	return all
}

func (s *Server) project(id string) (listed, bool) {
	all := s.allProjects()
	i := slices.IndexFunc(all, func(p listed) bool { return p.id == id })
	if i < 0 {
		return listed{}, false
	}
	return all[i], true
}

func (s *Server) listProjects(in *incoming) (*reply, *refusal) {
	form := queryForm(in, "offset", "limit", "status")
	id, name, kind := form.text("id", maxID), form.text("name", maxID), form.choice("type", "", "prod", "poc")
	key, direction := form.choice("sort_key", "created_at", "created_at", "updated_at"), form.choice("sort_dir", "desc", "desc", "asc")
	status := form.integer("status", 1, 2, 1)
	window := window{form.integer("offset", 0, 1<<31-1, 0), form.integer("limit", 1, maxProjects, maxProjects)}
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	found := slices.DeleteFunc(s.allProjects(), func(p listed) bool {
		return id != "" && p.id != id || !strings.Contains(p.name, name) || kind != "" && p.kind != kind || status != 1
	})
	slices.SortStableFunc(found, func(a, b listed) int {
		if key == "updated_at" {
			return a.updated.Compare(b.updated)
		}
		return a.created.Compare(b.created)
	})
	if direction == "desc" {
		slices.Reverse(found)
	}
	from, to := window.cut(len(found))
	rows := make(array, 0, to-from)
	for _, p := range found[from:to] {
		rows = append(rows, s.Wrinkles.project(p, "id", "name", "description", "status", "delete_flag", "type", "created_at", "updated_at"))
	}
	return &reply{http.StatusOK, object{{"enterprise_projects", rows}, {"total_count", s.Wrinkles.number(len(found))}}}, nil
}

// project is a project with the fields of one sample, each of which has others.
func (w Wrinkles) project(p listed, fields ...string) object {
	values := map[string]any{
		"id": p.id, "name": p.name, "description": w.text(p.description), "status": w.number(1), "delete_flag": w.flag(false), "type": p.kind,
		"created_at": p.created.UTC().Format(timeForm), "updated_at": p.updated.UTC().Format(timeForm),
	}
	row := make(object, len(fields))
	for i, name := range fields {
		row[i] = field{name, values[name]}
	}
	return row
}

var projectName = regexp.MustCompile(`^[\p{Han}A-Za-z0-9_-]{1,64}$`)

// projectFields reads the body of both writes.
func projectFields(in *incoming) (name string, kept project, refused *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return "", kept, refused
	}
	name = form.required("name", maxID)
	kept = project{description: form.text("description", maxDescription), kind: form.choice("type", "prod", "prod", "poc")}
	if !projectName.MatchString(name) || strings.EqualFold(name, defaultProject) {
		form.fail("name", `must have letters, digits, _ and -, and not be "default"`)
	}
	return name, kept, form.done()
}

// unitRefusals say what EPS calls the model's refusals.
var unitRefusals = map[error]struct {
	status int
	code   string
}{
	errors.ErrInvalid:  {http.StatusBadRequest, "EPS.0002"},
	errors.ErrNotFound: {http.StatusNotFound, "EPS.0005"},
	errors.ErrExists:   {http.StatusConflict, "EPS.0010"},
}

func refusedByUnits(err error) *refusal {
	known, ok := unitRefusals[errors.Class(err)]
	if !ok {
		return refuse(http.StatusInternalServerError, "EPS.0001", "")
	}
	return refuse(known.status, known.code, "")
}

func (s *Server) createProject(in *incoming) (*reply, *refusal) {
	name, kept, refused := projectFields(in)
	if refused != nil {
		return nil, refused
	}
	made, err := s.Units.Create(costunit.Definition{Name: name})
	if err != nil {
		return nil, refusedByUnits(err)
	}
	kept.created = s.now()
	kept.updated = kept.created
	s.projects.set(made.ID, kept)
	row := s.Wrinkles.project(listed{made.ID, name, kept}, "id", "name", "description", "type", "status", "created_at", "updated_at")
	return &reply{http.StatusCreated, object{{"enterprise_project", row}}}, nil
}

// updateProject replaces the description with that of the request, also where it has none.
func (s *Server) updateProject(in *incoming) (*reply, *refusal) {
	name, changed, refused := projectFields(in)
	if refused != nil {
		return nil, refused
	}
	if in.project == costunit.Unallocated {
		return nil, in.invalid("the default enterprise project cannot be changed")
	}
	if err := s.Units.Rename(costunit.Renaming{Unit: costunit.Unit{ID: in.project}, Name: name}); err != nil {
		return nil, refusedByUnits(err)
	}
	kept := s.projects.get(in.project)
	kept.description, kept.updated = changed.description, s.now()
	s.projects.set(in.project, kept)
	row := s.Wrinkles.project(listed{in.project, name, kept}, "id", "name", "description", "status", "created_at", "updated_at")
	return &reply{http.StatusOK, object{{"enterprise_project", row}}}, nil
}

// listResources lists what a project holds. What has a project in the model is regional, and found where that is named.
func (s *Server) listResources(in *incoming) (*reply, *refusal) {
	form, refused := jsonForm(in)
	if refused != nil {
		return nil, refused
	}
	var projects []string
	if _, given := form.raw("projects"); given {
		projects = form.ids("projects", maxTypes)
	}
	types, name := form.ids("resource_types", maxTypes), form.match()
	window := window{form.integer("offset", 0, 1<<31-1, 0), form.integer("limit", 1, maxProjects, maxProjects)}
	if refused := form.done(); refused != nil {
		return nil, refused
	}
	s.settle()
	if _, known := s.project(in.project); !known {
		return nil, refuse(http.StatusNotFound, "EPS.0005", "")
	}
	found := slices.DeleteFunc(s.Units.Holds(costunit.Unit{ID: in.project}), func(r costunit.Resource) bool {
		return !slices.Contains(types, r.Product) || r.Project != "" && !slices.Contains(projects, r.Project) || !strings.Contains(r.ID, name)
	})
	from, to := window.cut(len(found))
	rows := make(array, 0, to-from)
	for _, r := range found[from:to] {
		rows = append(rows, object{
			{"project_id", s.Wrinkles.text(r.Project)},
			{"project_name", s.Wrinkles.text(r.Region)},
			{"resource_type", r.Product},
			{"resource_id", r.ID},
			{"resource_name", r.ID},
			{"resource_detail", nil},
			{"enterprise_project_id", in.project},
		})
	}
	return &reply{http.StatusOK, object{{"resources", rows}, {"errors", array{}}, {"total_count", s.Wrinkles.number(len(found))}}}, nil
}

// match is the part of a name to look for.
func (f *form) match() string {
	raw, given := f.raw("matches")
	if !given {
		return ""
	}
	var matches []struct{ Key, Value string }
	if json.Unmarshal(raw, &matches) != nil || len(matches) != 1 || matches[0].Key != "resource_name" || len(matches[0].Value) > 255 {
		f.fail("matches", "must be a list with one key, resource_name, and its value")
		return ""
	}
	return matches[0].Value
}

// integerText is an integer that is written as a string.
func (f *form) integerText(name string, most int64) int64 {
	text := f.text(name, 20)
	n, err := strconv.ParseInt(cmp.Or(text, "0"), 10, 64)
	if err != nil || n < 0 || n > most {
		f.fail(name, "must be an integer from 0 to "+strconv.FormatInt(most, 10))
		return 0
	}
	return n
}
