import Dispatch
import Foundation

/// Runs `body` once for every number of `0 ..< parts`, on at most `threads` threads, and returns when all are done.
///
/// Which thread takes which part, and in what order, is open; results that must be repeatable are put together by part.
/// The body promises that what one part writes no other part touches.
public func shareOut(_ parts: Int, threads: Int, _ body: (_ part: Int) -> Void) {
    guard threads > 1, parts > 1 else {
        for part in 0..<parts { body(part) }
        return
    }
    withoutActuallyEscaping(body) { body in
        // Crosses threads only for the time of this call, and its parts are disjoint, as promised above.
        nonisolated(unsafe) let work = body
        if threads >= ProcessInfo.processInfo.activeProcessorCount {
            DispatchQueue.concurrentPerform(iterations: parts) { work($0) }
        } else {
            DispatchQueue.concurrentPerform(iterations: min(threads, parts)) { worker in
                for part in stride(from: worker, to: parts, by: threads) { work(part) }
            }
        }
    }
}

/// The bounds of part `part` when `count` elements are cut into `parts` runs of nearly equal length.
public func bounds(ofPart part: Int, of parts: Int, count: Int) -> Range<Int> {
    count * part / parts..<count * (part + 1) / parts
}
