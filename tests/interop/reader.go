// Reads a log of ours with Go's own note and tlog packages, which know nothing of Aboveboard: `reader FOLDER VKEY PROOFS`.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int                        { return 8 }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles { // Go writes tile/<height>/<level>/..., C2SP writes tile/<level>/...
		data = append(data, must(os.ReadFile(filepath.Join(string(f), "tile", strings.TrimPrefix(t.Path(), "tile/8/")))))
	}
	return data, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	f, verifier := folder(os.Args[1]), must(note.NewVerifier(os.Args[2]))
	opened := must(note.Open(must(os.ReadFile(filepath.Join(string(f), "checkpoint"))), note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	size, root := must(strconv.ParseInt(lines[1], 10, 64)), must(tlog.ParseHash(lines[2]))
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, f)

	leaves := []tlog.Hash{}
	for n := int64(0); n < size; n += 256 { // every entry, against the hash that its authenticated tile holds
		width := int(min(256, size-n))
		path := tlog.Tile{H: 8, L: 0, N: n / 256, W: width}.Path()
		bundle := must(os.ReadFile(filepath.Join(string(f), "tile/entries", strings.TrimPrefix(path, "tile/8/0/"))))
		indexes := []int64{}
		for i := range int64(width) {
			length := binary.BigEndian.Uint16(bundle)
			leaves = append(leaves, tlog.RecordHash(bundle[2:2+length]))
			bundle = bundle[2+length:]
			indexes = append(indexes, tlog.StoredHashIndex(0, n+i))
		}
		for i, hash := range must(hashes.ReadHashes(indexes)) {
			if hash != leaves[n+int64(i)] {
				log.Fatalf("entry %d is not the one in the tree", n+int64(i))
			}
		}
	}

	var proofs struct {
		Inclusion   []struct{ Index int64; Hashes tlog.RecordProof }
		Consistency []struct{ Size int64; Root tlog.Hash; Hashes tlog.TreeProof }
	}
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[3])), &proofs))
	for _, p := range proofs.Inclusion {
		must(0, tlog.CheckRecord(p.Hashes, size, root, p.Index, leaves[p.Index]))
	}
	for _, p := range proofs.Consistency {
		must(0, tlog.CheckTree(p.Hashes, size, root, p.Size, p.Root))
		if must(tlog.TreeHash(p.Size, hashes)) != p.Root {
			log.Fatalf("the root at %d is not the one the tiles make", p.Size)
		}
	}
	fmt.Println(lines[0], size, len(leaves), len(proofs.Inclusion), len(proofs.Consistency))
}
