// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// transferOf moves n resources from the unallocated unit.
func transferOf(n int) costunit.Transfer {
	t := costunit.Transfer{From: costunit.Unit{Owner: "273394581313325532"}, To: costunit.Unit{ID: "186419", Owner: "241021678450941490"}}
	for i := range n {
		t.Resources = append(t.Resources, costunit.Resource{ID: "cn-hangzhou;standard" + strconv.Itoa(i), Product: "oss", Owner: "273394581313325532"})
	}
	return t
}

func TestAllocateSuccessIsDataIsSuccess(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       error
	}{
		{"the published sample", `{"Code":"success","Message":"Successful!","RequestId":"845C","Success":false,"Data":{"ToUnitUserId":34857693874,"IsSuccess":true,"ToUnitId":32857346527}}`, nil},
		{"as strings", `{"Code":"Success","Success":"true","Data":{"IsSuccess":"true"}}`, nil},
		{"refused", `{"Code":"success","Success":true,"Data":{"IsSuccess":false}}`, errors.ErrConflict},
		{"no Data", `{"Code":"success","Success":true}`, errors.ErrUncertain},
		{"no IsSuccess", `{"Code":"success","Success":true,"Data":{}}`, errors.ErrUncertain},
		{"Data is no object", `{"Code":"success","Success":true,"Data":true}`, errors.ErrUncertain},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := testClient(t, answer(200, c.body)).allocate(t.Context(), transferOf(1), transferOf(1).Resources, &costunit.Receipt{})
			require.Equal(t, c.want, errors.Class(err), "%v", err)
		})
	}
}

// Ids on the wire: 0 and -1 stand for no unit on either side, and nothing is lost above 2^53.
func TestAllocateParameters(t *testing.T) {
	var sent []string
	c := testClient(t, func(req *http.Request) (*http.Response, error) {
		q := req.URL.Query()
		sent = append(sent, q.Get("FromUnitUserId")+" "+q.Get("FromUnitId")+" "+q.Get("ToUnitUserId")+" "+q.Get("ToUnitId")+" "+q.Get("ResourceInstanceList.1.ResourceId")+" "+q.Get("ResourceInstanceList.1.ApportionCode"))
		return reply(200, `{"Code":"success","Data":{"IsSuccess":true}}`), nil
	})
	in := transferOf(1)
	in.Resources[0].Component = "qwer1-cn-beijing"
	_, err := c.TransferResources(t.Context(), in)
	require.NoError(t, err)
	in.From, in.To = in.To, costunit.Unit{ID: costunit.Unallocated, Owner: in.From.Owner}
	_, err = c.TransferResources(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, []string{
		"273394581313325532 0 241021678450941490 186419 cn-hangzhou;standard0 qwer1-cn-beijing",
		"241021678450941490 186419 273394581313325532 -1 cn-hangzhou;standard0 qwer1-cn-beijing",
	}, sent)
}

// A listing that claims more than it has must end.
func TestResourcesEndOnAnEmptyPage(t *testing.T) {
	requests := 0
	c := testClient(t, func(*http.Request) (*http.Response, error) {
		requests++
		if requests > 2 {
			return reply(200, `{"Code":"Success","Data":{"TotalCount":"1000000","ResourceInstanceDtoList":[]}}`), nil
		}
		return reply(200, `{"Code":"Success","Data":{"TotalCount":1000000,"ResourceInstanceDtoList":[{"ResourceId":"same","CommodityCode":"oss","ResourceUserId":9007199254740993}]}}`), nil
	})
	var got []costunit.Resource
	for r, err := range c.Resources(t.Context(), costunit.Query{Unit: transferOf(1).To}) {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.Equal(t, []costunit.Resource{{ID: "same", Product: "oss", Owner: "9007199254740993"}}, got, "once, and every digit")
	require.Equal(t, 3, requests)

	requests = 0
	for _, err := range c.Resources(t.Context(), costunit.Query{Unit: transferOf(1).To}) {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, requests, "a break sends nothing more")
}

// After an attempt in doubt a refusal of the next one does not end the doubt, and is not repeated.
func TestTransferKeepsTheDoubt(t *testing.T) {
	moves := 0
	c := testClient(t, func(req *http.Request) (*http.Response, error) {
		switch req.Header.Get("X-Acs-Action") {
		case "AllocateCostUnitResource":
			moves++
			if moves == 1 {
				return reply(500, `{"Code":"UndefinedError"}`), nil
			}
			return reply(400, `{"Code":"UnitNotBelongToUser"}`), nil
		case "QueryCostUnitResource":
			if req.URL.Query().Get("UnitId") == "0" {
				return reply(200, `{"Code":"Success","Data":{"TotalCount":1,"ResourceInstanceDtoList":[{"ResourceId":"cn-hangzhou;standard0","CommodityCode":"oss","ResourceUserId":273394581313325532}]}}`), nil
			}
			return reply(200, `{"Code":"Success","Data":{"TotalCount":0}}`), nil
		}
		return reply(404, ``), nil
	}, func(c *Config) { c.Retry = Retry{Base: time.Microsecond} })
	_, err := c.TransferResources(t.Context(), transferOf(1))
	require.ErrorIs(t, err, errors.ErrUncertain)
	require.ErrorContains(t, err, "an earlier attempt may have been applied; then denied (")
	require.Equal(t, 2, moves)
}
