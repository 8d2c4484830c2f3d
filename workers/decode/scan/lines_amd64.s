#include "textflag.h"

// func linesAVX2(text, odd *byte, ends *uint32, blocks, room int) (done, n int)
//
// A byte is odd if it is a quote, a backslash, or as a signed number below a
// space, which all control characters and all bytes from 0x80 on are.
TEXT ·linesAVX2(SB), NOSPLIT, $0-56
	MOVQ text+0(FP), SI
	MOVQ odd+8(FP), DI
	MOVQ ends+16(FP), R8
	MOVQ blocks+24(FP), R9
	MOVQ room+32(FP), R10
	SUBQ $64, R10
	XORQ R11, R11             // blocks done
	XORQ R12, R12             // newlines found
	XORQ R13, R13             // index of the block
	MOVQ $0x22222222, AX      // quotes
	MOVQ AX, X0
	VPBROADCASTD X0, Y0
	MOVQ $0x5c5c5c5c, AX      // backslashes
	MOVQ AX, X1
	VPBROADCASTD X1, Y1
	MOVQ $0x20202020, AX      // spaces
	MOVQ AX, X2
	VPBROADCASTD X2, Y2
	MOVQ $0x0a0a0a0a, AX      // newlines
	MOVQ AX, X3
	VPBROADCASTD X3, Y3

block:
	CMPQ R11, R9
	JGE  end
	CMPQ R12, R10
	JGT  end
	VMOVDQU (SI)(R13*1), Y4
	VMOVDQU 32(SI)(R13*1), Y5
	VPCMPEQB Y0, Y4, Y6
	VPCMPEQB Y1, Y4, Y7
	VPCMPGTB Y4, Y2, Y8
	VPCMPEQB Y3, Y4, Y9
	VPOR Y6, Y7, Y6
	VPOR Y6, Y8, Y6
	VPMOVMSKB Y6, AX
	VPMOVMSKB Y9, CX
	VPCMPEQB Y0, Y5, Y6
	VPCMPEQB Y1, Y5, Y7
	VPCMPGTB Y5, Y2, Y8
	VPCMPEQB Y3, Y5, Y9
	VPOR Y6, Y7, Y6
	VPOR Y6, Y8, Y6
	VPMOVMSKB Y6, BX
	VPMOVMSKB Y9, DX
	SHLQ $32, BX
	SHLQ $32, DX
	ORQ  BX, AX
	ORQ  DX, CX
	MOVQ AX, (DI)(R11*8)
	INCQ R11

	// One newline is written whether there is any or not: most blocks have
	// none or one, and which of them is hard to predict.
	TZCNTQ CX, AX
	ADDQ R13, AX
	MOVL AX, (R8)(R12*4)
	POPCNTQ CX, BX
	ADDQ $64, R13
	CMPQ BX, $1
	JGT  more
	ADDQ BX, R12
	JMP  block

more:
	LEAQ -64(R13), DX
next:
	TZCNTQ CX, AX
	ADDQ DX, AX
	MOVL AX, (R8)(R12*4)
	INCQ R12
	BLSRQ CX, CX
	JNE  next
	JMP  block

end:
	VZEROUPPER
	MOVQ R11, done+40(FP)
	MOVQ R12, n+48(FP)
	RET
