// Package fault plants mistakes on purpose, in builds with the tag faults
// only: the tests of the guarantee must catch each of them. WINDROW_FAULT
// names the one to plant.
package fault

// The faults.
const (
	NoRangeCheck = "no-range-check" // what is absorbed is not looked up, neither by the main process nor in the commit
	RangesApart  = "ranges-apart"   // ranges are written in a transaction of their own, after the rows
	EarlyAnswer  = "early-answer"   // a worker says that it has committed before it has
	LossySum     = "lossy-sum"      // REAL sums are rounded at each step
	NoEpoch      = "no-epoch"       // processes of an older run may commit
)

// Poison is no mistake of ours, but makes some records end the worker that
// reads them. See Swallow.
const Poison = "poison"
