// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

// payload is a change as it is stored. Its names stay as they are: rows outlive the program that wrote them.
type payload struct {
	Customer     string            `json:"customer,omitempty"`
	Reseller     string            `json:"reseller,omitempty"`
	Amount       *quota.Money      `json:"amount,omitempty"`
	BusinessType string            `json:"business_type,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	Period       quota.Period      `json:"period,omitempty"`
	OnExceed     quota.Action      `json:"on_exceed,omitempty"`
	Unfreeze     bool              `json:"unfreeze,omitempty"`
	Reason       string            `json:"reason,omitempty"`
	Resources    bool              `json:"resources,omitempty"`
	From         *unit             `json:"from,omitempty"`
	To           *unit             `json:"to,omitempty"`
	Moved        []resource        `json:"moved,omitempty"`
}

// unit and resource are those of package costunit, with names that stay.
type unit struct {
	ID    string `json:"id,omitempty"`
	Owner string `json:"owner,omitempty"`
}

type resource struct {
	ID        string `json:"id"`
	Product   string `json:"product"`
	Owner     string `json:"owner,omitempty"`
	Region    string `json:"region,omitempty"`
	Project   string `json:"project,omitempty"`
	Component string `json:"component,omitempty"`
}

func ofGrant(g quota.Grant) payload { return payload{Customer: g.Customer, Amount: &g.Limit} }

func ofAdjustment(a quota.Adjustment) payload {
	return payload{Customer: a.Customer, Amount: &a.Amount, BusinessType: a.BusinessType, Metadata: a.Metadata}
}

func ofFreeze(f quota.Freeze) payload {
	return payload{Customer: f.Customer, Reseller: f.Reseller, Reason: f.Reason, Resources: f.Resources}
}

func (c CreateQuota) payload() payload { return ofGrant(quota.Grant(c)) }
func (c SetQuota) payload() payload    { return ofGrant(quota.Grant(c)) }
func (c Increase) payload() payload    { return ofAdjustment(quota.Adjustment(c)) }
func (c Decrease) payload() payload    { return ofAdjustment(quota.Adjustment(c)) }
func (c Freeze) payload() payload      { return ofFreeze(quota.Freeze(c)) }
func (c Unfreeze) payload() payload    { return ofFreeze(quota.Freeze(c)) }

func (c TopUp) payload() payload {
	return payload{Customer: c.Customer, Reseller: c.Reseller, Amount: &c.Amount}
}

func (c SetBudget) payload() payload {
	return payload{Customer: c.Customer, Reseller: c.Reseller, Amount: &c.Limit, Period: c.Period, OnExceed: c.OnExceed, Unfreeze: c.Unfreeze}
}

func (c Transfer) payload() payload {
	p := payload{From: (*unit)(&c.From), To: (*unit)(&c.To)}
	for _, r := range c.Resources {
		p.Moved = append(p.Moved, resource(r))
	}
	return p
}

func (p payload) money() quota.Money {
	if p.Amount == nil {
		return quota.Money{}
	}
	return *p.Amount
}

func (p payload) grant() quota.Grant { return quota.Grant{Customer: p.Customer, Limit: p.money()} }

func (p payload) adjustment() quota.Adjustment {
	return quota.Adjustment{Customer: p.Customer, Amount: p.money(), BusinessType: p.BusinessType, Metadata: p.Metadata}
}

func (p payload) freeze() quota.Freeze {
	return quota.Freeze{Customer: p.Customer, Reseller: p.Reseller, Reason: p.Reason, Resources: p.Resources}
}

func (p payload) budget() quota.Budget {
	return quota.Budget{
		Customer: p.Customer, Reseller: p.Reseller, Limit: p.money(),
		Period: p.Period, OnExceed: p.OnExceed, Unfreeze: p.Unfreeze,
	}
}

func (p payload) transfer() costunit.Transfer {
	var t costunit.Transfer
	if p.From != nil && p.To != nil {
		t.From, t.To = costunit.Unit(*p.From), costunit.Unit(*p.To)
	}
	for _, r := range p.Moved {
		t.Resources = append(t.Resources, costunit.Resource(r))
	}
	return t
}

// encode is the change as text: equal changes give equal texts.
func encode(c Change) (string, error) {
	text, err := json.Marshal(c.payload())
	if err != nil {
		return "", errors.Invalid("Intent.Change", string(c.kind()), "cannot be stored: "+err.Error())
	}
	return string(text), nil
}

func decode(kind Kind, text string) (Change, error) {
	rules, known := kinds[kind]
	if !known {
		return nil, errors.New("journal: a stored intent is of the kind " + string(kind) + ", which this version does not know")
	}
	var p payload
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, errors.New("journal: a stored intent cannot be read: " + err.Error())
	}
	return rules.change(p), nil
}

// fingerprint tells two intents apart that have the same key.
func fingerprint(account string, kind Kind, change string) string {
	h := sha256.New()
	h.Write([]byte("resell/journal/1"))
	for _, part := range []string{account, string(kind), change} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}
