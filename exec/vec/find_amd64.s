#include "textflag.h"

// func findPairAVX2(p *byte, blocks int, d int, pair uint32) int
TEXT ·findPairAVX2(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVQ d+16(FP), DX
	LEAQ pair+24(FP), AX
	VPBROADCASTB 0(AX), Y0 // the bytes
	VPBROADCASTB 1(AX), Y1
	VPBROADCASTB 2(AX), Y2 // what is or-ed to the text's
	VPBROADCASTB 3(AX), Y3
	XORQ BX, BX

loop:
	CMPQ BX, CX
	JGE  none
	VPOR (SI), Y2, Y4
	VPOR (SI)(DX*1), Y3, Y5
	VPOR 32(SI), Y2, Y6
	VPOR 32(SI)(DX*1), Y3, Y7
	VPCMPEQB Y4, Y0, Y4
	VPCMPEQB Y5, Y1, Y5
	VPCMPEQB Y6, Y0, Y6
	VPCMPEQB Y7, Y1, Y7
	VPAND Y4, Y5, Y4
	VPAND Y6, Y7, Y6
	VPOR  Y4, Y6, Y5
	VPMOVMSKB Y5, AX
	TESTL AX, AX
	JNZ   found
	ADDQ  $64, SI
	INCQ  BX
	JMP   loop

found:
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y6, DI
	SHLQ $32, DI
	ORQ  DI, AX
	BSFQ AX, AX
	SHLQ $6, BX
	ADDQ AX, BX
	MOVQ BX, ret+32(FP)
	VZEROUPPER
	RET

none:
	MOVQ $-1, ret+32(FP)
	VZEROUPPER
	RET
