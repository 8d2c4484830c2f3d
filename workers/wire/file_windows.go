package wire

import (
	"os"

	"golang.org/x/sys/windows"
)

// FileID returns the volume and file index of an open file, by which both
// sides of the pipe know that they have the same one.
func FileID(f *os.File) (device, inode uint64, err error) {
	var i windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &i); err != nil {
		return 0, 0, err
	}
	return uint64(i.VolumeSerialNumber), uint64(i.FileIndexHigh)<<32 | uint64(i.FileIndexLow), nil
}
