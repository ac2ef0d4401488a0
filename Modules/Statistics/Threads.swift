import COpenBLAS

/// How many threads one call of OpenBLAS may use, for the whole process.
///
/// Code that shares its work out over threads of its own wants 1; one large product on an idle machine wants all cores.
public enum LinearAlgebraThreads {
    /// The present number, at least 1.
    public static var count: Int {
        get { Int(openblas_get_num_threads()) }
        set {
            precondition(newValue > 0, "OpenBLAS needs at least one thread")
            openblas_set_num_threads(Int32(newValue))
        }
    }
}
