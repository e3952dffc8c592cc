// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/foureyes-iga/foureyes/connectors"
	"github.com/foureyes-iga/foureyes/connectors/ldap"
)

func initCommand(w world) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a first configuration from a directory's root DSE, an HR header and a few questions",
		Description: "What the flags do not say is asked on the terminal; an empty answer leaves it out. Nothing\n" +
			"but the root DSE is read, and no password is asked for or stored.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Value: "foureyes.yaml", Usage: "the new configuration `FILE`"},
			&cli.StringFlag{Name: "ldap", Usage: "`URL` of a directory, ldaps://host:636"},
			&cli.StringFlag{Name: "ca", Usage: "`FILE` with the certificates that vouch for the directory"},
			&cli.StringFlag{Name: "bind", Usage: "`DN` to read the directory as"},
			&cli.StringFlag{Name: "hr", Usage: "a CSV `FILE` with the people"},
		},
		Action: func(c *cli.Context) error { return initVerb(c, w) },
	}
}

func initVerb(c *cli.Context, w world) error {
	if _, err := wantArgs(c, 0, 0); err != nil {
		return err
	}
	out := c.String("out")
	if err := refuseExisting(out); err != nil {
		return err
	}
	ask := asker{in: bufio.NewScanner(w.stdin), out: w.stderr, quiet: c.Bool("quiet")}
	url := ask.or(c.String("ldap"), "URL of a directory (ldaps://host:636), empty for none")
	hr := ask.or(c.String("hr"), "CSV file with the people, empty for none")
	var b strings.Builder
	b.WriteString("# Written by foureyes init. docs/formats/sources.md describes every key.\nsources:\n")
	if hr != "" {
		if err := initHR(&b, hr, filepath.Dir(out)); err != nil {
			return err
		}
	}
	if url != "" {
		bind := ask.or(c.String("bind"), "DN to read the directory as, empty for anonymous")
		if err := initLDAP(c.Context, &b, url, c.String("ca"), bind); err != nil {
			return err
		}
	}
	if hr == "" && url == "" {
		return usagef("nothing to configure: name a directory (--ldap) or a feed of people (--hr)")
	}
	b.WriteString("\ncorrelate: {keys: [employee_id]}\n")
	if err := writeAll([]string{out}, [][]byte{[]byte(b.String())}); err != nil {
		return err
	}
	w.voice(c).sayf("%s written. Next: foureyes collect --config %s --out snapshot", out, out)
	_, err := fmt.Fprintln(w.stdout, out)
	return err
}

// An asker asks a person, and takes the end of input for an empty answer.
type asker struct {
	in    *bufio.Scanner
	out   io.Writer
	quiet bool
}

func (a asker) or(known, question string) string {
	if known != "" || a.quiet {
		return known
	}
	fmt.Fprintf(a.out, "%s: ", question)
	if !a.in.Scan() {
		fmt.Fprintln(a.out)
		return ""
	}
	return strings.TrimSpace(a.in.Text())
}

func initLDAP(ctx context.Context, b *strings.Builder, url, ca, bind string) error {
	reader, err := ldap.New(ldap.Config{URL: ldap.List{url}, TLS: ldap.TLS{CAFile: ca}, Base: ldap.List{""}}, connectors.Options{Source: "corp"})
	if err != nil {
		return usagef("--ldap: %w", err)
	}
	contexts, err := reader.NamingContexts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "  - name: corp\n    type: ldap\n    url: %s\n", strconv.Quote(url))
	if ca != "" {
		fmt.Fprintf(b, "    tls: {ca_file: %s}\n", strconv.Quote(ca))
	}
	if bind != "" {
		fmt.Fprintf(b, "    bind: {dn: %s, password_env: FOUREYES_LDAP_PASSWORD}\n", strconv.Quote(bind))
	}
	var bases []string
	for _, base := range contexts {
		bases = append(bases, strconv.Quote(base))
	}
	fmt.Fprintf(b, "    base: [%s]\n", strings.Join(bases, ", "))
	return nil
}

// headers are the words that HR systems use for what we ask, folded.
func headers() map[string][]string {
	return map[string][]string{
		"employee_id": {"employeeid", "employeenumber", "empno", "empid", "personnelnumber", "pernr", "personid", "staffid", "workerid", "id"},
		"name":        {"name", "fullname", "displayname", "employeename"},
		"status":      {"status", "employmentstatus", "state"},
		"manager":     {"manager", "managerid", "managerempno", "mgrempno", "supervisor", "supervisorid", "reportsto"},
		"department":  {"department", "dept", "departmentname", "orgunit", "organizationalunit"},
		"title":       {"title", "jobtitle", "position", "role"},
		"start_date":  {"startdate", "start", "hiredate", "entrydate"},
		"end_date":    {"enddate", "end", "terminationdate", "leavedate", "exitdate"},
		"worker_type": {"workertype", "type", "employeetype", "employmenttype"},
		"company":     {"company", "legalentity", "companycode"},
		"country":     {"country", "countrycode"},
	}
}

// initHR guesses the columns of a feed by its header.
func initHR(b *strings.Builder, path, dir string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 1<<20)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", path, err)
	}
	line = strings.TrimPrefix(line, "\ufeff")
	delimiter := ','
	for _, d := range []rune{';', '\t'} {
		if strings.Count(line, string(d)) > strings.Count(line, string(delimiter)) {
			delimiter = d
		}
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma = delimiter
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: its first line is not a header: %w", path, err)
	}
	if rel, err := filepath.Rel(dir, path); err == nil {
		path = rel
	}
	fmt.Fprintf(b, "  - name: hr\n    type: hr\n    path: %s\n", strconv.Quote(path))
	if delimiter != ',' {
		fmt.Fprintf(b, "    delimiter: %s\n", strconv.Quote(string(delimiter)))
	}
	return initColumns(b, header)
}

func initColumns(b *strings.Builder, header []string) error {
	b.WriteString("    columns:\n")
	taken := map[string]bool{}
	for _, attr := range []string{"employee_id", "name", "status", "manager", "department", "title", "start_date", "end_date", "worker_type", "company", "country"} {
		for _, column := range header {
			if !taken[column] && matchesHeader(attr, column) {
				taken[column] = true
				fmt.Fprintf(b, "      %s: %s\n", attr, strconv.Quote(column))
				break
			}
		}
	}
	for _, column := range header {
		if !taken[column] {
			fmt.Fprintf(b, "      # not mapped: %s\n", strconv.Quote(column))
		}
	}
	if !strings.Contains(b.String(), "employee_id:") {
		return usagef("no column of %q looks like an employee id; write the configuration by hand (docs/formats/sources.md)", header)
	}
	b.WriteString("    # values: {status: {A: active, L: leave, P: pending, T: terminated}}   # when the feed says it in other words\n")
	return nil
}

func matchesHeader(attr, column string) bool {
	folded := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, column)
	for _, word := range headers()[attr] {
		if folded == word {
			return true
		}
	}
	return false
}
