// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/resellkit/resell/internal/acs"
	"github.com/resellkit/resell/internal/wire"
	"github.com/resellkit/resell/quota"
)

var _ quota.Alarmer = (*Client)(nil)

var (
	setAlarms  = &operation{name: "SetResellerUserAlarmThreshold", write: true, repeatable: true, accept: dataTrue}
	readAlarms = &operation{name: "QueryResellerUserAlarmThreshold", accept: dataList}
)

// alarmType is the only one that is documented.
var alarmType = acs.Param{Name: "AlarmType", Value: "quota_low_balance"}

// SetAlarms makes the thresholds at which the customer is warned of a low quota what a says
// (SetResellerUserAlarmThreshold). With Clear the parameter is left out, which means none. It is absolute: repeating it
// converges.
func (c *Client) SetAlarms(ctx context.Context, a quota.Alarms) (receipt quota.Receipt, err error) {
	err = c.call.Watch(ctx, setAlarms.name, func(ctx context.Context) error {
		if err := c.checkAlarms(a); err != nil {
			return refuse(setAlarms.name, err)
		}
		params := []acs.Param{{Name: "OwnerId", Value: a.Customer}, alarmType}
		if !a.Clear {
			params = append(params, acs.Param{Name: "AlarmThresholds", Value: thresholdsText(a.Thresholds)})
		}
		var env envelope
		attempts, err := c.send(ctx, setAlarms, params, &env)
		receipt.Attempts = attempts
		if err != nil {
			return err
		}
		receipt.RequestID = string(env.RequestID)
		return nil
	})
	return receipt, err
}

// Alarms reads the thresholds at which the customer is warned of a low quota (QueryResellerUserAlarmThreshold). Amounts
// carry no currency on the wire; Config.Currency is attached.
func (c *Client) Alarms(ctx context.Context, customer string) (thresholds []quota.Threshold, err error) {
	err = c.call.Watch(ctx, readAlarms.name, func(ctx context.Context) error {
		if err := checkCustomer("customer", customer); err != nil {
			return refuse(readAlarms.name, err)
		}
		var data []thresholdDto
		params := []acs.Param{{Name: "OwnerId", Value: customer}, alarmType}
		return c.read(ctx, readAlarms, params, &data, func() string {
			thresholds = make([]quota.Threshold, 0, len(data))
			for _, dto := range data {
				t, ok := dto.threshold(c.currency)
				if !ok {
					thresholds = nil
					return "a threshold that cannot be read"
				}
				thresholds = append(thresholds, t)
			}
			return ""
		})
	})
	return thresholds, err
}

// thresholdType says which fields of a threshold count: those of a ratio for this one, the amount for any other.
const thresholdRatio = 1

// wireThreshold is a threshold as it is sent, its names in the order of the documents.
type wireThreshold struct {
	Denominator     int    `json:"denominator,omitempty"`
	Numerator       int    `json:"numerator,omitempty"`
	ThresholdAmount string `json:"thresholdAmount,omitempty"`
	ThresholdType   int    `json:"thresholdType"`
}

// thresholdsText is the JSON text of the parameter.
func thresholdsText(thresholds []quota.Threshold) string {
	list := make([]wireThreshold, len(thresholds))
	for i, t := range thresholds {
		if t.IsRatio() {
			list[i] = wireThreshold{Denominator: t.Denominator, Numerator: t.Numerator, ThresholdType: thresholdRatio}
		} else {
			list[i] = wireThreshold{ThresholdAmount: t.Amount.Amount.StringFixed(2)}
		}
	}
	text, _ := json.Marshal(list) // numbers and digits do not fail
	return string(text)
}

// thresholdDto is a threshold as it is read: numbers may come as text and the reverse, with spaces.
type thresholdDto struct {
	ThresholdType          wire.Text
	ThresholdAmount        json.RawMessage
	Numerator, Denominator json.RawMessage
}

func (d thresholdDto) threshold(currency quota.Currency) (t quota.Threshold, ok bool) {
	if !d.ThresholdType.Is(strconv.Itoa(thresholdRatio)) {
		amount, ok := parseAmount(d.ThresholdAmount)
		return quota.Threshold{Amount: quota.Money{Amount: amount, Currency: currency}}, ok
	}
	numerator, ok1 := parseCount(d.Numerator)
	denominator, ok2 := parseCount(d.Denominator)
	return quota.Threshold{Numerator: numerator, Denominator: denominator}, ok1 && ok2 && denominator > 0
}

var maxCount = decimal.New(1, 9)

// parseCount reads a whole number that is not negative and fits an int anywhere.
func parseCount(raw json.RawMessage) (int, bool) {
	n, ok := parseAmount(raw)
	if !ok || n.IsNegative() || !n.IsInteger() || n.GreaterThan(maxCount) {
		return 0, false
	}
	return int(n.IntPart()), true
}

func (c *Client) checkAlarms(a quota.Alarms) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if err := checkCustomer("Alarms.Customer", a.Customer); err != nil {
		return err
	}
	for i, t := range a.Thresholds {
		if t.IsRatio() {
			continue
		}
		if err := c.checkMoney("Alarms.Thresholds["+strconv.Itoa(i)+"].Amount", t.Amount); err != nil {
			return err
		}
	}
	return nil
}
