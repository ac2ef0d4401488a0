#if canImport(CMemory)
import CMemory

/// Asks the processor to bring what lies at `address` near.
@inline(__always)
func prefetch(_ address: UnsafeRawPointer) { tessera_prefetch(address) }
#else
/// Without the one instruction for it, the processor is left to find out by itself.
@inline(__always)
func prefetch(_ address: UnsafeRawPointer) {}
#endif

/// How many rows ahead memory is asked for: rows of a block ascend by identifier but leave most of them out, so each row's profile lies
/// on another cache line. (Folding a trait of a million profiles took 30 ms without and 15 ms with it, on a machine busy with other work.)
enum Ahead {
    static let rows = 16
}
