package studio

import (
	"context"

	"atelier/ml/dataset/download"
)

// Download fetches the published files into DataDir and opens them. Cancelled
// or cut off, it goes on where it was when it is called again.
func (s *Studio) Download() *Job {
	return s.Go(JobDownload, "Downloading Fashion-MNIST", func(ctx context.Context, progress func(current, total int64)) error {
		err := s.config.Remote.Fetch(ctx, s.DataDir(), func(p download.Progress) {
			progress(p.Done, p.Total)
			if p.Retry != nil {
				s.Notify("Trying again to download %s: %v", p.File, p.Retry)
			}
		})
		if err != nil {
			return err
		}
		s.Notify("Downloaded Fashion-MNIST to %s", s.DataDir())
		s.OpenData(s.DataDir())
		return nil
	})
}
