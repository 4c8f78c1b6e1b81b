package baseline

func dimensionsOf(o *object) []value { _ = o; return nil }
