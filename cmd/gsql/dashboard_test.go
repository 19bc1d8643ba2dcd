package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"gsql/dashboard"
)

// TestDashboardAddress holds when an address that is taken, or not a safe one, stops a server.
func TestDashboardAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stderr bytes.Buffer
	if l, err := listenDashboard(taken.Addr().String(), false, &stderr); l != nil || err != nil || !strings.Contains(stderr.String(), "WARNING:  no dashboard") {
		t.Errorf("taken, by default: %v, %v, %s", l, err, &stderr)
	}
	for _, addr := range []string{taken.Addr().String(), "0.0.0.0:0"} {
		if l, err := listenDashboard(addr, true, &stderr); l != nil || err == nil {
			t.Errorf("%s, asked for: %v, %v", addr, l, err)
		}
	}
	if l, err := listenDashboard(dashboardOff, true, &stderr); l != nil || err != nil {
		t.Errorf("off: %v, %v", l, err)
	}
}

// TestOneShotDashboard runs a query with a page, once also where a server has the usual address.
func TestOneShotDashboard(t *testing.T) {
	if l, err := dashboard.Listen(dashboard.DefaultAddr); err == nil {
		defer l.Close()
	}
	for flag, want := range map[string]string{"--dashboard": "dashboard: http://127.0.0.1:", "--dashboard=127.0.0.1:0": "dashboard: http://127.0.0.1:",
		"--dashboard=192.0.2.1:80": "no authentication yet", "--dashboard=off": ""} {
		var stdout, stderr bytes.Buffer
		code := oneShot(context.Background(), []string{flag, "-t", "-A", "-c", "SELECT 42"}, strings.NewReader(""), &stdout, &stderr)
		refused := strings.Contains(want, "authentication")
		if !strings.Contains(stderr.String(), want) || want == "" && stderr.Len() > 0 || refused != (code != 0) || !refused && stdout.String() != "42\n" {
			t.Errorf("%s: exit status %d, %s%s", flag, code, &stdout, &stderr)
		}
	}
}
