package weights

// Size is what an entry of models.ts says of a layer: out and in features; a
// norm has its width in N.
type Size struct{ N, K int }

// Row is a layer of the tree that the witnesses bear out.
type Row struct {
	Path string
	Size Size
}

// Comparison is an entry of models.ts compared with its model's checkpoint.
type Comparison struct {
	// Unseen says why nothing was compared: the other fields are then empty.
	Unseen         string
	Contradictions []Contradiction
	// Confirmed are the rows whose weights the checkpoint has in just the size
	// that the entry states, with how many the model has of each.
	Confirmed map[Row]int
	// Counts are how many of each row the config and SGLang's source have.
	Counts map[Row]Counts
}

// Counts are the numbers of a layer; 0 where a witness says nothing.
type Counts struct{ Config, Source int }

// Contradiction is one thing that a checkpoint has against an entry, with what
// everyone says of it ("" where one says nothing).
type Contradiction struct {
	// Row is the layer; the zero Row for the whole model, and for a tensor that
	// no layer stands for.
	Row Row
	// What is that of the Finding.
	What string
	// Tensor is one of the checkpoint's; "" when there is none.
	Tensor                            string
	Entry, Config, Source, Checkpoint string
	// Layers are those that are meant, in words; "" for what is outside of them.
	Layers string
}
