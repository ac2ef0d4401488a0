import EventModel

extension DeliveryBatch {
    /// Adds a record as a line of JSON with all that is known of it: `{"kind","key","profile","record"}`.
    public func appendLine(_ index: Int, to text: inout ContiguousArray<UInt8>) {
        text.append(contentsOf: #"{"kind":"\#(records[index].kind.rawValue)","key":"#.utf8)
        JSONText.append(string: key(index), to: &text)
        text.append(contentsOf: #","profile":"#.utf8)
        JSONText.append(string: profile(index), to: &text)
        text.append(contentsOf: #","record":"#.utf8)
        text.append(contentsOf: json(index))
        text.append(contentsOf: "}\n".utf8)
    }
}
