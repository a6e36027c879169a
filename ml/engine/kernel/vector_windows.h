// GCC for 64-bit Windows takes the stack to be aligned to 16 bytes, yet spills
// 32- and 64-byte vectors to it with instructions that fault unless it is
// aligned to as much (GCC bug 54412). These macros turn the aligned moves that
// it writes into unaligned ones, which cost the same where the address is
// aligned. Clang has no such bug.
#if defined(_WIN64) && !defined(__clang__)
__asm__(
	".macro vmovaps a:vararg\n\tvmovups \\a\n.endm\n"
	".macro vmovapd a:vararg\n\tvmovupd \\a\n.endm\n"
	".macro vmovdqa a:vararg\n\tvmovdqu \\a\n.endm\n"
	".macro vmovdqa32 a:vararg\n\tvmovdqu32 \\a\n.endm\n"
	".macro vmovdqa64 a:vararg\n\tvmovdqu64 \\a\n.endm\n");
#endif
