package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"gsql/pgwire/auth"
)

const passwdUsage = `gsql passwd sets the password of a user of gsql serve --users FILE.

Usage:
  gsql passwd FILE USER [flags]

It asks for the password, or reads one line of standard input. FILE is made if it is not there; it keeps what
PostgreSQL keeps of a password, from which nobody can tell the password. A running server sees the change.

Flags:
`

// passwd runs gsql passwd and returns the exit status.
func passwd(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	fs := pflag.NewFlagSet("gsql passwd", pflag.ContinueOnError)
	fs.SortFlags = false
	fs.Usage = func() { printUsage(stdout, passwdUsage, fs) }
	remove := fs.Bool("delete", false, "remove the user")
	switch err := fs.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err == nil && fs.NArg() != 2:
		err = errors.New("want FILE and USER")
		fallthrough
	case err != nil:
		fmt.Fprintf(stderr, "gsql passwd: %v\nTry gsql passwd --help.\n", err)
		return 2
	}
	secret := ""
	var err error
	if !*remove {
		secret, err = askSecret(fs.Arg(1), stdin, stderr)
	}
	if err == nil {
		err = auth.SetUser(fs.Arg(0), fs.Arg(1), secret)
	}
	if err != nil {
		printError(stderr, "", err)
		return 1
	}
	return 0
}

// askSecret reads a password, on a terminal twice and without showing it, and returns its secret.
func askSecret(user string, stdin io.Reader, stderr io.Writer) (string, error) {
	in := bufio.NewReader(stdin)
	ask := func(prompt string) (string, error) { return readLine(in) }
	if f, ok := stdin.(*os.File); ok && isTerminal(f) {
		ask = func(prompt string) (string, error) {
			fmt.Fprint(stderr, prompt)
			defer fmt.Fprintln(stderr)
			restore, err := hideInput(f)
			if err != nil {
				return "", err
			}
			defer restore()
			return readLine(in)
		}
	}
	password, err := ask(fmt.Sprintf("Password of %s: ", user))
	if err != nil {
		return "", err
	}
	if f, ok := stdin.(*os.File); ok && isTerminal(f) {
		again, err := ask("The same again: ")
		if err != nil {
			return "", err
		}
		if again != password {
			return "", errors.New("the passwords are not the same")
		}
	}
	if password == "" {
		return "", errors.New("the password is empty")
	}
	return auth.NewSecret(password)
}

func readLine(in *bufio.Reader) (string, error) {
	s, err := in.ReadString('\n')
	if err == io.EOF && s != "" {
		err = nil
	}
	return strings.TrimRight(s, "\r\n"), err
}
