#ifndef TESSERA_CMEMORY_H
#define TESSERA_CMEMORY_H

/// Asks the processor to bring the line at `address` near; never faults. Swift has no word for it.
static inline void tessera_prefetch(const void *_Nullable address) { __builtin_prefetch(address); }

#endif
