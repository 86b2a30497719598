// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"iter"
	"math"
	"net/http"
	"strconv"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wire"
)

// listResources only reads, though it is a POST.
var listResources = &operation{name: "ShowResourceBindEnterpriseProject", method: http.MethodPost, success: http.StatusOK, largest: largestPage}

// Resources iterates over what an enterprise project holds of some resource types (ShowResourceBindEnterpriseProject),
// 1000 with each request, each once. Query.Products, the types, is required; they are case-sensitive. Query.Projects, IAM
// project ids, is required for types of regional services; which those are is not documented as a list, so Huawei decides.
//
// Where Huawei could not read a part, it says so beside the rest, under success: then the rest of that page is yielded,
// and then an error of the class of Huawei's code, errors.ErrUnavailable for an unknown one. It ends after the first
// error, which it yields. A resource has no Region here, for Huawei does not tell it. What [Client.ListCustomers] says of
// a list that changes meanwhile holds here, too.
func (c *Client) Resources(ctx context.Context, q costunit.Query) iter.Seq2[costunit.Resource, error] {
	if err := checkQuery(q); err != nil {
		return call.Failing[costunit.Resource](ctx, c.call, listResources.name, err)
	}
	return c.resources(ctx, projectID(q.Unit), q.Products, q.Projects)
}

func checkQuery(q costunit.Query) error {
	if err := firstOf(q.Validate(), checkUnit("Query.Unit", q.Unit)); err != nil {
		return err
	}
	if len(q.Products) == 0 {
		return errors.Invalid("Query.Products", "", "must name at least one resource type: Huawei Cloud lists by them")
	}
	return nil
}

func (c *Client) resources(ctx context.Context, project string, products, projects []string) iter.Seq2[costunit.Resource, error] {
	return each(ctx, c, list[costunit.Resource]{
		op: listResources, offset: math.MaxInt32,
		id: func(r costunit.Resource) string { return r.ID + "\n" + r.Product + "\n" + r.Project },
		fetch: func(ctx context.Context, offset int) (page[costunit.Resource], error) {
			body := marshal(struct {
				Projects []string `json:"projects,omitempty"`
				Types    []string `json:"resource_types"`
				Offset   int      `json:"offset"`
				Limit    int      `json:"limit"`
			}{projects, products, offset, projectsPage})
			reply, attempts, err := read[resourcesReply](ctx, c, listResources, c.inProjects("/"+project+"/resources/filter"), body)
			if err != nil {
				return page[costunit.Resource]{}, err
			}
			p := page[costunit.Resource]{rows: make([]costunit.Resource, len(reply.Resources)), total: reply.Count.Count()}
			for i, row := range reply.Resources {
				p.rows[i] = costunit.Resource{ID: string(row.ID), Product: string(row.Type), Project: string(row.Project)}
			}
			if incomplete := reply.incomplete(); incomplete != nil {
				incomplete.Attempts, p.broken = attempts, incomplete
			}
			return p, nil
		},
	})
}

// resourcesReply is the answer of ShowResourceBindEnterpriseProject.
type resourcesReply struct {
	envelope
	Count     wire.Text     `json:"total_count"`
	Resources []resourceRow `json:"resources"`
	Errors    []unreadPart  `json:"errors"`
}

// resourceRow also has the enterprise project; that of the published sample is another than was asked for.
type resourceRow struct {
	ID      wire.Text `json:"resource_id"`
	Type    wire.Text `json:"resource_type"`
	Project wire.Text `json:"project_id"`
}

// unreadPart is a type in a project that Huawei could not read.
type unreadPart struct {
	errorDetail
	Type    wire.Text `json:"resource_type"`
	Project wire.Text `json:"project_id"`
}

func (r *resourcesReply) check() *errors.Error {
	if r.Resources == nil && r.Count.Count() != 0 && len(r.Errors) == 0 {
		return &errors.Error{Class: errors.ErrUncertain, Message: "the reply has no list of resources"}
	}
	for _, row := range r.Resources {
		if row.ID == "" || row.Type == "" {
			return &errors.Error{Class: errors.ErrUncertain, Message: "the list has a resource without id or type"}
		}
	}
	return nil
}

// incomplete is what the reply says of resources that it does not list.
func (r *resourcesReply) incomplete() *errors.Error {
	if len(r.Errors) == 0 {
		return nil
	}
	first := r.Errors[0]
	code, message := first.code(), first.message()
	class := classOf(listResources.name, code, listResources.success, message)
	if class == errors.ErrUncertain { // of a read
		class = errors.ErrUnavailable
	}
	return &errors.Error{
		Provider: provider, Op: listResources.name, Class: class, Code: r.secrets.Redact(code),
		Message: r.secrets.Redact("the list is incomplete, " + strconv.Itoa(len(r.Errors)) + " parts could not be read; first " +
			strconv.Quote(string(first.Type)) + " in project " + strconv.Quote(string(first.Project)) + ": " + message),
		RequestID: string(r.RequestID), Status: listResources.success,
	}
}
