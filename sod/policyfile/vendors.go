// SPDX-License-Identifier: Apache-2.0

package policyfile

import "github.com/foureyes-iga/foureyes/sod"

func (r *reader) readVendors(policy object) {
	for _, o := range policy.objects("vendors", vendorSection) {
		o.need("id", "companies", "owner")
		r.vendors.declare(o, "vendor")
		r.policy.Vendors = append(r.policy.Vendors, sod.Vendor{
			ID: o.word("id"), Name: o.text("name"), Companies: parsedList(o, "companies", true, asIs),
			Owner: o.person("owner"), ContractEnd: o.date("contract_end"), Assurance: assurance(o),
		})
	}
}

// assurance reads the report on a vendor; nil when there is none.
func assurance(vendor object) *sod.Assurance {
	if !vendor.has("assurance") {
		return nil
	}
	o := vendor.object(vendor.values["assurance"], assuranceSection)
	o.need("report", "period_end")
	a := &sod.Assurance{
		Report: o.text("report"), PeriodEnd: o.date("period_end"), Ref: o.text("ref"),
		Exceptions: parsed(o, "exceptions", oneOf("none", "open", "reviewed")),
	}
	switch {
	case o.has("reviewed"):
		by := o.object(o.values["reviewed"], reviewedSection)
		by.need("by", "on")
		a.ReviewedBy, a.ReviewedOn = by.person("by"), by.date("on")
		if a.Exceptions != "reviewed" {
			o.errorf(o.values["reviewed"], "reviewed of %s goes with exceptions: reviewed", o.what)
		}
	case a.Exceptions == "reviewed":
		o.errorf(o.values["exceptions"], "exceptions of %s are reviewed by somebody on a day: say reviewed, with by and on", o.what)
	}
	return a
}
