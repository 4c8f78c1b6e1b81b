package baseline

// What the tests of locations use.
var (
	SplitLocation = splitLocation
	LineSpan      = lineSpan
)
