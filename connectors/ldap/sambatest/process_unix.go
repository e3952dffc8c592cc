// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sambatest

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the command the leader of a group, to which its children belong.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
