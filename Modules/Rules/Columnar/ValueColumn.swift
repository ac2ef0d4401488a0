public import Storage

/// A value of every profile of a snapshot, in flat arrays by profile number. Holds for one snapshot only.
public struct ValueColumn: Sendable {
    /// What is known of the value: `instant` and `duration` are in `times`, the others by their tags.
    public let kind: Kind
    /// `ValueTag` of each profile: absent, no, yes, number or text. A present instant or duration has the tag `number`. Shape `[profiles]`.
    public let tags: ContiguousArray<UInt8>
    /// The numbers, at the profiles tagged `number` (0 elsewhere); shape `[profiles]`, or empty where none is a number.
    public let numbers: ContiguousArray<Double>
    /// Milliseconds, at the profiles tagged `number`, of instants and durations (0 elsewhere); empty for other kinds.
    public let times: ContiguousArray<Int64>
    /// Numbers of texts in `dictionary`, at the profiles tagged `text` (0 elsewhere); shape `[profiles]`, or empty where none is a text.
    public let texts: ContiguousArray<UInt32>
    /// The texts; nil where none is a text. It may hold texts that no profile has.
    public let dictionary: TextDictionary?

    /// Joins the parts, which must agree with one another.
    public init(
        kind: Kind, tags: ContiguousArray<UInt8>, numbers: ContiguousArray<Double> = [], times: ContiguousArray<Int64> = [],
        texts: ContiguousArray<UInt32> = [], dictionary: TextDictionary? = nil
    ) {
        (self.kind, self.tags, self.numbers, self.times, self.texts, self.dictionary) = (kind, tags, numbers, times, texts, dictionary)
    }

    /// How many profiles there are.
    public var count: Int { tags.count }

    /// The value of one profile.
    public subscript(profile: Int) -> Value {
        switch tags[profile] {
        case ValueTag.no: .truth(false)
        case ValueTag.yes: .truth(true)
        case ValueTag.text: dictionary.map { .text(Text($0[Int(texts[profile])])) } ?? .missing
        case ValueTag.number:
            switch kind {
            case .instant: .instant(times[profile])
            case .duration: .duration(times[profile])
            default: .number(numbers[profile])
            }
        default: .missing
        }
    }
}
