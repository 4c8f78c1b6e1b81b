package tsast

/*
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// What we use of tree-sitter's C interface (api.h of the linked version; a
// test holds the structures to it). The library itself is compiled by the
// package github.com/smacker/go-tree-sitter, which is imported below; its Go
// wrappers are not used, because they keep every visited node in a map, have no
// bound on error recovery and pass an edit's new end on wrongly. (The go
// command links this package externally, as its symbols stand elsewhere.)
typedef struct TSLanguage TSLanguage;
typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct { uint32_t row, column; } TSPoint;
typedef struct { uint32_t context[4]; const void *id; const TSTree *tree; } TSNode;
typedef struct { const void *tree, *id; uint32_t context[3]; } TSTreeCursor;
typedef struct {
	uint32_t start_byte, old_end_byte, new_end_byte;
	TSPoint start_point, old_end_point, new_end_point;
} TSInputEdit;

extern const TSLanguage *tree_sitter_typescript(void);
extern uint32_t ts_language_symbol_count(const TSLanguage *);
extern const char *ts_language_symbol_name(const TSLanguage *, uint16_t);
extern int ts_language_symbol_type(const TSLanguage *, uint16_t);
extern TSParser *ts_parser_new(void);
extern void ts_parser_delete(TSParser *);
extern bool ts_parser_set_language(TSParser *, const TSLanguage *);
extern void ts_parser_set_cancellation_flag(TSParser *, const size_t *);
extern void ts_parser_reset(TSParser *);
extern TSTree *ts_parser_parse_string(TSParser *, const TSTree *, const char *, uint32_t);
extern void ts_tree_delete(TSTree *);
extern void ts_tree_edit(TSTree *, const TSInputEdit *);
extern TSNode ts_tree_root_node(const TSTree *);
extern uint16_t ts_node_symbol(TSNode);
extern uint32_t ts_node_start_byte(TSNode);
extern uint32_t ts_node_end_byte(TSNode);
extern bool ts_node_is_missing(TSNode);
extern bool ts_node_has_error(TSNode);
extern bool ts_node_is_error(TSNode);
extern TSTreeCursor ts_tree_cursor_new(TSNode);
extern void ts_tree_cursor_delete(TSTreeCursor *);
extern TSNode ts_tree_cursor_current_node(const TSTreeCursor *);
extern bool ts_tree_cursor_goto_parent(TSTreeCursor *);
extern bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *);
extern bool ts_tree_cursor_goto_first_child(TSTreeCursor *);

enum { fl_error = 1, fl_missing = 2, fl_has_error = 4, fl_kind_error = 1, fl_symbols = 1024 };

// fl_kinds gives our kind for each symbol of the grammar (see kinds.go), and
// fl_leaves whether nodes of it need not be entered. Both are filled in once.
static uint8_t fl_kinds[fl_symbols];
static bool fl_leaves[fl_symbols];

static void fl_set_kind(uint16_t symbol, uint8_t kind, bool leaf) {
	if (symbol < fl_symbols) {
		fl_kinds[symbol] = kind;
		fl_leaves[symbol] = leaf;
	}
}

// fl_record is one node of a flattened subtree, in preorder. next is the
// index of the first record after the node's own subtree.
typedef struct {
	uint32_t start, end, next;
	uint16_t symbol;
	uint8_t kind, flags;
} fl_record;

// fl_child is one direct child of a node.
typedef struct { TSNode node; fl_record record; } fl_child;

// fl_describe fills in a record; in a clean subtree there are no errors to
// ask for.
static fl_record fl_describe(TSNode n, bool clean) {
	fl_record r = { ts_node_start_byte(n), ts_node_end_byte(n), 0, ts_node_symbol(n), 0, 0 };
	if (r.symbol < fl_symbols) r.kind = fl_kinds[r.symbol];
	if (clean) return r;
	if (ts_node_is_missing(n)) r.flags |= fl_missing;
	if (ts_node_has_error(n)) r.flags |= fl_has_error;
	if (ts_node_is_error(n)) { r.flags |= fl_error; r.kind = fl_kind_error; }
	return r;
}

// fl_flatten writes the records of a subtree into a buffer, as many as it
// holds, and returns how many there are. It does not recurse: a hostile text
// nests deep. Leaves, and the node skip, are not entered (the former unless
// they hold an error).
static uint32_t fl_flatten(TSNode top, uintptr_t skip, fl_record *buffer, uint32_t cap) {
	bool clean = !ts_node_has_error(top);
	uint32_t len = 0, depth = 0, room = 0;
	uint32_t *open = NULL;
	TSTreeCursor c = ts_tree_cursor_new(top);
	for (;;) {
		TSNode n = ts_tree_cursor_current_node(&c);
		fl_record r = fl_describe(n, clean);
		uint32_t self = len++;
		if (self < cap) buffer[self] = r;
		bool leaf = r.symbol < fl_symbols && fl_leaves[r.symbol] && !(r.flags & fl_has_error);
		if (!leaf && (uintptr_t)n.id != skip && ts_tree_cursor_goto_first_child(&c)) {
			if (depth == room) {
				uint32_t *grown = realloc(open, (size_t)(room ? room * 2 : 64) * sizeof *open);
				if (!grown) { len = 0; break; }
				open = grown;
				room = room ? room * 2 : 64;
			}
			open[depth++] = self;
			continue;
		}
		if (self < cap) buffer[self].next = len;
		bool moved = false;
		while (depth > 0) {
			if (ts_tree_cursor_goto_next_sibling(&c)) { moved = true; break; }
			ts_tree_cursor_goto_parent(&c);
			depth--;
			if (open[depth] < cap) buffer[open[depth]].next = len;
		}
		if (!moved) break;
	}
	free(open);
	ts_tree_cursor_delete(&c);
	return len;
}

// fl_list writes the direct children of a node into a buffer, as many as it
// holds, and returns how many there are.
static uint32_t fl_list(TSNode top, fl_child *buffer, uint32_t cap) {
	uint32_t len = 0;
	bool clean = !ts_node_has_error(top);
	TSTreeCursor c = ts_tree_cursor_new(top);
	bool any = ts_tree_cursor_goto_first_child(&c);
	for (; any; len++) {
		if (len < cap) {
			TSNode n = ts_tree_cursor_current_node(&c);
			buffer[len] = (fl_child){ n, fl_describe(n, clean) };
		}
		any = ts_tree_cursor_goto_next_sibling(&c);
	}
	ts_tree_cursor_delete(&c);
	return len;
}

static uintptr_t fl_id(TSNode n) { return (uintptr_t)n.id; }

// fl_trim gives freed memory back to the system, where the C library keeps it.
static void fl_trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

// fl_clock is this thread's processor time in microseconds.
static uint64_t fl_clock(void) {
#if defined(__linux__) || defined(__APPLE__)
	struct timespec t;
	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0) return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
#endif
	return (uint64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

// fl_parse parses in rounds of 100 steps, at most so many. There are short
// texts on which tree-sitter repeats its reductions for ever and reads nothing
// more; a parse that is interrupted there and resumed reads its lookahead again
// and gets out. The parser looks at its flag every 100 steps: one that is always
// set makes rounds of them. So the result depends on the text alone, not on what
// else the machine does. Only where the rounds themselves become slow (each error
// copies those before it), a bound of processor time ends it. NULL when nothing
// helps.
static TSTree *fl_parse(TSParser *p, const TSTree *old, const unsigned char *text, uint32_t len, uint64_t rounds, uint64_t micros) {
	static const size_t always = 1;
	ts_parser_set_cancellation_flag(p, &always);
	uint64_t start = fl_clock();
	for (uint64_t i = 1; i <= rounds; i++) {
		TSTree *tree = ts_parser_parse_string(p, old, (const char *)text, len);
		if (tree) return tree;
		if (i % 16 == 0 && fl_clock() - start > micros) break;
	}
	ts_parser_reset(p); // else the next text would continue this one
	return NULL;
}

*/
import "C"

