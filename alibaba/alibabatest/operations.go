// SPDX-License-Identifier: Apache-2.0

package alibabatest

import (
	"context"
	"net/http"
	"net/url"
)

// operation is one of the API's.
type operation struct {
	name     string
	postOnly bool
	must     []string // parameters without which nothing is done
	missing  string   // the code that a missing one is answered with
	success  string   // as the sample spells it
	message  string
	dataLast bool   // in the sample Data stands at the end
	oddFlag  bool   // the JSON sample of a success says Success:false, the XML sample Success:true
	counted  bool   // Data is a list, and stands at the beginning with its Count
	wrapped  string // the element inside Data in the XML sample
	run      func(context.Context, *Server, params) (data any, refused *refusal)
}

var operations = byName(
	&operation{
		name: "CreateResellerUserQuota", must: []string{"Amount", "Currency"}, missing: "ParameterError",
		success: "200", message: "Successful!", run: createQuota,
	},
	&operation{
		name: "SetResellerUserQuota", must: []string{"Amount"}, missing: "ParameterError",
		success: "200", message: "Successful!", run: setQuota,
	},
	&operation{
		name: "ChangeResellerConsumeAmount", must: []string{"AdjustType", "Amount", "Currency", "BusinessType", "Source", "OutBizId"},
		missing: "ParameterError", success: "200", message: "successful", run: changeConsumed,
	},
	&operation{
		name: "QueryResellerAvailableQuota", missing: "ParameterError",
		success: "200", message: "Successful!", run: availableQuota,
	},
	&operation{
		name: "SetResellerUserStatus", must: []string{"BusinessType", "Status"}, missing: "ParameterError",
		success: "200", message: "Successful!", run: setStatus,
	},
	&operation{
		name: "GetCustomerList", success: "200", message: "Successful!", dataLast: true, run: customerList,
	},
	&operation{
		name: "GetCustomerAccountInfo", success: "Success", message: "Successful!", dataLast: true, run: customerInfo,
	},
	&operation{
		name: "SetResellerUserAlarmThreshold", must: []string{"AlarmType"}, missing: "ParameterError",
		success: "200", message: "Successful!", run: setAlarms,
	},
	&operation{
		name: "QueryResellerUserAlarmThreshold", must: []string{"AlarmType"}, missing: "ParameterError",
		success: "200", message: "success", counted: true, run: readAlarms,
	},
	&operation{
		name: "QueryAccountBalance", success: "200", message: "success", dataLast: true, run: accountBalance,
	},
	&operation{
		name: "AllocateCostUnitResource", must: []string{"FromUnitUserId", "FromUnitId", "ToUnitUserId", "ToUnitId"}, missing: "MissingParameter",
		success: "success", message: "Successful!", dataLast: true, oddFlag: true, postOnly: true, wrapped: "CostUnitOperate", run: allocate,
	},
	&operation{
		name: "QueryCostUnitResource", must: []string{"OwnerUid", "UnitId"}, missing: "MissingParameter",
		success: "Success", message: "Successful!", dataLast: true, run: listResources,
	},
	&operation{
		name: "QueryCostUnit", must: []string{"OwnerUid", "ParentUnitId"}, missing: "MissingParameter",
		success: "Success", message: "Successful!", dataLast: true, run: listUnits,
	},
	&operation{
		name: "CreateCostUnit", missing: "MissingParameter",
		success: "Success", message: "Successful！", dataLast: true, postOnly: true, run: createUnits,
	},
	&operation{
		name: "ModifyCostUnit", missing: "MissingParameter",
		success: "Success", message: "Successful!", dataLast: true, postOnly: true, wrapped: "CostUnitOperate", run: modifyUnits,
	},
	&operation{
		name: "DeleteCostUnit", must: []string{"OwnerUid", "UnitId"}, missing: "MissingParameter",
		success: "Success", message: "Successful！", dataLast: true, postOnly: true, wrapped: "CostUnitOperate", run: deleteUnit,
	},
)

func byName(ops ...*operation) map[string]*operation {
	index := make(map[string]*operation, len(ops))
	for _, op := range ops {
		index[op.name] = op
	}
	return index
}

// params are those of one request to an operation.
type params struct {
	op     *operation
	values url.Values
}

func (p params) get(name string) string { return p.values.Get(name) }

// refuse answers one of the operation's codes.
func (p params) refuse(code, detail string) *refusal { return refuse(p.op.name, code, detail) }

// answer carries the operation out.
func (op *operation) answer(ctx context.Context, s *Server, in *incoming) reply {
	p := params{op, in.params}
	for _, name := range op.must {
		if p.get(name) == "" {
			return p.refuse(op.missing, "It is "+name+".").reply(in)
		}
	}
	data, refused := op.run(ctx, s, p)
	if refused != nil {
		return refused.reply(in)
	}
	if op.wrapped != "" && !in.json {
		data = object{{op.wrapped, data}}
	}
	if items, ok := data.(list); ok && op.counted {
		return reply{http.StatusOK, op.name + "Response", object{
			{"Data", data},
			{"Count", count(len(items))},
			{"Success", true},
			{"Code", s.Wrinkles.success(op.success)},
			{"Message", op.message},
			{"RequestId", in.id},
		}}
	}
	fields := object{{"Code", s.Wrinkles.success(op.success)}, {"Message", op.message}}
	if !op.dataLast {
		fields = append(fields, field{"Data", data})
	}
	fields = append(fields, field{"RequestId", in.id}, field{"Success", s.successFlag(op, in)})
	if op.dataLast {
		fields = append(fields, field{"Data", data})
	}
	return reply{http.StatusOK, op.name + "Response", fields}
}

// successFlag is true, but in the JSON of an operation whose sample says otherwise.
func (s *Server) successFlag(op *operation, in *incoming) bool {
	return !op.oddFlag || !in.json || s.Wrinkles.AllocateSuccess
}
