"""Ground systems as machine code: LLVM IR, written as text, that goes through states packed into words. Only here is llvmlite known."""
