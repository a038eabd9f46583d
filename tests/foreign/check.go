// Checks what Sworn publishes with Go's own transparency log packages (golang.org/x/mod/sumdb), which share no code
// with Sworn: signed notes, tiles, entry bundles, inclusion and consistency proofs, .tlog-proof files.
//
//	check TREE VERIFIER-KEY [OLD-CHECKPOINT | FILE.tlog-proof]...
//
// TREE is a directory written by "sworn export tiles". Ends with status 1 and the reason where anything is refused.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func check(err error, doing string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "check: %s: %v\n", doing, err)
		os.Exit(1)
	}
}

// openCheckpoint verifies the note and reads the three lines of c2sp.org/tlog-checkpoint.
func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// tiles reads hash tiles from a directory laid out as c2sp.org/tlog-tiles has it.
type tiles struct{ directory string }

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		// Go names the height of the tiles in their paths, which the specification has fixed at 8.
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.directory, path))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// readEntries reads every entry bundle of a tree.
func readEntries(directory string, size int64) ([][]byte, error) {
	var entries [][]byte
	for index := int64(0); index*256 < size; index++ {
		width := size - index*256
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: tileHeight, L: -1, N: index, W: int(width)}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", tileHeight), "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(directory, path))
		if err != nil {
			return nil, err
		}
		for len(bundle) > 0 {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("%s ends early", path)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	if int64(len(entries)) != size {
		return nil, fmt.Errorf("the bundles hold %d entries, the checkpoint has %d", len(entries), size)
	}
	return entries, nil
}

// checkProofFile checks a c2sp.org/tlog-proof of one of the entries.
func checkProofFile(text string, verifier note.Verifier, entries [][]byte) error {
	lines := strings.Split(text, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("first line %q", lines[0])
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		if _, err := base64.StdEncoding.DecodeString(lines[0][len("extra "):]); err != nil {
			return err
		}
		lines = lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil || index >= int64(len(entries)) {
		return fmt.Errorf("index line %q", lines[0])
	}
	lines = lines[1:]
	var proof tlog.RecordProof
	for ; lines[0] != ""; lines = lines[1:] {
		hash, err := tlog.ParseHash(lines[0])
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(strings.Join(lines[1:], "\n")), verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index]))
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: check TREE VERIFIER-KEY [OLD-CHECKPOINT | FILE.tlog-proof]...")
		os.Exit(2)
	}
	directory := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err, "verifier key")
	text, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	check(err, "checkpoint")
	tree, err := openCheckpoint(text, verifier)
	check(err, "checkpoint")
	fmt.Printf("checkpoint: %d entries, root %s\n", tree.N, tree.Hash)

	// Refuses tiles that do not hash to the root of the checkpoint.
	reader := tlog.TileHashReader(tree, tiles{directory})
	entries, err := readEntries(directory, tree.N)
	check(err, "entry bundles")
	for index, entry := range entries {
		proof, err := tlog.ProveRecord(tree.N, int64(index), reader)
		check(err, fmt.Sprintf("inclusion proof of entry %d", index))
		err = tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry))
		check(err, fmt.Sprintf("entry %d", index))
	}
	fmt.Printf("entries: %d under the checkpoint\n", len(entries))

	for _, path := range os.Args[3:] {
		text, err := os.ReadFile(path)
		check(err, path)
		if strings.HasSuffix(path, ".tlog-proof") {
			check(checkProofFile(string(text), verifier, entries), path)
			fmt.Printf("proof: %s\n", filepath.Base(path))
			continue
		}
		old, err := openCheckpoint(text, verifier)
		check(err, path)
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		check(err, path)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash), path)
		fmt.Printf("consistency: %d entries continue %d\n", tree.N, old.N)
	}
}
