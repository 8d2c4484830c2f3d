#include "textflag.h"

// func fieldsAVX2(m *Fields, b *byte, n int, delimiter, quote byte) uint32
//
// Y0, Y1 are 64 bytes of the input. Compared with a character they give bytes
// of ones, whose highest bits VPMOVMSKB gathers. The result is the highest bits
// of all bytes seen, or'ed, and shifted down to bit 7.
TEXT ·fieldsAVX2(SB), NOSPLIT, $0-36
	MOVQ m+0(FP), DI
	MOVQ b+8(FP), SI
	MOVQ n+16(FP), CX
	VPBROADCASTB delimiter+24(FP), Y10
	VPBROADCASTB quote+25(FP), Y11
	MOVL $10, AX // line end
	MOVQ AX, X12
	VPBROADCASTB X12, Y12
	VPXOR Y13, Y13, Y13 // all bytes, or'ed

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPOR Y0, Y13, Y13
	VPOR Y1, Y13, Y13
	VPCMPEQB Y0, Y12, Y2
	VPCMPEQB Y1, Y12, Y3
	VPCMPEQB Y0, Y10, Y4
	VPCMPEQB Y1, Y10, Y5
	VPCMPEQB Y0, Y11, Y6
	VPCMPEQB Y1, Y11, Y7
	VPOR Y2, Y4, Y4
	VPOR Y3, Y5, Y5
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ BX, AX
	MOVQ AX, (DI) // seps
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ BX, AX
	MOVQ AX, 128(DI) // lines
	VPMOVMSKB Y6, AX
	VPMOVMSKB Y7, BX
	SHLQ $32, BX
	ORQ BX, AX
	MOVQ AX, 256(DI) // quotes
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNZ loop

	VPMOVMSKB Y13, AX
	XORL BX, BX
	MOVL $128, CX
	TESTL AX, AX
	CMOVLNE CX, BX
	MOVL BX, ret+32(FP)
	VZEROUPPER
	RET
