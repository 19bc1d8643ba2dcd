package dashboard

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gsql"
	"gsql/exec/sqlstate"
)

var screenshots = flag.String("screenshots", "", "write pictures of the page into this folder")

// browser is a headless Chromium with one page, driven by DevTools messages over a pair of pipes.
type browser struct {
	t        *testing.T
	to       *os.File
	from     *bufio.Reader
	session  string
	sent     int
	problems []string // what the page wrote to the console as an error
}

// newBrowser starts a browser, or skips the test when there is none.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" || testing.Short() {
		t.Skip("no Chromium here, or no time for it")
	}
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// What the browser leaves in its folder when it is killed may change while it is removed.
	dir, err := os.MkdirTemp("", "gsql-browser-*")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+dir, "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, answers} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	theirs.Close()
	answers.Close()
	t.Cleanup(func() {
		to.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		from.Close()
		_ = os.RemoveAll(dir)
	})
	b := &browser{t: t, to: to, from: bufio.NewReaderSize(from, 1<<20)}
	timer := time.AfterFunc(90*time.Second, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop() })
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// call sends a command and reads its result into result, unless that is nil.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.sent++
	m := map[string]any{"id": b.sent, "method": method, "params": params}
	if params == nil {
		m["params"] = map[string]any{}
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	text, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser is gone: %v", method, err)
		}
		var answer struct {
			ID     int
			Method string
			Result json.RawMessage
			Error  json.RawMessage
		}
		text = bytes.TrimSuffix(text, []byte{0})
		if err := json.Unmarshal(text, &answer); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case answer.Method == "Runtime.exceptionThrown", answer.Method == "Log.entryAdded",
			answer.Method == "Runtime.consoleAPICalled" && strings.Contains(string(text), `"type":"error"`):
			b.problems = append(b.problems, string(text))
		case answer.ID != b.sent:
		case answer.Error != nil:
			b.t.Fatalf("%s: %s", method, answer.Error)
		default:
			if result != nil {
				if err := json.Unmarshal(answer.Result, result); err != nil {
					b.t.Fatal(err)
				}
			}
			return
		}
	}
}

// eval returns the value of an expression of JavaScript in the page, as text.
func (b *browser) eval(js string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": "String(" + js + ")", "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", js, r.ExceptionDetails)
	}
	return fmt.Sprint(r.Result.Value)
}

// until waits for an expression to be true.
func (b *browser) until(js string) {
	b.t.Helper()
	for end := time.Now().Add(30 * time.Second); b.eval(js) != "true"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s does not come true; the page shows:\n%s\n%s", js, b.eval("document.body.innerText"), b.problems)
		}
	}
}

func (b *browser) press(key string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := map[string]any{"type": kind, "key": key, "code": key}
		if key == "Enter" && kind == "keyDown" {
			p["text"], p["windowsVirtualKeyCode"] = "\r", 13
		}
		b.call("Input.dispatchKeyEvent", p, nil)
	}
}

// picture writes a screenshot when there is a folder for it.
func (b *browser) picture(name string, width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	time.Sleep(2 * interval)
	if n := b.eval("Math.max(0, document.documentElement.scrollWidth - innerWidth)"); n != "0" {
		b.t.Errorf("%s: the page is %s pixels too wide", name, n)
	}
	if *screenshots == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// TestPageInABrowser looks at a running query and cancels it, with the keyboard.
func TestPageInABrowser(t *testing.T) {
	b := newBrowser(t)
	s, url := start(t, gsql.Config{Partitions: 4})
	b.call("Page.navigate", map[string]any{"url": url + "/"}, nil)
	b.until(`document.querySelector("#empty") && !document.querySelector("#empty").hidden`)
	b.picture("empty", 1280, 800, "light")
	if err := run(t.Context(), s.DB, spread); err != nil {
		t.Fatal(err)
	}
	id, done := background(t, s.DB, unending)
	b.until(fmt.Sprintf(`document.querySelector("#d-title").textContent === "Query %d"`, id))
	b.until(`document.querySelector("#d-state").textContent === "running"`)
	b.until(`document.querySelectorAll("#graph .stage").length >= 2 && document.querySelectorAll("#tasks .tile").length >= 2`)
	b.until(`document.querySelector("#d-sql").textContent.startsWith("SELECT count(*) FROM range(1000000000) a")`)
	b.until(`document.querySelectorAll("#plan tr").length >= 4 && document.querySelectorAll("#list tr").length === 2`)
	for _, moving := range []string{`document.querySelector("#figures dd").textContent`, `document.querySelector("#plan .time span").closest("tbody").textContent`,
		`document.querySelector("#stream").textContent`, `document.querySelector("#charts .foot").textContent`} {
		before, err := json.Marshal(b.eval(moving))
		if err != nil {
			t.Fatal(err)
		}
		b.until(fmt.Sprintf("%s !== %s", moving, before))
	}
	b.picture("light", 1280, 900, "light")
	b.picture("dark", 1280, 900, "dark")
	b.picture("phone", 390, 844, "light")

	// The list by keyboard: down to the query that has ended, and up again.
	b.eval(`document.querySelector("#list tr[tabindex='0']").focus()`)
	b.press("ArrowDown")
	b.press("Enter")
	b.until(`document.querySelector("#d-state").textContent === "finished" && location.hash === "#q=1"`)
	b.press("ArrowUp")
	b.press("Enter")
	b.until(`document.querySelector("#d-state").textContent === "running" && !document.querySelector("#cancel").hidden`)

	// Cancel asks once, with the focus on the answer.
	b.eval(`document.querySelector("#cancel").focus()`)
	b.press("Enter")
	b.until(`document.activeElement.id === "cancel-yes"`)
	b.press("Escape")
	b.until(`document.activeElement.id === "cancel" && document.querySelector("#confirm").hidden`)
	b.press("Enter")
	b.until(`document.activeElement.id === "cancel-yes"`)
	b.press("Enter")
	if err := <-done; sqlstate.Of(err) != sqlstate.QueryCanceled {
		t.Errorf("the query ended with %v", err)
	}
	b.until(`document.querySelector("#d-state").textContent === "cancelled" && document.querySelector("#d-error").textContent.includes("57014")`)
	if len(b.problems) > 0 {
		t.Errorf("the console has %s", strings.Join(b.problems, "\n"))
	}
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	leaves(t, s)
}
