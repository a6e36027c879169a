package kernel

// unit holds v/255 for every byte v.
var unit = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// gatherRows is how many images a chunk of Gather holds.
const gatherRows = 16

// Gather assembles a batch: row i of dst, (len(indices), pixels), becomes
// image indices[i] of images, each byte divided by 255.
func (k *Kernels) Gather(dst []float32, images []byte, pixels int, indices []int) {
	need("dst", dst, len(indices)*pixels)
	for _, i := range indices {
		need("images", images, (i+1)*pixels)
	}
	k.begin()
	defer k.end()
	k.jobs.gather = gatherJob{dst, images, pixels, indices}
	k.workers.run(ceilDiv(len(indices), gatherRows), &k.jobs.gather)
}

type gatherJob struct {
	dst     []float32
	images  []byte
	pixels  int
	indices []int
}

func (j *gatherJob) chunk(chunk, _ int) {
	for i := chunk * gatherRows; i < min(len(j.indices), (chunk+1)*gatherRows); i++ {
		src := j.images[j.indices[i]*j.pixels:][:j.pixels]
		dst := j.dst[i*j.pixels:][:len(src)]
		for p, v := range src {
			dst[p] = unit[v]
		}
	}
}
