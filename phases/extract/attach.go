package extract

// AttachConfig gives an Architecture that was read back from its JSON the
// config.json it was made from again, with the same overrides: Config and
// TextConfig.
func (a *Architecture) AttachConfig(data []byte, overrides map[string]string) error {
	root, _, err := ParseConfig(data)
	if err != nil {
		return err
	}
	loc := locate(root)
	applyOverrides(loc, overrides)
	a.Config, a.TextConfig = loc.root, loc.text
	return nil
}
