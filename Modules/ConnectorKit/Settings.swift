import CConnector

/// Settings that were written for a connector, checked by its descriptor. What was not written is nil.
public struct Settings: Sendable {
    private let values: [String: String]

    /// For tests: as a settings file has them.
    public init(_ values: [String: String]) { self.values = values }

    init(_ settings: UnsafePointer<tessera_setting>?, _ count: Int) {
        var values: [String: String] = [:]
        for setting in UnsafeBufferPointer(start: settings, count: count) { values[setting.name.text] = setting.value.text }
        self.values = values
    }

    /// A text, word or secret; of a list or a map its JSON.
    public func text(_ name: String) -> String? { values[name] }
    /// A whole number; of a duration its seconds.
    public func integer(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
    /// A number.
    public func number(_ name: String) -> Double? { values[name].flatMap { Double($0) } }
    /// true or false.
    public func truth(_ name: String) -> Bool? { values[name].map { $0 == "true" } }
}

extension tessera_bytes {
    var text: String { String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) }
}

/// Hands bytes over for the time of a call.
func lending<Answer>(_ text: some Sequence<UInt8>, _ call: (tessera_bytes) -> Answer) -> Answer {
    Array(text).withUnsafeBufferPointer { call(tessera_bytes(bytes: $0.baseAddress, count: $0.count)) }
}
