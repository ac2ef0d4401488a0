import Foundation

/// Numbers as people read them.
public enum Figures {
    /// A whole number with its thousands set apart: `18,204`.
    public static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A number with a fixed count of digits after the point and its thousands set apart: `1,234.50`; `–` where it is not finite.
    public static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "–" }
        if value.magnitude >= 1e15 { return String(format: "%.3g", value) }
        let text = String(format: "%.\(digits)f", value.magnitude)
        let parts = text.split(separator: ".", maxSplits: 1)
        let whole = grouped(Int(parts[0]) ?? 0)
        let negative = value < 0 && text.contains { $0 != "0" && $0 != "." }
        return (negative ? "-" : "") + whole + (parts.count > 1 ? "." + parts[1] : "")
    }

    /// Few characters for an axis or a tight place: `950`, `12.5k`, `3.2M`.
    public static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = value.magnitude
        for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where size >= unit { return trimmed(value / unit) + name }
        return trimmed(value)
    }

    /// A share of one as a percentage: `12.5%`.
    public static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "–" }
        let digits = share == 0 || share >= 0.0995 ? 1 : 2
        return fixed(share * 100, digits: digits) + "%"
    }

    /// Bytes in the unit that fits: `812 B`, `7.3 MB`.
    public static func bytes(_ count: Double) -> String {
        for (unit, name) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where count >= unit {
            return fixed(count / unit, digits: 1) + " " + name
        }
        return fixed(count, digits: 0) + " B"
    }

    /// A span of seconds: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 10 min`.
    public static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "–" }
        if seconds < 10 { return fixed(seconds, digits: 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60 < 10 ? "0" : "")\(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// One word or the other: `1 profile`, `2 profiles`, `3 people`.
    public static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
        grouped(value) + " " + (value == 1 ? singular : plural ?? singular + "s")
    }

    private static func trimmed(_ value: Double) -> String {
        let size = value.magnitude
        var text = String(format: size >= 100 || size == 0 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.3g", value)
        if text.contains("."), !text.contains("e") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }
}
