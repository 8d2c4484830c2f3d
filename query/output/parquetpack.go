package output

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// packer packs the pages of one Parquet file with zstd. It needs less memory
// than parquet.Zstd, whose windows are far larger than a page.
type packer struct{ *zstd.Encoder }

var _ compress.Codec = packer{}

func newPacker() (packer, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4*parquetPage), zstd.WithLowerEncoderMem(true),
		zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	return packer{e}, err
}

// String implements compress.Codec.
func (packer) String() string { return "ZSTD" }

// CompressionCodec implements compress.Codec.
func (packer) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode implements compress.Codec.
func (p packer) Encode(dst, src []byte) ([]byte, error) { return p.EncodeAll(src, dst[:0]), nil }

// Decode implements compress.Codec.
func (packer) Decode(dst, src []byte) ([]byte, error) { return parquet.Zstd.Decode(dst, src) }
