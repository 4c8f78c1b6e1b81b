package tsast

import (
	"reflect"
	"slices"
	"testing"
)

// plainAgrees holds the plain reading of an object literal to tree-sitter's
// tree of it. It says whether there was one.
func plainAgrees(t *testing.T, object string) bool {
	t.Helper()
	src := []byte("const models: Model[] = [" + object + "]")
	at := len(src) - 1 - len(object)
	r := newPlainReader(src)
	got, end, ok := r.read(at)
	if !ok {
		return false
	}
	p := newParser()
	defer p.close()
	tree := p.parse(nil, src)
	defer tree.close()
	array, found := findArray(p, tree.root(), Span{at - 1, len(src)})
	if end != len(src)-1 { // something else follows
		return false
	}
	if !found || tree.hasError() {
		t.Fatalf("%q is read, but tree-sitter finds an error in it", object)
	}
	want := slices.Clone(p.flatten(p.list(array, 0, 0)[1], 0))
	for i := range want {
		if i < len(got) && got[i].name() == want[i].name() {
			got[i].symbol = want[i].symbol // several may have one name
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\ngot  %+v\nwant %+v", object, got, want)
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("record %d: got %s %+v, want %s %+v", i, got[i].name(), got[i], want[i].name(), want[i])
			}
		}
		t.FailNow()
	}
	return true
}

func TestPlain(t *testing.T) {
	for _, object := range []string{
		`{}`, `{ }`, `{/**/}`, "{// c\n}", `{a:1}`, `{a:1,}`, `{"a":1}`, `{'a':'b'}`, `{a:[]}`, `{a:[1,"2",],b:{c:{d:null}}}`,
		`{a/*1*/:/*2*/1/*3*/,/*4*/}`, "{a:// 1\n[// 2\n1// 3\n,// 4\n]// 5\n// 6\n}", `{type:"x",count:1}`, `{__proto__:{a:1}}`,
		"{// c\r\n\ta: 1, // d\r\n}", `{a:true,b:false,c:null,$d_1:0}`, `{a:"é𝒳","b\n\"":'\'"'}`, "{\r\n\ta: 1,\r\n}", `{truex:1,nullable:2,a:" /* no */ // no "}`,
	} {
		if !plainAgrees(t, object) {
			t.Errorf("%s is plain", object)
		}
	}
	for _, object := range []string{
		"{/*\x00*/}", "{//\x00\n}", "{a:\"\x00\"}", "{\x00}", `{a}`, `{...a}`, `{[a]:1}`, `{a:-1}`, `{a:1.5}`, `{a:0x10}`, `{a:01}`, `{a:1e3}`, `{a:1n}`, `{a:b}`, "{a:`b`}", `{a:/b/}`, `{a:"\u0041"}`,
		`{a(){}}`, `{1:2}`, `{a:1,,}`, `{,}`, `{a:[1,,2]}`, `{a:1 as const}`, `{a:(1)}`, `{é:1}`, "{a:\"\xff\"}", "{a:\"\n\"}", "{a:\"\x00\"}", `{get:1}`,
		"{// c\r}", "{// c\u2028}", "{/* c}", "{a:1\u2028}", `{a:1é}`, `{a:1.}`,
	} {
		if plainAgrees(t, object) {
			t.Errorf("%q is not plain", object)
		}
	}
	if !plainSymbolTable().keywords["default"] {
		t.Error("keywords are not known")
	}
	for word := range plainSymbolTable().keywords {
		plainAgrees(t, "{"+word+":1}")
	}
	plain := 0
	for _, src := range [][]byte{fixture(t), gold(t)} {
		if src == nil {
			continue
		}
		for _, e := range Parse(src).Entries {
			if plainAgrees(t, string(src[e.Offset:e.Span().End])) {
				plain++
			}
		}
	}
	t.Logf("%d entries are plain", plain)
	if plain == 0 {
		t.Error("no entry is plain")
	}
}

func FuzzPlain(f *testing.F) {
	f.Add(`{a/*1*/:/*2*/1/*3*/,/*4*/"b\n":[true,'c',{}],}`)
	f.Add("{// c\r\n\tid: \"é\" // d\n}")
	f.Fuzz(func(t *testing.T, object string) {
		if len(object) > 1<<12 {
			t.Skip("too long")
		}
		plainAgrees(t, object)
	})
}
