package parquet

// Page types.
const (
	pageData   = 0
	pageIndex  = 1
	pageDict   = 2
	pageDataV2 = 3
)

// Encodings.
const (
	encPlain       = 0
	encPlainDict   = 2
	encRLE         = 3
	encBitPacked   = 4
	encDelta       = 5
	encDeltaLength = 6
	encDeltaBytes  = 7
	encRLEDict     = 8
	encSplit       = 9
)

var encodingNames = map[int]string{encPlain: "PLAIN", encPlainDict: "PLAIN_DICTIONARY", encRLE: "RLE",
	encBitPacked: "BIT_PACKED", encDelta: "DELTA_BINARY_PACKED", encDeltaLength: "DELTA_LENGTH_BYTE_ARRAY",
	encDeltaBytes: "DELTA_BYTE_ARRAY", encRLEDict: "RLE_DICTIONARY", encSplit: "BYTE_STREAM_SPLIT"}

// pageHeader precedes every page. Sizes are of the page's body.
type pageHeader struct {
	typ        int
	size       int // as stored
	rawSize    int // decompressed
	values     int // rows, for flat columns
	encoding   int
	defEnc     int // v1
	defLen     int // v2: bytes of the levels, which come first and are not compressed
	repLen     int
	compressed bool
}

func (h *pageHeader) isDict() bool { return h.encoding == encPlainDict || h.encoding == encRLEDict }

// readPageHeader decodes a header at the start of b and returns its length. errThriftShort means that b ends
// within it.
func readPageHeader(b []byte) (h pageHeader, n int, err error) {
	c := &compact{b: b}
	h = pageHeader{typ: -1, compressed: true}
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tI32:
			h.typ = int(c.int())
		case id == 2 && typ == tI32:
			h.rawSize = int(c.int())
		case id == 3 && typ == tI32:
			h.size = int(c.int())
		case (id == 5 || id == 7) && typ == tStruct:
			h.readV1(c)
		case id == 8 && typ == tStruct:
			h.readV2(c)
		default:
			return false
		}
		return true
	})
	if c.err != nil {
		return h, 0, c.err
	}
	const limit = 1<<31 - 1
	for _, v := range []int{h.size, h.rawSize, h.values, h.defLen, h.repLen} {
		if v < 0 || v > limit {
			return h, 0, errThrift
		}
	}
	if h.defLen+h.repLen > h.size || h.defLen+h.repLen > h.rawSize {
		return h, 0, errThrift
	}
	return h, c.pos, nil
}

// readV1 reads the header of a data page or of a dictionary page, which begin alike.
func (h *pageHeader) readV1(c *compact) {
	c.fields(func(id int, typ byte) bool {
		if typ != tI32 {
			return false
		}
		switch id {
		case 1:
			h.values = int(c.int())
		case 2:
			h.encoding = int(c.int())
		case 3:
			h.defEnc = int(c.int())
		default:
			return false
		}
		return true
	})
}

func (h *pageHeader) readV2(c *compact) {
	c.fields(func(id int, typ byte) bool {
		switch {
		case id == 1 && typ == tI32:
			h.values = int(c.int())
		case id == 4 && typ == tI32:
			h.encoding = int(c.int())
		case id == 5 && typ == tI32:
			h.defLen = int(c.int())
		case id == 6 && typ == tI32:
			h.repLen = int(c.int())
		case id == 7 && (typ == tTrue || typ == tFalse):
			h.compressed = typ == tTrue
		default:
			return false
		}
		return true
	})
}
