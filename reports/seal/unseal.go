// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A covered document is one whose file is laid out as we do it, to the last byte.
// Whether the signature in it is worth anything is not known yet.
type covered struct {
	*document
	signed [2][]byte // what the signature is over: all but itself
}

// readSealed takes a sealed file apart, puts it together again and compares: what
// we would not have written in exactly this way is refused.
func readSealed(pdf []byte) (*covered, error) {
	f, err := readFile(pdf, sealedHead)
	if err != nil {
		return nil, err
	}
	d, ranges, err := f.takeApart()
	if err != nil {
		return nil, err
	}
	again := d.file(ranges).write()
	if i := differ(again, pdf); i >= 0 {
		return nil, &malformed{i, "something is written in another way, or does not belong there"}
	}
	exact, from, to := d.covered(pdf)
	for i, n := range exact {
		if ranges[i] != n {
			return nil, errors.New("the signature does not cover the whole file: its byte ranges are not those of everything but itself")
		}
	}
	if err := d.drawn.check(); err != nil {
		return nil, fmt.Errorf("the file holds something that a packet has not: %w", err)
	}
	return &covered{d, [2][]byte{pdf[:from], pdf[to:]}}, nil
}

// differ returns where two files differ first; -1 is nowhere.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// takeApart finds what a seal adds. It believes nothing: whoever calls puts the
// parts together again.
func (f *file) takeApart() (*document, array, error) {
	root := f.dict(f.root)
	perms, _ := root["Perms"].(dict)
	signature := f.dict(perms["DocMDP"])
	if signature == nil {
		return nil, nil, errors.New("it is not sealed: there is no signature that forbids changes")
	}
	d := &document{}
	contents, ok := signature["Contents"].(text)
	ranges, ok2 := signature["ByteRange"].(array)
	m, ok3 := signature["M"].(text)
	if !ok || !ok2 || !ok3 || len(ranges) != 4 {
		return nil, nil, errors.New("the signature lacks its content, its range or its time")
	}
	d.signature, d.stamped = []byte(contents), signature["Reason"] == value(text(withStamp))
	var err error
	if d.claimed, err = time.Parse(moment, string(m)); err != nil {
		return nil, nil, fmt.Errorf("the signature states the time %q, which is none", string(m))
	}
	if err := f.attachments(root, d); err != nil {
		return nil, nil, err
	}
	d.drawn, err = f.withoutSeal(len(d.attached))
	return d, ranges, err
}

// withoutSeal returns what was drawn.
func (f *file) withoutSeal(attachments int) (*file, error) {
	n := len(f.objects) - added - 2*attachments
	if n < int(f.root) || n < int(f.info) {
		return nil, errors.New("the objects are not in the order in which a seal writes them")
	}
	drawn := &file{objects: append([]value{}, f.objects[:n]...), root: f.root, info: f.info}
	drawn.objects[f.root-1] = f.dict(f.root).without("AcroForm", "AF", "Extensions", "Names", "Perms")
	kids, _ := drawn.dict(drawn.dict(f.root)["Pages"])["Kids"].(array)
	if len(kids) == 0 || drawn.dict(kids[0]) == nil {
		return nil, errors.New("it has no pages")
	}
	page := kids[0].(ref)
	drawn.objects[page-1] = drawn.dict(page).without("Annots")
	return drawn, nil
}

// attachments finds the files in the tree of names.
func (f *file) attachments(root dict, d *document) error {
	names, ok := root["Names"].(dict)
	if !ok {
		return nil
	}
	files, _ := names["EmbeddedFiles"].(dict)
	tree, _ := files["Names"].(array)
	if len(tree)%2 != 0 {
		return errors.New("the list of attachments is damaged")
	}
	for i := 1; i < len(tree); i += 2 {
		a, err := f.attachment(f.dict(tree[i]))
		if err != nil {
			return err
		}
		d.attached = append(d.attached, a)
	}
	return nil
}

func (f *file) attachment(spec dict) (attached, error) {
	called, ok := spec["F"].(text)
	about, ok2 := spec["Desc"].(text)
	parts, ok3 := spec["EF"].(dict)
	s, ok4 := f.stream(parts["F"])
	media, ok5 := s.dict["Subtype"].(name)
	params, _ := s.dict["Params"].(dict)
	size, _ := params["Size"].(number)
	n, err := strconv.Atoi(string(size))
	if !ok || !ok2 || !ok3 || !ok4 || !ok5 || err != nil {
		return attached{}, errors.New("an attachment is described in another way than ours")
	}
	a := attached{packed: s.data, size: n}
	a.Name, a.Description, a.MediaType = string(called), string(about), strings.ReplaceAll(string(media), "#2F", "/")
	return a, a.allowed()
}
