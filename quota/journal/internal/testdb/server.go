// SPDX-License-Identifier: Apache-2.0

package testdb

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Server is a database server of one's own, on a free port of 127.0.0.1. Its files are in a temporary folder, and it writes
// as durably as it does by default.
type Server struct {
	DSN string

	kind kind
	bin  map[string]string
	dir  string
	port int
	out  *os.File // what the server writes
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	// pact is held open by this process: when it is gone, however it ended, a shell ends the server and removes its files.
	pact io.Closer
}

// NewServer starts a server for one test, which may stop it: "postgres" or "mysql".
func NewServer[D ~string](t testing.TB, dialect D) *Server {
	t.Helper()
	s := start(t, string(dialect))
	t.Cleanup(s.remove)
	return s
}

// Open gives a fresh database on this server.
func (s *Server) Open(t testing.TB) *DB {
	t.Helper()
	for dialect, k := range kinds {
		if k.driver == s.kind.driver {
			return open(t, dialect, s.DSN)
		}
	}
	return nil
}

func start(t testing.TB, dialect string) *Server {
	t.Helper()
	s := &Server{kind: kinds[dialect], bin: make(map[string]string)}
	for _, name := range s.kind.programs {
		if s.bin[name] = find(name); s.bin[name] == "" {
			skip(t, s.kind)
		}
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "resell-"+dialect+"-"); err != nil { //nolint:usetesting // it outlives this test
		t.Fatal(err)
	}
	if err := s.prepare(); err != nil {
		_ = os.RemoveAll(s.dir)
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		s.remove()
		t.Fatal(err)
	}
	return s
}

// find looks where Debian puts servers, too.
func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	slices.Sort(candidates)
	candidates = append(candidates, "/usr/sbin/"+name)
	for _, path := range slices.Backward(candidates) {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func (s *Server) program(name string) string { return s.bin[name] }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// as has the server's own user run a program: servers refuse root.
func (s *Server) as(args []string) *exec.Cmd {
	if os.Getuid() == 0 {
		name := s.account()
		args = append([]string{"setpriv", "--reuid=" + name, "--regid=" + group(name), "--clear-groups", "--"}, args...)
	}
	cmd := exec.CommandContext(context.WithoutCancel(context.Background()), args[0], args[1:]...) //nolint:gosec // programs of this file
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	cmd.Stdout, cmd.Stderr = s.out, s.out
	return cmd
}

func (s *Server) account() string {
	if _, err := user.Lookup(s.kind.user); err == nil {
		return s.kind.user
	}
	return "nobody"
}

func group(name string) string {
	u, err := user.Lookup(name)
	if err != nil {
		return "nogroup"
	}
	return u.Gid
}

// prepare makes the server's files.
func (s *Server) prepare() error {
	if err := os.Mkdir(s.data(), 0o700); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		for _, path := range []string{s.dir, s.data()} {
			if out, err := exec.CommandContext(context.Background(), "chown", s.account(), path).CombinedOutput(); err != nil { //nolint:gosec // a folder of ours
				return fmt.Errorf("%w: %s", err, out)
			}
		}
	}
	out, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s.out = out
	if err := s.as(s.kind.prepare(s)).Run(); err != nil {
		return s.failed("could not be set up", err)
	}
	return nil
}

func (s *Server) failed(what string, err error) error {
	log, _ := os.ReadFile(s.log())
	return fmt.Errorf("%s %s: %w\n%s", s.kind.title, what, err, log)
}

// Start starts the server, again after Stop or Kill on the same port, and waits until it answers.
func (s *Server) Start() error {
	if s.port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.port = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return err
		}
		s.DSN = s.kind.dsn(s.port)
	}
	db, err := sql.Open(s.kind.driver, s.DSN)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only asked whether it is there
	deadline := time.Now().Add(time.Minute)
	for {
		if err = s.launch(); err != nil {
			return err
		}
		if err = s.answers(db, deadline); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return s.failed("did not start", err)
		}
		s.Kill() // after a kill the processes of the one before may not be gone yet
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *Server) launch() error {
	cmd := s.as(s.kind.serve(s))
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) {
		_ = cmd.Wait()
		close(done)
	}(s.done)
	return s.swear()
}

// swear makes the pact for the process that was just started.
func (s *Server) swear() error {
	s.release()
	watch := exec.CommandContext(context.WithoutCancel(context.Background()), "setsid", "sh", "-c", `read -r word; [ "$word" = released ] || { kill -9 "$1"; sleep 1; rm -rf "$2"; }`, //nolint:gosec // arguments of ours
		"sh", fmt.Sprint(s.cmd.Process.Pid), s.dir)
	pipe, err := watch.StdinPipe()
	if err != nil {
		return err
	}
	if err := watch.Start(); err != nil {
		return err
	}
	s.pact = pipe
	go func() { _ = watch.Wait() }()
	return nil
}

func (s *Server) release() {
	if w, ok := s.pact.(io.WriteCloser); ok {
		_, _ = io.WriteString(w, "released\n")
		_ = w.Close()
	}
	s.pact = nil
}

func (s *Server) answers(db *sql.DB, deadline time.Time) (err error) {
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		err = db.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
	return err
}

// Stop ends the server in an orderly way; connections are closed.
func (s *Server) Stop() {
	signal := os.Interrupt // PostgreSQL's fast shutdown
	if s.kind.driver == "mysql" {
		signal = terminate
	}
	s.end(signal)
}

// Kill ends the server as a power cut would.
func (s *Server) Kill() { s.end(os.Kill) }

func (s *Server) end(signal os.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
	s.release()
}

// remove ends the server and deletes its files.
func (s *Server) remove() {
	s.Stop()
	_ = s.out.Close()
	for range 20 {
		if err := os.RemoveAll(s.dir); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Log is what the server wrote.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.log())
	return strings.TrimSpace(string(text))
}
