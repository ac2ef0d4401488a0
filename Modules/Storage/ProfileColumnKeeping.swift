/// A snapshot that keeps columns by profile which were worked out of its blocks, so that the next question need not do it again.
///
/// What is kept is data in another order, never an answer. Whoever keeps may drop any of it at any time; memory is its concern.
public protocol ProfileColumnKeeping: StoreSnapshot {
    /// What was kept for a path over the same version of the store, by profile number; nil where nothing was.
    func keptColumn(_ path: ColumnPath) -> Column?
    /// Offers a column to be kept: one row for each profile, holding for this version only.
    func keep(_ column: Column, for path: ColumnPath)
}
