package dataset

import "slices"

// PublishedBase is where the creators of Fashion-MNIST publish its files.
const PublishedBase = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

// PublishedFile is one of the four files of Fashion-MNIST as its creators
// published it.
type PublishedFile struct {
	Name   string // as published, compressed
	Size   int64  // bytes, compressed
	MD5    string // of the compressed file, from the creators' README
	SHA256 string // of the content after decompression
}

// PublishedFiles lists the four files. The SHA-256 sums were computed from the
// Debian package dataset-fashion-mnist 0.0~git20200523.55506a9-1, whose files
// hold the published content, compressed anew.
var PublishedFiles = []PublishedFile{
	{
		"train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
		"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
	},
	{
		"train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe",
		"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
	},
	{
		"t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79",
		"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
	},
	{
		"t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310",
		"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
	},
}

func isPublished(sha256 string) bool {
	return slices.ContainsFunc(PublishedFiles, func(f PublishedFile) bool { return f.SHA256 == sha256 })
}
