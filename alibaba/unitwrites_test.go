// SPDX-License-Identifier: Apache-2.0

package alibaba

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/errors"
)

// answered is one scripted reply; the zero one is lost.
type answered struct {
	status int
	body   string
}

// scripted answers the requests to each operation in turn, the last answer again and again.
type scripted struct {
	answers map[string][]answered
	sent    map[string][]url.Values
}

func (s *scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	op := req.Header.Get("X-Acs-Action")
	if s.sent == nil {
		s.sent = make(map[string][]url.Values)
	}
	s.sent[op] = append(s.sent[op], req.URL.Query())
	all := s.answers[op]
	a := all[min(len(s.sent[op]), len(all))-1]
	if a.status == 0 {
		a = answered{500, ""} // nobody knows what became of it
	}
	return reply(a.status, a.body), nil
}

func (s *scripted) client(t *testing.T) *Client {
	return testClient(t, s.RoundTrip, func(c *Config) { c.Retry = Retry{Base: time.Microsecond} })
}

func ok(body string) answered { return answered{200, body} }

func refused(code string) answered {
	return answered{400, `{"Code":"` + code + `","Message":"words","RequestId":"R","Success":false}`}
}

// outcomes are the classes by item, nil of what was done; done is what was returned as such.
func outcomes(t *testing.T, err error, items []string, done []string) []error {
	t.Helper()
	classes := make([]error, len(items))
	failed := make(map[string]error)
	if err != nil {
		batch, ok := errors.AsType[*errors.BatchError](err)
		require.True(t, ok, "%v", err)
		for _, item := range batch.Failed {
			failed[item.Item] = item.Err
		}
	}
	rest := done
	for i, item := range items {
		classes[i] = errors.Class(failed[item])
		if failed[item] == nil {
			require.NotEmpty(t, rest, "%s is neither done nor failed: %v", item, err)
			require.Equal(t, item, rest[0], "in order")
			rest = rest[1:]
		}
	}
	require.Empty(t, rest)
	return classes
}

func definitionsOf(names ...string) (all []costunit.Definition) {
	for _, name := range names {
		all = append(all, costunit.Definition{Owner: someUnit.Owner, Name: name})
	}
	return all
}

func made(rows string) answered {
	return ok(unitsReply(`{"CostUnitDtoList":[` + rows + `]}`))
}

func madeUnit(id, name string) string {
	return `{"ParentUnitId":-1,"UnitName":"` + name + `","UnitId":` + id + `,"OwnerUid":` + someUnit.Owner + `}`
}

