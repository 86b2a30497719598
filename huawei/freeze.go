// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/quota"
)

const (
	freezePath   = "/v2/partners/sub-customers/freeze"
	unfreezePath = "/v2/partners/sub-customers/unfreeze"
)

var (
	freezeCustomers   = &operation{name: "FreezeSubCustomers", method: http.MethodPost, success: http.StatusOK, write: true, repeatable: true}
	unfreezeCustomers = &operation{name: "UnfreezeSubCustomers", method: http.MethodPost, success: http.StatusOK, write: true, repeatable: true}
)

// maxFrozen is how many customers one request may name.
const maxFrozen = 10

var _ quota.Freezer = (*Client)(nil)

// Freeze stops the customer's account (FreezeSubCustomers): nothing can be bought, renewed or changed. With f.Resources
// what is running is stopped too; Huawei deletes the data of resources that stay frozen, after 15 days by its documents,
// and the reseller needs a permission for it. f.Reason is required. It is absolute: repeating converges.
func (c *Client) Freeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return c.freeze(ctx, freezeCustomers, f)
}

// Unfreeze starts the customer's account again (UnfreezeSubCustomers). f.Resources must be what it was frozen with, and
// f.Reason is required here, too. It is absolute: repeating converges; but an attempt in doubt is repeated, and so may
// lift a freeze that somebody else put on in between.
func (c *Client) Unfreeze(ctx context.Context, f quota.Freeze) (quota.Receipt, error) {
	return c.freeze(ctx, unfreezeCustomers, f)
}

// FreezeAll freezes many customers, ten with each request, all with the same terms; terms.Customer must be empty. A
// customer that is named twice is frozen once. It returns those that are frozen now, in their order. Where that is not
// everyone the error is a *errors.BatchError that has each of the others, and why: of a request that failed as a whole,
// each of its customers. The requests after that are still made, unless the context ended, or the failure is
// errors.ErrUnauthenticated or errors.ErrDenied; then the rest fails with the same class, unsent. To go on, call again
// with those that failed. Bad input is errors.ErrInvalid, and nothing is sent.
func (c *Client) FreezeAll(ctx context.Context, customers []string, terms quota.Freeze) (done []string, err error) {
	return c.freezeAll(ctx, freezeCustomers, customers, terms)
}

// UnfreezeAll is [Client.FreezeAll] for starting the accounts again; terms.Resources must be what they were frozen with.
func (c *Client) UnfreezeAll(ctx context.Context, customers []string, terms quota.Freeze) (done []string, err error) {
	return c.freezeAll(ctx, unfreezeCustomers, customers, terms)
}

func (c *Client) freeze(ctx context.Context, op *operation, f quota.Freeze) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, op.name, func(ctx context.Context) error {
		if err := checkFreeze(f); err != nil {
			return refuse(op.name, err)
		}
		w := &freezing{op: op, asked: []string{f.Customer}}
		receipt, err = c.sendFreezing(ctx, w, f)
		return err
	})
	return receipt, err
}

func (c *Client) freezeAll(ctx context.Context, op *operation, customers []string, terms quota.Freeze) (done []string, err error) {
	err = c.call.Watch(ctx, op.name, func(ctx context.Context) error {
		if err := checkAll(customers, terms); err != nil {
			return refuse(op.name, err)
		}
		var failed []*errors.ItemError
		var unsent error
		for asked := range slices.Chunk(unique(customers), maxFrozen) {
			w := &freezing{op: op, asked: asked}
			err := unsent
			if err == nil {
				_, err = c.sendFreezing(ctx, w, terms)
			}
			for _, customer := range asked {
				why := err
				if failure, told := w.failed[customer]; told {
					why = failure
				}
				if why == nil {
					done = append(done, customer)
					continue
				}
				failed = append(failed, &errors.ItemError{Item: customer, Err: why})
			}
			if unsent == nil && call.OwnFault(err) {
				unsent = call.NotSent(err)
			}
		}
		if failed == nil {
			return nil
		}
		return &errors.BatchError{Failed: failed}
	})
	return done, err
}

// freezing is one request of either operation under way.
type freezing struct {
	op     *operation
	asked  []string
	id     string                   // the provider's id of the request
	failed map[string]*errors.Error // of those that were asked, where the request itself succeeded
	doubt  bool                     // an earlier attempt left it open whether something was changed
}

