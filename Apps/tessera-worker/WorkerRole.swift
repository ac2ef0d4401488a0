/// What a worker does, as `--roles` names it; what is off is not served or not started.
enum WorkerRole: String, CaseIterable {
    /// Takes messages.
    case collect
    /// Answers questions about people and segments, and decides.
    case read
    /// Keeps segments up to date by messages and by the clock, and tells changes.
    case live
    /// Reads the sources of the settings file.
    case connectors
    /// Does things at set times.
    case jobs
}
