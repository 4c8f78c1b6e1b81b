// Package kernelsource reads, out of the source text of FlashInfer and SGLang,
// which kernel APIs there are, under which names a trace dump of FlashInfer
// calls them, and which of them SGLang calls. The sources are parsed, and
// what makes the templates is evaluated by pyeval; nothing is imported or executed.
package kernelsource
