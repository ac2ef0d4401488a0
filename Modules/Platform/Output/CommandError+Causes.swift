import Storage

extension CommandError {
    /// A store's refusal.
    init(_ error: StoreError) {
        let code: Code =
            switch error.reason {
            case .missing: .missing
            case .held: .held
            case .damaged: .damaged
            case .newer: .newer
            case .disk: .disk
            case .limit: .limit
            }
        self.init(code, error.description)
    }
}
