package extract

// Value is one JSON value of a config.json: nil, bool, int64, *big.Int,
// float64, string, []Value or *Object. Integers written as integers stay
// integers; 4096.0 is a float64 (Int reads it leniently).
type Value any

// Object is a JSON object that keeps the order of its keys. A key that is
// written twice has its last value, as in Python; keys are case-sensitive.
type Object struct {
	Keys   []string
	Values map[string]Value
}

// Get gives the value of a key; ok is false when the key is absent. A key
// that is there with null gives nil, true. Get of a nil Object is absent.
func (o *Object) Get(key string) (v Value, ok bool) {
	if o == nil {
		return nil, false
	}
	v, ok = o.Values[key]
	return v, ok
}
