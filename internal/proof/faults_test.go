// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"net/http"
	"time"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// kind is what a careful reader of the clouds' documents can conclude from how a request ended.
type kind string

const (
	good      kind = "good"      // odd, but the documented reply: the operation was carried out
	unsent    kind = "unsent"    // nothing reached the cloud
	silent    kind = "silent"    // nobody can tell whether the operation was carried out
	throttled kind = "throttled" // refused for the rate of calls: not carried out, and a repeat may help
	postponed kind = "postponed" // the same, with a longer wait than the client is made for
	refused   kind = "refused"   // refused for good: not carried out, and a repeat does not help
	left      kind = "left"      // as silent, and then the caller goes away
)

// script is one fault with what is to be known of it. Whether it is Applied says what became of the operation, which the
// client cannot see and the books of the fake can.
type script struct {
	fault.Fault
	kind   kind
	class  error         // of a refusal
	slow   bool          // the attempt ends by its timeout
	least  time.Duration // that the client has to wait before it repeats
	inBody bool          // strikes the body of a reply: where that has none, nothing is wrong
	huge   bool          // takes memory: not many at once
}

// common are the faults of both clouds.
func common() []script {
	lost := func(f fault.Fault) script { return script{Fault: f, kind: silent} }
	slow := func(f fault.Fault) script { return script{Fault: f, kind: silent, slow: true} }
	body := func(f fault.Fault) script { return script{Fault: f, kind: silent, inBody: true} }
	drip := body(fault.SlowBody)
	drip.slow = true
	huge := lost(fault.HugeReply)
	huge.huge = true
	leaves := func(f fault.Fault) script {
		f.Name += ", caller leaves"
		return script{Fault: f, kind: left}
	}
	return []script{
		{Fault: fault.Refused, kind: unsent},
		lost(fault.LostRequest), lost(fault.LostReply), lost(fault.ResetBefore), lost(fault.ResetAfter),
		slow(fault.Hang), slow(fault.HangApplied), drip,
		leaves(fault.Hang), leaves(fault.HangApplied),
		lost(fault.Unavailable), lost(fault.BadGateway),
		lost(fault.Redirect(http.StatusFound)), lost(fault.Redirect(http.StatusTemporaryRedirect)),
		lost(fault.EmptyOK), body(fault.TruncatedJSON), body(fault.CutReply), huge,
		{Fault: fault.Gzipped, kind: good},
		{Fault: fault.Throttled, kind: throttled},
		{Fault: fault.ThrottledFor(time.Second), kind: throttled, least: time.Second},
		{Fault: fault.ThrottledFor(time.Minute), kind: postponed},
		{Fault: fault.Unauthorized, kind: refused, class: errors.ErrUnauthenticated},
	}
}

func answered(name string, status int, body string, applied bool) fault.Fault {
	f := fault.Reply(status, body)
	f.Name, f.Applied = name, applied
	return f
}

// alibabaFaults adds what only Alibaba Cloud answers. Its throttling is a 400; a code that is in no document says nothing.
func alibabaFaults() []script {
	return append(common(),
		script{kind: silent, Fault: answered("Success:false at 200", 200, `{"Code":"200","Message":"Successful!","RequestId":"r","Success":false}`, true)},
		script{kind: silent, Fault: answered("numeric code, 400", 400, `{"Code":500,"Message":"error","RequestId":"r","Success":false}`, false)},
		script{kind: silent, Fault: answered("numeric code, 200", 200, `{"Code":500,"Message":"error","RequestId":"r","Success":false}`, true)},
		script{kind: silent, Fault: applied(alibabatest.Code(500, "InternalError"))},
		script{kind: throttled, Fault: alibabatest.Code(400, "Throttling")},
		script{kind: refused, class: errors.ErrDenied, Fault: alibabatest.Code(403, "Forbidden.RAM")},
		script{kind: refused, class: errors.ErrDenied, Fault: alibabatest.Code(200, "NotAuthorized")},
	)
}

// huaweiFaults adds what only Huawei Cloud answers. EPS throttles with a 403.
func huaweiFaults() []script {
	return append(common(),
		script{kind: silent, Fault: answered("success code at 400", 400, `{"error_code":"CBC.0000","error_msg":"Success."}`, true)},
		script{kind: silent, Fault: answered("numeric code, 400", 400, `{"error_code":500,"error_msg":"error"}`, false)},
		script{kind: silent, Fault: answered("numeric code, 200", 200, `{"error":{"code":500,"message":"error","title":"Error"}}`, true)},
		script{kind: silent, Fault: applied(huaweitest.Code(500, "CBC.0999"))},
		script{kind: throttled, Fault: huaweitest.Code(429, "APIGW.0308")},
		script{kind: throttled, Fault: huaweitest.Code(403, "EPS.0006")},
		script{kind: refused, class: errors.ErrDenied, Fault: huaweitest.Code(403, "EPS.0004")},
		script{kind: refused, class: errors.ErrDenied, Fault: huaweitest.Code(403, "APIGW.0302")},
		script{kind: refused, class: errors.ErrDenied, Fault: huaweitest.Code(200, "CBC.0151")},
	)
}

func applied(f fault.Fault) fault.Fault {
	f.Name, f.Applied = f.Name+", applied", true
	return f
}