import (
	"sync"

	// Linked for their C code: the tree-sitter runtime and the grammar.
	_ "github.com/smacker/go-tree-sitter"
	_ "github.com/smacker/go-tree-sitter/typescript/typescript"
)

// A parse takes mostRounds rounds and one for every bytesPerRound bytes before
// it counts as stuck. Sound texts take one for 250 bytes, texts in which every
// line is broken one for 180, and the worst of short ones 50. It takes
// mostMicros microseconds and microsPerByte for every byte at most; sound texts
// take a tenth of a microsecond, texts with five errors in each line one.
const (
	mostRounds    = 600
	bytesPerRound = 16
	mostMicros    = 1_000_000
	microsPerByte = 4
)

const (
	flagError    = uint8(C.fl_error)
	flagMissing  = uint8(C.fl_missing)
	flagHasError = uint8(C.fl_has_error)
)

// record is one node of a flattened subtree, in preorder; next is the index of
// the first record after the node's own subtree. The bytes are those of the
// text that is read, which may lie within what was parsed (tree.shift): a node
// may begin before it and end behind it.
type record struct {
	start, end, next int
	symbol           uint16
	kind             kind
	flags            uint8
}

func (r *record) is(flag uint8) bool { return r.flags&flag != 0 }

// child is one direct child of a node, which can itself be flattened or listed.
type child struct {
	node C.TSNode
	record
}

