package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"gsql/exec/sqlstate"
)

// printError prints an error in psql's form, with the line of the text and a caret under the place.
func printError(w io.Writer, text string, err error) {
	var e *sqlstate.Error
	if !errors.As(err, &e) {
		fmt.Fprintln(w, "ERROR: ", err)
		return
	}
	printMessage(w, "ERROR", text, e)
}

// printMessage prints an error or a notice.
func printMessage(w io.Writer, severity, text string, e *sqlstate.Error) {
	fmt.Fprintf(w, "%s:  %s\n", severity, e.Message)
	if e.Position > 0 && e.Position <= len(text)+1 {
		printPlace(w, text, e.Position-1)
	}
	for _, part := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"CONTEXT", e.Where}} {
		if part.text != "" {
			fmt.Fprintf(w, "%s:  %s\n", part.name, part.text)
		}
	}
}

// maxLine is how much of a long line is shown around the place, in characters.
const maxLine = 72

func printPlace(w io.Writer, text string, at int) {
	line := 1 + strings.Count(text[:at], "\n")
	start := strings.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		end = at + n
	}
	before, after := []rune(strings.ReplaceAll(text[start:at], "\t", " ")), []rune(strings.ReplaceAll(strings.TrimSuffix(text[at:end], "\r"), "\t", " "))
	cutLeft, cutRight := "", ""
	if len(before) > maxLine*2/3 {
		before, cutLeft = before[len(before)-maxLine*2/3:], "..."
	}
	if len(after) > maxLine-len(before) {
		after, cutRight = after[:max(1, maxLine-len(before))], "..."
	}
	head := fmt.Sprintf("LINE %d: %s%s", line, cutLeft, string(before))
	fmt.Fprintf(w, "%s%s%s\n", head, string(after), cutRight)
	fmt.Fprintf(w, "%s^\n", strings.Repeat(" ", runewidth.StringWidth(head)))
}
