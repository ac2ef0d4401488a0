/// The instants of a chunk's profiles, profile by profile: what sequences walk.
final class InstantFolder {
    /// Where each profile's instants start; shape `[capacity + 1]`.
    private let starts: FlatArray<UInt32>
    private var times: FlatArray<Int64>

    init(capacity: Int) {
        starts = FlatArray(room: capacity + 1)
        times = FlatArray(room: 0)
    }

    /// - Parameter wanted: Profiles that matter; the others' instants are left away. nil: all matter.
    func gather(_ parts: [CutRows], _ chunk: Int, count: Int, wanted: UnsafePointer<UInt8>?) -> InstantLists {
        let starts = starts.start
        starts.update(repeating: 0, count: count + 1)
        // Each profile's entry counts its instants, then holds its start while they are placed, and so ends as its end: one place ahead.
        let end = starts + 1
        for part in parts {
            let rows = part.rows(of: chunk)
            if let wanted {
                for entry in 0..<rows.count { end[Int(rows.owners[entry])] &+= UInt32(wanted[Int(rows.owners[entry])]) }
            } else {
                for entry in 0..<rows.count { end[Int(rows.owners[entry])] &+= 1 }
            }
        }
        var total: UInt32 = 0
        for profile in 0..<count { (end[profile], total) = (total, total &+ end[profile]) }
        if times.count < Int(total) + 1 { times = FlatArray(room: Int(total) * 2 + 1) }
        let placed = times.start
        for part in parts {
            let rows = part.rows(of: chunk)
            if let wanted {
                for entry in 0..<rows.count {
                    let owner = Int(rows.owners[entry])
                    guard wanted[owner] == 1 else { continue }
                    placed[Int(end[owner])] = Int64(bitPattern: rows.words[entry])
                    end[owner] &+= 1
                }
            } else {
                for entry in 0..<rows.count {
                    let owner = Int(rows.owners[entry])
                    placed[Int(end[owner])] = Int64(bitPattern: rows.words[entry])
                    end[owner] &+= 1
                }
            }
        }
        return InstantLists(starts: UnsafePointer(starts), times: placed)
    }
}
