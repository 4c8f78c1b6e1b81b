package extract

// AttachConfig gives an Architecture that was read back from its JSON the
// config.json it was made from again: Config and TextConfig.
func (a *Architecture) AttachConfig(data []byte) error {
	root, _, err := ParseConfig(data)
	if err != nil {
		return err
	}
	loc := locate(root)
	a.Config, a.TextConfig = loc.root, loc.text
	return nil
}
