// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/foureyes-iga/foureyes/reports"
)

// A Mail is a message to one reviewer.
type Mail struct {
	From, To mail.Address
	Date     time.Time
	Review   *reports.Review
	Stage    int // counted from 1
	Reminder bool
}

const (
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	maxMail   = 48 << 20
	maxParts  = 50
)

// Write writes the message (RFC 5322, RFC 2045), with the spreadsheet attached. Equal
// mails have equal bytes.
func (m Mail) Write(w io.Writer) error {
	var book bytes.Buffer
	if err := Write(&book, m.Review, m.Stage); err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(m.To.Address+"\n"), book.Bytes()...))
	id := hex.EncodeToString(sum[:])[:32]
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	if err := parts.SetBoundary("foureyes-" + id); err != nil {
		return err
	}
	if err := errors.Join(m.text(parts), m.attach(parts, book.Bytes()), parts.Close()); err != nil {
		return err
	}
	head := [][2]string{
		{"From", m.From.String()}, {"To", m.To.String()}, {"Date", m.Date.UTC().Format(time.RFC1123Z)},
		{"Subject", mime.QEncoding.Encode("utf-8", reports.Display(m.subject()))},
		{"Message-ID", "<" + id + "@foureyes.invalid>"}, {"MIME-Version", "1.0"}, {"Content-Type", "multipart/mixed; boundary=foureyes-" + id},
	}
	for _, h := range head {
		if strings.ContainsAny(h[1], "\r\n") {
			return fmt.Errorf("header %s holds a line break", h[0])
		}
		if _, err := io.WriteString(w, h[0]+": "+h[1]+"\r\n"); err != nil {
			return err
		}
	}
	_, err := w.Write(append([]byte("\r\n"), body.Bytes()...))
	return err
}

func (m Mail) subject() string {
	s := "Access to decide about: " + m.Review.Name
	if m.Reminder {
		return "Reminder: " + s
	}
	return s
}

func (m Mail) asked() string {
	lines := linesOf(m.Review, m.Stage)
	all := reports.Plural(len(lines), "line")
	if !m.Reminder {
		return "You are asked to decide about " + all
	}
	left := len(slices.DeleteFunc(lines, func(l reports.ReviewLine) bool { return l.Answer != "" }))
	return fmt.Sprintf("You have not decided yet about %s of %s", reports.Number(left), all)
}

func (m Mail) text(parts *multipart.Writer) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	w, err := parts.CreatePart(h)
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	r := m.Review
	due := r.Stages[m.Stage-1].Due.UTC().Format("2 January 2006")
	text := fmt.Sprintf(`%s in "%s".

1. Open the attached spreadsheet. Each row is one access that somebody has.
2. Choose keep, revoke, cannot-tell or not-mine in the column "decision".
   Give a reason where you keep something with an open finding.
   A row that you leave empty stays undecided; it is never taken for keep.
3. Save it, and answer this message with the file attached, by %s.

Only the last three columns can be changed. Nobody decides about their own
access: when a row is about yours, choose not-mine.

Campaign %s; data of %s; snapshot %s.
`, m.asked(), r.Name, due, r.ID, r.AsOf.UTC().Format("2 January 2006, 15:04 UTC"), r.Snapshot)
	for line := range strings.Lines(text) {
		if _, err := io.WriteString(q, reports.Display(strings.TrimSuffix(line, "\n"))+"\r\n"); err != nil {
			return err
		}
	}
	return q.Close()
}

func (m Mail) attach(parts *multipart.Writer, book []byte) error {
	h := textproto.MIMEHeader{}
	h.Set("Content-Type", sheetType)
	h.Set("Content-Transfer-Encoding", "base64")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(m.Review, m.Stage)}))
	w, err := parts.CreatePart(h)
	if err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(book)
	for len(text) > 0 {
		n := min(76, len(text))
		if _, err := io.WriteString(w, text[:n]+"\r\n"); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

// fileName is made of letters, digits and hyphens alone.
func fileName(r *reports.Review, stage int) string {
	plain := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
				return c
			}
			return '-'
		}, s)
	}
	return fmt.Sprintf("%s-%s-%d.xlsx", plain(r.ID), plain(r.Reviewer.ID.Key), stage)
}

// FileName is what the spreadsheet of a reviewer is called.
func FileName(r *reports.Review, stage int) string { return fileName(r, stage) }

// A Returned mail is an answer that came back.
type Returned struct {
	From  string // the address of its From line, in lower case
	Sheet []byte // the one spreadsheet that is attached
}

// ParseMail reads a message that came back. An error says what it lacks: exactly one
// sender, and exactly one spreadsheet.
func ParseMail(src []byte) (*Returned, error) {
	if len(src) > maxMail {
		return nil, fmt.Errorf("larger than %d MiB", maxMail>>20)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(src))
	if err != nil {
		return nil, fmt.Errorf("not a mail: %w", err)
	}
	from, err := msg.Header.AddressList("From")
	if err != nil || len(from) != 1 || len(msg.Header["From"]) != 1 {
		return nil, errors.New("a mail has exactly one sender in one From line")
	}
	var sheets [][]byte
	left := maxParts
	if err := attachments(textproto.MIMEHeader(msg.Header), msg.Body, &left, func(b []byte) { sheets = append(sheets, b) }); err != nil {
		return nil, err
	}
	if len(sheets) != 1 {
		return nil, fmt.Errorf("%d spreadsheets are attached, want one", len(sheets))
	}
	return &Returned{strings.ToLower(from[0].Address), sheets[0]}, nil
}

// attachments finds the spreadsheets in a message and its parts.
func attachments(h textproto.MIMEHeader, body io.Reader, left *int, found func([]byte)) error {
	if *left--; *left < 0 {
		return fmt.Errorf("more than %d parts", maxParts)
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return nil // plain text without a type
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("not a mail: %w", err)
			}
			if err := attachments(p.Header, p, left, found); err != nil {
				return err
			}
		}
	}
	if !isSheet(kind, h) {
		return nil
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	b, err := io.ReadAll(io.LimitReader(body, maxFile+1))
	if err != nil {
		return fmt.Errorf("the attached spreadsheet: %w", err)
	}
	found(b)
	return nil
}

// isSheet goes by the type, or by the name where a mail program knows no better type.
func isSheet(kind string, h textproto.MIMEHeader) bool {
	_, params, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	return kind == sheetType || kind == "application/octet-stream" && strings.EqualFold(path.Ext(params["filename"]), ".xlsx")
}
