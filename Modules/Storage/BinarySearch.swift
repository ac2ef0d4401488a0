extension RandomAccessCollection where Index == Int {
    /// The first place whose element `isBehind`, all after it being so too; the end where none is.
    public func partitioningPlace(_ isBehind: (Element) throws -> Bool) rethrows -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if try isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