// Two units, a and b, are asked for. What the reply leaves open is read back, and nothing is sent a second time.
func TestCreateUnitsSettled(t *testing.T) {
	nothing := ok(told())
	for _, c := range []struct {
		name    string
		creates []answered
		reads   []answered // the first is before the creation
		want    []error
		ids     []string
		asked   int // requests to read
	}{
		{"made", []answered{made(madeUnit("1", "a") + "," + madeUnit("2", "b"))}, []answered{nothing}, []error{nil, nil}, []string{"1", "2"}, 1},
		{"in another order", []answered{made(madeUnit("2", "b") + "," + madeUnit("1", "a"))}, []answered{nothing}, []error{nil, nil}, []string{"1", "2"}, 1},
		{"numbers as text", []answered{made(`{"ParentUnitId":"-1 ","UnitName":"a","UnitId":"9007199254740993 ","OwnerUid":"` + someUnit.Owner + `\n"},` + madeUnit("2", "b"))}, []answered{nothing}, []error{nil, nil}, []string{"9007199254740993", "2"}, 1},
		{"one is not told, and there", []answered{made(madeUnit("2", "b"))}, []answered{nothing, ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, []string{"1", "2"}, 2},
		{"one is not told, and there later", []answered{made(madeUnit("2", "b"))}, []answered{nothing, nothing, nothing, ok(told("1 -1 a"))}, []error{nil, nil}, []string{"1", "2"}, 4},
		{"one is not told, and not there", []answered{made(madeUnit("2", "b"))}, []answered{nothing}, []error{errors.ErrUncertain, nil}, []string{"2"}, 5},
		{"one is not told, and reading fails", []answered{made(madeUnit("2", "b"))}, []answered{nothing, refused("NotAuthorized")}, []error{errors.ErrUncertain, nil}, []string{"2"}, 2},
		{"told with another name", []answered{made(madeUnit("1", "A") + "," + madeUnit("2", "b"))}, []answered{nothing}, []error{errors.ErrUncertain, nil}, []string{"2"}, 5},
		{"told without ids, as the XML sample", []answered{made(`{"UnitName":"a","ParentUnitId":-1,"OwnerUid":` + someUnit.Owner + `},` + madeUnit("2", "b"))}, []answered{nothing, ok(told("1 -1 a"))}, []error{nil, nil}, []string{"1", "2"}, 2},
		{"one id for both", []answered{made(madeUnit("1", "a") + "," + madeUnit("1", "b"))}, []answered{nothing, ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, []string{"1", "2"}, 2},
		{"there below another parent", []answered{made(madeUnit("2", "b"))}, []answered{nothing, ok(told("1 5 a"))}, []error{errors.ErrUncertain, nil}, []string{"2"}, 5},
		{"nothing told", []answered{ok(unitsReply(`{}`))}, []answered{nothing, ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, []string{"1", "2"}, 2},
		{"no Data", []answered{ok(`{"Code":"Success","Success":true}`)}, []answered{nothing}, []error{errors.ErrUncertain, errors.ErrUncertain}, nil, 5},
		{"contradicted", []answered{ok(`{"Code":"Success","Success":false,"Data":{"CostUnitDtoList":[` + madeUnit("1", "a") + `]}}`)}, []answered{nothing, nothing, ok(told("1 -1 a"))}, []error{nil, errors.ErrUncertain}, []string{"1"}, 5},
		{"lost, and there", []answered{{}}, []answered{nothing, ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, []string{"1", "2"}, 2},
		{"lost, and not there", []answered{{}}, []answered{nothing}, []error{errors.ErrUncertain, errors.ErrUncertain}, nil, 5},
		{"an unknown code", []answered{refused("NeverHeardOf")}, []answered{nothing, ok(told("2 -1 b"))}, []error{errors.ErrUncertain, nil}, []string{"2"}, 5},
		{"throttled once", []answered{refused("Throttling.User"), made(madeUnit("1", "a") + "," + madeUnit("2", "b"))}, []answered{nothing}, []error{nil, nil}, []string{"1", "2"}, 1},
		{"refused", []answered{refused("MissingParameter")}, []answered{nothing}, []error{errors.ErrInvalid, errors.ErrInvalid}, nil, 2},
		{"a name that was taken meanwhile", []answered{refused("InvalidParameter")}, []answered{nothing, ok(told("8 -1 b"))}, []error{errors.ErrInvalid, errors.ErrExists}, nil, 2},
		{"a name that was taken meanwhile, and no reading", []answered{refused("InvalidParameter")}, []answered{nothing, refused("NotAuthorized")}, []error{errors.ErrInvalid, errors.ErrInvalid}, nil, 2},
		{"denied", []answered{refused("UnitNotBelongToUser")}, []answered{nothing}, []error{errors.ErrDenied, errors.ErrDenied}, nil, 1},
		{"a name is taken", []answered{made(madeUnit("2", "b"))}, []answered{ok(told("8 -1 a"))}, []error{errors.ErrExists, nil}, []string{"2"}, 1},
		{"a name is taken below another parent", []answered{made(madeUnit("1", "a") + "," + madeUnit("2", "b"))}, []answered{ok(told("8 5 a"))}, []error{nil, nil}, []string{"1", "2"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scripted{answers: map[string][]answered{"CreateCostUnit": c.creates, "QueryCostUnit": c.reads}}
			units, err := s.client(t).CreateUnits(t.Context(), definitionsOf("a", "b")...)
			var names, ids []string
			for _, u := range units {
				names, ids = append(names, u.Name), append(ids, u.ID)
				require.Equal(t, []string{someUnit.Owner, ""}, []string{u.Owner, u.Parent})
			}
			require.Equal(t, c.want, outcomes(t, err, []string{"a", "b"}, names))
			require.Equal(t, c.ids, ids)
			require.Len(t, s.sent["CreateCostUnit"], len(c.creates), "a doubt is never sent again")
			require.Len(t, s.sent["QueryCostUnit"], c.asked)
		})
	}
}

// What cannot be created is not sent, and does not keep the others back.
func TestCreateUnitsLooksFirst(t *testing.T) {
	s := &scripted{answers: map[string][]answered{
		"QueryCostUnit":  {ok(told("1 -1 taken", "5 -1 parent", "6 5 taken"))},
		"CreateCostUnit": {made(`{"ParentUnitId":5,"UnitName":"new","UnitId":7,"OwnerUid":` + someUnit.Owner + `}`)},
	}}
	all := definitionsOf("taken", "orphan", "new", "taken below")
	all[1].Parent, all[2].Parent = "77", "5"
	all[3] = costunit.Definition{Owner: someUnit.Owner, Parent: "5", Name: "taken"}
	units, err := s.client(t).CreateUnits(t.Context(), all...)
	require.Equal(t, []costunit.Details{{Unit: costunit.Unit{ID: "7", Owner: someUnit.Owner}, Name: "new", Parent: "5"}}, units)
	batch, ok := errors.AsType[*errors.BatchError](err)
	require.True(t, ok)
	var classes []error
	for _, item := range batch.Failed {
		classes = append(classes, errors.Class(item))
	}
	require.Equal(t, []error{errors.ErrExists, errors.ErrNotFound, errors.ErrExists}, classes)
	require.Equal(t, "UnitEntityList.1.OwnerUid=241021678450941490&UnitEntityList.1.ParentUnitId=5&UnitEntityList.1.UnitName=new", s.sent["CreateCostUnit"][0].Encode())

	_, err = s.client(t).CreateUnits(t.Context(), all[0], all[1])
	require.Error(t, err)
	require.Len(t, s.sent["CreateCostUnit"], 1, "where none is left nothing is sent")
}

// An owner that cannot be read is no reason to leave out the others; a caller that is not known is.
func TestCreateUnitsOfSeveralOwners(t *testing.T) {
	all := []costunit.Definition{{Owner: "1", Name: "a"}, {Owner: "2", Name: "b"}, {Owner: "3", Name: "c"}, {Owner: "1", Name: "d"}}
	for _, c := range []struct {
		code  string
		want  []error
		reads int
	}{
		{"MasterAndSubHasNoRelation", []error{nil, errors.ErrDenied, nil, nil}, 3},
		{"InvalidAccessKeyId.Inactive", []error{errors.ErrUnauthenticated, errors.ErrUnauthenticated, errors.ErrUnauthenticated, errors.ErrUnauthenticated}, 2},
	} {
		t.Run(c.code, func(t *testing.T) {
			s := &scripted{answers: map[string][]answered{
				"QueryCostUnit":  {ok(told()), refused(c.code), ok(told())},
				"CreateCostUnit": {made(`{"ParentUnitId":-1,"UnitName":"a","UnitId":11,"OwnerUid":1},{"ParentUnitId":-1,"UnitName":"c","UnitId":13,"OwnerUid":3},{"ParentUnitId":-1,"UnitName":"d","UnitId":14,"OwnerUid":1}`)},
			}}
			units, err := s.client(t).CreateUnits(t.Context(), all...)
			var names []string
			for _, u := range units {
				names = append(names, u.Name)
			}
			require.Equal(t, c.want, outcomes(t, err, []string{"a", "b", "c", "d"}, names))
			require.Len(t, s.sent["QueryCostUnit"], c.reads)
		})
	}
}

func renamed(rows string) answered { return ok(unitsReply(`[` + rows + `]`)) }

func flagged(id, flag string) string {
	return `{"IsSuccess":` + flag + `,"UnitId":` + id + `,"OwnerUid":` + someUnit.Owner + `}`
}

// Units 1 and 2, old-1 and old-2, are to be called a and b.
func TestRenameUnitsSettled(t *testing.T) {
	both := renamed(flagged("1", "true") + "," + flagged("2", "true"))
	first := flagged("1", "true")
	before := ok(told("1 -1 old-1", "2 -1 old-2"))
	for _, c := range []struct {
		name    string
		renames []answered
		reads   []answered
		want    []error
		sent    int
		asked   int
	}{
		{"renamed", []answered{both}, nil, []error{nil, nil}, 1, 0},
		{"as text", []answered{renamed(`{"IsSuccess":"true","UnitId":"1 ","OwnerUid":"` + someUnit.Owner + `"},` + flagged("2", "1"))}, nil, []error{nil, nil}, 1, 0},
		{"in another order", []answered{renamed(flagged("2", "true") + "," + first)}, nil, []error{nil, nil}, 1, 0},
		{"one is refused: not there", []answered{renamed(first + "," + flagged("2", "false"))}, []answered{ok(told("1 -1 a"))}, []error{nil, errors.ErrNotFound}, 1, 1},
		{"one is refused: taken", []answered{renamed(first + "," + flagged("2", "false"))}, []answered{ok(told("1 -1 a", "2 -1 old-2", "3 -1 b"))}, []error{nil, errors.ErrExists}, 1, 1},
		{"one is refused: taken below another parent", []answered{renamed(first + "," + flagged("2", "false"))}, []answered{ok(told("1 -1 a", "2 -1 old-2", "3 1 b"))}, []error{nil, errors.ErrConflict}, 1, 1},
		{"one is refused: who knows why", []answered{renamed(first + "," + flagged("2", "false"))}, []answered{before}, []error{nil, errors.ErrConflict}, 1, 1},
		{"one is refused: it has the name", []answered{renamed(first + "," + flagged("2", `"false"`))}, []answered{ok(told("2 -1 b"))}, []error{nil, nil}, 1, 1},
		{"one is refused, and no reading", []answered{renamed(first + "," + flagged("2", "false"))}, []answered{refused("NotAuthorized")}, []error{nil, errors.ErrConflict}, 1, 1},
		{"one is not told: renamed", []answered{renamed(first)}, []answered{ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, 1, 1},
		{"one is not told: not renamed", []answered{renamed(first)}, []answered{before}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"one is not told: not there", []answered{renamed(first)}, []answered{ok(told("1 -1 a"))}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"one is not told, and no reading", []answered{renamed(first)}, []answered{refused("NotAuthorized")}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"one has no flag", []answered{renamed(first + `,{"UnitId":2,"OwnerUid":` + someUnit.Owner + `}`)}, []answered{before}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"one has both flags", []answered{renamed(first + "," + flagged("2", "true") + "," + flagged("2", "false"))}, []answered{before}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"one of another owner", []answered{renamed(first + `,{"IsSuccess":true,"UnitId":2,"OwnerUid":7}`)}, []answered{before}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"a stranger", []answered{renamed(first + "," + flagged("3", "true"))}, []answered{before}, []error{nil, errors.ErrUncertain}, 1, 1},
		{"lost once", []answered{{}, both}, nil, []error{nil, nil}, 2, 0},
		{"lost once, then one refused", []answered{{}, renamed(first + "," + flagged("2", "false"))}, []answered{before}, []error{nil, errors.ErrUncertain}, 2, 1},
		{"lost for good, and renamed", []answered{{}}, []answered{ok(told("1 -1 a", "2 -1 b"))}, []error{nil, nil}, 4, 1},
		{"lost for good, and one renamed", []answered{{}}, []answered{ok(told("1 -1 a", "2 -1 old-2"))}, []error{nil, errors.ErrUncertain}, 4, 1},
		{"Data is an object", []answered{ok(unitsReply(flagged("1", "true")))}, []answered{before}, []error{errors.ErrUncertain, errors.ErrUncertain}, 4, 1},
		{"no Data", []answered{ok(`{"Code":"Success","Success":true}`)}, []answered{before}, []error{errors.ErrUncertain, errors.ErrUncertain}, 4, 1},
		{"contradicted", []answered{ok(`{"Code":"Success","Success":false,"Data":[` + first + "," + flagged("2", "true") + `]}`)}, []answered{before}, []error{errors.ErrUncertain, errors.ErrUncertain}, 4, 1},
		{"refused", []answered{refused("InvalidParameter")}, nil, []error{errors.ErrInvalid, errors.ErrInvalid}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scripted{answers: map[string][]answered{"ModifyCostUnit": c.renames, "QueryCostUnit": c.reads}}
			unit := func(id string) costunit.Unit { return costunit.Unit{ID: id, Owner: someUnit.Owner} }
			units, err := s.client(t).RenameUnits(t.Context(), costunit.Renaming{Unit: unit("1"), Name: "a"}, costunit.Renaming{Unit: unit("2"), Name: "b"})
			var ids []string
			for _, u := range units {
				ids = append(ids, u.ID)
				require.Equal(t, someUnit.Owner, u.Owner)
			}
			require.Equal(t, c.want, outcomes(t, err, []string{"1", "2"}, ids))
			require.Len(t, s.sent["ModifyCostUnit"], c.sent)
			require.Len(t, s.sent["QueryCostUnit"], c.asked)
		})
	}
}

func TestDeleteUnitSettled(t *testing.T) {
	flag := func(flag string) answered {
		return ok(unitsReply(`{"IsSuccess":` + flag + `,"UnitId":` + someUnit.ID + `,"OwnerUid":` + someUnit.Owner + `}`))
	}
	there, gone := []answered{ok(told("1 -1 a", someUnit.ID+" -1 b"))}, []answered{ok(told("1 -1 a"))}
	for _, c := range []struct {
		name    string
		deletes []answered
		reads   []answered
		class   error
		sent    int
	}{
		{"deleted", []answered{flag("true")}, nil, nil, 1},
		{"as text", []answered{flag(`"TRUE "`)}, nil, nil, 1},
		{"refused", []answered{flag("false")}, there, errors.ErrConflict, 1},
		{"not there", []answered{flag("false")}, gone, errors.ErrNotFound, 1},
		{"refused, and no reading", []answered{flag("false")}, []answered{refused("NotAuthorized")}, errors.ErrConflict, 1},
		{"not the account's, and there", []answered{refused("UnitNotBelongToUser")}, there, errors.ErrDenied, 1},
		{"not the account's, and not there", []answered{refused("UnitNotBelongToUser")}, gone, errors.ErrNotFound, 1},
		{"not the account's, nor its units", []answered{refused("UnitNotBelongToUser")}, []answered{refused("UnitNotBelongToUser")}, errors.ErrDenied, 1},
		{"denied", []answered{refused("NotAuthorized")}, nil, errors.ErrDenied, 1},
		{"lost once", []answered{{}, flag("true")}, nil, nil, 2},
		{"lost once, then not there", []answered{{}, flag("false")}, gone, nil, 2},
		{"lost once, then refused, and there", []answered{{}, flag("false")}, there, errors.ErrUncertain, 2},
		{"lost for good, and gone", []answered{{}}, gone, nil, 4},
		{"lost for good, and there", []answered{{}}, there, errors.ErrUncertain, 4},
		{"lost for good, and no reading", []answered{{}}, []answered{refused("NotAuthorized")}, errors.ErrUncertain, 4},
		{"lost for good, and nothing in what is read", []answered{{}}, []answered{ok(unitsReply(`{}`))}, errors.ErrUncertain, 4},
		{"no flag", []answered{ok(unitsReply(`{"UnitId":` + someUnit.ID + `}`))}, there, errors.ErrUncertain, 4},
		{"another unit, and gone", []answered{ok(unitsReply(`{"IsSuccess":true,"UnitId":7}`))}, gone, nil, 1},
		{"another unit, and there", []answered{ok(unitsReply(`{"IsSuccess":true,"UnitId":7}`))}, there, errors.ErrUncertain, 1},
		{"contradicted, and there", []answered{ok(`{"Code":"Success","Success":false,"Data":{"IsSuccess":true}}`)}, there, errors.ErrUncertain, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &scripted{answers: map[string][]answered{"DeleteCostUnit": c.deletes, "QueryCostUnit": c.reads}}
			err := s.client(t).DeleteUnit(t.Context(), someUnit)
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Len(t, s.sent["DeleteCostUnit"], c.sent)
			require.Equal(t, c.reads != nil, len(s.sent["QueryCostUnit"]) > 0)
		})
	}
}

// Of 250 the second request is refused, or the context ends with it.
func TestUnitBatches(t *testing.T) {
	all := make([]costunit.Renaming, 250)
	for i := range all {
		all[i] = costunit.Renaming{Unit: costunit.Unit{ID: strconv.Itoa(i + 1), Owner: "7"}, Name: "n" + strconv.Itoa(i)}
	}
	rows := func(q url.Values) string {
		list := ""
		for i := 1; q.Has("UnitEntityList." + strconv.Itoa(i) + ".UnitId"); i++ {
			list += `,{"IsSuccess":true,"OwnerUid":7,"UnitId":` + q.Get("UnitEntityList."+strconv.Itoa(i)+".UnitId") + `}`
		}
		return list[1:]
	}
	for _, c := range []struct {
		name, code string
		done, sent int
		class      error
	}{
		{"nothing", "", 250, 3, nil},
		{"refused", "InvalidParameter", 150, 3, errors.ErrInvalid},
		{"denied", "NotAuthorized", 100, 2, errors.ErrDenied},
		{"a bad key", "InvalidAccessKeyId.Inactive", 100, 2, errors.ErrUnauthenticated},
		{"cancelled", "cancel", 100, 2, errors.ErrUncertain},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sent := 0
			client := testClient(t, func(req *http.Request) (*http.Response, error) {
				if sent++; sent == 2 && c.code == "cancel" {
					cancel()
					return reply(500, ""), nil
				} else if sent == 2 && c.code != "" {
					return reply(400, refused(c.code).body), nil
				}
				return reply(200, renamed(rows(req.URL.Query())).body), nil
			})
			done, err := client.RenameUnits(ctx, all...)
			require.Len(t, done, c.done)
			require.Equal(t, c.class, errors.Class(err), "%v", err)
			require.Equal(t, c.sent, sent)
			batch, _ := errors.AsType[*errors.BatchError](err)
			if c.done == 250 {
				require.Nil(t, batch)
				return
			}
			require.Len(t, batch.Failed, 250-c.done)
			require.Equal(t, "101", batch.Failed[0].Item)
			last := batch.Failed[len(batch.Failed)-1].Err
			switch c.code {
			case "cancel":
				require.Equal(t, errors.ErrUnavailable, errors.Class(last), "it was not sent: %v", last)
				require.ErrorIs(t, last, context.Canceled)
			case "InvalidParameter":
			default:
				require.ErrorContains(t, last, "not sent, for an earlier request")
			}
		})
	}
}

// A reply may repeat what it was signed with, also where it is a success as a whole.
func TestUnitErrorsKeepSecrets(t *testing.T) {
	const secret = "PLANTED-SECRET-41d2"
	s := &scripted{answers: map[string][]answered{
		"QueryCostUnit":  {ok(told())},
		"ModifyCostUnit": {ok(`{"Code":"Success","RequestId":"id-of-` + secret + `","Data":[` + flagged(someUnit.ID, "false") + `]}`)},
	}}
	client := testClient(t, s.RoundTrip, func(c *Config) { c.Credentials.AccessKeySecret = secret })
	_, err := client.RenameUnits(t.Context(), costunit.Renaming{Unit: someUnit, Name: "a"})
	require.ErrorIs(t, err, errors.ErrNotFound)
	require.ErrorContains(t, err, "id-of-")
	require.NotContains(t, err.Error(), secret)
}
