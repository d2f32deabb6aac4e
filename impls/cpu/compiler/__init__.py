"""How kernels become machine code: written as text, translated for LLVM, kept in files, called by address."""
