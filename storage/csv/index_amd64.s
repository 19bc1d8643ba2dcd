#include "textflag.h"

// Appends four positions: each is the offset of the lowest bit of AX plus R8, and the bit is cleared.
#define FOUR(off) \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+0)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+4)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+8)(DI); \
	TZCNTQ AX, BX; BLSRQ AX, AX; ADDL R8, BX; MOVL BX, (off+12)(DI)

// func plainAVX2(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32)
TEXT ·plainAVX2(SB), NOSPLIT, $0-68
	MOVQ p+0(FP), SI
	MOVQ words+8(FP), CX
	MOVQ c+16(FP), AX
	MOVL quotes+24(FP), R9
	MOVL base+28(FP), R8
	MOVQ out+32(FP), DI
	VPBROADCASTB 0(AX), Y0 // delimiter
	VPBROADCASTB 1(AX), Y1 // newline
	VPBROADCASTB 2(AX), Y2 // quote
	VPXOR Y15, Y15, Y15    // all bytes seen, or-ed
	MOVQ DI, R11
	XORQ R10, R10          // newlines
	MOVQ CX, R12

loop:
	TESTQ CX, CX
	JZ    done
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VPCMPEQB Y3, Y2, Y5
	VPCMPEQB Y4, Y2, Y6
	VPOR  Y5, Y6, Y7
	VPMOVMSKB Y7, AX
	TESTL R9, AX
	JNZ   done
	VPOR  Y3, Y15, Y15
	VPOR  Y4, Y15, Y15
	VPCMPEQB Y3, Y1, Y5
	VPCMPEQB Y4, Y1, Y6
	VPCMPEQB Y3, Y0, Y7
	VPCMPEQB Y4, Y0, Y8
	VPMOVMSKB Y5, AX
	VPMOVMSKB Y6, BX
	SHLQ  $32, BX
	ORQ   BX, AX
	POPCNTQ AX, AX
	ADDQ  AX, R10
	VPOR  Y5, Y7, Y7
	VPOR  Y6, Y8, Y8
	VPMOVMSKB Y7, AX
	VPMOVMSKB Y8, BX
	SHLQ  $32, BX
	ORQ   BX, AX
	POPCNTQ AX, DX
	FOUR(0)
	FOUR(16)
	CMPQ  DX, $8
	JLE   next
	FOUR(32)
	FOUR(48)
	CMPQ  DX, $16
	JLE   next
	LEAQ  64(DI), R13
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
	SUBQ  R11, DI
	SHRQ  $2, DI
	MOVQ  DI, n+40(FP)
	MOVQ  R10, newlines+48(FP)
	SUBQ  CX, R12
	MOVQ  R12, done+56(FP)
	VPMOVMSKB Y15, AX
	MOVL  AX, high+64(FP)
	VZEROUPPER
	RET

DATA indexBytes<>+0(SB)/8, $0x0706050403020100
DATA indexBytes<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA indexBytes<>+16(SB)/8, $0x1716151413121110
DATA indexBytes<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA indexBytes<>+32(SB)/8, $0x2726252423222120
DATA indexBytes<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA indexBytes<>+48(SB)/8, $0x3736353433323130
DATA indexBytes<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL indexBytes<>(SB), RODATA|NOPTR, $64

// Writes 16 positions: those at bytes 16*k.. of Z6, the offsets in the word, plus the word's.
#define SIXTEEN(k, off) \
	VEXTRACTI32X4 $k, Z6, X7; \
	VPMOVZXBD X7, Z7; \
	VPADDD Z5, Z7, Z7; \
	VMOVDQU32 Z7, off(DI)

// func plainAVX512(p *byte, words int, c *[4]byte, quotes uint32, base uint32, out *uint32) (n, newlines, done int, high uint32)
//
// As plainAVX2, but a mask becomes positions by compressing the numbers 0 to 63 to those whose bit is set.
TEXT ·plainAVX512(SB), NOSPLIT, $0-68
	MOVQ p+0(FP), SI
	MOVQ words+8(FP), CX
	MOVQ c+16(FP), AX
	MOVLQSX quotes+24(FP), R9
	MOVL base+28(FP), R8
	MOVQ out+32(FP), DI
	VPBROADCASTB 0(AX), Z0 // delimiter
	VPBROADCASTB 1(AX), Z1 // newline
	VPBROADCASTB 2(AX), Z2 // quote
	VMOVDQU64 indexBytes<>(SB), Z4
	VPBROADCASTD R8, Z5    // the word's offset
	MOVL  $64, AX
	VPBROADCASTD AX, Z8
	VPXORQ Z9, Z9, Z9      // all bytes seen, or-ed
	MOVQ DI, R11
	XORQ R10, R10          // newlines
	MOVQ CX, R12

