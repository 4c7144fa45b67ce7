package checksum_test

import (
	"bytes"
	"hash/crc32"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/checksum"
)

// FuzzSum: the sum of a text follows from the sums of its parts, and the other way round.
func FuzzSum(f *testing.F) {
	f.Add([]byte("a text"), []byte(" and another"))
	f.Add([]byte{}, []byte("x"))
	f.Add([]byte("x"), []byte{})
	f.Add(bytes.Repeat([]byte{0}, 70_000), bytes.Repeat([]byte{255}, 3))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		text := append(bytes.Clone(a), b...)
		first, second, whole := checksum.Of(a), checksum.Of(b), checksum.Of(text)
		if whole.CRC != crc32.ChecksumIEEE(text) || whole.Length != int64(len(text)) {
			t.Fatalf("sum %v of %d bytes", whole, len(text))
		}
		if got := first.Then(second); got != whole {
			t.Errorf("Then: %v, want %v", got, whole)
		}
		if got := first.Add(b); got != whole {
			t.Errorf("Add: %v, want %v", got, whole)
		}
		if got := whole.Without(second); got != first {
			t.Errorf("Without: %v, want %v", got, first)
		}
	})
}

// TestLongTexts: lengths may exceed memory.
func TestLongTexts(t *testing.T) {
	part := checksum.Of(bytes.Repeat([]byte("0123456789abcdef"), 1<<10)) // 16 KiB
	long := checksum.Sum{}
	for range 30 {
		part = part.Then(part)
	}
	for range 3 {
		long = long.Then(part)
	}
	if want := int64(3) << 44; long.Length != want {
		t.Errorf("length %d, want %d", long.Length, want)
	}
	if got := long.Without(part).Without(part); got != part {
		t.Errorf("%v, want %v", got, part)
	}
	if got := long.Without(long); got != (checksum.Sum{}) {
		t.Errorf("a text without itself is %v, want the zero Sum", got)
	}
}
