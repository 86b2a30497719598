// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"maps"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/alibaba/alibabatest"
	"github.com/resellkit/resell/costunit"
	"github.com/resellkit/resell/costunit/costunittest"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/huawei/huaweitest"
	"github.com/resellkit/resell/internal/house/listing"
	"github.com/resellkit/resell/quota"
	"github.com/resellkit/resell/quota/journal"
	"github.com/resellkit/resell/quota/quotatest"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// types are all exported ones that have values; Go cannot find a type by its name.
var types = []reflect.Type{
	reflect.TypeFor[errors.BatchError](), reflect.TypeFor[errors.Error](), reflect.TypeFor[errors.ItemError](),

	reflect.TypeFor[quota.Action](), reflect.TypeFor[quota.Adjustment](), reflect.TypeFor[quota.Alarms](),
	reflect.TypeFor[quota.Budget](), reflect.TypeFor[quota.Currency](), reflect.TypeFor[quota.Customer](),
	reflect.TypeFor[quota.Freeze](), reflect.TypeFor[quota.Grant](), reflect.TypeFor[quota.Key](),
	reflect.TypeFor[quota.Money](), reflect.TypeFor[quota.Period](), reflect.TypeFor[quota.Receipt](),
	reflect.TypeFor[quota.Standing](), reflect.TypeFor[quota.Threshold](),

	reflect.TypeFor[journal.Attempt](), reflect.TypeFor[journal.Config](), reflect.TypeFor[journal.CreateQuota](),
	reflect.TypeFor[journal.Decrease](), reflect.TypeFor[journal.Dialect](), reflect.TypeFor[journal.Entry](),
	reflect.TypeFor[journal.Filter](), reflect.TypeFor[journal.Freeze](), reflect.TypeFor[journal.Increase](),
	reflect.TypeFor[journal.Intent](), reflect.TypeFor[journal.Journal](), reflect.TypeFor[journal.Kind](),
	reflect.TypeFor[journal.Line](), reflect.TypeFor[journal.Resolution](), reflect.TypeFor[journal.SetBudget](),
	reflect.TypeFor[journal.SetQuota](), reflect.TypeFor[journal.State](), reflect.TypeFor[journal.Stats](),
	reflect.TypeFor[journal.TopUp](), reflect.TypeFor[journal.Transfer](), reflect.TypeFor[journal.Unfreeze](),

	reflect.TypeFor[costunit.Definition](), reflect.TypeFor[costunit.Details](), reflect.TypeFor[costunit.PartialError](),
	reflect.TypeFor[costunit.Query](), reflect.TypeFor[costunit.Receipt](), reflect.TypeFor[costunit.Renaming](),
	reflect.TypeFor[costunit.Resource](), reflect.TypeFor[costunit.Transfer](), reflect.TypeFor[costunit.Unit](),

	reflect.TypeFor[alibaba.Balance](), reflect.TypeFor[alibaba.Client](), reflect.TypeFor[alibaba.Config](),
	reflect.TypeFor[alibaba.Credentials](), reflect.TypeFor[alibaba.CustomerInfo](), reflect.TypeFor[alibaba.Retry](),
	reflect.TypeFor[alibaba.Site](),

	reflect.TypeFor[huawei.Association](), reflect.TypeFor[huawei.BudgetRecord](), reflect.TypeFor[huawei.Client](),
	reflect.TypeFor[huawei.Config](), reflect.TypeFor[huawei.ConsumptionQuota](), reflect.TypeFor[huawei.Credentials](),
	reflect.TypeFor[huawei.CustomerFilter](), reflect.TypeFor[huawei.CustomerInfo](), reflect.TypeFor[huawei.EnterpriseProject](),
	reflect.TypeFor[huawei.MigrationQuery](), reflect.TypeFor[huawei.MigrationRecord](), reflect.TypeFor[huawei.Reseller](),
	reflect.TypeFor[huawei.ResellerFilter](), reflect.TypeFor[huawei.Retry](), reflect.TypeFor[huawei.Site](),

	reflect.TypeFor[quotatest.Change](), reflect.TypeFor[quotatest.Fixture[int]](), reflect.TypeFor[quotatest.Provider](),
	reflect.TypeFor[quotatest.State](), reflect.TypeFor[fault.Fault](), reflect.TypeFor[fault.Script](),
	reflect.TypeFor[costunittest.Fixture[int]](), reflect.TypeFor[costunittest.Move](), reflect.TypeFor[costunittest.Provider](),

	reflect.TypeFor[alibabatest.DocumentedCode](), reflect.TypeFor[alibabatest.Request](), reflect.TypeFor[alibabatest.Server](),
	reflect.TypeFor[alibabatest.Wrinkles](),
	reflect.TypeFor[huaweitest.DocumentedCode](), reflect.TypeFor[huaweitest.PartnerQuota](), reflect.TypeFor[huaweitest.Request](),
	reflect.TypeFor[huaweitest.Server](), reflect.TypeFor[huaweitest.Wrinkles](),
}