func (c *Client) sendFreezing(ctx context.Context, w *freezing, terms quota.Freeze) (quota.Receipt, error) {
	path := freezePath
	if w.op == unfreezeCustomers {
		path = unfreezePath
	}
	request := c.request(w.op, c.at(path))
	request.ContentType, request.Body, request.Judge = contentJSON, freezeBody(w.op, w.asked, terms), w.judge
	attempts, err := c.call.Do(ctx, &request)
	if err != nil {
		w.failed = nil
		return quota.Receipt{Attempts: attempts}, err
	}
	for _, failure := range w.failed {
		failure.Provider, failure.Op, failure.Attempts = provider, w.op.name, attempts
		if w.doubt {
			call.KeepDoubt(failure) // the earlier attempt may have changed what this one was refused
		}
	}
	return quota.Receipt{RequestID: w.id, Attempts: attempts}, nil
}

func (w *freezing) judge(r call.Reply) *errors.Error {
	w.id, w.failed, w.doubt = requestID("", r), nil, r.Doubt
	return w.read(r)
}

// read takes a reply apart. Success is 200 or 204 that tells of no failure, mostly with no body; 200 is also the status
// where some of the customers failed.
func (w *freezing) read(r call.Reply) *errors.Error {
	body := bytes.TrimSpace(r.Body)
	if len(body) == 0 && (r.Status == http.StatusOK || r.Status == http.StatusNoContent) {
		return nil
	}
	var e envelope
	if r.Status != http.StatusOK || !isObject(body) || json.Unmarshal(body, &e) != nil {
		return w.op.failure(r, body)
	}
	if !e.whole() {
		return w.op.failure(r, body)
	}
	w.id = requestID(e.RequestID, r)
	for _, d := range e.details() {
		customer := string(d.ID)
		if !slices.Contains(w.asked, customer) {
			return &errors.Error{
				Class: errors.ErrUncertain, RequestID: w.id,
				Message: "the reply tells of the failure of " + strconv.Quote(customer) + ", which was not asked for",
			}
		}
		if w.failed == nil {
			w.failed = make(map[string]*errors.Error)
		}
		w.failed[customer] = w.detail(d, r)
	}
	if len(w.asked) == 1 {
		if failure := w.failed[w.asked[0]]; failure != nil { // then it is that of the request itself
			return failure
		}
	}
	return nil
}

// detail is the failure of one customer. Package call takes credentials out of the failures of whole requests only.
func (w *freezing) detail(d errorDetail, r call.Reply) *errors.Error {
	code, message := d.code(), d.message()
	class := errors.ErrUncertain
	if code != "" && code != codeOK {
		class = classOf(w.op.name, code, r.Status, message)
	}
	return &errors.Error{Class: class, Code: r.Secrets.Redact(code), Message: r.Secrets.Redact(message), RequestID: w.id, Status: r.Status}
}

// freezeBody names the type always, because its default might change, and the empty one is refused.
func freezeBody(op *operation, customers []string, terms quota.Freeze) []byte {
	kind := "ACCOUNT"
	if terms.Resources {
		kind = "ACCOUNT_AND_RESOURCE"
	}
	body := struct {
		Customers    []string `json:"customer_ids"`
		Reason       string   `json:"reason"`
		Reseller     string   `json:"indirect_partner_id,omitempty"`
		FreezeType   string   `json:"freeze_type,omitempty"`
		UnfreezeType string   `json:"unfreeze_type,omitempty"`
	}{Customers: customers, Reason: terms.Reason, Reseller: terms.Reseller}
	if op == unfreezeCustomers {
		body.UnfreezeType = kind
	} else {
		body.FreezeType = kind
	}
	return marshal(body)
}

func checkFreeze(f quota.Freeze) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if strings.TrimSpace(f.Reason) == "" {
		return errors.Invalid("Freeze.Reason", f.Reason, "must be set: Huawei Cloud requires one")
	}
	return nil
}

// checkAll checks the terms with every customer.
func checkAll(customers []string, terms quota.Freeze) error {
	if terms.Customer != "" {
		return errors.Invalid("terms.Customer", terms.Customer, "must be empty: the customers are named beside the terms")
	}
	for i, customer := range customers {
		if err := quota.CheckCustomer(customer); err != nil {
			return errors.Invalid("customers["+strconv.Itoa(i)+"]", customer, "must be 1 to 64 characters of visible ASCII without spaces")
		}
	}
	terms.Customer = "any"
	return checkFreeze(terms)
}

// unique is ids without repetitions, in their order.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	kept := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}
