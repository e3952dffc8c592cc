// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A document is what a sealed file consists of: what was drawn, what is attached,
// and the signature.
type document struct {
	drawn     *file // without anything that a seal adds
	attached  []attached
	claimed   time.Time
	stamped   bool   // there is a timestamp in the signature
	signature []byte // what stands in Contents, padding included
}

// An attached file, with its data also as they stand in the PDF.
type attached struct {
	Attachment
	packed []byte
	size   int // of the data
}

const (
	moment    = "D:20060102150405Z"
	withStamp = "Sealed with a timestamp"

	// added is how many objects a seal adds beside two for each attachment: the
	// signature's field and the signature.
	added = 2
)

// readDrawn reads a PDF that we have drawn.
func readDrawn(pdf []byte) (*file, error) {
	f, err := readFile(pdf, drawnHead)
	if err != nil {
		return nil, err
	}
	root := f.dict(f.root)
	if names, ok := root["Names"].(dict); ok {
		none, _ := names["EmbeddedFiles"].(dict)
		if a, ok := none["Names"].(array); !ok || len(a) != 0 || len(names) != 1 || len(none) != 1 {
			return nil, fmt.Errorf("the drawing has attachments of its own")
		}
		f.objects[f.root-1] = root.without("Names")
	}
	return f, f.check()
}

// layOut returns the whole file and the place of the signature's hex digits,
// angle brackets included.
func (d *document) layOut() (pdf []byte, from, to int) {
	ranges := array{number("0"), number("0"), number("0"), number("0")}
	for { // longer numbers move what stands behind them; they only grow
		pdf := d.file(ranges).write()
		exact, from, to := d.covered(pdf)
		if slices.Equal(exact, ranges) {
			return pdf, from, to
		}
		ranges = exact
	}
}

// covered returns the ranges that leave out nothing but the signature itself.
func (d *document) covered(pdf []byte) (ranges array, from, to int) {
	from = bytes.LastIndex(pdf, []byte("/Contents <")) + len("/Contents ")
	to = from + 2*len(d.signature) + len("<>")
	return array{number("0"), numberOf(from), numberOf(to), numberOf(len(pdf) - to)}, from, to
}

// file puts everything together: what a seal adds comes last.
func (d *document) file(ranges array) *file {
	f := &file{objects: append([]value{}, d.drawn.objects...), root: d.drawn.root, info: d.drawn.info}
	add := func(v value) ref {
		f.objects = append(f.objects, v)
		return ref(len(f.objects))
	}
	var specs, tree array
	for _, a := range d.attached {
		s := add(d.specOf(a, add(d.streamOf(a))))
		specs, tree = append(specs, s), append(tree, text(a.Name), s)
	}
	page := f.firstPage()
	signature := ref(len(f.objects) + added)
	widget := add(dict{
		"F": number("132"), "FT": name("Sig"), "P": page, "Rect": array{number("0"), number("0"), number("0"), number("0")},
		"Subtype": name("Widget"), "T": text("Seal"), "Type": name("Annot"), "V": signature,
	})
	add(d.signatureOf(ranges))
	root := f.dict(f.root).
		with("AcroForm", dict{"Fields": array{widget}, "SigFlags": number("3")}).
		with("Extensions", dict{"ESIC": dict{"BaseVersion": name("1.7"), "ExtensionLevel": number("1")}}).
		with("Perms", dict{"DocMDP": signature})
	if len(specs) > 0 {
		root = root.with("AF", specs).with("Names", dict{"EmbeddedFiles": dict{"Names": tree}})
	}
	f.objects[f.root-1] = root
	f.objects[page-1] = f.dict(page).with("Annots", array{widget})
	return f
}

// firstPage returns the page that the signature's field belongs to. The drawing
// was checked.
func (f *file) firstPage() ref {
	return f.dict(f.dict(f.root)["Pages"])["Kids"].(array)[0].(ref)
}

func (d *document) signatureOf(ranges array) dict {
	return dict{
		"ByteRange": ranges, "Contents": text(d.signature), "Filter": name("Adobe.PPKLite"), "M": d.moment(),
		"Reference": array{dict{
			"TransformMethod": name("DocMDP"), "Type": name("SigRef"),
			"TransformParams": dict{"P": number("1"), "Type": name("TransformParams"), "V": name("1.2")},
		}},
		"Reason":    text(d.reason()),
		"SubFilter": name("ETSI.CAdES.detached"), "Type": name("Sig"),
	}
}

// reason tells by what the seal is kept. That there is a timestamp must be signed,
// or it could be taken away.
func (d *document) reason() string {
	if d.stamped {
		return withStamp
	}
	return "Sealed without a timestamp"
}

func (d *document) moment() text { return text(d.claimed.UTC().Format(moment)) }

func (d *document) streamOf(a attached) stream {
	return stream{dict{
		"Filter": name("FlateDecode"), "Params": dict{"ModDate": d.moment(), "Size": numberOf(a.size)},
		"Subtype": name(strings.ReplaceAll(a.MediaType, "/", "#2F")), "Type": name("EmbeddedFile"),
	}, a.packed}
}

func (d *document) specOf(a attached, data ref) dict {
	return dict{
		"AFRelationship": name("Data"), "Desc": text(a.Description), "EF": dict{"F": data, "UF": data},
		"F": text(a.Name), "Type": name("Filespec"), "UF": text(a.Name),
	}
}
