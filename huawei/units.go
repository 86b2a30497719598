// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
)

// Names are unique within the account, so a creation that is repeated makes no second project. A renaming is absolute.
var (
	createProject = &operation{name: "CreateEnterpriseProject", method: http.MethodPost, success: http.StatusCreated, write: true, repeatable: true}
	updateProject = &operation{name: "UpdateEnterpriseProject", method: http.MethodPut, success: http.StatusOK, write: true, repeatable: true}
)

// CreateUnits creates enterprise projects (CreateEnterpriseProject), one with each request. A name has 1 to 64 letters
// (Chinese ones, too), digits, _ and -, and is not "default"; Owner and Parent must be empty. errors.ErrExists where the
// name is taken (EPS.0010).
//
// A creation in doubt is repeated, and what is still in doubt then is settled by looking the name up: a project of that
// name that was created more than a day before is errors.ErrExists; any other counts as the one that was asked for,
// though somebody else may have made it just then.
//
// It returns the projects that are there now, in their order. Where that is not every one, the error is a
// *errors.BatchError that has each of the others by its name. The requests after a failure are still made, unless the
// context ended, or the failure is errors.ErrUnauthenticated or errors.ErrDenied; then the rest fails with the same
// class, unsent. Bad input, also a name that comes twice, is errors.ErrInvalid, and nothing is sent.
func (c *Client) CreateUnits(ctx context.Context, all ...costunit.Definition) (done []costunit.Details, err error) {
	err = c.call.Watch(ctx, createProject.name, func(ctx context.Context) error {
		if err := checkDefinitions(all); err != nil {
			return refuse(createProject.name, err)
		}
		done, err = inTurn(all, func(d costunit.Definition) string { return d.Name }, func(d costunit.Definition) (costunit.Details, error) {
			return c.createUnit(ctx, d)
		})
		return err
	})
	return done, err
}

// RenameUnits renames enterprise projects (UpdateEnterpriseProject), one with each request; names are as in
// [Client.CreateUnits]. Whether Huawei keeps a description that is left out is not documented: the project is read first,
// and its description and type are sent again, so a description that changes in between is lost.
// errors.ErrNotFound where there is no such project, or the caller may not see it. A renaming in doubt is repeated, and
// read back. What it returns, and what it refuses, is as with CreateUnits; a failed one is named by its id.
func (c *Client) RenameUnits(ctx context.Context, all ...costunit.Renaming) (done []costunit.Unit, err error) {
	err = c.call.Watch(ctx, updateProject.name, func(ctx context.Context) error {
		if err := checkRenamings(all); err != nil {
			return refuse(updateProject.name, err)
		}
		done, err = inTurn(all, func(r costunit.Renaming) string { return r.Unit.ID }, func(r costunit.Renaming) (costunit.Unit, error) {
			return r.Unit, c.renameUnit(ctx, r)
		})
		return err
	})
	return done, err
}

// inTurn makes a request for each item, and goes on after a failure that is of the item alone.
func inTurn[T, R any](items []T, name func(T) string, request func(T) (R, error)) (done []R, err error) {
	var failed []*errors.ItemError
	var unsent error
	for _, item := range items {
		var result R
		err := unsent
		if err == nil {
			result, err = request(item)
		}
		if err == nil {
			done = append(done, result)
			continue
		}
		failed = append(failed, &errors.ItemError{Item: name(item), Err: err})
		if unsent == nil && call.OwnFault(err) {
			unsent = call.NotSent(err)
		}
	}
	if failed == nil {
		return done, nil
	}
	return done, &errors.BatchError{Failed: failed}
}

// projectFields is the body of both writes.
type projectFields struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type,omitempty"`
}

// projectReply is the answer of both writes.
type projectReply struct {
	envelope
	Project projectRow `json:"enterprise_project"`
}

func (r *projectReply) check() *errors.Error {
	if r.Project.ID == "" {
		return &errors.Error{Class: errors.ErrUncertain, Message: "the reply does not tell the enterprise project"}
	}
	return nil
}

