package generate

// Recommended gives the TP and EP that sgl-cookbook recommends for a
// repository; ok is false when it recommends none.
func Recommended(repo string) (tp, ep int, ok bool) {
	s, ok := recommended(repo)
	if !ok {
		return 0, 0, false
	}
	return s.tp, s.ep, true
}
