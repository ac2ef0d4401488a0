extension JSONValue {
    /// The value as JSON without spaces; decoding it gives an equal value.
    public var text: String {
        var out = ContiguousArray<UInt8>()
        append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends `text` as UTF-8.
    public func append(to out: inout ContiguousArray<UInt8>) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let truth): out.append(contentsOf: truth ? "true".utf8 : "false".utf8)
        case .integer(let integer): JSONText.append(integer, to: &out)
        case .unsigned(let integer): JSONText.append(integer, to: &out)
        case .number(let number): JSONText.append(number, to: &out)
        case .string(let string): JSONText.append(string: string, to: &out)
        case .object(let object): object.append(to: &out)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                element.append(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        }
    }
}

extension JSONObject {
    /// The object as JSON without spaces, members in their order.
    public var text: String { JSONValue.object(self).text }

    /// Appends `text` as UTF-8.
    public func append(to out: inout ContiguousArray<UInt8>) {
        out.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.append(string: member.name, to: &out)
            out.append(UInt8(ascii: ":"))
            member.value.append(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }
}
