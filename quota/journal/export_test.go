// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/csv"
	"encoding/json"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/quota"
)

func exported() []Entry {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.FixedZone("", 3600))
	base, target := quota.MustMoney("100.00 USD"), quota.MustMoney("150.00 USD")
	return []Entry{
		{
			Intent: Intent{Key: "k1", Account: "cn", Change: Increase{Customer: "1", Amount: quota.MustMoney("5.1 CNY")}},
			State:  Applied, Attempts: 1, Created: at, FirstSent: at.Add(time.Second), Finished: at.Add(2 * time.Second),
			Receipt: quota.Receipt{RequestID: "r-1", Attempts: 1},
		},
		{
			Intent: Intent{Key: "-k2", Account: "hw", Change: TopUp{Customer: "=2", Amount: quota.MustMoney("50.00 USD")}},
			State:  NeedsOperator, Doubt: true, Attempts: 3, Created: at, FirstSent: at,
			Err:  &errors.Error{Class: errors.ErrConflict, Code: "CBC.1", Message: `said "no", twice`, RequestID: "r-2"},
			Note: "=HYPERLINK(\"http://evil\")", Base: &base, Target: &target,
		},
		{Intent: Intent{Key: "k3", Account: "hw", Change: Freeze{Customer: "3"}}, State: Pending, Created: at, Note: "@SUM(A1)\nand <more>"},
	}
}

func all(entries []Entry, last error) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if last != nil {
			yield(Entry{}, last)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	var out strings.Builder
	require.NoError(t, WriteJSON(&out, all(exported(), nil)))
	require.Equal(t, `{"key":"k1","account":"cn","kind":"increase","customer":"1","amount":"5.10","currency":"CNY","state":"applied","doubt":false,"attempts":1,"created":"2026-01-02T02:04:05.678Z","first_sent":"2026-01-02T02:04:06.678Z","finished":"2026-01-02T02:04:07.678Z","request_id":"r-1"}
{"key":"-k2","account":"hw","kind":"top_up","customer":"=2","amount":"50.00","currency":"USD","state":"needs_operator","doubt":true,"attempts":3,"created":"2026-01-02T02:04:05.678Z","first_sent":"2026-01-02T02:04:05.678Z","request_id":"r-2","class":"conflict","code":"CBC.1","message":"said \"no\", twice","base":"100.00 USD","target":"150.00 USD","note":"=HYPERLINK(\"http://evil\")"}
{"key":"k3","account":"hw","kind":"freeze","customer":"3","state":"pending","doubt":false,"attempts":0,"created":"2026-01-02T02:04:05.678Z","note":"@SUM(A1)\nand <more>"}
`, out.String())
	for line := range strings.Lines(out.String()) {
		var l Line
		require.NoError(t, json.Unmarshal([]byte(line), &l))
	}
}

func TestWriteCSV(t *testing.T) {
	var out strings.Builder
	require.NoError(t, WriteCSV(&out, all(exported(), nil)))
	require.Equal(t, `key,account,kind,customer,amount,currency,state,doubt,attempts,created,first_sent,finished,request_id,class,code,message,base,target,note
k1,cn,increase,1,5.10,CNY,applied,false,1,2026-01-02T02:04:05.678Z,2026-01-02T02:04:06.678Z,2026-01-02T02:04:07.678Z,r-1,,,,,,
'-k2,hw,top_up,'=2,50.00,USD,needs_operator,true,3,2026-01-02T02:04:05.678Z,2026-01-02T02:04:05.678Z,,r-2,conflict,CBC.1,"said ""no"", twice",100.00 USD,150.00 USD,"'=HYPERLINK(""http://evil"")"
k3,hw,freeze,3,,,pending,false,0,2026-01-02T02:04:05.678Z,,,,,,,,,"'@SUM(A1)
and <more>"
`, out.String())
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		require.Len(t, row, len(columns))
	}
}

// A spreadsheet takes none of these for a formula; the control is that it would.
func TestWriteCSVGuardsFormulas(t *testing.T) {
	for _, text := range []string{"=1", "+1", "-1", "@1", "\t=1", "\r=1"} {
		e := exported()[2]
		e.Note = text
		var out strings.Builder
		require.NoError(t, WriteCSV(&out, all([]Entry{e}, nil)))
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(rows[1][len(columns)-1], "'"), "%q", text)
		require.Equal(t, text, e.Line().Note)
	}
}

type full struct{ after int }

func (f *full) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

// The first error ends an export, wherever it comes from.
func TestExportErrors(t *testing.T) {
	away := classed(errors.ErrUnavailable)
	var many []Entry
	for range 200 {
		many = append(many, exported()...)
	}
	for name, write := range map[string]func(*full, iter.Seq2[Entry, error]) error{
		"json": func(w *full, s iter.Seq2[Entry, error]) error { return WriteJSON(w, s) },
		"csv":  func(w *full, s iter.Seq2[Entry, error]) error { return WriteCSV(w, s) },
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, write(&full{1 << 20}, all(exported(), away)), away)
			for _, space := range []int{0, 5000} {
				err := write(&full{space}, all(many, nil))
				require.ErrorIs(t, err, errors.ErrUnavailable)
				require.ErrorContains(t, err, "no space left")
			}
			require.NoError(t, write(&full{1 << 20}, all(many, nil)))
		})
	}
}