// id identifies a node within its tree.
func (c child) id() C.uintptr_t { return C.fl_id(c.node) }

// tree is a parsed text: C memory, to be closed.
type tree struct {
	c *C.TSTree
	// shift is where the text that is read begins in what was parsed, length
	// how long it is.
	shift, length int
	*scratch      // of its parser
}

// scratch is the memory that flatten works in. What it returns is overwritten by
// the next call.
type scratch struct {
	flat    []C.fl_record
	records []record
}

// mostKept is how many records a parser's scratch is kept for: an entry of
// upstream's has a thousand.
const mostKept = 4096

func (t *tree) close() {
	if t != nil && t.c != nil {
		C.ts_tree_delete(t.c)
		t.c = nil
	}
}

func (t *tree) record(r *C.fl_record) record {
	return record{
		start: int(r.start) - t.shift, end: int(r.end) - t.shift, next: int(r.next),
		symbol: uint16(r.symbol), kind: kind(r.kind), flags: uint8(r.flags),
	}
}

// span is where a node stands in the text that is read.
func (t *tree) span(r *record) Span {
	return Span{min(max(r.start, 0), t.length), min(max(r.end, 0), t.length)}
}

// root returns the program node.
func (t *tree) root() child {
	n := C.ts_tree_root_node(t.c)
	r := C.fl_describe(n, false)
	return child{n, t.record(&r)}
}

func (t *tree) hasError() bool { return bool(C.ts_node_has_error(C.ts_tree_root_node(t.c))) }

// edit tells the tree of a change of its text, before an incremental parse.
// Only bytes are ever asked for, so rows and columns are not counted. But
// tree-sitter keeps the size of a short token in 8 bits and decides by the
// columns, not by the bytes, whether a token that was edited still fits: with
// columns left at zero a token that grew by 256 bytes would seem not to have
// grown, and what follows would be reused in the wrong place. Columns beyond
// every text make it take its large form.
func (t *tree) edit(c change) {
	C.ts_tree_edit(t.c, &C.TSInputEdit{
		start_byte:    C.uint32_t(c.start + t.shift),  // #nosec G115 -- bounded by MaxText
		old_end_byte:  C.uint32_t(c.oldEnd + t.shift), // #nosec G115 -- bounded by MaxText
		new_end_byte:  C.uint32_t(c.newEnd + t.shift), // #nosec G115 -- bounded by MaxText
		new_end_point: C.TSPoint{column: 4 * MaxText},
	})
	t.length += c.delta()
}

