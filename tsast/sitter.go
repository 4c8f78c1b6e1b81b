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
// wrappers are not used, because they copy the text on every parse, keep
// every visited node in a map and pass an edit's new end on wrongly. (The
// go command links this package externally, as its symbols stand elsewhere.)
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
extern int64_t ts_tree_cursor_goto_first_child_for_byte(TSTreeCursor *, uint32_t);

enum { fl_error = 1, fl_missing = 2, fl_has_error = 4, fl_kind_error = 1 };

// fl_record is one node of a flattened subtree, in preorder. next is the
// index of the first record after the node's own subtree.
typedef struct {
	uint32_t start, end, next;
	uint16_t symbol;
	uint8_t kind, flags;
} fl_record;

// fl_kinds gives, for each symbol, our kind (see kinds.go) and whether nodes
// of it need not be entered.
typedef struct { uint8_t kind; bool leaf; } fl_kind;
typedef struct { fl_kind *of; uint32_t len; } fl_kinds;

typedef struct { fl_record *data; uint32_t len, cap; } fl_buffer;

// fl_child is one direct child of a node.
typedef struct { TSNode node; fl_record record; } fl_child;
typedef struct { fl_child *data; uint32_t len, cap; } fl_children_buffer;

// fl_describe fills in a record; in a clean subtree there are no errors to
// ask for.
static fl_record fl_describe(const fl_kinds *kinds, TSNode n, bool clean) {
	fl_record r = { ts_node_start_byte(n), ts_node_end_byte(n), 0, ts_node_symbol(n), 0, 0 };
	if (r.symbol < kinds->len) r.kind = kinds->of[r.symbol].kind;
	if (clean) return r;
	if (ts_node_is_missing(n)) r.flags |= fl_missing;
	if (ts_node_has_error(n)) r.flags |= fl_has_error;
	if (ts_node_is_error(n)) { r.flags |= fl_error; r.kind = fl_kind_error; }
	return r;
}

static bool fl_push(fl_buffer *b, fl_record r) {
	if (b->len == b->cap) {
		uint32_t cap = b->cap ? b->cap * 2 : 1024;
		fl_record *data = realloc(b->data, (size_t)cap * sizeof *data);
		if (!data) return false;
		b->data = data;
		b->cap = cap;
	}
	b->data[b->len++] = r;
	return true;
}

// fl_flatten writes a subtree into the buffer without recursion: a hostile
// text may nest as deep as it is long. Leaves, and the node skip, are not
// entered (the former unless they hold an error).
static bool fl_flatten(const fl_kinds *kinds, TSNode top, const void *skip, fl_buffer *b) {
	bool clean = !ts_node_has_error(top);
	b->len = 0;
	uint32_t *open = NULL;
	uint32_t depth = 0, cap = 0;
	bool ok = true;
	TSTreeCursor c = ts_tree_cursor_new(top);
	for (;;) {
		TSNode n = ts_tree_cursor_current_node(&c);
		fl_record r = fl_describe(kinds, n, clean);
		uint32_t self = b->len;
		if (!fl_push(b, r)) { ok = false; break; }
		bool leaf = r.symbol < kinds->len && kinds->of[r.symbol].leaf && !(r.flags & fl_has_error);
		bool enter = !leaf && n.id != skip;
		if (enter && ts_tree_cursor_goto_first_child(&c)) {
			if (depth == cap) {
				cap = cap ? cap * 2 : 64;
				uint32_t *grown = realloc(open, (size_t)cap * sizeof *open);
				if (!grown) { ok = false; break; }
				open = grown;
			}
			open[depth++] = self;
			continue;
		}
		b->data[self].next = b->len;
		bool moved = false;
		while (depth > 0) {
			if (ts_tree_cursor_goto_next_sibling(&c)) { moved = true; break; }
			ts_tree_cursor_goto_parent(&c);
			depth--;
			b->data[open[depth]].next = b->len;
		}
		if (!moved) break;
	}
	free(open);
	ts_tree_cursor_delete(&c);
	return ok;
}