loop:
	TESTQ CX, CX
	JZ    done
	VMOVDQU64 (SI), Z3
	VPCMPEQB Z3, Z2, K1
	VPCMPEQB Z3, Z1, K2
	VPCMPEQB Z3, Z0, K3
	KMOVQ K1, AX
	TESTQ R9, AX
	JNZ   done
	VPORQ Z3, Z9, Z9
	KMOVQ K2, AX
	POPCNTQ AX, AX
	ADDQ  AX, R10
	KORQ  K2, K3, K3
	KMOVQ K3, DX
	POPCNTQ DX, DX
	VPCOMPRESSB.Z Z4, K3, Z6
	VPMOVZXBD X6, Z7
	VPADDD Z5, Z7, Z7
	VMOVDQU32 Z7, (DI)
	CMPQ  DX, $16
	JLE   next
	SIXTEEN(1, 64)
	SIXTEEN(2, 128)
	SIXTEEN(3, 192)
next:
	LEAQ  (DI)(DX*4), DI
	VPADDD Z8, Z5, Z5
	ADDQ  $64, SI
	DECQ  CX
	JMP   loop

done:
	SUBQ  R11, DI
	SHRQ  $2, DI
	MOVQ  DI, n+40(FP)
	MOVQ  R10, newlines+48(FP)
	SUBQ  CX, R12
	MOVQ  R12, done+56(FP)
	VPMOVB2M Z9, K1
	KMOVQ K1, BX
	XORL  AX, AX
	TESTQ BX, BX
	SETNE AX
	MOVL  AX, high+64(FP)
	VZEROUPPER
	RET

// func masksAVX2(p *byte, words int, c *[4]byte, out *[4]uint64) (high uint32)
TEXT ·masksAVX2(SB), NOSPLIT, $0-36
	MOVQ p+0(FP), SI
	MOVQ words+8(FP), CX
	MOVQ c+16(FP), AX
	MOVQ out+24(FP), DI
	VPBROADCASTB 0(AX), Y0
	VPBROADCASTB 1(AX), Y1
	VPBROADCASTB 2(AX), Y2
	VPBROADCASTB 3(AX), Y9
	VPXOR Y15, Y15, Y15

loop:
	TESTQ CX, CX
	JZ    done
	VMOVDQU (SI), Y3
	VMOVDQU 32(SI), Y4
	VPOR  Y3, Y15, Y15
	VPOR  Y4, Y15, Y15

#define MASK(c, off) \
	VPCMPEQB Y3, c, Y5; \
	VPCMPEQB Y4, c, Y6; \
	VPMOVMSKB Y5, AX; \
	VPMOVMSKB Y6, BX; \
	SHLQ  $32, BX; \
	ORQ   BX, AX; \
	MOVQ  AX, off(DI)

	MASK(Y0, 0)
	MASK(Y1, 8)
	MASK(Y2, 16)
	MASK(Y9, 24)
	ADDQ  $64, SI
	ADDQ  $32, DI
	DECQ  CX
	JMP   loop

done:
	VPMOVMSKB Y15, AX
	MOVL  AX, high+32(FP)
	VZEROUPPER
	RET

// func flattenBMI(masks *uint64, words int, base uint32, out *uint32) (n int)
TEXT ·flattenBMI(SB), NOSPLIT, $0-40
	MOVQ masks+0(FP), SI
	MOVQ words+8(FP), CX
	MOVL base+16(FP), R8
	MOVQ out+24(FP), DI
	MOVQ DI, R11

loop:
	TESTQ CX, CX
	JZ    done
	MOVQ  (SI), AX
	POPCNTQ AX, DX
	FOUR(0)
	FOUR(16)
	CMPQ  DX, $8
	JLE   next
	FOUR(32)
	FOUR(48)
	CMPQ  DX, $16
	JLE   next
	LEAQ  64(DI), R13
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
	ADDQ  $8, SI
	DECQ  CX
	JMP   loop

done:
	SUBQ  R11, DI
	SHRQ  $2, DI
	MOVQ  DI, n+32(FP)
	RET