// named checks that the reply is of the project that was asked for.
func (r *projectReply) named(op *operation, name string, attempts int) error {
	if string(r.Project.Name) == name {
		return nil
	}
	return &errors.Error{
		Provider: provider, Op: op.name, Class: errors.ErrUncertain, Status: op.success, Attempts: attempts,
		Message:   r.secrets.Redact("the reply tells of an enterprise project called " + strconv.Quote(string(r.Project.Name))),
		RequestID: string(r.RequestID),
	}
}

func (c *Client) createUnit(ctx context.Context, d costunit.Definition) (costunit.Details, error) {
	begun := time.Now()
	reply, attempts, err := read[projectReply](ctx, c, createProject, c.inProjects(""), marshal(projectFields{Name: d.Name}))
	if err == nil {
		err = reply.named(createProject, d.Name, attempts)
	}
	if err == nil {
		return reply.Project.project().details(), nil
	}
	if errors.Class(err) != errors.ErrUncertain {
		return costunit.Details{}, err
	}
	there, unread := c.findProject(ctx, sdkhmac.Param{Name: "name", Value: d.Name}, func(p EnterpriseProject) bool { return p.Name == d.Name })
	switch {
	case unread != nil || there == nil:
		return costunit.Details{}, err
	case !there.Created.IsZero() && there.Created.Before(begun.Add(-longAgo)):
		return costunit.Details{}, &errors.Error{
			Provider: provider, Op: createProject.name, Class: errors.ErrExists, Attempts: attempts,
			Message: "there is an enterprise project of that name, created " + there.Created.String(),
		}
	}
	return there.details(), nil
}

// longAgo is how much older than a call a project must be, not to be of that call, whatever the clocks say.
const longAgo = 24 * time.Hour

func (c *Client) renameUnit(ctx context.Context, r costunit.Renaming) error {
	byID := sdkhmac.Param{Name: "id", Value: r.Unit.ID}
	is := func(p EnterpriseProject) bool { return p.ID == r.Unit.ID }
	now, err := c.findProject(ctx, byID, is)
	switch {
	case err != nil:
		return err
	case now == nil:
		return &errors.Error{
			Provider: provider, Op: updateProject.name, Class: errors.ErrNotFound,
			Message: "there is no enterprise project " + strconv.Quote(r.Unit.ID) + ", or the caller may not see it",
		}
	}
	body := marshal(projectFields{r.Name, now.Description, now.Type})
	reply, attempts, err := read[projectReply](ctx, c, updateProject, c.inProjects("/"+r.Unit.ID), body)
	if err == nil {
		err = reply.named(updateProject, r.Name, attempts)
	}
	if errors.Class(err) == errors.ErrUncertain {
		if now, unread := c.findProject(ctx, byID, is); unread == nil && now != nil && now.Name == r.Name {
			return nil
		}
	}
	return err
}

// nameForm is the documented rule.
var nameForm = regexp.MustCompile(`^[\p{Han}A-Za-z0-9_-]{1,64}$`)

func checkProjectName(field, name string) error {
	if !nameForm.MatchString(name) || strings.EqualFold(name, "default") {
		return errors.Invalid(field, name, `must have 1 to 64 letters, Chinese ones or of a to z, digits, _ and -, and not be "default"`)
	}
	return nil
}

func checkDefinitions(all []costunit.Definition) error {
	seen := make(map[string]bool, len(all))
	for _, d := range all {
		if err := firstOf(d.Validate(), checkOwner("Definition.Owner", d.Owner), checkProjectName("Definition.Name", d.Name)); err != nil {
			return err
		}
		switch {
		case d.Parent != "":
			return errors.Invalid("Definition.Parent", d.Parent, "must be empty: enterprise projects have no tree")
		case seen[d.Name]:
			return errors.Invalid("Definition.Name", d.Name, "comes twice")
		}
		seen[d.Name] = true
	}
	return nil
}

func checkRenamings(all []costunit.Renaming) error {
	seen := make(map[string]bool, len(all))
	for _, r := range all {
		if err := firstOf(r.Validate(), checkUnit("Renaming.Unit", r.Unit), checkProjectName("Renaming.Name", r.Name)); err != nil {
			return err
		}
		if seen[r.Unit.ID] {
			return errors.Invalid("Renaming.Unit.ID", r.Unit.ID, "comes twice")
		}
		seen[r.Unit.ID] = true
	}
	return nil
}
