/// A text of the language in parentheses, so that it keeps its meaning within a longer one: where it may end in a comment, a line end
/// stands before the closing one.
public func enclosed(_ text: String) -> String { "(" + text + (text.utf8.contains(UInt8(ascii: "#")) ? "\n)" : ")") }
