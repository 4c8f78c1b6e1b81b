package check

import (
	"bytes"
	"context"

	"github.com/fib-ls/fib-ls/phases"
	"github.com/fib-ls/fib-ls/phases/typecheck"
	"github.com/fib-ls/fib-ls/phases/validate"
	"github.com/fib-ls/fib-ls/tsast"
)

// AddTypeScript adds what TypeScript says of the file to its findings.
func (c *File) AddTypeScript(ctx context.Context, env *phases.Env) error {
	found, err := typecheck.Run(ctx, env.TypeCheckOptions(typecheck.On, c.Path))
	if err != nil {
		return err
	}
	for _, e := range found {
		at := offsetUTF16(c.File.Src(), e.Line, e.Column)
		c.Problems = append(c.Problems, validate.Problem{
			Rule: typecheck.Rule, Severity: validate.Error, Message: e.Text, Span: tsast.Span{Start: at, End: at},
		})
	}
	validate.Sort(c.Problems)
	return nil
}

// offsetUTF16 is the byte of a line and column that count from 1, the column
// in UTF-16 units. A place outside the text is the text's end.
func offsetUTF16(src []byte, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := bytes.IndexByte(src[at:], '\n')
		if i < 0 {
			return len(src)
		}
		at += i + 1
	}
	for i, r := range string(src[at:]) {
		if column <= 1 || r == '\n' {
			return at + i
		}
		column--
		if r > 0xFFFF {
			column--
		}
	}
	return len(src)
}
