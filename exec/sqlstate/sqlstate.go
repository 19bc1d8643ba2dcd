// Package sqlstate holds the one error type of gsql: a PostgreSQL error code, a message, and the place
// in the query text or in a data file that the error is about.
package sqlstate

import (
	"errors"
	"fmt"
)

// Code is a five-character SQLSTATE, as listed in appendix A of the PostgreSQL manual.
type Code string

const (
	FeatureNotSupported        Code = "0A000"
	ProtocolViolation          Code = "08P01"
	DataException              Code = "22000"
	CardinalityViolation       Code = "21000"
	StringTooLong              Code = "22001"
	NumericOutOfRange          Code = "22003"
	InvalidDatetime            Code = "22007"
	DatetimeOverflow           Code = "22008"
	SubstringError             Code = "22011"
	NullNotAllowed             Code = "22004"
	InvalidFrameSize           Code = "22013"
	InvalidNtileArgument       Code = "22014"
	IntervalOverflow           Code = "22015"
	InvalidNthValueArgument    Code = "22016"
	DivisionByZero             Code = "22012"
	InvalidLogArgument         Code = "2201E"
	InvalidPowerArgument       Code = "2201F"
	InvalidRowCountInLimit     Code = "2201W"
	InvalidRowCountInOffset    Code = "2201X"
	InvalidEncoding            Code = "22021"
	InvalidParameterValue      Code = "22023"
	InvalidEscapeSequence      Code = "22025"
	InvalidRegularExpression   Code = "2201B"
	ArrayElementError          Code = "2202E"
	InvalidSampleRepeat        Code = "2202G"
	InvalidSampleArgument      Code = "2202H"
	BadTextValue               Code = "22P02"
	BadBinaryValue             Code = "22P03"
	BadCopyFormat              Code = "22P04"
	UntranslatableCharacter    Code = "22P05"
	NotNullViolation           Code = "23502"
	UniqueViolation            Code = "23505"
	CheckViolation             Code = "23514"
	ActiveTransaction          Code = "25001"
	ReadOnlyTransaction        Code = "25006"
	NoActiveTransaction        Code = "25P01"
	InFailedTransaction        Code = "25P02"
	InvalidStatementName       Code = "26000"
	InvalidAuthorization       Code = "28000"
	InvalidPassword            Code = "28P01"
	InvalidCursorName          Code = "34000"
	InvalidCatalogName         Code = "3D000"
	InvalidSchemaName          Code = "3F000"
	DuplicateSchema            Code = "42P06"
	ReservedName               Code = "42939"
	DependentObjects           Code = "2BP01"
	SerializationFailure       Code = "40001"
	InsufficientPrivilege      Code = "42501"
	SyntaxError                Code = "42601"
	InvalidName                Code = "42602"
	DuplicateColumn            Code = "42701"
	AmbiguousColumn            Code = "42702"
	UndefinedColumn            Code = "42703"
	DuplicateObject            Code = "42710"
	UndefinedObject            Code = "42704"
	DuplicateAlias             Code = "42712"
	AmbiguousFunction          Code = "42725"
	GroupingError              Code = "42803"
	DatatypeMismatch           Code = "42804"
	WrongObjectType            Code = "42809"
	InvalidForeignKey          Code = "42830"
	CannotCoerce               Code = "42846"
	UndefinedFunction          Code = "42883"
	UndefinedTable             Code = "42P01"
	UndefinedParameter         Code = "42P02"
	DuplicateCursor            Code = "42P03"
	DuplicatePreparedStatement Code = "42P05"
	DuplicateTable             Code = "42P07"
	AmbiguousParameter         Code = "42P08"
	AmbiguousAlias             Code = "42P09"
	InvalidColumnReference     Code = "42P10"
	InvalidTableDefinition     Code = "42P16"
	InvalidObjectDefinition    Code = "42P17"
	IndeterminateDatatype      Code = "42P18"
	InvalidRecursion           Code = "42P19"
	WindowingError             Code = "42P20"
	DiskFull                   Code = "53100"
	OutOfMemory                Code = "53200"
	ConfigLimitExceeded        Code = "53400"
	TooManyConnections         Code = "53300"
	ProgramLimitExceeded       Code = "54000"
	StatementTooComplex        Code = "54001"
	TooManyColumns             Code = "54011"
	TooManyArguments           Code = "54023"
	ObjectNotInPrerequisite    Code = "55000"
	QueryCanceled              Code = "57014"
	AdminShutdown              Code = "57P01"
	IOError                    Code = "58030"
	UndefinedFile              Code = "58P01"
	DuplicateFile              Code = "58P02"
	InternalError              Code = "XX000"
	DataCorrupted              Code = "XX001"
)

// Error is what every exported function of gsql returns for a mistake in a query or in a file.
// Message is PostgreSQL's text where PostgreSQL has one. The zero Position means no place in the text.
type Error struct {
	Code     Code
	Message  string
	Detail   string // more about this very case: file, line, column and value of a data error
	Hint     string // what the user can do
	Where    string // context, as in PostgreSQL's CONTEXT
	Position int    // 1-based byte offset into the query text; pgwire turns it into characters
	Err      error  // what caused it, for errors.Is; not part of the text
}

// Error returns the message alone, as PostgreSQL's clients show it.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause, which may be nil.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error with a formatted message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported returns a 0A000 error; hint says what to do instead and may be empty.
func Unsupported(hint, format string, args ...any) *Error {
	e := New(FeatureNotSupported, format, args...)
	e.Hint = hint
	return e
}

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetail sets the detail and returns e.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = fmt.Sprintf(format, args...)
	return e
}

// At sets the position, a 0-based byte offset into the query text, unless one is set already; it returns e.
func (e *Error) At(offset int) *Error {
	if e.Position == 0 && offset >= 0 {
		e.Position = offset + 1
	}
	return e
}

// Of returns the code of err: its own if it is an *Error, else XX000.
func Of(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return InternalError
}
