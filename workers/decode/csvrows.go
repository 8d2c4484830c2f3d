package decode

// csvRun is a run of regular records: they have as many fields as they should,
// and field k of record i ends at mark at+i*fields+k.
type csvRun struct{ row, n, at int }

// stretch reads records from i on, column by column where they are regular,
// until the batch is full or only one more record could be read one by one. It
// returns the index after the last one.
func (d *csvDecoder) stretch(i int) int {
	d.restart(i)
	for {
		enough := d.fill((BatchRows - d.row) * len(d.fields))
		d.runs = d.runs[:0]
		was := i
		var lost bool
		i, lost = d.rows()
		d.columns()
		switch {
		case d.row == BatchRows || i >= len(d.data):
			return i
		case lost:
			d.restart(i)
			continue
		case d.ended || d.next == len(d.data):
			return d.oddOne(i)
		case i == was && enough:
			return d.one(i) // it has far more fields than it should
		}
		d.keep()
	}
}

// oddOne reads the record at i one by one, as it could not be marked, and the
// more after it the more often that has happened in a row.
func (d *csvDecoder) oddOne(i int) int {
	if d.ended {
		if d.pause = min(2*d.pause+1, oddMost); len(d.runs) > 0 && d.runs[len(d.runs)-1].n > oddMost {
			d.pause = 0
		}
		d.odd = d.pause
	}
	return d.one(i)
}

const oddMost = 31

// rows makes rows of the marked records and returns where the next one begins;
// lost if the marks do not go on from there.
func (d *csvDecoder) rows() (next int, lost bool) {
	m := &d.marks
	fields := len(d.fields)
	rows := min((m.n-1)/fields, BatchRows-d.row)
	last := rows * fields
	rest := d.linesAmong(m.pos[last+1 : m.n])
	// With as many line ends as records, each record's last mark being one, all
	// other marks are delimiters.
	if m.lines != rows+rest || !d.regular(rows) {
		return d.careful()
	}
	if rows > 0 {
		d.runs = append(d.runs, csvRun{d.row, rows, 1})
	}
	d.row += rows
	m.from, m.lines = last, rest
	return int(m.pos[last]) + 1, false
}

// linesAmong counts the line ends among marks.
func (d *csvDecoder) linesAmong(pos []int32) int {
	n := 0
	for _, at := range pos {
		if d.data[at] == '\n' {
			n++
		}
	}
	return n
}

// regular notes where the next rows begin and end, and reports whether each of
// them ends with a line end, is not too long, and not empty.
func (d *csvDecoder) regular(rows int) bool {
	m := &d.marks
	fields := len(d.fields)
	begins, ends := d.b.Begin[d.row:d.row+rows], d.b.End[d.row:d.row+rows]
	start, wrong := int(m.pos[0])+1, 0
	j := fields
	for r := range begins {
		at := int(m.pos[j])
		text := d.textEnd(start, at)
		wrong |= int(d.data[at]^'\n') | (d.limit-(at-start))>>63 | (text-start-1)>>63
		begins[r], ends[r] = d.b.Base+int64(start), d.b.Base+int64(text)
		start = at + 1
		j += fields
	}
	return wrong == 0
}

// careful is rows where a record may have too few or too many fields, be too
// long or empty: those are read one by one.
func (d *csvDecoder) careful() (next int, lost bool) {
	m := &d.marks
	p := 0
	for d.row < BatchRows {
		j := p + 1
		for j < m.n && d.data[m.pos[j]] != '\n' {
			j++
		}
		if j == m.n {
			break
		}
		start, at := int(m.pos[p])+1, int(m.pos[j])
		if text := d.textEnd(start, at); j == p+len(d.fields) && at-start <= d.limit && text > start {
			d.extend(p + 1)
			d.put(start, text)
			p = j
			continue
		}
		next = d.one(start)
		for p < m.n && int(m.pos[p]) < next-1 {
			p++
		}
		if p == m.n || int(m.pos[p]) != next-1 {
			return next, true
		}
	}
	m.from, m.lines = p, d.linesAmong(m.pos[p+1:m.n])
	return int(m.pos[p]) + 1, false
}

// extend adds the row at hand, whose first field ends at mark at, to the runs.
func (d *csvDecoder) extend(at int) {
	if n := len(d.runs) - 1; n >= 0 {
		r := &d.runs[n]
		if r.row+r.n == d.row && r.at+r.n*len(d.fields) == at {
			r.n++
			return
		}
	}
	d.runs = append(d.runs, csvRun{d.row, 1, at})
}

// textEnd returns the end of the record [start, end) without a \r.
func (d *csvDecoder) textEnd(start, end int) int {
	if end > start && d.data[end-1] == '\r' {
		return end - 1
	}
	return end
}
