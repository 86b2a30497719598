// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/resellkit/resell/alibaba"
	"github.com/resellkit/resell/errors"
	"github.com/resellkit/resell/huawei"
	"github.com/resellkit/resell/internal/race"
	"github.com/resellkit/resell/quota/quotatest/fault"
)

// watch collects the lines of the log at debug level, and every error that an observer is told.
type watch struct {
	mu    sync.Mutex
	lines bytes.Buffer
	// results are what calls returned beside the error.
	results bytes.Buffer
	errors  []error
}

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lines.Write(p)
}

func (w *watch) observe(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.errors = append(w.errors, err)
	}
}

// call keeps what a call returns.
func (w *watch) call(t *testing.T, call func(context.Context) (any, error)) {
	result, err := call(t.Context())
	w.observe(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintf(&w.results, "%+v\n", result)
}

// settings watch everything: the log in both of its forms.
func (w *watch) settings() settings {
	options := &slog.HandlerOptions{Level: slog.LevelDebug - 100, AddSource: true}
	return settings{log: both{slog.NewTextHandler(w, options), slog.NewJSONHandler(w, options)}, observed: w.observe}
}

// clean fails where a secret shows in what was seen, which is at least so many errors and lines.
func (w *watch) clean(t *testing.T, failures, lines int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, err := range w.errors {
		require.Empty(t, errorLeaks(err), "%v", err)
	}
	require.Empty(t, found(w.lines.String()), w.lines.String())
	require.Empty(t, found(w.results.String()), w.results.String())
	require.GreaterOrEqual(t, len(w.errors), failures)
	require.GreaterOrEqual(t, strings.Count(w.lines.String(), "\n"), lines)
}

// both hands every record to two handlers.
type both [2]slog.Handler

func (b both) Enabled(context.Context, slog.Level) bool { return true }
func (b both) WithAttrs(a []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(a), b[1].WithAttrs(a)}
}
func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}
func (b both) Handle(ctx context.Context, r slog.Record) error {
	return errors.Join(b[0].Handle(ctx, r.Clone()), b[1].Handle(ctx, r.Clone()))
}

// run makes every call under the faults, each of which strikes two attempts, and returns how many calls failed.
func run(t *testing.T, cloud string, faults ...fault.Fault) int {
	t.Helper()
	var w watch
	with := w.settings()
	if faults[0].Hang || faults[0].Drip > 0 {
		with.patience = 20 * time.Millisecond
	}
	on := clouds[cloud](t, with)
	for _, f := range faults {
		for name, call := range on.calls {
			for _, op := range []string{"*", on.behind[name]} {
				if op == "" {
					continue
				}
				on.faults.Add(op, f, f)
				w.call(t, call)
				for more := true; more; { // those that were not met
					_, more = on.faults.Next(op)
				}
			}
		}
	}
	w.clean(t, 0, len(on.calls)*len(faults))
	return len(w.errors)
}

func TestFaultsShowNoSecret(t *testing.T) {
	for cloud := range clouds {
		for i, f := range fault.All() {
			if race.Enabled && i%4 != 0 {
				continue
			}
			t.Run(cloud+"/"+f.Name, func(t *testing.T) {
				t.Parallel()
				failed := run(t, cloud, f)
				require.Equal(t, f.Name != fault.Gzipped.Name, failed > 20)
			})
		}
	}
}

const plainly = "as it is"

// repeated are the spellings of a secret in which a reply may repeat it, and it is found and taken out.
var repeated = map[string]func(string) string{
	plainly:           func(s string) string { return s },
	"in a query":      url.QueryEscape,
	"in a path":       url.PathEscape,
	"in lower case":   func(s string) string { return lowerEscapes(url.QueryEscape(s)) },
	"escaped in JSON": func(s string) string { return strings.NewReplacer("/", `\/`, "+", `\u002b`, "&", `\u0026`).Replace(s) },
}

func lowerEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			b.WriteString(strings.ToLower(s[i : i+3]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// envelopes hold a text wherever a provider's reply has room for one.
var envelopes = map[string]func(status int, text string) fault.Fault{
	"alibaba": func(status int, text string) fault.Fault {
		return fault.Reply(status, fmt.Sprintf(`{"Code":"Echo.%s","Message":"%s","RequestId":"%s","Success":false,"Data":{"Message":"%s"},"Recommend":"https://x.test/?%s"}`, text, text, text, text, text))
	},
	"huawei": func(status int, text string) fault.Fault {
		return fault.Reply(status, fmt.Sprintf(`{"error_code":"CBC.%s","error_msg":"%s","encoded_authorization_message":"%s","request_id":"%s","error_details":[{"error_code":"CBC.%s","error_msg":"%s","id":"%s"}]}`, text, text, text, text, text, text, text))
	},
	"success": func(status int, text string) fault.Fault {
		return fault.Reply(status, fmt.Sprintf(`{"Code":"200","Message":"%s","RequestId":"%s","request_id":"%s","Success":true,"Data":true}`, text, text, text))
	},
	"text": fault.Reply,
	"XML": func(status int, text string) fault.Fault {
		return fault.Reply(status, "<Error><Code>"+text+"</Code><Message>"+text+"</Message></Error>")
	},
	"header": func(status int, text string) fault.Fault {
		f := fault.Reply(status, "")
		f.Header = http.Header{"X-Request-Id": {text}, "X-Acs-Request-Id": {text}, "Location": {"/?" + text}, "Retry-After": {text}, "Content-Type": {text}}
		return f
	},
}

// repeating are replies that repeat what a cloud's client holds, each with another status.
func repeating(cloud string, put func(int, string) fault.Fault, spell func(string) string) (faults []fault.Fault) {
	var text string
	for _, value := range holds(cloud) {
		text += spell(value) + " "
	}
	for _, status := range []int{200, 302, 400, 401, 403, 429, 500} {
		faults = append(faults, put(status, text))
	}
	return faults
}

// Every envelope with the secrets as they are, and every spelling in the cloud's own envelope.
func TestRepliesThatRepeatASecret(t *testing.T) {
	for cloud := range clouds {
		own, _, _ := strings.Cut(cloud, " ")
		require.Contains(t, envelopes, own)
		for envelope, put := range envelopes {
			for spelling, spell := range repeated {
				foreign, spelt := envelope != own, spelling != plainly
				if foreign && spelt || race.Enabled && (foreign || spelt) {
					continue
				}
				t.Run(cloud+"/"+envelope+"/"+spelling, func(t *testing.T) {
					t.Parallel()
					require.Greater(t, run(t, cloud, repeating(cloud, put, spell)...), 50)
				})
			}
		}
	}
}

// teller is a transport that fails, and tells all it knows of the request.
type teller struct {
	wrap func(*http.Request, string) error
}

func (b teller) RoundTrip(r *http.Request) (*http.Response, error) {
	var all strings.Builder
	_ = r.Header.Write(&all)
	return nil, b.wrap(r, strings.ReplaceAll(all.String(), "\r\n", " "))
}

func TestTransportsThatTellEverything(t *testing.T) {
	for cloud := range clouds {
		for name, wrap := range map[string]func(*http.Request, string) error{
			"headers": func(_ *http.Request, all string) error { return errors.New(all) },
			"secrets": func(*http.Request, string) error { return errors.New(strings.Join(holds(cloud), " and ")) },
			"URL": func(r *http.Request, all string) error {
				u := *r.URL
				u.User, u.RawQuery = url.UserPassword("user", token), url.Values{"all": append(holds(cloud), all)}.Encode()
				return fmt.Errorf("proxy: %w", &url.Error{Op: "Post", URL: u.String(), Err: io.ErrUnexpectedEOF})
			},
			"in the middle of a tree": func(_ *http.Request, all string) error {
				return fmt.Errorf("x: %w", errors.Join(io.EOF, &url.Error{Op: "Post", URL: "https://h.test", Err: errors.New(all)}))
			},
		} {
			t.Run(cloud+"/"+name, func(t *testing.T) {
				t.Parallel()
				var w watch
				with := w.settings()
				with.transport = teller{wrap}
				on := clouds[cloud](t, with)
				for _, call := range on.calls {
					w.call(t, call)
				}
				w.clean(t, len(on.calls), len(on.calls))
			})
		}
	}
}

// Credentials that cannot be sent are refused without a word of what they are.
func TestUnusableCredentials(t *testing.T) {
	for cloud := range clouds {
		for name, spoil := range map[string]string{"line end": "\n", "space": " x", "not ASCII": "é", "too long": strings.Repeat("x", 40<<10)} {
			t.Run(cloud+"/"+name, func(t *testing.T) {
				var w watch
				with := w.settings()
				with.ask = func(context.Context) (string, string, string, error) {
					return keyID, secret + spoil, token + spoil, nil
				}
				on := clouds[cloud](t, with)
				for _, call := range on.calls {
					w.call(t, call)
				}
				w.clean(t, len(on.calls), len(on.calls))
			})
		}
	}
	_, err := alibaba.New(alibaba.Config{Site: alibaba.China, Credentials: alibaba.Credentials{AccessKeyID: keyID, AccessKeySecret: secret + "\n", SecurityToken: token}})
	require.Error(t, err)
	require.Empty(t, errorLeaks(err))
	_, err = huawei.New(huawei.Config{Site: huawei.Europe, Credentials: huawei.Credentials{AccessKey: keyID, SecretKey: secret + "\n", SecurityToken: token}})
	require.Error(t, err)
	require.Empty(t, errorLeaks(err))
	for _, endpoint := range []string{"https://" + keyID + ":" + url.QueryEscape(secret) + "@host.test", "https://host.test?" + url.QueryEscape(token), "https://[" + secret, "https://host.test:" + keyID} {
		_, err = alibaba.New(alibaba.Config{Site: alibaba.China, Credentials: alibaba.Credentials{AccessKeyID: keyID, AccessKeySecret: secret}, Endpoint: endpoint})
		require.ErrorIs(t, err, errors.ErrInvalid)
		require.Empty(t, errorLeaks(err))
	}
}

// The vendors' providers quote what they cannot read; here those that need no network.
func TestProvidersThatQuote(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	broken := map[string]string{
		"no section": keyID + "\n" + secret + "\n" + token,
		"no value":   "[default]\ntype = access_key\naccess_key_id = " + keyID + "\n" + secret + "\n[global]\nak = " + keyID + "\n" + secret + token,
		"unclosed":   "[global\nak=" + keyID + "\nsk=" + secret + "\nsecurity_token=" + token + "\n[default",
		"JSON":       `{"current":"` + keyID + `","profiles":[{"access_key_secret":"` + secret + `","sts_token":` + token,
	}
	for name, text := range broken {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(home, name)
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			t.Setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", file)
			t.Setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file)
			t.Setenv("HUAWEICLOUD_SDK_AK", keyID) // and nothing else
			_, err := alibaba.Profile("default")(t.Context())
			require.Error(t, err)
			require.Empty(t, errorLeaks(err), "%v", err)
			_, err = huawei.FromProfile()(t.Context())
			if err != nil { // some of these are an empty section to the vendor
				require.Empty(t, errorLeaks(err), "%v", err)
			}
			_, err = huawei.FromEnvironment()(t.Context())
			require.Error(t, err)
			require.Empty(t, errorLeaks(err), "%v", err)
		})
	}
}

// The control: an error and a log line that tell are found.
func TestWatchFinds(t *testing.T) {
	var w watch
	log := slog.New(w.settings().log)
	log.Debug("attempt", "key", "harmless")
	require.Empty(t, found(w.lines.String()))
	log.Debug("attempt", slog.Group("g", "authorization", "Bearer "+token))
	require.NotEmpty(t, found(w.lines.String()))
	require.Equal(t, 4, strings.Count(w.lines.String(), "\n"), "in both forms")

	var told watch
	with := told.settings()
	with.ask = func(context.Context) (string, string, string, error) {
		return "", "", "", errors.New("no such key: " + keyID)
	}
	for _, call := range onAlibaba(t, with).calls {
		told.call(t, call)
	}
	require.NotEmpty(t, told.errors)
	for _, err := range told.errors {
		require.NotEmpty(t, errorLeaks(err), "what the caller's own function says is the caller's")
	}
	require.NotEmpty(t, found(told.lines.String()))
}
