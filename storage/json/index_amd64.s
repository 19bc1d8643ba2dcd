#include "textflag.h"

// Appends four positions: each is the offset of the lowest bit of AX plus R8, and the bit is cleared.
#define FOUR(off) \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+0)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+4)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+8)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+12)(DI)

// dst becomes the 64 bits of comparing the block in Y0, Y1 with the bytes of c.
#define MASK(c, dst, tmp) \
	VPCMPEQB Y0, c, Y2; \
	VPCMPEQB Y1, c, Y3; \
	VPMOVMSKB Y2, dst; \
	VPMOVMSKB Y3, tmp; \
	SHLQ  $32, tmp; \
	ORQ   tmp, dst

// func indexAVX2(p *byte, blocks int, base uint32, bytes *[8]byte, state *[3]uint64, out *uint32) (n, done int, high uint32)
TEXT ·indexAVX2(SB), NOSPLIT, $0-68
	MOVQ p+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVL base+16(FP), R8
	MOVQ bytes+24(FP), AX
	MOVQ state+32(FP), R9
	MOVQ out+40(FP), DI
	VPBROADCASTB 0(AX), Y4  // quote
	VPBROADCASTB 1(AX), Y5  // backslash
	VPBROADCASTB 2(AX), Y6  // comma
	VPBROADCASTB 3(AX), Y7  // newline, or comma again
	VPBROADCASTB 4(AX), Y8  // {
	VPBROADCASTB 5(AX), Y9  // }
	VPBROADCASTB 6(AX), Y10 // 0x20
	VPBROADCASTB 7(AX), Y11 // 0x1f
	VPCMPEQB Y12, Y12, Y12  // ones, for the prefix xor
	VPXOR Y15, Y15, Y15     // all bytes seen, or-ed
	MOVQ 0(R9), R10         // 1: the first byte is escaped
	MOVQ 8(R9), R11         // all ones: within a string

loop:
	MOVQ  R10, 0(R9)
	TESTQ CX, CX
	JZ    done
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	MASK(Y4, AX, BX)        // AX: quotes
	MASK(Y5, DX, BX)        // DX: backslashes
	MOVQ DX, BX
	ORQ  R10, BX
	JZ   plain

	// Which characters are escaped: those behind a run of backslashes of odd length.
	MOVQ $1, 16(R9)
	MOVQ R10, BX
	NOTQ BX
	ANDQ BX, DX             // an escaped backslash escapes nothing
	LEAQ (R10)(DX*2), R12   // behind a backslash
	MOVQ $0xAAAAAAAAAAAAAAAA, R13
	MOVQ R12, BX
	NOTQ BX
	ANDQ R13, BX
	ANDQ DX, BX             // runs that begin at an odd place
	XORL R10, R10
	ADDQ DX, BX
	ADCQ $0, R10            // a run goes on in the next block
	SHLQ $1, BX
	NOTQ R13
	XORQ R13, BX
	ANDQ R12, BX            // escaped
	NOTQ BX
	ANDQ BX, AX

plain:
	// R12: within strings, the opening quotes included.
	VMOVQ AX, X2
	VPCLMULQDQ $0, X12, X2, X2
	VMOVQ X2, R12
	XORQ  R11, R12
	// A control character within a string is an error.
	VPMINUB Y0, Y11, Y2
	VPMINUB Y1, Y11, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	VPMOVMSKB Y2, DX
	VPMOVMSKB Y3, BX
	SHLQ  $32, BX
	ORQ   BX, DX
	TESTQ R12, DX
	JNZ   done
	MOVQ  R12, R11
	SARQ  $63, R11

	VPOR  Y0, Y15, Y15
	VPOR  Y1, Y15, Y15
	VPCMPEQB Y0, Y6, Y2
	VPCMPEQB Y1, Y6, Y3
	VPCMPEQB Y0, Y7, Y13
	VPCMPEQB Y1, Y7, Y14
	VPOR  Y13, Y2, Y2
	VPOR  Y14, Y3, Y3
	VPOR  Y0, Y10, Y0       // [ and ] become { and }
	VPOR  Y1, Y10, Y1
	VPCMPEQB Y0, Y8, Y13
	VPCMPEQB Y1, Y8, Y14
	VPOR  Y13, Y2, Y2
	VPOR  Y14, Y3, Y3
	VPCMPEQB Y0, Y9, Y13
	VPCMPEQB Y1, Y9, Y14
	VPOR  Y13, Y2, Y2
	VPOR  Y14, Y3, Y3
	VPMOVMSKB Y2, DX
	VPMOVMSKB Y3, BX
	SHLQ  $32, BX
	ORQ   BX, DX
	NOTQ  R12
	ANDQ  R12, DX
	ORQ   DX, AX

	POPCNTQ AX, DX
	FOUR(0)
	FOUR(16)
	CMPQ  DX, $8
	JLE   next
	FOUR(32)
	FOUR(48)
	CMPQ  DX, $16
	JLE   next
	FOUR(64)
	FOUR(80)
	CMPQ  DX, $24
	JLE   next
	LEAQ  96(DI), R13
many:
	TESTQ AX, AX
	JZ    next
	TZCNTQ AX, BX
	BLSRQ AX, AX
	ADDL  R8, BX
	MOVL  BX, (R13)
	ADDQ  $4, R13
	JMP   many
next:
	LEAQ  (DI)(DX*4), DI
	ADDL  $64, R8
	ADDQ  $64, SI
	DECQ  CX
	JMP   loop

done:
	MOVQ  R11, 8(R9)
	SUBQ  out+40(FP), DI
	SHRQ  $2, DI
	MOVQ  DI, n+48(FP)
	MOVQ  blocks+8(FP), AX
	SUBQ  CX, AX
	MOVQ  AX, done+56(FP)
	VPMOVMSKB Y15, AX
	MOVL  AX, high+64(FP)
	VZEROUPPER
	RET
