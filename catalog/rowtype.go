package catalog

import (
	"gsql/exec/types"
)

// RowTypeOID returns the OID of the type of a table's rows, or of arrays of them; 0 when no table has such rows. Of several
// tables with the name and the columns it is the one that the name finds.
func (s *Snapshot) RowTypeOID(t types.Type) uint32 {
	row := t
	if t.ID == types.Array {
		row = t.Element()
	}
	if row.ID != types.Record || row.Def == nil || row.Def.Name == "" || row.Named() != nil {
		return 0
	}
	found := s.relation(qualified{"", row.Def.Name})
	if found == nil || found.rowTypeIs() != row {
		found = nil
		for _, r := range s.objects().user {
			if r.Name == row.Def.Name && r.rowType != 0 && r.rowTypeIs() == row {
				found = r
				break
			}
		}
	}
	switch {
	case found == nil:
		return 0
	case t.ID == types.Array:
		return found.rowArray
	}
	return found.rowType
}

// RowTypeByOID returns the type of a table's rows, or of arrays of them, that has an OID.
func (s *Snapshot) RowTypeByOID(oid uint32) (t types.Type, ok bool) {
	if r := s.objects().byRowType[oid]; r != nil {
		return r.rowTypeIs(), true
	}
	for _, r := range s.objects().user {
		if r.rowArray == oid && oid != 0 {
			return types.ArrayOf(r.rowTypeIs()), true
		}
	}
	return t, false
}

// rowTypeIs is the type of the relation's rows.
func (r *Relation) rowTypeIs() types.Type {
	columns := r.columns()
	fields := make([]types.Field, len(columns))
	for i, f := range columns {
		fields[i] = types.Field{Name: f.Name, Type: f.Type}
	}
	return types.RecordOf(r.Name, fields)
}
