package fn

import "gsql/exec/types"

// The casts of xml to strings keep the text as it came, with the declaration, other than what is written.
func init() {
	for _, s := range []types.ID{types.Text, types.Varchar, types.Char} {
		RegisterCast(cast(types.XML, s, Assignment, relabel))
	}
}
