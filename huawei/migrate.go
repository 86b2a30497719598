// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/wait"
)

// migrateResource names its target alone, so repeating it converges.
var migrateResource = &operation{name: "MigrateResource", method: http.MethodPost, success: http.StatusNoContent, write: true, repeatable: true}

// MigrationPatience is how long TransferResources waits, after the last request was accepted, for resources to arrive.
// A context with a deadline shortens it.
const MigrationPatience = 2 * time.Minute

// The waits between two looks begin with Config.Retry.Base, and double up to the longest.
const (
	firstPoll   = 200 * time.Millisecond
	longestPoll = 2 * time.Second
)

// TransferResources moves resources between enterprise projects (MigrateResource), one with each request; what belongs to
// one is not moved with it. A Resource.Product is Huawei's resource type, with its capitals. Resource.Project is required
// for regional services, and Resource.Region for "obs"; only the latter is checked here, for the former are not documented
// as a list. Owners and components must be empty.
//
// What is in the target already is done. What is neither there nor in the source is errors.ErrNotFound, before anything is
// moved. Huawei accepts a migration and makes it later, so the target is read until everything is there, or
// [MigrationPatience] is over. The first refusal stops the sending, not the waiting for what was accepted.
//
// A transfer that stops after something moved, or with something unknown, is a *costunit.PartialError: Moved is what was
// seen in the target, Unknown what was accepted or is in doubt and was not seen, Unmoved what was refused or not sent.
// With something unknown its class is errors.ErrUncertain. Repeating converges. Transfers of the same resource through one
// client wait for each other; between clients the last one wins, for Huawei does not ask for the source.
//
// Receipt.RequestIDs are those of the accepted requests.
func (c *Client) TransferResources(ctx context.Context, t costunit.Transfer) (receipt costunit.Receipt, err error) {
	err = c.call.Watch(ctx, migrateResource.name, func(ctx context.Context) error {
		if err := checkTransfer(t); err != nil {
			return refuse(migrateResource.name, err)
		}
		release, ok := c.moving.acquire(ctx, t.Resources)
		if !ok {
			return call.Ended(ctx, provider, migrateResource.name)
		}
		defer release()
		m := migration{client: c, transfer: t, to: projectID(t.To), receipt: &receipt}
		return m.run(ctx)
	})
	return receipt, err
}

func checkTransfer(t costunit.Transfer) error {
	if err := firstOf(t.Validate(), checkUnit("Transfer.From", t.From), checkUnit("Transfer.To", t.To)); err != nil {
		return err
	}
	for i, r := range t.Resources {
		field := "Transfer.Resources[" + strconv.Itoa(i) + "]"
		if err := checkOwner(field+".Owner", r.Owner); err != nil {
			return err
		}
		switch {
		case r.Component != "":
			return errors.Invalid(field+".Component", r.Component, "must be empty: Huawei Cloud moves whole resources")
		case r.Product == "obs" && r.Region == "":
			return errors.Invalid(field+".Region", "", "must be set: object storage is moved with its region")
		}
	}
	return nil
}

// migration is one transfer under way.
type migration struct {
	client   *Client
	transfer costunit.Transfer
	to       string // the target, as it is on the wire
	receipt  *costunit.Receipt
	there    map[costunit.Resource]bool // seen in the target
}

func (m *migration) run(ctx context.Context) (err error) {
	m.there, err = m.client.among(ctx, m.to, m.transfer.Resources)
	if err != nil {
		return err
	}
	if err := m.inSource(ctx, m.absent(m.transfer.Resources)); err != nil {
		return err
	}
	before, pending := len(m.there), m.absent(m.transfer.Resources)
	for len(pending) > 0 {
		sent, failure := m.send(ctx, pending)
		unknown, unseen := m.await(ctx, pending[:sent])
		pending = pending[sent:]
		switch {
		case len(unknown) > 0:
			return m.partial(unknown, inDoubt(ctx, failure, unseen))
		case failure == nil || errors.Class(failure) == errors.ErrUncertain: // what was in doubt is there: go on
		case len(m.there) == before:
			return failure // nothing half-way about it
		default:
			return m.partial(nil, failure)
		}
	}
	return nil
}

// absent is what was not seen in the target.
func (m *migration) absent(resources []costunit.Resource) []costunit.Resource {
	return slices.DeleteFunc(slices.Clone(resources), func(r costunit.Resource) bool { return m.there[r] })
}

// inSource refuses what is not in the source, unless it has come into the target meanwhile: by an earlier call, say.
func (m *migration) inSource(ctx context.Context, pending []costunit.Resource) error {
	source, err := m.client.among(ctx, projectID(m.transfer.From), pending)
	if err != nil {
		return err
	}
	lost := slices.DeleteFunc(pending, func(r costunit.Resource) bool { return source[r] })
	come, err := m.client.among(ctx, m.to, lost)
	if err != nil {
		return err
	}
	for _, r := range lost {
		if !come[r] {
			return &errors.Error{
				Provider: provider, Op: migrateResource.name, Class: errors.ErrNotFound,
				Message: r.Product + " " + strconv.Quote(r.ID) + " is neither in the source nor in the target; nothing was moved",
			}
		}
		m.there[r] = true
	}
	return nil
}

