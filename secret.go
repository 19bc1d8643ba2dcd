package gsql

import (
	"strings"

	"gsql/exec/sqlstate"
	"gsql/sql/syntax"
	"gsql/storage/remote"
)

// secretOption sets what an option of CREATE SECRET says.
var secretOptions = map[string]func(x *remote.Secret, value string){
	"type":              func(x *remote.Secret, v string) { x.Type = strings.ToLower(v) },
	"key_id":            func(x *remote.Secret, v string) { x.ID = v },
	"secret":            func(x *remote.Secret, v string) { x.Key = v },
	"session_token":     func(x *remote.Secret, v string) { x.Token = v },
	"bearer_token":      func(x *remote.Secret, v string) { x.Token = v },
	"account_name":      func(x *remote.Secret, v string) { x.ID = v },
	"account_key":       func(x *remote.Secret, v string) { x.Key = v },
	"sas_token":         func(x *remote.Secret, v string) { x.Token = v },
	"connection_string": func(x *remote.Secret, v string) { x.Connection = v },
	"region":            func(x *remote.Secret, v string) { x.Region = v },
	"endpoint":          func(x *remote.Secret, v string) { x.Endpoint = v },
	"url_style":         func(x *remote.Secret, v string) { x.PathStyle = strings.EqualFold(v, "path") },
	"use_ssl":           func(x *remote.Secret, v string) { x.Plain = strings.EqualFold(v, "false") || v == "0" },
	"scope":             func(x *remote.Secret, v string) { x.Scope = v },
	"provider":          func(x *remote.Secret, v string) {}, // without a key it is the environment
}

// createSecret runs CREATE SECRET: how to get at remote files, for all sessions until the database is closed.
func (s *Session) createSecret(stmt *syntax.CreateSecretStmt) error {
	x := remote.Secret{Name: stmt.Name}
	for _, o := range stmt.Options {
		set := secretOptions[strings.ToLower(o.Name)]
		if set == nil {
			return sqlstate.New(sqlstate.SyntaxError, "option \"%s\" not recognized", o.Name).
				WithHint("Options are TYPE, KEY_ID, SECRET, SESSION_TOKEN, BEARER_TOKEN, ACCOUNT_NAME, ACCOUNT_KEY, SAS_TOKEN, CONNECTION_STRING, REGION, ENDPOINT, URL_STYLE, USE_SSL and SCOPE.").At(o.Pos)
		}
		set(&x, o.Value)
	}
	switch x.Type {
	case "s3", "gcs", "azure", "http":
	case "r2":
		x.Type = "s3"
	default:
		return sqlstate.New(sqlstate.InvalidParameterValue, "CREATE SECRET needs the option TYPE: s3, gcs, azure or http")
	}
	if x.Name == "" {
		x.Name = "__default_" + x.Type
	}
	known := false
	for _, old := range s.db.catalog.Remote().Secrets() {
		known = known || old.Name == x.Name
	}
	if known && !stmt.OrReplace {
		if stmt.IfNotExists {
			return nil
		}
		return sqlstate.New(sqlstate.DuplicateObject, "secret \"%s\" already exists", x.Name).WithHint("Use CREATE OR REPLACE SECRET.")
	}
	s.db.catalog.Remote().SetSecret(x)
	return nil
}

func (s *Session) dropSecret(stmt *syntax.DropSecretStmt) error {
	if !s.db.catalog.Remote().DropSecret(stmt.Name.Name) && !stmt.IfExists {
		return sqlstate.New(sqlstate.UndefinedObject, "secret \"%s\" does not exist", stmt.Name.Name).At(stmt.Name.Pos)
	}
	return nil
}
