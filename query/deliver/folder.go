package deliver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/windrow/windrow/query/output"
)

const (
	// manifestName is the file that lists the others of a folder. It comes
	// last: where it is, and its hashes are those of the files, all is there.
	manifestName = "_manifest.json"
	// pendingName lists, while a folder is changed, every file that may lie
	// there and is Windrow's. It is how the next try finds what a killed one
	// has left.
	pendingName = ".windrow-pending.json"
	// manifestLimit is the greatest manifest that is read, in bytes.
	manifestLimit = 256 << 20
)

// listing is what is read of a manifest; query/export writes it.
type listing struct {
	Files     []listed `json:"files"`
	Leftovers []string `json:"leftovers,omitempty"` // may be there and belong to no export
}

type listed struct {
	Path   string `json:"path"` // below the folder, with slashes
	SHA256 string `json:"sha256,omitempty"`
}

// placeFolder puts the files of the folder from into dir, its manifest last,
// and then removes the files that only the former manifest lists. Readers see
// whole files at any time, and of one export when the manifest is there.
func placeFolder(ctx context.Context, dir *os.Root, from, id string) (Receipt, error) {
	manifest, err := os.ReadFile(filepath.Join(from, manifestName))
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot read the finished folder %s: %w", from, err)
	}
	list, err := readListing(manifest)
	if err != nil {
		return Receipt{}, permanent{fmt.Errorf("the manifest of the finished folder %s: %w", from, err)}
	}
	mine, err := former(dir, list, id)
	if err != nil {
		return Receipt{}, err
	}
	if err := announce(dir, mine, id); err != nil {
		return Receipt{}, err
	}
	n, err := placeFiles(ctx, dir, from, list, id)
	if err != nil {
		return Receipt{}, err
	}
	if err := placeBytes(dir, manifestName, manifest, id); err != nil {
		return Receipt{}, within(manifestName, err)
	}
	if err := syncFolder(dir, "."); err != nil {
		return Receipt{}, err
	}
	if err := removeStale(dir, mine, list); err != nil {
		return Receipt{}, err
	}
	return Receipt{Bytes: n + int64(len(manifest)), SHA256: sha256.Sum256(manifest)}, nil
}

// readListing reads a manifest, whose paths must stay within their folder.
func readListing(manifest []byte) (l listing, err error) {
	if err := json.Unmarshal(manifest, &l); err != nil {
		return l, err
	}
	for _, f := range l.Files {
		if !ownPath(f.Path) {
			return l, fmt.Errorf("it lists the file %q", f.Path)
		}
	}
	return l, nil
}

// ownPath reports whether a path can be that of a file of a folder.
func ownPath(p string) bool {
	return filepath.IsLocal(filepath.FromSlash(p)) && path.Clean(p) == p && p != "." && p != manifestName && p != pendingName
}

// former returns every file that may be in the folder when the new ones are:
// these, those of the manifest that is there, those of a delivery that was
// killed, and what any of these is called until it is complete. A manifest
// that cannot be read lists nothing: it is another program's, and so are its
// files.
func former(dir *os.Root, list listing, id string) ([]string, error) {
	all := []string{tempName(manifestName, id), tempName(pendingName, id)}
	for _, f := range list.Files {
		all = append(all, f.Path, path.Join(path.Dir(f.Path), tempName(path.Base(f.Path), id)))
	}
	for _, name := range []string{manifestName, pendingName} {
		text, err := readLimited(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, within(name, err)
		}
		var old listing
		if json.Unmarshal(text, &old) != nil {
			continue
		}
		for _, f := range old.Files {
			all = append(all, f.Path)
		}
		all = append(all, old.Leftovers...)
	}
	all = slices.DeleteFunc(all, func(p string) bool { return !ownPath(p) })
	slices.Sort(all)
	return slices.Compact(all), nil
}

func readLimited(dir *os.Root, name string) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, manifestLimit))
}

// announce notes which files the folder may have, before it has them.
func announce(dir *os.Root, files []string, id string) error {
	text, err := json.Marshal(listing{Files: []listed{}, Leftovers: files})
	if err == nil {
		err = placeBytes(dir, pendingName, text, id)
	}
	if err == nil {
		err = syncFolder(dir, ".")
	}
	return within(pendingName, err)
}

// placeFiles puts all files but the manifest into dir, durably, and returns
// their size in bytes.
func placeFiles(ctx context.Context, dir *os.Root, from string, list listing, id string) (total int64, err error) {
	var written []string
	for _, f := range list.Files {
		n, err := placeListed(ctx, dir, from, f, id)
		if err != nil {
			return 0, within(f.Path, err)
		}
		total += n
		written = append(written, f.Path)
	}
	return total, syncFoldersOf(dir, written)
}

// syncFoldersOf makes what happened to files durable, in all their folders
// that are still there, and are here.
func syncFoldersOf(dir *os.Root, files []string) error {
	folders := map[string]bool{".": true}
	for _, f := range files {
		for at := path.Dir(f); !folders[at]; at = path.Dir(at) {
			folders[at] = true
		}
	}
	for at := range folders {
		if err := syncFolder(dir, filepath.FromSlash(at)); err != nil && !gone(err) && !escapes(dir, err) {
			return within(at, err)
		}
	}
	return nil
}

func placeListed(ctx context.Context, dir *os.Root, from string, f listed, id string) (int64, error) {
	at := filepath.FromSlash(f.Path)
	sub, err := openFolder(dir, filepath.Dir(at))
	if err != nil {
		return 0, err
	}
	defer sub.Close()
	var want [32]byte
	if sum, err := hex.DecodeString(f.SHA256); err == nil {
		copy(want[:], sum)
	}
	n, _, err := placeFile(ctx, sub, filepath.Base(at), filepath.Join(from, at), want, id)
	return n, err
}

// removeStale removes the files that are not on the list, and folders that
// become empty. The note of what may be there goes when that is durable.
func removeStale(dir *os.Root, files []string, list listing) error {
	keep := map[string]bool{}
	for _, f := range list.Files {
		keep[f.Path] = true
	}
	files = slices.DeleteFunc(files, func(p string) bool { return keep[p] })
	for _, p := range files {
		if err := removeFile(dir, filepath.FromSlash(p)); err != nil {
			return within(p, err)
		}
		for up := path.Dir(p); up != "." && removeEmpty(dir, filepath.FromSlash(up)); up = path.Dir(up) {
		}
	}
	if err := syncFoldersOf(dir, files); err != nil {
		return err
	}
	return within(pendingName, dir.Remove(pendingName))
}

// removeFile removes a file if it is there, and never a folder, nor what a
// symbolic link has put elsewhere.
func removeFile(dir *os.Root, name string) error {
	info, err := dir.Lstat(name)
	switch {
	case err != nil && (gone(err) || escapes(dir, err)), err == nil && info.IsDir():
		return nil
	case err != nil:
		return err
	}
	return dir.Remove(name)
}

// removeEmpty removes a folder if it is there and empty, and reports whether
// nothing is there now.
func removeEmpty(dir *os.Root, name string) bool {
	info, err := dir.Lstat(name)
	if err != nil {
		return gone(err)
	}
	return info.IsDir() && dir.Remove(name) == nil
}

// within says which file of a folder an error is about.
func within(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", shown(name), output.Reason(err))
}
