// Package vision turns any picture or drawing into the 28×28 grey image that
// the makers of Fashion-MNIST would have made of it.
//
// The makers took product photos on white, trimmed them, fitted the longest
// edge to 28 pixels, sharpened, centred and negated them (Xiao, Rasul and
// Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
// Learning Algorithms", arXiv 1708.07747, section 2). A photo with something
// else around the garment has to be cut out first, and a line drawing has to be
// filled, before the same steps make sense of it. [Prepare] decides by evidence
// which of these a picture needs and keeps a picture of every step.
package vision
