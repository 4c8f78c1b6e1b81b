package tsast

/*
#include <stdbool.h>
#include <stdint.h>

typedef struct TSParser TSParser;
typedef struct { uint32_t row, column; } TSPoint;
typedef struct {
	TSPoint start_point, end_point;
	uint32_t start_byte, end_byte;
} TSRange;

extern bool ts_parser_set_included_ranges(TSParser *, const TSRange *, uint32_t);
*/
import "C"

import "unsafe"

// parseRanges is parse for some ranges of a text, in order and apart: the
// parser reads them as if nothing stood between them, and all bytes stay
// those of the text. There is no old tree: a parse that goes on after its first
// round no longer knows what ranges the old one had.
func (p *parser) parseRanges(text []byte, ranges []Span) *tree {
	if len(text) > maxText {
		return nil
	}
	list, size := make([]C.TSRange, len(ranges)), 0
	for i, s := range ranges {
		size += s.End - s.Start
		list[i] = C.TSRange{
			start_byte: C.uint32_t(s.Start), // #nosec G115 -- bounded by maxText
			end_byte:   C.uint32_t(s.End),   // #nosec G115 -- bounded by maxText
			// Rows and columns are not counted; these only grow as they must.
			start_point: C.TSPoint{column: C.uint32_t(s.Start)}, // #nosec G115 -- bounded by maxText
			end_point:   C.TSPoint{column: C.uint32_t(s.End)},   // #nosec G115 -- bounded by maxText
		}
	}
	c := (*C.TSParser)(unsafe.Pointer(p.c))                                                 // #nosec G103 -- one type, declared twice
	if !C.ts_parser_set_included_ranges(c, unsafe.SliceData(list), C.uint32_t(len(list))) { // #nosec G115 -- bounded by maxText
		return nil
	}
	defer C.ts_parser_set_included_ranges(c, nil, 0)
	return p.parseFor(nil, text, size)
}