// send asks for the migration of each, up to the first failure. It returns how many were accepted, one in doubt included.
func (m *migration) send(ctx context.Context, pending []costunit.Resource) (sent int, failure error) {
	for i, r := range pending {
		err := m.client.migrate(ctx, m.to, r, m.receipt)
		switch {
		case err == nil:
		case errors.Class(err) == errors.ErrUncertain:
			return i + 1, err
		default:
			return i, err
		}
	}
	return len(pending), nil
}

// await reads the target until what was sent is there. It returns what is not, and why it was waited for no longer.
func (m *migration) await(ctx context.Context, sent []costunit.Resource) (unknown []costunit.Resource, why error) {
	if len(sent) == 0 {
		return nil, nil
	}
	c := m.client
	deadline, delay := time.Now().Add(c.patience), c.poll
	for {
		seen, err := c.among(ctx, m.to, m.absent(sent))
		for r := range seen {
			m.there[r] = true
		}
		unknown = m.absent(sent)
		left := time.Until(deadline)
		switch {
		case len(unknown) == 0:
			return nil, nil
		case err != nil && ctx.Err() == nil && !passing(err):
			return unknown, err
		case left <= 0:
			return unknown, errors.New("not within " + c.patience.String())
		}
		if !wait.For(ctx, min(delay, left)) {
			return unknown, call.Ended(ctx, provider, listResources.name)
		}
		delay = min(2*delay, longestPoll)
	}
}

// passing reports whether a read that failed may do later.
func passing(err error) bool {
	class := errors.Class(err)
	return class == errors.ErrThrottled || class == errors.ErrUnavailable
}

// inDoubt is the error of a transfer with something unknown: why the sending stopped, if it did, or else why the waiting.
func inDoubt(ctx context.Context, failure, unseen error) error {
	doubt := errors.Error{
		Provider: provider, Op: migrateResource.name, Class: errors.ErrUncertain,
		Message: "accepted, but not seen in the target: " + unseen.Error(),
	}
	if known, ok := errors.AsType[*errors.Error](failure); ok {
		doubt = *known
		call.KeepDoubt(&doubt)
	}
	if ctx.Err() != nil {
		doubt.Err = call.ContextError(ctx)
	}
	return &doubt
}

// partial says how far the transfer came.
func (m *migration) partial(unknown []costunit.Resource, err error) error {
	p := &costunit.PartialError{Unknown: unknown, Err: err}
	doubt := make(map[costunit.Resource]bool, len(unknown))
	for _, r := range unknown {
		doubt[r] = true
	}
	for _, r := range m.transfer.Resources {
		switch {
		case m.there[r]:
			p.Moved = append(p.Moved, r)
		case !doubt[r]:
			p.Unmoved = append(p.Unmoved, r)
		}
	}
	return p
}

// migrate asks for the migration of one resource.
func (c *Client) migrate(ctx context.Context, to string, r costunit.Resource, receipt *costunit.Receipt) error {
	request := c.request(migrateResource, c.inProjects("/"+to+"/resources-migrate"))
	request.ContentType = contentJSON
	request.Body = marshal(struct {
		Region     string `json:"region_id,omitempty"`
		Project    string `json:"project_id,omitempty"`
		Associated bool   `json:"associated"`
		Type       string `json:"resource_type"`
		ID         string `json:"resource_id"`
	}{r.Region, r.Project, false, r.Product, r.ID})
	var id string
	request.Judge = func(reply call.Reply) *errors.Error {
		var e envelope
		failure := migrateResource.judge(reply, &e, &e)
		id = requestID(e.RequestID, reply)
		return failure
	}
	attempts, err := c.call.Do(ctx, &request)
	receipt.Attempts += attempts
	if err == nil {
		receipt.RequestIDs = append(receipt.RequestIDs, id)
	}
	return err
}

// among finds which of some resources an enterprise project holds, as far as it can be read. Rows tell no region, and no
// project of what is not regional: those are compared where both sides tell them.
func (c *Client) among(ctx context.Context, project string, wanted []costunit.Resource) (found map[costunit.Resource]bool, err error) {
	found = make(map[costunit.Resource]bool)
	if len(wanted) == 0 {
		return found, nil
	}
	byIdentity := make(map[identity][]costunit.Resource)
	var products, projects []string
	for _, r := range wanted {
		byIdentity[identityOf(r)] = append(byIdentity[identityOf(r)], r)
		products = append(products, r.Product)
		if r.Project != "" {
			projects = append(projects, r.Project)
		}
	}
	for row, err := range c.resources(ctx, project, unique(products), unique(projects)) {
		if err != nil {
			return found, err
		}
		for _, r := range byIdentity[identityOf(row)] {
			if r.Project == "" || row.Project == "" || r.Project == row.Project {
				found[r] = true
			}
		}
		if len(found) == len(wanted) {
			break
		}
	}
	return found, nil
}
