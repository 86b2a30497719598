// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// serverEnv makes this program the server.
const serverEnv = "RESELL_BENCH_SERVER"

// script is what the server answers from now on.
type script struct {
	Good, Bad answer
	BadEvery  int64 // every n-th reply is Bad; 0 is none, 1 all
	Gather    int64 // so many requests are answered only once all of them are there

	gathered *sync.WaitGroup
}

type answer struct {
	Status int
	Body   string
}

// counts is what the server has seen since the last script.
type counts struct{ Requests, Connections int64 }

// server is cheap and the same for every client: it drains the body and checks nothing.
type server struct {
	script                atomic.Pointer[script]
	requests, connections atomic.Int64
}

var contentJSON = []string{"application/json;charset=utf-8"}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	sc := s.script.Load()
	a, n := &sc.Good, s.requests.Add(1)
	if sc.BadEvery > 0 && n%sc.BadEvery == 0 {
		a = &sc.Bad
	}
	if n <= sc.Gather {
		sc.gathered.Done()
		sc.gathered.Wait()
	}
	if a.Body != "" {
		w.Header()["Content-Type"] = contentJSON
	}
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

// serve is the server's process: scripts on its standard input, its address and counts on its output. It ends with them.
func serve() {
	runtime.GOMAXPROCS(processors)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s := &server{}
	s.script.Store(&script{})
	go func() {
		panic((&http.Server{
			Handler:           s,
			ReadHeaderTimeout: time.Minute,
			ConnState: func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					s.connections.Add(1)
				}
			},
		}).Serve(listener))
	}()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if err := out.Encode("http://" + listener.Addr().String()); err != nil {
		return
	}
	for {
		next := &script{gathered: new(sync.WaitGroup)}
		if in.Decode(next) != nil {
			return
		}
		next.gathered.Add(int(next.Gather))
		s.script.Store(next)
		if out.Encode(counts{s.requests.Swap(0), s.connections.Swap(0)}) != nil {
			return
		}
	}
}

// remote is the server's process seen from here.
type remote struct {
	url     string
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func startServer() (*remote, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self) //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &remote{process: cmd, in: in, out: json.NewDecoder(out)}
	if err := r.out.Decode(&r.url); err != nil {
		r.stop()
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	return r, nil
}

// play hands the server its next script and returns what it has counted under the last one.
func (r *remote) play(s script) (c counts, err error) {
	if err := json.NewEncoder(r.in).Encode(s); err != nil {
		return c, err
	}
	return c, r.out.Decode(&c)
}

func (r *remote) stop() {
	_ = r.in.Close()
	_ = r.process.Wait()
}
