// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package sambatest

import "os/exec"

// There is no Samba domain controller for such systems; this only has to build.

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
