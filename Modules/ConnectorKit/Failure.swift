import CConnector

/// Why a connector could not go on, and what to do about it.
public struct Failure: Error, Sendable {
    /// What helps.
    public enum Recovery: Sendable {
        /// Somebody has to change the settings: trying again changes nothing.
        case mendSettings
        /// Trying again may help, no sooner than after so many milliseconds where the other side asked for that.
        case retry(afterMilliseconds: Int? = nil)
        /// Nothing helps.
        case stop
    }
    /// What helps.
    public var recovery: Recovery
    /// Where: a setting, a file, an address without credentials.
    public var place: String
    /// A sentence without its full stop: what happened. Shows no secret and no personal data.
    public var problem: String
    /// A sentence: what to do.
    public var remedy: String

    /// Joins the parts.
    public init(_ recovery: Recovery, at place: String, _ problem: String, remedy: String) {
        (self.recovery, self.place, self.problem, self.remedy) = (recovery, place, problem, remedy)
    }

    var status: tessera_status {
        switch recovery {
        case .mendSettings: TESSERA_MEND_SETTINGS
        case .retry: TESSERA_RETRY
        case .stop: TESSERA_STOP
        }
    }

    var after: Int64 { if case .retry(let milliseconds?) = recovery { Int64(milliseconds) } else { -1 } }
}