// parser owns a tree-sitter parser. It belongs to one goroutine at a time and
// must be closed.
type parser struct {
	c *C.TSParser
	scratch
}

func newParser() *parser {
	symbols()
	p := &parser{c: C.ts_parser_new()}
	C.ts_parser_set_language(p.c, C.tree_sitter_typescript())
	return p
}

func (p *parser) close() {
	if p.c != nil {
		C.ts_parser_delete(p.c)
		p.c = nil
	}
}

// parse parses a text, reusing what an edited old tree shares with it (nil:
// from scratch). Nil when the parser gets nowhere.
func (p *parser) parse(old *tree, text []byte) *tree {
	var oldTree *C.TSTree
	if old != nil {
		oldTree = old.c
	}
	n := len(text)
	if n == 0 {
		text = []byte{0} // C takes the address of the first byte
	}
	rounds := mostRounds + n/bytesPerRound
	c := C.fl_parse(p.c, oldTree, (*C.uchar)(&text[0]), C.uint32_t(n), C.uint64_t(rounds), C.uint64_t(mostMicros+microsPerByte*n)) // #nosec G115 -- bounded by MaxText
	if c == nil {
		return nil
	}
	if len(p.flat) != mostKept {
		p.scratch = scratch{make([]C.fl_record, mostKept), make([]record, mostKept)}
	}
	return &tree{c: c, length: n, scratch: &p.scratch}
}

// Trim gives the memory that trees have left back to the system: a large text that
// is read as a whole takes thirty times its size for a while. It takes tens of
// milliseconds then, and any goroutine may call it.
func Trim() { C.fl_trim() }

// flatten returns the subtree of a node in preorder, until the next call for a
// tree of the same parser. Strings and other leaves are not entered, and neither
// is the node with the identity skip.
func (t *tree) flatten(of child, skip C.uintptr_t) []record {
	n := int(C.fl_flatten(of.node, skip, &t.flat[0], C.uint32_t(len(t.flat)))) // #nosec G115 -- bounded by MaxText
	if n > len(t.flat) {
		t.flat, t.records = make([]C.fl_record, n), make([]record, n)
		C.fl_flatten(of.node, skip, &t.flat[0], C.uint32_t(n)) // #nosec G115 -- counted in 32 bits
	}
	for i := range n {
		t.records[i] = t.record(&t.flat[i])
	}
	return t.records[:n]
}

// list returns the direct children of a node.
func (t *tree) list(of child) []child {
	buffer := make([]C.fl_child, 16)
	n := int(C.fl_list(of.node, &buffer[0], 16))
	if n > len(buffer) {
		buffer = make([]C.fl_child, n)
		C.fl_list(of.node, &buffer[0], C.uint32_t(n)) // #nosec G115 -- counted in 32 bits
	}
	children := make([]child, n)
	for i := range children {
		children[i] = child{buffer[i].node, t.record(&buffer[i].record)}
	}
	return children
}

// symbols returns the names of the grammar's symbols by number, and tells the C
// side of this file our kinds for them, once.
var symbols = sync.OnceValue(func() []string {
	lang := C.tree_sitter_typescript()
	names := make([]string, int(C.ts_language_symbol_count(lang)))
	for i := range names {
		symbol := C.uint16_t(i) // #nosec G115 -- symbols are 16 bits wide
		names[i] = C.GoString(C.ts_language_symbol_name(lang, symbol))
		named := C.ts_language_symbol_type(lang, symbol) == 0
		k := kindOf(names[i], named)
		C.fl_set_kind(symbol, C.uint8_t(k), C.bool(!named || k.leaf()))
	}
	return names
})

func (r *record) name() string {
	if names := symbols(); int(r.symbol) < len(names) {
		return names[r.symbol]
	}
	return "ERROR"
}
