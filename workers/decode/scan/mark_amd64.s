#include "textflag.h"

// PACK joins the masks of two vectors of 32 bytes.
#define PACK(a, b, lo, out) \
	VPMOVMSKB a, lo   \
	VPMOVMSKB b, out  \
	SHLQ $32, out     \
	ORQ lo, out

#define SPLAT(c, x, y) \
	MOVQ $c, AX       \
	MOVQ AX, x        \
	VPBROADCASTB x, y

// func markAVX2(s *state, data, ends, brackets, odd *byte, n int) int
TEXT ·markAVX2(SB), NOSPLIT, $0-56
	MOVQ s+0(FP), DI
	MOVQ data+8(FP), SI
	MOVQ ends+16(FP), R8
	MOVQ brackets+24(FP), R9
	MOVQ odd+32(FP), R10
	MOVQ n+40(FP), CX
	LEAQ 0(CX*8), AX
	SUBQ AX, R8                 // from the last byte to the one before the first
	SUBQ AX, R9
	SUBQ AX, R10
	MOVQ 0(DI), R11             // inside
	MOVQ 8(DI), R12             // escaped
	VPBROADCASTB 16(DI), Y15    // newline
	VPCMPEQB Y8, Y8, Y8         // ones
	SPLAT(0x2c, X6, Y6)         // ,
	SPLAT(0x3a, X7, Y7)         // :
	SPLAT(0x1f, X9, Y9)
	SPLAT(0x22, X10, Y10)       // "
	SPLAT(0x5c, X11, Y11)       // backslash
	SPLAT(0x20, X12, Y12)
	SPLAT(0x7b, X13, Y13)       // {
	SPLAT(0x7d, X14, Y14)       // }
	MOVQ $0xaaaaaaaaaaaaaaaa, R13
	XORQ DX, DX
	TESTQ CX, CX
	JLE done

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1

	VPCMPEQB Y11, Y0, Y2
	VPCMPEQB Y11, Y1, Y3
	PACK(Y2, Y3, AX, BX)        // backslashes
	VPOR Y0, Y2, Y2
	VPOR Y1, Y3, Y3
	PACK(Y2, Y3, AX, DI)        // and what is not ASCII
	MOVQ DI, 1(R10)(DX*8)

	MOVQ R12, AX
	NOTQ AX
	ANDQ BX, AX                 // backslashes that are not escaped themselves, or in a run
	LEAQ (AX)(AX*1), DI
	ORQ R13, DI
	SUBQ AX, DI
	XORQ R13, DI                // see escape
	MOVQ BX, AX
	ORQ R12, AX
	XORQ DI, AX                 // what is escaped
	ANDQ BX, DI
	SHRQ $63, DI
	MOVQ DI, R12

	VPCMPEQB Y10, Y0, Y2
	VPCMPEQB Y10, Y1, Y3
	PACK(Y2, Y3, DI, BX)        // quotes
	ANDQ BX, AX                 // escaped ones
	XORQ AX, BX                 // the others
	MOVQ BX, 1(R8)(DX*8)
	MOVQ BX, X2
	VPCLMULQDQ $0, X8, X2, X2   // the exclusive or of all bits below and at each
	MOVQ X2, BX
	XORQ R11, BX                // inside
	MOVQ BX, R11
	SARQ $63, R11

	VPMINUB Y9, Y0, Y2
	VPMINUB Y9, Y1, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	VPMOVMSKB Y2, DI
	VPOR Y12, Y0, Y4
	VPOR Y12, Y1, Y5
	VPMOVMSKB Y3, R14
	SHLQ $32, R14
	ORQ DI, R14                 // control characters
	ANDQ BX, R14                // inside of strings
	NOTQ BX                     // outside
	ANDQ BX, AX                 // escaped quotes outside of strings
	ORQ R14, AX
	JNZ done

	VPCMPEQB Y13, Y4, Y2
	VPCMPEQB Y13, Y5, Y3
	VPCMPEQB Y14, Y4, Y4
	VPCMPEQB Y14, Y5, Y5
	VPOR Y4, Y2, Y2             // brackets
	VPOR Y5, Y3, Y3
	VPCMPEQB Y15, Y0, Y4
	VPCMPEQB Y15, Y1, Y5
	VPOR Y4, Y2, Y4
	VPOR Y5, Y3, Y5
	PACK(Y4, Y5, AX, DI)        // and line ends
	ANDQ BX, DI
	MOVQ DI, 1(R9)(DX*8)

	VPMINUB Y12, Y0, Y4
	VPMINUB Y12, Y1, Y5
	VPCMPEQB Y0, Y4, Y4         // up to the space
	VPCMPEQB Y1, Y5, Y5
	VPOR Y4, Y2, Y2
	VPOR Y5, Y3, Y3
	VPCMPEQB Y6, Y0, Y4
	VPCMPEQB Y6, Y1, Y5
	VPOR Y4, Y2, Y2
	VPOR Y5, Y3, Y3
	VPCMPEQB Y7, Y0, Y4
	VPCMPEQB Y7, Y1, Y5
	VPOR Y4, Y2, Y2
	VPOR Y5, Y3, Y3
	PACK(Y2, Y3, AX, DI)        // what ends words
	ANDQ BX, DI
	ORQ DI, 1(R8)(DX*8)

	ADDQ $64, SI
	INCQ DX
	CMPQ DX, CX
	JLT loop

done:
	MOVQ s+0(FP), DI
	MOVQ R11, 0(DI)
	MOVQ R12, 8(DI)
	MOVQ DX, ret+48(FP)
	VZEROUPPER
	RET
