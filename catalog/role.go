package catalog

// ownerOID is the user to whom everything belongs: the one that asks. gsql has no rights within a database.
const ownerOID = 10

// databaseOwnerOID is pg_database_owner, to whom the schema public belongs.
const databaseOwnerOID = 6171

func (s *Snapshot) roleName(oid uint32) (string, bool) {
	if oid == ownerOID {
		return s.User, true
	}
	for _, row := range sections()["pg_authid"].rows {
		if number(row[0]) == oid {
			return row[1], true
		}
	}
	return "", false
}

func (s *Snapshot) roleOID(name string) (uint32, bool) {
	if name == s.User {
		return ownerOID, true
	}
	for _, row := range sections()["pg_authid"].rows {
		if row[1] == name {
			return number(row[0]), true
		}
	}
	return 0, false
}
