// SPDX-License-Identifier: Apache-2.0

package huawei

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/utils"

	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/internal/call"
	"github.com/resellkit/resell/internal/sdkhmac"
)

// Do sends any request model of the vendor's bssintl package with this client's endpoint, signing, retries and errors,
// and returns the reply in a new value of the vendor's response model. It is the way to operations that this library does
// not cover, and outside its compatibility promise.
//
//	reply, err := client.Do(ctx, &model.ListSubCustomerBudgetRequest{…}, bssintl.GenReqDefForListSubCustomerBudget())
//	list := reply.(*model.ListSubCustomerBudgetResponse)
//
// GET requests count as reads. Every other counts as a change that is not repeated after an uncertain attempt. The
// vendor's models do not say which status is success, so any 2xx is, unless its body holds an error_code or error_details;
// the latter, failures of some of several parts, are errors.ErrUncertain. The vendor's models write amounts quoted and
// without trailing zeros, as the global settings of package decimal will have it: set budgets with SetBudget.
func (c *Client) Do(ctx context.Context, request any, definition *def.HttpRequestDef) (reply any, err error) {
	name := operationName(request)
	err = c.call.Watch(ctx, name, func(ctx context.Context) error {
		sendable, err := c.vendorRequest(name, request, definition)
		if err != nil {
			return refuse(name, err)
		}
		sendable.Judge = func(r call.Reply) (failure *errors.Error) {
			reply, failure = judgeVendor(name, r, definition)
			return failure
		}
		_, err = c.call.Do(ctx, sendable)
		return err
	})
	if err != nil {
		return nil, err
	}
	return reply, nil
}

// operationName is the vendor's name of the model, which is the operation's with "Request" behind it.
func operationName(request any) string {
	v := reflect.Indirect(reflect.ValueOf(request))
	if v.Kind() != reflect.Struct {
		return "Do"
	}
	return cmp.Or(strings.TrimSuffix(v.Type().Name(), "Request"), "Do")
}

// vendorRequest fills method, path, query, header and body from the fields that the definition names.
func (c *Client) vendorRequest(name string, request any, definition *def.HttpRequestDef) (out *call.Request, err error) {
	defer func() {
		if r := recover(); r != nil { // in the vendor's marshalling
			out, err = nil, errors.Invalid("request", name, fmt.Sprintf("the vendor's model panicked (%T)", r))
		}
	}()
	model := reflect.Indirect(reflect.ValueOf(request))
	if model.Kind() != reflect.Struct || definition == nil || reflect.Indirect(reflect.ValueOf(definition.Response)).Kind() != reflect.Struct {
		return nil, errors.Invalid("request, definition", name, "must be a request model of the vendor and the definition that belongs to it")
	}
	out = &call.Request{Op: name, Method: definition.Method, Write: definition.Method != http.MethodGet}
	path, header, query := definition.Path, http.Header{}, []sdkhmac.Param(nil)
	for _, field := range definition.RequestFields {
		value, ok, err := fieldOf(model, field.Name)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if field.LocationType == def.Body {
			if out.Body, err = utils.Marshal(value.Interface()); err != nil {
				return nil, errors.Invalid(field.Name, name, "cannot be written as JSON")
			}
			out.ContentType, out.Body = contentJSON, bytes.TrimSpace(out.Body)
			continue
		}
		text, err := wireText(field.Name, value)
		if err != nil {
			return nil, err
		}
		switch field.LocationType {
		case def.Path:
			if strings.Trim(text, ".") == "" {
				return nil, errors.Invalid(field.Name, text, "must be set: it is a part of the path")
			}
			path = strings.ReplaceAll(path, "{"+field.JsonTag+"}", sdkhmac.Escape(text))
		case def.Query:
			query = append(query, sdkhmac.Param{Name: field.JsonTag, Value: text})
		case def.Header:
			header[textproto.CanonicalMIMEHeaderKey(field.JsonTag)] = []string{text}
		default:
			return nil, errors.Invalid(field.Name, text, "goes where this library cannot put it: only path, query, header and JSON body")
		}
	}
	out.URL, err = c.vendorURL(path, query)
	if err != nil {
		return nil, err
	}
	out.Sign = func(ctx context.Context, req *http.Request, body []byte) (call.Secrets, error) {
		for key, values := range header {
			req.Header[key] = values
		}
		return c.authorize(ctx, req, body)
	}
	return out, nil
}

func (c *Client) vendorURL(path string, query []sdkhmac.Param) (*url.URL, error) {
	plain, err := url.PathUnescape(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "{}?#") {
		return nil, errors.Invalid("definition.Path", path, "is no path, or has a part that no field of the request fills")
	}
	target := c.endpoint
	target.Path, target.RawPath, target.RawQuery = plain, path, sdkhmac.EncodeQuery(query)
	return &target, nil
}

// fieldOf finds a field of a request model; false where it is optional and not set.
func fieldOf(model reflect.Value, name string) (reflect.Value, bool, error) {
	field, ok := model.Type().FieldByName(name)
	if !ok || !field.IsExported() {
		return reflect.Value{}, false, errors.Invalid("definition", name, "names a field that "+model.Type().Name()+" does not have")
	}
	value := model.FieldByIndex(field.Index)
	if value.Kind() != reflect.Pointer {
		return value, true, nil
	}
	if !value.IsNil() {
		return value.Elem(), true, nil
	}
	if strings.Contains(field.Tag.Get("json"), "omitempty") {
		return reflect.Value{}, false, nil
	}
	return reflect.Value{}, false, errors.Invalid(name, "nil", "must be set")
}

// wireText writes a field of path, query or header. The vendor's models have strings, numbers, flags and enumerations
// there, the last of which are structs with a method Value.
func wireText(name string, v reflect.Value) (string, error) {
	if enumeration, ok := v.Interface().(interface{ Value() string }); ok {
		return enumeration.Value(), nil
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	}
	return "", errors.Invalid(name, v.Type().String(), "is of a type that this library cannot put into path, query or header")
}

// judgeVendor decodes a success into a new value of the vendor's response model.
func judgeVendor(name string, r call.Reply, definition *def.HttpRequestDef) (any, *errors.Error) {
	op := &operation{name: name, success: http.StatusOK}
	if r.Status/100 == 2 {
		op.success = r.Status
	}
	body := bytes.TrimSpace(r.Body)
	empty := op.success == r.Status && len(body) == 0 && (r.Status == http.StatusNoContent || definition.Method != http.MethodGet)
	if !empty {
		var e envelope
		if failure := op.judge(r, &e, &e); failure != nil {
			return nil, failure
		}
	}
	reply := reflect.New(reflect.Indirect(reflect.ValueOf(definition.Response)).Type())
	if !empty && !decodeVendor(body, reply.Interface()) {
		return nil, &errors.Error{
			Class: errors.ErrUncertain, Message: "the reply does not fit the vendor's response model",
			RequestID: r.Header.Get(requestIDHeader),
		}
	}
	if status := reply.Elem().FieldByName("HttpStatusCode"); status.CanSet() && status.CanInt() {
		status.SetInt(int64(r.Status))
	}
	return reply.Interface(), nil
}

func decodeVendor(body []byte, into any) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return utils.Unmarshal(body, into) == nil
}
