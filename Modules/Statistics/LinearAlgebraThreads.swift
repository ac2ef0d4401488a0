import COpenBLAS
import Foundation

/// How many threads one call of OpenBLAS may use, for the whole process.
///
/// Code that shares its work out over threads of its own wants 1; one large product on an idle machine wants all cores.
public enum LinearAlgebraThreads {
    /// The present number, at least 1.
    public static var count: Int {
        get { Int(openblas_get_num_threads()) }
        set {
            precondition(newValue > 0, "OpenBLAS needs at least one thread")
            openblas_set_num_threads(Int32(newValue))
        }
    }

    /// Runs `work` with one thread for each call of OpenBLAS, and gives back the former number once no such work is left.
    public static func single<Result>(_ work: () throws -> Result) rethrows -> Result {
        Nesting.shared.enter()
        defer { Nesting.shared.leave() }
        return try work()
    }

    /// Counts the callers of `single` that are still at work.
    private final class Nesting: @unchecked Sendable {
        static let shared = Nesting()
        // Both are touched under the lock alone.
        private let lock = NSLock()
        private var depth = 0, former = 1

        func enter() {
            lock.withLock {
                if depth == 0 { former = LinearAlgebraThreads.count }
                depth += 1
                LinearAlgebraThreads.count = 1
            }
        }

        func leave() {
            lock.withLock {
                depth -= 1
                if depth == 0 { LinearAlgebraThreads.count = former }
            }
        }
    }
}