// open are the types whose exported fields hold a secret, with the forms that read those fields. A fake prints its key,
// which is made up; no encoder takes a fake.
var open = map[string][]string{
	"alibaba.Credentials": {byReflection},
	"alibaba.Config":      {byReflection},
	"huawei.Credentials":  {byReflection},
	"huawei.Config":       {byReflection},
	"journal.Journal":     {byReflection},
	"alibabatest.Server":  printing,
	"huaweitest.Server":   printing,
}

var printing = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "Sprint", "Errorf", "log text", "panic", byReflection}

// made are the types that cannot be filled from outside.
var made = map[string]func(*testing.T) reflect.Value{
	"alibaba.Client": func(t *testing.T) reflect.Value {
		config := fillOf[alibaba.Config](t)
		return client(t, alibaba.New, alibaba.Config{Credentials: config.Credentials, Site: alibaba.China}).Elem()
	},
	"journal.Journal": func(t *testing.T) reflect.Value {
		config := fillOf[alibaba.Config](t)
		client, err := alibaba.New(alibaba.Config{Credentials: config.Credentials, Site: alibaba.China})
		require.NoError(t, err)
		db := sql.OpenDB(nowhere{config.Credentials.AccessKeySecret})
		t.Cleanup(func() { _ = db.Close() })
		j, err := journal.New(journal.Config{DB: db, Dialect: journal.SQLite, Accounts: map[string]any{"alibaba": client}})
		require.NoError(t, err)
		return reflect.ValueOf(j).Elem()
	},
	"huawei.Client": func(t *testing.T) reflect.Value {
		config := fillOf[huawei.Config](t)
		return client(t, huawei.New, huawei.Config{Credentials: config.Credentials, Site: huawei.Europe}).Elem()
	},
}

// nowhere is a database that cannot be reached, with a password in the name of its data source.
type nowhere struct{ dsn string }

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("nowhere") }
func (nowhere) Driver() driver.Driver                        { return nil }

func client[C, V any](t *testing.T, create func(C) (V, error), config C) reflect.Value {
	t.Helper()
	made, err := create(config)
	require.NoError(t, err)
	return reflect.ValueOf(made)
}

func fillOf[T any](t *testing.T) T {
	t.Helper()
	var f filler
	value, ok := f.fill(reflect.TypeFor[T](), "", 0).Interface().(T)
	require.True(t, ok)
	require.Positive(t, f.planted)
	return value
}

// No type is forgotten: what the packages export is what is searched.
func TestEveryTypeIsSearched(t *testing.T) {
	public, err := listing.Public(t.Context())
	require.NoError(t, err)
	packages, err := listing.Load(t.Context(), public...)
	require.NoError(t, err)
	var exported, searched []string
	for _, p := range packages {
		exported = append(exported, p.TypeNames()...)
	}
	for _, of := range types {
		searched = append(searched, nameOf(of))
	}
	require.ElementsMatch(t, exported, searched)
}

func TestNoTypeShowsASecret(t *testing.T) {
	for _, of := range types {
		t.Run(nameOf(of), func(t *testing.T) {
			var f filler
			value := f.fill(of, "", 0)
			if create := made[nameOf(of)]; create != nil {
				value = create(t)
			}
			shown := map[string]string{}
			for _, v := range contained(value) {
				maps.Copy(shown, leaks(v))
				if err, ok := v.(error); ok {
					maps.Copy(shown, errorLeaks(err))
				}
			}
			for _, form := range open[nameOf(of)] {
				require.Contains(t, shown, form, "the exception is not needed any more")
				delete(shown, form)
			}
			require.Empty(t, shown)
		})
	}
}

// contained is a value as such, and in what values are carried about in.
func contained(v reflect.Value) []any {
	pointer := reflect.New(v.Type())
	pointer.Elem().Set(v)
	list := reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1)
	byName := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), v.Type()))
	byName.SetMapIndex(reflect.ValueOf("key"), v)
	holder := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: v.Type()}, {Name: "P", Type: pointer.Type()}})).Elem()
	holder.Field(0).Set(v)
	holder.Field(1).Set(pointer)
	return []any{
		v.Interface(), pointer.Interface(), reflect.Append(list, v).Interface(), byName.Interface(), holder.Interface(),
		[]any{pointer.Interface()}, map[string]any{"key": pointer.Interface()}, struct{ V any }{pointer.Interface()},
	}
}

// nameOf is a type's name as in the listing: without what a generic one is made of.
func nameOf(t reflect.Type) string {
	name := t.String()
	for i, c := range name {
		if c == '[' {
			return name[:i]
		}
	}
	return name
}
