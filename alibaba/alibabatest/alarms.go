// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/resellkit/resell/quota"
)

// lowBalance is the one documented AlarmType.
const lowBalance = "quota_low_balance"

func setAlarms(ctx context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.alarmed(p)
	if refused != nil {
		return nil, refused
	}
	thresholds, refused := s.thresholds(p)
	if refused != nil {
		return nil, refused
	}
	if _, err := s.Quota.SetAlarms(ctx, quota.Alarms{Customer: customer, Thresholds: thresholds, Clear: len(thresholds) == 0}); err != nil {
		return nil, p.refuseModel(err)
	}
	return true, nil
}

func readAlarms(ctx context.Context, s *Server, p params) (any, *refusal) {
	customer, refused := s.alarmed(p)
	if refused != nil {
		return nil, refused
	}
	thresholds, err := s.Quota.Alarms(ctx, customer)
	if err != nil {
		return nil, p.refuseModel(err)
	}
	answer := list{}
	for _, t := range thresholds {
		kind := 0
		if t.IsRatio() {
			kind = 1
		}
		answer = append(answer, object{
			{"ThresholdType", count(kind)},
			{"ThresholdAmount", amount(t.Amount.Amount.StringFixed(2))},
			{"Numerator", count(t.Numerator)},
			{"Denominator", count(t.Denominator)},
		})
	}
	return answer, nil
}

// alarmed is whose alarms the request is about.
func (s *Server) alarmed(p params) (string, *refusal) {
	if p.get("AlarmType") != lowBalance {
		return "", p.refuse("ParameterError", "AlarmType is not "+lowBalance+".")
	}
	return s.customer(p)
}

// thresholds reads the parameter AlarmThresholds; none where it is left out.
func (s *Server) thresholds(p params) (thresholds []quota.Threshold, refused *refusal) {
	given := p.get("AlarmThresholds")
	if given == "" {
		return nil, nil
	}
	var list []struct {
		ThresholdType          *int
		ThresholdAmount        string
		Numerator, Denominator int
	}
	d := json.NewDecoder(strings.NewReader(given))
	d.DisallowUnknownFields()
	if d.Decode(&list) != nil || d.More() || len(list) == 0 {
		return nil, p.refuse("ParameterError", "AlarmThresholds is not a JSON array of thresholds.")
	}
	for _, item := range list {
		t := quota.Threshold{Numerator: item.Numerator, Denominator: item.Denominator}
		switch {
		case item.ThresholdType == nil || *item.ThresholdType < 0 || *item.ThresholdType > 1:
			return nil, p.refuse("ParameterError", "thresholdType is neither 0 nor 1.")
		case *item.ThresholdType == 1 && (item.ThresholdAmount != "" || !t.IsRatio()),
			*item.ThresholdType == 0 && t.IsRatio():
			return nil, p.refuse("ParameterError", "A threshold does not fit its thresholdType.")
		case *item.ThresholdType == 0:
			m, err := quota.ParseMoney(item.ThresholdAmount + " " + string(s.currency()))
			if err != nil {
				return nil, p.refuse("ParameterError", "thresholdAmount cannot be read.")
			}
			t.Amount = m
		}
		thresholds = append(thresholds, t)
	}
	return thresholds, nil
}
