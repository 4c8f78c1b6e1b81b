package extract

import "errors"

// Options are what Read takes beside the file.
type Options struct {
	// RepoID and ModelName find the namesake in the catalogue for fields that
	// the file lacks; RepoID is also the Architecture's model id.
	RepoID    string
	ModelName string
	// Overrides are --set key=value: the key may be dotted, the value is JSON
	// or a bare string. They fill or replace fields of the language model.
	Overrides map[string]string
	// Infer takes missing fields from the namesake, marked in Inferred.
	Infer bool
	// Source is copied into the Architecture.
	Source Source
}

// Read turns the bytes of a config.json into an Architecture. Its errors are
// *SyntaxError, *FieldError, *MissingFieldsError and *NotDecoderError.
func Read(data []byte, opts Options) (*Architecture, error) {
	_, _, err := ParseConfig(data)
	if err != nil {
		return nil, err
	}
	return nil, errors.New("not written yet")
}
