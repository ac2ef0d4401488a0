import Foundation

/// Whether the long tests were asked for.
let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
