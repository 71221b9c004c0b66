//! Files on the disks of this machine.
