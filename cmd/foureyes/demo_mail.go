// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"os"
	"path/filepath"

	"github.com/xuri/excelize/v2"

	"github.com/foureyes-iga/foureyes/campaign/sheet"
)

// answerByMail fills in the spreadsheet that one reviewer was sent, as that reviewer would,
// and imports the mail that comes back.
func (p *play) answerByMail(lines []playLine) error {
	sent, err := filepath.Glob(p.path("mails/*E1159*.eml"))
	if err != nil || len(sent) != 1 {
		return fmt.Errorf("%d mails to %s", len(sent), demoBySheet)
	}
	text, err := os.ReadFile(sent[0])
	if err != nil {
		return err
	}
	mail, err := sheet.ParseMail(text)
	if err != nil {
		return err
	}
	answers := map[string][2]string{}
	for _, l := range lines {
		answer, reason := p.answerQ3(l)
		answers[l.Item] = [2]string{answer, reason}
	}
	filled, err := fillIn(mail.Sheet, answers)
	if err != nil {
		return err
	}
	returned := p.path("mails/returned-E1159.eml")
	if err := writeAll([]string{returned}, [][]byte{replyWith(filled)}); err != nil {
		return err
	}
	_, err = p.run("2026-10-05 16:00", 0, p.in("2026-Q3", "import", returned)...)
	return err
}

// fillIn writes answers into a reviewer's spreadsheet.
func fillIn(book []byte, answers map[string][2]string) ([]byte, error) {
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := f.GetRows("lines")
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if len(row) < 2 {
			continue
		}
		for k, text := range answers[row[1]] {
			cell, err := excelize.CoordinatesToCellName(len(sheet.Columns())-2+k, i+1)
			if err != nil {
				return nil, err
			}
			if text == "" {
				continue
			}
			if err := f.SetCellStr("lines", cell, text); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	err = f.Write(&out)
	return out.Bytes(), err
}

// replyWith is a mail of Mei-Lin Zhou with a spreadsheet attached.
func replyWith(book []byte) []byte {
	var b bytes.Buffer
	b.WriteString("From: Mei-Lin Zhou <m.zhou@tarnwick.example>\r\nTo: access-review@tarnwick.example\r\nDate: Mon, 05 Oct 2026 15:41:00 +0000\r\n" +
		"Subject: Re: Access to decide about\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=reply\r\n\r\n")
	parts := multipart.NewWriter(&b)
	_ = parts.SetBoundary("reply") // it is one
	header := textproto.MIMEHeader{}
	header.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	header.Set("Content-Transfer-Encoding", "base64")
	header.Set("Content-Disposition", `attachment; filename="review.xlsx"`)
	if w, err := parts.CreatePart(header); err == nil { // a buffer takes everything
		_, _ = w.Write([]byte(base64.StdEncoding.EncodeToString(book)))
	}
	_ = parts.Close()
	return b.Bytes()
}