// fl_list writes the direct children of a node into the buffer, at most max.
// With from > 0 the list starts at the first child that ends after that byte.
static bool fl_list(const fl_kinds *kinds, TSNode top, uint32_t from, uint32_t max, fl_children_buffer *b) {
	b->len = 0;
	bool ok = true, clean = !ts_node_has_error(top);
	TSTreeCursor c = ts_tree_cursor_new(top);
	bool any = from > 0 ? ts_tree_cursor_goto_first_child_for_byte(&c, from) >= 0
	                    : ts_tree_cursor_goto_first_child(&c);
	while (any && b->len < max) {
		if (b->len == b->cap) {
			uint32_t cap = b->cap ? b->cap * 2 : 64;
			fl_child *data = realloc(b->data, (size_t)cap * sizeof *data);
			if (!data) { ok = false; break; }
			b->data = data;
			b->cap = cap;
		}
		TSNode n = ts_tree_cursor_current_node(&c);
		fl_child *child = &b->data[b->len++];
		child->node = n;
		child->record = fl_describe(kinds, n, clean);
		any = ts_tree_cursor_goto_next_sibling(&c);
	}
	ts_tree_cursor_delete(&c);
	return ok;
}

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
// texts on which tree-sitter reduces in a circle without end; a parse that is
// interrupted there and resumed reads its lookahead again and gets out. The
// parser looks at its flag every 100 steps: one that is always set makes rounds
// of them. What is read of a text is so its own matter, and not that of what
// else the machine does. Only where the rounds themselves become slow (each
// error copies those before it), a bound of processor time ends it. NULL when
// nothing helps.
static TSTree *fl_parse(TSParser *p, const TSTree *old, const char *text, uint32_t len, uint64_t rounds, uint64_t micros) {
	static const size_t always = 1;
	ts_parser_set_cancellation_flag(p, &always);
	uint64_t start = fl_clock();
	for (uint64_t i = 1; i <= rounds; i++) {
		TSTree *tree = ts_parser_parse_string(p, old, text, len);
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
	"unsafe"

	// Linked for their C code: the tree-sitter runtime and the grammar.
	_ "github.com/smacker/go-tree-sitter"
	_ "github.com/smacker/go-tree-sitter/typescript/typescript"
)

// A parse takes mostRounds rounds and one for every bytesPerRound bytes before
// it is taken to be stuck. Sound texts take one for 250 bytes, texts in which
// every line is broken one for 180, and the worst of short ones 50. It takes
// mostMicros microseconds and microsPerByte for every byte at most; sound texts
// take a tenth of a microsecond, texts with five errors in each line one.
const (
	mostRounds    = 600
	bytesPerRound = 16
	mostMicros    = 1_000_000
	microsPerByte = 4
)

// maxText is the largest text that is parsed, 1,900 times upstream's: reading
// one takes thirty times its size.
const maxText = 64 << 20

const (
	flagError    = uint8(C.fl_error)
	flagMissing  = uint8(C.fl_missing)
	flagHasError = uint8(C.fl_has_error)
)

// record is one node of a flattened subtree; its layout is fl_record's.
type record struct {
	start, end, next uint32
	symbol           uint16
	kind             kind
	flags            uint8
}

func (r *record) is(flag uint8) bool { return r.flags&flag != 0 }
func (r *record) span() Span         { return Span{int(r.start), int(r.end)} }

// child is one direct child of a node, which can itself be flattened or
// listed; its layout is fl_child's.
type child struct {
	node C.TSNode
	record
}

// id identifies a node within its tree.
func (c child) id() uintptr { return uintptr(c.node.id) }

// tree is a parsed text: C memory, to be closed.
type tree struct{ c *C.TSTree }

func (t *tree) close() {
	if t != nil && t.c != nil {
		C.ts_tree_delete(t.c)
		t.c = nil
	}
}

// root gives the program node.
func (t *tree) root() child {
	n := C.ts_tree_root_node(t.c)
	r := C.fl_describe(symbols().c, n, false)
	return child{node: n, record: *(*record)(unsafe.Pointer(&r))} // #nosec G103 -- same layout, held by a test
}

func (t *tree) hasError() bool { return bool(C.ts_node_has_error(C.ts_tree_root_node(t.c))) }

// edit tells the tree of a change of its text, before an incremental parse.
// Only bytes are ever asked for, so rows and columns are not counted. But
// tree-sitter keeps the size of a short token in 8 bits and decides by the
// columns, not by the bytes, whether a token that was edited still fits: with
// columns left at zero a token that grew by 256 bytes would seem not to have
// grown, and what follows would be reused in the wrong place. Columns beyond
// every text make it take its large form.
//
// Between two edits of one message the text may be larger than one that is
// parsed. The tree is told all the same, else what it holds of the text before
// would be reused; 32 bits hold what a message can make of a text.
func (t *tree) edit(c change) {
	if t == nil {
		return
	}
	C.ts_tree_edit(t.c, &C.TSInputEdit{
		start_byte:    C.uint32_t(c.start),  // #nosec G115 -- see above
		old_end_byte:  C.uint32_t(c.oldEnd), // #nosec G115 -- see above
		new_end_byte:  C.uint32_t(c.newEnd), // #nosec G115 -- see above
		new_end_point: C.TSPoint{column: 2 * maxText},
	})
}

// parser owns a tree-sitter parser and the buffers that its trees are read
// through. It belongs to one goroutine at a time and must be closed.
type parser struct {
	c    *C.TSParser
	flat C.fl_buffer
}

func newParser() *parser {
	p := &parser{c: C.ts_parser_new()}
	C.ts_parser_set_language(p.c, C.tree_sitter_typescript())
	return p
}

func (p *parser) close() {
	if p.c == nil {
		return
	}
	C.ts_parser_delete(p.c)
	p.c = nil
	C.free(unsafe.Pointer(p.flat.data))
	p.flat = C.fl_buffer{}
}

// cFree frees C memory; freeing nil does nothing.
func cFree(p unsafe.Pointer) { C.free(p) }

// parse reads a text, reusing what an edited old tree shares with it (nil:
// from scratch). Nil when the text is too large or the parser gets nowhere.
func (p *parser) parse(old *tree, text []byte) *tree {
	if len(text) > maxText {
		return nil
	}
	return p.parseFor(old, text, len(text))
}

// parseFor is parse with the rounds that size bytes take.
func (p *parser) parseFor(old *tree, text []byte, size int) *tree {
	var oldTree *C.TSTree
	if old != nil {
		oldTree = old.c
	}
	start := (*C.char)(unsafe.Pointer(unsafe.SliceData(text))) // #nosec G103 -- read during the call only
	rounds := mostRounds + size/bytesPerRound
	c := C.fl_parse(p.c, oldTree, start, C.uint32_t(len(text)), C.uint64_t(rounds), C.uint64_t(mostMicros+microsPerByte*size)) // #nosec G115 -- bounded by maxText
	if c == nil {
		return nil
	}
	return &tree{c}
}

// Trim gives memory back to the system that trees have left: a large text that
// is read as a whole takes thirty times its size for a while. It takes tens of
// milliseconds then, and any goroutine may call it.
func Trim() { C.fl_trim() }

// flatten gives the subtree of a node in preorder. Strings are leaves, and
// the node with the identity skip is not entered. The records are valid
// until the next call.
func (p *parser) flatten(of child, skip uintptr) []record {
	if !C.fl_flatten(symbols().c, of.node, *(*unsafe.Pointer)(unsafe.Pointer(&skip)), &p.flat) { // #nosec G103 -- an address is compared, never followed
		return nil
	}
	return unsafe.Slice((*record)(unsafe.Pointer(p.flat.data)), int(p.flat.len)) // #nosec G103 -- same layout, held by a test
}

// list gives the direct children of a node, all of them or at most limit
// beginning with the one that ends after the byte from.
func (p *parser) list(of child, from, limit int) []child {
	var b C.fl_children_buffer
	defer func() { C.free(unsafe.Pointer(b.data)) }()
	if limit <= 0 {
		limit = maxText
	}
	if !C.fl_list(symbols().c, of.node, C.uint32_t(from), C.uint32_t(limit), &b) || b.len == 0 { // #nosec G115 -- bounded by maxText
		return nil
	}
	return append([]child(nil), unsafe.Slice((*child)(unsafe.Pointer(b.data)), int(b.len))...) // #nosec G103 -- same layout, held by a test
}

// symbolTable gives our kinds for the grammar's symbol numbers.
type symbolTable struct {
	names []string
	c     *C.fl_kinds // in C memory, for as long as the process lives
}

// symbols reads the grammar's symbols once; the table never changes.
var symbols = sync.OnceValue(func() *symbolTable {
	lang := C.tree_sitter_typescript()
	n := int(C.ts_language_symbol_count(lang))
	t := &symbolTable{names: make([]string, n), c: (*C.fl_kinds)(C.calloc(1, C.sizeof_fl_kinds))}
	t.c.len = C.uint32_t(n) // #nosec G115 -- symbols are 16 bits wide
	t.c.of = (*C.fl_kind)(C.calloc(C.size_t(n), C.sizeof_fl_kind))
	kinds := unsafe.Slice(t.c.of, n) // #nosec G103 -- allocated above
	for i := range n {
		symbol := C.uint16_t(i) // #nosec G115 -- symbols are 16 bits wide
		t.names[i] = C.GoString(C.ts_language_symbol_name(lang, symbol))
		named := C.ts_language_symbol_type(lang, symbol) == 0
		k := kindOf(t.names[i], named)
		kinds[i] = C.fl_kind{kind: C.uint8_t(k), leaf: C.bool(!named || k.leaf())}
	}
	return t
})

// kind is our kind for a symbol.
func (t *symbolTable) kind(symbol uint16) kind {
	return kind(unsafe.Slice(t.c.of, int(t.c.len))[symbol].kind) // #nosec G103 -- allocated with that length
}

func (r *record) name() string {
	if names := symbols().names; int(r.symbol) < len(names) {
		return names[r.symbol]
	}
	return "ERROR"
}
