package schema

import (
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

var opText = map[Op]string{
	OpAdd: "+", OpSub: "-", OpMul: "*", OpDiv: "/", OpMod: "%", OpConcat: "||", OpBitAnd: "&", OpBitOr: "|",
	OpShiftLeft: "<<", OpShiftRight: ">>", OpEq: "=", OpNe: "<>", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=",
	OpIs: "IS", OpAnd: "AND", OpOr: "OR", OpLike: "LIKE", OpGlob: "GLOB", OpArrow: "->", OpArrow2: "->>",
}

// canonical returns a text that is the same for all spellings of an
// expression, and differs where the meaning does.
func (s *Stream) canonical(e *Expr) string {
	t := s.write(e)
	if n := len(t); opText[e.Op] != "" && !e.Not {
		return t[1 : n-1] // without the outer parentheses
	}
	return t
}

func (s *Stream) write(e *Expr) string {
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = s.write(a)
	}
	t := s.writeOp(e, args)
	if e.Not {
		return "(NOT " + t + ")"
	}
	return t
}

func (s *Stream) writeOp(e *Expr, args []string) string {
	switch e.Op {
	case OpLiteral:
		return literalText(e)
	case OpColumn:
		return plainName(s.Columns[e.Col].Name)
	case OpNeg:
		return "(- " + args[0] + ")"
	case OpBitNot:
		return "(~ " + args[0] + ")"
	case OpNot:
		return "(NOT " + args[0] + ")"
	case OpIsTrue:
		return "(" + args[0] + " IS TRUE)"
	case OpIsFalse:
		return "(" + args[0] + " IS FALSE)"
	case OpBetween:
		return "(" + args[0] + " BETWEEN " + args[1] + " AND " + args[2] + ")"
	case OpIn:
		return "(" + args[0] + " IN (" + strings.Join(args[1:], ", ") + "))"
	case OpCase:
		return writeCase(e, args)
	case OpCast:
		return "CAST(" + args[0] + " AS " + e.Type.String() + ")"
	case OpCall:
		return e.Func.Name + "(" + strings.Join(args, ", ") + ")"
	case OpLike:
		if len(args) == 3 {
			return "(" + args[0] + " LIKE " + args[1] + " ESCAPE " + args[2] + ")"
		}
	}
	return "(" + args[0] + " " + opText[e.Op] + " " + args[1] + ")"
}

func writeCase(e *Expr, args []string) string {
	var b strings.Builder
	b.WriteString("CASE")
	if e.HasBase {
		b.WriteString(" " + args[0])
		args = args[1:]
	}
	for len(args) >= 2 {
		b.WriteString(" WHEN " + args[0] + " THEN " + args[1])
		args = args[2:]
	}
	if e.HasElse {
		b.WriteString(" ELSE " + args[0])
	}
	return b.String() + " END"
}

// plainName is a name in quotes, unless it needs none.
func plainName(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" && (s[0] < '0' || s[0] > '9') && !(syntax.Token{Kind: syntax.Ident, Text: s}).Reserved() {
		return s
	}
	return quoteName(s)
}

// nullable reports whether an expression may be NULL for a usable record.
func (s *Stream) nullable(e *Expr) bool {
	switch e.Op {
	case OpLiteral:
		return e.Type == value.Null
	case OpColumn:
		return !s.Columns[e.Col].NotNull
	case OpIs, OpIsTrue, OpIsFalse:
		return false
	case OpDiv, OpMod, OpArrow, OpArrow2:
		return true // by zero; a path that leads nowhere
	case OpAdd, OpSub, OpMul, OpNeg:
		if e.Type == value.Real && e.Args[0].Type != value.Timestamp || e.Type == value.Any {
			return true // infinity less infinity
		}
	case OpCase:
		return s.caseNullable(e)
	case OpCall:
		return s.callNullable(e)
	}
	return s.anyNullable(e.Args)
}

func (s *Stream) anyNullable(args []*Expr) bool {
	for _, a := range args {
		if s.nullable(a) {
			return true
		}
	}
	return false
}

func (s *Stream) caseNullable(e *Expr) bool {
	if !e.HasElse {
		return true
	}
	args := e.Args
	if e.HasBase {
		args = args[1:]
	}
	for i := 1; i < len(args); i += 2 {
		if s.nullable(args[i]) {
			return true
		}
	}
	return s.nullable(args[len(args)-1])
}

func (s *Stream) callNullable(e *Expr) bool {
	switch e.Func.Null {
	case NullNever:
		return false
	case NullAlways:
		return true
	case NullBranch:
		return s.anyNullable(e.Args[e.Func.From:])
	case NullIfAll:
		for _, a := range e.Args {
			if !s.nullable(a) {
				return false
			}
		}
		return true
	}
	return s.anyNullable(e.Args)
}
