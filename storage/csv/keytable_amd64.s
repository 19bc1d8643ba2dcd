#include "textflag.h"

// 64 bytes that are set, then 64 that are not: those that begin at 64-n keep n bytes of a key.
DATA keyMask<>+0(SB)/8, $-1
DATA keyMask<>+8(SB)/8, $-1
DATA keyMask<>+16(SB)/8, $-1
DATA keyMask<>+24(SB)/8, $-1
DATA keyMask<>+32(SB)/8, $-1
DATA keyMask<>+40(SB)/8, $-1
DATA keyMask<>+48(SB)/8, $-1
DATA keyMask<>+56(SB)/8, $-1
DATA keyMask<>+64(SB)/8, $0
DATA keyMask<>+72(SB)/8, $0
DATA keyMask<>+80(SB)/8, $0
DATA keyMask<>+88(SB)/8, $0
DATA keyMask<>+96(SB)/8, $0
DATA keyMask<>+104(SB)/8, $0
DATA keyMask<>+112(SB)/8, $0
DATA keyMask<>+120(SB)/8, $0
GLOBL keyMask<>(SB), RODATA|NOPTR, $128

// func keysAVX2(t *keyTable, base, pos unsafe.Pointer, step, gap, n int, out *uint16) (done int)
//
// A hash is the sum of the products of the halves of eight words, each xor-ed with its seed; see place.
TEXT ·keysAVX2(SB), NOSPLIT, $0-64
	MOVQ t+0(FP), AX
	MOVQ base+8(FP), DX
	MOVQ pos+16(FP), SI
	MOVQ step+24(FP), R8
	MOVQ gap+32(FP), R9
	MOVQ out+48(FP), DI
	MOVQ 0(AX), R10         // index
	MOVQ 8(AX), R11         // its size
	DECQ R11
	MOVQ 24(AX), R12        // keys
	MOVQ 48(AX), R13        // shift
	LEAQ keyMask<>+64(SB), BX
	MOVQ $0x9fb21c651e98df25, R15
	VMOVDQU ·keySeeds+0(SB), Y8
	VMOVDQU ·keySeeds+32(SB), Y9
	MOVQ n+40(FP), CX
	LEAQ (DI)(CX*2), CX     // the end of out
	MOVQ CX, R14
	INCQ DX

row:
	CMPQ  DI, R14
	JEQ   done
	MOVL  (SI), AX
	MOVL  (SI)(R9*1), CX
	SUBL  AX, CX            // the key's size
	ADDQ  DX, AX
	VMOVDQU 0(AX), Y0
	VMOVDQU 32(AX), Y1
	LEAL  -1(CX), AX
	CMPL  AX, $63
	JHI   done
	NEGQ  CX
	VPAND (BX)(CX*1), Y0, Y0
	VPAND 32(BX)(CX*1), Y1, Y1
	VPXOR Y0, Y8, Y2
	VPXOR Y1, Y9, Y3
	VPSRLQ $32, Y2, Y4
	VPSRLQ $32, Y3, Y5
	VPMULUDQ Y2, Y4, Y2
	VPMULUDQ Y3, Y5, Y3
	VPADDQ Y2, Y3, Y2
	VEXTRACTI128 $1, Y2, X3
	VPADDQ X2, X3, X2
	VPSRLDQ $8, X2, X3
	VPADDQ X2, X3, X2
	VMOVQ X2, AX
	IMULQ R15, AX
	SHRXQ R13, AX, AX
probe:
	MOVWLZX (R10)(AX*2), CX
	TESTL CX, CX
	JEQ   done
	MOVW  CX, (DI)
	SHLQ  $6, CX
	VPXOR 0(R12)(CX*1), Y0, Y6
	VPXOR 32(R12)(CX*1), Y1, Y7
	VPOR  Y6, Y7, Y6
	VPTEST Y6, Y6
	JNE   collision
	ADDQ  R8, SI
	ADDQ  $2, DI
	JMP   row
collision:
	INCQ  AX
	ANDQ  R11, AX
	JMP   probe

done:
	MOVQ  out+48(FP), AX
	SUBQ  AX, DI
	SHRQ  $1, DI
	MOVQ  DI, done+56(FP)
	VZEROUPPER
	RET
