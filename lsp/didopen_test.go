package lsp

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
)

// opensAsDecoded holds decodeOpen to the library's decoding.
func opensAsDecoded(t *testing.T, params []byte) (text []byte, err error) {
	t.Helper()
	item, text, err := decodeOpen(params)
	want, wantErr := decode[protocol.DidOpenTextDocumentParams](params)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("%.200q: error %v, want %v", params, err, wantErr)
	}
	if err != nil {
		return nil, err
	}
	if string(text) != want.TextDocument.Text {
		t.Fatalf("%.200q: another text", params)
	}
	if item.URI != want.TextDocument.URI || item.Version != want.TextDocument.Version || item.LanguageID != want.TextDocument.LanguageID {
		t.Fatalf("%.200q: %+v", params, item)
	}
	return text, nil
}

func TestDecodeOpen(t *testing.T) {
	long := strings.Repeat("const é = \"𝒳\\\\\"\r\n\t", 8000)
	quoted, err := json.Marshal(long + "\u2028<>")
	if err != nil {
		t.Fatal(err)
	}
	with := func(format, text string) []byte { return fmt.Appendf(nil, format, text) }
	const usual = `{"textDocument":{"uri":"file:///a/models.ts","languageId":"typescript","version":3,"text":%s}}`
	for _, format := range []string{
		usual,
		"{ \"textDocument\" : {\n\"text\" :\r\n\t%s , \"version\":-1, \"uri\":\"file:///\\u0061\", \"languageId\":\"x\" } } ",
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":"1"},"text":%s}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":%s,"text":"short"}}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":"short","text":%s}}`,
		`{"textDocument":{"uri":%s,"languageId":"x","version":1,"text":"short"}}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":"no","text":%s}}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":[%s]}}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"other":{"text":%s}}}`,
		`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":%s}`,
		`{"text":%s}`, `%s`, `[%s]`,
	} {
		_, _ = opensAsDecoded(t, with(format, string(quoted)))
	}
	if _, _, ok := longText(with(usual, string(quoted))); !ok {
		t.Error("a long text is not found")
	}
	if _, ok := unquote(quoted); !ok {
		t.Error("a long text is not decoded")
	}
	for _, odd := range []string{
		`\ud83d\ude00`, `\ud83d`, `\udE00\ud83d`, `\u12`, `\u12g4`, `\u+123`, `\x`, "\n", "\x00", "\x1f", "\x7f", "\xff", "\xed\xa0\x80", `\u0000`, `\/`, `\b\f\u00e9`, `\`, `\\`, `"`,
	} {
		for pad := range 9 {
			padding := strings.Repeat("x", 70_000+pad)
			_, _ = opensAsDecoded(t, with(usual, `"`+padding+odd+`"`))
			_, _ = opensAsDecoded(t, with(usual, `"`+odd+padding+`"`))
		}
	}
}

func FuzzDecodeOpen(f *testing.F) {
	f.Add(`{"textDocument":{"uri":"a","languageId":"x","version":1,"text":"`, `\u00e9\n"}}`)
	f.Add(`{"text":"`, `"}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		_, _ = opensAsDecoded(t, []byte(before+strings.Repeat("x", 66_000)+after))
	})
}
