package vision

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation returns the EXIF orientation, 1 … 8, of an encoded picture, and 1
// where there is none (Exif 2.32, tag 0x0112).
func orientation(data []byte, format string) int {
	switch format {
	case "jpeg":
		return tiffOrientation(jpegEXIF(data))
	case "png":
		return tiffOrientation(chunk(data, 8, "eXIf", binary.BigEndian, 4, 0, 12, 1))
	case "webp":
		return tiffOrientation(bytes.TrimPrefix(chunk(data, 12, "EXIF", binary.LittleEndian, 0, 4, 8, 2), exifHeader))
	case "tiff":
		return tiffOrientation(data)
	}
	return 1
}

var exifHeader = []byte("Exif\x00\x00")

// jpegEXIF returns the TIFF structure in a JPEG's first EXIF segment, or nil.
func jpegEXIF(data []byte) []byte {
	for i := 2; i+4 <= len(data) && data[i] == 0xFF; {
		marker := data[i+1]
		if marker == 0xFF { // fill byte
			i++
			continue
		}
		if marker == 0xDA || marker == 0xD9 { // the pixels begin, or the file ends
			return nil
		}
		size := int(binary.BigEndian.Uint16(data[i+2:]))
		end := i + 2 + size
		if size < 2 || end > len(data) {
			return nil
		}
		if body := data[i+4 : end]; marker == 0xE1 && bytes.HasPrefix(body, exifHeader) {
			return body[len(exifHeader):]
		}
		i = end
	}
	return nil
}

// chunk returns the body of the chunk called name in a PNG or RIFF file whose
// chunks begin at start: the name at nameAt, the size at sizeAt, overhead bytes
// beside the body (of which the header is min(overhead, 8)), bodies padded to
// align.
func chunk(data []byte, start int, name string, order binary.ByteOrder, nameAt, sizeAt, overhead, align int) []byte {
	for i := start; i+8 <= len(data); {
		size := int64(order.Uint32(data[i+sizeAt:]))
		if int64(len(data)-i-8) < size {
			return nil
		}
		body := i + 8
		if string(data[i+nameAt:i+nameAt+4]) == name {
			return data[body : body+int(size)]
		}
		i += overhead + (int(size)+align-1)/align*align
	}
	return nil
}

// tiffOrientation returns the orientation in the first directory of a TIFF
// structure, and 1 if there is none or it makes no sense.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(t[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 1
	}
	entries := t[at+2:]
	for range order.Uint16(t[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			break
		}
		entries = entries[12:]
	}
	return 1
}

// upright undoes an EXIF orientation: 2 mirrored, 3 turned by 180°, 4 upside
// down mirrored, 5 transposed, 6 needs a quarter turn clockwise, 7 transversed,
// 8 needs a quarter turn anticlockwise. A picture that is turned is also reduced
// to at most maxTurned pixels an edge.
func upright(img image.Image, orientation int) image.Image {
	if orientation == 1 {
		return img
	}
	src := shrink(img, maxTurned)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			var dx, dy int
			switch orientation {
			case 2:
				dx, dy = w-1-x, y
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dx, dy = x, h-1-y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(dst.Pix[dst.PixOffset(dx, dy):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return dst
}
