// SPDX-License-Identifier: Apache-2.0

package alibabatest_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
)

func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("unit %03d", i))
	}
	return list
}

// flag is Data.IsSuccess, of the n-th unit where Data is a list.
func flag(t *testing.T, got answered, n int) bool {
	t.Helper()
	data := got.json["Data"]
	if rows, ok := data.([]any); ok {
		data = rows[n]
	}
	fields, ok := data.(map[string]any)
	require.True(t, ok, got.body)
	is, ok := fields["IsSuccess"].(bool)
	require.True(t, ok, got.body)
	return is
}

func TestUnitsAreMadeRenamedAndRemoved(t *testing.T) {
	for scheme, signed := range schemes {
		t.Run(scheme, func(t *testing.T) {
			s := new(alibabatest.Server)
			require.Equal(t, 200, serve(t, s, signed(founding(names(100)...))).status)
			all := s.Units.List(source.Owner)
			require.Len(t, all, 100)

			sub := founding("below").with("UnitEntityList.1.ParentUnitId", all[3].ID)
			require.Equal(t, 200, serve(t, s, signed(sub)).status)
			require.Equal(t, all[3].ID, s.Units.List(source.Owner)[100].Parent)

			pair := renaming(all[0].ID, "renamed").with("UnitEntityList.9.OwnerUid", source.Owner).
				with("UnitEntityList.9.UnitId", all[1].ID).with("UnitEntityList.9.NewUnitName", all[2].Name)
			got := serve(t, s, signed(pair))
			require.Equal(t, []bool{true, false}, []bool{flag(t, got, 0), flag(t, got, 1)}, "each by itself")
			require.Equal(t, "renamed", s.Units.List(source.Owner)[0].Name)
			require.False(t, flag(t, serve(t, s, signed(renaming("77", "x"))), 0), "not there")

			require.False(t, flag(t, serve(t, s, signed(removing(all[3].ID))), 0), "one is below it")
			require.True(t, flag(t, serve(t, s, signed(removing(all[4].ID))), 0))
			require.False(t, flag(t, serve(t, s, signed(removing(all[4].ID))), 0), "not there any more")
			s.Units.Put(costunit.Unit{ID: all[5].ID, Owner: source.Owner}, resources(1)...)
			require.False(t, flag(t, serve(t, s, signed(removing(all[5].ID))), 0), "it holds something")
			require.Len(t, s.Units.List(source.Owner), 100)

			plain := renaming(all[0].ID, "again")
			plain.plain = true
			require.Contains(t, serve(t, s, signed(plain)).body, "<Data><CostUnitOperate><IsSuccess>true</IsSuccess><UnitId>"+all[0].ID+"</UnitId>")
		})
	}
}

// A request that is refused for one unit makes none of the others.
func TestUnitsAreMadeAllOrNone(t *testing.T) {
	for what, spoilt := range map[string]*sent{
		"a name that is taken":       founding("a", "b", source.ID),
		"a parent that is not there": founding("a", "b").with("UnitEntityList.2.ParentUnitId", "77"),
		"a name with a space":        founding("a", "b "),
	} {
		t.Run(what, func(t *testing.T) {
			s := prepared()
			require.Equal(t, 400, serve(t, s, spoilt.v3()).status)
			require.Len(t, s.Units.List(source.Owner), 1)
		})
	}
	s := prepared()
	require.Equal(t, "NAME_IS_INVALID", serve(t, s, founding(source.ID).v3()).json["Message"])
	require.Equal(t, 200, serve(t, s, founding(source.ID).with("UnitEntityList.1.ParentUnitId", source.ID).v3()).status, "the control: another parent")
}

func TestUnitPages(t *testing.T) {
	s := prepared()
	require.Equal(t, 200, serve(t, s, founding(names(30)...).v3()).status)
	top := s.Units.List(source.Owner)[7]
	below, err := s.Units.Create(costunit.Definition{Owner: source.Owner, Parent: top.ID, Name: "below"})
	require.NoError(t, err)
	_, err = s.Units.Create(costunit.Definition{Owner: source.Owner, Parent: below.ID, Name: "below"})
	require.NoError(t, err)
	for _, row := range []struct {
		parent, page, size string
		total, found       int
	}{
		{"-1", "", "", 33, 20},
		{"-1", "2", "", 33, 13},
		{"-1", "3", "", 33, 0},
		{"-1", "1", "300", 33, 33},
		{top.ID, "1", "300", 2, 2},
		{below.ID, "1", "300", 1, 1},
		{"77", "1", "300", 0, 0},
	} {
		got := serve(t, s, listed(row.parent).with("PageNum", row.page).with("PageSize", row.size).v3())
		require.Equal(t, "Success", got.code(), got.body)
		data, _ := got.json["Data"].(map[string]any)
		require.EqualValues(t, strconv.Itoa(row.total), data["TotalCount"])
		require.Len(t, data["CostUnitDtoList"], row.found)
	}
}
