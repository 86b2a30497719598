// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
	"github.com/resellkit/resell/internal/wire"
)

const projectsPath = "/v1.0/enterprise-projects"

// What every list of EPS takes, and how long its pages can get: 1,000 projects with descriptions of 512 characters each.
const (
	projectsPage = 1000
	largestPage  = 8 << 20
)

var listProjects = &operation{name: "ListEnterpriseProject", method: http.MethodGet, success: http.StatusOK, largest: largestPage}

var (
	_ costunit.Lister      = (*Client)(nil)
	_ costunit.Manager     = (*Client)(nil)
	_ costunit.Transferrer = (*Client)(nil)
)

// EnterpriseProject is what Huawei Cloud calls a cost unit. What is not told is empty.
type EnterpriseProject struct {
	ID          string // "0" is the default one, which holds what was put into no other
	Name        string
	Description string
	Type        string    // "prod", or "poc" for a test
	Status      string    // "1" enabled, "2" disabled: then nothing can be moved into it
	Deleted     bool      // on its way out
	Created     time.Time // in UTC
	Updated     time.Time // in UTC
}

// EnterpriseProjects iterates over the enterprise projects that the caller may see (ListEnterpriseProject), 1000 with
// each request, each once; the default one and those that are deleted are among them. It ends after the first error,
// which it yields. Breaking off sends nothing more. Of a list that changes meanwhile what [Client.ListCustomers] says
// holds here, too.
func (c *Client) EnterpriseProjects(ctx context.Context) iter.Seq2[EnterpriseProject, error] {
	return c.listedProjects(ctx)
}

// Units lists the enterprise projects of the account whose credentials are used, as [Client.EnterpriseProjects] does, but
// not the default one nor those that are deleted. owner must be empty: EPS acts within that account alone.
func (c *Client) Units(ctx context.Context, owner string) iter.Seq2[costunit.Details, error] {
	if err := checkOwner("owner", owner); err != nil {
		return call.Failing[costunit.Details](ctx, c.call, listProjects.name, err)
	}
	return func(yield func(costunit.Details, error) bool) {
		for project, err := range c.listedProjects(ctx) {
			switch {
			case err != nil:
				yield(costunit.Details{}, err)
				return
			case project.ID == costunit.Unallocated || project.Deleted:
			case !yield(project.details(), nil):
				return
			}
		}
	}
}

func (p EnterpriseProject) details() costunit.Details {
	return costunit.Details{Unit: costunit.Unit{ID: p.ID}, Name: p.Name}
}

// listedProjects iterates over the projects that some parameters ask for.
func (c *Client) listedProjects(ctx context.Context, filter ...sdkhmac.Param) iter.Seq2[EnterpriseProject, error] {
	return each(ctx, c, list[EnterpriseProject]{
		op: listProjects, offset: math.MaxInt32,
		id: func(p EnterpriseProject) string { return p.ID },
		fetch: func(ctx context.Context, offset int) (page[EnterpriseProject], error) {
			params := append(slices.Clone(filter),
				sdkhmac.Param{Name: "offset", Value: strconv.Itoa(offset)}, sdkhmac.Param{Name: "limit", Value: strconv.Itoa(projectsPage)})
			reply, _, err := read[projectsReply](ctx, c, listProjects, c.inProjects("", params...), nil)
			if err != nil {
				return page[EnterpriseProject]{}, err
			}
			p := page[EnterpriseProject]{rows: make([]EnterpriseProject, len(reply.Projects)), total: reply.Count.Count()}
			for i := range reply.Projects {
				p.rows[i] = reply.Projects[i].project()
			}
			return p, nil
		},
	})
}

// findProject is the first project that a parameter of the list asks for and that is the one; nil where there is none.
// Deleted ones are none.
func (c *Client) findProject(ctx context.Context, filter sdkhmac.Param, is func(EnterpriseProject) bool) (*EnterpriseProject, error) {
	for project, err := range c.listedProjects(ctx, filter) {
		switch {
		case err != nil:
			return nil, err
		case is(project) && !project.Deleted:
			return &project, nil
		}
	}
	return nil, nil
}

// inProjects is the address of an operation on enterprise projects.
func (c *Client) inProjects(path string, params ...sdkhmac.Param) *url.URL {
	target := c.projects
	target.Path = projectsPath + path
	if len(params) > 0 {
		target.RawQuery = sdkhmac.EncodeQuery(params)
	}
	return &target
}

// projectsReply is the answer of ListEnterpriseProject.
type projectsReply struct {
	envelope
	Count    wire.Text    `json:"total_count"`
	Projects []projectRow `json:"enterprise_projects"`
}

type projectRow struct {
	ID          wire.Text `json:"id"`
	Name        wire.Text `json:"name"`
	Description wire.Text `json:"description"`
	Type        wire.Text `json:"type"`
	Status      wire.Text `json:"status"`
	Deleted     wire.Text `json:"delete_flag"`
	Created     wire.Text `json:"created_at"`
	Updated     wire.Text `json:"updated_at"`
}

func (r *projectsReply) check() *errors.Error {
	if r.Projects == nil && r.Count.Count() != 0 {
		return &errors.Error{Class: errors.ErrUncertain, Message: "the reply has no list of enterprise projects"}
	}
	for _, row := range r.Projects {
		if row.ID == "" {
			return &errors.Error{Class: errors.ErrUncertain, Message: "the list has an enterprise project without an id"}
		}
	}
	return nil
}

func (r *projectRow) project() EnterpriseProject {
	return EnterpriseProject{
		ID: string(r.ID), Name: string(r.Name), Description: string(r.Description), Type: string(r.Type), Status: string(r.Status),
		Deleted: r.Deleted.Is("true", "1"), Created: timeOf(r.Created), Updated: timeOf(r.Updated),
	}
}

// projectID is the id of a unit on the wire.
func projectID(u costunit.Unit) string {
	if u.ID == "" {
		return costunit.Unallocated
	}
	return u.ID
}

// unitForm is stricter than any document: ids are seen as UUIDs, and they stand in paths.
var unitForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,36}$`)

func checkUnit(field string, u costunit.Unit) error {
	if u.ID != "" && !unitForm.MatchString(u.ID) {
		return errors.Invalid(field+".ID", u.ID, "must be the id of an enterprise project: at most 36 letters, digits, - and _; or costunit.Unallocated")
	}
	return checkOwner(field+".Owner", u.Owner)
}

func checkOwner(field, owner string) error {
	if owner != "" {
		return errors.Invalid(field, owner, "must be empty: Huawei Cloud acts within the account of the credentials alone")
	}
	return nil
}
